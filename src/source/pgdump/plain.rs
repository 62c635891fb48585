//! A plain script in one pass: what it declares, and where its rows lie. Quotes, dollar quotes and comments are
//! honoured, so that a COPY in a function body is no data. No statement is run, and no psql command.

use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use super::charset::Charset;
use super::copy::Style;
use super::rows::{Form, Segment};
use super::{Absence, Data, Dump};
use crate::error::{Error, Result};
use crate::model::coverage::Coverage;
use crate::source::file::{self, File};
use crate::source::sql::ddl::{self, Cursor, Name};
use crate::source::sql::insert::{self, Header, Run, Runs};
use crate::source::sql::script::Script;
use crate::source::sql::token::{Token, tokens};
use crate::source::sql::{self, Dialect, Spelling, not_applied};

struct Reading<'a> {
    file: &'a Arc<File>,
    dumps: Vec<Dump>,
    runs: Runs,
    commands: Vec<String>,
    changes: Vec<&'static str>,
    /// Where statements are that are none.
    strange: Vec<u64>,
}

/// # Errors
/// If the file cannot be read, or an encoding is not known.
pub fn read(file: &Arc<File>, charset: Charset, coverage: &Arc<Coverage>) -> Result<Vec<Dump>> {
    let handle = file.positioned()?;
    let spelling = Spelling { wide: charset.is_wide(), ..Spelling::of(Dialect::Postgres) };
    let mut script = Script::new(&handle, spelling);
    let mut reading = Reading {
        file,
        dumps: vec![Dump { charset, ..Dump::default() }],
        runs: Runs::default(),
        commands: Vec::new(),
        changes: Vec::new(),
        strange: Vec::new(),
    };
    let failed = |e: std::io::Error| Error::file(&file.shown, &e);
    let mut number = 0_u64;
    while script.next().map_err(failed)? {
        number += 1;
        if number.is_multiple_of(1024) && coverage.is_interrupted() {
            return Err(Error::interrupted());
        }
        let is_insert = script.statement.begins("insert");
        if is_insert {
            reading.insert(&mut script);
        } else {
            reading.close();
            if script.statement.is_command {
                reading.command(&mut script);
            } else if script.statement.begins("copy") {
                reading.copy(&mut script).map_err(failed)?;
            } else {
                reading.other(&mut script)?;
            }
        }
        if !script.statement.is_whole {
            reading.cut(is_insert, script.statement.bytes.clone());
        }
    }
    reading.close();
    reading.finish(&handle)
}

