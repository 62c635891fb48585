//! Parquet sources, which the engine reads by itself: columns as ours, instants in UTC, `_file` and `_line` at the end.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Session;
use crate::engine::quote;
use crate::error::{Error, Kind, Result};
use crate::model::column::{Column, Kind as ColumnKind};
use crate::model::coverage::Fault;
use crate::model::time::DAY;
use crate::model::value::Value;
use crate::model::zone::{Doubt, Zone};
use crate::source::file::File;
use crate::source::lacking;

impl Session {
    /// The columns of the files and the SQL that reads them. `_line` is the number of the row in its file.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub(super) fn parquet_scan(&self, source: &str, files: &[Arc<File>]) -> Result<(Vec<Column>, String)> {
        let listed: Vec<String> = files.iter().map(|file| quote::text(&path(file))).collect();
        let paths = &listed.join(", ");
        let broken = |error: Error| {
            let refused = || Error::evidence(format!("source `{source}` cannot be read as Parquet"));
            match error.kind {
                Kind::Question => refused().detail(shown(error.message.trim_start_matches("SQL: "), files)),
                Kind::Evidence => Error { detail: error.detail.map(|detail| shown(&detail, files)), ..refused() },
                _ => error,
            }
        };
        let metadata = format!("SELECT DISTINCT compression FROM parquet_metadata([{paths}])");
        let compressions = self.engine.rows(&metadata).map_err(broken)?;
        if compressions.rows.iter().any(|row| row[0].shown() == "BROTLI") {
            return Err(Error::evidence("a Parquet file is compressed with Brotli, which is not read")
                .detail("the engine's Brotli decoder has a known fault (CVE-2026-111497)")
                .hint("write it again with zstd or snappy"));
        }
        let union = if files.len() > 1 { ", union_by_name := true" } else { "" };
        let plain = format!("DESCRIBE SELECT * FROM read_parquet([{paths}]{union})");
        let described = self.engine.rows(&plain).map_err(broken)?;
        let own: Vec<String> = described.rows.iter().map(|row| row[0].shown().to_lowercase()).collect();
        // What the engine adds must not be called as a column of the evidence is.
        let file = ["rca_file".to_string(), format!("rca_file_{}", own.join("_"))];
        let file = file.iter().find(|name| !own.contains(name)).map_or("rca_file", String::as_str);
        let has_rows = !own.contains(&"file_row_number".to_string());
        let added = if has_rows { ", file_row_number := true" } else { "" };
        let read = format!("read_parquet([{paths}], filename := {}{added}{union})", quote::text(file));
        let unlike = self.unlike(paths).map_err(broken)?;
        let (parts, names): (Vec<String>, Vec<String>) =
            described.rows.iter().map(|row| row[0].shown()).partition(|name| unlike.is_of_folders(name, files));
        if !parts.is_empty() {
            let names: Vec<String> = parts.iter().map(|name| format!("`{name}`")).collect();
            let why = format!("{} told by the names of folders", are(&names));
            self.coverage.note(source, why);
        }
        if files.len() > 1 {
            unlike.lacking(&names, files).into_iter().for_each(|note| self.coverage.note(source, note));
        }
        let mut columns = Vec::new();
        let mut list = Vec::new();
        for row in &described.rows {
            let (name, declared) = (row[0].shown(), row[1].shown());
            let quoted = quote::name(&name);
            if unlike.stored_finer.contains(&name) {
                let why = format!("`{name}` is stored in nanoseconds (INT96): what is finer than a microsecond is cut");
                self.coverage.note(source, why);
            } else if unlike.finer.contains(&name) {
                self.coverage.note(source, format!("`{name}` is finer than a microsecond and cut there"));
            }
            if unlike.wider.contains(&name) {
                let why = format!("`{name}` is not read and NULL here, since it has decimals of more than 38 digits");
                self.coverage.damaged(source, source, &why);
                list.push(format!("NULL::VARCHAR AS {quoted}"));
                columns.push(Column::new(name, ColumnKind::Text));
                continue;
            }
            list.push(match declared.as_str() {
                "TIMESTAMP WITH TIME ZONE" => format!("make_timestamp(epoch_us({quoted})) AS {quoted}"),
                "TIMESTAMP" | "TIMESTAMP_NS" | "TIMESTAMP_MS" | "TIMESTAMP_S" => {
                    format!("{} AS {quoted}", self.in_utc(source, &instant(&quoted, &declared), &read)?)
                }
                _ => quoted,
            });
            columns.push(Column::new(name, kind(&declared)));
        }
        list.push(format!("{} AS _file", in_words(&quote::name(file), files)));
        list.push(if has_rows { "file_row_number + 1 AS _line".into() } else { "NULL::BIGINT AS _line".into() });
        if !has_rows {
            self.coverage
                .note(source, "rows have no `_line`, since a column of the evidence is called `file_row_number`");
        }
        columns.push(Column::new("_file", ColumnKind::Text));
        columns.push(Column::new("_line", ColumnKind::Int));
        Ok((columns, format!("(SELECT {} FROM {read})", list.join(", "))))
    }

    /// The columns with something in them that the engine does not have: it cuts nanoseconds of instants without a
    /// word, and reads decimals of more than 38 digits as other numbers.
    fn unlike(&self, paths: &str) -> Result<Unlike> {
        let nodes = self.engine.rows(&format!(
            "SELECT name, coalesce(num_children, 0), \
               coalesce(logical_type LIKE '%TimestampType%NANOS=NanoSeconds%', false), \
               coalesce(\"precision\" > 38, false), file_name, coalesce(type = 'INT96', false) \
             FROM parquet_schema([{paths}])"
        ))?;
        let mut unlike = Unlike::default();
        // Nodes stand before their children, the root of each file first: how many nodes each open one still waits for.
        let mut open: Vec<i64> = Vec::new();
        let mut column = String::new();
        for row in &nodes.rows {
            while open.last() == Some(&0) {
                open.pop();
            }
            if open.len() == 1 {
                column = row[0].shown();
                unlike.columns.entry(row[4].shown()).or_default().insert(column.to_lowercase());
            }
            if let Some(waiting) = open.last_mut() {
                *waiting -= 1;
            }
            if row[2] == Value::Bool(true) && !unlike.finer.contains(&column) {
                unlike.finer.push(column.clone());
            }
            if row[5] == Value::Bool(true) && !unlike.stored_finer.contains(&column) {
                unlike.stored_finer.push(column.clone());
            }
            if row[3] == Value::Bool(true) && !unlike.wider.contains(&column) {
                unlike.wider.push(column.clone());
            }
            open.push(row[1].int());
        }
        Ok(unlike)
    }

    /// A column of wall-clock times as UTC: the engine has no zones of its own, so each offset that the zone has
    /// within the column's times is a case.
    fn in_utc(&self, source: &str, column: &str, read: &str) -> Result<String> {
        let (zone, is_said) = self.zone_of(source)?;
        if !is_said {
            self.coverage.note(source, crate::model::zone::ASSUMED);
        }
        let skew = self.settings.sources.get(source).map_or(Ok(0), |said| said.skew(source))?;
        // What is in UTC already stays as it is, so that the engine can pass over rows by their statistics.
        let shifted = |offset: i64| match offset + skew {
            0 => column.to_string(),
            by => format!("({column} - to_microseconds({by}))"),
        };
        let offsets = match zone {
            Zone::Fixed(seconds) => vec![(i64::MIN, i64::from(seconds) * 1_000_000)],
            Zone::Named(_) => {
                let row =
                    self.one_row(&format!("SELECT min({column}), max({column}) FROM {read} WHERE isfinite({column})"))?;
                match row.as_slice() {
                    [Value::Time(first), Value::Time(last)] => offsets(zone, *first, *last),
                    _ => vec![(i64::MIN, 0)],
                }
            }
        };
        self.tell_changes(source, column, read, &offsets)?;
        let mut sql = shifted(offsets[0].1);
        for (from, offset) in &offsets[1..] {
            sql = format!("CASE WHEN {column} >= {} THEN {} ELSE {sql} END", quote::time(*from), shifted(*offset));
        }
        Ok(sql)
    }

    /// Says how many wall-clock times the zone has twice or never: those before a change of its offset.
    fn tell_changes(&self, source: &str, column: &str, read: &str, offsets: &[(i64, i64)]) -> Result<()> {
        let within = |is_set_back: bool| {
            let changes = offsets.windows(2).filter(|two| (two[1].1 < two[0].1) == is_set_back);
            let spans = changes.map(|two| {
                let (before, (at, after)) = (two[0].1, two[1]);
                format!("{column} >= {} AND {column} < {}", quote::time(at - (after - before).abs()), quote::time(at))
            });
            let spans: Vec<String> = spans.collect();
            if spans.is_empty() { "false".into() } else { spans.join(" OR ") }
        };
        if offsets.len() == 1 {
            return Ok(());
        }
        let counted = self.engine.counted(&format!(
            "SELECT count(*) FILTER (WHERE {}), count(*) FILTER (WHERE {}) FROM {read}",
            within(true),
            within(false)
        ))?;
        let name = column.trim_matches('"').to_string();
        for (doubt, count) in [Doubt::Twice, Doubt::Never].into_iter().zip(&counted) {
            if count.int() > 0 {
                let fault = Fault::of_doubt(doubt, &name, false);
                self.coverage.note(source, fault.described(count.int().unsigned_abs()));
            }
        }
        Ok(())
    }
}

