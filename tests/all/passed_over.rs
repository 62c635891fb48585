//! Files that are read with others, links, archives with more than is looked at, and packings that programs write without
//! being asked: nothing of it is passed over without a word.

use std::os::unix::fs::symlink;
use std::path::Path;

use crate::hostile::{Case, fixture, hold, run, said, write};
use crate::rca::folder;

const TABLE: &str = "ts,v\n2025-03-01T08:00:00Z,1\n2025-03-01T08:01:00Z,2\n";
const LINES: &str = "2025-03-01T08:00:00Z ERROR a failed\n2025-03-01T08:00:01Z ERROR b failed\n";

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, bytes).expect("packed");
    packed.finish().expect("packed")
}

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(&mut bytes));
    for (name, content) in members {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a member");
        std::io::Write::write_all(&mut archive, content).expect("written");
    }
    archive.finish().expect("finished");
    bytes
}

fn tar_member(kind: u8, name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::new(kind));
    header.set_path(name).expect("a name");
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    let mut member = [header.as_bytes(), bytes].concat();
    member.resize(member.len().div_ceil(512) * 512, 0);
    member
}

/// A dump in directory format, and a table beside it whose name is like those of its files.
fn dump_and_table(place: &Path) {
    let from = crate::rca::root().join("fixtures/dumps/dir_none");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("a file").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        write(place, &format!("d/{name}"), std::fs::read(&path).expect("read"));
    }
    write(place, "d/2024.dat", TABLE);
}

fn lz4_of_old(bytes: &[u8]) -> Vec<u8> {
    let block = lz4_flex::block::compress(bytes);
    [&[0x02, 0x21, 0x4c, 0x18][..], &(block.len() as u32).to_le_bytes(), &block].concat()
}

fn skipped(bytes: &[u8]) -> Vec<u8> {
    [&[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 9, 9, 9, 9][..], &[0x5f, 0x2a, 0x4d, 0x18, 0, 0, 0, 0], bytes].concat()
}

