//! Blocks of bytes in a temporary file, written and read by all threads: what is kept of all rows is neither held in
//! memory nor given to the engine, which would keep statistics of it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::classes::Classes;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// Where a block is, and what it is of.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    offset: u64,
    pub bytes: usize,
    pub rows: usize,
    pub class: u16,
}

/// A file without a name, gone with this value.
pub struct Blocks {
    file: File,
    threads: usize,
    is_stop_asked: Box<dyn Fn() -> bool + Send + Sync>,
    places: Mutex<(u64, Vec<Place>)>,
}

impl Blocks {
    /// # Errors
    /// If the temporary directory cannot be written.
    pub fn new(engine: &Engine) -> Result<Blocks> {
        let folder = engine.spill();
        let file = fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder)).map_err(|e| unusable(&e))?;
        let is_stop_asked = Box::new(engine.stop_asked());
        Ok(Blocks { file, threads: engine.threads(), is_stop_asked, places: Mutex::default() })
    }

    /// # Errors
    /// If the temporary directory is full.
    pub fn add(&self, rows: usize, class: u16, bytes: &[u8]) -> Result<Place> {
        let place = {
            let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            let place = Place { offset: places.0, bytes: bytes.len(), rows, class };
            places.0 += bytes.len() as u64;
            places.1.push(place);
            place
        };
        self.file.write_all_at(bytes, place.offset).map_err(|e| unusable(&e))?;
        Ok(place)
    }

    /// The blocks of some classes, in no order.
    pub fn places(&self, of: Classes) -> Vec<Place> {
        let known = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        known.1.iter().copied().filter(|place| of.has(place.class)).collect()
    }

    pub fn threads(&self) -> usize {
        self.threads
    }

    /// A part of a block, into a buffer of its length.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn read(&self, place: Place, from: usize, into: &mut [u8]) -> Result<()> {
        self.file.read_exact_at(into, place.offset + from as u64).map_err(|e| unusable(&e))
    }

    /// # Errors
    /// If somebody asked to stop.
    pub fn may_go_on(&self) -> Result<()> {
        if (self.is_stop_asked)() { Err(Error::interrupted()) } else { Ok(()) }
    }

    /// Has each block of some classes looked at; see [`Blocks::share_out`].
    ///
    /// # Errors
    /// If `take` fails, or somebody asked to stop.
    pub fn each<T: Send>(
        &self,
        of: Classes,
        taker: impl Fn() -> T,
        take: impl Fn(&mut T, Place) -> Result<()> + Sync,
    ) -> Result<Vec<T>> {
        self.share_out(&self.places(of), taker, |taker, place| take(taker, *place))
    }

    /// Has each of some works done by as many takers as the engine has threads, in no order; and returns the takers.
    ///
    /// # Errors
    /// If `take` fails, or somebody asked to stop.
    pub fn share_out<W: Sync, T: Send>(
        &self,
        works: &[W],
        taker: impl Fn() -> T,
        take: impl Fn(&mut T, &W) -> Result<()> + Sync,
    ) -> Result<Vec<T>> {
        let next = AtomicUsize::new(0);
        let mut takers: Vec<T> = (0..self.threads).map(|_| taker()).collect();
        thread::scope(|scope| {
            let running: Vec<_> = takers
                .iter_mut()
                .map(|taker| {
                    scope.spawn(|| {
                        while let Some(work) = works.get(next.fetch_add(1, Ordering::Relaxed)) {
                            self.may_go_on()?;
                            take(taker, work)?;
                        }
                        Ok(())
                    })
                })
                .collect();
            let failed = |_| Err(Error::internal("looking at rows failed"));
            running.into_iter().try_for_each(|work| work.join().unwrap_or_else(failed))
        })?;
        Ok(takers)
    }
}

fn unusable(cause: &io::Error) -> Error {
    Error::evidence("cannot use the temporary directory")
        .detail(cause.to_string())
        .hint("point TMPDIR at a directory with room")
}
