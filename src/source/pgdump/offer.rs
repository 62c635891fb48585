//! The tables of a dump as a source offers them: columns in the order of the rows, types confirmed by values,
//! partitions under their parents.

use std::collections::HashSet;
use std::sync::Arc;

use super::cells::Columns;
use super::kind::{PgKind, Wish};
use super::rows::{Form, Segment, TableRows};
use super::{Absence, Data, Dump};
use crate::error::Result;
use crate::model::column::Column;
use crate::model::coverage::{Fault, Report};
use crate::model::name;
use crate::model::zone::Clock;
use crate::source::sql::ddl::{ColumnDef, Name, TypeName};
use crate::source::sql::insert::LEFT_OUT;
use crate::source::text::TextTable;
use crate::source::{Content, Offer, Source, Spec, sample};

/// Adds the tables of all dumps to a source.
pub fn all(spec: &Spec, dumps: Vec<Dump>, source: &mut Source) -> Result<()> {
    let several = dumps.len() > 1;
    for dump in dumps {
        let database = dump.database.clone().filter(|_| several);
        let before = |note: String| match &database {
            Some(database) => format!("{database}: {note}"),
            None => note,
        };
        source.notes.extend(dump.notes.iter().cloned().map(before));
        source.notes.extend(not_data(&dump).map(before));
        source.lost.extend(dump.lost.iter().cloned().map(before));
        let names = names(&dump);
        let share = sample::share(names.len());
        for name in names {
            source.tables.push(offer(spec, &dump, name, database.as_deref(), share)?);
        }
    }
    Ok(())
}

/// All tables with rows: those declared, in their order, then those that only have data.
fn names(dump: &Dump) -> Vec<Name> {
    let mut seen: HashSet<&Name> = HashSet::new();
    let declared = dump.catalog.tables.iter().filter(|table| !table.is_foreign).map(|table| &table.name);
    let with_data = dump.data.iter().map(|data| &data.table);
    declared.chain(with_data).filter(|name| seen.insert(name)).cloned().collect()
}

fn not_data(dump: &Dump) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    for what in ["view", "materialized view"] {
        let named = dump.catalog.not_data.iter().filter(|(kind, _)| *kind == what).map(|(_, name)| name.1.clone());
        parts.extend(name::counted(what, named.collect()));
    }
    let foreign = dump.catalog.tables.iter().filter(|table| table.is_foreign).map(|table| table.name.1.clone());
    parts.extend(name::counted("foreign table", foreign.collect()));
    (!parts.is_empty()).then(|| format!("not data: {}", parts.join(", ")))
}