impl Reading<'_> {
    fn dump(&mut self) -> &mut Dump {
        if self.dumps.is_empty() {
            self.dumps.push(Dump::default());
        }
        let last = self.dumps.len() - 1;
        &mut self.dumps[last]
    }

    fn insert(&mut self, script: &mut Script) {
        let (spelling, charset) = (*script.spelling(), self.dump().charset);
        let ended = self.runs.add(&script.statement, spelling, |text| charset.text(text));
        ended.into_iter().for_each(|run| self.keep(run));
    }

    /// The rows of the last INSERT statements are complete.
    fn close(&mut self) {
        let ended = self.runs.close();
        ended.into_iter().for_each(|run| self.keep(run));
    }

    fn keep(&mut self, run: Run) {
        let target = self.dump().catalog.whole(run.header.table);
        let start = run.bodies.first().map_or(0, |body| body.start);
        let table = self.leaf(&target, start);
        let (file, charset) = (self.file.clone(), self.dump().charset);
        let form = Form::Insert(run.spelling);
        let segment = Segment { file, bodies: run.bodies, fields: run.header.columns, form, charset };
        self.dump().data.push(Data { table, target, segment: Some(segment), damage: None });
    }

    fn copy(&mut self, script: &mut Script) -> std::io::Result<()> {
        let charset = self.dump().charset;
        let start = script.statement.bytes.start;
        let text = charset.text(&script.statement.text);
        let Some(target) = copy_target(&text) else {
            self.copy_elsewhere(&text);
            return Ok(());
        };
        let (bytes, is_ended) = script.copy_data()?;
        let loaded = self.dump().catalog.whole(target.table);
        let table = self.leaf(&loaded, start);
        let damage = (!is_ended)
            .then(|| format!("damaged at byte {}: the script ends within these data; what follows is lost", bytes.end));
        match target.style {
            Some(style) => {
                let segment = Segment {
                    file: self.file.clone(),
                    bodies: vec![bytes],
                    fields: target.columns,
                    form: Form::Copy(style),
                    charset,
                };
                self.dump().data.push(Data { table, target: loaded, segment: Some(segment), damage });
            }
            None => {
                let why = "its data are in a format of COPY that is not read (CSV, binary or HEADER)";
                self.dump().data.push(Data { table, target: loaded, segment: None, damage: Some(why.into()) });
            }
        }
        Ok(())
    }

    /// `COPY t FROM '/a/file'`: the rows are not in the script, and no path of it is followed.
    fn copy_elsewhere(&mut self, statement: &str) {
        let tokens = tokens(statement, Dialect::Postgres);
        let mut rest = Cursor { tokens: &tokens, at: 1 };
        let Some(name) = rest.name() else { return };
        rest.list();
        if rest.eat(&["from"]) {
            let table = self.dump().catalog.whole(name);
            let damage = Some("its rows are in another file or program, which is not read".to_string());
            self.dump().data.push(Data { target: table.clone(), table, segment: None, damage });
        }
    }

    /// The partition that rows are of where they are loaded through their root: `pg_dump` says it in a comment.
    fn leaf(&mut self, table: &Name, at: u64) -> Name {
        const BEFORE: u64 = 1024;
        if !self.dump().catalog.table(table).is_some_and(|table| table.is_partitioned) {
            return table.clone();
        }
        let start = at.saturating_sub(BEFORE);
        let mut before = vec![0; (at - start) as usize];
        let Ok(handle) = self.file.positioned() else { return table.clone() };
        if !file::read_full_at(&handle, &mut before, start).is_ok_and(|got| got as u64 == at - start) {
            return table.clone();
        }
        let before = self.dump().charset.text(&before);
        let said = before.rsplit_once("\n-- Data for Name: ").and_then(|(_, said)| {
            let (name, rest) = said.split_once("; Type: TABLE DATA; Schema: ")?;
            Some((rest.split_once(';')?.0.to_string(), name.to_string()))
        });
        said.filter(|leaf| self.dump().catalog.is_part_of(leaf, table)).unwrap_or_else(|| table.clone())
    }

    fn command(&mut self, script: &mut Script) {
        let text = String::from_utf8_lossy(&script.statement.text).into_owned();
        let mut words = text.split_whitespace();
        match words.next().unwrap_or_default() {
            "\\connect" | "\\c" => {
                let name = text.split_once(char::is_whitespace).map_or("", |(_, name)| name.trim());
                let name = name.rsplit_once("dbname=").map_or(name, |(_, name)| name);
                let name = name.trim_matches(|c| matches!(c, '"' | '\'' | '\\')).to_string();
                *script.spelling() = Spelling::of(Dialect::Postgres);
                if name != "-" && self.dump().database.as_ref() != Some(&name) {
                    let is_empty = self.dump().data.is_empty() && self.dump().catalog.tables.is_empty();
                    if is_empty {
                        *self.dump() = Dump { charset: self.dump().charset, ..Dump::default() };
                    } else {
                        self.dumps.push(Dump::default());
                    }
                    self.dump().database = Some(name);
                }
            }
            "\\restrict" | "\\unrestrict" | "\\encoding" | "\\." | "\\echo" | "\\set" | "\\unset" | "\\pset" => {}
            other => self.commands.push(other.to_string()),
        }
    }

    fn other(&mut self, script: &mut Script) -> Result<()> {
        let charset = self.dump().charset;
        let statement = &script.statement;
        if statement.begins("create") || statement.begins("alter") {
            let text = charset.text(&statement.text);
            self.dump().catalog.statement(&text);
            return Ok(());
        }
        if !sql::is_known(&statement.text) && statement.is_whole {
            self.strange.push(statement.bytes.start);
        }
        self.changes.extend(ddl::changes_rows(&statement.text));
        if statement.begins("drop") {
            let text = charset.text(&statement.text);
            let dropped = self.dropped(&text);
            self.changes.extend(dropped);
        }
        if !statement.begins("set") && !statement.begins("select") {
            return Ok(());
        }
        let tokens =
            tokens(&String::from_utf8_lossy(&statement.text[..statement.text.len().min(4096)]), Dialect::Postgres);
        let said = |name: &str| -> Option<String> {
            let at = tokens.iter().position(|token| token.is(name) || *token == Token::Text(name.into()))?;
            let value = |token: &Token| match token {
                Token::Text(text) | Token::Name(text) => Some(text.clone()),
                Token::Word(word) if !matches!(word.as_str(), "to") => Some(word.clone()),
                _ => None,
            };
            tokens[at + 1..].iter().find_map(value)
        };
        if let Some(path) = said("search_path") {
            self.dump().catalog.search(&path);
        }
        if let Some(name) = said("client_encoding") {
            let charset = Charset::of(&name, &self.file.shown)?;
            self.dump().charset = charset;
            script.spelling().wide = charset.is_wide();
        }
        if let Some(value) = said("standard_conforming_strings") {
            script.spelling().backslashes = value.eq_ignore_ascii_case("off");
        }
        Ok(())
    }

    /// Whether a statement drops a table that the script has made before.
    fn dropped(&mut self, statement: &str) -> Option<&'static str> {
        let tokens = tokens(statement, Dialect::Postgres);
        let mut rest = Cursor { tokens: &tokens, at: 0 };
        if !rest.eat(&["drop", "table"]) {
            return None;
        }
        rest.eat(&["if", "exists"]);
        let name = rest.name()?;
        let catalog = &self.dump().catalog;
        catalog.table(&catalog.whole(name)).map(|_| "DROP TABLE")
    }

    /// The script ends within a statement.
    fn cut(&mut self, is_insert: bool, bytes: Range<u64>) {
        let why = format!("damaged at byte {}: the script ends within a statement; what follows is lost", bytes.end);
        if is_insert {
            self.close();
            if let Some(data) = self.dump().data.last_mut() {
                data.damage = Some(why);
            }
        } else {
            self.dump().lost.push(why);
        }
    }

    /// What it means in a script of `pg_dump` that a table has no rows in it.
    fn tell_absences(&mut self, handle: &file::Handle, is_cut: bool) {
        let is_insert = |data: &Data| data.segment.as_ref().is_some_and(|data| matches!(data.form, Form::Insert(_)));
        let mut data = self.dumps.iter().flat_map(|dump| &dump.data).peekable();
        // A COPY stands for empty tables too. Without any data it was a dump of INSERTs of empty tables, or of none.
        let has_all = match data.peek() {
            Some(_) => !data.any(is_insert),
            None => !names_data(handle, self.file.bytes),
        };
        if !has_all {
            return;
        }
        self.dumps.iter_mut().for_each(|dump| dump.absence = Absence::NotDumped);
        if is_cut {
            self.dump().absence = Absence::CutOff;
        }
    }

    fn finish(mut self, handle: &file::Handle) -> Result<Vec<Dump>> {
        let has = |text: &str| memchr::memmem::find(&self.file.head(), text.as_bytes()).is_some();
        let is_complete = |what: &str| {
            const TAIL: u64 = 512;
            let start = self.file.bytes.saturating_sub(TAIL);
            let mut tail = vec![0; (self.file.bytes - start) as usize];
            file::read_full_at(handle, &mut tail, start).ok();
            memchr::memmem::find(&tail, format!("-- PostgreSQL database {what} complete").as_bytes()).is_some()
        };
        let said = if has("-- PostgreSQL database cluster dump") {
            Some("cluster dump")
        } else {
            has("-- PostgreSQL database dump").then_some("dump")
        };
        let is_cut = said.is_some_and(|what| !is_complete(what));
        let is_known =
            self.dumps.iter().any(|dump| !dump.lost.is_empty() || dump.data.iter().any(|data| data.damage.is_some()));
        if is_cut && !is_known {
            let end = self.file.bytes;
            self.dump().lost.push(format!(
                "damaged at byte {end}: the script ends without saying that it is complete; tables may be missing"
            ));
        }
        if said.is_some() {
            self.tell_absences(handle, is_cut);
        }
        let lost = [self.runs.computed(), not_applied(&self.changes), sql::not_understood(&self.strange)];
        self.dump().lost.extend(lost.into_iter().flatten());
        self.commands.sort();
        self.commands.dedup();
        if !self.commands.is_empty() {
            let commands = self.commands.join("`, `");
            self.dump().notes.push(format!("psql commands that are not run: `{commands}`"));
        }
        // A cluster's own roles and settings are no database.
        self.dumps.retain(|dump| !dump.data.is_empty() || !dump.catalog.tables.is_empty() || !dump.lost.is_empty());
        Ok(self.dumps)
    }
}