/// `a and b are`
fn are(names: &[String]) -> String {
    let be = if names.len() == 1 { "is" } else { "are" };
    format!("{} {be}", names.join(", "))
}

/// As the engine has it.
fn path(file: &File) -> String {
    file.path.to_string_lossy().into_owned()
}

/// What the engine says, with the files called as the user calls them.
fn shown(said: &str, files: &[Arc<File>]) -> String {
    let renamed = files.iter().filter(|file| said.contains(&path(file)));
    renamed.fold(said.to_string(), |said, file| said.replace(&path(file), &file.shown))
}

/// The engine's column of paths as one of names that the user knows: a path may begin with the case's folder, or lead to
/// an unpacked copy.
fn in_words(column: &str, files: &[Arc<File>]) -> String {
    if let [file] = files {
        return quote::text(&file.shown);
    }
    let before = |file: &File| path(file).strip_suffix(&*file.shown).map(|before| before.chars().count());
    let first = before(&files[0]);
    if first.is_some() && files.iter().all(|file| before(file) == first) {
        let from = first.unwrap_or(0) + 1;
        return if from == 1 { column.into() } else { format!("substr({column}, {from})") };
    }
    let named = |file: &Arc<File>| format!("WHEN {} THEN {}", quote::text(&path(file)), quote::text(&file.shown));
    format!("CASE {column} {} END", files.iter().map(named).collect::<Vec<_>>().join(" "))
}

