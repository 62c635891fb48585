//! `rca timeline` on evidence made here: which rows are about an entity, in which order, and what is shown of them.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::rca::{folder, root, rows, rows_in, run_in};

fn write(place: &Path, name: &str, text: &str) {
    fs::write(place.join(name), text).expect("written");
}

pub fn origins(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["origin"].as_str().expect("an origin")).collect()
}

pub fn texts<'a>(rows: &'a [Value], key: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[key].as_str().unwrap_or_default()).collect()
}

#[test]
fn columns_that_mean_the_same_hold_the_same_entity() {
    let place = folder();
    write(place.path(), "a.csv", "ts,machineID,qty\n2025-03-01 08:00:00,1,7\n2025-03-01 08:00:01,2,1\n");
    write(place.path(), "b.csv", "ts,machine_id,volt\n2025-03-01 08:00:02,1.0,1.0\n2025-03-01 08:00:03,7.5,1.0\n");
    write(place.path(), "c.csv", "ts,serial_no,note\n2025-03-01 08:00:04,SN1,x\n2025-03-01 08:00:05,SN12,x\n");
    let of = |entity: &str| rows_in(place.path(), &["timeline", "--entity", entity, "a.csv", "b.csv", "c.csv"]);
    assert_eq!(origins(&of("machine=1")), ["a.csv:2", "b.csv:2"]);
    assert_eq!(texts(&of("machine=1"), "entity"), ["1", "1"]);
    // A bare number is looked for where identities are, and not among counts and measurements.
    assert_eq!(origins(&of("1")), ["a.csv:2", "b.csv:2"]);
    assert_eq!(origins(&of("sn=SN1")), ["c.csv:2"]);
    assert_eq!(origins(&of("SN1")), ["c.csv:2"]);
}

#[test]
fn a_value_in_a_text_is_a_whole_word() {
    let place = folder();
    let log = "2025-03-01 08:00:00,001 INFO [a] c.d.E - unit SN1 in\n\
               2025-03-01 08:00:00,002 INFO [a] c.d.E - unit SN12 in\n\
               2025-03-01 08:00:00,003 INFO [a] c.d.E - (SN1) out\n\
               2025-03-01 08:00:00,004 INFO [a] c.d.E - xSN1 SN1x _SN1\n\
               2025-03-01 08:00:00,005 INFO [a] c.d.E - 100% of O'Hara \"a b\"\n";
    write(place.path(), "gw.log", log);
    write(place.path(), "n.csv", "ts,message\n2025-03-01 08:00:01,see SN1\n2025-03-01 08:00:02,see SN10\n");
    let of = |entity: &str| rows_in(place.path(), &["timeline", "--entity", entity, "gw.log", "n.csv"]);
    assert_eq!(origins(&of("SN1")), ["gw.log:1", "gw.log:3", "n.csv:2"]);
    assert_eq!(origins(&of("100% of O'Hara")), ["gw.log:5"]);
    assert_eq!(origins(&of("\"a b\"")), ["gw.log:5"]);
    assert!(of("O.Hara").is_empty(), "no regular expression");
}

#[test]
fn order_is_the_same_for_any_order_of_sources_and_any_threads() {
    let place = folder();
    let csv = |name: &str| {
        let line = |n: usize| format!("2025-03-01 08:00:0{},SN{},{name}{n}\n", n % 3, n % 5);
        format!("ts,serial,note\n{}", (0..300).map(line).collect::<String>())
    };
    for name in ["a", "b", "c"] {
        write(place.path(), &format!("{name}.csv"), &csv(name));
    }
    let answer = |sources: [&str; 3], threads: &str, more: &[&str]| {
        rows_in(place.path(), &[&["timeline", "--threads", threads][..], more, &sources].concat())
    };
    for more in [&["--entity", "SN3"][..], &["--collapse"], &["--limit", "50"], &["--every", "1s"], &[]] {
        let first = answer(["a.csv", "b.csv", "c.csv"], "1", more);
        assert_eq!(first, answer(["c.csv", "b.csv", "a.csv"], "4", more), "{more:?}");
        assert_eq!(first, answer(["b.csv", "a.csv", "c.csv"], "2", more), "{more:?}");
    }
    let all = answer(["a.csv", "b.csv", "c.csv"], "2", &[]);
    let place_of = |row: &Value| {
        let origin = row["origin"].as_str().expect("an origin");
        let line: u64 = origin.rsplit(':').next().expect("a line").parse().expect("a number");
        (row["ts"].to_string(), row["source"].to_string(), line)
    };
    assert!(all.windows(2).all(|pair| place_of(&pair[0]) < place_of(&pair[1])));
}

