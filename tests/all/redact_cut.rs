//! What a text has left of a value where rca cuts it, makes a pattern of it or takes something out of it; values in fields of
//! structs, in faults, in names of columns, and such as only look like pseudonyms.

use std::fs;
use std::path::Path;

use crate::rca::folder;
use crate::redact_made::ran as rca;

fn all_of(place: &Path, arguments: &[&str]) -> String {
    let output = rca(place, arguments);
    String::from_utf8_lossy(&output.stdout).into_owned() + "\n" + &String::from_utf8_lossy(&output.stderr)
}

/// Fails if what is said has a word of these.
fn hides(place: &Path, arguments: &[&str], words: &[&str]) -> String {
    let text = all_of(place, arguments);
    for word in words {
        assert!(!text.to_lowercase().contains(&word.to_lowercase()), "{arguments:?} says {word}: {text}");
    }
    text
}

const STAFF: &str = "id,name,badge,pin,city,ts\n1,Zorvath Quimble,7104,12,Oslo,2025-03-01 10:00:00\n\
    2,Xenobia Parkwell,8205,34,Bergen,2025-03-01 11:00:00\n3,Wyndham Ossuary,9306,56,Oslo,2025-03-01 12:00:00\n";
const NAMED: [&str; 3] = ["staff.csv", "--redact-columns", "name,badge,pin"];
const PARTS: [&str; 6] = ["Zor", "Xen", "Wyn", "7104", "8205", "9306"];

fn staff() -> tempfile::TempDir {
    let place = folder();
    fs::write(place.path().join("staff.csv"), STAFF).expect("written");
    place
}

#[test]
fn a_secret_in_a_struct_is_one_however_it_is_taken_and_written() {
    let place = staff();
    let made = "select id, ts, {'password': 'hun ter'||id||' zebra', 'n': id} as cfg, [{'api_key': 'k'||id||' yak'}] as l, \
                map {'token': 'my '||id||' fox'} as m from staff";
    assert!(rca(place.path(), &["query", made, "staff.csv", "-o", "pw.parquet"]).status.success());
    let secret = ["hun ", "ter1", "zebra", "yak", "fox"];
    let whole =
        all_of(place.path(), &["query", "select cfg.password from pw", "pw.parquet", "--redact", "-f", "csv", "-q"]);
    let pseudonym = whole.lines().nth(1).expect("a row");
    assert!(pseudonym.starts_with("secret-"), "{whole}");
    for sql in [
        "select cfg.password as x from pw",
        "select min(cfg.password) as x from pw where id = 1",
        "select list(cfg.password) as x from pw where id = 1",
        "select password as x from (select unnest(cfg) from pw)",
        "select p as x from (select id, cfg.password from pw) t(n, p) order by n",
        "select cfg::varchar as x from pw",
        "select message as x from events",
        "select cfg as x from pw",
    ] {
        for format in ["csv", "json", "table"] {
            let text = hides(place.path(), &["query", sql, "pw.parquet", "--redact", "-f", format], &secret);
            assert!(text.contains(pseudonym), "{sql}: {text}");
        }
    }
    for asked in [
        &["timeline"][..],
        &["schema"],
        &["report"],
        &["templates"],
        &["missing"],
        &["query", "from pw", "-o", "x.parquet"],
    ] {
        hides(place.path(), &[asked, &["pw.parquet", "--redact"]].concat(), &secret);
    }
    hides(place.path(), &["query", "from x", "x.parquet", "-f", "csv"], &secret);
    let names = all_of(
        place.path(),
        &["query", "select cfg.n as x, 'password' as kind from pw", "pw.parquet", "--redact", "-f", "csv"],
    );
    assert!(names.contains("\n1,password\n"), "{names}");
}