/// Whether a comment of a script says where the data of a table stand, as `pg_dump` has it of empty tables too.
fn names_data(handle: &file::Handle, bytes: u64) -> bool {
    const STEP: usize = 1 << 20;
    const COMMENT: &[u8] = b"; Type: TABLE DATA; Schema: ";
    let mut buffer = vec![0; STEP + COMMENT.len()];
    (0..bytes).step_by(STEP).any(|at| {
        let got = file::read_full_at(handle, &mut buffer, at).unwrap_or(0);
        memchr::memmem::find(&buffer[..got], COMMENT).is_some()
    })
}

/// What the first INSERT statement of an entry's data says before its values.
pub fn first_header(file: &File, charset: Charset, spelling: Spelling) -> Option<Header> {
    const BYTES: u64 = 256 << 10;
    let mut head = Vec::new();
    if let Ok(stream) = file.stream(None) {
        // What breaks is said when the rows are read.
        stream.take(BYTES).read_to_end(&mut head).ok();
    }
    insert::header(&charset.text(&head[insert::head_of(&head, spelling)?]), Dialect::Postgres)
}

pub struct CopyTarget {
    pub table: Name,
    pub columns: Vec<String>,
    /// `None` for a format that is not read.
    pub style: Option<Style>,
}

/// `COPY t [(columns)] FROM stdin [WITH ..]`
pub fn copy_target(statement: &str) -> Option<CopyTarget> {
    let tokens = tokens(statement, Dialect::Postgres);
    let mut rest = Cursor { tokens: &tokens, at: 1 };
    let table = rest.name()?;
    let columns = rest.list().unwrap_or_default().into_iter().filter_map(|item| item.first()?.name()).map(String::from);
    let mut columns: Vec<String> = columns.collect();
    if rest.eat(&["with", "oids"]) {
        // Before PostgreSQL 12 rows could have a number of their own, which comes first.
        columns.insert(0, "oid".into());
    }
    if !rest.eat(&["from", "stdin"]) {
        return None;
    }
    let options = &tokens[rest.at..];
    let mut style = Style::default();
    let has = |word: &str| options.iter().any(|token| token.is(word));
    let said = |word: &str| {
        let at = options.iter().position(|token| token.is(word))?;
        options[at + 1..]
            .iter()
            .find_map(|token| if let Token::Text(text) = token { Some(text.as_bytes().to_vec()) } else { None })
    };
    if let Some([delimiter]) = said("delimiter").or_else(|| said("delimiters")).as_deref() {
        style.delimiter = *delimiter;
    }
    if let Some(null) = said("null") {
        style.null = null;
    }
    let is_read = !has("csv") && !has("binary") && !has("header");
    Some(CopyTarget { table, columns, style: is_read.then_some(style) })
}
