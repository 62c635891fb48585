//! Values of named columns that SQL shows under another name: by places, patterns, whole rows, keys and names of columns.
//! What cannot be followed by names counts as made of them.

use std::path::Path;
use std::process::Stdio;

use crate::rca::{command, folder};

fn shown(place: &Path, sql: &str, more: &[&str]) -> String {
    let base = ["query", sql, "bg.csv", "--redact-columns", "badge,name", "-q"];
    let output = command("rca", place)
        .env("RCA_REDACT_KEY", "planted-key-0123456789")
        .args([&base, more].concat())
        .stdin(Stdio::null())
        .output()
        .expect("rca starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{sql}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned() + &said
}

const ASKED: [&str; 36] = [
    "select 0 as x where false union all select badge from bg",
    "select columns('bad.*') as z from bg",
    "select columns(c -> c = 'badge') as z from bg",
    "select * rename (badge as b) from bg",
    "select * replace (badge as unit) from bg",
    "select struct_extract(t, 'badge') as z from bg t",
    "select (t).badge as z from bg t",
    "select bg as z from bg",
    "select y from bg as q(x, y)",
    "select y from (select * from bg) as q(x, y)",
    "with q(x, y) as (select * from bg) select y as z from q",
    "with recursive q as (select badge as y from bg union select y from q) select * from q",
    "unpivot (select ts, badge from bg) on badge",
    "pivot bg on badge using count(*)",
    "from bg pivot (count(*) for badge in (7101, 7102))",
    "select key, value from bg, json_each(to_json(bg))",
    "select z from bg, unnest([badge]) u(z)",
    "select unnest from bg, unnest([badge])",
    "select col0 from bg, (values (badge))",
    "select histogram(badge) as h from bg",
    "select map([badge], [1]) as h from bg",
    "select badge::varchar || '-' || name as z from bg",
    "select badge::varchar || 'x' as z from bg",
    "select [badge::varchar || '/1'] as z from bg",
    "select badge + 0.0 as z from bg",
    "select badge::double as z from bg",
    "select -badge as z from bg",
    "select t.x from (values (7101)) t(x) join bg on bg.badge = t.x",
    "with q as (select badge as b from bg) select max(b) from q",
    "with q as (select badge as b from bg) select (select * from q limit 1)",
    "select (select b from (select badge as b from bg) limit 1) as z",
    "select a.badge, b.badge from bg a join bg b using (badge)",
    "select * from bg a join bg b using (ts)",
    "select list(badge)[1] from bg",
    "select {'x': badge} as z from bg",
    "select unnest({'x': badge}) from bg",
];

const TABLE: &str = "ts,badge,name,unit\n2025-03-01T08:00:00Z,7101,Al,5\n2025-03-01T08:01:00Z,7102,Bo,6\n";

#[test]
fn a_short_value_is_hidden_whatever_the_sql_makes_of_its_column() {
    let place = folder();
    std::fs::write(place.path().join("bg.csv"), TABLE).expect("written");
    let deep = format!("select badge as x, {}1 as y from bg", "1+".repeat(70));
    for sql in ASKED.into_iter().chain([&deep[..]]) {
        for format in ["csv", "json", "table"] {
            let text = shown(place.path(), sql, &["-f", format]);
            for value in ["7101", "7102"] {
                assert!(!text.contains(value), "{sql} -f {format}: {text}");
            }
        }
        shown(place.path(), sql, &["-o", "a.parquet"]);
        let output = command("rca", place.path()).args(["query", "from a", "a.parquet", "-f", "csv"]).output();
        let output = output.expect("rca starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{sql}");
        assert!(!text.contains("7101") && !text.contains("7102"), "{sql} in Parquet: {text}");
        std::fs::remove_file(place.path().join("a.parquet")).expect("removed");
    }
}

#[test]
fn what_is_made_of_other_columns_stays() {
    let place = folder();
    std::fs::write(place.path().join("bg.csv"), TABLE.replace(",5\n", ",7101\n")).expect("written");
    for (sql, stays) in [
        ("select unit from bg", "7101"),
        ("select unit as u, count(badge) as n from bg group by all order by all", "7101,1"),
        ("with q as (select unit as u, badge from bg) select u as v from q where badge > 0", "7101"),
        ("select max(unit) from bg", "7101"),
        ("select b.unit from bg b where b.badge = 7101", "7101"),
    ] {
        let text = shown(place.path(), sql, &["-f", "csv"]);
        assert!(text.contains(stays), "{sql}: {text}");
    }
}

#[test]
fn capitals_of_another_alphabet_are_the_same_word() {
    let place = folder();
    let rows = "ts,badge,name,msg\n2025-03-01T08:00:00Z,1,Γιώργος,login ΓΙΏΡΓΟΣ ok\n\
                2025-03-01T08:01:00Z,2,Jörg,\"{\"\"user\"\":\"\"J\\u00f6rg\"\"} in\"\n";
    std::fs::write(place.path().join("bg.csv"), rows).expect("written");
    let text = shown(place.path(), "select msg from bg", &["-f", "csv"]);
    assert!(!text.contains("ΓΙΏΡΓΟΣ") && !text.contains("rg\"") && text.matches("value-").count() == 2, "{text}");
}
