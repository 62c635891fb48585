//! `--redact`: nothing of a planted list survives, in any kind of source, command, format, note or error; one secret has
//! one pseudonym everywhere, and two have two.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

use crate::rca::{command, folder};

const KEY: &str = "planted-key-0123456789";

/// What must not be said, and how often it may be looked for by parts: each is looked for as a whole, in lower case.
const PLANTED: &[&str] = &[
    "10.20.30.41",
    "10.20.30.42",
    "2001:db8:77::5",
    "00:1a:2b:3c:4d:5e",
    "00-1a-2b-3c-4d-5f",
    "001a.2b3c.4d60",
    "alice.smith@example.com",
    "smith@example",
    "bob@mail.example.org",
    "hunter2secret",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "xoxb-123456789012-abcdefghijkl",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "Zm9vYmFyYmF6",
    "asmith7",
    "carol9",
    "Acme Works",
    "Umbrella-Corp",
    "O'Brien Ltd",
    "O''Brien Ltd",
    "90417713",
];

/// A message with each secret in its turn.
fn message(n: usize) -> String {
    let all = [
        "connect from 10.20.30.41:8443 failed",
        "peer [2001:db8:77::5]:443 reset by 10.20.30.42",
        "station 00:1A:2B:3C:4D:5E has 00-1a-2b-3c-4d-5f and 001a.2b3c.4d60",
        "mail to Alice.Smith@example.com bounced, cc bob@mail.example.org",
        "login password=hunter2secret refused",
        "key AKIAIOSFODNN7EXAMPLE and ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "hook xoxb-123456789012-abcdefghijkl sent",
        "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "{\"apiKey\": \"Zm9vYmFyYmF6\", \"n\": 1}",
        "cannot open /home/asmith7/data/x.bin",
        "cannot open C:\\Users\\asmith7\\x.bin and postgres://carol9:hunter2secret@10.20.30.41/db",
        "order of Acme Works is late, Umbrella-Corp and O'Brien Ltd too, 90417713",
    ];
    all[n % all.len()].to_string()
}

const CUSTOMERS: [&str; 4] = ["Acme Works", "Umbrella-Corp", "O'Brien Ltd", "90417713"];
const HOSTS: [&str; 3] = ["10.20.30.41", "10.20.30.42", "2001:db8:77::5"];

fn csv(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Evidence of every kind, in a directory named after a person.
fn evidence(place: &Path) {
    let case = place.join("home/asmith7/case");
    fs::create_dir_all(&case).expect("made");
    let time = |n: usize| format!("2025-03-01 {:02}:{:02}:{:02}", 8 + n / 3600, n / 60 % 60, n % 60);
    let rows = 360;
    let (mut table, mut log, mut lines) =
        ("ts,code,customer,host,serial,message\n".to_string(), String::new(), String::new());
    let mut dump = "--\n-- PostgreSQL database dump\n--\nSET client_encoding = 'UTF8';\nCREATE TABLE public.orders (ts timestamp without time zone, customer text, host text, note text, serial text);\nCOPY public.orders (ts, customer, host, note, serial) FROM stdin;\n".to_string();
    let database = rusqlite::Connection::open(case.join("station.db")).expect("opens");
    database
        .execute_batch(
            "CREATE TABLE tests (ts TEXT, customer TEXT, host TEXT, result TEXT, note BLOB, serial TEXT); BEGIN",
        )
        .expect("made");
    for n in (0..rows).filter(|n| !(100..160).contains(n)) {
        let (customer, host) = (CUSTOMERS[n % 4], HOSTS[n % 3]);
        let (message, serial) = (message(n), format!("SN{:04}", n / 4));
        let code = if customer == "Acme Works" && n % 3 == 0 { "E500" } else { "E100" };
        table.push_str(&format!("{},{code},{customer},{host},{serial},{}\n", time(n), csv(&message)));
        log.push_str(&format!(
            "{},{:03} {} [main] a.b.C - {code} {message}\n",
            time(n),
            n % 1000,
            ["INFO", "ERROR"][n % 2]
        ));
        let json = serde_json::json!({"ts": time(n), "customer": customer, "host": host, "data": {"customer": customer, "m": message}});
        lines.push_str(&format!("{json}\n"));
        let copied = message.replace('\\', "\\\\");
        if n % 5 != 0 {
            dump.push_str(&format!("{}\t{customer}\t{host}\t{copied}\t{serial}\n", time(n)));
        }
        let result = if code == "E500" { "fail" } else { "pass" };
        database
            .execute(
                "INSERT INTO tests VALUES (?, ?, ?, ?, ?, ?)",
                rusqlite::params![time(n), customer, host, result, message.as_bytes(), serial],
            )
            .expect("inserted");
    }
    database.execute_batch("COMMIT").expect("done");
    drop(database);
    dump.push_str("\\.\n\n");
    // Lines that cannot be read, which coverage names.
    table.push_str("not a time at 10.20.30.41,E1,Acme Works,h,s,\"m\",too,many,asmith7\n");
    fs::write(case.join("web.csv"), table).expect("written");
    fs::write(case.join("gateway.log"), log).expect("written");
    fs::write(case.join("calls.ndjson"), lines).expect("written");
    fs::write(case.join("mes.sql"), dump).expect("written");
    let made = command("rca", &case)
        .args(["query", "SELECT ts, customer, host, message FROM web", "web.csv", "-o", "export.parquet"])
        .output()
        .expect("rca");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    fs::write(
        case.join("rca.toml"),
        format!(
            "[redact]\nkey = '{KEY}'\ncolumns = ['customer']\n[sources.web]\npath = 'web.csv'\n[sources.gateway]\npath = 'gateway.log'\n\
             [sources.calls]\npath = 'calls.ndjson'\n[sources.mes]\npath = 'mes.sql'\n[sources.station]\npath = 'station.db'\n\
             [sources.export]\npath = 'export.parquet'\n[[checks]]\nname = 'of Acme Works'\nsql = '''SELECT host FROM web WHERE customer = 'Acme Works' '''\n\
             [[checks]]\ntable = 'web'\nunique = ['customer']\n[report]\nbad = '''code = 'E500' '''\ntable = 'web'\n"
        ),
    )
    .expect("written");
}

fn rca(place: &Path, arguments: &[&str]) -> Output {
    command("rca", place).args(arguments).stdin(Stdio::null()).output().expect("rca starts")
}

fn survivors(text: &str) -> Vec<&'static str> {
    let text = text.to_lowercase();
    PLANTED
        .iter()
        .copied()
        .filter(|secret| text.contains(&secret.to_lowercase()))
        .chain(text.contains(KEY).then_some(KEY))
        .collect()
}

fn all_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + "\n" + &String::from_utf8_lossy(&output.stderr)
}