/// Names of columns that are not read as they stand.
#[derive(Default)]
struct Unlike {
    /// By path of a file: the columns that it has, in small letters.
    columns: HashMap<String, HashSet<String>>,
    /// With instants in nanoseconds.
    finer: Vec<String>,
    /// With instants of a type that has no other unit, whether they need it or not.
    stored_finer: Vec<String>,
    /// With decimals of more digits than the engine has.
    wider: Vec<String>,
}

impl Unlike {
    /// Whether a column is that of a folder, `day=2025-03-01`, of each file, and stored in none.
    fn is_of_folders(&self, name: &str, files: &[Arc<File>]) -> bool {
        let name = name.to_lowercase();
        let begins = |part: &str| part.split_once('=').is_some_and(|(before, _)| before.to_lowercase() == name);
        let is_stored = self.columns.values().any(|own| own.contains(&name));
        !is_stored && files.iter().all(|file| path(file).split(['/', '\\']).any(begins))
    }

    /// What is to be said of columns that some files do not have.
    fn lacking(&self, names: &[String], files: &[Arc<File>]) -> Vec<String> {
        let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        let own: Vec<Option<&HashSet<String>>> = files.iter().map(|file| self.columns.get(&path(file))).collect();
        // Of a file whose columns are not known nothing is said.
        let has = |file: usize, column: usize| own[file].is_none_or(|own| own.contains(&lower[column]));
        let count = |column: usize| (0..files.len()).filter(|file| has(*file, column)).count();
        let counts: Vec<usize> = (0..names.len()).map(count).collect();
        let shown: Vec<&str> = files.iter().map(|file| &*file.shown).collect();
        lacking::notes(names, &counts, &shown, has)
    }
}

