//! Tallies: how often each skeleton is seen, in bounded memory. The first phase, one tally for each thread; tallies
//! add up in any order.
//!
//! Skeletons of one frame and first word are a bucket. Each bucket weighs what its distinct skeletons weigh, and no
//! more than the room that a bucket has; the tally's level halves that room until all buckets together weigh no more
//! than the tally may. A bucket that outgrew its room is a [`Crowd`]. With no room left to halve, buckets are dropped
//! by their digests. Weights only grow with what comes and levels only rise with weights, so the level at the end
//! depends on the set of skeletons alone.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::bucket::{Bucket, key, weight};
use super::crowd::Crowd;
use super::level::Level;
use super::mask::mask;
use super::rules::Rules;
use super::skeleton::parts;

/// A skeleton that is counted by itself.
struct Entry {
    hash: u64,
    bucket: u64,
    count: u64,
    skeleton: Box<[u8]>,
}

/// The counts of skeletons.
pub struct Tally {
    rules: Rules,
    hasher: FixedState,
    entries: HashTable<Entry>,
    buckets: HashMap<u64, Bucket>,
    weight: usize,
    level: Level,
    dropped: u64,
    skeleton: Vec<u8>,
}

impl Tally {
    pub fn new(rules: Rules) -> Self {
        Self {
            level: Level::new(rules.bucket),
            rules,
            hasher: FixedState::with_seed(0),
            entries: HashTable::new(),
            buckets: HashMap::new(),
            weight: 0,
            dropped: 0,
            skeleton: Vec::with_capacity(256),
        }
    }

    /// Counts a message.
    #[inline]
    pub fn add(&mut self, message: &[u8]) {
        mask(&self.rules, message, &mut self.skeleton);
        let hash = hash(&self.hasher, &self.skeleton);
        match self.entries.find_mut(hash, |entry| *entry.skeleton == *self.skeleton) {
            Some(entry) => entry.count += 1,
            None => {
                let skeleton = std::mem::take(&mut self.skeleton);
                self.insert(hash, &skeleton, 1);
                self.skeleton = skeleton;
            }
        }
    }

    /// Adds what another tally with the same rules has counted.
    pub fn merge(&mut self, other: Self) {
        self.dropped += other.dropped;
        if self.level < other.level {
            self.rise(other.level);
        }
        for (key, bucket) in other.buckets {
            if let Bucket::Crowded(crowd) = bucket {
                self.merge_crowd(key, crowd);
            }
        }
        for entry in other.entries {
            match self.entries.find_mut(entry.hash, |mine| mine.skeleton == entry.skeleton) {
                Some(mine) => mine.count += entry.count,
                None => self.insert(entry.hash, &entry.skeleton, entry.count),
            }
        }
        self.settle();
    }