const COMMANDS: &[&[&str]] = &[
    &["sources"],
    &["schema"],
    &["query", "SELECT * FROM web"],
    &["query", "SELECT * FROM calls"],
    &["query", "SELECT * FROM station.tests"],
    &["query", "SELECT * FROM mes.orders"],
    &["query", "SELECT * FROM export"],
    &["query", "SELECT * FROM gateway"],
    &["query", "PIVOT web ON host USING count(*) GROUP BY customer"],
    &[
        "query",
        "SELECT customer AS a, upper(customer) AS b, [host] AS c, {'customer': customer, 'k': message} AS d, encode(message) AS e FROM web",
    ],
    &["query", "EXPLAIN SELECT * FROM web WHERE customer = 'Acme Works' AND host = '10.20.30.41'"],
    &["timeline"],
    &["timeline", "--entity", "10.20.30.41"],
    &["timeline", "--entity", "customer=Acme Works", "--collapse"],
    &["missing"],
    &["missing", "--series", "customer,host"],
    &["missing", "--keys", "web.serial=mes.orders.serial"],
    &["errors"],
    &["errors", "--by", "customer"],
    &["errors", "--audit"],
    &["errors", "--baseline", "2025-03-01 08:00..2025-03-01 08:03"],
    &["templates"],
    &["templates", "--rows"],
    &["trace", "--by", "customer"],
    &["explain", "--bad", "code = 'E500'", "--table", "web"],
    &[
        "compare",
        "--baseline",
        "2025-03-01 08:00..2025-03-01 08:03",
        "--incident",
        "2025-03-01 08:03..2025-03-01 08:06",
    ],
    &["check"],
    &["check", "--from-findings"],
];

