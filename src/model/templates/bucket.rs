//! Buckets: the skeletons of one frame and first word, which share a room in their tally.

use super::crowd::Crowd;
use super::digest::{digest, mix};
use super::rules::Rules;
use super::skeleton::{Kind, Parts, kind};

/// The skeletons of one frame and first word.
pub enum Bucket {
    /// Counted by themselves: what the frame weighs, what they weigh, and their hashes.
    Apart {
        frame: usize,
        weight: usize,
        members: Vec<u64>,
    },
    Crowded(Crowd),
}

impl Bucket {
    /// A bucket with nothing in it.
    pub fn new(frame: &[u8]) -> Self {
        Self::Apart { frame: weight(frame), weight: 0, members: Vec::new() }
    }

    /// What it weighs where a bucket has this much room: no more than that, and all of that when it outgrew it. Only
    /// the frame is there in any case.
    pub fn weight(&self, room: usize) -> usize {
        match self {
            Self::Apart { frame, weight, .. } => (*weight).min(room).max(*frame),
            Self::Crowded(crowd) => crowd.weight(room),
        }
    }

    /// Whether it needs more room than this and does not know it yet.
    pub fn outgrows(&self, room: usize) -> bool {
        matches!(self, Self::Apart { weight, .. } if *weight > room)
    }
}

/// What a skeleton of this many bytes weighs.
pub fn weight(skeleton: &[u8]) -> usize {
    1 + skeleton.len() / 64
}

/// The digest of the bucket of a skeleton: of the frame and of the first word if it is one.
pub fn key(rules: &Rules, parts: &Parts) -> u64 {
    let first = parts.words.first().filter(|word| kind(rules, word) == Kind::Word);
    mix(digest(&parts.frame) ^ first.map_or(0, |word| digest(word).rotate_left(1)))
}

#[cfg(test)]
mod tests {
    use super::super::skeleton::parts;
    use super::*;

    #[test]
    fn one_frame_and_first_word_are_one_bucket() {
        let rules = Rules::default();
        let key = |skeleton: &[u8]| key(&rules, &parts(&rules, skeleton));
        assert_eq!(key(b"user ann in"), key(b"user bob out"));
        assert_ne!(key(b"user ann in"), key(b"group ann in"));
        assert_eq!(key(b"\x01 is up"), key(b"a.b is up"));
    }

    #[test]
    fn a_bucket_weighs_no_more_than_its_room() {
        let bucket = Bucket::Apart { frame: 2, weight: 5, members: Vec::new() };
        assert_eq!((bucket.weight(9), bucket.weight(3), bucket.weight(1)), (5, 3, 2));
        assert!(bucket.outgrows(4) && !bucket.outgrows(5) && !Bucket::new(b"").outgrows(0));
        assert_eq!((weight(b""), weight(&[0; 128])), (1, 3));
    }
}