#[test]
fn collapsed_rows_count_all_events() {
    let case = |more: &[&str]| rows(&[&["timeline", "-C", "examples/laptop-anomaly"][..], more].concat());
    let all = case(&["--source", "gateway", "--level", "warn"]);
    let collapsed = case(&["--source", "gateway", "--level", "warn", "--collapse"]);
    let repeats: u64 = collapsed.iter().map(|row| row["repeats"].as_u64().expect("a count")).sum();
    assert_eq!(repeats, all.len() as u64);
    assert!(collapsed.len() < all.len());
    // Each row is its first event, and its span ends before the next row begins.
    let mut at = 0;
    for row in &collapsed {
        assert_eq!(row["origin"], all[at]["origin"]);
        let last = &all[at + row["repeats"].as_u64().expect("a count") as usize - 1];
        let until = last["ts"].as_str().expect("a time");
        let told = row["message"].as_str().expect("a message").contains(&format!("(until {until}, "));
        assert_eq!(told, last["ts"] != row["ts"], "{row}");
        at += row["repeats"].as_u64().expect("a count") as usize;
    }
}

#[test]
fn what_differs_in_more_than_numbers_is_not_collapsed() {
    let place = folder();
    let log = "2025-03-01T08:00:00Z ERROR request failed\njava.lang.IllegalStateException: pool exhausted\n\tat a.B.c(B.java:12)\n\
               2025-03-01T08:00:01Z ERROR request failed\njava.lang.OutOfMemoryError: heap\n\tat a.B.c(B.java:12)\n\
               2025-03-01T08:00:02Z INFO unit SN001 took 780 ms at 10.0.0.1\n\
               2025-03-01T08:00:03Z INFO unit SN001 took 9.5 ms at 10.0.0.1\n\
               2025-03-01T08:00:04Z INFO unit SN002 took 780 ms at 10.0.0.1\n\
               2025-03-01T08:00:05Z INFO unit SN002 took 780 ms at 10.0.0.2\n\
               2025-03-01T08:00:06Z INFO accepted serial=1001 in 5 ms\n\
               2025-03-01T08:00:07Z INFO accepted serial=1002 in 5 ms\n";
    write(place.path(), "x.log", log);
    let found = rows_in(place.path(), &["timeline", "x.log", "--collapse"]);
    assert_eq!(
        found.iter().map(|row| row["repeats"].as_u64().expect("a count")).collect::<Vec<_>>(),
        [1, 1, 2, 1, 1, 1, 1]
    );
    let message = found[2]["message"].as_str().expect("a message");
    assert_eq!(message, "unit SN001 took <*> ms at 10.0.0.1 (until 2025-03-01T08:00:03Z, 1s)");
}

#[test]
fn counts_per_stretch_lose_no_event() {
    let place = folder();
    write(
        place.path(),
        "n.csv",
        "ts,level,n\n2025-01-06 00:00:00,warn,1\n2025-01-12 23:59:59,fatal,2\n,error,3\n2025-01-13 00:00:00,info,4\n",
    );
    let found = rows_in(place.path(), &["timeline", "n.csv", "--every", "7d"]);
    assert_eq!(texts(&found, "bucket"), ["2025-01-06T00:00:00Z", "2025-01-06T00:00:00Z", "2025-01-13T00:00:00Z", ""]);
    assert_eq!(texts(&found, "level"), ["warn", "fatal", "info", "error"]);
}

