//! Values that are large for the memory that may be used: cut and counted, or refused in words. No value ends the process.

use std::path::Path;

use crate::hostile::{Case, hold, run, said, write};
use crate::rca::folder;

const MIB: usize = 1 << 20;

fn table(place: &Path, name: &str, sizes: &[usize]) {
    let row = |(n, size): (usize, &usize)| {
        let letter = char::from(b'a' + (n % 26) as u8).to_string();
        format!("2025-03-01 08:{:02}:{:02},{}\n", n / 60, n % 60, letter.repeat(*size))
    };
    write(place, name, format!("ts,msg\n{}", sizes.iter().enumerate().map(row).collect::<String>()));
}

const CASES: &[Case] = &[
    Case {
        name: "a field that does not fit",
        place: |place| table(place, "t.csv", &[1, 40 * MIB, 1]),
        arguments: &[
            "query",
            "select count(*) as n, max(length(msg)) < 40000000 as cut from t",
            "t.csv",
            "--memory",
            "150MB",
        ],
        code: 0,
        shown: &[r#"{"n":3,"cut":true}"#],
        said: &["1 record is longer than 8 MiB and cut there (t.csv:3)"],
    },
    Case {
        name: "the same where there is room",
        place: |place| table(place, "t.csv", &[1, 40 * MIB, 1]),
        arguments: &["query", "select max(length(msg)) as n from t", "t.csv", "--memory", "2GB"],
        code: 0,
        shown: &[r#"{"n":41943040}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "several long rows of small splits",
        place: |place| table(place, "t.csv", &[6 * MIB; 12]),
        arguments: &["query", "select count(*) as n, sum(length(msg)) as s from t", "t.csv", "--memory", "120MB"],
        code: 0,
        shown: &[r#"{"n":12,"s":75497472}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "less memory than records of all threads take",
        place: |place| table(place, "t.csv", &[1]),
        arguments: &["query", "from t", "t.csv", "--memory", "1MB", "--threads", "8"],
        code: 2,
        shown: &[],
        said: &["`--memory 1MB` is too little for 8 threads", "up to 1 MiB", "write --memory 200MB"],
    },
];

#[test]
fn what_is_too_long_for_the_memory_is_cut_and_said() {
    hold(CASES);
}

#[test]
fn what_the_engine_cannot_keep_is_refused_in_words() {
    let place = folder();
    table(place.path(), "t.csv", &[5 * MIB; 40]);
    let base = rusqlite::Connection::open(place.path().join("b.db")).expect("opened");
    base.execute_batch("CREATE TABLE big (x); INSERT INTO big VALUES (hex(zeroblob(60000000))), ('b')").expect("made");
    drop(base);
    for (sql, file) in [
        ("select list(msg) as all_of_them from t", "t.csv"),
        ("select msg from t order by length(msg), msg", "t.csv"),
        ("select max(x || 'a') as x from b.big", "b.db"),
    ] {
        for threads in ["1", "4"] {
            // How it ends is held by `run`: with an answer or a message.
            let output =
                run(place.path(), &["query", sql, file, "--memory", "110MB", "--threads", threads, "-o", "a.csv"]);
            let is_told = output.status.success() || said(&output).contains("more memory");
            assert!(is_told, "{sql} with {threads}: {}", said(&output));
            std::fs::remove_file(place.path().join("a.csv")).ok();
        }
    }
}

#[test]
fn what_a_long_list_knows_is_asked_of_the_keys_that_lack_something_alone() {
    let place = folder();
    write(place.path(), "one.csv", "a\n1\n");
    let text = |n: u32| format!(", 'what is said of some of the meters in words ' || ((i + {n}) % 1000) AS t{n}");
    let texts: String = (0..14).map(text).collect();
    let meters = format!(
        "SELECT 'MTR' || (100000 + i) AS meter_id, CASE i % 3 WHEN 0 THEN 'Acme' WHEN 1 THEN 'Borg' ELSE 'Corp' END AS maker{texts} \
         FROM range(100000) AS t(i)"
    );
    let readings = "SELECT TIMESTAMP '2025-03-01' + to_minutes(n) AS ts, 'MTR' || (100000 + n % 500) AS meter_id, \
                    CASE WHEN n % 500 % 3 = 0 AND n % 7 = 0 THEN NULL ELSE n % 13 + 0.5 END AS value FROM range(30000) AS t(n)";
    for (sql, file) in [(meters.as_str(), "meters.parquet"), (readings, "readings.parquet")] {
        let made = run(place.path(), &["query", sql, "one.csv", "-o", file]);
        assert!(made.status.success(), "{}", said(&made));
    }
    let asked =
        ["missing", "readings.parquet", "meters.parquet", "--kind", "null_rate", "--memory", "200MB", "--threads", "2"];
    let output = run(place.path(), &asked);
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && shown.contains("meters.maker"), "{shown}{}", said(&output));
}
