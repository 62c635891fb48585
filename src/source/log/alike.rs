//! The formats of many files: of those whose first lines are alike a few are looked at closely, and the others are read
//! as these are, if that reads all of their lines. The answer depends on the files and their order alone.

use std::collections::HashMap;
use std::sync::Arc;

use super::capture::Capture;
use super::detect;
use super::exception;
use super::formats::Formats;
use super::gathered::{self, Gathered};
use super::recogniser::{Common, Recogniser};
use super::strays::Around;
use crate::source::file::File;
use crate::source::{abreast, rotation};

/// Of fewer files each is looked at closely.
const MANY: usize = 64;
/// So many of those alike are looked at closely in any case.
const CLOSELY: usize = 4;
/// What of a first line must be alike.
const START_BYTES: usize = 40;

/// What reads the lines of a file, and what their times are about.
#[derive(Debug, Default, Clone)]
pub struct Found {
    pub recognisers: Vec<Recogniser>,
    pub around: Around,
}

/// What reads the lines of each file, of `forced` only if it is given.
pub fn detected(files: &[Arc<File>], own: &Formats, forced: Option<&str>) -> Vec<Found> {
    let common = Common::default();
    let bytes = gathered::share(files.len());
    let closely = |file: &File| {
        let found = detect::detect(&file.with_head(), own, forced, bytes);
        let mut recognisers = found.recognisers;
        recognisers.iter_mut().for_each(|recogniser| common.share(recogniser));
        Found { recognisers, around: found.around }
    };
    let mut found = if files.len() < MANY {
        abreast::each(files.len(), |index| closely(&files[index]))
    } else {
        of_many(files, bytes, &closely)
    };
    for index in 0..files.len() {
        if found[index].recognisers.is_empty()
            && let Some(lent) = of_sibling(files, &found, index, bytes)
        {
            found[index] = lent;
        }
    }
    found
}

fn of_many(files: &[Arc<File>], bytes: u64, closely: &(dyn Fn(&File) -> Found + Sync)) -> Vec<Found> {
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
    let known: HashMap<usize, Found> = chosen.into_iter().zip(read).collect();
    abreast::each(files.len(), |index| {
        if let Some(own) = known.get(&index) {
            return own.clone();
        }
        let file = files[index].with_head();
        let sample = Gathered::of(&file, bytes);
        let alike = models[&*starts[index]].iter().map(|model| &known[model]);
        let read = alike.into_iter().find_map(|model| as_model(&model.recognisers, &sample));
        read.unwrap_or_else(|| closely(&file))
    })
}

/// What tells day from month is in another file of the same log, maybe: as that one is read.
fn of_sibling(files: &[Arc<File>], found: &[Found], index: usize, bytes: u64) -> Option<Found> {
    let is_model =
        |other: &usize| !found[*other].recognisers.is_empty() && rotation::is_one_log(&files[*other], &files[index]);
    let mut models = (0..files.len()).filter(is_model).peekable();
    models.peek()?;
    let sample = Gathered::of(&files[index].with_head(), bytes);
    let lines: Vec<&[u8]> = sample.lines.iter().map(Vec::as_slice).collect();
    let mut capture = Capture::default();
    models.find_map(|model| {
        let recognisers = found[model].recognisers.clone();
        let first = lines.first()?;
        recognisers.iter().any(|one| one.read(first, 0, &mut capture)).then(|| {
            let around = detect::around(&recognisers, &lines);
            Found { recognisers, around }
        })
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

/// A file read as another one is, if each line of its sample is of one of these, or goes on with the one before. Of formats
/// alone: what is learned from a file's own lines holds for that file.
fn as_model(recognisers: &[Recogniser], sample: &Gathered) -> Option<Found> {
    let mut capture = Capture::default();
    let is_read = |line: &Vec<u8>, capture: &mut Capture| {
        recognisers.iter().any(|recogniser| recogniser.read(line, 0, capture)) || exception::continues(line)
    };
    let is_alike = !recognisers.is_empty()
        && recognisers.iter().all(|recogniser| matches!(recogniser, Recogniser::Lines(_)))
        && sample.heads.iter().chain(&sample.lines).all(|line| is_read(line, &mut capture));
    is_alike.then(|| {
        let lines: Vec<&[u8]> = sample.lines.iter().map(Vec::as_slice).collect();
        Found { recognisers: recognisers.to_vec(), around: detect::around(recognisers, &lines) }
    })
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
            let alone = detect::detect(file, &Formats::default(), None, gathered::share(1));
            assert_eq!(names(&many.recognisers), names(&alone.recognisers));
        }
    }
}
