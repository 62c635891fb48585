//! Ids that two tables write differently, that are counted anew in each series, or that are not the same at all: what is
//! only written otherwise is nowhere told to be lost.

use std::fs;
use std::path::Path;

use crate::alike::{said, stamp, write};
use crate::rca::{folder, rows_in, run_in};

/// Each stage with how many entered it and were lost there.
fn stages(place: &Path, arguments: &[&str]) -> Vec<String> {
    let told = |row: &serde_json::Value| {
        format!("{} {} {}", row["stage"].as_str().expect("a name"), row["entered"], row["lost"])
    };
    rows_in(place, &[&["trace"], arguments].concat()).iter().map(told).collect()
}

/// An id of tests, and the same one in other tables.
struct Case {
    name: &'static str,
    tests: fn(u64) -> String,
    others: fn(u64) -> String,
    /// What is said of it by everybody who compares.
    said: &'static str,
}

const CASES: &[Case] = &[
    Case { name: "alike", tests: |n| format!("SN{n:05}"), others: |n| format!("SN{n:05}"), said: "" },
    Case {
        name: "letter case",
        tests: |n| format!("SN{n:05}"),
        others: |n| format!("sn{n:05}"),
        said: "are compared whatever the case of letters",
    },
    Case {
        name: "zeros before",
        tests: |n| format!("{}", 1_005 + n),
        others: |n| format!("{:010}", 1_005 + n),
        said: "are compared whatever the case of letters, blanks around them and zeros before numbers: ",
    },
    Case {
        name: "other zeros before",
        tests: |n| format!("{:06}", 1_005 + n),
        others: |n| format!("{:010}", 1_005 + n),
        said: "are compared whatever the case of letters, blanks around them and zeros before numbers: ",
    },
    Case {
        name: "other cases of letters",
        tests: |n| format!("Sn{n:05}"),
        others: |n| format!("sN{n:05}"),
        said: "are compared whatever the case of letters",
    },
    Case {
        name: "zeros behind a beginning",
        tests: |n| format!("SN-{:06}", 5 + n),
        others: |n| format!("SN-{}", 5 + n),
        said: "are compared whatever the case of letters, blanks around them and zeros before numbers: ",
    },
    Case {
        name: "a beginning",
        tests: |n| format!("SN-{:06}", 5 + n),
        others: |n| format!("{}", 5 + n),
        said: " without the `SN-` that all begin with",
    },
];

/// 400 units of which every tenth failed; a fifth of these has no label, and the lots lack 20.
fn units(place: &Path, case: &Case) {
    let (own, others) = (case.tests, case.others);
    let result = |n: u64| if n % 10 == 3 { "FAIL,E1" } else { "PASS," };
    let lines = (0..400).map(|n| format!("{},{},{}", stamp(n * 60 + 7_200), own(n), result(n)));
    write(place, "tests.csv", "ts,serial,result,error_code", lines);
    let labelled = (0..400).filter(|n| n % 50 != 3);
    write(
        place,
        "labels.csv",
        "sn,label",
        labelled.map(|n| format!("{},{}", others(n), if n % 3 == 0 { "good" } else { "bad" })),
    );
    let lots = (0..400).filter(|n| n % 20 != 7);
    write(place, "mes.csv", "ts,serial,lot", lots.map(|n| format!("{},{},L{}", stamp(n * 60), others(n), n % 4)));
}

