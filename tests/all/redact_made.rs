//! Values of named columns that SQL shows under another name: by places, patterns, whole rows, keys and names of columns.
//! What cannot be followed by names counts as made of them.

use std::path::Path;
use std::process::{Output, Stdio};

use crate::rca::{command, folder};

/// Runs it under a key of its own.
pub fn ran(place: &Path, arguments: &[&str]) -> Output {
    let mut rca = command("rca", place);
    rca.env("RCA_REDACT_KEY", "planted-key-0123456789")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("rca starts")
}

fn shown(place: &Path, sql: &str, more: &[&str]) -> String {
    let base = ["query", sql, "bg.csv", "--redact-columns", "badge,name", "-q"];
    let output = ran(place, &[&base, more].concat());
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

/// A column of JSON, one of fractions, and two of names; `v` and `level` are not named.
fn people(place: &Path) {
    let mut rows = String::new();
    for (n, (name, zip)) in [("Bob Smith", 12345), ("Ann Miller", 54321), ("Joe Brown", 77777)].iter().enumerate() {
        rows += &format!(
            "{{\"ts\":\"2025-03-03T00:00:0{n}Z\",\"person\":{{\"name\":\"{name}\",\"zip\":{zip},\"age\":4{n}}},\
             \"badge\":1234567.25,\"who\":\"{name}\",\"v\":{n},\"level\":\"warn\",\"note\":\"by {name}\"}}\n"
        );
    }
    std::fs::write(place.join("nest.ndjson"), rows).expect("written");
}

fn asked(place: &Path, sql: &str, more: &[&str]) -> (bool, String) {
    let base = ["query", sql, "nest.ndjson", "--redact-columns", "person,badge,who", "-q"];
    let output = ran(place, &[&base, more].concat());
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}

/// What is made of a value is none of the values that are known.
const TAKEN_APART: [&str; 42] = [
    "select person->>'name' as q from nest",
    "select person->>'name' from nest",
    "select person->>'$.zip' as q from nest",
    "select json_extract_string(person, '$.name') as q from nest",
    "select json_extract(person, ['$.name', '$.zip']) as q from nest",
    "select (person->>'zip')::int as q from nest",
    "select person::varchar || '' as q from nest",
    "select badge::bigint as q from nest",
    "select badge::bigint from nest",
    "select round(badge) as q from nest",
    "select sum(badge::bigint) as q from nest where v = 1",
    "select badge + v as q from nest",
    "select who[1:4] as q from nest",
    "select who[1:4] from nest",
    "select left(who, 3) as q, right(who, 5) as r from nest",
    "select reverse(who) as q from nest",
    "select reverse(who) from nest",
    "select concat(who, 'x') as q, who || 'x' as r, string_agg(who, '') as s from nest group by who",
    "select regexp_extract(who, '[A-Z][a-z]+') as q from nest",
    "select regexp_replace(who, ' .*', '') as q from nest",
    "select split_part(who, ' ', 2) as q, string_split(who, ' ') as r from nest",
    "select unnest(string_split(who, ' ')) from nest",
    "select w from nest, unnest(string_split(who, ' ')) u(w)",
    "select case when v > 0 then left(who, 3) else 'none' end as q from nest",
    "with q as (select reverse(who) as r from nest) select r as s, [r] as l, {'k': r} as k, map([r], [1]) as m from q",
    "with q(a, b) as (select v, reverse(who) from nest) select b as z from q",
    "select z from (select reverse(who) from nest) as q(z)",
    "select 'none' as q union all select reverse(who) from nest",
    "select * replace (left(who, 3) as note) from nest",
    "select (select reverse(who) from nest limit 1) as q",
    "select left(columns('wh.'), 3) as q from nest",
    "pivot nest on v using max(reverse(who))",
    "pivot nest on left(who, 3) using count(*)",
    "select histogram(left(who, 3)) as q from nest",
    // A function behind a column.
    "select who.left(3) as q from nest",
    "select who.left(3) from nest",
    "select nest.who.left(3) as q from nest",
    "select who.string_split(' ')[1] as q from nest",
    "select unnest(who.string_split(' ')) from nest",
    "select who.upper().lower() as q from nest",
    "select badge.add(1) as q from nest",
    "with q as (select who as r from nest) select r.right(5) as s from q",
];

#[test]
fn what_sql_takes_out_of_a_value_is_hidden_too() {
    let place = folder();
    people(place.path());
    let parts = ["Bob", "Ann", "Joe", "Smi", "Mil", "Bro", "12345", "54321", "123456", "htim", "boB", "mith", "niwor"];
    for sql in TAKEN_APART {
        for format in ["csv", "json"] {
            let (succeeds, text) = asked(place.path(), sql, &["-f", format]);
            let seen: Vec<_> = parts.iter().filter(|part| text.contains(**part)).collect();
            assert!(succeeds && seen.is_empty(), "{sql} -f {format} shows {seen:?}: {text}");
        }
        let (succeeds, text) = asked(place.path(), sql, &["-o", "a.parquet"]);
        assert!(succeeds, "{sql}: {text}");
        let output = command("rca", place.path()).args(["query", "from a", "a.parquet", "-f", "csv"]).output();
        let text = String::from_utf8_lossy(&output.expect("rca starts").stdout).into_owned();
        assert!(!parts.iter().any(|part| text.contains(part)), "{sql} in Parquet: {text}");
        std::fs::remove_file(place.path().join("a.parquet")).expect("removed");
    }
    // A fault of the engine tells the value that it happened with.
    for sql in [
        "select reverse(who)::int as q from nest",
        "select v from nest where left(who, 3)::int = 3",
        "select error(left(who, 3)) from nest",
        "select who.left(3)::int from nest",
        "select regexp_matches('x', '(' || left(who, 3)) from nest",
        "select strptime(left(who, 3), '%Y') from nest",
        "select ('O''B' || left(who, 3))::int from nest",
        "select (left(who, 3) || chr(10) || right(who, 5))::int from nest",
    ] {
        let (succeeds, text) = asked(place.path(), sql, &[]);
        let seen = parts.iter().any(|part| text.contains(part));
        assert!(!succeeds && !seen && text.contains("value-"), "{sql}: {text}");
    }
    let (_, text) = asked(place.path(), "select levle, 'x' as b from nest where v = 12", &[]);
    assert!(text.contains("levle") && text.contains("'x' as b from nest where v = 12"), "{text}");
    // What stands alone in a text is the same one.
    let (_, field) = asked(place.path(), "select person->>'name' as q from nest", &["-f", "csv"]);
    let (_, note) = asked(place.path(), "select note from nest", &["-f", "csv"]);
    let first = field.lines().nth(1).expect("a row");
    assert!(first.starts_with("value-") && note.contains(&format!("by {first}")), "{field}{note}");
}

#[test]
fn counts_comparisons_and_what_is_made_of_other_columns_are_told() {
    let place = folder();
    people(place.path());
    for (sql, told) in [
        ("select count(*) as n, count(distinct who) as m from nest", "3,3"),
        ("select count(distinct who), avg(v) from nest", "3,1"),
        ("select who = 'Bob Smith' as q, v from nest order by v", "true,0"),
        ("select case when who like 'B%' then 'yes' else 'no' end as q from nest order by v", "yes"),
        ("select sum(case when person->>'zip' > '5' then 1 else 0 end) as q from nest", "2"),
        ("select length(who) as q from nest order by v", "9"),
        ("select upper(level) as l, v * 10 as w from nest order by v", "WARN,10"),
        ("select row_number() over (partition by who order by v) as r from nest", "1"),
        ("select upper(level) as l from nest union all select reverse(level) from nest", "WARN"),
        (
            "with a as (from nest union all from nest) select date_trunc('hour', ts) as h, count(*) from a group by 1",
            "2025-03-03T00:00:00Z,6",
        ),
        ("select level as l, badge > 3 as b from (select * from nest) group by all", "warn,true"),
        ("select level.upper() as l, who.length() as n from nest", "WARN,9"),
        ("select coalesce(nullif(who, 'Bob Smith'), 'none') as q from nest order by v", "none"),
        ("select case when v = 0 then 'none' else who end as q from nest order by v", "none"),
        ("with a as (select who as w, v from nest), b as (from a union all from a) select sum(v) as s from b", "6"),
    ] {
        let (succeeds, text) = asked(place.path(), sql, &["-f", "csv"]);
        assert!(succeeds && text.contains(told), "{sql}: {text}");
    }
}

#[test]
fn a_secret_within_json_is_one_where_sql_takes_it_out() {
    let place = folder();
    let line = r#"{"ts":"2025-03-03T00:00:00Z","auth":{"token":"deadbeef01","n":7}}"#;
    std::fs::write(place.path().join("a.ndjson"), format!("{line}\n")).expect("written");
    let sql = "select auth->>'token' as q, auth->>'n' as n from a";
    let output = command("rca", place.path()).args(["query", sql, "a.ndjson", "--redact", "-f", "csv", "-q"]).output();
    let text = String::from_utf8_lossy(&output.expect("rca starts").stdout).into_owned();
    assert!(!text.contains("deadbeef") && text.trim_end().ends_with(",7"), "{text}");
}

/// Dates, an exact number, one of 32 bits, a whole one and a text; `ts` is not named.
const OF_ALL_TYPES: &str = "select * from (values \
    (1, date '1980-05-17', 512.5::decimal(10, 1), 36.6123::float, 710412, timestamp '2025-03-01 08:00:00', 'Al Moon'), \
    (2, date '1991-11-23', 613.7::decimal(10, 1), 37.2345::float, 710599, timestamp '2025-03-01 09:00:00', 'Bo Reed')) \
    as t(id, born, dec, single, badge, ts, who)";

/// What the engine makes of values beside others of another type, and of one value's mean.
const WIDENED: [&str; 25] = [
    "select coalesce(born, timestamp '2000-01-01') as q from vit",
    "select ifnull(born, ts), nullif(born, ts), coalesce(*columns('born|ts')) from vit",
    "select greatest(born, timestamp '1900-01-01') as q from vit",
    "select case when id > 0 then born else timestamp '2000-01-01' end as q from vit",
    "select median(born) as q from vit group by id",
    "select avg(born) as q from vit group by id",
    "select born as q from vit union all select timestamp '2000-01-01'",
    "select born as q from vit union all by name select ts as q from vit",
    "select * from (select born as q from vit) union all select ts from vit",
    "with a as (select born as q from vit), b as (select ts as q from vit) from a union all from b",
    "pivot vit on id using avg(born)",
    "pivot (select id, coalesce(born, timestamp '2000-01-01') as t from vit) on id using first(t)",
    "select [born, ts] as q from vit",
    "select lag(born, 1, timestamp '2000-01-01') over (order by id) as q from vit",
    "select k from (select born as k from vit) full join (select ts as k from vit) using (k)",
    "unpivot (select born::timestamp as b, ts from vit) on b, ts",
    "select q from (values ((select min(born) from vit)), (timestamp '2000-01-01')) as v(q)",
    "select coalesce(dec, 0.000) as q from vit",
    "select max(q) as r from (select coalesce(dec, 0.000) as q from vit) group by q",
    "select avg(dec) as q from vit group by id",
    "select sum(single) as q from vit group by id",
    "select avg(single) as q, median(single) as r, [sum(single)] as l from vit group by id",
    "select coalesce(single, 0.0::double) as q from vit",
    "select coalesce(badge, 0.5::float) as q, avg(badge) as r from vit group by badge",
    "select ts from events where source = 'kid'",
];

#[test]
fn a_value_is_hidden_as_whatever_type_sql_has_it() {
    let place = folder();
    std::fs::write(place.path().join("kid.csv"), "id,born\n1,1980-05-17\n2,1991-11-23\n").expect("written");
    let made = ran(place.path(), &["query", OF_ALL_TYPES, "kid.csv", "-o", "vit.parquet"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let shown = |sql: &str, more: &[&str]| {
        let base = ["query", sql, "vit.parquet", "kid.csv", "--redact-columns", "born,dec,single,badge,who", "-q"];
        let output = ran(place.path(), &[&base, more].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{sql}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for sql in WIDENED {
        for more in [["-f", "csv"], ["-f", "json"], ["-o", "a.parquet"]] {
            let mut text = shown(sql, &more);
            if more[0] == "-o" {
                let output = command("rca", place.path()).args(["query", "from a", "a.parquet", "-f", "csv"]).output();
                text = String::from_utf8_lossy(&output.expect("rca starts").stdout).into_owned();
                std::fs::remove_file(place.path().join("a.parquet")).expect("removed");
            }
            for part in ["1980", "1991", "512.5", "613.7", "36.6", "37.2", "7104", "7105"] {
                assert!(!text.contains(part), "{sql} {more:?} shows {part}: {text}");
            }
            assert!(text.contains("value-"), "{sql} {more:?}: {text}");
        }
    }
    // It is the same one in another type.
    for (one, other) in [
        (
            "select born as q from vit order by id",
            "select coalesce(born, timestamp '2000-01-01') as q from vit order by id",
        ),
        ("select single as q from vit order by id", "select sum(single) as q from vit group by id order by id"),
    ] {
        assert_eq!(shown(one, &["-f", "csv"]), shown(other, &["-f", "csv"]), "{other}");
    }
    for (sql, told) in [
        ("select sum(badge) as b, avg(dec) as d from vit", "1421011,563.1"),
        ("select count(born) as n, max(ts) as t from vit", "2,2025-03-01T09:00:00Z"),
        ("select coalesce(who, 'none') as w, 'x' as x from vit", ",x"),
        ("from vit select ts where born > date '1985-01-01' union all from vit select ts", "2025-03-01T09:00:00Z"),
    ] {
        assert!(shown(sql, &["-f", "csv"]).contains(told), "{sql}: {}", shown(sql, &["-f", "csv"]));
    }
}
