//! `--redact-columns`, and columns whose names tell that they are secrets: their values are replaced in every command and
//! format, however short they are; and what is asked by pseudonyms is answered under the same key.

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

use crate::rca::{command, folder};

const KEY: &str = "planted-key-0123456789";

fn rca(place: &Path, arguments: &[&str]) -> Output {
    command("rca", place).env("RCA_REDACT_KEY", KEY).args(arguments).stdin(Stdio::null()).output().expect("rca starts")
}

fn all_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + "\n" + &String::from_utf8_lossy(&output.stderr)
}

/// What an answer shows; fails if there is none.
fn shown(place: &Path, arguments: &[&str]) -> String {
    let output = rca(place, &[arguments, &["-q"]].concat());
    assert!(output.stderr.is_empty(), "{arguments:?}: {}", all_of(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const USERS: &str = "ts,user,password,api_key,dbToken,mac,session_id,level,message\n\
    2025-03-01T08:00:00Z,bob,hunter2,Zm9vYmFy12,3f9a,001A2B3C4D5E,sess9911aa,error,login failed password=hunter2\n\
    2025-03-01T08:01:00Z,bob,Hunter3,Zm9vYmFy13,3f9b,001A2B3C4D5F,sess9911ab,error,001a2b3c4d5f sent Hunter3 again\n";
const LINES: &str = r#"{"ts":"2025-03-01T08:00:00Z","level":"error","msg":"x","password":"hunter4","auth":{"token":"deadbeef01","password":"hunter5"}}
{"ts":"2025-03-01T08:01:00Z","level":"error","msg":"y","password":"hunter6","auth":{"token":"deadbeef02","password":"hunter7"}}
"#;

#[test]
fn columns_whose_names_mark_secrets_are_named_columns() {
    let place = folder();
    fs::write(place.path().join("users.csv"), USERS).expect("written");
    fs::write(place.path().join("app.jsonl"), LINES).expect("written");
    let asked: &[&[&str]] = &[
        &["query", "from users"],
        &["query", "select password as p, max(dbToken) as t, {'token': dbToken} as n from users group by all"],
        &["query", "from app"],
        &["query", "select 'hunter2' as my_secret, {'password': 'hunter7'} as n"],
        &["schema"],
        &["errors"],
        &["errors", "--by", "password"],
        &["timeline"],
        &["templates"],
    ];
    for asked in asked {
        for format in ["csv", "json", "table"] {
            let output =
                rca(place.path(), &[asked, &["users.csv", "app.jsonl", "--redact", "-f", format][..]].concat());
            let text = all_of(&output).to_lowercase();
            assert!(output.status.success(), "{asked:?}: {text}");
            for secret in ["hunter", "zm9v", "3f9a", "3f9b", "001a2b", "sess9911", "deadbeef"] {
                assert!(!text.contains(secret), "{asked:?} -f {format}: {text}");
            }
        }
    }
    // The one in the column is the one in the text, whoever names it.
    let one = shown(place.path(), &["query", "select password from users", "users.csv", "--redact", "-f", "csv"]);
    let secret = one.lines().nth(1).expect("a row");
    assert!(secret.starts_with("secret-"), "{one}");
    let texts = shown(place.path(), &["query", "select message from users", "users.csv", "--redact", "-f", "csv"]);
    assert!(texts.contains(&format!("login failed password={secret}")), "{texts}");
    let named = ["query", "select password from users", "users.csv", "--redact-columns", "password", "-f", "csv"];
    assert_eq!(shown(place.path(), &named), one);
    let found = format!("select count(*) as n from users where redact(password) = '{secret}'");
    assert_eq!(shown(place.path(), &["query", &found, "users.csv", "--redact", "-f", "csv"]), "n\n1\n");
}

/// Values of every kind and length, and a table whose texts speak of them.
fn people(place: &Path) {
    let names = ["O'Brien", "Zoë Quux", "Al", "Xaverius \"X\" Moon", "Qixotl\nTwoline", "Zed*Star"];
    let (mut people, mut other) = (
        "ts,badge,serial,name,grp,birth,login_at,salary,result,error_code\n".to_string(),
        "ts,operator_id,unit,level,message\n".to_string(),
    );
    for n in 0..60 {
        let (name, at) = (names[n % 6].replace('"', "\"\""), n % 6 + 1);
        let failed = if at == 4 { "FAIL,E7" } else { "PASS," };
        people += &format!(
            "2025-03-01 08:{n:02}:00,{},{},\"{name}\",G{},1980-02-0{at},2024-11-0{at} 09:17:33,{}.25,{failed}\n",
            7100 + at,
            90_210_000 + at,
            n % 2,
            5122 + at
        );
        other += &format!(
            "2025-03-01 08:{n:02}:30,{},{},{},\"badge {} unit {} by {name} done\"\n",
            7100 + at,
            90_210_000 + at,
            if at == 4 { "error" } else { "info" },
            7100 + at,
            90_210_000 + at
        );
    }
    fs::write(place.join("people.csv"), people).expect("written");
    fs::write(place.join("other.csv"), other).expect("written");
    let checks = "[[checks]]\nname = 'nofail'\nsql = '''select badge as b, name, birth, login_at, salary from people where result = 'FAIL' '''\n\
                  [[checks]]\nname = 'uniq'\ntable = 'people'\nunique = ['badge', 'serial']\n\
                  [[checks]]\nname = 'first'\nsql = 'select max(badge) from people'\nmax = 5\n";
    fs::write(place.join("checks.toml"), checks).expect("written");
}

/// The operator is a badge too: a short value stays under a name that is not named.
const NAMED: &str = "badge,operator_id,serial,name,birth,login_at,salary";

#[test]
fn values_of_named_columns_are_shown_nowhere_however_short() {
    let place = folder();
    people(place.path());
    let stages = "stages=[{table=\"people\",key=\"serial\"},{table=\"other\",key=\"unit\"}]";
    let asked: &[&[&str]] = &[
        &["query", "select badge as b, serial as s, birth as d, login_at as l, salary as y, name as n from people"],
        &["query", "with t(a) as (select badge from people) select max(a) as m, [min(a)] as k from t"],
        &["schema", "--table", "people"],
        &["timeline"],
        &["timeline", "--entity", "badge=7104"],
        &["timeline", "--related", "--entity", "serial=90210004"],
        &["missing", "--series", "badge", "--every", "30s"],
        &["missing", "--series", "name", "--every", "30s"],
        &["errors"],
        &["errors", "--by", "badge"],
        &["explain", "--table", "people", "--bad", "result='FAIL'"],
        &["compare", "--incident", "2025-03-01 08:30..2025-03-01 09:00"],
        &["templates"],
        &["trace", "--set", stages],
        &["trace", "--entity", "90210004", "--set", stages],
        &["check", "--file", "checks.toml"],
        &["check", "--from-findings"],
        &["report", "--table", "people", "--bad", "badge=7104"],
    ];
    let hidden = [
        "7101",
        "7104",
        "7106",
        "902100",
        "1980-02",
        "2024-11-0",
        "5126.25",
        "brien",
        "quux",
        "xaverius",
        "moon",
        "qixotl",
    ];
    for asked in asked {
        let formats: &[&str] = match asked[0] {
            "report" => &["html", "markdown"],
            "check" => &["csv", "json", "junit", "sarif", "table"],
            _ => &["csv", "json", "table"],
        };
        for format in formats {
            let more = ["people.csv", "other.csv", "--redact-columns", NAMED, "-f", format];
            let output = rca(place.path(), &[asked, &more[..]].concat());
            let text = all_of(&output).to_lowercase().replace("&#39;", "'");
            assert!(output.status.code().is_some_and(|code| code < 2), "{asked:?}: {text}");
            let near = |value: &&&str| Some(text[..text.find(**value)?].chars().rev().take(80).collect::<String>());
            let survivors: Vec<_> = hidden.iter().filter_map(|value| Some((value, near(&value)?))).collect();
            // What stands before each, from its end.
            assert!(survivors.is_empty(), "{asked:?} -f {format}: {survivors:?}");
        }
    }
    // In Parquet a column of numbers that has one is of texts.
    let sql = "select serial as s, birth as d, count(*) as n from people group by all";
    let output =
        rca(place.path(), &["query", sql, "people.csv", "other.csv", "--redact-columns", NAMED, "-o", "a.parquet"]);
    assert!(output.status.success(), "{}", all_of(&output));
    let read = shown(place.path(), &["query", "select * from a order by all", "a.parquet", "-f", "csv"]);
    assert!(read.starts_with("s,d,n\nvalue-") && read.trim_end().ends_with(",10"), "{read}");
    // Counts and short values in other texts stay.
    let said = shown(
        place.path(),
        &[
            "query",
            "select count(badge) as n from people",
            "people.csv",
            "other.csv",
            "--redact-columns",
            NAMED,
            "-f",
            "csv",
        ],
    );
    assert_eq!(said, "n\n60\n");
}

#[test]
fn naming_more_changes_no_pseudonym_and_uncovers_nothing() {
    let place = folder();
    let users = "ts,user,email,msg\n2025-03-01T08:00:00Z,alice,alice@corp.example,login of alice as alice@corp.example from /home/alice/x by ssh alice@10.0.0.5\n";
    fs::write(place.path().join("u.csv"), users).expect("written");
    let asked = |more: &[&str]| {
        let base = ["query", "select email, msg from u", "u.csv", "--redact", "-f", "csv"];
        shown(place.path(), &[&base[..], more].concat()).lines().nth(1).expect("a row").to_string()
    };
    let (plain, named) = (asked(&[]), asked(&["--redact-columns", "user"]));
    assert!(!named.contains("corp") && !named.contains("alice"), "{named}");
    let rest = named.split_once("login of ").and_then(|(_, rest)| rest.split_once(' '));
    let (_, rest) = rest.expect("a text");
    assert_eq!(plain.split_once("login of alice ").map(|(_, rest)| rest), Some(rest));
    assert_eq!(plain.split(',').next(), named.split(',').next());
    assert_eq!(asked(&["--redact-columns", "email"]), plain);
}

#[test]
fn what_an_earlier_answer_shows_is_found_again_under_its_key() {
    let place = folder();
    let mut rows = "ts,station,seq,v\n".to_string();
    for n in (0..100).filter(|n| !(40..50).contains(n)) {
        for station in ["10.1.2.3", "10.1.2.4"].iter().filter(|station| n != 70 || **station == "10.1.2.3") {
            rows += &format!("2025-03-01T{:02}:{:02}:{:02}Z,{station},{n},{n}\n", 8 + n / 120, n / 2 % 60, n % 2 * 30);
        }
    }
    fs::write(place.path().join("s.csv"), rows).expect("written");
    let asked = |arguments: &[&str]| all_of(&rca(place.path(), &[arguments, &["s.csv", "--redact", "-q"]].concat()));
    for (old, more) in [("redacted.json", "redact.on=true"), ("plain.json", "redact.on=false")] {
        let arguments = ["missing", "s.csv", "-f", "json", "-o", old, "-q", "--set", more];
        let output = rca(place.path(), &arguments);
        assert!(output.status.success(), "{}", all_of(&output));
        let text = asked(&["check", "--against", old, "-f", "csv"]);
        assert!(text.contains(",still,") && !text.contains(",new,") && !text.contains(",error,"), "{text}");
        assert!(!text.contains("10.1.2."), "{text}");
    }
    // Suggested checks can be asked.
    asked(&["check", "--from-findings", "-o", "checks.toml"]);
    let text = asked(&["check", "--file", "checks.toml", "-f", "csv"]);
    assert!(text.contains(",fail,") && !text.contains(",error,"), "{text}");
    // And so can the SQL shown.
    let found: Vec<serde_json::Value> =
        serde_json::from_slice(&fs::read(place.path().join("redacted.json")).expect("read")).expect("rows");
    let mut answered = 0;
    for sql in found.iter().filter_map(|row| row["sql"].as_str()).filter(|sql| sql.contains("'ip-")) {
        assert!(sql.contains("redact(station) "), "{sql}");
        let rows = asked(&["query", sql, "-f", "csv"]);
        assert!(rows.lines().count() > 2, "{sql}: {rows}");
        answered += 1;
    }
    assert!(answered > 0);
}

#[test]
fn a_line_is_redacted_before_it_is_cut_and_a_key_is_never_shown() {
    let place = folder();
    let line = format!("2025-03-01 10:00:00,123 INFO  [main] a.B - {} from alice.smith@example.com\n", "x".repeat(102));
    fs::write(place.path().join("a.log"), line.repeat(3)).expect("written");
    let text = shown(place.path(), &["formats", "--explain", "a.log", "--redact", "-f", "csv"]);
    assert!(text.contains("xxx from ") && !text.contains("alice"), "{text}");
    fs::write(place.path().join("rca.toml"), "[redact]\nkey = 1234567890123456789\n").expect("written");
    let text = all_of(&rca(place.path(), &["sources", "-C", "."]));
    assert!(text.contains("redact.key") && text.contains("takes a text") && !text.contains("1234567"), "{text}");
}
