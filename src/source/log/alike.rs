//! The formats of many files: of those whose first lines are alike a few are looked at closely, and the others are read
//! as these are, if that reads all of their lines. The answer depends on the files and their order alone.

use std::collections::HashMap;
use std::sync::Arc;

use super::capture::Capture;
use super::detect;
use super::exception;
use super::formats::Formats;
use super::recogniser::{Common, Recogniser};
use crate::source::abreast;
use crate::source::file::File;

/// Of fewer files each is looked at closely.
const MANY: usize = 64;
/// So many of those alike are looked at closely in any case.
const CLOSELY: usize = 4;
/// What of a first line must be alike.
const START_BYTES: usize = 40;

/// What reads the lines of each file, of `forced` only if it is given.
pub fn detected(files: &[Arc<File>], own: &Formats, forced: Option<&str>) -> Vec<Vec<Recogniser>> {
    let common = Common::default();
    let closely = |file: &File| {
        let mut found = detect::detect(&file.with_head(), own, forced).recognisers;
        found.iter_mut().for_each(|recogniser| common.share(recogniser));
        found
    };
    if files.len() < MANY {
        return abreast::each(files.len(), |index| closely(&files[index]));
    }
    let starts = abreast::each(files.len(), |index| start(&files[index]));
    let mut models: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (index, start) in starts.iter().enumerate() {
        let alike = models.entry(start).or_default();
        if alike.len() < CLOSELY {
            alike.push(index);
        }
    }
    let mut chosen: Vec<usize> = models.values().flatten().copied().collect();
    chosen.sort_unstable();
    let read = abreast::each(chosen.len(), |at| closely(&files[chosen[at]]));
    let known: HashMap<usize, Vec<Recogniser>> = chosen.into_iter().zip(read).collect();
    abreast::each(files.len(), |index| {
        if let Some(own) = known.get(&index) {
            return own.clone();
        }
        let file = files[index].with_head();
        let sample = detect::sampled(&file);
        let alike = models[&*starts[index]].iter().map(|model| &known[model]);
        alike.into_iter().find(|model| reads_all(model, &sample)).cloned().unwrap_or_else(|| closely(&file))
    })
}

/// How a file's first line begins, whatever the digits and letters in it.
fn start(file: &File) -> Vec<u8> {
    let head = file.head();
    let line = detect::lines(&head).next().unwrap_or_default();
    let shape = |byte: &u8| match byte {
        b'0'..=b'9' => b'0',
        b'a'..=b'z' => b'a',
        b'A'..=b'Z' => b'A',
        other => *other,
    };
    line.iter().take(START_BYTES).map(shape).collect()
}

/// Whether each line of a sample is of one of these, or goes on with the one before. Of formats alone: what is learned
/// from a file's own lines holds for that file.
fn reads_all(recognisers: &[Recogniser], sample: &[Vec<u8>]) -> bool {
    let mut capture = Capture::default();
    let is_read = |line: &Vec<u8>, capture: &mut Capture| {
        recognisers.iter().any(|recogniser| recogniser.read(line, 0, capture)) || exception::continues(line)
    };
    !recognisers.is_empty()
        && recognisers.iter().all(|recogniser| matches!(recogniser, Recogniser::Lines(_)))
        && sample.iter().all(|line| is_read(line, &mut capture))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_many_files_is_read_as_it_would_be_alone() {
        let folder = tempfile::tempdir().expect("made");
        let file = |number: usize| {
            let lines: String = (0..4)
                .map(|second| match (number % 5, second) {
                    (0, 2) => "2025-03-01T08:00:02Z another format in the same file\n".to_string(),
                    (1, _) => format!("Mar  1 08:00:0{second} host sshd[12]: session {number}\n"),
                    (2, _) => format!(
                        "{{\"time\":\"2025-03-01T08:00:0{second}Z\",\"level\":\"info\",\"msg\":\"{number}\"}}\n"
                    ),
                    (3, 3) => "    at com.acme.Station.run(Station.java:42)\n".to_string(),
                    _ => format!("2025-03-01 08:00:0{second},123 INFO [main] a.B - message {number}\n"),
                })
                .collect();
            let path = folder.path().join(format!("{number}.log"));
            std::fs::write(&path, lines).expect("written");
            Arc::new(File::open(&path, "a.log").expect("opened"))
        };
        let files: Vec<Arc<File>> = (0..2 * MANY).map(file).collect();
        let many = detected(&files, &Formats::default(), None);
        let names = |found: &[Recogniser]| found.iter().map(Recogniser::name).collect::<Vec<_>>();
        for (file, many) in files.iter().zip(&many) {
            assert_eq!(names(many), names(&detect::detect(file, &Formats::default(), None).recognisers));
        }
    }
}
