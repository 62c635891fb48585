//! Classes of rows: rows of which the same is said lie together, so that what is asked of it is asked once a block.

/// A class is below.
pub const CLASSES_MAX: u16 = 64;

/// Some of the classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Classes(u64);

impl Classes {
    pub const ALL: Classes = Classes(u64::MAX);
    pub const NONE: Classes = Classes(0);

    pub fn of(is: impl Fn(u16) -> bool) -> Classes {
        Classes((0..CLASSES_MAX).filter(|class| is(*class)).fold(0, |all, class| all | 1 << class))
    }

    pub fn has(self, class: u16) -> bool {
        class < CLASSES_MAX && self.0 >> class & 1 == 1
    }
}

/// Which rows are looked at, and which of these are bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    pub seen: Classes,
    pub bad: Classes,
}

impl Split {
    /// Of classes that are not looked at none is bad.
    pub fn of(is_seen: impl Fn(u16) -> bool, is_bad: impl Fn(u16) -> bool) -> Split {
        Split { seen: Classes::of(&is_seen), bad: Classes::of(|class| is_seen(class) && is_bad(class)) }
    }

    /// Classes that are looked at and not bad.
    pub fn good(self) -> Classes {
        Classes(self.seen.0 & !self.bad.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_told_apart() {
        let odd = Classes::of(|class| class % 2 == 1);
        assert!(odd.has(1) && odd.has(63) && !odd.has(0) && !odd.has(64) && !odd.has(65));
        assert!(Classes::ALL.has(63) && Classes::of(|_| true) == Classes::ALL);
        let split = Split::of(|class| class > 3, |class| class % 2 == 0);
        assert!(split.bad.has(4) && !split.bad.has(2) && split.good().has(5) && !split.good().has(4));
    }
}
