//! Every kind of evidence in every packing, alone and among others: the same tables with as many rows. And files that are
//! read with another one, found in archives too.

use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::Value;

use crate::hostile::{Case, fixture, hold, rows, run, said, write};
use crate::rca::{folder, root};

/// What is in a bundle besides: a table of three rows that is like no other.
const OTHER: &[u8] = b"other_key,other_value\n1,a\n2,b\n3,c\n";
const OTHERS: usize = 3;

fn lines(line: impl Fn(usize) -> String) -> Vec<u8> {
    (0..80).map(line).collect::<String>().into_bytes()
}

/// A kind of evidence: its file's name and bytes.
fn kinds() -> Vec<(&'static str, Vec<u8>)> {
    let table = lines(|n| format!("2025-03-01T08:{:02}:{:02}Z,ST0{},{n}.5\n", n / 60, n % 60, n % 3));
    vec![
        ("x.csv", [b"ts,station,value\n", &table[..]].concat()),
        ("x.ndjson", lines(|n| format!("{{\"unit\":\"U{n}\",\"value\":{n}.5}}\n"))),
        ("x.log", lines(|n| format!("2025-03-01 08:00:{:02},123 INFO [main] a.B - message {n}\n", n % 60))),
        ("x.db", fixture("readers/kinds.db")),
        ("x.dump", fixture("readers/sqlite_script.sql")),
        ("x.sql", fixture("dumps/plain_18.sql")),
        ("x.dump", fixture("dumps/custom_17.dump")),
        ("x.tar", fixture("dumps/tar_18.tar")),
        ("x.parquet", fixture("readers/unlike.parquet")),
        ("x.xlsx", fixture("sheets/runs.xlsx")),
        ("x.xls", fixture("sheets/runs.xls")),
    ]
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).expect("packed");
    packed.finish().expect("packed")
}

fn bzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packed = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    packed.write_all(bytes).expect("packed");
    packed.finish().expect("packed")
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(1_740_900_000);
        archive.append_data(&mut header, name, *bytes).expect("a member");
    }
    archive.into_inner().expect("finished")
}

fn zip(members: &[(&str, &[u8])], method: zip::CompressionMethod) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(&mut bytes));
    for (name, content) in members {
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        archive.start_file(*name, options).expect("a member");
        archive.write_all(content).expect("written");
    }
    archive.finish().expect("finished");
    bytes
}

/// The ways to pack a file, with whether other evidence is in it too.
fn packings(name: &str, bytes: &[u8]) -> Vec<(String, Vec<u8>, bool)> {
    let alone = [(name, bytes)];
    let first = [(name, bytes), ("zz.csv", OTHER)];
    let later = [("aa.csv", OTHER), (name, bytes)];
    let packed_name = format!("{name}.gz");
    let within = gzipped(bytes);
    let packed = [("logs/aa.csv", OTHER), (&packed_name[..], &within[..])];
    let named = |end: &str| format!("p{end}");
    vec![
        (format!("{name}.gz"), gzipped(bytes), false),
        (format!("{name}.zst"), zstd::encode_all(bytes, 1).expect("packed"), false),
        (format!("{name}.bz2"), bzipped(bytes), false),
        (named("1.zip"), zip(&alone, zip::CompressionMethod::Deflated), false),
        (named("2.zip"), zip(&first, zip::CompressionMethod::Deflated), true),
        (named("3.zip"), zip(&later, zip::CompressionMethod::Stored), true),
        (named("4.zip"), zip(&first, zip::CompressionMethod::Stored), true),
        (named("1.tar"), tar(&alone), false),
        (named("2.tar"), tar(&first), true),
        (named("3.tar"), tar(&later), true),
        (named("1.tar.gz"), gzipped(&tar(&alone)), false),
        (named("2.tar.gz"), gzipped(&tar(&first)), true),
        (named("3.tar.gz"), gzipped(&tar(&later)), true),
        (named("4.tar.gz"), gzipped(&tar(&packed)), true),
        (named("5.tar.gz"), gzipped(&tar(&[("in.tar", &tar(&first))])), true),
    ]
}

