//! Which files of delimited text are one table. Of a pattern or a name: those whose headers have most names in common, as
//! rows of one kind have after a column came or went. Of a directory: those whose headers have the same names, in any
//! order; of files that are called alike but for a number, those as of a pattern.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::sniff;
use crate::model::name;
use crate::source::abreast;
use crate::source::file::File;

/// Of very many unlike headers each is compared with no more others.
const LEADERS_MAX: usize = 256;

/// Files that are one table, and what it is called.
pub struct Kin {
    pub name: String,
    pub files: Vec<Arc<File>>,
}

/// How files were found.
pub struct Together {
    /// Somebody asked for all as one table.
    pub is_one: bool,
    /// No file of another kind is beside them.
    pub is_alone: bool,
    /// Whether somebody said that their first lines name columns, or do not.
    pub header: Option<bool>,
}

/// The tables of files of delimited text, each called as its file is, and the largest of several files as all of them
/// together; `stem` tells a file's name.
pub fn tables(files: Vec<Arc<File>>, all: &str, found: &Together, stem: impl Fn(&str) -> String) -> Vec<Kin> {
    if files.is_empty() {
        return Vec::new();
    }
    let base = |file: &Arc<File>| stem(&file.shown).replace(|c: char| c.is_ascii_digit() || c == '_', "");
    let first = base(&files[0]);
    let is_one = found.is_one || found.is_alone && files.iter().all(|file| base(file) == first);
    let groups = divided(files, is_one, found.header);
    let several = groups.len() > 1 || !found.is_alone;
    let most = groups.iter().map(Vec::len).max().unwrap_or_default();
    let mut tables: Vec<Kin> = Vec::new();
    let mut is_called = false;
    let mut by_name: HashMap<(usize, String), usize> = HashMap::new();
    for (group, files) in groups.into_iter().enumerate() {
        if !several || is_one && !is_called && most > 1 && files.len() == most {
            is_called = true;
            tables.push(Kin { name: all.to_string(), files });
        } else if is_one {
            let names: Vec<String> = files.iter().map(|file| stem(&file.shown)).collect();
            tables.push(Kin { name: common(&names), files });
        } else {
            // Tables of a directory may have one header and be several all the same.
            for file in files {
                let name = stem(&file.shown);
                let at = *by_name.entry((group, name.clone())).or_insert(tables.len());
                if at == tables.len() {
                    tables.push(Kin { name, files: Vec::new() });
                }
                tables[at].files.push(file);
            }
        }
    }
    tables
}

