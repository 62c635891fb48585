//! The tables of a source under the names that SQL uses: `telemetry`, `station.tests`, `mes.public.labels`.

use std::collections::HashMap;

use super::{Session, Table, known_column};
use crate::engine::{Label, quote};
use crate::error::{Error, Result};
use crate::model::column::{Column, Kind};
use crate::model::coverage::grouped;
use crate::model::name;
use crate::model::role::Roles;
use crate::model::value::Value;
use crate::source::{Content, Offer, Source};

/// Asked of a view of 16,384 columns, which a worksheet may have, the engine needs seconds; of 100,000, minutes.
const COLUMNS_MAX: usize = 16_384 + 2;

impl Session {
    /// Makes the tables of a source known to SQL.
    pub(super) fn attach(&mut self, source: Source, shown: &str) -> Result<()> {
        if source.is_database {
            self.engine.execute(&format!("ATTACH ':memory:' AS {}", quote::name(&source.name)))?;
        }
        let mut tables = source.tables;
        tell_apart(&mut tables);
        let names: Vec<String> = tables.iter().map(|offer| offer.name.to_lowercase()).collect();
        for offer in tables {
            // Two schemas of a dump may have tables of one name: then both carry their schema's.
            let twice = names.iter().filter(|name| **name == offer.name.to_lowercase()).count() > 1;
            self.attach_table(&source.name, source.kind, source.is_database, twice, offer)?;
        }
        self.notes.extend(source.notes.into_iter().map(|note| (source.name.clone(), note)));
        source.lost.iter().for_each(|lost| self.coverage.damaged(&source.name, shown, lost));
        Ok(())
    }

    fn attach_table(
        &mut self,
        source: &str,
        kind: &'static str,
        is_database: bool,
        twice: bool,
        mut offer: Offer,
    ) -> Result<()> {
        let short_name = match &offer.schema {
            Some(schema) if twice => format!("{schema}.{}", offer.name),
            _ => offer.name.clone(),
        };
        let name = if is_database { format!("{source}.{short_name}") } else { source.to_string() };
        let said = self.settings.sources.get(source);
        let evidence = if offer.shares_bytes { source.to_string() } else { name.clone() };
        let (columns, scan, hidden, origin) = match &offer.content {
            Content::Scanned(table) => {
                let label = Label { table: name.clone(), evidence, bytes: offer.bytes };
                let scan = self.engine.register(table.clone(), label);
                (table.columns().to_vec(), scan, table.hidden(), "concat_ws(':', _file, _line)".to_string())
            }
            Content::Parquet(files) => {
                let (columns, scan) = self.parquet_scan(source, files)?;
                // The engine reads these by itself and tells nobody when.
                self.coverage.asked(&name, &evidence, offer.bytes);
                self.parquet.extend(files.iter().map(|file| file.path.clone()));
                (columns, scan, 2, "concat_ws(':', _file, _line)".to_string())
            }
        };
        if columns.len() > COLUMNS_MAX {
            let (has, most) = (grouped(columns.len() as u64), grouped(COLUMNS_MAX as u64));
            return Err(Error::evidence(format!("`{name}` has {has} columns, and at most {most} can be read"))
                .detail("what the engine needs grows with the square of their number")
                .hint(format!("if its delimiter is another one, say so: --set sources.{source}.delimiter=\";\"")));
        }
        let shown = columns.len() - hidden;
        let list = if hidden == 0 {
            "*".into()
        } else {
            columns[..shown].iter().map(|column| quote::name(&column.name)).collect::<Vec<_>>().join(", ")
        };
        let list = if list.is_empty() { "NULL AS no_columns".into() } else { list };
        let view = if is_database {
            format!("{}.main.{}", quote::name(source), quote::name(&short_name))
        } else {
            quote::name(source)
        };
        self.engine.execute(&format!("CREATE VIEW {view} AS SELECT {list} FROM {scan}"))?;
        if let Some(schema) = offer.schema.as_ref().filter(|_| is_database) {
            let catalog = quote::name(source);
            let (schema, table) = (quote::name(schema), quote::name(&offer.name));
            self.engine.execute(&format!("CREATE SCHEMA IF NOT EXISTS {catalog}.{schema}; CREATE VIEW {catalog}.{schema}.{table} AS SELECT {list} FROM {scan}"))?;
        }
        if let Some(time) = said.and_then(|said| said.time.as_deref()).filter(|_| !is_database) {
            known_column(&name, &columns, time, &format!("sources.{source}.time"))?;
        }
        let own: Vec<Column> = columns[..shown].to_vec();
        let time = said.and_then(|said| said.time.clone());
        let time = time.filter(|time| own.iter().any(|column| column.name.eq_ignore_ascii_case(time)));
        let column = time.as_ref().and_then(|time| own.iter().find(|column| column.name.eq_ignore_ascii_case(time)));
        let fault = column.map_or(Ok(None), |column| self.no_times(source, &name, column, (&scan, &origin)))?;
        if let (Some(fault), false) = (&fault, is_database) {
            return Err(fault.clone());
        }
        // Of a database's tables another one may have them.
        let time = time.filter(|_| fault.is_none());
        offer.notes.extend(fault.map(|fault| fault.message));
        let mut roles = Roles::find(&own, time.as_deref());
        // A log's own columns say what all of its formats have; a field of one format does not.
        if kind == "log" && own.iter().any(|column| column.name == "code") {
            roles.code = Some("code".into());
        }
        if let Some(time) = roles.time.as_deref().filter(|_| kind != "log") {
            offer.notes.extend(self.has_days_alone(&own, time, &scan)?);
        }
        offer.notes.iter().for_each(|note| self.coverage.note(&name, note.clone()));
        if !offer.report.faults.is_empty() {
            self.coverage.finish(&name, usize::MAX, &offer.report);
        }
        let tables = if offer.is_part { &mut self.parts } else { &mut self.tables };
        tables.push(Table {
            source: source.to_string(),
            kind,
            name,
            short_name,
            long_name: offer.schema.as_ref().map(|schema| format!("{schema}.{}", offer.name)),
            columns: own,
            roles,
            bytes: offer.bytes,
            format: offer.format,
            notes: offer.notes,
            telling: offer.telling,
            scan,
            view,
            origin,
        });
        Ok(())
    }

