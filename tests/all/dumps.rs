//! Dumps of real servers against what the servers themselves say of every row (`fixtures/dumps`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::rca::{folder, root, rows_in, run_in};

fn dumps() -> PathBuf {
    root().join("fixtures/dumps")
}

/// A table as the server has it.
struct Truth {
    schema: String,
    name: String,
    is_partitioned: bool,
    rows: u64,
    /// Names of the columns that a dump has.
    columns: Vec<String>,
    /// In the order of the dump; `None` is NULL.
    cells: Vec<Vec<Option<String>>>,
}

/// CSV in which NULL is `\N` without quotes and every other value has quotes. An empty line is a row without columns.
fn records(text: &str) -> Vec<Vec<Option<String>>> {
    let (mut records, mut record) = (Vec::new(), Vec::new());
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('"') {
            let mut value = String::new();
            let mut from = inner;
            loop {
                let (before, after) = from.split_once('"').expect("a closing quote");
                value.push_str(before);
                from = after;
                match from.strip_prefix('"') {
                    Some(more) => (value.push('"'), from = more).1,
                    None => break,
                }
            }
            record.push(Some(value));
            rest = from;
        } else if !rest.starts_with('\n') {
            let end = rest.find([',', '\n']).unwrap_or(rest.len());
            record.push(Some(rest[..end].to_string()).filter(|text| text != "\\N"));
            rest = &rest[end..];
        }
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => {
                records.push(std::mem::take(&mut record));
                rest = rest.strip_prefix('\n').unwrap_or(rest);
            }
        }
    }
    records
}

/// The rows of a CSV with a header, by its names. Plain CSV: a text without quotes is itself.
fn listed(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).expect("opens");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

