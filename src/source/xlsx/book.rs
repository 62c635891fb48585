//! What a workbook of Excel says of itself: its sheets, its day 0, the formats of its cells, and the texts they share.
//! ECMA-376 part 1, chapter 18.

use std::collections::HashMap;
use std::sync::Arc;

use quick_xml::events::Event;

use super::cell::Strings;
use super::package::{Package, Relation};
use super::serial::{Epoch, Form};
use super::xml::{self, Xml, ends_early};
use crate::error::{Error, Result};

/// Shared texts are held in memory, up to this much.
const STRINGS_BYTES_MAX: usize = 512 << 20;
/// Excel's own limit is 65,490 cell formats.
const FORMATS_MAX: usize = 1 << 17;

pub struct Sheet {
    pub name: String,
    pub is_hidden: bool,
    /// `worksheet`, or what else it is: `chartsheet`, `dialogsheet`.
    pub kind: String,
    pub part: String,
}

pub struct Book {
    pub sheets: Vec<Sheet>,
    pub epoch: Epoch,
    pub forms: Arc<[Form]>,
    pub strings: Arc<Strings>,
    pub lost: Vec<String>,
}

/// The part that the package begins at.
pub fn main_part(package: &Package) -> String {
    let root = package.relations("");
    let main = root.values().find(|relation| relation.kind == "officeDocument").map(|relation| relation.target.clone());
    main.filter(|part| package.part(part).is_some()).unwrap_or_else(|| "xl/workbook.xml".into())
}

impl Book {
    /// # Errors
    /// If its list of sheets cannot be read.
    pub fn open(package: &Package, shown: &str) -> Result<Book> {
        let main = main_part(package);
        let broken = |why: &str| Error::evidence(format!("cannot read `{shown}`")).detail(why.to_string());
        let Some(xml) = package.xml(&main, false) else {
            return Err(broken("it lacks its list of sheets, `xl/workbook.xml`"));
        };
        let relations = package.relations(&main);
        let mut lost = package.lost.clone();
        let (sheets, epoch, why) = sheets(xml?, &relations);
        if let Some(why) = why {
            if sheets.is_empty() {
                return Err(broken(&format!("its list of sheets cannot be read: {why}")));
            }
            lost.push(format!("damaged: its list of sheets breaks off: {why}"));
        }
        let of_kind = |kind: &str, usual: &str| {
            let folder = main.rsplit_once('/').map_or("", |(folder, _)| folder);
            let related = relations.values().find(|relation| relation.kind == kind);
            related.map_or_else(|| format!("{folder}/{usual}"), |relation| relation.target.clone())
        };
        let forms = match package.xml(&of_kind("styles", "styles.xml"), false) {
            Some(xml) => forms(xml?).unwrap_or_else(|why| {
                lost.push(format!("damaged: the formats of its cells cannot be read, dates are numbers here: {why}"));
                Vec::new()
            }),
            None => Vec::new(),
        };
        let strings = match package.xml(&of_kind("sharedStrings", "sharedStrings.xml"), false) {
            Some(xml) => {
                let (strings, why) = strings(xml?);
                lost.extend(why.map(|why| format!("damaged: the texts that its cells share: {why}")));
                strings
            }
            None => Strings::default(),
        };
        Ok(Book { sheets, epoch, forms: forms.into(), strings: Arc::new(strings), lost })
    }
}

fn sheets(mut xml: Xml, relations: &HashMap<String, Relation>) -> (Vec<Sheet>, Epoch, Option<String>) {
    let (mut sheets, mut epoch) = (Vec::new(), Epoch::Of1900);
    loop {
        let event = match xml.next() {
            Ok(event) => event,
            Err(why) => return (sheets, epoch, Some(why)),
        };
        match event {
            Event::Start(element) | Event::Empty(element) => {
                let raw = element.attributes_raw();
                match element.local_name().as_ref() {
                    "sheet" => {
                        let relation = xml::attribute(raw, "id").and_then(|id| relations.get(&id));
                        sheets.push(Sheet {
                            name: xml::attribute(raw, "name").unwrap_or_default(),
                            is_hidden: xml::attribute(raw, "state").is_some_and(|state| state != "visible"),
                            kind: relation.map_or_else(|| "worksheet".into(), |relation| relation.kind.clone()),
                            part: relation.map_or_else(String::new, |relation| relation.target.clone()),
                        });
                    }
                    "workbookPr"
                        if xml::attribute(raw, "date1904")
                            .is_some_and(|said| matches!(&*said, "1" | "true" | "on")) =>
                    {
                        epoch = Epoch::Of1904;
                    }
                    _ => {}
                }
            }
            Event::End(element) if element.local_name().as_ref() == "workbook" => return (sheets, epoch, None),
            Event::Eof => return (sheets, epoch, Some(ends_early())),
            _ => {}
        }
    }
}

