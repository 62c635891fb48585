//! What SQL of the user may be: one statement that asks, and conditions that are one expression. Told by SQL's own
//! tokens, before the engine sees any of it; what it may reach is the engine's to refuse (`Engine::shut`).

use super::tokens::{Token, Tokens};
use crate::error::{Error, Result};

/// The first words of statements that ask.
const QUESTIONS: [&str; 14] = [
    "select",
    "with",
    "from",
    "values",
    "table",
    "describe",
    "desc",
    "summarize",
    "show",
    "explain",
    "pivot",
    "unpivot",
    "pivot_wider",
    "pivot_longer",
];

/// The statements of a text, each by its first word in lower case; `(` counts as a `select`.
pub fn statements(sql: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_begin = true;
    for token in Tokens::of(sql) {
        match token {
            Token::Mark(b';') => is_begin = true,
            Token::Word(word) if is_begin => {
                found.push(word.to_lowercase());
                is_begin = false;
            }
            Token::Mark(b'(') if is_begin => {
                found.push("select".into());
                is_begin = false;
            }
            Token::Mark(_) | Token::Text(_) | Token::Odd(_) | Token::Open if is_begin => {
                found.push(String::new());
                is_begin = false;
            }
            _ => {}
        }
    }
    found
}

/// Refuses what is no single question. Of SQL that may use files, `COPY` is one too.
///
/// # Errors
/// If it is another kind of statement, if there are several, or if a function in it does something.
pub fn question(sql: &str, allows_files: bool) -> Result<()> {
    let found = statements(sql);
    if found.len() > 1 {
        return Err(Error::question("the SQL has several statements, and one can be answered")
            .hint("ask them one after the other"));
    }
    if let Some(doing) = called(sql, &DOING) {
        return Err(Error::question(format!("`{doing}()` asks nothing of the evidence"))
            .detail("it changes how the engine works, or runs what another text says")
            .hint("ask without it"));
    }
    if let Some(explained) = explained(sql).filter(|word| !QUESTIONS.contains(&word.as_str())) {
        return Err(
            Error::question(format!("EXPLAIN of `{}` could run it", explained.to_uppercase())).hint("explain a SELECT")
        );
    }
    match found.first().map(String::as_str) {
        Some(word) if QUESTIONS.contains(&word) => Ok(()),
        Some("copy") if allows_files => Ok(()),
        Some("copy") => Err(Error::question("SQL of `rca query` writes no file")
            .hint("write the answer with -o FILE, or allow it: --allow-files")),
        Some(word) if word.chars().all(|c| c.is_ascii_alphabetic()) && !word.is_empty() && is_statement(word) => {
            Err(Error::question(format!("`{}` asks nothing, and rca changes nothing", word.to_uppercase()))
                .hint("ask with SELECT, DESCRIBE, SUMMARIZE or EXPLAIN"))
        }
        // The engine says what is wrong with it.
        _ => Ok(()),
    }
}

/// Words that begin statements which the engine would run, and which ask nothing.
fn is_statement(word: &str) -> bool {
    const OTHERS: [&str; 38] = [
        "abort",
        "alter",
        "analyze",
        "attach",
        "begin",
        "call",
        "checkpoint",
        "comment",
        "commit",
        "create",
        "copy",
        "deallocate",
        "delete",
        "detach",
        "drop",
        "end",
        "execute",
        "export",
        "force",
        "grant",
        "import",
        "insert",
        "install",
        "load",
        "merge",
        "pragma",
        "prepare",
        "reset",
        "revoke",
        "rollback",
        "set",
        "start",
        "transaction",
        "truncate",
        "update",
        "use",
        "vacuum",
        "reindex",
    ];
    OTHERS.contains(&word)
}

/// Functions that do something: they write files or logs, change settings, read memory, or run SQL that a text holds.
const DOING: [&str; 17] = [
    "arrow_scan",
    "arrow_scan_dumb",
    "checkpoint",
    "disable_logging",
    "disable_peg_parser",
    "disable_profile",
    "disable_profiling",
    "enable_logging",
    "enable_peg_parser",
    "enable_profile",
    "enable_profiling",
    "force_checkpoint",
    "json_execute_serialized_sql",
    "query",
    "seq_scan",
    "truncate_duckdb_logs",
    "write_log",
];

