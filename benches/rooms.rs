//! How long the readers take, each on 16 MiB made here: `cargo bench`. Against other tools: `against.py`.

use std::ffi::OsString;
use std::fmt::Write;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rca::terminal::Surroundings;

const BYTES: usize = 16 << 20;

fn made(line: impl Fn(usize, &mut String)) -> String {
    let mut text = String::with_capacity(BYTES + 1024);
    let mut number = 0;
    while text.len() < BYTES {
        line(number, &mut text);
        number += 1;
    }
    text
}

fn ask(sql: &str, source: &Path, answer: &Path) {
    let words = ["rca", "query", sql, &format!("t={}", source.display()), "-q", "-o", &answer.display().to_string()];
    let code = rca::run(words.iter().map(OsString::from), &Surroundings::of_process(), &mut std::io::empty());
    assert_eq!(code, 0);
}

fn readers(criterion: &mut Criterion) {
    let place = tempfile::tempdir().expect("a directory");
    let telemetry = |number: usize, text: &mut String, divider: char| {
        let (second, station) = (number % 60, number % 7);
        writeln!(
            text,
            "2025-03-01 08:00:{second:02}{divider}ST{station:02}{divider}temp_c{divider}{number}{divider}{}.5",
            number % 90
        )
        .expect("text");
    };
    let log = made(|number, text| {
        let level = ["INFO ", "INFO ", "WARN ", "ERROR"][number % 4];
        writeln!(
            text,
            "2025-03-01 08:00:{:02},{:03} {level} [worker-{}] com.acme.Service - took {number} ms",
            number % 60,
            number % 1000,
            number % 8
        )
        .expect("text");
    });
    let csv = format!("ts,station,sensor,seq,value\n{}", made(|number, text| telemetry(number, text, ',')));
    let dump = format!(
        "CREATE TABLE public.t (ts timestamp without time zone, station text, sensor text, seq bigint, value double precision);\nCOPY public.t (ts, station, sensor, seq, value) FROM stdin;\n{}\\.\n",
        made(|number, text| telemetry(number, text, '\t')),
    );
    let ndjson = made(|number, text| {
        writeln!(
            text,
            r#"{{"ts":"2025-03-01T08:00:{:02}Z","station":"ST{:02}","seq":{number}}}"#,
            number % 60,
            number % 7
        )
        .expect("text")
    });
    let answer = place.path().join("answer.csv");
    let mut group = criterion.benchmark_group("read 16 MiB");
    group.throughput(Throughput::Bytes(BYTES as u64)).sample_size(20);
    for (name, text, sql) in [
        ("evidence.log", log, "select level, count(*) from t group by 1"),
        ("evidence.csv", csv, "select station, sum(seq) from t group by 1"),
        ("evidence.sql", dump, "select station, sum(seq) from t.t group by 1"),
        ("evidence.ndjson", ndjson, "select station, sum(seq) from t group by 1"),
    ] {
        let path = place.path().join(name);
        std::fs::write(&path, text).expect("written");
        group.bench_function(name, |bencher| bencher.iter(|| ask(sql, &path, &answer)));
    }
    group.finish();
}

criterion_group!(benches, readers);
criterion_main!(benches);