fn truth(place: &Path) -> Vec<Truth> {
    let columns = listed(&place.join("columns.csv"));
    let tables = listed(&place.join("tables.csv"));
    tables
        .into_iter()
        .map(|table| {
            let mine = |column: &&BTreeMap<String, String>| {
                column["schema"] == table["schema"] && column["table"] == table["table"]
            };
            let declared: Vec<&BTreeMap<String, String>> = columns.iter().filter(mine).collect();
            let stored = |at: usize| declared.get(at).is_some_and(|column| column["generated"].is_empty());
            let text = fs::read_to_string(place.join(&table["file"])).expect("its rows");
            let cells = records(&text)
                .into_iter()
                .skip(1)
                .map(|row| row.into_iter().enumerate().filter(|(at, _)| stored(*at)).map(|(_, cell)| cell).collect())
                .collect();
            let is_partitioned = table["relkind"] == "p";
            Truth {
                rows: table[if is_partitioned { "rows_with_children" } else { "rows_only" }].parse().expect("a count"),
                columns: declared.iter().filter(|c| c["generated"].is_empty()).map(|c| c["column"].clone()).collect(),
                schema: table["schema"].clone(),
                name: table["table"].clone(),
                is_partitioned,
                cells,
            }
        })
        .collect()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The truth as COPY blocks.
fn copies(tables: &[Truth]) -> String {
    let mut script = String::new();
    for table in tables.iter().filter(|table| !table.is_partitioned) {
        let columns = table.columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        let list = if columns.is_empty() { String::new() } else { format!(" ({columns})") };
        script.push_str(&format!("COPY {}.{}{list} FROM stdin;\n", quoted(&table.schema), quoted(&table.name)));
        for row in &table.cells {
            let fields = row.iter().map(|cell| match cell {
                None => "\\N".to_string(),
                Some(text) => text
                    .replace('\\', "\\\\")
                    .replace('\t', "\\t")
                    .replace('\n', "\\n")
                    .replace('\r', "\\r")
                    .replace('\u{b}', "\\v"),
            });
            script.push_str(&fields.collect::<Vec<_>>().join("\t"));
            script.push('\n');
        }
        script.push_str("\\.\n\n");
    }
    script
}

/// A script's declarations, which stand before its rows.
fn declarations(script: &str) -> &str {
    script.split_once("\n-- Data for Name: ").expect("rows").0
}

/// The tables that SQL tells apart by case alone are called otherwise; here they are told by their columns.
fn in_sql(source: &str, table: &Truth, tables: &[Truth]) -> String {
    let is_same = |other: &&Truth| other.schema == table.schema && other.name.eq_ignore_ascii_case(&table.name);
    let mut twins: Vec<&Truth> = tables.iter().filter(is_same).collect();
    twins.sort_by_key(|twin| twin.name != twin.name.to_lowercase());
    let number = twins.iter().position(|twin| twin.name == table.name).expect("itself");
    let name = if number == 0 { table.name.clone() } else { format!("{}_{}", table.name, number + 1) };
    format!("{source}.{}.{}", quoted(&table.schema), quoted(&name))
}

/// Rows and a checksum of all cells as text, by table.
fn sums(folder: &Path, source: &Path, tables: &[&Truth], all: &[Truth]) -> Sums {
    sums_with(folder, source, tables, all, &[])
}

type Sums = BTreeMap<String, (u64, String)>;

fn sums_with(folder: &Path, source: &Path, tables: &[&Truth], all: &[Truth], flags: &[&str]) -> Sums {
    let mut selects = Vec::new();
    for table in tables {
        let label = format!("{}.{}", table.schema, table.name).replace('\'', "''");
        let from = in_sql("d", table, all);
        // Each cell as text, so that a type that a part of a dump does not declare makes no difference.
        let cells = if table.columns.is_empty() {
            "'' AS x".into()
        } else {
            "COLUMNS(* EXCLUDE (_file, _line))::VARCHAR".to_string()
        };
        selects.push(format!(
            "SELECT '{label}' AS label, count(*) AS n, coalesce(md5(string_agg(x::VARCHAR, chr(10) ORDER BY x::VARCHAR)), '') AS sum FROM (SELECT {cells} FROM {from}) x"
        ));
    }
    let source = format!("d={}", source.display());
    let sql = selects.join(" UNION ALL ");
    let rows = rows_in(folder, &[&["query", &sql, &source], flags].concat());
    let text = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap_or_default().to_string();
    rows.iter().map(|row| (text(row, "label"), (row["n"].as_u64().unwrap_or(u64::MAX), text(row, "sum")))).collect()
}

const FEW: [&str; 5] = ["reading", "texts", "sample", "one_column", "no_columns"];

/// A form, and whether it holds a table.
type FormOf = (&'static str, fn(&Truth) -> bool);

const FORMS: &[FormOf] = &[
    ("plain.sql", |_| true),
    ("inserts.sql", |table| !is_late(table)),
    ("custom_gzip.dump", |_| true),
    ("column_inserts.sql", |table| is_line(table) && table.name != "reading"),
    ("scs_off.sql", |table| is_line(table) && table.name != "reading" && !is_late(table)),
    ("custom_none.dump", is_line),
    ("custom_piped.dump", is_line),
    ("custom_inserts.dump", is_few),
    ("dir_gzip", is_line),
    ("dir_none", is_line),
    ("tar.tar", |table| is_line(table) && !table.name.starts_with("event") && !table.name.starts_with("by_shift")),
    ("via_root.dump", is_line),
    ("custom_16.dump", is_line),
    ("custom_17.dump", is_few),
    ("plain_18.sql", |table| is_line(table) && table.name != "reading"),
    ("custom_18_lz4.dump", is_few),
    ("custom_18_zstd.dump", is_line),
    ("dir_18_zstd", is_line),
    ("tar_18.tar", is_few),
];

fn is_line(table: &Truth) -> bool {
    table.schema == "line"
}

fn is_few(table: &Truth) -> bool {
    is_line(table) && FEW.contains(&table.name.as_str())
}

/// Values that are text here, since one of them fits no type, are in the zone of the dump.
fn is_zoned(table: &Truth) -> bool {
    matches!(table.name.as_str(), "times" | "nested")
}

/// A column that came late has another place in nameless INSERTs than the table declares: the server refuses them too.
fn is_late(table: &Truth) -> bool {
    matches!(table.name.as_str(), "machine" | "robot" | "tagged_machine")
}

/// The truth of the whole database in the types that the dump declares.
fn typed_truth(tables: &[Truth], place: &Path) -> PathBuf {
    let plain = fs::read_to_string(dumps().join("plain.sql")).expect("a script");
    let path = place.join("typed.sql");
    let (declared, complete) = (declarations(&plain), "\n-- PostgreSQL database dump complete\n");
    fs::write(&path, format!("{declared}\n{}{complete}", copies(tables))).expect("written");
    path
}

#[test]
fn every_form_gives_every_cell_as_the_server_has_it() {
    let tables = truth(&dumps().join("truth"));
    let place = folder();
    let all: Vec<&Truth> = tables.iter().collect();
    let expected = sums(place.path(), &typed_truth(&tables, place.path()), &all, &tables);
    assert_eq!(expected.len(), tables.len());
    let of_plain = sums(place.path(), &dumps().join("plain.sql"), &all, &tables);
    for (form, holds) in FORMS {
        let held: Vec<&Truth> = tables.iter().filter(|table| holds(table)).collect();
        let got = sums(place.path(), &dumps().join(form), &held, &tables);
        for table in held {
            let label = format!("{}.{}", table.schema, table.name);
            assert_eq!(got[&label].0, table.rows, "rows of {label} in {form}");
            // `--inserts` writes a negative zero as 0.
            let is_told = !(form.contains("inserts") || *form == "scs_off.sql") || table.name != "sample";
            let expected = if is_zoned(table) { &of_plain } else { &expected };
            assert!(!is_told || got[&label] == expected[&label], "{label} in {form} differs");
        }
    }
}

#[test]
fn copied_text_is_the_servers_text() {
    let tables = truth(&dumps().join("truth"));
    let place = folder();
    // Without declarations every column is text.
    fs::write(place.path().join("raw.sql"), copies(&tables)).expect("written");
    for table in tables.iter().filter(|table| !table.is_partitioned && !table.columns.is_empty()) {
        let sql = format!("SELECT * FROM {}", in_sql("raw", table, &tables));
        let as_text = format!("sources.raw.text={}", serde_json::to_string(&table.columns).expect("JSON"));
        let got = rows_in(place.path(), &["query", &sql, "raw.sql", "--set", &as_text]);
        assert_eq!(got.len() as u64, table.rows, "{}", table.name);
        for (row, cells) in got.iter().zip(&table.cells) {
            let values: Vec<Option<&str>> = row.as_object().expect("a row").values().map(|v| v.as_str()).collect();
            // Tables of odd names have columns that SQL cannot tell apart, which are numbered and still in order.
            let own = &values[..cells.len()];
            assert_eq!(own, cells.iter().map(Option::as_deref).collect::<Vec<_>>(), "{}", table.name);
        }
    }
}

#[test]
fn a_dump_in_another_encoding_has_the_servers_characters() {
    for (form, of) in [
        ("latin1.sql", "truth_latin1"),
        ("sjis.sql", "truth_sjis"),
        ("sjis_inserts.sql", "truth_sjis"),
        ("sjis.dump", "truth_sjis"),
    ] {
        let tables = truth(&dumps().join(of));
        let place = folder();
        fs::write(place.path().join("raw.sql"), copies(&tables)).expect("written");
        let all: Vec<&Truth> = tables.iter().collect();
        let columns: Vec<&String> = tables.iter().flat_map(|table| &table.columns).collect();
        let as_text = format!("sources.d.text={}", serde_json::to_string(&columns).expect("JSON"));
        let raw = place.path().join("raw.sql");
        let expected = sums_with(place.path(), &raw, &all, &tables, &["--set", &as_text]);
        let got = sums_with(place.path(), &dumps().join(form), &all, &tables, &["--set", &as_text]);
        assert_eq!(got, expected, "{form}");
    }
}

#[test]
fn a_newer_servers_dumps_agree_with_it_and_each_other() {
    let tables = truth(&dumps().join("truth_18"));
    let place = folder();
    let all: Vec<&Truth> = tables.iter().collect();
    let of = |form: &str| sums(place.path(), &dumps().join(form), &all, &tables);
    let plain = of("server_18.sql");
    assert_eq!(plain.values().map(|(rows, _)| rows).sum::<u64>(), tables.iter().map(|table| table.rows).sum::<u64>());
    assert_eq!(of("server_18.dump"), plain);
    assert_eq!(of("server_18_inserts.sql"), plain);
}

#[test]
fn databases_of_a_cluster_are_told_apart() {
    let counts = |source: &str| {
        let output = rows_in(&dumps(), &["sources", source]);
        output
            .iter()
            .map(|row| (row["table_name"].as_str().unwrap_or_default().to_string(), row["rows"].as_u64()))
            .collect::<Vec<_>>()
    };
    let found = counts("dumpall.sql");
    let expected: u64 = ["north", "south"]
        .iter()
        .flat_map(|name| truth(&dumps().join("truth_dumpall").join(name)))
        .map(|table| table.rows)
        .sum();
    assert_eq!(found.iter().filter_map(|(_, rows)| *rows).sum::<u64>(), expected, "{found:?}");
    assert!(found.iter().any(|(name, _)| name.starts_with("north.")), "{found:?}");
}

#[test]
fn rows_without_declarations_and_declarations_without_rows_are_counted_right() {
    let tables = truth(&dumps().join("truth"));
    let data = rows_in(&dumps(), &["sources", "data_only.dump"]);
    let held: u64 = tables.iter().filter(|table| is_line(table) && !table.is_partitioned).map(|table| table.rows).sum();
    assert_eq!(data.iter().filter_map(|row| row["rows"].as_u64()).sum::<u64>(), held);
    let schema = rows_in(&dumps(), &["sources", "schema_only.sql"]);
    assert!(schema.len() > 10 && schema.iter().all(|row| row["rows"] == 0), "{schema:?}");
    assert!(!schema.iter().any(|row| row["table_name"].as_str().is_some_and(|name| name.contains("ghost"))));
}

#[test]
fn a_dump_without_its_end_gives_what_it_still_holds_and_says_where_it_broke() {
    let place = folder();
    let cut = |form: &str, share: f64| {
        let bytes = fs::read(dumps().join(form)).expect("a dump");
        let kept = (bytes.len() as f64 * share) as usize;
        fs::write(place.path().join(form), &bytes[..kept]).expect("written");
    };
    for form in ["plain.sql", "inserts.sql", "custom_gzip.dump", "custom_none.dump", "custom_piped.dump", "tar.tar"] {
        cut(form, 0.93);
        let strict = run_in(place.path(), &["sources", form, "--strict", "-f", "ndjson"]);
        let said = String::from_utf8_lossy(&strict.stderr).into_owned();
        assert_eq!(strict.status.code(), Some(3), "{form}: {said}");
        assert!(said.contains("damaged at byte") || said.contains("damaged: "), "{form}: {said}");
        let rows = rows_in(place.path(), &["sources", form]);
        let held: u64 = rows.iter().filter_map(|row| row["rows"].as_u64()).sum();
        assert!(held > 0, "{form} still holds rows");
        assert!(rows.iter().any(|row| row["note"].as_str().is_some_and(|note| note.contains("damaged"))), "{form}");
    }
}

#[test]
fn a_directory_without_one_of_its_files_offers_the_others() {
    let place = folder();
    let copy = place.path().join("d");
    fs::create_dir(&copy).expect("made");
    let mut files: Vec<PathBuf> =
        fs::read_dir(dumps().join("dir_none")).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    let is_data = |path: &&PathBuf| path.extension().is_some_and(|end| end == "dat") && !path.ends_with("toc.dat");
    let largest = files.iter().filter(is_data).max_by_key(|path| fs::metadata(path).map_or(0, |meta| meta.len()));
    let gone = largest.expect("a file").clone();
    for path in files.iter().filter(|path| **path != gone) {
        fs::copy(path, copy.join(path.file_name().expect("a name"))).expect("copied");
    }
    let strict = run_in(place.path(), &["sources", "d", "--strict", "-f", "ndjson"]);
    assert_eq!(strict.status.code(), Some(3));
    let said = String::from_utf8_lossy(&strict.stderr).into_owned();
    assert!(said.contains(&*gone.file_name().expect("a name").to_string_lossy()), "{said}");
    let rows = |source: &str| {
        rows_in(place.path(), &["sources", source]).iter().filter_map(|row| row["rows"].as_u64()).sum::<u64>()
    };
    let whole = rows(&dumps().join("dir_none").display().to_string());
    assert!(rows("d") > 0 && rows("d") < whole);
}

#[test]
fn wrapped_and_packed_anew_a_dump_is_the_same() {
    let place = folder();
    let tables = truth(&dumps().join("truth"));
    let line: Vec<&Truth> = tables.iter().filter(|table| is_line(table)).collect();
    let expected = sums(place.path(), &dumps().join("dir_gzip"), &line, &tables);
    // A directory in a tar, with a folder before its names, in gzip.
    let packed = place.path().join("packed.bin");
    let status =
        std::process::Command::new("tar").arg("-czf").arg(&packed).arg("-C").arg(dumps()).arg("dir_gzip").status();
    assert!(status.expect("tar starts").success());
    assert_eq!(sums(place.path(), &packed, &line, &tables), expected);
    // A custom archive in zstd, whatever it is called.
    let archive = fs::read(dumps().join("custom_piped.dump")).expect("an archive");
    let wrapped = place.path().join("wrapped.txt");
    fs::write(&wrapped, zstd::encode_all(archive.as_slice(), 1).expect("packed")).expect("written");
    assert_eq!(sums(place.path(), &wrapped, &line, &tables), expected);
}

/// Scripts that are broken or odd: what each still holds as `t`, and what is said of the rest.
const ODD: &[(&str, u64, &str)] = &[
    (
        "CREATE TABLE t(a int, b text);\nINSERT INTO t VALUES (1,'a')\nINSERT INTO t VALUES (2,'b');\nINSERT INTO t VALUES (3,'c');\n",
        2,
        "1 record",
    ),
    (
        "CREATE TABLE t(a int, b text);\nINSERT INTO t VALUES (1,'a');\nNSERT INTO t VALUES (2,'b');\n",
        1,
        "not understood",
    ),
    (
        "CREATE TABLE t(a int, b text);\nINSERT INTO t VALUES -- first\n(1,'a'),(2,'b');\nINSERT INTO t VALUES /* c */ (3,'c');\n",
        3,
        "nothing lost",
    ),
    ("CREATE TABLE t(a int, b text);\nCOPY t FROM stdin;\n1\ta\n2\tb\0\n\\.\n", 2, "bytes of zero"),
    ("CREATE TABLE t(a int, b text);\nCOPY t FROM stdin;\n1\ta\n\\.\n2\tb\n\\.\n;\n", 1, "not understood"),
    ("CREATE TABLE t(a int, b text);\nCOPY t (a, b) FROM stdin DELIMITER '|';\n1|a\\|b\n2|c\n\\.\n", 2, "nothing lost"),
    ("CREATE TABLE t(a int, \"_line\" text);\nINSERT INTO t VALUES (1,'a');\n", 1, "nothing lost"),
    (
        "SET client_encoding = 'UTF8';\nINSERT INTO public.t VALUES (1, 'a');\nINSERT INTO public.t VALUES (2, 'b');\n",
        2,
        "told from values",
    ),
    ("CREATE TABLE t(a int, b text);\nCOPY t FROM '/etc/passwd';\n", 0, "another file"),
    (
        "CREATE TABLE t(a int, b text);\nINSERT INTO t VALUES (1,'a');\nTRUNCATE t;\nDROP TABLE t;\n",
        1,
        "DROP TABLE, TRUNCATE",
    ),
    ("CREATE TABLE t(a int, b text);\nINSERT INTO t VALUES (1,'a'), (2, 'cut", 1, "damaged at byte"),
];

#[test]
fn odd_scripts_give_what_they_hold_and_say_the_rest() {
    for (number, (script, rows, said)) in ODD.iter().enumerate() {
        let place = folder();
        fs::write(place.path().join("s.sql"), format!("SET standard_conforming_strings = on;\n{script}"))
            .expect("written");
        let output = run_in(place.path(), &["sources", "s.sql", "-f", "ndjson"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains(said), "{number}: `{said}` is not in: {told}");
        let row = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(row.contains(&format!("\"rows\":{rows},")), "{number}: {row}");
    }
}