/// The form of each cell format, in order.
fn forms(mut xml: Xml) -> Result<Vec<Form>, String> {
    let mut own: HashMap<u32, Form> = HashMap::new();
    let mut forms = Vec::new();
    let mut is_cells = false;
    loop {
        match xml.next()? {
            Event::Start(element) | Event::Empty(element) => {
                let raw = element.attributes_raw();
                let number = || xml::attribute(raw, "numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0);
                match element.local_name().as_ref() {
                    "numFmt" if own.len() < FORMATS_MAX => {
                        own.insert(number(), Form::of(&xml::attribute(raw, "formatCode").unwrap_or_default()));
                    }
                    "cellXfs" => is_cells = true,
                    "xf" if is_cells && forms.len() < FORMATS_MAX => {
                        let number = number();
                        forms.push(own.get(&number).copied().unwrap_or_else(|| Form::built_in(number)));
                    }
                    _ => {}
                }
            }
            Event::End(element) => match element.local_name().as_ref() {
                "cellXfs" => is_cells = false,
                "styleSheet" => break,
                _ => {}
            },
            Event::Eof => return Err(ends_early()),
            _ => {}
        }
    }
    xml.end().map(|()| forms)
}

/// Texts with runs of formats joined, without the hints of how they are pronounced; and why there are no more.
fn strings(mut xml: Xml) -> (Strings, Option<String>) {
    let mut strings = Strings::default();
    let (mut is_text, mut is_phonetic) = (false, false);
    let mut item = Vec::new();
    loop {
        let event = match xml.next() {
            Ok(event) => event,
            Err(why) => return (strings, Some(why)),
        };
        match event {
            Event::Start(element) => match element.local_name().as_ref() {
                "si" => item.clear(),
                "t" => is_text = !is_phonetic,
                "rPh" => is_phonetic = true,
                _ => {}
            },
            Event::Empty(element) if element.local_name().as_ref() == "si" => strings.ends.push(strings.bytes.len()),
            Event::Empty(element) if element.local_name().as_ref() == "sst" => return (strings, None),
            Event::Text(text) if is_text => item.extend_from_slice(text.xml10_content().as_bytes()),
            Event::CData(text) if is_text => item.extend_from_slice(text.xml10_content().as_bytes()),
            Event::GeneralRef(reference) if is_text => xml::push_reference(&reference, &mut item),
            Event::End(element) => match element.local_name().as_ref() {
                "t" => is_text = false,
                "rPh" => is_phonetic = false,
                "si" => {
                    push_unescaped(&item, &mut strings.bytes);
                    strings.ends.push(strings.bytes.len());
                    if strings.bytes.len() + strings.ends.len() * size_of::<usize>() > STRINGS_BYTES_MAX {
                        return (strings, Some("they are more than 512 MiB; those after that are lost".into()));
                    }
                }
                "sst" => break,
                _ => {}
            },
            Event::Eof => return (strings, Some(ends_early())),
            _ => {}
        }
    }
    let why = xml.end().err();
    (strings, why)
}

/// Adds text in which `_x000D_` stands for a letter that XML cannot hold (ECMA-376 part 1, 22.9.2.19).
pub fn push_unescaped(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memmem::find(rest, b"_x") {
        let code = rest
            .get(at + 2..at + 6)
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit) && rest.get(at + 6) == Some(&b'_'))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .and_then(char::from_u32);
        out.extend_from_slice(&rest[..at]);
        rest = match code {
            Some(letter) => {
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                &rest[at + 7..]
            }
            None => {
                out.extend_from_slice(b"_x");
                &rest[at + 2..]
            }
        };
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xml(text: &str) -> Xml {
        Xml::of(Box::new(std::io::Cursor::new(text.to_string())))
    }

    #[test]
    fn runs_are_joined_and_pronunciation_is_left_out() {
        let (strings, why) = strings(xml(
            "<sst uniqueCount=\"99999999999999\"><si><t>a &amp; b</t></si><si/><si><r><t>one </t></r><r><t>two</t></r>\
             <rPh><t>no</t></rPh></si><si><t>x_x000D_y_x00_</t></si></sst>",
        ));
        assert_eq!(why, None);
        let all: Vec<_> = (0..5).map(|index| strings.get(index).map(String::from_utf8_lossy)).collect();
        assert_eq!(
            all,
            [Some("a & b".into()), Some("".into()), Some("one two".into()), Some("x\ry_x00_".into()), None]
        );
    }

    #[test]
    fn entities_of_a_document_are_not_expanded() {
        let (strings, _) = strings(xml(
            "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;\">]><sst><si><t>&b;</t></si></sst>",
        ));
        assert_eq!(strings.get(0), Some(&b"&b;"[..]));
    }

    #[test]
    fn formats_of_cells_are_told_from_those_of_styles() {
        let forms =
            forms(xml("<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"yyyy&quot;x&quot;\"/></numFmts>\
             <cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/>\
             <xf numFmtId=\"46\"><alignment/></xf></cellXfs></styleSheet>"));
        assert_eq!(forms, Ok(vec![Form::Number, Form::Time, Form::Elapsed]));
    }
}
