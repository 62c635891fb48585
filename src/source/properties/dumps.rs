//! What was written into a dump of any form is what is read from it. The forms are written here by themselves, from
//! PostgreSQL's sources, not by anything that the readers use.

use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::Datelike;
use proptest::prelude::*;

use super::{Rows, cases, field, own, scan, table};
use crate::source::{pgdump, sqlite};

/// A type, one of its values as Postgres writes it, and what must be read of that.
type Cell = (Option<String>, Option<String>);

const TYPES: [&str; 6] = ["text", "bigint", "boolean", "bytea", "date", "numeric(12,3)"];

fn cell(kind: &'static str) -> BoxedStrategy<Cell> {
    let same = |text: String| (Some(text.clone()), Some(text));
    let value = match kind {
        "text" => field().prop_map(same).boxed(),
        "bigint" => any::<i64>().prop_map(move |number| same(number.to_string())).boxed(),
        "boolean" => any::<bool>()
            .prop_map(|flag| (Some(if flag { "t" } else { "f" }.into()), Some(u8::from(flag).to_string())))
            .boxed(),
        "bytea" => prop::collection::vec(any::<u8>(), 0..6)
            .prop_map(|bytes| {
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                (Some(format!("\\x{hex}")), Some(format!("{bytes:?}")))
            })
            .boxed(),
        "date" => (-700_000_i64..700_000)
            .prop_map(|days| {
                let date = chrono::DateTime::from_timestamp(days * 86_400, 0).expect("a day").date_naive();
                let (year, rest) = (date.year(), date.format("%m-%d"));
                let text = if year > 0 { format!("{year:04}-{rest}") } else { format!("{:04}-{rest} BC", 1 - year) };
                (Some(text), Some(days.to_string()))
            })
            .boxed(),
        _ => (-99_999_999_i64..99_999_999)
            .prop_map(|number| {
                let sign = if number < 0 { "-" } else { "" };
                let (whole, part) = (number.unsigned_abs() / 1000, number.unsigned_abs() % 1000);
                (Some(format!("{sign}{whole}.{part:03}")), Some(number.to_string()))
            })
            .boxed(),
    };
    prop_oneof![4 => value, 1 => Just((None, None))].boxed()
}

/// Types of columns, and rows of them.
fn tables() -> impl Strategy<Value = (Vec<&'static str>, Vec<Vec<Cell>>)> {
    prop::collection::vec(prop::sample::select(TYPES.to_vec()), 1..6).prop_flat_map(|kinds| {
        let row: Vec<BoxedStrategy<Cell>> = kinds.iter().map(|kind| cell(kind)).collect();
        (Just(kinds), prop::collection::vec(row, 0..20))
    })
}

fn expected(rows: &[Vec<Cell>]) -> Rows {
    rows.iter().map(|row| row.iter().map(|(_, read)| read.clone()).collect()).collect()
}

fn names(kinds: &[&str]) -> Vec<String> {
    (0..kinds.len()).map(|number| format!("c{number}")).collect()
}

fn declared(kinds: &[&str]) -> String {
    let columns: Vec<String> =
        names(kinds).iter().zip(kinds).map(|(name, kind)| format!("    {name} {kind}")).collect();
    format!("CREATE TABLE public.t (\n{}\n);\n", columns.join(",\n"))
}

fn copy_statement(kinds: &[&str]) -> String {
    format!("COPY public.t ({}) FROM stdin;\n", names(kinds).join(", "))
}

fn copy_rows(rows: &[Vec<Cell>]) -> String {
    let escaped =
        |text: &str| text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r");
    let line = |row: &Vec<Cell>| {
        let fields: Vec<String> = row.iter().map(|(text, _)| text.as_deref().map_or("\\N".into(), escaped)).collect();
        fields.join("\t") + "\n"
    };
    rows.iter().map(line).collect()
}

/// As `--inserts` writes them, `at_once` rows a statement.
fn insert_rows(kinds: &[&str], rows: &[Vec<Cell>], at_once: usize, named: bool) -> String {
    let value = |(kind, (text, _)): (&&str, &Cell)| match (text, *kind) {
        (None, _) => "NULL".to_string(),
        (Some(text), "bigint" | "numeric(12,3)") => text.clone(),
        (Some(text), "boolean") => if text == "t" { "true" } else { "false" }.to_string(),
        (Some(text), _) => format!("'{}'", text.replace('\'', "''")),
    };
    let list = |row: &Vec<Cell>| format!("({})", kinds.iter().zip(row).map(value).collect::<Vec<_>>().join(", "));
    let named = if named { format!(" ({})", names(kinds).join(", ")) } else { String::new() };
    let statement = |rows: &[Vec<Cell>]| {
        format!("INSERT INTO public.t{named} VALUES\n\t{};\n", rows.iter().map(list).collect::<Vec<_>>().join(",\n\t"))
    };
    rows.chunks(at_once).map(statement).collect()
}

#[derive(Debug, Clone, Copy)]
enum Packing {
    None,
    Gzip,
    Lz4,
    Zstd,
}

