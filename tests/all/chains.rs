//! Commands in a chain when there is nothing to hand on, and conditions on the evidence of SQL.

use std::path::Path;
use std::process::{Output, Stdio};

use crate::hostile::{said, write};
use crate::rca::{command, folder};

fn shell(place: &Path, line: &str) -> Output {
    command("sh", place).args(["-c", line]).stdin(Stdio::null()).output().expect("sh starts")
}

/// Each line of shell with its exit code, its answer and a part of what is said.
fn hold(place: &Path, lines: &[(&str, i32, &str, &str)]) {
    for (line, code, shown, told) in lines {
        let output = shell(place, line);
        let told_all = said(&output);
        assert_eq!(output.status.code(), Some(*code), "{line}: {told_all}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), *shown, "{line}: {told_all}");
        assert!(told_all.contains(told), "{line}: {told_all}");
    }
}

#[test]
fn a_chain_holds_when_nothing_is_found() {
    let place = folder();
    let text = (0..40).map(|n| format!("2025-03-01T08:{n:02}:00Z,{}\n", n * 7 % 10)).collect::<String>();
    write(place.path(), "clean.csv", "ts,v\n".to_string() + &text);
    write(place.path(), "a.csv", "k,v\na,1\nb,2\n");
    hold(
        place.path(),
        &[
            ("rca missing clean.csv -q -f csv | rca query 'select count(*) n from stdin' - -q -f csv", 0, "n\n0\n", ""),
            (
                "rca missing clean.csv -q -f csv | rca query 'select kind, sum(missing) m from stdin group by 1' - -q -f csv",
                0,
                "kind,m\n",
                "",
            ),
            (
                "rca missing clean.csv -q -f ndjson | rca query 'select count(*) n from stdin' - -q -f csv",
                0,
                "n\n0\n",
                "",
            ),
            (
                "rca missing clean.csv -q -f json | rca query 'select count(*) n from stdin' - -q -f csv",
                0,
                "n\n0\n",
                "",
            ),
            (
                "rca missing clean.csv -q -f ndjson | rca query 'select kind, sum(missing) m from stdin where share > 0.1 group by 1' - -f csv",
                0,
                "kind,m\n",
                "the input is empty; taken for its columns: kind, missing, share",
            ),
            (
                "rca query 'select n + 1 as m from stdin left join a on a.k = stdin.n' - a.csv -q -f csv < /dev/null",
                0,
                "m\n",
                "",
            ),
            ("rca query 'selec nonsense' - < /dev/null", 2, "", "syntax error"),
            ("rca query 'select count(*) from nowhere' - < /dev/null", 2, "", "nowhere does not exist"),
            ("rca query 'select k2 from a' a.csv - < /dev/null", 2, "", "k2"),
            ("rca errors - -f csv -q < /dev/null | head -c 10", 0, "code,descr", ""),
            ("rca missing - -f csv -q < /dev/null | head -c 10", 0, "kind,sourc", ""),
            // One column is a table, and so is its name alone.
            (
                "rca query 'select k from a' a.csv -q -f csv | rca query 'select count(*) n from stdin' - -q -f csv",
                0,
                "n\n2\n",
                "",
            ),
            (
                "rca query 'select v from a' a.csv -q -f csv | rca query 'select sum(v)::INT n from stdin' - -q -f csv",
                0,
                "n\n3\n",
                "",
            ),
            (
                "rca query \"select k from a where k = 'z'\" a.csv -q -f csv | rca query 'select k from stdin' - -q -f csv",
                0,
                "k\n",
                "",
            ),
            // Text that is none of it is still said to be none.
            ("printf 'some words\\nand more of them\\n' | rca sources -", 3, "", "is no evidence"),
        ],
    );
}

#[test]
fn conditions_of_a_query_are_the_evidences() {
    let place = folder();
    write(place.path(), "a.csv", "ts,v\n2025-03-01,1\n2025-03-02,2\n2025-03-03,3\n2025-03-04,4\n");
    write(place.path(), "b.csv", "k\nx\ny\n");
    hold(
        place.path(),
        &[
            ("rca query 'select avg(v) as m from a' a.csv --where 'v > 2' -q -f csv", 0, "m\n3.5\n", ""),
            ("rca query 'select count(*) as n from events' a.csv --where 'v > 2' -q -f csv", 0, "n\n2\n", ""),
            (
                "rca query 'select count(*) as n from a, b' a.csv b.csv --where 'v > 2' -f csv",
                0,
                "n\n4\n",
                "--where does not fit the rows of `b`, which stay whole",
            ),
            ("rca query 'select v from a' a.csv --where 'w > 2'", 2, "", "\"w\" not found"),
            ("rca query 'select v from a' a.csv --where 'v > (select avg(v) from a)'", 2, "", "has no SELECT in it"),
            (
                "rca query 'select v from a' a.csv --limit 2 -f csv",
                0,
                "v\n1\n2\n",
                "the first 2 rows are shown, and there are more",
            ),
            ("rca query 'select v from a' a.csv --limit 4 -f csv -q", 0, "v\n1\n2\n3\n4\n", ""),
            ("rca query 'select v from a' a.csv --limit 0 --exit-code -f csv", 1, "v\n", ""),
            ("rca query ' ; ' a.csv", 2, "", "there is no SQL to run"),
        ],
    );
}
