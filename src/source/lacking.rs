//! What is said of columns that some files of a table do not have.

use super::locate;

/// Which files lack which columns. By column: in how many files it is; `has` says of a file and a column by their
/// numbers whether it is there.
pub fn notes(columns: &[String], counts: &[usize], files: &[&str], has: impl Fn(usize, usize) -> bool) -> Vec<String> {
    const SAID: usize = 5;
    const LOOKED_AT: usize = 40;
    let lacking: Vec<usize> = (0..columns.len()).filter(|column| counts[*column] < files.len()).collect();
    // Columns that the same files lack, by what is said of these.
    let mut notes: Vec<((String, String), Vec<String>)> = Vec::new();
    for column in lacking.iter().take(LOOKED_AT) {
        let names: Vec<&str> =
            files.iter().enumerate().filter(|(file, _)| !has(*file, *column)).map(|(_, name)| *name).collect();
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