#[test]
fn one_broken_time_takes_no_other_away() {
    let place = folder();
    write(place.path(), "t.csv", "ts,serial\n2025-01-01 00:00:00,S\n2025-01-01 00:00:01,S\n0000-00-00 00:00:00,S\n");
    let output = run_in(place.path(), &["timeline", "t.csv", "-f", "csv", "--strict"]);
    let (rows, said) =
        (String::from_utf8(output.stdout).expect("UTF-8"), String::from_utf8(output.stderr).expect("UTF-8"));
    assert_eq!((rows.lines().count(), output.status.code()), (4, Some(3)), "{said}");
    assert!(said.contains("1 value of `ts` is no time and NULL here (t.csv:4)"), "{said}");
}

#[test]
fn what_cannot_be_found_is_said() {
    let place = folder();
    write(place.path(), "t.csv", "ts,serial,n\n2025-01-01 00:00:00,SN1,12\n");
    let said = |entity: &str| {
        let output = run_in(place.path(), &["timeline", "t.csv", "-f", "csv", "--entity", entity]);
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    assert!(said("sn1").contains("no event is of sn1: letters count as they are typed"));
    assert!(said("12").contains("--entity COL=1"));
    assert!(said("").contains("an entity without a value"));
    assert!(said("-1").contains("no event is of -1"));
    assert!(!said("n=12").contains("no event"));
}

#[test]
fn ids_lead_one_hop_further_and_not_to_others() {
    let related = rows(&["timeline", "--entity", "SN100003", "--related", "-C", "fixtures/timeline"]);
    let via = |id: &str| related.iter().filter(|row| row["entity"] == format!("SN100003 via {id}")).count();
    // Tests 3 and 4 are its own, with three steps each, and the request of the first was slow.
    assert_eq!((via("test=3"), via("test=4"), via("request=c03e-77a3")), (3, 3, 1));
    let mut places = origins(&related);
    places.sort_unstable();
    let count = places.len();
    places.dedup();
    assert_eq!(places.len(), count, "no row twice");
    let direct = rows(&["timeline", "--entity", "SN100003", "-C", "fixtures/timeline"]);
    assert_eq!(count, direct.len() + 7);
    // A number is followed in the columns of its own thing only: `step_id` and `value` may hold the same.
    assert!(related.iter().all(|row| row["table_name"] != "oven"));
}

#[test]
fn ids_that_others_have_are_not_followed() {
    let place = folder();
    write(
        place.path(),
        "t.csv",
        "ts,serial,batch_id,job_id\n2025-03-01 08:00:00,SN100001,B7,J1\n2025-03-01 08:00:01,SN100002,B7,J2\n",
    );
    write(place.path(), "j.csv", "ts,job_id,state\n2025-03-01 08:00:02,J1,done\n2025-03-01 08:00:03,J2,done\n");
    write(place.path(), "b.csv", "ts,batch_id,temp\n2025-03-01 08:00:04,B7,180\n");
    let output = run_in(
        place.path(),
        &["timeline", "--entity", "SN100001", "--related", "t.csv", "j.csv", "b.csv", "-f", "ndjson"],
    );
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let found: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("a row")).collect();
    assert_eq!(origins(&found), ["t.csv:2", "j.csv:2"]);
    let notes = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(notes.contains("occur with it alone: job=J1"), "{notes}");
    assert!(notes.contains("others have them too: batch=B7"), "{notes}");
}

#[test]
fn fields_that_lines_name_hold_ids_like_columns() {
    let place = folder();
    let line = |second: u32, rest: &str| {
        format!("{{\"ts\":\"2025-03-01T08:00:{second:02}Z\",\"level\":\"info\",\"msg\":\"x\",{rest}}}\n")
    };
    let log = [
        line(1, "\"serial\":\"SN1\",\"request_id\":\"abc-1\""),
        line(2, "\"request_id\":\"abc-1\""),
        line(3, "\"serial\":\"SN-1\",\"order_id\":\"O0\""),
        line(4, "\"serial\":\"SN2\",\"order_id\":\"O1\""),
        line(5, "\"order_id\":\"O1\",\"serial\":\"SN1\""),
    ];
    write(place.path(), "o.ndjson", &log.concat());
    let related = rows_in(place.path(), &["timeline", "o.ndjson", "--entity", "SN1", "--related"]);
    assert_eq!(origins(&related), ["o.ndjson:1", "o.ndjson:2", "o.ndjson:5"], "the order is SN2's too");
    assert_eq!(related[1]["entity"], "SN1 via request=abc-1");
    // A value is the whole value, and no word of it.
    assert!(rows_in(place.path(), &["timeline", "o.ndjson", "--entity", "SN"]).is_empty());
}