/// The offsets of a zone between two wall-clock times, each with the wall time from which it holds.
fn offsets(zone: Zone, first: i64, last: i64) -> Vec<(i64, i64)> {
    let offset = |wall: i64| wall - zone.utc(wall);
    let mut found = vec![(i64::MIN, offset(first))];
    let mut low = first;
    while low < last {
        let high = (low + DAY).min(last);
        if offset(high) != offset(low) {
            // To the microsecond, by halves.
            let (mut before, mut after) = (low, high);
            while after - before > 1 {
                let middle = before + (after - before) / 2;
                if offset(middle) == offset(low) { before = middle } else { after = middle }
            }
            found.push((after, offset(after)));
        }
        low = high;
    }
    found
}

/// A column of wall-clock times in microseconds.
fn instant(quoted: &str, declared: &str) -> String {
    if declared == "TIMESTAMP" { quoted.to_string() } else { format!("{quoted}::TIMESTAMP") }
}

fn kind(declared: &str) -> ColumnKind {
    match declared {
        "BOOLEAN" => ColumnKind::Bool,
        "TINYINT" | "SMALLINT" | "INTEGER" | "BIGINT" | "UTINYINT" | "USMALLINT" | "UINTEGER" => ColumnKind::Int,
        "UBIGINT" => ColumnKind::Decimal { width: 20, scale: 0 },
        "HUGEINT" | "UHUGEINT" => ColumnKind::Decimal { width: 38, scale: 0 },
        "FLOAT" | "DOUBLE" => ColumnKind::Float,
        "DATE" => ColumnKind::Date,
        "BLOB" => ColumnKind::Blob,
        "TIMESTAMP" | "TIMESTAMP WITH TIME ZONE" | "TIMESTAMP_NS" | "TIMESTAMP_MS" | "TIMESTAMP_S" => ColumnKind::Time,
        "TIME" | "TIME_NS" => ColumnKind::TimeOfDay,
        "INTERVAL" => ColumnKind::Interval,
        "UUID" => ColumnKind::Uuid,
        "VARCHAR" => ColumnKind::Text,
        list if list.ends_with("[]") => kind(&list[..list.len() - 2]).listed(),
        text if text.starts_with("DECIMAL") => decimal(text),
        text if ["STRUCT(", "MAP(", "UNION("].iter().any(|begin| text.starts_with(begin)) => ColumnKind::Nested,
        _ => ColumnKind::Text,
    }
}

/// `DECIMAL(10,2)`
fn decimal(declared: &str) -> ColumnKind {
    let inside = declared.trim_start_matches("DECIMAL(").trim_end_matches(')');
    let parts: Vec<u8> = inside.split(',').filter_map(|part| part.trim().parse().ok()).collect();
    if let [width, scale] = parts[..] { ColumnKind::Decimal { width, scale } } else { ColumnKind::Text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_offset_of_a_zone_is_a_case() {
        let wall = |text: &str| crate::model::time::iso_whole(text.as_bytes()).expect("a time").wall;
        let zone = Zone::parse("America/New_York").expect("a zone");
        let hour = 3_600_000_000_i64;
        let found = offsets(zone, wall("2025-01-01T00:00:00"), wall("2025-12-31T00:00:00"));
        let hours: Vec<i64> = found.iter().map(|(_, offset)| offset / hour).collect();
        assert_eq!(hours.first(), Some(&-5));
        assert!(hours.contains(&-4) && hours.last() == Some(&-5), "{hours:?}");
    }
}
