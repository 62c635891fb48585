//! `rca check`: each kind of check passes and fails with exact figures, wrong files are refused, exit codes, what is
//! suggested and compared, and the formats of build servers.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::rca::{folder, rows_in, run_in};

/// Small evidence: tests with codes, units, a codebook, predictions, and a sensor that was silent and lost numbers.
fn place() -> tempfile::TempDir {
    let place = folder();
    let write = |name: &str, text: &str| fs::write(place.path().join(name), text).expect("written");
    write(
        "tests.csv",
        "ts,serial,error_code,result\n\
         2025-03-01T08:00:00Z,S1,,PASS\n\
         2025-03-01T08:01:00Z,S2,E1,FAIL\n\
         2025-03-01T08:02:00Z,S2,E1,FAIL\n\
         2025-03-02T08:03:00Z,S3,E2,FAIL\n",
    );
    write("units.csv", "serial,lot\nS1,L1\nS2,L1\nS3,L2\nS4,\n");
    write("codes.csv", "code,description\nE1,first\n");
    write("model.csv", "serial,truth,said\nS1,bad,bad\nS2,bad,bad\nS3,bad,good\nS4,good,good\nS5,good,bad\nS6,,good\n");
    write("sensor.csv", &sensor(&[20, 21, 22], &[]));
    place
}

/// A row each 30 seconds; `silent` steps are never produced, `lost` ones have a number and never arrived.
fn sensor(silent: &[u64], lost: &[u64]) -> String {
    let mut text = String::from("ts,seq,value\n");
    let mut seq = 0;
    for step in 0..80_u64 {
        if silent.contains(&step) {
            continue;
        }
        seq += 1;
        if !lost.contains(&step) {
            let (minute, second) = (step / 2, step % 2 * 30);
            writeln!(text, "2025-03-01T08:{minute:02}:{second:02}Z,{seq},{}", 20 + step * 7 % 5).expect("text");
        }
    }
    text
}

const ALL: [&str; 5] = ["tests.csv", "units.csv", "codes.csv", "model.csv", "sensor.csv"];

/// Rows of the checks of a file, and the exit code.
fn checked(place: &Path, checks: &str, flags: &[&str]) -> (Vec<Value>, i32) {
    fs::write(place.join("checks.toml"), checks).expect("written");
    asked(place, &[&["check", "--file", "checks.toml"], flags, &ALL].concat())
}

