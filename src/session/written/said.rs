//! What is said of ids that are the same and written otherwise.

use super::form::Form;
use crate::model::coverage::grouped;

/// That some of those that are not there as they are written are there in [`Form::Alike`]: `3 of the lost are there …`.
pub fn said_otherwise(count: i64, of: &str, place: &str) -> String {
    let (number, are) = (grouped(count.unsigned_abs()), if count == 1 { "is" } else { "are" });
    format!("{number} of {of} {are} {place} in another case, with blanks around or zeros before")
}

/// In which form these are compared, if it is not as they are written.
pub fn said(names: &[(&str, &Form)]) -> Option<String> {
    if names.iter().all(|(_, form)| **form == Form::AsWritten) {
        return None;
    }
    let (last, others) = names.split_last()?;
    let others: Vec<&str> = others.iter().map(|(name, _)| *name).collect();
    let without: Vec<String> = names
        .iter()
        .filter_map(|(name, form)| match form {
            Form::Without(beginning) => Some(format!(", and {name} without the `{beginning}` that all begin with")),
            _ => None,
        })
        .collect();
    Some(format!(
        "{} and {} are compared whatever the case of letters, blanks around them and zeros before numbers{}: as written \
         fewer are the same",
        others.join(", "),
        last.0,
        without.concat()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_otherwise_is_said_once() {
        let told = said(&[("a.id", &Form::Alike), ("b.id", &Form::Without("ORD-".into()))]).expect("told");
        assert!(told.starts_with("a.id and b.id are compared whatever the case"), "{told}");
        assert!(told.contains(", and b.id without the `ORD-` that all begin with: as written fewer"), "{told}");
        assert_eq!(said(&[("a.id", &Form::AsWritten), ("b.id", &Form::AsWritten)]), None);
    }
}