impl Packing {
    fn number(self) -> u8 {
        self as u8
    }

    /// As a custom archive has it: gzip without its header is zlib.
    fn in_archive(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Packing::Gzip => {
                let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
                zlib.write_all(bytes).expect("written");
                zlib.finish().expect("finished")
            }
            other => other.as_file(bytes).0,
        }
    }

    /// As a file of its own, and its ending.
    fn as_file(self, bytes: &[u8]) -> (Vec<u8>, &'static str) {
        match self {
            Packing::None => (bytes.to_vec(), ""),
            Packing::Gzip => {
                let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                gzip.write_all(bytes).expect("written");
                (gzip.finish().expect("finished"), ".gz")
            }
            Packing::Lz4 => {
                let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
                lz4.write_all(bytes).expect("written");
                (lz4.finish().expect("finished"), ".lz4")
            }
            Packing::Zstd => (zstd::encode_all(bytes, 1).expect("packed"), ".zst"),
        }
    }
}

fn int(value: i32) -> Vec<u8> {
    [&[u8::from(value < 0)][..], &value.unsigned_abs().to_le_bytes()].concat()
}

fn text(value: Option<&str>) -> Vec<u8> {
    value.map_or_else(|| int(-1), |text| [int(text.len() as i32), text.as_bytes().to_vec()].concat())
}

/// The statements that declare the table and, if its data are those of a COPY, that load it.
type Said<'a> = (&'a str, Option<&'a str>);

/// Where an entry's data are, as the table of contents says it.
enum Data<'a> {
    Offset(Option<u64>),
    File(&'a str),
}

/// A table of contents of version 1.`minor` with one table and its data.
fn toc(minor: u8, packing: Packing, (declared, copy): Said, data: &Data) -> Vec<u8> {
    let is_custom = matches!(data, Data::Offset(_));
    let mut toc = [b"PGDMP", &[1, minor, 0, 4, 8, if is_custom { 1 } else { 3 }][..]].concat();
    if minor >= 15 {
        toc.push(packing.number());
    } else {
        toc.extend(int(if matches!(packing, Packing::None) { 0 } else { -1 }));
    }
    (0..7).for_each(|_| toc.extend(int(1)));
    ["factory", "15.20", "15.20"].iter().for_each(|said| toc.extend(text(Some(said))));
    toc.extend(int(2));
    for (id, kind, definition, copy) in [(1, "TABLE", declared, None), (2, "TABLE DATA", "", copy)] {
        let has_data = kind == "TABLE DATA";
        toc.extend([int(id), int(i32::from(has_data)), text(Some("0")), text(Some("0"))].concat());
        toc.extend([text(Some("t")), text(Some(kind)), int(2), text(Some(definition)), text(None)].concat());
        toc.extend([text(copy), text(Some("public")), text(None)].concat());
        if minor >= 14 {
            toc.extend(text(Some("heap")));
        }
        if minor >= 16 {
            toc.extend(int(i32::from(b'r')));
        }
        toc.extend([text(Some("owner")), text(Some("false")), text(Some("1")), text(None)].concat());
        match data {
            Data::Offset(offset) => {
                toc.push(if !has_data {
                    3
                } else if offset.is_some() {
                    2
                } else {
                    1
                });
                toc.extend(offset.filter(|_| has_data).unwrap_or(0).to_le_bytes());
            }
            Data::File(name) => toc.extend(text(Some(if has_data { *name } else { "" }))),
        }
    }
    toc
}

fn custom(minor: u8, packing: Packing, said: Said, payload: &[u8], chunk: usize, knows: bool) -> Vec<u8> {
    let offset = toc(minor, packing, said, &Data::Offset(Some(0))).len() as u64;
    let mut archive = toc(minor, packing, said, &Data::Offset(knows.then_some(offset)));
    archive.push(1);
    archive.extend(int(2));
    for piece in packing.in_archive(payload).chunks(chunk) {
        archive.extend(int(piece.len() as i32));
        archive.extend_from_slice(piece);
    }
    archive.extend(int(0));
    archive
}

fn directory(folder: &Path, packing: Packing, said: Said, payload: &[u8]) -> PathBuf {
    let (packed, ending) = packing.as_file(payload);
    let path = folder.join("toc.dat");
    std::fs::write(&path, toc(16, packing, said, &Data::File("2.dat"))).expect("written");
    std::fs::write(folder.join(format!("2.dat{ending}")), packed).expect("written");
    path
}