fn asked(place: &Path, arguments: &[&str]) -> (Vec<Value>, i32) {
    let output = run_in(place, &[arguments, &["-f", "ndjson", "-q"]].concat());
    let code = output.status.code().expect("an exit code");
    assert!(code < 2, "rca {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    (text.lines().map(|line| serde_json::from_str(line).expect("a row")).collect(), code)
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}

/// Status, expected and observed of one check, whose SQL runs in `rca query`.
fn one(place: &Path, check: &str) -> (String, String, String) {
    let (rows, code) = checked(place, &format!("[[checks]]\n{check}"), &[]);
    let status = text(&rows[0], "status");
    assert_eq!(code, i32::from(!matches!(status, "pass" | "warn")), "{check}");
    if status != "error" {
        let sql = text(&rows[0], "sql");
        rows_in(place, &[&["query", sql], &ALL[..]].concat());
    }
    (status.into(), text(&rows[0], "expected").into(), text(&rows[0], "observed").into())
}

#[test]
fn each_kind_passes_and_fails_with_its_figure() {
    let place = place();
    for (check, status, expected, observed) in [
        ("table = 'tests'\nrows = { min = 4, max = 4 }", "pass", "4", "4"),
        ("table = 'tests'\nrows = { min = 5 }", "fail", "at least 5", "4"),
        ("table = 'tests'\nrows = { max = 1 }\nwhere = \"result = 'PASS'\"", "pass", "at most 1", "1"),
        ("table = 'tests'\nrows = { max = 3 }\nto = '2025-03-02'", "pass", "at most 3", "3"),
        ("table = 'sensor'\nfresh = '1d'", "pass", "at most 1d old", "23h24m"),
        ("table = 'sensor'\nfresh = '1h'", "fail", "at most 1h old", "23h24m"),
        ("table = 'sensor'\nfresh = '1h'\nnow = '2025-03-01T09:00:00Z'", "pass", "at most 1h old", "20m30s"),
        ("table = 'sensor'\ngaps = 3", "pass", "at most 3 missing", "3 missing"),
        ("table = 'sensor'\ngaps = 0", "fail", "0 missing", "3 missing"),
        ("table = 'sensor'\ngaps = 0\nkinds = ['sequence_gap']", "pass", "0 missing", "0 missing"),
        ("table = 'units'\ncolumn = 'lot'\nnulls = { max = 0.25 }", "pass", "at most 0.25", "0.25"),
        ("table = 'units'\ncolumn = 'lot'\nnulls = { max = 0.1 }", "fail", "at most 0.1", "0.25"),
        ("table = 'units'\nunique = ['serial']", "pass", "0 repeated", "0 repeated"),
        ("table = 'tests'\nunique = ['serial', 'error_code']", "fail", "0 repeated", "1 repeated"),
        ("keys = 'tests.serial=units.serial'", "pass", "0 absent", "0 absent"),
        ("keys = 'units.serial=tests.serial'", "fail", "0 absent", "1 absent"),
        ("codes = { new = 0 }\nbaseline = '2025-03-01..2025-03-02'", "fail", "0 new", "1 new"),
        ("codes = { new = 1 }\nbaseline = '2025-03-01..2025-03-02'", "pass", "at most 1 new", "1 new"),
        ("codes = { known = true }", "fail", "0 undocumented", "1 undocumented"),
        ("codes = { known = true }\nto = '2025-03-02'", "pass", "0 undocumented", "0 undocumented"),
        (
            "audit = { catch_all = 0, undocumented = 1 }",
            "pass",
            "0 catch_all, 1 undocumented",
            "0 catch_all, 1 undocumented",
        ),
        ("audit = { undocumented = 0 }\ncode = 'E2'", "fail", "0 undocumented", "1 undocumented"),
        ("audit = { undocumented = 0 }\ncode = 'E1'", "pass", "0 undocumented", "0 undocumented"),
        (
            "metric = 'recall'\ntable = 'model'\nlabel = 'truth'\nprediction = 'said'\npositive = 'bad'\nmin = 0.95",
            "fail",
            "at least 0.95",
            "0.666667",
        ),
        (
            "metric = 'precision'\ntable = 'model'\nlabel = 'truth'\nprediction = 'said'\npositive = 'bad'\nmin = 0.6",
            "pass",
            "at least 0.6",
            "0.666667",
        ),
        (
            "metric = 'fpr'\ntable = 'model'\nlabel = 'truth'\nprediction = 'said'\npositive = 'bad'\nmax = 0.5",
            "pass",
            "at most 0.5",
            "0.5",
        ),
        (
            "metric = 'accuracy'\ntable = 'model'\nlabel = 'truth'\nprediction = 'said'\npositive = 'bad'\nmin = 0.6",
            "pass",
            "at least 0.6",
            "0.6",
        ),
        ("sql = 'SELECT * FROM units WHERE lot IS NULL'", "fail", "0 rows", "1 row"),
        ("sql = \"SELECT * FROM units WHERE lot = 'L9'\"\nis = 'empty'", "pass", "0 rows", "0 rows"),
        ("sql = 'SELECT count(*) AS n FROM events'\nequals = 81", "pass", "81", "81"),
        ("sql = 'SELECT max(seq) FROM sensor'\nmin = 78", "fail", "at least 78", "77"),
        ("sql = 'SELECT max(lot) FROM units'\nequals = 'L2'", "pass", "L2", "L2"),
        ("sql = 'SELECT 1 WHERE false'\nmax = 1", "fail", "at most 1", "no row"),
        ("table = 'units'\ncolumn = 'lot'\nnulls = { max = 0 }\nseverity = 'warn'", "warn", "at most 0", "0.25"),
    ] {
        let (was, wanted, seen) = one(place.path(), check);
        assert_eq!((was.as_str(), wanted.as_str(), seen.as_str()), (status, expected, observed), "{check}");
    }
}

#[test]
fn what_cannot_be_asked_is_an_error_and_never_a_pass() {
    let place = place();
    for (check, said) in [
        ("table = 'units2'\nrows = { min = 1 }", "there is no table `units2`"),
        ("table = 'units'\ngaps = 0", "is not looked for"),
        ("table = 'sensor'\ngaps = 0\nseries = 'station=ST03'", "has no series `station=ST03`"),
        ("table = 'units'\ncolumn = 'lot'\nnulls = { max = 0 }\nwhere = 'false'", "nothing was checked"),
        ("table = 'units'\nunique = ['serial']\nwhere = 'false'", "nothing was checked"),
        ("keys = 'units.serial=tests.serial'\nwhere = 'false'", "nothing was checked"),
        ("table = 'units'\nrows = { min = 1 }\nfrom = '2025-03-01'", "`units` has no time for `from` and `to`"),
        ("table = 'units'\nfresh = '1h'", "has no time to be fresh by"),
        ("audit = { unlabelled = 0 }", "there is no table of labels"),
        (
            "metric = 'recall'\ntable = 'model'\nlabel = 'truth'\nprediction = 'said'\npositive = 'worse'\nmin = 0.5",
            "`model` has no `worse`",
        ),
        ("sql = 'SELECT * FROM nowhere'", "table with name nowhere does not exist"),
        ("sql = \"SELECT * FROM read_csv('/etc/passwd')\"", "SQL: permission"),
        ("sql = 'SELECT lot FROM units'\nmin = 1", "its first value is no number: `L1`"),
    ] {
        let (rows, code) = checked(place.path(), &format!("[[checks]]\n{check}\nseverity = 'warn'"), &[]);
        assert_eq!((text(&rows[0], "status"), code), ("error", 1), "{check}");
        assert!(text(&rows[0], "detail").contains(said), "{check}: {}", rows[0]);
    }
    // What is no question is not even begun with.
    fs::write(place.path().join("drop.toml"), "[[checks]]\nsql = 'DROP VIEW units'\n").expect("written");
    let output = run_in(place.path(), &["check", "--file", "drop.toml", "units.csv"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("check 1: `DROP` asks nothing"), "{output:?}");
}

#[test]
fn rows_are_in_the_order_of_the_file_with_names_of_their_own() {
    let place = place();
    let checks = "[[checks]]\nsql = 'SELECT 1 WHERE false'\n[[checks]]\nname = 'holes'\ntable = 'sensor'\ngaps = 0\n\
                  [[checks]]\ntable = 'units'\nrows = { min = 1 }\n[[checks]]\ntable = 'units'\nrows = { max = 9 }\n";
    let (rows, code) = checked(place.path(), checks, &[]);
    let names: Vec<&str> = rows.iter().map(|row| text(row, "name")).collect();
    assert_eq!(names, ["SELECT 1 WHERE false", "holes", "units rows", "units rows (2)"]);
    assert_eq!(code, 1);
    let keys: Vec<&String> = rows[0].as_object().expect("a row").keys().collect();
    assert_eq!(keys, ["name", "status", "expected", "observed", "detail", "sql"]);
    assert!(text(&rows[1], "detail").contains("3 time_gap since 2025-03-01T08:09:30Z"), "{}", rows[1]);
    // Those of a case are found in its rca.toml.
    fs::write(
        place.path().join("rca.toml"),
        format!(
            "[sources.units]\npath = 'units.csv'\n{}",
            &checks[checks.find("[[checks]]\ntable = 'units'").expect("there")..]
        ),
    )
    .expect("written");
    assert_eq!(asked(place.path(), &["check"]).1, 0);
}

#[test]
fn a_wrong_file_is_refused_before_anything_is_asked() {
    let place = place();
    for (checks, said, hint) in [
        ("[[checks]]\ntabel = 'units'\nrows = { min = 1 }", "unknown key `checks.tabel`", "did you mean `table`"),
        ("[[checks]]\ntable = 'units'\nrows = { mim = 1 }", "unknown key `checks.rows.mim`", "did you mean `min`"),
        ("[[checks]]\naudit = { catchall = 0 }", "unknown key `checks.audit.catchall`", "did you mean `catch_all`"),
        ("timezone = 'UTC'", "`timezone` has no place in a file of checks", "rca.toml"),
        ("[[checks]]\ntable = 'units'", "check 1 asks nothing", "add one of `rows`"),
        (
            "[[checks]]\nname = 'x'\ntable = 'units'\nrows = { min = 1 }\nfresh = '1h'",
            "check `x` asks several things: `rows` and `fresh`",
            "a check of each",
        ),
        ("[[checks]]\nrows = { min = 1 }", "check 1 has no `table`", "`rows` goes with `table`"),
        (
            "[[checks]]\ntable = 'units'\nrows = { min = 1 }\nlabel = 'x'",
            "check 1: `label` does not go with `rows`",
            "`where`",
        ),
        ("[[checks]]\ntable = 'units'\nrows = 5", "a value does not fit its key", "rows"),
        ("[[checks]]\ntable = 'units'\nrows = {}", "`rows` says neither `min` nor `max`", ""),
        ("[[checks]]\ntable = 'units'\nfresh = 'soon'", "`fresh = \"soon\"` is no length of time", "1h"),
        (
            "[[checks]]\ntable = 'units'\ngaps = 0\nkinds = ['time_gaps']",
            "is no kind of finding",
            "did you mean `time_gap`",
        ),
        (
            "[[checks]]\nmetric = 'recal'\ntable = 'model'\nlabel = 'a'\nprediction = 'b'\npositive = 1\nmin = 1",
            "`recal` is no metric",
            "`recall`",
        ),
        ("[[checks]]\ncodes = { new = 0 }", "new codes are those that a baseline has not", "baseline"),
        ("[[checks]]\nsql = 'SELECT 1'\nis = 'empty'\nmin = 1", "do not go together", ""),
        ("[[checks]]\ntable = 'tests'\nrows = { min = 1 }\nfrom = 'yesterday'", "is no time", "check `tests rows`"),
        (
            "[[checks]]\nname = 'a'\nsql = 'SELECT 1'\n[[checks]]\nname = 'a'\nsql = 'SELECT 2'",
            "two checks are called `a`",
            "",
        ),
        ("", "there is no check to make", "--from-findings"),
    ] {
        fs::write(place.path().join("checks.toml"), checks).expect("written");
        let output = run_in(place.path(), &[&["check", "--file", "checks.toml"], &ALL[..]].concat());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{checks}: {stderr}");
        assert!(stderr.contains(said) && stderr.contains(hint) && output.stdout.is_empty(), "{checks}: {stderr}");
    }
    assert_eq!(run_in(place.path(), &["check", "--file", "none.toml", "units.csv"]).status.code(), Some(2));
    fs::write(place.path().join("checks.toml"), "[[checks]]\nsql = 'SELECT 1'").expect("written");
    assert_eq!(run_in(place.path(), &["check", "--file", "checks.toml", "none.csv"]).status.code(), Some(3));
}

#[test]
fn what_is_suggested_fails_now_and_passes_once_it_is_mended() {
    let place = place();
    let suggest = ["check", "--from-findings", "-o", "suggested.toml", "-q"];
    let output = run_in(place.path(), &[&suggest[..], &ALL].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let run = || asked(place.path(), &[&["check", "--file", "suggested.toml"], &ALL[..]].concat());
    let (rows, code) = run();
    let of = |rows: &[Value]| -> Vec<(String, String)> {
        rows.iter().map(|row| (text(row, "name").to_string(), text(row, "status").to_string())).collect()
    };
    let (names, statuses): (Vec<String>, Vec<String>) = of(&rows).into_iter().unzip();
    assert!(names.contains(&"sensor time_gap".into()) && names.contains(&"audit undocumented E2".into()), "{names:?}");
    assert!(statuses.iter().all(|status| matches!(status.as_str(), "fail" | "warn")), "{rows:?}");
    assert_eq!(code, 1);
    fs::write(place.path().join("sensor.csv"), sensor(&[], &[])).expect("written");
    fs::write(place.path().join("codes.csv"), "code,description\nE1,first\nE2,second\n").expect("written");
    let (rows, _) = run();
    for name in ["sensor time_gap", "audit undocumented E2"] {
        let row = rows.iter().find(|row| text(row, "name") == name).expect("the check");
        assert_eq!(text(row, "status"), "pass", "{row}");
    }
}

#[test]
fn an_earlier_answer_is_told_from_todays() {
    let place = place();
    let write = |text: String| fs::write(place.path().join("sensor.csv"), text).expect("written");
    let compared = || asked(place.path(), &["check", "--against", "old.json", "sensor.csv"]);
    let told = |rows: &[Value]| -> Vec<[String; 4]> {
        rows.iter()
            .map(|row| ["name", "status", "expected", "observed"].map(|key| text(row, key).to_string()))
            .collect()
    };
    let of = |parts: [&str; 4]| parts.map(String::from);
    write(sensor(&[20, 21, 22, 50, 51], &[]));
    run_in(place.path(), &["missing", "sensor.csv", "-o", "old.json"]);
    let gap = "time_gap sensor";
    let (rows, code) = compared();
    assert_eq!((told(&rows), code), (vec![of([gap, "still", "5", "5"])], 1));
    write(sensor(&[], &[60, 61]));
    let (rows, code) = compared();
    let hole = "sequence_gap sensor seq";
    assert_eq!((told(&rows), code), (vec![of([gap, "gone", "5", "0"]), of([hole, "new", "0", "2"])], 1));
    write(sensor(&[], &[]));
    let (rows, code) = compared();
    assert_eq!((told(&rows), code), (vec![of([gap, "gone", "5", "0"])], 0));
    // Evidence without the table, or in which it has no cadence, does not say that it is mended.
    write("ts,seq,value\n2025-03-01T08:00:00Z,1,20\n2025-03-01T09:07:00Z,2,21\n".into());
    let (rows, code) = compared();
    assert_eq!((text(&rows[0], "status"), code), ("error", 1), "{rows:?}");
    let (rows, code) = asked(place.path(), &["check", "--against", "old.json", "units.csv"]);
    assert_eq!((text(&rows[0], "status"), code), ("error", 1));
}

#[test]
fn earlier_audits_and_checks_are_compared_too() {
    let place = place();
    let audit = ["errors", "--audit", "tests.csv", "codes.csv", "-o", "old.ndjson"];
    run_in(place.path(), &audit);
    let today = ["check", "--against", "old.ndjson", "tests.csv", "codes.csv"];
    let (rows, code) = asked(place.path(), &today);
    assert_eq!((text(&rows[0], "name"), text(&rows[0], "status"), code), ("undocumented E2", "still", 1));
    fs::write(place.path().join("codes.csv"), "code,description\nE1,first\nE2,second\n").expect("written");
    let (rows, code) = asked(place.path(), &today);
    assert_eq!((rows.len(), text(&rows[0], "status"), code), (1, "gone", 0));

    let checks = "[[checks]]\ntable = 'units'\nrows = { max = 3 }\n[[checks]]\nname = 'lots'\nsql = 'SELECT * FROM units WHERE lot IS NULL'\n";
    let (_, code) = checked(place.path(), checks, &["-o", "old.json"]);
    assert_eq!(code, 1);
    fs::write(place.path().join("old.json"), json!(checked(place.path(), checks, &[]).0).to_string()).expect("written");
    fs::write(place.path().join("units.csv"), "serial,lot\nS1,L1\nS2,L1\nS3,L2\nS4,L2\n").expect("written");
    let (rows, code) = checked(place.path(), checks, &["--against", "old.json"]);
    let told: Vec<(&str, &str, &str)> =
        rows.iter().map(|row| (text(row, "name"), text(row, "status"), text(row, "observed"))).collect();
    assert_eq!((told, code), (vec![("units rows", "still", "4"), ("lots", "gone", "0 rows")], 1));
    let refused = run_in(place.path(), &["check", "--against", "units.csv", "units.csv"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("`units.csv` is no earlier answer"));
}

/// Names of the elements in order, and what is wrong with their nesting: as much of an XML parser as the form needs.
fn elements(xml: &str) -> Vec<String> {
    let (mut open, mut all) = (Vec::new(), Vec::new());
    let body = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").expect("a declaration");
    for piece in body.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').expect("a tag ends");
        assert!(!text.contains('>') && text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let name = tag.split([' ', '/']).next().expect("a name").to_string();
        all.push(name.clone());
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty());
    all
}

#[test]
fn build_servers_read_the_results() {
    let place = place();
    let checks = "[[checks]]\nname = \"a <b> & \\\"c\\\" \\u001b\"\nsql = \"SELECT 'x]]>' || chr(7) || chr(10) AS odd\"\n\
                  [[checks]]\ntable = 'units'\nrows = { min = 1 }\n[[checks]]\ntable = 'none'\nrows = { min = 1 }\n\
                  [[checks]]\nname = 'soft'\nseverity = 'warn'\nsql = 'SELECT 1'\n";
    fs::write(place.path().join("checks.toml"), checks).expect("written");
    let run = |output: &str| {
        let written = run_in(place.path(), &["check", "--file", "checks.toml", "-q", "-o", output, "units.csv"]);
        assert_eq!(written.status.code(), Some(1), "{}", String::from_utf8_lossy(&written.stderr));
        fs::read_to_string(place.path().join(output)).expect("a file")
    };
    let xml = run("checks.junit.xml");
    let names = elements(&xml);
    let inside = |name: &str| names.iter().filter(|known| *known == name).count();
    assert_eq!(["testcase", "failure", "error", "system-out"].map(inside), [4, 1, 1, 2], "{xml}");
    assert!(xml.contains("<testsuite name=\"rca check\" tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"0\">"));
    assert!(xml.contains("name=\"a &lt;b&gt; &amp; &quot;c&quot; \u{fffd}\""), "{xml}");

    let sarif: Value = serde_json::from_str(&run("checks.sarif")).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(sarif["runs"][0]["tool"]["driver"]["name"], "rca");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let graded: Vec<[&str; 2]> = results.iter().map(|result| ["kind", "level"].map(|key| text(result, key))).collect();
    assert_eq!(graded, [["fail", "error"], ["pass", "none"], ["fail", "error"], ["fail", "warning"]]);
    for result in results {
        assert!(!text(result, "ruleId").is_empty() && !text(&result["message"], "text").is_empty(), "{result}");
        let rule = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(sarif["runs"][0]["tool"]["driver"]["rules"][rule]["id"], result["ruleId"]);
    }
    assert_eq!(run("checks.sarif.json"), run("checks.sarif"));
}

#[test]
fn other_answers_are_no_checks() {
    let place = place();
    for format in ["junit", "sarif", "toml"] {
        let output = run_in(place.path(), &["sources", "-f", format, "units.csv"]);
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(2), true));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(&format!("`{format}` shows checks, and the rows of this answer are none")), "{stderr}");
        let own = "select serial as name, 'pass' as status, lot as detail from units";
        let output = run_in(place.path(), &["query", own, "-f", format, "units.csv"]);
        assert_eq!(output.status.code(), Some(if format == "toml" { 2 } else { 0 }), "{format}");
    }
}