/// The tables of a source as its kinds and rows, in an order of their own.
fn tables(place: &Path, file: &str) -> Vec<(String, usize)> {
    let output = run(place, &["sources", file, "-f", "ndjson"]);
    let table = |row: Value| {
        (row["kind"].as_str().expect("a kind").to_string(), row["rows"].as_u64().expect("a count") as usize)
    };
    let mut found: Vec<_> = rows(&output).into_iter().map(table).collect();
    assert!(!found.is_empty(), "{file}: {}", said(&output));
    found.sort();
    found
}

fn packed_alike(kinds: impl Iterator<Item = (&'static str, Vec<u8>)>) {
    for (name, bytes) in kinds {
        let place = folder();
        write(place.path(), name, &bytes);
        let plain = tables(place.path(), name);
        for (file, packed, has_other) in packings(name, &bytes) {
            write(place.path(), &file, packed);
            let mut found = tables(place.path(), &file);
            if has_other {
                let other = found.iter().position(|one| *one == ("csv".into(), OTHERS));
                found.remove(other.unwrap_or_else(|| panic!("{name} in {file}: the other is not there: {found:?}")));
            }
            assert_eq!(found, plain, "{name} in {file}");
        }
    }
}

#[test]
fn every_kind_is_read_in_every_packing() {
    packed_alike(kinds().into_iter().step_by(2));
}

#[test]
fn every_other_kind_is_read_in_every_packing() {
    packed_alike(kinds().into_iter().skip(1).step_by(2));
}

/// All files of a dump in directory format, in a folder.
fn directory(folder: &str) -> Vec<(String, Vec<u8>)> {
    let from = root().join("fixtures/dumps/dir_gzip");
    let mut names: Vec<String> = std::fs::read_dir(from)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names.into_iter().map(|name| (format!("{folder}{name}"), fixture(&format!("dumps/dir_gzip/{name}")))).collect()
}

#[test]
fn dumps_in_directories_are_read_in_archives_of_them_and_among_others() {
    let place = folder();
    for (name, bytes) in directory("dump/") {
        write(place.path(), &name, bytes);
    }
    let plain = tables(place.path(), "dump");
    let other = |name: &str| (name.to_string(), OTHER.to_vec());
    let two: Vec<_> = directory("a/").into_iter().chain(directory("b/")).collect();
    for (name, members, others, times) in [
        ("alone", directory("dump/"), 0, 1),
        ("bare", directory(""), 0, 1),
        ("among", directory("dump/").into_iter().chain([other("zz.csv")]).collect(), 1, 1),
        ("later", [other("aa.csv")].into_iter().chain(directory("case/dump/")).collect(), 1, 1),
        ("beside", directory("dump/").into_iter().chain([other("dump/zz.csv")]).collect(), 1, 1),
        ("two", two, 0, 2),
    ] {
        let list: Vec<(&str, &[u8])> = members.iter().map(|(name, bytes)| (&name[..], &bytes[..])).collect();
        let mut expected: Vec<_> = (0..times).flat_map(|_| plain.clone()).collect();
        expected.extend((0..others).map(|_| ("csv".to_string(), OTHERS)));
        expected.sort();
        write(place.path(), &format!("{name}.tgz"), gzipped(&tar(&list)));
        write(place.path(), &format!("{name}.zip"), zip(&list, zip::CompressionMethod::Deflated));
        assert_eq!(tables(place.path(), &format!("{name}.tgz")), expected, "{name}.tgz");
        assert_eq!(tables(place.path(), &format!("{name}.zip")), expected, "{name}.zip");
    }
    // As it lies on disk, what is no part of the dump is evidence of its own.
    write(place.path(), "dump/zz.csv", OTHER);
    let both = tables(place.path(), "dump");
    assert_eq!(both.len(), plain.len() + 1, "{both:?}");
}

#[test]
fn the_log_of_a_database_is_read_with_it_from_an_archive() {
    let place = folder();
    let path = place.path().join("x.db");
    let open = rusqlite::Connection::open(&path).expect("opens");
    open.execute_batch("PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t(a);").expect("made");
    open.execute_batch("INSERT INTO t SELECT value FROM json_each('[1,2,3,4,5]')").expect("written");
    let read = |name: &str| std::fs::read(place.path().join(name)).expect("read");
    let (database, log) = (read("x.db"), read("x.db-wal"));
    let members: [(&str, &[u8]); 3] = [("c/x.db", &database), ("c/x.db-wal", &log), ("c/zz.csv", OTHER)];
    let expected = [("csv".to_string(), OTHERS), ("sqlite".to_string(), 5)];
    for (name, bytes) in [
        ("b.tar", tar(&members)),
        ("b.tgz", gzipped(&tar(&members))),
        ("b.zip", zip(&members, zip::CompressionMethod::Deflated)),
    ] {
        write(place.path(), name, bytes);
        assert_eq!(tables(place.path(), name), expected, "{name}");
    }
}

/// A bundle of a script and a table; the script first.
fn bundle() -> Vec<u8> {
    gzipped(&tar(&[("a.sql", &fixture("readers/small.sql")), ("z.csv", OTHER)]))
}

const CASES: &[Case] = &[
    Case {
        name: "a bundle in a directory, whose first member is a dump",
        place: |place| write(place, "d/b.tgz", bundle()),
        arguments: &["query", "select count(*) as n from z", "d"],
        code: 0,
        shown: &[r#"{"n":3}"#],
        said: &[],
    },
    Case {
        name: "a member of a bundle whose first member is a dump",
        place: |place| write(place, "b.tgz", bundle()),
        arguments: &["query", "select count(*) as n from z", "b.tgz/z.csv"],
        code: 0,
        shown: &[r#"{"n":3}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "a Parquet file that ends early within its packing",
        place: |place| {
            let packed = gzipped(&fixture("readers/unlike.parquet"));
            write(place, "p.parquet.gz", &packed[..packed.len() / 2]);
        },
        arguments: &["sources", "p.parquet.gz"],
        code: 3,
        shown: &[],
        said: &["cannot read `p.parquet.gz`", "the compressed file ends before its data do"],
    },
    Case {
        name: "a packed Parquet file that is none",
        place: |place| write(place, "p.parquet.gz", gzipped(b"PAR1 and nothing else of it")),
        arguments: &["sources", "p.parquet.gz"],
        code: 3,
        shown: &[],
        said: &["source `p` cannot be read as Parquet", "'p.parquet.gz'"],
    },
    Case {
        name: "the names of Parquet files in a case",
        place: |place| {
            write(place, "case/rca.toml", "[sources.p]\npath = \"p.parquet\"\n");
            write(place, "case/p.parquet", fixture("readers/unlike.parquet"));
        },
        arguments: &["timeline", "-C", "case"],
        code: 0,
        shown: &[r#""origin":"p.parquet:1""#],
        said: &[],
    },
    Case {
        name: "the names of several Parquet files in a case",
        place: |place| {
            write(place, "case/rca.toml", "[sources.p]\npath = \"d\"\n");
            write(place, "case/d/a.parquet", fixture("readers/unlike.parquet"));
            write(place, "case/d/b.parquet", fixture("readers/unlike.parquet"));
        },
        arguments: &["timeline", "-C", "case"],
        code: 0,
        shown: &[r#""origin":"d/a.parquet:1""#, r#""origin":"d/b.parquet:1""#],
        said: &[],
    },
    Case {
        name: "the names of Parquet files, some of them packed",
        place: |place| {
            write(place, "d/a.parquet", fixture("readers/unlike.parquet"));
            write(place, "d/b.parquet.gz", gzipped(&fixture("readers/unlike.parquet")));
        },
        arguments: &["timeline", "p=d"],
        code: 0,
        shown: &[r#""origin":"d/a.parquet:1""#, r#""origin":"d/b.parquet.gz:1""#],
        said: &[],
    },
    Case {
        name: "a pattern that fits directories",
        place: |place| {
            for name in ["v/a.csv", "v/sub/b.csv", "v/sub/c/d.csv", "v/.hidden/e.csv", "v/.f.csv"] {
                write(place, name, "a,b\n1,2\n");
            }
            write(place, "apart/g.csv", "a,b\n1,2\n");
            symlink("sub", place.join("v/latest")).expect("linked");
            symlink("../apart", place.join("v/out")).expect("linked");
        },
        arguments: &["query", "select count(*) as n from v", "v/*"],
        code: 0,
        shown: &[r#"{"n":3}"#],
        said: &["a link to a directory, which is not followed: v/out", "1 not readable"],
    },
    Case {
        name: "a pattern of any depth that fits directories",
        place: |place| {
            for name in ["v/a.csv", "v/w/sub/b.csv", "v/w/sub/c/d.csv", "v/w/e.csv"] {
                write(place, name, "a,b\n1,2\n");
            }
        },
        arguments: &["query", "select count(*) as n from v", "v/**/sub"],
        code: 0,
        shown: &[r#"{"n":2}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "a file in two sources",
        place: |place| {
            write(place, "d/a.csv", "a,b\n1,2\n");
            std::fs::hard_link(place.join("d/a.csv"), place.join("other.csv")).expect("linked");
        },
        arguments: &["query", "select (select count(*) from d) + (select count(*) from other) as n", "d", "other.csv"],
        code: 0,
        shown: &[r#"{"n":2}"#],
        said: &["other.csv is in the source `d` too: its rows are counted twice"],
    },
    Case {
        name: "a member in two sources",
        place: |place| write(place, "b.tgz", bundle()),
        arguments: &["sources", "b.tgz", "one=b.tgz/z.csv"],
        code: 0,
        shown: &[],
        said: &["b.tgz/z.csv is in the source `z` too: its rows are counted twice"],
    },
    Case {
        name: "standard input, named twice",
        place: |_| (),
        arguments: &["timeline", "a=-", "b=-"],
        code: 2,
        shown: &[],
        said: &["standard input, `-`, is named twice"],
    },
];

#[test]
fn what_lies_in_bundles_or_in_two_places_is_called_by_its_name() {
    hold(CASES);
}

#[test]
fn what_is_packed_twice_is_refused_and_of_a_cut_xz_its_beginning_is_read() {
    let place = folder();
    let lines: String = (0..40_000_u64).map(|n| format!("{n},{}\n", n * 2_654_435_761 % 4_294_967_296)).collect();
    let text = format!("id,value\n{lines}");
    write(place.path(), "twice.csv.gz", gzipped(&gzipped(text.as_bytes())));
    let output = run(place.path(), &["query", "select count(*) from twice", "twice.csv.gz"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(said(&output).contains("`twice.csv.gz` is packed twice"), "{}", said(&output));

    let options = lzma_rust2::XzOptions::with_preset(0);
    let mut packer = lzma_rust2::XzWriter::new(Vec::new(), options).expect("a packer");
    packer.write_all(text.as_bytes()).expect("written");
    let packed = packer.finish().expect("finished");
    // It is unpacked in chunks of 64 KiB, of which one that is cut gives nothing.
    write(place.path(), "cut.csv.xz", &packed[..packed.len() - 60]);
    let output = run(place.path(), &["query", "select count(*) as n from cut", "cut.csv.xz", "-f", "ndjson"]);
    let count = rows(&output)[0]["n"].as_u64().expect("a count");
    assert!((10_000..40_000).contains(&count), "{count}");
    assert!(said(&output).contains("damaged at byte"), "{}", said(&output));
    write(place.path(), "short.csv.xz", &packed[..2_000]);
    let output = run(place.path(), &["query", "select count(*) as n from short", "short.csv.xz"]);
    assert!(said(&output).contains("the compressed file ends before its data do"), "{}", said(&output));
}

#[test]
fn pages_of_parquet_that_cannot_be_read_are_told_by_sources() {
    let place = folder();
    write(place.path(), "a.csv", OTHER);
    let made =
        "COPY (SELECT range AS n, hash(range)::VARCHAR AS h FROM range(5000)) TO 'long.parquet' (FORMAT parquet)";
    assert!(run(place.path(), &["query", "--allow-files", made, "a.csv"]).status.success());
    let long = std::fs::read(place.path().join("long.parquet")).expect("written");
    // The head of the first page; and values in the midst, of which the footer alone would tell nothing.
    for (name, bytes, at) in [("short", fixture("readers/unlike.parquet"), 4), ("long", long, 50_000)] {
        let mut bytes = bytes;
        bytes[at..at + 36].fill(0xff);
        let name = format!("{name}.parquet");
        write(place.path(), &name, &bytes);
        let output = run(place.path(), &["sources", &name, "a.csv", "--strict"]);
        assert!(said(&output).contains("damaged: not all of it can be read"), "{name}: {}", said(&output));
        assert_eq!(output.status.code(), Some(3), "{name}");
        assert_eq!(rows(&run(place.path(), &["sources", &name, "a.csv", "-f", "ndjson"])).len(), 2, "{name}");
    }
}
