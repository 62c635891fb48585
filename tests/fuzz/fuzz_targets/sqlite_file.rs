//! SQLite database files: of each table the rows that SQLite itself reads, or a fault that says so.
#![no_main]

use rca::fuzzed::{self, How, SQLITE};
use rca_fuzz::losses;
use rusqlite::{Connection, OpenFlags};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some(told) = fuzzed::read(SQLITE, bytes, How::default()) else { return };
    let path = format!("/dev/shm/rca-fuzz-own-{}", std::process::id());
    std::fs::write(&path, bytes).expect("written");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let Ok(database) = Connection::open_with_flags(format!("file:{path}?immutable=1"), flags) else { return };
    let lost = losses(&told);
    for table in &told.tables {
        let asked = format!("SELECT * FROM main.\"{}\" NOT INDEXED", table.name.replace('"', "\"\""));
        let Ok(mut statement) = database.prepare(&asked) else { continue };
        let Ok(mut rows) = statement.query([]) else { continue };
        let (mut count, mut is_whole) = (0_u64, true);
        loop {
            match rows.next() {
                Ok(Some(_)) => count += 1,
                Ok(None) => break,
                Err(_) => {
                    is_whole = false;
                    break;
                }
            }
        }
        let read = table.rows.len() as u64;
        // Of a table that breaks off rows can be read past the break by their numbers, or before it alone.
        assert!(read == count && is_whole || lost > 0, "{}: {read} of {count}, whole: {is_whole}", table.name);
    }
});