#[test]
fn templates_and_what_is_made_of_them_have_nothing_of_an_address() {
    let place = folder();
    let homes =
        ["12 Rosenweg, 80331 Muenchenhausen", "7 Elm Street, Springfielding", "44 Calle Mayorazgo, 28013 Madridejos"];
    let said = [
        "delivery refused at {} by dog",
        "printer jam at {} paper stuck",
        "battery overheated near {} fire",
        "cannot deliver to customer, living at {}",
        "gate shut for {} again",
    ];
    let line = |n: usize| {
        let text = said[n % 5].replace("{}", homes[n / 5 % 3]);
        format!("2025-03-01 08:{:02}:{:02} ERROR svc - {text}: code=E999\n", n / 60, n % 60)
    };
    fs::write(place.path().join("app.log"), (0..900).map(line).collect::<String>()).expect("written");
    let rows: String = homes.iter().enumerate().map(|(n, home)| format!("{n},\"{home}\"\n")).collect();
    fs::write(place.path().join("c.csv"), format!("id,address\n{rows}")).expect("written");
    let hidden = ["rosenweg", "muenchen", "elm", "springfield", "calle m", "mayorazgo", "madridejos"];
    let windows =
        ["--baseline", "2025-03-01 08:00..2025-03-01 08:07", "--incident", "2025-03-01 08:07..2025-03-01 08:15"];
    let more = ["app.log", "c.csv", "--redact-columns", "address"];
    for asked in [
        &["errors", "--audit"][..],
        &["errors"],
        &["templates"],
        &["templates", "--rows"],
        &["check", "--from-findings"],
        &["report"],
        &[&["compare"], &windows[..]].concat(),
    ] {
        let formats: &[&str] = if asked[0] == "report" { &["markdown", "html"] } else { &["ndjson", "table"] };
        for format in formats {
            hides(place.path(), &[asked, &more[..], &["-f", format]].concat(), &hidden);
        }
    }
}

#[test]
fn a_text_is_redacted_before_it_is_cut() {
    let place = folder();
    let line = |n: usize| {
        let secret = ["Zorvath Lysander Quimble", "AKIAIOSFODNN7EXAMPLE", "10.177.166.155"][n % 3];
        format!("2025-03-01 08:00:{n:02} ERROR svc - {} call {secret} ended {n}\n", "w ".repeat(232 + n / 3))
    };
    fs::write(place.path().join("app.log"), (0..48).map(line).collect::<String>()).expect("written");
    fs::write(place.path().join("n.csv"), "id,name\n1,Zorvath Lysander Quimble\n").expect("written");
    let hidden = ["Zorv", "Lysan", "AKIA", "10.177"];
    let more = ["app.log", "n.csv", "--redact-columns", "name"];
    for asked in [&["errors"][..], &["templates"], &["report"], &["errors", "--audit"]] {
        hides(place.path(), &[asked, &more[..]].concat(), &hidden);
    }
    let dump = "CREATE TABLE u (ts timestamp, home date[], pin integer);\n\
        COPY u (ts, home, pin) FROM stdin;\n2025-03-01 10:00:00\t{\"Zorvath Quimble of Rosenweg 12 in the old town hall\"}\tZorvath Quimble of the very long house of Oslo in the north\n\\.\n";
    fs::write(place.path().join("u.sql"), format!("-- PostgreSQL database dump\n\n{dump}")).expect("written");
    let text =
        hides(place.path(), &["sources", "u.sql", "--redact-columns", "home,pin"], &["Zorvath", "Quimble", "Rosenweg"]);
    assert!(text.contains("is no"), "{text}");
}

#[test]
fn faults_of_conditions_and_checks_tell_no_value_and_say_the_rest() {
    let place = staff();
    let taken = "left(name,3)::int > 0";
    for asked in [
        &["timeline", "--where", taken][..],
        &["missing", "--where", taken],
        &["sources", "--where", taken],
        &["schema", "--where", taken],
        &["explain", "--bad", taken],
        &["report", "--bad", taken],
        &["timeline", "--where", "regexp_matches('a','('||left(name,3))"],
        &["query", "select error('Parquet corrupt ' || left(name,3)) from staff"],
        &["query", "select \"error\"('No space left on device ' || left(name,3)) from staff"],
        &["query", "select format('{' || left(name,3) || '}', 1) from staff"],
    ] {
        let text = hides(place.path(), &[asked, &NAMED[..]].concat(), &["'Zor", "(Zor", " Zor", "Xen", "Wyn", ":Zor"]);
        assert!(text.contains("error: "), "{asked:?}: {text}");
    }
    hides(
        place.path(),
        &[&["query", "select cast(badge*1e40 as integer) from staff"], &NAMED[..]].concat(),
        &["7.104", "8.205", "9.306"],
    );
    // What was asked is told as it is.
    let text = all_of(place.path(), &[&["timeline", "--where", "ts > '2025-13-01'"], &NAMED[..]].concat());
    assert!(text.contains("2025-13-01\""), "{text}");
    let text = all_of(place.path(), &[&["query", "select id from staff where idd = 5"], &NAMED[..]].concat());
    assert!(text.contains("LINE 1: select id from staff where idd = 5"), "{text}");
    let checks = "[[checks]]\nname = 'a'\nsql = 'pivot (select left(name,3) as z from staff) on z using count(*)'\nis = 'empty'\n\
        [[checks]]\nname = 'b'\nsql = 'pivot (select left(name,3) as z from staff) on z using count(*)'\nequals = 5\n\
        [[checks]]\nname = 'c'\ntable = 'staff'\nrows = { min = 1 }\nwhere = 'left(name,3)::int > 0'\n";
    fs::write(place.path().join("checks.toml"), checks).expect("written");
    for format in ["ndjson", "junit", "sarif"] {
        let text = hides(
            place.path(),
            &[&["check", "--file", "checks.toml", "-f", format], &NAMED[..]].concat(),
            &["Zor", "Xen", "Wyn"],
        );
        assert!(text.contains("could not convert string"), "{text}");
    }
}

