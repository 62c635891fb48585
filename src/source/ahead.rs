//! A stream that is unpacked by a thread of its own, some blocks ahead of whoever reads it.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use crate::source::file;

const PIECE_BYTES: usize = 1 << 20;
/// How many pieces wait to be read at most.
const PIECES_MAX: usize = 4;

/// Reads what another thread has read before.
pub struct Ahead {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: Vec<u8>,
    at: usize,
}

impl Ahead {
    pub fn of(mut reader: Box<dyn Read + Send>) -> Ahead {
        let (sender, pieces) = sync_channel(PIECES_MAX);
        thread::spawn(move || {
            loop {
                let mut piece = vec![0; PIECE_BYTES];
                let (got, broken) = file::read_until_broken(&mut reader, &mut piece);
                piece.truncate(got);
                let is_last = got < PIECE_BYTES;
                // Nobody reads on: the answer needed no more.
                if sender.send(Ok(piece)).is_err() {
                    return;
                }
                if let Some(cause) = broken {
                    sender.send(Err(cause)).ok();
                }
                if is_last {
                    return;
                }
            }
        });
        Ahead { pieces, piece: Vec::new(), at: 0 }
    }
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() {
            match self.pieces.recv() {
                Ok(piece) => (self.piece, self.at) = (piece?, 0),
                // The thread is done.
                Err(_) => return Ok(0),
            }
        }
        let length = buffer.len().min(self.piece.len() - self.at);
        buffer[..length].copy_from_slice(&self.piece[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}
