//! Many small tasks that do not depend on one another, such as a look at each of many files, done by several threads
//! at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// More would only wait for the disk.
const THREADS_MAX: usize = 8;

/// How many may be used; 0 is as many as there are cores.
static ALLOWED: AtomicUsize = AtomicUsize::new(0);

/// Of all that follows, at most so many threads are used.
pub fn allow(threads: usize) {
    ALLOWED.store(threads, Ordering::Relaxed);
}

/// How many tasks are done at once.
pub fn threads() -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    match ALLOWED.load(Ordering::Relaxed) {
        0 => cores().min(THREADS_MAX),
        allowed => allowed.min(THREADS_MAX),
    }
}

/// What `look` says of each of so many things, in their order.
pub fn each<T: Send>(things: usize, look: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = threads().min(things);
    if threads <= 1 {
        return (0..things).map(look).collect();
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(things));
    let work = || {
        let mut own = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= things {
                break;
            }
            own.push((index, look(index)));
        }
        done.lock().unwrap_or_else(PoisonError::into_inner).append(&mut own);
    };
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, said)| said).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_the_order_of_the_things() {
        let squares: Vec<usize> = (0..1_000).map(|index| index * index).collect();
        assert_eq!(each(1_000, |index| index * index), squares);
        assert_eq!(each(0, |index| index), Vec::<usize>::new());
    }
}
