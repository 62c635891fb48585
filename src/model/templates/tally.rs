//! Tallies: how often each skeleton is seen and what else of its messages, in bounded memory. The first phase, one
//! tally for each thread; tallies add up in any order.
//!
//! Which skeleton a message is counted under at the end follows from the buckets that are crowded or dropped at the
//! end: what was seen before moves there with its count. So a second look at the messages would say the same. Only
//! examples and counts by table have a limit of their own, since they are longer than skeletons; past it there are none.
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
use super::seen::{Seen, Sighting};
use super::skeleton::parts;

/// A skeleton that is counted by itself.
struct Entry {
    hash: u64,
    bucket: u64,
    seen: Seen,
    skeleton: Box<[u8]>,
}

/// How many bytes examples and counts by table have.
enum Details {
    /// These at most: examples that others have replaced are counted until all are weighed.
    Within(usize),
    TooMany,
}

/// Skeletons with what is seen of the messages of each.
pub struct Tally {
    rules: Rules,
    hasher: FixedState,
    entries: HashTable<Entry>,
    buckets: HashMap<u64, Bucket>,
    weight: usize,
    level: Level,
    dropped: Seen,
    details: Details,
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
            dropped: Seen::default(),
            details: Details::Within(0),
            skeleton: Vec::with_capacity(256),
        }
    }

    /// Counts a message.
    #[inline]
    pub fn see(&mut self, message: &[u8], sighting: Sighting) {
        mask(&self.rules, message, &mut self.skeleton);
        let hash = hash(&self.hasher, &self.skeleton);
        match self.entries.find_mut(hash, |entry| *entry.skeleton == *self.skeleton) {
            Some(Entry { seen, .. }) if matches!(self.details, Details::TooMany) => seen.count += 1,
            Some(Entry { seen, .. }) => {
                let written = seen.add(message, sighting);
                self.write(written);
            }
            None => {
                let mut seen = Seen::default();
                let written = seen.add(message, sighting);
                if !self.has_details() {
                    seen.only_count();
                }
                let skeleton = std::mem::take(&mut self.skeleton);
                self.insert(hash, &skeleton, seen);
                self.skeleton = skeleton;
                self.write(written);
            }
        }
    }

    /// Adds what another tally with the same rules has counted.
    pub fn merge(&mut self, other: Self) {
        self.dropped.merge(other.dropped);
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
                Some(mine) => mine.seen.merge(entry.seen),
                None => self.insert(entry.hash, &entry.skeleton, entry.seen),
            }
        }
        self.settle();
        match (&self.details, other.details) {
            (Details::Within(_), Details::Within(written)) => self.write(written),
            _ => self.forget_details(),
        }
    }

    /// Each skeleton that is counted with what is seen of it, sorted, and what is seen of messages that are counted
    /// under none. What [`Self::crowded`] needs stays.
    pub fn take(&mut self) -> (Vec<(Vec<u8>, Seen)>, Seen) {
        let entries = std::mem::take(&mut self.entries);
        let mut all: Vec<(Vec<u8>, Seen)> =
            entries.into_iter().map(|entry| (entry.skeleton.into_vec(), entry.seen)).collect();
        self.buckets.retain(|_, bucket| match bucket {
            Bucket::Apart { .. } => false,
            Bucket::Crowded(crowd) => {
                all.append(&mut crowd.take());
                true
            }
        });
        all.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        (all, std::mem::take(&mut self.dropped))
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

    /// Whether more is known of what was seen than counts. Where that would be too much, it is not.
    pub fn has_details(&self) -> bool {
        matches!(self.details, Details::Within(_))
    }

    /// Takes account of this many bytes of details.
    #[inline]
    fn write(&mut self, bytes: usize) {
        if let Details::Within(written) = &mut self.details {
            *written += bytes;
            if *written > self.rules.details {
                self.weigh_details();
            }
        }
    }

    /// Finds how many bytes details have. With half of the room left the next time is far.
    #[cold]
    fn weigh_details(&mut self) {
        let bytes = self.seen_mut().map(|seen| seen.bytes()).sum();
        self.details = Details::Within(bytes);
        if bytes > self.rules.details / 2 {
            self.forget_details();
        }
    }

    fn forget_details(&mut self) {
        self.details = Details::TooMany;
        self.seen_mut().for_each(Seen::only_count);
    }

    fn seen_mut(&mut self) -> impl Iterator<Item = &mut Seen> {
        let crowds = self.buckets.values_mut().filter_map(|bucket| match bucket {
            Bucket::Crowded(crowd) => Some(crowd.seen_mut()),
            Bucket::Apart { .. } => None,
        });
        let entries = self.entries.iter_mut().map(|entry| &mut entry.seen);
        entries.chain(crowds.flatten()).chain([&mut self.dropped])
    }

    /// Counts a skeleton that no entry has.
    #[cold]
    fn insert(&mut self, hash: u64, skeleton: &[u8], seen: Seen) {
        let parts = parts(&self.rules, skeleton);
        let key = key(&self.rules, &parts);
        if self.level.drops(key) {
            return self.dropped.merge(seen);
        }
        let room = self.level.room();
        let before = self.buckets.get(&key).map_or(0, |bucket| bucket.weight(room));
        let bucket = self.buckets.entry(key).or_insert_with(|| Bucket::new(&parts.frame));
        match bucket {
            Bucket::Crowded(crowd) => return crowd.add(&parts.words, seen),
            Bucket::Apart { weight: all, members, .. } => {
                *all += weight(skeleton);
                members.push(hash);
            }
        }
        self.weight += bucket.weight(room) - before;
        let outgrown = bucket.outgrows(room);
        let entry = Entry { hash, bucket: key, seen, skeleton: skeleton.into() };
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
                self.drop_crowd(crowd);
            }
        }
    }

    fn drop_crowd(&mut self, mut crowd: Crowd) {
        crowd.take().into_iter().for_each(|(_, seen)| self.dropped.merge(seen));
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
                    .add(&parts.words, entry.seen);
            }
        }
        if let Some(crowd) = crowd {
            self.buckets.insert(key, Bucket::Crowded(crowd));
        }
    }

    fn merge_crowd(&mut self, key: u64, mut crowd: Crowd) {
        if self.level.drops(key) {
            return self.drop_crowd(crowd);
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

    fn counts(mut tally: Tally) -> Vec<(Vec<u8>, u64)> {
        tally.take().0.into_iter().map(|(skeleton, seen)| (skeleton, seen.count)).collect()
    }

    fn tally(lines: &[&str]) -> Tally {
        let mut tally = Tally::new(Rules { skeletons: 20, bucket: 8, ..Rules::default() });
        lines.iter().for_each(|line| tally.see(line.as_bytes(), Sighting::default()));
        tally
    }

    #[test]
    fn counts_skeletons() {
        let tally = tally(&["took 5 ms", "took 7 ms", "done"]);
        assert_eq!(tally.dropped, Seen::default());
        assert_eq!(counts(tally), [(b"done".to_vec(), 1), (b"took \x01".to_vec(), 2)]);
    }

    #[test]
    fn a_bucket_that_outgrows_its_room_is_a_crowd() {
        let names = ["ab", "cd", "ef", "gh", "ij", "kl", "mn", "op", "qr"].map(|name| format!("user {name} in"));
        let all = tally(&names.each_ref().map(String::as_str));
        assert_eq!(all.crowded(b"user zz in"), Some(b"user \x01 in".to_vec()));
        assert_eq!(counts(all), [(b"user \x01 in".to_vec(), 9)]);
        let mut one = tally(&names[..5].iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(one.entries.len(), 5);
        one.merge(tally(&names[5..].iter().map(String::as_str).collect::<Vec<_>>()));
        assert_eq!(counts(one), [(b"user \x01 in".to_vec(), 9)]);
    }

    #[test]
    fn details_that_are_too_many_are_forgotten() {
        let mut tally = Tally::new(Rules { details: 100, ..Rules::default() });
        // Each of these is before the last: the replaced ones do not count.
        (0..100).rev().for_each(|at| tally.see(b"took 5 ms", Sighting { at: Some(at), ..Sighting::default() }));
        assert!(tally.has_details());
        for word in ["a", "b", "c", "d", "e", "f"] {
            tally.see(format!("{word} {}", "x y ".repeat(8)).as_bytes(), Sighting::default());
        }
        assert!(!tally.has_details() && tally.seen_mut().all(|seen| seen.bytes() == 0));
        let mut whole = Tally::new(Rules::default());
        whole.merge(tally);
        assert!(!whole.has_details());
    }
}