#[test]
fn nothing_planted_survives_in_any_command_and_format() {
    let place = folder();
    evidence(place.path());
    let case = &place.path().join("home/asmith7/case").to_string_lossy().into_owned();
    let mut answered = 0;
    for (turn, asked) in COMMANDS.iter().enumerate() {
        // What it is without: a test that plants nothing proves nothing.
        let plain = rca(place.path(), &[asked, &["-C", case, "--set", "redact.on=false", "-f", "csv"][..]].concat());
        let is_planted = !survivors(&all_of(&plain)).is_empty();
        // Every format has its turn, and the two that are read and piped most come always.
        let all: &[&str] = match asked[0] {
            "check" => &["markdown", "jira", "html", "csv", "tsv", "ndjson", "junit", "sarif"],
            _ => &["markdown", "jira", "html", "csv", "tsv", "ndjson"],
        };
        let formats: Vec<&str> = match asked[0] {
            "check" | "schema" => [&["table", "json"], all].concat(),
            _ => vec!["table", "json", all[turn % all.len()]],
        };
        for format in formats {
            let output = rca(place.path(), &[asked, &["-C", case, "-f", format][..]].concat());
            let text = all_of(&output);
            assert_eq!(survivors(&text), Vec::<&str>::new(), "{asked:?} -f {format}: {text}");
            assert_eq!(output.status.code(), plain.status.code(), "{asked:?} -f {format}: {text}");
        }
        let parquet = place.path().join("answer.parquet");
        let output = rca(place.path(), &[asked, &["-C", case, "-o", "answer.parquet"][..]].concat());
        assert_eq!(survivors(&all_of(&output)), Vec::<&str>::new(), "{asked:?} -o answer.parquet");
        if parquet.exists() {
            let bytes = fs::read(&parquet).expect("read");
            let read = rca(place.path(), &["query", "SELECT * FROM answer", "answer.parquet", "-f", "csv"]);
            let text = String::from_utf8_lossy(&bytes).into_owned() + &all_of(&read);
            assert!(read.status.success(), "{text}");
            assert_eq!(survivors(&text), Vec::<&str>::new(), "{asked:?} -o answer.parquet: {}", all_of(&read));
            answered += usize::from(is_planted);
            fs::remove_file(&parquet).expect("removed");
        }
    }
    assert!(answered > 15, "{answered} answers had anything to hide");
}

#[test]
fn pages_notes_and_errors_say_nothing_planted() {
    let place = folder();
    evidence(place.path());
    let case = &place.path().join("home/asmith7/case").to_string_lossy().into_owned();
    for format in ["html", "markdown"] {
        let output = rca(
            place.path(),
            &[
                "report",
                "-C",
                case,
                "-f",
                format,
                "--title",
                "For Acme Works",
                "--question",
                "Why is 10.20.30.41 slow?",
            ],
        );
        let text = all_of(&output);
        assert!(output.status.success(), "{text}");
        assert_eq!(survivors(&text), Vec::<&str>::new(), "report -f {format}: {text}");
        assert!(text.contains("value-") && text.contains("ip-"), "{text}");
    }
    let wrong: &[&[&str]] = &[
        &["query", "SELECT no_such FROM web WHERE host = '10.20.30.41' -- /home/asmith7"],
        &["query", "SELECT error(message) FROM web"],
        &["query", "SELECT message::INT FROM gateway"],
        &["timeline", "--entity", "customer=Acme Workss", "--where", "host = "],
        &["sources", "--strict"],
        &["schema", "--table", "alice.smith@example.com"],
        &["missing", "--set", "sources.web.timezone=hunter2secret-asmith7@example.com"],
        &["query", "SELECT 1", "/home/asmith7/nothing.csv"],
    ];
    for asked in wrong {
        let output = rca(place.path(), &[asked, &["-C", case][..]].concat());
        assert_ne!(output.status.code(), Some(0), "{asked:?}");
        assert_eq!(survivors(&all_of(&output)), Vec::<&str>::new(), "{asked:?}: {}", all_of(&output));
    }
    // Before any setting is read, the flag alone tells.
    fs::write(Path::new(case).join("rca.toml"), "password = hunter2secret").expect("written");
    let output = rca(place.path(), &["sources", "-C", case, "--redact"]);
    assert_eq!(survivors(&all_of(&output)), Vec::<&str>::new(), "{}", all_of(&output));
}

/// The pseudonyms of a text.
fn pseudonyms(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let kinds = ["email-", "ip-", "mac-", "user-", "secret-", "value-"];
    text.split(|c: char| !is_part(c))
        .filter_map(|word| kinds.iter().find_map(|kind| Some(word[word.find(kind)?..].to_string())))
        .filter(|word| word.rsplit('-').next().is_some_and(|digits| digits.len() == 10))
        .collect()
}