#[test]
fn ids_are_looked_for_at_all_times_and_in_all_sources() {
    let place = folder();
    write(place.path(), "t.csv", "ts,serial,test_id\n2025-01-01 00:00:00,SN1,77\n");
    write(place.path(), "s.csv", "ts,test_id,step\n2025-01-01 00:00:05,77,a\n2025-01-01 00:00:06,78,a\n");
    let ask = |flags: &[&str]| {
        rows_in(place.path(), &[&["timeline", "t.csv", "s.csv", "--entity", "SN1", "--related"][..], flags].concat())
    };
    assert_eq!(origins(&ask(&["--from", "2025-01-01 00:00:03"])), ["s.csv:2"]);
    assert_eq!(origins(&ask(&["--source", "s"])), ["s.csv:2"]);
}

#[test]
fn a_short_number_in_a_text_stands_behind_its_name() {
    let place = folder();
    let log = "2025-03-01 08:00:00,001 INFO [a] c.d.E - test 256 began\n\
               2025-03-01 08:00:00,002 INFO [a] c.d.E - queue 256\n\
               2025-03-01 08:00:00,003 INFO [a] c.d.E - test_id=256 done\n";
    write(place.path(), "gw.log", log);
    write(place.path(), "t.csv", "ts,test_id\n2025-03-01 08:00:00,256\n");
    let of = |entity: &str| rows_in(place.path(), &["timeline", "--entity", entity, "t.csv", "gw.log"]);
    assert_eq!(origins(&of("test_id=256")), ["t.csv:2", "gw.log:1", "gw.log:3"]);
    assert_eq!(of("256").len(), 4, "a bare one is any word");
}

#[test]
fn bare_names_of_ids_count_where_their_values_are_ids() {
    let place = folder();
    write(place.path(), "c.csv", "ts,serial,request_id\n2025-03-03 08:00:00,SN001,req-8\n2025-03-03 08:00:01,,req-8\n");
    write(
        place.path(),
        "d.csv",
        "ts,serial,req\n2025-03-03 08:00:03,SN002,req-8\n2025-03-03 08:00:04,SN003,req-9\n2025-03-03 08:00:05,,req-9\n",
    );
    let of = |entity: &str| rows_in(place.path(), &["timeline", "c.csv", "d.csv", "--entity", entity, "--related"]);
    assert_eq!(origins(&of("SN001")), ["c.csv:2"], "another has the request too");
    assert_eq!(origins(&of("SN003")), ["d.csv:3", "d.csv:4"]);
}

#[test]
fn what_ran_at_a_time_is_around_it() {
    let ask =
        |flags: &[&str]| rows(&[&["timeline", "-C", "fixtures/timeline", "--source", "station"][..], flags].concat());
    let around = ask(&["--around", "2025-03-01T08:05:44Z", "--window", "1s"]);
    assert_eq!(origins(&around), ["station.sql:9"], "it began before and ended then");
    // The ends of a window are of what is listed: when a row began.
    assert!(ask(&["--from", "2025-03-01T08:05:43Z", "--to", "2025-03-01T08:05:45Z"]).is_empty());
}

#[test]
fn records_are_passed_over_unless_all_must_be_read() {
    let place = folder();
    write(place.path(), "t.csv", "ts,serial,a,b\n2025-03-01 08:00:00,SN1,x,y\n2025-03-01 08:00:01,SN2,x\n");
    let output = run_in(place.path(), &["timeline", "--entity", "SN1", "t.csv", "-f", "csv"]);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(said.contains("records without the bytes looked for were passed over"), "{said}");
    let strict = run_in(place.path(), &["timeline", "--entity", "SN1", "t.csv", "-f", "csv", "--strict"]);
    assert_eq!(strict.status.code(), Some(3), "{}", String::from_utf8_lossy(&strict.stderr));
}

