//! Which files of one table do not have which of its columns, as it is said.

use std::sync::Arc;

use super::file::File;
use super::locate;

/// What is said of `columns`, of which each file has those in `there`, by their places.
pub fn said(columns: &[String], files: &[Arc<File>], there: &[&[usize]]) -> Vec<String> {
    const SAID: usize = 5;
    const LOOKED_AT: usize = 40;
    let mut counts = vec![0; columns.len()];
    there.iter().flat_map(|own| *own).for_each(|column| counts[*column] += 1);
    let lacking: Vec<usize> = (0..columns.len()).filter(|column| counts[*column] < files.len()).collect();
    // Columns that the same files lack, by what is said of these.
    let mut notes: Vec<((String, String), Vec<String>)> = Vec::new();
    for column in lacking.iter().take(LOOKED_AT) {
        let lacks = |(_, own): &(&Arc<File>, &&[usize])| !own.contains(column);
        let names: Vec<&str> = files.iter().zip(there).filter(lacks).map(|(file, _)| &*file.shown).collect();
        let lack = if names.len() == 1 { "lacks" } else { "lack" };
        let those = (format!("{} of {} files {lack}", names.len(), files.len()), locate::some(&names));
        let name = format!("`{}`", columns[*column]);
        match notes.iter_mut().find(|(known, _)| *known == those) {
            Some((_, columns)) => columns.push(name),
            None => notes.push((those, vec![name])),
        }
    }
    let said = |((lack, place), columns): &((String, String), Vec<String>)| {
        let are = if columns.len() == 1 { "which is" } else { "which are" };
        format!("{lack} {}, {are} NULL there: {place}", locate::some(columns))
    };
    let told: usize = notes.iter().take(SAID).map(|(_, columns)| columns.len()).sum();
    let mut notes: Vec<String> = notes.iter().take(SAID).map(said).collect();
    if lacking.len() > told {
        notes.push(format!("{} more columns are not in all files, and NULL in the others", lacking.len() - told));
    }
    notes
}