/// The first of these functions that SQL calls.
fn called<'a>(sql: &'a str, functions: &[&str]) -> Option<&'a str> {
    let mut word = "";
    for token in Tokens::of(sql) {
        let before = std::mem::take(&mut word);
        match token {
            Token::Mark(b'(') if functions.iter().any(|name| before.eq_ignore_ascii_case(name)) => return Some(before),
            Token::Word(name) => word = name,
            _ => {}
        }
    }
    None
}

/// The first word of what an EXPLAIN is of, in lower case; of a parenthesis that stands last `select`.
fn explained(sql: &str) -> Option<String> {
    let mut depth = 0_u32;
    let mut is_explain = false;
    for token in Tokens::of(sql) {
        match token {
            Token::Word(word) if !is_explain => match word.eq_ignore_ascii_case("explain") {
                true => is_explain = true,
                false => return None,
            },
            Token::Mark(b'(') => depth += 1,
            Token::Mark(b')') => depth = depth.saturating_sub(1),
            Token::Word(word) if depth == 0 && !word.eq_ignore_ascii_case("analyze") => {
                return Some(word.to_lowercase());
            }
            _ => {}
        }
    }
    is_explain.then(|| "select".into())
}

/// Functions that say something else each time they are asked, or do something: all that the engine calls volatile.
const CHANGING: [&str; 16] = [
    "current_connection_id",
    "current_query",
    "current_query_id",
    "current_transaction_id",
    "currval",
    "error",
    "gen_random_uuid",
    "nextval",
    "random",
    "setseed",
    "sleep_ms",
    "stats",
    "uuid",
    "uuidv4",
    "uuidv7",
    "write_log",
];

/// Refuses a condition that is not one expression: it could end the parentheses it is put in, and say more than that.
/// And one that need not hold again where it held: evidence is read more than once.
///
/// # Errors
/// If it does.
pub fn condition(said_by: &str, sql: &str) -> Result<()> {
    let refused = |why: &str| {
        Err(Error::question(format!("`{said_by}` is not one condition"))
            .detail(why)
            .hint(format!("write one expression that is true or false: {said_by} \"level = 'ERROR'\"")))
    };
    if let Some(doing) = called(sql, &DOING) {
        return refused(&format!("`{doing}()` asks nothing of a row"));
    }
    if let Some(changing) = called(sql, &CHANGING) {
        return Err(Error::question(format!("`{said_by}` asks `{changing}()`, which need not say the same again"))
            .detail("evidence is read more than once, and what holds of a row must hold of it each time")
            .hint("take a part of the rows by what they say: hash(message) % 10 = 0"));
    }
    let mut depth = 0_u32;
    let mut tokens = Tokens::of(sql);
    for token in tokens.by_ref() {
        match token {
            Token::Mark(b'(' | b'[' | b'{') => depth += 1,
            Token::Mark(b')' | b']' | b'}') if depth == 0 => return refused("it closes what it did not open"),
            Token::Mark(b')' | b']' | b'}') => depth -= 1,
            Token::Mark(b';') => return refused("it has a `;`"),
            Token::Open => return refused("a quote or a comment in it does not end"),
            Token::Odd(odd) => {
                return refused(&format!("it has a space that is no plain one (U+{:04X})", u32::from(odd)));
            }
            _ => {}
        }
    }
    match depth {
        0 if tokens.ends_in_comment => refused("it ends in a comment, which would take in what follows it"),
        0 => Ok(()),
        _ => refused("it opens what it does not close"),
    }
}

/// Whether a condition asks another query.
pub fn has_query(sql: &str) -> bool {
    Tokens::of(sql).any(|token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case("select")))
}