#[test]
fn the_clock_that_others_disagree_with_is_found_and_set_right() {
    let place = folder();
    let mut tests = String::from("serial,started_at,ended_at\n");
    let (mut sender, mut gateway) = (String::new(), String::new());
    for n in 0..40_i64 {
        let at = |second: i64, milli: i64| {
            let second = n * 100 + second;
            format!("2025-03-01T{:02}:{:02}:{:02}.{milli:03}Z", 8 + second / 3600, second / 60 % 60, second % 60)
        };
        let serial = format!("SN{:05}", 100 + n);
        tests.push_str(&format!("{serial},{},{}\n", at(0, 0), at(40 + n % 7, 0)));
        let event =
            |at: String, text: &str| format!("{{\"ts\":\"{at}\",\"level\":\"info\",\"msg\":\"{text} {serial}\"}}\n");
        sender.push_str(&event(at(40 + n % 7, 20 + n), "finished"));
        // Ten minutes fast, and some units never arrived.
        if n % 5 != 0 {
            gateway.push_str(&event(at(640 + n % 7, 300 + n * 3), "forwarded"));
        }
    }
    write(place.path(), "tests.csv", &tests);
    write(place.path(), "sender.jsonl", &sender);
    write(place.path(), "gateway.jsonl", &gateway);
    let check = |more: &[&str]| {
        rows_in(
            place.path(),
            &[&["timeline", "--check-clocks", "tests.csv", "sender.jsonl", "gateway.jsonl"][..], more].concat(),
        )
    };
    let found = check(&[]);
    let of = |rows: &[Value], source: &str| rows.iter().find(|row| row["source"] == source).cloned();
    assert!(of(&found, "gateway").is_some_and(|row| row["anchors"] == 32), "{found:?}");
    let setting = of(&found, "gateway").expect("compared")["setting"].as_str().expect("a setting").to_string();
    assert!(found.iter().all(|row| row["source"] == "gateway" || row["setting"].is_null()), "{found:?}");
    let skew: f64 = setting
        .split("skew=-")
        .nth(1)
        .and_then(|text| text.strip_suffix('s'))
        .expect("a skew")
        .parse()
        .expect("a number");
    assert!((600.0..600.5).contains(&skew), "{setting}");
    let (_, assignment) = setting.split_once(' ').expect("a flag and its value");
    let again = check(&["--set", assignment]);
    assert!(again.iter().all(|row| row["setting"].is_null()), "{again:?}");
    let off = of(&again, "gateway").expect("compared")["offset_s"].as_f64().expect("seconds");
    assert!(off.abs() < 0.001, "{again:?}");
}

#[test]
fn a_table_loaded_at_once_is_marked() {
    let place = folder();
    let rows: String = (0..25).map(|n| format!("SN{n:03},5.{n},2025-03-02 01:00:00\n")).collect();
    write(place.path(), "limits.csv", &format!("serial,most,stamp\n{rows}"));
    let rows: String = (0..25).map(|n| format!("SN{n:03},2025-03-02 01:00:{n:02}\n")).collect();
    write(place.path(), "seen.csv", &format!("serial,stamp\n{rows}"));
    let found = rows_in(place.path(), &["timeline", "--entity", "SN003", "limits.csv", "seen.csv"]);
    assert_eq!(texts(&found, "message"), ["(loaded) most=5.3", ""]);
    assert_eq!(texts(&found, "source"), ["limits", "seen"]);
}

#[test]
fn local_times_follow_the_clocks() {
    let place = folder();
    write(
        place.path(),
        "t.csv",
        "ts,n\n2025-03-30T00:59:59Z,1\n2025-03-30T01:00:00Z,2\n2025-10-26T00:59:59.5Z,3\n2025-10-26T01:00:00Z,4\n",
    );
    let found = rows_in(place.path(), &["timeline", "t.csv", "--show-zone", "Europe/Berlin"]);
    assert_eq!(
        texts(&found, "local_time"),
        [
            "2025-03-30T01:59:59+01:00",
            "2025-03-30T03:00:00+02:00",
            "2025-10-26T02:59:59.500+02:00",
            "2025-10-26T02:00:00+01:00"
        ]
    );
}