const CASES: &[Case] = &[
    Case {
        name: "logs that are called as side files of a database are",
        place: |place| {
            write(place, "j/system", LINES);
            write(place, "j/system-journal", LINES.repeat(2));
            write(place, "j/a.csv-wal", "");
        },
        arguments: &["query", "select count(*) as n from j", "j"],
        code: 0,
        shown: &[r#"{"n":6}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "the same by a pattern",
        place: |place| {
            write(place, "j/system", LINES);
            write(place, "j/system-journal", LINES.repeat(2));
        },
        arguments: &["query", "select count(*) as n from j", "j/*-journal"],
        code: 0,
        shown: &[r#"{"n":4}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "the same in an archive, one behind the other",
        place: |place| {
            let members =
                [("a", LINES), ("a-wal", LINES), ("a-wal-wal", LINES)].map(|(name, text)| (name, text.as_bytes()));
            write(place, "j.zip", zipped(&members));
        },
        arguments: &["query", "select count(*) as n from j", "j.zip"],
        code: 0,
        shown: &[r#"{"n":6}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "side files of a database, and one that is none's",
        place: |place| {
            write(place, "d/k.db", fixture("readers/kinds.db"));
            write(place, "d/k.db-journal", "");
            write(place, "d/k.db-shm", "x");
            write(place, "d/k.db-shm-wal", TABLE);
            write(place, "d/other-wal", TABLE);
        },
        arguments: &["sources", "d"],
        code: 0,
        shown: &["\"sqlite\"", "\"other_wal\"", "\"k_csv\""],
        said: &["nothing lost"],
    },
    Case {
        name: "a table beside a table of contents that names no file",
        place: |place| {
            write(place, "dd/toc.dat", fixture("dumps/custom_none.dump"));
            write(place, "dd/2024.dat", TABLE);
            write(place, "dd/restore.sql", "CREATE TABLE r (a integer);\nINSERT INTO r VALUES (1);\n");
        },
        arguments: &["sources", "dd"],
        code: 0,
        shown: &["\"kind\":\"csv\"", "\"restore\""],
        said: &[],
    },
    Case {
        name: "a table in the folder of a dump",
        place: dump_and_table,
        arguments: &["sources", "d"],
        code: 0,
        shown: &["\"kind\":\"csv\"", "\"kind\":\"postgres\""],
        said: &["nothing lost"],
    },
    Case {
        name: "a record before a member that has no end",
        place: |place| {
            let long = tar_member(b'L', "././@LongLink", &vec![b'a'; 3 << 20]);
            let first = tar_member(b'0', "a.log", LINES.as_bytes());
            let rest = tar_member(b'0', "x.log", LINES.as_bytes());
            write(place, "l.tar.gz", gzipped(&[first, long, rest, vec![0; 1024]].concat()));
        },
        arguments: &["query", "select count(*) as n from l", "l.tar.gz"],
        code: 0,
        shown: &[r#"{"n":2}"#],
        said: &["what stands before a member is longer than 1 MiB", "what follows is lost"],
    },
    Case {
        name: "names of 300 bytes in a tar archive",
        place: |place| {
            let mut archive = tar::Builder::new(Vec::new());
            let mut header = tar::Header::new_gnu();
            header.set_size(LINES.len() as u64);
            header.set_mode(0o644);
            let name = format!("{}/a.log", "x".repeat(300));
            archive.append_data(&mut header, name, LINES.as_bytes()).expect("a member");
            write(place, "l.tar", archive.into_inner().expect("finished"));
        },
        arguments: &["query", "select count(*) as n from l", "l.tar"],
        code: 0,
        shown: &[r#"{"n":2}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "a pattern from here on down",
        place: |place| {
            write(place, "a/b/t.csv", TABLE);
            write(place, "t.csv", TABLE);
        },
        arguments: &["sources", "./**/*.csv"],
        code: 0,
        shown: &["\"rows\":4"],
        said: &[],
    },
    Case {
        name: "one name of two kinds",
        place: |place| {
            write(place, "x/a.csv", TABLE);
            write(place, "x/a.json", "[{\"k\":1},{\"k\":2}]");
        },
        arguments: &["query", "select (select count(*) from a_csv) as c, (select count(*) from a_json) as j", "x"],
        code: 0,
        shown: &[r#"{"c":2,"j":2}"#],
        said: &[],
    },
    Case {
        name: "a link up to a directory with others in it",
        place: |place| {
            write(place, "top/in/t.csv", TABLE);
            write(place, "top/beside/u.csv", TABLE);
            symlink("..", place.join("top/in/up")).expect("linked");
        },
        arguments: &["sources", "top/in"],
        code: 0,
        shown: &["\"rows\":2"],
        said: &["a link to a directory, which is not followed: top/in/up"],
    },
    Case {
        name: "a frame to be skipped before zstd",
        place: |place| write(place, "t.csv.zst", skipped(&zstd::encode_all(TABLE.as_bytes(), 1).expect("packed"))),
        arguments: &["query", "select sum(v) as s from t", "t.csv.zst"],
        code: 0,
        shown: &[r#"{"s":3}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "a frame to be skipped before LZ4, and LZ4 of the old form",
        place: |place| {
            write(place, "l/t.csv.lz4", skipped(&lz4_of_old(TABLE.as_bytes())));
            write(place, "l/u.csv.lz4", lz4_of_old("w,x\na,1\nb,2\n".as_bytes()));
        },
        arguments: &["query", "select (select sum(v) from t) as s, (select count(*) from u) as n", "l"],
        code: 0,
        shown: &[r#"{"s":3,"n":2}"#],
        said: &["nothing lost"],
    },
];

#[test]
fn nothing_is_passed_over_without_a_word() {
    hold(CASES);
}

#[test]
fn a_dump_in_its_folder_is_read_with_a_file_beside_it() {
    let place = folder();
    dump_and_table(place.path());
    let both = run(place.path(), &["sources", "d", "-f", "ndjson"]);
    std::fs::remove_file(place.path().join("d/2024.dat")).expect("removed");
    let alone = run(place.path(), &["sources", "d", "-f", "ndjson"]);
    let count = |output: &std::process::Output| crate::hostile::rows(output).len();
    assert_eq!(count(&both), count(&alone) + 1, "{}", said(&both));
}