    /// Each skeleton that is counted with its count, and how many messages are counted under none; sorted.
    pub fn counts(&self) -> (Vec<(Vec<u8>, u64)>, u64) {
        let mut counts: Vec<(Vec<u8>, u64)> =
            self.entries.iter().map(|entry| (entry.skeleton.to_vec(), entry.count)).collect();
        for bucket in self.buckets.values() {
            if let Bucket::Crowded(crowd) = bucket {
                counts.extend(crowd.kept());
            }
        }
        counts.sort_unstable();
        (counts, self.dropped)
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The skeleton of the crowd that `skeleton` belongs to.
    pub fn crowded(&self, skeleton: &[u8]) -> Option<Vec<u8>> {
        let parts = parts(&self.rules, skeleton);
        match self.buckets.get(&key(&self.rules, &parts))? {
            Bucket::Crowded(crowd) => Some(crowd.skeleton(&parts.words)),
            Bucket::Apart { .. } => None,
        }
    }

    /// Keeps what [`Self::crowded`] needs and forgets the counts.
    pub fn forget(&mut self) {
        self.entries = HashTable::new();
        self.buckets.retain(|_, bucket| matches!(bucket, Bucket::Crowded(_)));
    }

    /// Counts a skeleton that no entry has.
    #[cold]
    fn insert(&mut self, hash: u64, skeleton: &[u8], count: u64) {
        let parts = parts(&self.rules, skeleton);
        let key = key(&self.rules, &parts);
        if self.level.drops(key) {
            self.dropped += count;
            return;
        }
        let room = self.level.room();
        let before = self.buckets.get(&key).map_or(0, |bucket| bucket.weight(room));
        let bucket = self.buckets.entry(key).or_insert_with(|| Bucket::new(&parts.frame));
        match bucket {
            Bucket::Crowded(crowd) => return crowd.add(&parts.words, count),
            Bucket::Apart { weight: all, members, .. } => {
                *all += weight(skeleton);
                members.push(hash);
            }
        }
        self.weight += bucket.weight(room) - before;
        let outgrown = bucket.outgrows(room);
        let entry = Entry { hash, bucket: key, count, skeleton: skeleton.into() };
        self.entries.insert_unique(hash, entry, |entry| entry.hash);
        if outgrown {
            self.crowd(key);
        }
        self.settle();
    }

    /// Raises the level until all weigh no more than they may.
    fn settle(&mut self) {
        while self.weight > self.rules.skeletons
            && let Some(level) = self.level.next()
        {
            self.rise(level);
        }
    }

    fn rise(&mut self, level: Level) {
        self.level = level;
        let room = level.room();
        self.drop_buckets();
        let outgrown = self.buckets.iter().filter(|(_, bucket)| bucket.outgrows(room));
        let outgrown: Vec<u64> = outgrown.map(|(&key, _)| key).collect();
        outgrown.into_iter().for_each(|key| self.crowd(key));
        self.weight = 0;
        for bucket in self.buckets.values_mut() {
            self.weight += bucket.weight(room);
            if let Bucket::Crowded(crowd) = bucket {
                crowd.tighten(room);
            }
        }
    }

    fn drop_buckets(&mut self) {
        let keys: Vec<u64> = self.buckets.keys().copied().filter(|&key| self.level.drops(key)).collect();
        for key in keys {
            self.crowd(key);
            if let Some(Bucket::Crowded(crowd)) = self.buckets.remove(&key) {
                self.dropped += crowd.kept().map(|(_, count)| count).sum::<u64>();
            }
        }
    }

    /// Makes a crowd of a bucket.
    fn crowd(&mut self, key: u64) {
        let Some(Bucket::Apart { members, .. }) = self.buckets.get_mut(&key) else { return };
        let mut crowd: Option<Crowd> = None;
        for hash in std::mem::take(members) {
            if let Ok(found) = self.entries.find_entry(hash, |entry| entry.hash == hash && entry.bucket == key) {
                let (entry, _) = found.remove();
                let parts = parts(&self.rules, &entry.skeleton);
                crowd
                    .get_or_insert_with(|| Crowd::new(parts.frame, parts.words.len(), self.level.room()))
                    .add(&parts.words, entry.count);
            }
        }
        if let Some(crowd) = crowd {
            self.buckets.insert(key, Bucket::Crowded(crowd));
        }
    }

    fn merge_crowd(&mut self, key: u64, mut crowd: Crowd) {
        if self.level.drops(key) {
            self.dropped += crowd.kept().map(|(_, count)| count).sum::<u64>();
            return;
        }
        let room = self.level.room();
        crowd.tighten(room);
        let before = self.buckets.get(&key).map_or(0, |bucket| bucket.weight(room));
        self.weight += crowd.weight(room) - before;
        self.crowd(key);
        match self.buckets.get_mut(&key) {
            Some(Bucket::Crowded(mine)) => mine.merge(crowd),
            _ => drop(self.buckets.insert(key, Bucket::Crowded(crowd))),
        }
    }
}

#[inline]
pub fn hash(hasher: &FixedState, skeleton: &[u8]) -> u64 {
    let mut state = hasher.build_hasher();
    state.write(skeleton);
    state.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(lines: &[&str]) -> Tally {
        let mut tally = Tally::new(Rules { skeletons: 20, bucket: 8, ..Rules::default() });
        lines.iter().for_each(|line| tally.add(line.as_bytes()));
        tally
    }

    #[test]
    fn counts_skeletons() {
        let (counts, dropped) = tally(&["took 5 ms", "took 7 ms", "done"]).counts();
        assert_eq!((counts, dropped), (vec![(b"done".to_vec(), 1), (b"took \x01".to_vec(), 2)], 0));
    }

    #[test]
    fn a_bucket_that_outgrows_its_room_is_a_crowd() {
        let names = ["ab", "cd", "ef", "gh", "ij", "kl", "mn", "op", "qr"].map(|name| format!("user {name} in"));
        let all = tally(&names.each_ref().map(String::as_str));
        assert_eq!(all.counts().0, [(b"user \x01 in".to_vec(), 9)]);
        assert_eq!(all.crowded(b"user zz in"), Some(b"user \x01 in".to_vec()));
        let mut one = tally(&names[..5].iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(one.counts().0.len(), 5);
        one.merge(tally(&names[5..].iter().map(String::as_str).collect::<Vec<_>>()));
        assert_eq!(one.counts(), all.counts());
    }
}
