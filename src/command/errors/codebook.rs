//! What codes mean: a table of the evidence or a file, named by a flag, by the settings, or found by its shape.

use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::name;
use crate::session::{Session, Table, known_column};

/// The name of a source that `--codebook FILE` makes.
pub const FILE: &str = "codebook";

const CODES: [&str; 6] = ["code", "error_code", "errorcode", "err_code", "id", "errorid"];
const DESCRIPTIONS: [&str; 8] = ["description", "meaning", "message", "text", "name", "title", "desc", "detail"];

pub struct Codebook<'a> {
    pub table: &'a Table,
    pub code: String,
    pub description: Option<String>,
}

impl<'a> Codebook<'a> {
    /// # Errors
    /// If the table named is not there, or has no column of codes.
    pub fn find(session: &'a Session, said: Option<&str>) -> Result<Option<Codebook<'a>>> {
        let settings = session.settings.codebook.as_ref();
        let is_file = said.is_some_and(|text| std::path::Path::new(text).is_file());
        let named = if is_file { Some(FILE) } else { said.or(settings.map(|settings| settings.table.as_str())) };
        let Some(named) = named else { return Ok(session.tables.iter().find_map(by_shape)) };
        let table = session.table(named)?;
        let of_settings = settings.filter(|settings| settings.table.eq_ignore_ascii_case(named));
        let code = match of_settings.and_then(|settings| settings.code.as_deref()) {
            Some(column) => known_column(&table.name, &table.columns, column, "codebook.code")?,
            None => first_of(table, &CODES).ok_or_else(|| {
                let names: Vec<String> = table.own_columns().map(|column| column.name.clone()).collect();
                Error::question(format!("codebook `{}` has no column of codes", table.name))
                    .detail(format!("its columns are {}", name::listed(&names)))
                    .hint("say which it is: --set codebook.table=TABLE --set codebook.code=COLUMN")
            })?,
        };
        let description = match of_settings.and_then(|settings| settings.description.as_deref()) {
            Some(column) => Some(known_column(&table.name, &table.columns, column, "codebook.description")?),
            None => first_of(table, &DESCRIPTIONS),
        };
        Ok(Some(Codebook { table, code, description }))
    }

    /// `code, description`, each code once.
    pub fn sql(&self) -> String {
        let description =
            self.description.as_ref().map_or_else(|| "NULL".into(), |column| quote::readable_name(column));
        let code = quote::readable_name(&self.code);
        format!(
            "SELECT {code}::VARCHAR AS code, min({description}::VARCHAR) AS description FROM {} WHERE {code} IS NOT NULL GROUP BY 1",
            self.table.sql()
        )
    }
}

/// A table called after codes, with a code and a description and no time.
fn by_shape(table: &Table) -> Option<Codebook<'_>> {
    let is_called = ["code", "codebook", "error_types", "errors_catalog"]
        .iter()
        .any(|word| table.short_name.to_lowercase().contains(word));
    let code = first_of(table, &CODES).filter(|_| is_called && table.roles.time.is_none() && table.kind != "log")?;
    let description = first_of(table, &DESCRIPTIONS)?;
    Some(Codebook { table, code, description: Some(description) })
}

fn first_of(table: &Table, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| table.column(name)).map(|column| column.name.clone())
}
