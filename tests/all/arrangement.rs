//! What must not matter does not: packing, names, order of sources, the build's own time zone database.

use std::io::Write;

use crate::rca::{folder, rows_in};

#[test]
fn packed_and_plain_give_the_same_rows() {
    let place = folder();
    let text: String = (0..20_000)
        .map(|n| {
            format!(
                "2025-03-01 08:{:02}:{:02},000 INFO  [main] a.B - message {n}\n\tat line {n}\n",
                n / 60 % 60,
                n % 60
            )
        })
        .collect();
    std::fs::write(place.path().join("plain.log"), &text).expect("written");
    let mut gzip = flate2::write::GzEncoder::new(
        std::fs::File::create(place.path().join("gz.log.gz")).expect("made"),
        flate2::Compression::fast(),
    );
    gzip.write_all(text.as_bytes()).and_then(|()| gzip.finish().map(drop)).expect("packed");
    std::fs::write(place.path().join("zst.log.zst"), zstd::encode_all(text.as_bytes(), 1).expect("packed"))
        .expect("written");
    let sql = "select count(*) n, count(distinct message) m, sum(length(message)) l, min(ts) f, max(_line) as last_line from x";
    let plain = rows_in(place.path(), &["query", sql, "x=plain.log"]);
    assert_eq!(plain[0]["n"], 20_000);
    for packed in ["x=gz.log.gz", "x=zst.log.zst"] {
        assert_eq!(rows_in(place.path(), &["query", sql, packed]), plain, "{packed}");
    }
}

#[test]
fn zones_come_from_the_program_and_not_from_the_engine_or_the_machine() {
    // A build with ICU and one without must agree; the test's own TZ is Asia/Kolkata.
    let place = folder();
    std::fs::write(
        place.path().join("a.csv"),
        "ts,v\n2025-03-09 01:59:59,1\n2025-03-09 03:00:00,2\n2025-03-09T12:00:00+02:00,3\n",
    )
    .expect("written");
    let answer = rows_in(
        place.path(),
        &[
            "query",
            "select ts, ts::varchar t, date_trunc('hour', ts) h from a order by v",
            "a.csv",
            "--timezone",
            "America/New_York",
        ],
    );
    let times: Vec<&str> = answer.iter().filter_map(|row| row["ts"].as_str()).collect();
    assert_eq!(times, ["2025-03-09T06:59:59Z", "2025-03-09T07:00:00Z", "2025-03-09T10:00:00Z"]);
    assert_eq!(answer[0]["t"], "2025-03-09 06:59:59");
    assert_eq!(answer[0]["h"], "2025-03-09T06:00:00Z");
}

#[test]
fn sql_of_a_ticket_reaches_no_other_file() {
    let place = folder();
    std::fs::write(place.path().join("a.csv"), "a\n1\n").expect("written");
    std::fs::write(place.path().join("secret.csv"), "s\n42\n").expect("written");
    for sql in [
        "select * from 'secret.csv'",
        "select * from read_text('secret.csv')",
        "copy (select 1) to 'out.csv'",
        "attach 'x.db'",
        "set threads = 1",
    ] {
        let output = crate::rca::run_in(place.path(), &["query", sql, "a.csv"]);
        assert_eq!(output.status.code(), Some(2), "{sql}: {}", String::from_utf8_lossy(&output.stdout));
    }
    assert_eq!(std::fs::read_dir(place.path()).expect("the directory").count(), 2);
}