#[test]
fn a_page_draws_the_events_and_runs_nothing() {
    let place = folder();
    write(place.path(), "a.log", "2025-03-01 08:00:00,001 ERROR [a] c.d.E - <script>alert(1)</script> \"x\"\n");
    let page = run_in(place.path(), &["timeline", "a.log", "-f", "html", "-q"]);
    let page = String::from_utf8(page.stdout).expect("UTF-8");
    for part in ["<figure class=\"lanes\"", "href=\"#r1\"", "<tr id=\"r1\" class=\"error\">", "&lt;script&gt;"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    for part in ["<script", "http:", "https:", "url("] {
        assert!(!page.contains(part), "{part} in {page}");
    }
    // Many events are drawn as counts, and are all in the table.
    let page = run_in(&root(), &["timeline", "-C", "examples/laptop-anomaly", "-f", "html", "-q"]);
    let page = String::from_utf8(page.stdout).expect("UTF-8");
    assert_eq!(page.matches("<tr id=\"r").count(), 34_447);
    assert!(page.contains("34,447 events") && page.contains("<b class=\"error\""));
}

#[test]
fn every_format_has_the_same_rows() {
    let place = folder();
    let parquet = place.path().join("t.parquet").to_string_lossy().into_owned();
    let case = ["timeline", "--entity", "SN241150", "--related", "--limit", "9", "-C", "examples/laptop-anomaly", "-q"];
    assert!(run_in(&root(), &[&case[..], &["-o", &parquet]].concat()).status.success());
    let kept = rows_in(place.path(), &["query", "select ts, origin from t order by ts, origin", "t.parquet"]);
    let shown = rows(&case[..case.len() - 1]);
    assert_eq!(texts(&kept, "ts"), texts(&shown, "ts"));
}

/// The life of one block over all lines of a log is what a search for its name finds.
#[test]
fn a_timeline_is_what_a_search_finds() {
    let place = folder();
    let mut log = String::new();
    for n in 0..4000_u64 {
        let block = (n * 2_654_435_761) % 97;
        let other = (n * 40_503) % 97;
        let sign = if block.is_multiple_of(2) { "-" } else { "" };
        let stamp = format!("0811{:02} {:02}{:02}{:02}", 9 + n / 2000, n / 200 % 24, n / 60 % 60, n % 60);
        log.push_str(&match n % 3 {
            0 => format!("{stamp} {n} INFO dfs.DataNode$PacketResponder: PacketResponder 1 for block blk_{sign}{block} terminating\n"),
            1 => format!("{stamp} {n} INFO dfs.FSNamesystem: BLOCK* addStoredBlock: 10.0.0.{other}:50010 is added to blk_{sign}{block} size {other}\n"),
            _ => format!("{stamp} {n} WARN dfs.FSDataset: Deleting block blk_{other} file /d/subdir{block}/blk_{sign}{block}\n"),
        });
    }
    write(place.path(), "hdfs.log", &log);
    for block in ["blk_5", "blk_-42", "blk_96"] {
        let expected: Vec<String> = log
            .lines()
            .enumerate()
            .filter(|(_, line)| {
                line.match_indices(block).any(|(at, _)| {
                    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
                    !line[..at].ends_with(is_part) && !line[at + block.len()..].starts_with(is_part)
                })
            })
            .map(|(number, _)| format!("hdfs.log:{}", number + 1))
            .collect();
        assert!(expected.len() > 10, "{block}");
        let mut found = rows_in(place.path(), &["timeline", "--entity", block, "hdfs.log"]);
        found.sort_by_key(|row| row["origin"].as_str().and_then(|origin| origin[9..].parse::<u64>().ok()));
        assert_eq!(origins(&found), expected, "{block}");
    }
}