fn tar(said: Said, payload: &[u8]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (name, body) in [("toc.dat", toc(14, Packing::None, said, &Data::File("2.dat"))), ("2.dat", payload.to_vec())] {
        let mut header = [0_u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", body.len()).as_bytes());
        header[148..156].fill(b' ');
        header[156] = b'0';
        header[257..263].copy_from_slice(b"ustar\0");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        tar.extend_from_slice(&header);
        tar.extend_from_slice(&body);
        tar.resize(tar.len().div_ceil(512) * 512, 0);
    }
    tar.resize(tar.len() + 1024, 0);
    tar
}

fn read(path: &Path) -> (Rows, u64) {
    let (rows, report) = scan(&table(&pgdump::READER, path, &[]).expect("a table"));
    (own(&rows), report.lost())
}

fn written(folder: &Path, bytes: &[u8]) -> PathBuf {
    let path = folder.join("t");
    std::fs::write(&path, bytes).expect("written");
    path
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(96), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_form_gives_back_what_was_dumped(
        (kinds, rows) in tables(),
        packing in prop::sample::select(vec![Packing::None, Packing::Gzip, Packing::Lz4, Packing::Zstd]),
        as_copy in any::<bool>(),
        at_once in 1..5_usize,
        named in any::<bool>(),
        chunk in 1..80_usize,
        knows in any::<bool>(),
    ) {
        let place = tempfile::tempdir().expect("a directory");
        let (declared, copy) = (declared(&kinds), copy_statement(&kinds));
        let payload = if as_copy {
            format!("{}\\.\n\n\n", copy_rows(&rows))
        } else {
            format!("{}\n\n", insert_rows(&kinds, &rows, at_once, named))
        };
        let said = (declared.as_str(), as_copy.then_some(copy.as_str()));
        let script = format!("{declared}{}{payload}", said.1.unwrap_or_default());
        let minor = if matches!(packing, Packing::None | Packing::Gzip) { 12 + (chunk % 5) as u8 } else { 16 };
        let expected = (expected(&rows), 0);
        prop_assert_eq!(&read(&written(place.path(), script.as_bytes())), &expected, "a script");
        let archive = custom(minor, packing, said, payload.as_bytes(), chunk, knows);
        prop_assert_eq!(&read(&written(place.path(), &archive)), &expected, "a custom archive 1.{}", minor);
        prop_assert_eq!(&read(&written(place.path(), &tar(said, payload.as_bytes()))), &expected, "a tar");
        prop_assert_eq!(&read(&directory(place.path(), packing, said, payload.as_bytes())), &expected, "a directory");
    }

    #[test]
    fn an_archive_cut_off_anywhere_gives_rows_it_had_or_says_what_is_lost((kinds, rows) in tables(), share in 0.0..1.0_f64, chunk in 1..80_usize) {
        let place = tempfile::tempdir().expect("a directory");
        let payload = format!("{}\\.\n\n\n", copy_rows(&rows));
        let (declared, copy) = (declared(&kinds), copy_statement(&kinds));
        let archive = custom(14, Packing::None, (&declared, Some(&copy)), payload.as_bytes(), chunk, false);
        let kept = (archive.len() as f64 * share) as usize;
        let Some(table) = table(&pgdump::READER, &written(place.path(), &archive[..kept]), &[]) else { return Ok(()) };
        let (found, _) = scan(&table);
        // What is there is there whole, and in its order.
        prop_assert_eq!(own(&found), expected(&rows)[..found.len()].to_vec());
    }

    #[test]
    fn a_script_of_sqlite_has_the_rows_of_its_database(
        values in prop::collection::vec((prop::option::of(field()), prop::option::of(any::<i64>()), prop::option::of(any::<f64>()), prop::option::of(prop::collection::vec(any::<u8>(), 0..6))), 1..20),
        declared in prop::sample::select(vec!["a TEXT, b INTEGER, c REAL, d BLOB", "a, b, c, d", "a VARCHAR(9), b INT, c DOUBLE, d"]),
    ) {
        let place = tempfile::tempdir().expect("a directory");
        let path = place.path().join("t.db");
        let database = rusqlite::Connection::open(&path).expect("opens");
        database.execute_batch(&format!("CREATE TABLE t ({declared})")).expect("made");
        for (a, b, c, d) in &values {
            database.execute("INSERT INTO t VALUES (?, ?, ?, ?)", rusqlite::params![a, b, c, d]).expect("stored");
        }
        let mut script = format!("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t ({declared});\n");
        let mut statement = database.prepare("SELECT quote(a), quote(b), '', quote(d) FROM t").expect("asks");
        let mut rows = statement.query([]).expect("answers");
        for (_, _, real, _) in &values {
            let row = rows.next().expect("answers").expect("a row");
            let mut cells: Vec<String> = (0..4).map(|cell| row.get(cell).expect("a text")).collect();
            // `quote` writes 15 digits; `.dump` writes as many as a number has.
            cells[2] = real.filter(|real| !real.is_nan()).map_or("NULL".into(), |real| format!("{real:?}"));
            script.push_str(&format!("INSERT INTO t VALUES({});\n", cells.join(",")));
        }
        drop(rows);
        drop(statement);
        drop(database);
        script.push_str("COMMIT;\n");
        let (stored, of_database) = scan(&table(&sqlite::READER, &path, &["a"]).expect("a table"));
        let script = written(place.path(), script.as_bytes());
        let (read, of_script) = scan(&table(&sqlite::SCRIPT, &script, &["a"]).expect("a table"));
        prop_assert_eq!(own(&read), own(&stored));
        prop_assert_eq!(of_script.lost(), of_database.lost());
    }
}
