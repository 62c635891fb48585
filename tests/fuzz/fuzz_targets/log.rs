//! Logs: every line of the file is in exactly one record, and what stands in it is said; times are the same whatever
//! the splits, as a stream, and by several cursors.
#![no_main]

use rca::fuzzed::{self, How, LOG};
use rca_fuzz::{is_packed, lines};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if is_packed(bytes) {
        return;
    }
    let (_, text) = fuzzed::decoded(bytes, 1 << 20);
    let how = |is_packed, threads| How { is_packed, threads, ..How::default() };
    let Some(told) = fuzzed::read(LOG, bytes, how(false, 1)) else { return };
    let plain = &told.tables[0];
    let all = lines(&text);
    let starts = plain.lines();
    let messages = plain.column("message");
    let is_plain = !plain.format.contains(['>', '{'])
        && !["journal_export", "windows_event_xml", "json", "w3c", "zeek", "compose", "cri"]
            .iter()
            .any(|name| plain.format.contains(name));
    let is_blank = |line: &[u8]| line.trim_ascii().is_empty();
    assert!(starts.iter().all(|start| *start as usize <= all.len()), "{starts:?}");
    assert!(starts.windows(2).all(|pair| pair[0] <= pair[1]), "{starts:?}");
    if is_plain {
        assert!(starts.windows(2).all(|pair| pair[0] < pair[1]), "{starts:?}");
        // Lines before the first record are records of their own, or blank.
        let first = starts.first().map_or(all.len() + 1, |first| *first as usize);
        assert!(all[..first - 1].iter().all(|(_, line)| is_blank(line)), "lines before line {first}");
        for (at, start) in starts.iter().enumerate() {
            let end = starts.get(at + 1).map_or(all.len() + 1, |next| *next as usize);
            let more: Vec<&[u8]> = all[*start as usize..end - 1].iter().map(|(_, line)| *line).collect();
            // Colours and zeros are taken out, which other tests hold.
            if more.iter().any(|line| line.contains(&0x1b) || line.contains(&0)) {
                continue;
            }
            let more =
                more.iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect::<Vec<_>>().join(&b'\n');
            let more = String::from_utf8_lossy(more.trim_ascii()).into_owned();
            assert!(messages[at].unwrap_or_default().ends_with(&more), "{more:?} is not in {:?}", messages[at]);
        }
        let lacks_time = plain.column("ts").iter().filter(|ts| ts.is_none()).count();
        // A record whose time no clock has is counted as a value that is no time.
        let lacks_time = lacks_time as u64;
        let counted = plain.fault("NoTime")..=plain.fault("NoTime") + plain.fault("Value");
        assert!(counted.contains(&lacks_time), "{lacks_time} of {counted:?}");
    }
    let packed = fuzzed::read(LOG, bytes, how(true, 1)).expect("opens as a stream too");
    assert_eq!(packed.tables[0].format, plain.format);
    assert_eq!(packed.tables[0].rows, plain.rows);
    assert_eq!(packed.tables[0].faults, plain.faults);
    let mut by_three = fuzzed::read(LOG, bytes, how(true, 3)).expect("opens as a stream too").tables.remove(0);
    let mut sorted = plain.rows.clone();
    sorted.sort();
    by_three.rows.sort();
    assert_eq!(by_three.rows, sorted);
    assert_eq!(by_three.faults, plain.faults);
});