#[test]
fn what_sql_takes_out_of_an_event_is_hidden_and_of_other_texts_it_stays() {
    let place = staff();
    for sql in [
        "select split_part(message,'name=',2)[1:4] as b from events",
        "select regexp_extract(message,'badge=(\\d+)',1) as b from events",
        "select b[1:4] as c from (select message as b from events)",
        "select string_split(message,' ')[1:2] as b from events",
        "select reverse(message) as b from events",
    ] {
        hides(place.path(), &[&["query", sql, "-f", "csv"], &NAMED[..]].concat(), &[&PARTS[..], &["htavroz"]].concat());
    }
    let text = all_of(
        place.path(),
        &[&["query", "select message, count(*) as n from events group by 1 order by 1", "-f", "csv"], &NAMED[..]]
            .concat(),
    );
    assert!(text.contains("city=Oslo") && text.contains(",1\n"), "{text}");
    let text = all_of(
        place.path(),
        &[
            &["query", "select left(city, 2) as c, length(message) > 3 as m from staff, events limit 1", "-f", "csv"],
            &NAMED[..],
        ]
        .concat(),
    );
    assert!(text.contains("Os,true") || text.contains("Be,true"), "{text}");
}

#[test]
fn ids_that_look_like_pseudonyms_are_replaced_and_answers_are_read_again() {
    let place = folder();
    fs::write(
        place.path().join("u.csv"),
        "id,user_id\n1,user-0001234567\n2,user-00c0ffee00\n3,value-zz00000000\n4,bob\n",
    )
    .expect("written");
    let named = ["u.csv", "--redact-columns", "user_id", "-f", "csv", "-q"];
    hides(place.path(), &[&["query", "from u"], &named[..]].concat(), &["0001234567", "c0ffee", "zz00"]);
    hides(
        place.path(),
        &["query", "select 'password=user-0123456789' as m", "u.csv", "--redact", "-f", "csv"],
        &["0123456789"],
    );
    // An answer is evidence too, and has the same pseudonyms under the same key.
    let first = all_of(place.path(), &[&["query", "select user_id from u"], &named[..]].concat());
    fs::write(place.path().join("a.csv"), first.trim_end().to_string() + "\n").expect("written");
    let again = all_of(
        place.path(),
        &["query", "select user_id from a", "a.csv", "--redact-columns", "user_id", "-f", "csv", "-q"],
    );
    assert_eq!(first, again);
}

#[test]
fn an_earlier_answer_says_no_value_that_the_evidence_has_no_more() {
    let place = folder();
    let write = |name: &str, text: &str| fs::write(place.path().join(name), text).expect("written");
    write("t.csv", "id,name\n1,Zorvath Quimble\n2,Xenobia Parkwell\n3,Wyndham Ossuary\n");
    write("u.csv", "id,name\n1,Zorvath Quimble\n3,Wyndham Ossuary\n");
    let asked = ["missing", "t.csv", "u.csv", "--keys", "t.name=u.name", "-o", "old.json"];
    assert!(rca(place.path(), &asked).status.success());
    write("t.csv", "id,name\n1,Zorvath Quimble\n3,Wyndham Ossuary\n");
    let text = hides(
        place.path(),
        &["check", "--against", "old.json", "t.csv", "u.csv", "--redact-columns", "name", "-f", "ndjson"],
        &["Xenobia", "Parkwell"],
    );
    assert!(text.contains("the first is `value-"), "{text}");
}