fn offer(spec: &Spec, dump: &Dump, table: Name, database: Option<&str>, share: u64) -> Result<Offer> {
    let is_partitioned = dump.catalog.table(&table).is_some_and(|table| table.is_partitioned);
    let mine = |data: &&Data| data.table == table || (is_partitioned && dump.catalog.is_part_of(&data.table, &table));
    let data: Vec<&Data> = dump.data.iter().filter(mine).collect();
    let declared = dump.catalog.columns(&table);
    let segments: Vec<Segment> = data.iter().filter_map(|data| with_fields(data, dump)).collect();
    let layout = Layout::of(&declared, &segments, is_partitioned);
    let mut notes = Vec::new();
    let leaves_out = |segment: &Segment| {
        let stored = declared.iter().filter(|column| !column.is_generated);
        matches!(segment.form, Form::Insert(_))
            && stored.into_iter().any(|column| !segment.fields.contains(&column.name))
    };
    if segments.iter().any(leaves_out) && !is_partitioned {
        notes.push(LEFT_OUT.to_string());
    }
    let is_nameless = |data: &&Data| {
        data.segment
            .as_ref()
            .is_some_and(|segment| segment.fields.is_empty() && matches!(segment.form, Form::Insert(_)))
    };
    if dump.catalog.table(&table).is_some_and(|table| !table.inherits.is_empty()) && data.iter().any(is_nameless) {
        notes.push("its INSERTs name no columns and may be in another order than its inherited columns".to_string());
    }
    let generated: Vec<&str> = declared.iter().filter(|c| c.is_generated).map(|column| column.name.as_str()).collect();
    if !generated.is_empty() {
        notes.push(format!("`{}` is generated, and its values are not in a dump", generated.join("`, `")));
    }
    let children = dump.catalog.tables.iter().filter(|child| child.inherits.contains(&table));
    if let Some(children) = name::counted("table", children.map(|child| child.name.1.clone()).collect()) {
        notes.push(format!("its own rows alone; inherited from by {children}"));
    }
    if is_partitioned {
        let parts = dump.catalog.tables.iter().filter(|part| dump.catalog.parent(&part.name) == Some(&table));
        notes.extend(
            name::counted("partition", parts.map(|part| part.name.1.clone()).collect())
                .map(|parts| format!("has all rows of {parts}")),
        );
    }
    let wishes: Vec<Wish> = layout
        .columns
        .iter()
        .map(|column| {
            let as_text = spec.is_text(&column.name);
            match (as_text, column.kind.name.is_empty()) {
                (true, true) => Wish::TEXT,
                (false, true) => Wish::UNKNOWN,
                (_, false) => {
                    let wish = Wish::of(&dump.catalog.base(&column.kind));
                    if as_text && wish != Wish::PADDED { Wish::TEXT } else { wish }
                }
            }
        })
        .collect();
    if wishes.contains(&Wish::UNKNOWN) {
        notes.push("types that are not declared are told from values".to_string());
    }
    notes.extend(name::renamed(layout.columns.iter().map(|column| column.name.as_str())));
    let kinds = confirmed(&layout, &segments, &wishes, share, &mut notes)?;
    if kinds.iter().any(PgKind::is_zoneless) && !spec.zone_said {
        notes.push(crate::model::zone::ASSUMED.into());
    }
    let mut report = Report::default();
    match (dump.absence, without_data(dump, &table)) {
        (Absence::NotDumped, Some(what)) => notes.push(format!("{what} not in the dump")),
        (Absence::CutOff, Some(what)) => {
            let why = format!("{what} not in the script, which is cut off before its end");
            report.fault(Fault::Damaged(why), || (spec.files[0].shown.clone(), 0));
        }
        _ => {}
    }
    for data in &data {
        let place = match &data.segment {
            Some(segment) => segment.file.shown.clone(),
            None => format!("{}#{}.{}", spec.files[0].shown, data.table.0, data.table.1).into(),
        };
        data.damage.iter().for_each(|why| report.fault(Fault::Damaged(why.clone()), || (place.clone(), 0)));
    }
    let schema = match database {
        None => table.0.clone(),
        Some(database) if table.0 == "public" => database.to_string(),
        Some(database) => format!("{database}.{}", table.0),
    };
    let rows = layout.rows(segments.clone(), kinds, spec.clock());
    Ok(Offer {
        bytes: segments.iter().map(Segment::bytes).sum(),
        shares_bytes: false,
        schema: Some(schema),
        format: dump.format.clone(),
        notes,
        report,
        is_part: dump.catalog.parent(&table).is_some(),
        telling: Vec::new(),
        name: table.1,
        content: Content::Scanned(rows),
    })
}

/// What of a table that is declared has no data in a dump, not even none: itself, or partitions of it.
fn without_data(dump: &Dump, table: &Name) -> Option<String> {
    let declared = dump.catalog.table(table).filter(|declared| !declared.is_foreign)?;
    let catalog = &dump.catalog;
    // Rows that were loaded through the root may be of any of its partitions.
    let has_data = |name: &Name| {
        let is_part = catalog.parent(name).is_some();
        dump.data.iter().any(|data| data.table == *name || is_part && catalog.is_part_of(name, &data.table))
    };
    if !declared.is_partitioned {
        return (!has_data(table)).then(|| "it is declared, and its data is".to_string());
    }
    let leaves = catalog.tables.iter().filter(|leaf| !leaf.is_partitioned && !leaf.is_foreign);
    let mine = leaves.filter(|leaf| catalog.is_part_of(&leaf.name, table) && !has_data(&leaf.name));
    let parts = name::counted("partition", mine.map(|leaf| leaf.name.1.clone()).collect())?;
    Some(format!("the data of {parts} is"))
}

/// A segment that names its fields: where the dump does not, they are the columns of the table it is loaded into.
fn with_fields(data: &Data, dump: &Dump) -> Option<Segment> {
    let mut segment = data.segment.clone()?;
    if segment.fields.is_empty() {
        // An INSERT without names has a value for each column, DEFAULT for what is generated; a COPY has not.
        let is_insert = matches!(segment.form, Form::Insert(_));
        // Values without names are in the order of the table that they were taken from.
        let own = if is_insert { dump.catalog.columns(&data.table) } else { Vec::new() };
        let columns = if own.is_empty() { dump.catalog.columns(&data.target) } else { own };
        let columns = columns.into_iter().filter(|column| is_insert || !column.is_generated);
        segment.fields = columns.map(|column| column.name).collect();
        if segment.fields.is_empty() && is_insert && dump.catalog.table(&data.target).is_none() {
            // Neither declared nor named.
            segment.fields = (1..=segment.width()).map(|number| format!("column{number}")).collect();
        }
    }
    Some(segment)
}