#[test]
fn what_is_written_otherwise_is_not_lost() {
    for case in CASES {
        let (place, name) = (folder(), case.name);
        let place = place.path();
        units(place, case);
        let files = ["labels.csv", "mes.csv", "tests.csv"];
        let asked = |command: &[&'static str]| [command, &files[..]].concat();
        let notes = |command: &[&'static str]| {
            let notes = said(place, &asked(command));
            assert!(notes.contains(case.said), "{name}, {command:?}: {notes}");
            notes
        };

        assert_eq!(stages(place, &files), ["mes 380 0", "tests 380 0"], "{name}");
        assert!(notes(&["trace"]).contains("tests: 20 in no stage before"), "{name}");
        let one = (case.tests)(8);
        let states = rows_in(place, &[&asked(&["trace"])[..], &["--entity", &one]].concat());
        let states: Vec<&str> = states.iter().map(|row| row["state"].as_str().expect("a state")).collect();
        assert_eq!(states, ["passed", "passed"], "{name}: {one}");
        let followed = said(place, &[&asked(&["timeline"])[..], &["--entity", &one]].concat());
        let told = format!("mes.serial has `{}`, which may be {one} written otherwise", (case.others)(8));
        assert_eq!(followed.contains(&told), !["alike", "a beginning"].contains(&name), "{name}: {followed}");

        let found = rows_in(place, &asked(&["missing", "--kind", "absent_key"]));
        let missing: Vec<i64> = found.iter().map(|row| row["missing"].as_i64().expect("a count")).collect();
        assert_eq!(missing, [20, 8], "{name}: {found:?}");
        let first = format!("the first is `{}`", (case.tests)(7));
        assert!(found[0]["detail"].as_str().is_some_and(|detail| detail.contains(&first)), "{name}: {found:?}");
        notes(&["missing"]);

        let faults = rows_in(place, &asked(&["errors", "--audit"]));
        let fault = faults.iter().find(|row| row["fault"] == "unlabelled").expect("unlabelled ones");
        let detail = fault["detail"].as_str().expect("a text");
        assert!(detail.starts_with("8 of the 40 serial values that failed with E1 "), "{name}: {detail}");
        notes(&["errors", "--audit"]);
        let shown = rows_in(place, &[&["query", fault["sql"].as_str().expect("SQL")], &files[..]].concat());
        let first = shown[0]["serial"].to_string();
        assert_eq!((shown.len(), first.trim_matches('"')), (8, (case.tests)(3).as_str()), "{name}: {shown:?}");
        let by = notes(&["errors", "--by", "mes.lot"]);
        assert!(!by.contains("no row in mes"), "{name}: {by}");

        let explained =
            notes(&["explain", "--table", "tests", "--bad", "result='FAIL'", "--where", "labels.label='good'"]);
        assert!(!explained.contains("error:"), "{name}: {explained}");
        let page = run_in(place, &[&asked(&["report"])[..], &["-f", "markdown"]].concat());
        let page = String::from_utf8(page.stdout).expect("UTF-8");
        assert!(page.contains("380 entities entered the first stage, and none was lost."), "{name}: {page}");
        assert!(!page.contains("has a label"), "{name}: {page}");
    }
}

#[test]
fn tables_that_share_no_id_lost_none() {
    let place = folder();
    let place = place.path();
    let line = |id: &str, n: u64, late: u64| format!("{},{id}{:05},FAIL,E1", stamp(n * 60 + late), n + 1);
    write(place, "orders.csv", "ts,order_id,result,error_code", (0..300).map(|n| line("ORD-", n, 0)));
    write(
        place,
        "shipments.csv",
        "ts,orderId,carrier",
        (0..280).map(|n| format!("{},SHP-{n:05},C{}", stamp(n * 60), n % 3)),
    );
    write(place, "labels.csv", "order_id,label", (0..280).map(|n| format!("LBL-{n:05},good")));
    let refused = run_in(place, &["trace", "orders.csv", "shipments.csv"]);
    let told = String::from_utf8_lossy(&refused.stderr).to_string();
    assert_eq!(refused.status.code(), Some(2), "{told}");
    assert!(
        told.contains(
            "shipments is no stage behind or before orders: shipments.orderId (such as `SHP-00000`) and orders.order_id \
             (such as `ORD-00001`) share no order, so none is told to be lost there"
        ),
        "{told}"
    );
    let page = run_in(place, &["report", "orders.csv", "shipments.csv", "-f", "markdown"]);
    let page = String::from_utf8(page.stdout).expect("UTF-8");
    assert!(page.contains("Stages were not followed") && !page.contains("were lost there"), "{page}");
    let audited = said(place, &["errors", "--audit", "orders.csv", "labels.csv"]);
    assert!(
        audited.contains("share no id, so unlabelled failures are not looked for") && !audited.contains("has a label"),
        "{audited}"
    );
    let by = said(place, &["errors", "--by", "shipments.carrier", "orders.csv", "shipments.csv"]);
    assert!(by.contains("share no id: no carrier can be told of these errors"), "{by}");
    let missing = said(place, &["missing", "orders.csv", "shipments.csv"]);
    assert!(missing.contains("share no id and are not compared") && !missing.contains("--keys orders"), "{missing}");
    // A third table that hangs together with one of them makes a way of two.
    write(place, "paid.csv", "ts,order_id", (0..290).map(|n| format!("{},ORD-{:05}", stamp(n * 60 + 30), n + 1)));
    assert_eq!(stages(place, &["orders.csv", "paid.csv", "shipments.csv"]), ["orders 300 0", "paid 300 10"]);
    // Nor are they the stages of somebody who says that they are.
    let declared = "[sources.orders]\npath=\"orders.csv\"\n[sources.shipments]\npath=\"shipments.csv\"\n\
                    [[stages]]\ntable=\"orders\"\nkey=\"order_id\"\n[[stages]]\ntable=\"shipments\"\nkey=\"orderId\"\n";
    fs::write(place.join("rca.toml"), declared).expect("written");
    assert_eq!(run_in(place, &["trace", "-C", "."]).status.code(), Some(2));
}

/// Messages of four devices, each with numbers of its own; every 25th is lost on the way.
fn messages(place: &Path, of_cloud: fn(u64) -> String) {
    let lines = |late: u64, device: &dyn Fn(u64) -> String, keeps: &dyn Fn(u64) -> bool| -> Vec<String> {
        let all = (0..1_000_u64).filter(|n| keeps(*n));
        all.map(|n| format!("{},{},{}", stamp(n * 20 + late), device(n % 4), n / 4 + n % 4 * 40)).collect()
    };
    write(place, "agent.csv", "ts,device,msg_no", lines(0, &|n| format!("DEV-A{n}"), &|_| true).into_iter());
    write(place, "cloud.csv", "ts,device_id,msg_no", lines(5, &of_cloud, &|n| n % 25 != 7).into_iter());
}

#[test]
fn a_number_that_each_device_counts_is_an_entity_with_its_device_only() {
    for of_cloud in [|n: u64| format!("DEV-A{n}"), |n: u64| format!("dev-a{n}")] {
        let place = folder();
        let place = place.path();
        messages(place, of_cloud);
        let files = ["agent.csv", "cloud.csv"];
        assert_eq!(stages(place, &files), ["agent 1000 0", "cloud 1000 40"], "{}", of_cloud(1));
        let notes = said(place, &["trace", "agent.csv", "cloud.csv"]);
        assert!(notes.contains("msg_no is counted within each device: stages are by both, device+msg_no"), "{notes}");
        let keys = ["--keys", "agent.device+msg_no=cloud.device_id+msg_no", "--kind", "absent_key"];
        let found = rows_in(place, &[&["missing", "agent.csv", "cloud.csv"], &keys[..]].concat());
        let missing: Vec<i64> = found.iter().map(|row| row["missing"].as_i64().expect("a count")).collect();
        assert_eq!(missing, [40], "{}: {found:?}", of_cloud(1));
        // Who sent them is known under another name and in another case, too.
        let gaps = rows_in(place, &["missing", "agent.csv", "cloud.csv", "--kind", "sequence_gap"]);
        let is_linked = |row: &serde_json::Value| {
            row["detail"].as_str().is_some_and(|text| text.contains("lost between agent and cloud"))
        };
        assert!(!gaps.is_empty() && gaps.iter().all(is_linked), "{}: {gaps:?}", of_cloud(1));
        let declared = "[sources.agent]\npath=\"agent.csv\"\n[sources.cloud]\npath=\"cloud.csv\"\n\
                        [[stages]]\ntable=\"agent\"\nkey=\"device+msg_no\"\n\
                        [[stages]]\ntable=\"cloud\"\nkey=\"device_id+msg_no\"\n";
        fs::write(place.join("rca.toml"), declared).expect("written");
        assert_eq!(stages(place, &["-C", "."]), ["agent 1000 0", "cloud 1000 40"], "{}", of_cloud(1));
    }
}

#[test]
fn a_number_that_several_have_is_followed_with_whose_it_is() {
    let place = folder();
    let place = place.path();
    // Of five devices, each with 300 messages, three lost ten; the numbers go on, or begin anew at a hundred.
    let rows = |late: u64, modulus: u64, loses: bool| {
        let is_lost = move |device: u64, n: u64| loses && device < 3 && (100..110).contains(&n);
        let each = (0..300).flat_map(|n| (0..5).map(move |device| (device, n)));
        let kept = each.filter(move |(device, n)| !is_lost(*device, *n));
        kept.map(move |(device, n)| format!("{},DEV{device},{}", stamp(n * 60 + late), n % modulus))
    };
    write(place, "sent.csv", "ts,device,msg_no", rows(0, 1_000, false));
    write(place, "received.csv", "ts,device,msg_no", rows(5, 1_000, true));
    let files = ["sent.csv", "received.csv"];
    assert_eq!(stages(place, &files), ["sent 1500 0", "received 1500 30"]);
    let states = |entity: &str| {
        let rows = rows_in(place, &[&["trace", "--entity", entity], &files[..]].concat());
        rows.iter().map(|row| row["state"].as_str().expect("a state").to_string()).collect::<Vec<_>>()
    };
    assert_eq!(states("device+msg_no=DEV2, 105"), ["passed", "lost"]);
    assert_eq!(states("DEV3, 105"), ["passed", "passed"]);
    let refused = said(place, &[&["trace", "--entity", "msg_no=105"], &files[..]].concat());
    assert!(refused.contains("msg_no is counted within each device: 5 of them have 105"), "{refused}");
    assert!(refused.contains("--entity 'device+msg_no=DEV0, 105'"), "{refused}");
    // What is lost cannot be told by a number that begins anew.
    write(place, "sent.csv", "ts,device,msg_no", rows(0, 100, false));
    write(place, "received.csv", "ts,device,msg_no", rows(5, 100, true));
    let notes = said(place, &[&["trace"], &files[..]].concat());
    assert!(
        notes.contains("msg_no is no entity: it is counted anew, and the same number stands in 14 rows"),
        "{notes}"
    );
    assert!(notes.contains("stages by device"), "{notes}");
}

#[test]
fn of_a_stage_that_stopped_only_the_latest_may_be_on_their_way() {
    let place = folder();
    let place = place.path();
    write(place, "entered.csv", "ts,serial", (0..600).map(|n| format!("{},SN{n:04}", stamp(n * 60))));
    let late = |n: u64| n * 60 + 300 + n * 37 % 1_500;
    let passed = (0..600).filter(|n| late(*n) < 7_200).map(|n| format!("{},SN{n:04}", stamp(late(n))));
    write(place, "passed.csv", "ts,serial", passed);
    let notes = said(place, &["trace", "entered.csv", "passed.csv"]);
    let longest = (0..600).filter(|n| late(*n) < 7_200).map(|n| late(n) - n * 60).max().expect("a time");
    let underway = (0..600).filter(|n| n * 60 + longest > 599 * 60).count();
    assert!(
        notes.contains(&format!("passed: {underway} of the lost may still be on their way")),
        "{underway}: {notes}"
    );
    assert!(notes.contains("; none came after 2025-03-01T01:5"), "{notes}");
}

#[test]
fn what_took_no_longer_so_far_is_not_on_its_way_and_logs_that_tell_of_it_are_named() {
    let place = folder();
    let place = place.path();
    write(place, "pickups.csv", "ts,parcel_id", (0..400).map(|n| format!("{},PK{n:06}", stamp(n * 600))));
    // From three to fourteen hours, and a tenth is lost.
    let arrives = |n: u64| n * 600 + 3 * 3_600 + n * 7 % 6 * 3_600 + n * 13 % 61 * 360;
    let delivered = (0..400).filter(|n| n % 10 != 4);
    write(place, "deliveries.csv", "ts,parcel_id", delivered.map(|n| format!("{},PK{n:06}", stamp(arrives(n)))));
    fs::create_dir(place.join("hub-logs")).expect("made");
    let line = |n: u64| format!("{} INFO hub scanned parcel=PK{n:06} at gate", stamp(n * 600 + 1_800));
    write(&place.join("hub-logs"), "hub.log", "2025-03-01T00:00:00Z INFO hub started", (0..400).map(line));
    let files = ["pickups.csv", "deliveries.csv", "hub-logs"];
    assert_eq!(stages(place, &files), ["pickups 400 0", "deliveries 400 40"]);
    let notes = said(place, &[&["trace"], &files[..]].concat());
    let last = (0..400).filter(|n| n % 10 != 4).map(arrives).max().expect("a time");
    let longest = (0..400).filter(|n| n % 10 != 4).map(|n| arrives(n) - n * 600).max().expect("a time");
    let underway = (0..400).filter(|n| n % 10 == 4 && n * 600 + longest > last).count();
    assert!(
        notes.contains(&format!("deliveries: {underway} of the lost may still be on their way, it usually takes ")),
        "{notes}"
    );
    assert!(notes.contains("hub_logs has parcel in messages and is no stage"), "{notes}");
}

#[test]
fn ids_that_are_given_again_hide_no_loss() {
    let place = folder();
    let place = place.path();
    // Each of 200 ids is there twice; eight of the second ones are not matched.
    let line = |n: u64, late: u64| format!("{},S{:04}", stamp(n * 60 + late), n % 200);
    write(place, "sessions.csv", "ts,session_id", (0..400).map(|n| line(n, 0)));
    write(place, "matches.csv", "ts,session_id", (0..400).filter(|n| *n < 200 || n % 25 != 3).map(|n| line(n, 20)));
    assert!(rows_in(place, &["missing", "--kind", "absent_key", "sessions.csv", "matches.csv"]).is_empty());
    let notes = said(place, &["missing", "sessions.csv", "matches.csv"]);
    assert!(
        notes.contains(
            "sessions.session_id: 200 of 200 keys stand for more than one row, and matches has fewer of 8 of them (8 rows)"
        ),
        "{notes}"
    );
}

#[test]
fn clocks_are_compared_by_ids_that_are_written_otherwise() {
    let place = folder();
    let place = place.path();
    let rows = |late: u64, id: fn(u64) -> String| (0..300).map(move |n| format!("{},{}", stamp(n * 97 + late), id(n)));
    write(place, "sold.csv", "ts,receipt_no", rows(0, |n| format!("{:08}", n + 1)));
    write(place, "settled.csv", "ts,receipt_no", rows(3_600, |n| format!("{}", n + 1)));
    let found = rows_in(place, &["timeline", "--check-clocks", "sold.csv", "settled.csv"]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0]["anchors"], &found[0]["offset_s"]), (&300.into(), &(-3_600.0).into()), "{found:?}");
    assert_eq!(found[0]["example"].as_str(), Some("1"), "{found:?}");
}