    /// What is wrong with the column that the settings name as a table's time, if it cannot be one.
    fn no_times(&self, source: &str, table: &str, column: &Column, from: (&str, &str)) -> Result<Option<Error>> {
        if matches!(column.kind, Kind::Time | Kind::Date) {
            return Ok(None);
        }
        let (named, (scan, origin)) = (quote::name(&column.name), from);
        let value = format!(
            "SELECT {origin} || ' holds `' || left({named}::VARCHAR, 80) || '`' FROM {scan} WHERE {named} IS NOT NULL LIMIT 1"
        );
        let found = self.coverage.peek(|| self.engine.rows(&value))?;
        let held = match found.rows.first().map(Vec::as_slice) {
            Some([Value::Text(held)]) => held.clone(),
            _ => "it holds no value at all".into(),
        };
        let setting = format!("sources.{source}.time");
        let error = Error::question(format!(
            "`{setting}` names the column `{}` of `{table}`, which holds no times",
            column.name
        ))
        .detail(held)
        .hint(format!("name one that `rca schema` shows as a time, or leave `{setting}` out"));
        Ok(Some(error))
    }
}

/// SQL takes names that differ in case alone for one: the one in small letters keeps its name, others get a number.
fn tell_apart(tables: &mut [Offer]) {
    let mut seen = HashMap::new();
    let mut order: Vec<usize> = (0..tables.len()).collect();
    order.sort_by_key(|index| tables[*index].name != tables[*index].name.to_lowercase());
    for index in order {
        let offer = &mut tables[index];
        let schema = offer.schema.clone().unwrap_or_default();
        if offer.name.is_empty() {
            offer.name = "unnamed".into();
        }
        let name = name::once(&format!("{schema}.{}", offer.name), &mut seen).split_off(schema.len() + 1);
        if name != offer.name {
            offer.notes.push(format!("`{}` is called `{name}` here, since SQL does not tell case", offer.name));
            offer.name = name;
        }
    }
}