#[test]
fn a_token_is_no_id_to_be_followed_and_a_key_is_not_shown_where_settings_are_wrong() {
    let place = folder();
    let line = |n: usize| {
        format!(
            "2025-03-01 08:00:{n:02} INFO svc - {{\"user\":\"Zorvath\",\"Authorization\":\"Bearer hunter2Zz12345678901{}\"}} job=J77{}\n",
            n % 2,
            n % 2
        )
    };
    fs::write(place.path().join("app.log"), (0..20).map(line).collect::<String>()).expect("written");
    let text = hides(place.path(), &["timeline", "--entity", "J770", "--related", "app.log", "--redact"], &["hunter2"]);
    assert!(text.contains("J770"), "{text}");
    fs::create_dir(place.path().join("case")).expect("made");
    fs::write(place.path().join("case/rca.toml"), "[redact]\nkey = \"SUPERSECRETKEY1234567\n").expect("written");
    let text = hides(place.path(), &["sources", "-C", "case"], &["SUPERSECRET"]);
    assert!(text.contains("is no TOML") && text.contains("line 2"), "{text}");
}

#[test]
fn fields_rows_and_lengths_of_what_is_made_of_a_column_tell_nothing_of_it() {
    let place = staff();
    let made = "select id, ts, {'first': name, 'zip': badge} as person from staff";
    assert!(rca(place.path(), &["query", made, "staff.csv", "-o", "one.parquet"]).status.success());
    for sql in [
        "select person.* from one",
        "from one select person.*",
        "select x.* from (select person as x from one)",
        "select x.* exclude (first) from (select person as x from one)",
        "select person.zip from one where exists (select 1 from range(1) person)",
        "with person as (select 1) select person.zip, (person).zip as z from one",
        "select x.zip from (select person as x from one) x",
    ] {
        hides(place.path(), &["query", sql, "one.parquet", "--redact-columns", "person", "-f", "csv"], &PARTS);
    }
    for sql in [
        "select z from (select left(name, 3) as q from staff) z",
        "with z as (select badge * 2 as q from staff) select z from z",
        "select len(range(badge)) as q from staff",
        "select length(repeat('x', badge)), strlen(repeat('a', badge)) from staff",
        "select (select count(*) from range(badge)) as q from staff",
        "select count(x) from range((select max(badge) from staff)) r(x)",
        "select array_length(range(badge), 1) as q from staff",
        "select cardinality(map_from_entries([(i, 1) for i in range(badge)])) as q from staff",
        "select json_array_length(to_json(range(badge))) as q from staff",
        "select count(*) as n from (select 1 from range(10000) limit (select badge from staff where id = 1))",
        "pivot (select \"by\" * badge as z from staff, (select length('ab') as \"by\") k) on z using count(*)",
    ] {
        let parts = [&PARTS[..], &["14208", "16410", "18612"]].concat();
        hides(place.path(), &[&["query", sql, "-f", "csv"], &NAMED[..]].concat(), &parts);
    }
    // What is told of other columns, and of a column as it is, stays.
    for (sql, told) in [
        ("select len(range(id)) as q, length(name) as n from staff order by id", "q,n\n1,15\n"),
        ("select length(badge::varchar) as n, count(*) as m from staff group by 1", "n,m\n4,3\n"),
        ("select z.city from (select city, id from staff) z order by id", "city\nOslo\n"),
        ("select z.c from (select city as c, id from staff) z order by id", "c\nOslo\n"),
        ("with name as (select city as c, id from staff) select x.c from name x order by x.id", "c\nOslo\n"),
        ("select count(*) as n from staff, range(id) r(i)", "n\n6\n"),
        ("select s.* exclude (name, badge, pin) from staff s order by id", "Oslo"),
        ("select sum(badge) as b from staff", "b\n24615\n"),
        ("select 'name' as kind, city from staff order by id", "name,Oslo\n"),
    ] {
        let text = all_of(place.path(), &[&["query", sql, "-f", "csv", "-q"], &NAMED[..]].concat());
        assert!(text.contains(told), "{sql}: {text}");
    }
}