/// What several names begin with, without a number at its end; the first of them if that is nothing.
fn common(names: &[String]) -> String {
    let first = names.first().map_or("", String::as_str);
    let length = |other: &String| first.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
    let shared = names.iter().skip(1).map(length).min().unwrap_or(first.len());
    let shared = first.get(..shared).unwrap_or_default();
    let trimmed =
        if names.len() > 1 { shared.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_') } else { first };
    name::identifier(if trimmed.is_empty() { first } else { trimmed })
}

fn first_line(file: &File) -> Vec<u8> {
    file.head().split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end().to_vec()
}

/// The names of a header as SQL takes them; of a table without one, how many columns it has.
struct Names {
    names: BTreeSet<String>,
    are_said: bool,
}

impl Names {
    fn of(head: &[u8], header: Option<bool>) -> Names {
        let shape = sniff::shape(head, None, header).unwrap_or_default();
        Names { names: shape.names.iter().map(|name| name.to_lowercase()).collect(), are_said: shape.has_header }
    }

    /// Whether each has most names of the other.
    fn are_mostly_those_of(&self, other: &Names) -> bool {
        if self.are_said != other.are_said {
            return false;
        }
        let common = self.names.intersection(&other.names).count();
        let (least, most) = (self.names.len().min(other.names.len()), self.names.len().max(other.names.len()));
        if self.are_said { common * 2 > least && common * 2 >= most } else { least == most }
    }
}

/// Files whose headers are alike, in the order of the first of each.
fn divided(files: Vec<Arc<File>>, is_one: bool, header: Option<bool>) -> Vec<Vec<Arc<File>>> {
    let mut kinds: HashMap<Vec<u8>, usize> = HashMap::new();
    let lines = abreast::each(files.len(), |index| first_line(&files[index]));
    let kind_of: Vec<usize> = lines
        .into_iter()
        .map(|line| {
            let next = kinds.len();
            *kinds.entry(line).or_insert(next)
        })
        .collect();
    if kinds.len() == 1 {
        return vec![files];
    }
    let mut counts = vec![0_usize; kinds.len()];
    let mut first = vec![usize::MAX; kinds.len()];
    for (file, kind) in kind_of.iter().enumerate() {
        counts[*kind] += 1;
        first[*kind] = first[*kind].min(file);
    }
    let names = abreast::each(counts.len(), |kind| Names::of(&files[first[kind]].head(), header));
    // The header that most files have tells which others are like it.
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|kind| (std::cmp::Reverse(counts[*kind]), *kind));
    let mut leaders: Vec<usize> = Vec::new();
    let mut leader_of = vec![0; counts.len()];
    let mut same: HashMap<&BTreeSet<String>, usize> = HashMap::new();
    for kind in order {
        let known = match is_one {
            true => leaders.iter().take(LEADERS_MAX).find(|leader| names[kind].are_mostly_those_of(&names[**leader])),
            false => same.get(&names[kind].names).filter(|_| names[kind].are_said),
        };
        leader_of[kind] = known.copied().unwrap_or(kind);
        if leader_of[kind] == kind {
            leaders.push(kind);
            same.insert(&names[kind].names, kind);
        }
    }
    let mut place: HashMap<usize, usize> = HashMap::new();
    let mut groups: Vec<Vec<Arc<File>>> = Vec::new();
    for (file, kind) in files.into_iter().zip(kind_of) {
        let at = *place.entry(leader_of[kind]).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[at].push(file);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divided_by(texts: &[(&str, &str)], is_one: bool) -> Vec<(String, usize)> {
        let folder = tempfile::tempdir().expect("a directory");
        let files = texts.iter().map(|(name, text)| {
            std::fs::write(folder.path().join(name), text).expect("written");
            Arc::new(File::open(&folder.path().join(name), name).expect("opens"))
        });
        let stem = |shown: &str| name::stem(shown).to_string();
        tables(files.collect(), "all", &Together { is_one, is_alone: true, header: None }, stem)
            .into_iter()
            .map(|table| (table.name, table.files.len()))
            .collect()
    }

    #[test]
    fn headers_tell_which_files_are_one_table() {
        let (two, more, turned) = ("ts,sensor,v\n1,a,2\n", "ts,sensor,v,fw\n1,a,2,3\n", "v,ts,sensor\n2,1,a\n");
        let other = "code,text,level\nE1,x,warn\n";
        let told = |texts: &[(&str, &str)], is_one| {
            let told = divided_by(texts, is_one).into_iter().map(|(name, count)| format!("{name} {count}"));
            told.collect::<Vec<_>>().join(", ")
        };
        assert_eq!(told(&[("a", two), ("b", more), ("c", turned)], true), "all 3");
        assert_eq!(told(&[("a", two), ("b", more), ("c", turned)], false), "a 1, c 1, b 1");
        assert_eq!(told(&[("a", two), ("c", turned)], false), "all 2");
        assert_eq!(told(&[("day1", two), ("day2", more), ("day3", turned)], false), "all 3");
        assert_eq!(told(&[("a", two), ("c", turned), ("o", other)], true), "all 2, o 1");
        assert_eq!(told(&[("a", two), ("o", other)], true), "a 1, o 1");
        assert_eq!(told(&[("a1", two), ("a2", two), ("a3", two), ("o1", other), ("o2", other)], true), "all 3, o 2");
        assert_eq!(told(&[("a", "id,v\n1,2\n"), ("b", "id,w\n1,2\n")], true), "a 1, b 1");
        assert_eq!(told(&[("a", "1,2\n3,4\n"), ("b", "5,6\n7,8\n"), ("c", "1,2,3\n")], true), "all 2, c 1");
    }
}
