//! A workbook as a package of parts: members of a zip archive, by name. Relations between parts are followed inside of
//! the package only.

use std::collections::HashMap;
use std::sync::Arc;

use quick_xml::events::Event;

use super::xml::{self, Xml};
use crate::error::{Error, Result};
use crate::source::ahead::Ahead;
use crate::source::bundle;
use crate::source::file::File;

pub struct Package {
    parts: HashMap<String, Arc<File>>,
    /// What of it cannot be read.
    pub lost: Vec<String>,
}

/// One part's pointer to another.
#[derive(Debug, Clone)]
pub struct Relation {
    /// The last word of its type: `worksheet`, `chartsheet`, `sharedStrings`.
    pub kind: String,
    pub target: String,
}

/// Names are the same in any case, and with either slash.
fn key(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_lowercase()
}

impl Package {
    /// # Errors
    /// If the archive is broken.
    pub fn open(file: &Arc<File>) -> Result<Package> {
        let members = bundle::parts(file).map_err(|error| {
            let cause = error.detail.as_deref().unwrap_or(&error.message);
            let why = format!("it is cut off or damaged: the list of its parts, at its end, cannot be read ({cause})");
            Error::evidence(format!("cannot read `{}`", file.shown)).detail(why)
        })?;
        let prefix = format!("{}/", file.shown);
        let mut parts = HashMap::new();
        for part in members.files {
            let name = key(part.shown.strip_prefix(&prefix).unwrap_or(&part.shown));
            // Of two members of one name the first counts, as for most programs.
            parts.entry(name).or_insert(part);
        }
        Ok(Package { parts, lost: members.left_out })
    }

    pub fn part(&self, name: &str) -> Option<&Arc<File>> {
        self.parts.get(&key(name))
    }

    pub fn parts(&self) -> impl Iterator<Item = &Arc<File>> {
        self.parts.values()
    }

    /// The events of a part, unpacked by a thread of its own if it is read `ahead`.
    pub fn xml(&self, name: &str, ahead: bool) -> Option<Result<Xml>> {
        let part = self.part(name)?;
        Some(part.stream(None).map(|stream| if ahead { Xml::of(Box::new(Ahead::of(stream))) } else { Xml::of(stream) }))
    }

    /// What a part points to, by id. What is broken of it points to nothing.
    pub fn relations(&self, of: &str) -> HashMap<String, Relation> {
        let (folder, name) = of.rsplit_once('/').unwrap_or(("", of));
        let mut relations = HashMap::new();
        let Some(Ok(mut xml)) = self.xml(&format!("{folder}/_rels/{name}.rels"), false) else { return relations };
        while let Ok(event) = xml.next() {
            match event {
                Event::Start(element) | Event::Empty(element) if element.local_name().as_ref() == "Relationship" => {
                    let raw = element.attributes_raw();
                    let said = |name: &str| xml::attribute(raw, name).unwrap_or_default();
                    if said("TargetMode") == "External" {
                        continue;
                    }
                    let kind = said("Type").rsplit('/').next().unwrap_or_default().to_string();
                    relations.insert(said("Id"), Relation { kind, target: resolved(folder, &said("Target")) });
                }
                Event::Eof => break,
                _ => {}
            }
        }
        relations
    }
}

/// A target beside the part that names it, `..` and all; never outside of the package.
fn resolved(folder: &str, target: &str) -> String {
    let mut path: Vec<&str> = if target.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                path.pop();
            }
            step => path.push(step),
        }
    }
    path.retain(|step| !step.is_empty());
    path.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_stay_in_the_package() {
        assert_eq!(resolved("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolved("xl", "/xl/styles.xml"), "xl/styles.xml");
        assert_eq!(resolved("xl/worksheets", "../../../etc/passwd"), "etc/passwd");
        assert_eq!(resolved("", "xl/workbook.xml"), "xl/workbook.xml");
    }
}
