//! Levels: how much room each bucket of a tally has, and which buckets have none any more. Levels only rise.

/// By how many bits of their digests buckets are dropped at most.
const DROPS: u32 = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level {
    rises: u32,
    /// What a bucket may weigh at first.
    bucket: usize,
}

impl Level {
    pub fn new(bucket: usize) -> Self {
        Self { rises: 0, bucket: bucket.max(1) }
    }

    /// The next level: half the room, or half of the buckets where the room is for one already. None after the last.
    pub fn next(self) -> Option<Self> {
        (self.rises < self.halvings() + DROPS).then_some(Self { rises: self.rises + 1, ..self })
    }

    /// What a bucket may weigh.
    pub fn room(self) -> usize {
        (self.bucket >> self.rises.min(usize::BITS - 1)).max(1)
    }

    /// Whether the bucket with this digest is dropped.
    pub fn drops(self, bucket: u64) -> bool {
        let bits = self.rises.saturating_sub(self.halvings());
        bits > 0 && bucket >> (u64::BITS - bits) != 0
    }

    fn halvings(self) -> u32 {
        self.bucket.ilog2()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_room_and_then_fewer_buckets() {
        let levels: Vec<Level> = std::iter::successors(Some(Level::new(8)), |level| level.next()).collect();
        assert_eq!(levels.iter().map(|level| level.room()).take(6).collect::<Vec<_>>(), [8, 4, 2, 1, 1, 1]);
        assert_eq!(levels.len(), 3 + 32 + 1);
        let dropped = |bucket: u64| levels.iter().filter(|level| level.drops(bucket)).count();
        assert_eq!((dropped(u64::MAX), dropped(u64::MAX >> 2), dropped(0)), (32, 30, 0));
    }
}
