//! From files of known kinds to sources: which of them are one, and what each is called.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::source::file::File;
use crate::source::locate::{Group, file_name, some};
use crate::source::{Reader, csv, log};

/// One source if all files are of one kind (JSON lines among logs are logs); else one for each kind and name.
///
/// `header` says whether first lines of CSVs name columns, if somebody said so.
pub fn divide(known: Vec<(&'static Reader, Arc<File>)>, name: &str, is_one: bool, header: Option<bool>) -> Vec<Group> {
    let is_database = |reader: &Reader| matches!(reader.kind, "sqlite" | "postgres" | "xlsx");
    let kinds: BTreeSet<&str> = known.iter().map(|(reader, _)| reader.kind).collect();
    let all_logs = kinds.contains("log") && kinds.iter().all(|kind| matches!(*kind, "log" | "json"));
    if all_logs || kinds.len() == 1 && !kinds.contains("csv") && (known.len() == 1 || !is_database(known[0].0)) {
        let reader = if all_logs { &log::KNOWN } else { known[0].0 };
        let files = known.into_iter().map(|(_, file)| file).collect();
        return vec![Group { name: name.to_string(), reader, files }];
    }
    let mut groups: BTreeMap<String, Vec<Group>> = BTreeMap::new();
    // The logs of a directory are one table, whatever else is there.
    let (logs, known): (Vec<_>, Vec<_>) = known.into_iter().partition(|(reader, _)| reader.kind == "log");
    let logs: Vec<Arc<File>> = logs.into_iter().map(|(_, file)| file).collect();
    if let Some(first) = logs.first() {
        let stem = file_name(&first.shown);
        let is_one = logs.iter().all(|file| file_name(&file.shown) == stem);
        let name = if is_one { stem } else { name.to_string() };
        groups.insert(name.clone(), vec![Group { name, reader: &log::KNOWN, files: logs }]);
    }
    let (tables, known): (Vec<_>, Vec<_>) = known.into_iter().partition(|(reader, _)| reader.kind == "csv");
    let tables = tables.into_iter().map(|(_, file)| file).collect();
    let (is_alone, is_one) = (known.is_empty() && groups.is_empty(), is_one && !groups.contains_key(name));
    for table in csv::tables(tables, name, &csv::Together { is_one, is_alone, header }, file_name) {
        let group = Group { name: table.name.clone(), reader: &csv::BY_SHAPE, files: table.files };
        groups.entry(table.name).or_default().push(group);
    }
    for (reader, file) in known {
        let stem = file_name(&file.shown);
        let same_name = groups.entry(stem.clone()).or_default();
        let fits = |group: &&mut Group| group.reader.kind == reader.kind && !is_database(reader);
        match same_name.iter_mut().find(fits) {
            Some(group) => group.files.push(file),
            None => same_name.push(Group { name: stem, reader, files: vec![file] }),
        }
    }
    // Of one name and several kinds, each gets its kind's name too, and of one kind a number.
    for same_name in groups.values_mut().filter(|same_name| same_name.len() > 1) {
        let place = |group: &Group| (group.reader.kind != "log", group.files[0].shown.clone());
        same_name.sort_by_cached_key(place);
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for group in same_name.iter_mut() {
            let count = seen.entry(group.reader.kind).or_default();
            *count += 1;
            let number = if *count > 1 { count.to_string() } else { String::new() };
            group.name = format!("{}_{}{number}", group.name, group.reader.kind);
        }
    }
    groups.into_values().flatten().collect()
}

/// What is to be said of files that were asked for as one table, and whose headers are too unlike for that.
pub fn apart(groups: &[Group], name: &str) -> Option<String> {
    let tables = || groups.iter().filter(|group| group.reader.kind == "csv");
    let others: Vec<&str> = tables().filter(|table| table.name != name).map(|table| table.name.as_str()).collect();
    let table = tables().find(|table| table.name == name);
    match (table, others.len()) {
        (Some(table), 1..) => Some(format!(
            "`{name}` has the {} files whose headers have most names in common; others are tables of their own: {}",
            table.files.len(),
            some(&others)
        )),
        (None, 2..) => Some(format!(
            "the headers of `{name}` have too few names in common for one table: each is one of its own: {}",
            some(&others)
        )),
        _ => None,
    }
}