/// The first table that a query names behind a FROM, as people read it: `station.tests`.
pub fn first_table(sql: &str) -> Option<String> {
    let (mut is_after_from, mut is_distinct, mut name) = (false, false, String::new());
    for token in Tokens::of(sql) {
        match token {
            Token::Word(word) if !is_after_from => {
                // `IS DISTINCT FROM` compares.
                is_after_from = word.eq_ignore_ascii_case("from") && !is_distinct;
                is_distinct = word.eq_ignore_ascii_case("distinct");
            }
            Token::Word(word) if name.is_empty() || name.ends_with('.') => name.push_str(word),
            Token::Mark(b'.') if !name.is_empty() => name.push('.'),
            _ if !name.is_empty() => break,
            _ => is_after_from = false,
        }
    }
    Some(name).filter(|name| !name.is_empty())
}

/// The file that a `COPY … TO 'FILE'` writes.
///
/// # Errors
/// If it names none as a plain text.
pub fn written(sql: &str) -> Result<Option<String>> {
    let mut depth = 0_u32;
    let mut is_after_to = false;
    if statements(sql).first().is_none_or(|word| word != "copy") {
        return Ok(None);
    }
    for token in Tokens::of(sql) {
        match token {
            Token::Mark(b'(') => depth += 1,
            Token::Mark(b')') => depth = depth.saturating_sub(1),
            Token::Text(path) if is_after_to => return Ok(Some(path)),
            _ if is_after_to => break,
            Token::Word(word) if depth == 0 => is_after_to = word.eq_ignore_ascii_case("to"),
            _ => {}
        }
    }
    Err(Error::question("COPY says no file that it writes to").hint("write COPY (SELECT …) TO 'FILE'"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::{Engine, Limits};

    #[test]
    fn the_first_table_is_the_one_behind_from() {
        let is = |sql: &str| first_table(sql).unwrap_or_default();
        assert_eq!(is("SELECT 'from x' AS a FROM station.tests WHERE b"), "station.tests");
        assert_eq!(is("SELECT * FROM (SELECT a IS DISTINCT FROM b FROM \"odd one\")"), "odd one");
        assert_eq!(is("SELECT *, (SELECT count(*) FROM agent) FROM codes"), "agent");
        assert_eq!(is("SELECT 1"), "");
    }

    #[test]
    fn a_condition_is_one_expression() {
        for good in [
            "level = 'a)b;c'",
            "a IN (1, 2) -- why ) ;\n",
            "-- why )\ra = 1",
            "x = $$)$$",
            "x = $größe$)$größe$",
            "a = 'b'\n  -- c\n ')'",
            "a = 'one\u{a0}word'",
            "a = 1E5 AND b = 'x'",
            "\"a)\" = 1 /* ) /* ; */ ) */",
            "e = E'it\\')'",
            "m['a'] = {'b': 1}.b",
            "größe > 1",
        ] {
            assert!(condition("--where", good).is_ok(), "{good}");
        }
        for bad in ["1=1) UNION SELECT (1", "1=1; SET x = 1", "(a", "a = 'x", "1=1) --", "a /* ", "$q$ ) $r$"] {
            assert!(condition("--where", bad).is_err(), "{bad}");
        }
        // What would hide a parenthesis from the guard and not from the engine.
        for bad in [
            "a = 1 --\r) UNION SELECT 1 --\n",
            "a = E'x'\n'\\'') UNION SELECT 1 --'",
            "a = E'x' -- c\n'\\'') UNION SELECT 1 --'",
            "a = \u{a0}E'\\'') UNION SELECT 1 --'",
            "a = 1E'\\'') UNION SELECT 1 --'",
            "a = 1$$'$$) UNION SELECT 1 --'",
            "a = $€$'$€$) UNION SELECT 1 --'",
            "a = 1 -- c",
        ] {
            assert!(condition("--where", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_condition_holds_each_time_it_is_asked() {
        for changing in
            ["random() < 0.5", "a = 1 OR \"Random\" /* ( */ () > 1", "x.uuid ( ) = y", "(SELECT main.nextval('s')) = 1"]
        {
            let refusal = condition("--where", changing).expect_err(changing);
            assert!(refusal.message.contains("need not say the same again"), "{changing}: {}", refusal.message);
        }
        for same in ["random > 1", "uuid IN ('a')", "uuid='a' AND (b)", "x = 'random()'", "ts > now() - INTERVAL 1 DAY"]
        {
            assert!(condition("--where", same).is_ok(), "{same}");
        }
    }

    #[test]
    fn all_that_changes_is_known_and_the_clock_does_not() {
        let limits = Limits { threads: 1, memory: None, spill: std::env::temp_dir() };
        let engine = Engine::open(&limits, Arc::default()).expect("opens");
        let asked = |sql: &str| engine.rows(sql).expect("answered").rows;
        let changing =
            asked("SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability = 'VOLATILE' ORDER BY 1");
        assert_eq!(changing.iter().map(|row| row[0].shown()).collect::<Vec<_>>(), CHANGING);
        let clock = "SELECT now(), current_timestamp, transaction_timestamp(), localtimestamp, current_date, today(), \
                     current_time, localtime";
        let first = asked(&format!("SELECT typeof(COLUMNS(*)) FROM ({clock})"));
        std::thread::sleep(std::time::Duration::from_millis(2));
        let kinds = ["TIMESTAMP WITH TIME ZONE"; 3].into_iter().chain([
            "TIMESTAMP",
            "DATE",
            "DATE",
            "TIME WITH TIME ZONE",
            "TIME",
        ]);
        assert!(first[0].iter().map(|kind| kind.shown()).eq(kinds), "{first:?}");
        let told = asked(clock);
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert_eq!(told, asked(clock));
    }

    #[test]
    fn what_does_something_is_known() {
        let limits = Limits { threads: 1, memory: None, spill: std::env::temp_dir() };
        let engine = Engine::open(&limits, Arc::default()).expect("opens");
        // Those that only tell something of the engine, or read: what they may read is the engine's to refuse.
        const ASKING: &str = "generate_series glob histogram histogram_values json_each json_tree parquet_bloom_probe \
            parquet_file_metadata parquet_full_metadata parquet_kv_metadata parquet_metadata parquet_scan parquet_schema \
            query_table range rca_scan read_blob read_csv read_csv_auto read_duckdb read_json read_json_auto \
            read_json_objects read_json_objects_auto read_ndjson read_ndjson_auto read_ndjson_objects read_parquet read_text \
            repeat repeat_row sniff_csv summary test_all_types test_vector_types unnest which_secret check_peg_parser \
            icu_calendar_names pg_timezone_names sql_auto_complete";
        let sql =
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type IN ('table', 'table_macro')";
        for row in engine.rows(sql).expect("answered").rows {
            let name = row[0].shown();
            let tells = name.starts_with("duckdb_") || name.starts_with("pragma_");
            let asks = tells || ASKING.split_whitespace().any(|known| known == name);
            assert!(asks != DOING.contains(&&*name), "{name}");
            assert_eq!(question(&format!("FROM {name}()"), true).is_ok(), asks, "{name}");
        }
        for bad in [
            "from \"Enable_Profiling\" /* ( */ (format='json', save_location='p.json')",
            "select * from query('from ' || 'enable_logging()')",
            "with x as (from main.json_execute_serialized_sql('')) from x",
        ] {
            assert!(question(bad, true).is_err(), "{bad}");
            assert!(condition("--where", &format!("exists({bad})")).is_err(), "{bad}");
        }
        for bad in ["explain analyze copy t to 'x'", "EXPLAIN (analyze, format json) insert into t values (1)"] {
            assert!(question(bad, true).is_err(), "{bad}");
        }
        for good in ["explain analyze select 1", "explain (analyze) (select 1)", "explain (select 1)", "explain from t"]
        {
            assert!(question(good, false).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_question_is_one_statement_that_asks() {
        for good in ["select 1;", "( select 1 )", "/* a */ FROM t", "with x as (select ';') from x", "selct 1", ""] {
            assert!(question(good, false).is_ok(), "{good}");
        }
        for bad in ["select 1; select 2", "Install httpfs", "-- x\nATTACH 'a'", "copy t to 'x'", "pragma version"] {
            assert!(question(bad, false).is_err(), "{bad}");
        }
        assert!(question("copy t to 'x'", true).is_ok());
        assert!(question("load 'x'", true).is_err());
        assert_eq!(written("copy (select 'a' to_) to 'it''s.csv' (header)").expect("a file"), Some("it's.csv".into()));
        assert_eq!(written("select 1").expect("none"), None);
        assert!(written("copy t to current_setting('x')").is_err());
    }
}