/// The columns of a table, and which of them each segment's fields are.
struct Layout {
    columns: Vec<ColumnDef>,
    fields: Vec<Vec<Option<usize>>>,
}

impl Layout {
    fn of(declared: &[ColumnDef], segments: &[Segment], is_partitioned: bool) -> Layout {
        let stored = || declared.iter().filter(|column| !column.is_generated);
        let listed = segments.iter().find(|segment| !segment.fields.is_empty()).filter(|_| !is_partitioned);
        let text = |name: &String| ColumnDef { name: name.clone(), kind: TypeName::default(), is_generated: false };
        // Rows are in the order of the table's columns, also where a declaration leaves out what is inherited.
        let mut columns: Vec<ColumnDef> = Vec::new();
        for name in listed.iter().flat_map(|segment| &segment.fields) {
            let column = declared.iter().find(|column| column.name == *name).cloned().unwrap_or_else(|| text(name));
            if !column.is_generated {
                columns.push(column);
            }
        }
        let missing = |columns: &[ColumnDef], name: &str| !columns.iter().any(|column| column.name == name);
        for column in stored() {
            if missing(&columns, &column.name) {
                columns.push(column.clone());
            }
        }
        for name in segments.iter().flat_map(|segment| &segment.fields) {
            if missing(&columns, name) && !declared.iter().any(|column| column.name == *name) {
                columns.push(text(name));
            }
        }
        let place = |name: &String| columns.iter().position(|column| column.name == *name);
        let fields = segments.iter().map(|segment| segment.fields.iter().map(place).collect()).collect();
        Layout { columns, fields }
    }

    fn rows(&self, segments: Vec<Segment>, kinds: Vec<PgKind>, clock: Clock) -> Arc<TextTable<TableRows>> {
        let mut seen = name::taken_by_places();
        let columns = self
            .columns
            .iter()
            .zip(&kinds)
            .map(|(column, kind)| Column::new(name::once(&column.name, &mut seen), kind.kind()))
            .collect();
        let names = self.columns.iter().map(|column| column.name.clone()).collect();
        let files = segments.iter().map(|segment| segment.file.clone()).collect();
        let columns_of = Arc::new(Columns { names, kinds, clock });
        let format = TableRows { segments, fields: self.fields.clone(), columns: columns_of };
        Arc::new(TextTable::new(files, format, columns))
    }
}

/// The types that the values confirm; a column is text if one of them does not fit.
fn confirmed(
    layout: &Layout,
    segments: &[Segment],
    wishes: &[Wish],
    share: u64,
    notes: &mut Vec<String>,
) -> Result<Vec<PgKind>> {
    // Any text is a text.
    let is_open = |wish: &Wish| ![Wish::TEXT, Wish::PADDED].contains(wish);
    let wanted: Vec<usize> = (0..wishes.len()).filter(|index| is_open(&wishes[*index])).collect();
    let as_text = vec![PgKind::Text; wishes.len()];
    let rows = sample::rows(
        layout.rows(segments.to_vec(), as_text, Clock::UTC),
        &wanted,
        segments.iter().map(Segment::bytes).sum(),
        share,
    )?;
    let of_text = |wish: &Wish| if *wish == Wish::PADDED { PgKind::Padded } else { PgKind::Text };
    let mut kinds: Vec<PgKind> = wishes.iter().map(of_text).collect();
    for (slot, index) in wanted.into_iter().enumerate() {
        let values = rows.batches.iter().flat_map(|batch| {
            let column = &batch.columns[slot];
            (0..batch.rows).filter(|row| column.valid[*row]).map(|row| column.text(row))
        });
        if wishes[index] == Wish::UNKNOWN {
            kinds[index] = Wish::guessed(values.clone()).confirmed_by(values, rows.are_all).unwrap_or(PgKind::Text);
            continue;
        }
        match wishes[index].confirmed_by(values, rows.are_all) {
            Ok(kind) => kinds[index] = kind,
            Err(why) => {
                let ColumnDef { name, kind, .. } = &layout.columns[index];
                let array = if kind.is_array { "[]" } else { "" };
                notes.push(format!("`{name}` is declared {}{array} and read as text, since {why}", kind.name));
            }
        }
    }
    Ok(kinds)
}