#[test]
fn one_secret_has_one_pseudonym_in_every_table_and_command_and_two_have_two() {
    let place = folder();
    let case = place.path().join("home/asmith7/case").to_string_lossy().into_owned();
    evidence(place.path());
    let ask = |more: &[&str]| {
        let output = rca(place.path(), &[more, &["-C", &case, "-f", "json", "-q"][..]].concat());
        assert!(output.status.success(), "{}", all_of(&output));
        serde_json::from_slice::<Vec<BTreeMap<String, serde_json::Value>>>(&output.stdout).expect("rows")
    };
    let tables = ["web", "calls", "station.tests", "mes.orders", "export"];
    let of = |table: &str| -> BTreeSet<(String, String)> {
        let sql = format!("SELECT DISTINCT customer, host FROM {table}");
        ask(&["query", &sql]).iter().map(|row| (row["customer"].to_string(), row["host"].to_string())).collect()
    };
    let first = of("web");
    assert_eq!(first.iter().map(|(customer, _)| customer).collect::<BTreeSet<_>>().len(), CUSTOMERS.len());
    assert_eq!(
        first.iter().map(|(_, host)| host).collect::<BTreeSet<_>>().len() - 1,
        HOSTS.len(),
        "and the bad line's"
    );
    let usual = |pairs: BTreeSet<(String, String)>| {
        pairs.into_iter().filter(|(_, host)| host.contains("ip-")).collect::<BTreeSet<_>>()
    };
    for table in tables {
        assert_eq!(usual(of(table)), usual(first.clone()), "{table}");
    }
    // Counting is of true values, and the same with and without.
    let counts = |more: &[&str]| {
        let rows = ask(
            &[&["query", "SELECT customer, host, count(*) AS n FROM web GROUP BY ALL ORDER BY ALL"], more].concat()
        );
        rows.iter().map(|row| row["n"].as_i64()).collect::<Vec<_>>()
    };
    assert_eq!(counts(&[]), counts(&["--set", "redact.on=false"]));
    // Whoever has the evidence and the key finds what a pseudonym stands for.
    let mut names: HashMap<String, String> = HashMap::new();
    for host in HOSTS {
        let rows = ask(&["query", &format!("SELECT DISTINCT redact(host) AS p FROM web WHERE host = '{host}'")]);
        names.insert(host.to_string(), rows[0]["p"].as_str().expect("a text").to_string());
    }
    let asked = format!("SELECT count(*) AS n FROM mes.orders WHERE redact(host) = '{}'", names["10.20.30.42"]);
    let true_count = ask(&["query", "SELECT count(*) AS n FROM mes.orders WHERE host = '10.20.30.42'"]);
    assert_eq!(ask(&["query", &asked])[0]["n"], true_count[0]["n"]);
    assert!(true_count[0]["n"].as_i64() > Some(10));
    // The address in a sentence, in a URL and with a port is the one of the column, in text and in Parquet.
    let said = rca(place.path(), &["templates", "--rows", "-C", &case, "-f", "csv"]);
    assert!(said.status.success());
    let shown =
        pseudonyms(&all_of(&rca(place.path(), &["query", "SELECT message FROM gateway", "-C", &case, "-f", "csv"])));
    let ips = shown.iter().filter(|name| name.starts_with("ip-")).cloned().collect::<BTreeSet<_>>();
    assert_eq!(ips, names.values().cloned().collect());
    let count = |kind: &str| shown.iter().filter(|name| name.starts_with(kind)).count();
    assert_eq!((count("email-"), count("mac-"), count("user-"), count("value-")), (2, 3, 2, 4), "{shown:?}");
    assert_eq!(count("secret-"), 6, "{shown:?}");
    let output = rca(place.path(), &["query", "SELECT message FROM gateway", "-C", &case, "-o", "g.parquet"]);
    assert!(output.status.success());
    assert_eq!(pseudonyms(&all_of(&rca(place.path(), &["query", "FROM g", "g.parquet", "-f", "csv"]))), shown);
    // Any number of threads.
    let one = rca(place.path(), &["timeline", "-C", &case, "-f", "csv", "--threads", "1"]);
    let many = rca(place.path(), &["timeline", "-C", &case, "-f", "csv", "--threads", "4"]);
    assert!(one.stdout == many.stdout);
}

#[test]
fn the_key_is_asked_for_and_never_short() {
    let place = folder();
    fs::write(place.path().join("a.csv"), "host,customer\n10.0.0.1,Acme\n").expect("written");
    let ask = |key: &str, more: &[&str]| {
        let mut run = command("rca", place.path());
        if !key.is_empty() {
            run.env("RCA_REDACT_KEY", key);
        }
        run.args(["query", "SELECT * FROM a", "a.csv", "--redact", "-f", "csv"])
            .args(more)
            .output()
            .expect("rca starts")
    };
    let (first, second) = (ask("", &[]), ask("", &[]));
    assert_ne!(first.stdout, second.stdout, "a key of its own each time");
    assert!(all_of(&first).contains("of this answer alone, since no key is set"), "{}", all_of(&first));
    let (first, second) = (ask(KEY, &[]), ask(KEY, &[]));
    assert_eq!(first.stdout, second.stdout);
    assert!(!all_of(&first).contains("of this answer alone"));
    assert_ne!(ask("another key of some length", &[]).stdout, first.stdout);
    assert_eq!(ask("short", &[]).status.code(), Some(2));
    assert!(all_of(&first).contains("Acme"), "the column is not named");
    assert!(!all_of(&ask(KEY, &["--redact-columns", "Customer"])).contains("Acme"));
    assert!(!all_of(&ask(KEY, &["--redact-columns", "a.customer"])).contains("Acme"));
    let wrong = ask(KEY, &["--redact-columns", "custmer"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(all_of(&wrong).contains("did you mean `customer`"), "{}", all_of(&wrong));
}
