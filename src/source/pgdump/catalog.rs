//! What a dump's statements declare, put together: columns through inheritance and types, types through domains,
//! partitions under their parents.

use std::collections::HashMap;

use crate::source::sql::Dialect;
use crate::source::sql::ddl::{ColumnDef, CreateTable, Declaration, Name, TypeName, declaration};

/// Domains of domains, and tables that inherit, are followed this far.
const DEPTH_MAX: usize = 32;

#[derive(Debug, Default)]
pub struct Catalog {
    /// In the order of the dump.
    pub tables: Vec<CreateTable>,
    by_name: HashMap<Name, usize>,
    types: HashMap<Name, Type>,
    parents: HashMap<Name, Name>,
    /// Views and the like: what they are, and their names.
    pub not_data: Vec<(&'static str, Name)>,
    /// Where names without a schema are.
    search_path: String,
}

#[derive(Debug)]
enum Type {
    Domain(TypeName),
    Composite(Vec<ColumnDef>),
    Other,
}

impl Catalog {
    pub fn statement(&mut self, statement: &str) {
        match declaration(statement, Dialect::Postgres) {
            Some(Declaration::Table(mut table)) => {
                table.name = self.whole(table.name);
                table.inherits = table.inherits.into_iter().map(|name| self.whole(name)).collect();
                table.of_type = table.of_type.map(|name| self.whole(name));
                if let Some(parent) = table.partition_of.take() {
                    self.parents.insert(table.name.clone(), self.whole(parent));
                }
                self.by_name.insert(table.name.clone(), self.tables.len());
                self.tables.push(table);
            }
            Some(Declaration::Domain(name, kind)) => self.define(name, Type::Domain(kind)),
            Some(Declaration::Composite(name, fields)) => self.define(name, Type::Composite(fields)),
            Some(Declaration::Type(name, _)) => self.define(name, Type::Other),
            Some(Declaration::Column(table, column)) => {
                let name = self.whole(table);
                if let Some(index) = self.by_name.get(&name) {
                    self.tables[*index].columns.push(column);
                }
            }
            Some(Declaration::Attach { parent, child }) => {
                let (parent, child) = (self.whole(parent), self.whole(child));
                self.parents.insert(child, parent);
            }
            Some(Declaration::NotData { what, name }) => {
                let name = self.whole(name);
                self.not_data.push((what, name));
            }
            None => {}
        }
    }

    fn define(&mut self, name: Name, kind: Type) {
        let name = self.whole(name);
        self.types.insert(name, kind);
    }

    /// Sets where names without a schema are: the first schema of `SET search_path`.
    pub fn search(&mut self, path: &str) {
        let first = path.split(',').next().unwrap_or_default();
        self.search_path = first.trim().trim_matches(|c| c == '\'' || c == '"').to_string();
    }

    /// A name with its schema.
    pub fn whole(&self, (schema, name): Name) -> Name {
        match (schema.is_empty(), self.search_path.is_empty()) {
            (false, _) => (schema, name),
            (true, true) => ("public".into(), name),
            (true, false) => (self.search_path.clone(), name),
        }
    }

    pub fn table(&self, name: &Name) -> Option<&CreateTable> {
        self.by_name.get(name).map(|index| &self.tables[*index])
    }

    /// The partitioned table that this one is a part of.
    pub fn parent(&self, name: &Name) -> Option<&Name> {
        self.parents.get(name)
    }

    /// Whether `name` is below `ancestor` among partitions.
    pub fn is_part_of(&self, name: &Name, ancestor: &Name) -> bool {
        std::iter::successors(self.parent(name), |name| self.parent(name)).take(DEPTH_MAX).any(|name| name == ancestor)
    }

    /// A table's columns, inherited ones first. Generated ones are among them.
    pub fn columns(&self, name: &Name) -> Vec<ColumnDef> {
        self.columns_to(name, DEPTH_MAX)
    }

    fn columns_to(&self, name: &Name, depth: usize) -> Vec<ColumnDef> {
        let Some(table) = self.table(name).filter(|_| depth > 0) else { return Vec::new() };
        let mut columns: Vec<ColumnDef> = Vec::new();
        let mut add = |more: Vec<ColumnDef>| {
            for column in more {
                match columns.iter_mut().find(|known| known.name == column.name) {
                    Some(known) => *known = column,
                    None => columns.push(column),
                }
            }
        };
        table.inherits.iter().for_each(|parent| add(self.columns_to(parent, depth - 1)));
        if let Some(Type::Composite(fields)) = table.of_type.as_ref().and_then(|name| self.types.get(name)) {
            add(fields.clone());
        }
        if let Some(parent) = self.parent(name).filter(|_| table.columns.is_empty()) {
            add(self.columns_to(parent, depth - 1));
        }
        add(table.columns.clone());
        columns
    }

    /// The built-in type that a declared one comes down to; `text` of enums, composites and what is not known.
    pub fn base(&self, declared: &TypeName) -> TypeName {
        let mut kind = declared.clone();
        for _ in 0..DEPTH_MAX {
            if kind.schema == "pg_catalog" {
                kind.schema.clear();
            }
            let schema =
                if kind.schema.is_empty() { self.whole((String::new(), String::new())).0 } else { kind.schema.clone() };
            match self.types.get(&(schema, kind.name.clone())) {
                Some(Type::Domain(inner)) if !(kind.is_array && inner.is_array) => {
                    kind = TypeName { is_array: kind.is_array || inner.is_array, ..inner.clone() };
                }
                Some(_) => return TypeName { name: "text".into(), is_array: kind.is_array, ..TypeName::default() },
                // A type of an extension or of another schema.
                None if !kind.schema.is_empty() => {
                    return TypeName { name: "text".into(), is_array: kind.is_array, ..TypeName::default() };
                }
                None => return kind,
            }
        }
        kind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_from_parents_types_and_domains() {
        let mut catalog = Catalog::default();
        for statement in [
            "CREATE DOMAIN public.posint AS integer CHECK (VALUE > 0)",
            "CREATE DOMAIN public.many AS public.posint[]",
            "CREATE TYPE public.mood AS ENUM ('a')",
            "CREATE TYPE public.row_t AS (a integer, b numeric(10,3))",
            "CREATE TABLE public.parent (id integer, name text)",
            "CREATE TABLE public.child (extra public.many) INHERITS (public.parent)",
            "CREATE TABLE public.typed OF public.row_t (PRIMARY KEY (a))",
            "CREATE TABLE public.p (m public.mood[], n public.posint) PARTITION BY HASH (m)",
            "CREATE TABLE s.q (m public.mood[], n public.posint) PARTITION BY HASH (n)",
            "CREATE TABLE s.leaf (n integer)",
            "ALTER TABLE ONLY public.p ATTACH PARTITION s.q FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
            "ALTER TABLE ONLY s.q ATTACH PARTITION s.leaf DEFAULT",
        ] {
            catalog.statement(statement);
        }
        let name = |schema: &str, name: &str| (schema.to_string(), name.to_string());
        let columns = |table: &Name| {
            let shown = |column: ColumnDef| {
                let base = catalog.base(&column.kind);
                format!("{} {}{}", column.name, base.name, if base.is_array { "[]" } else { "" })
            };
            catalog.columns(table).into_iter().map(shown).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(columns(&name("public", "child")), "id integer, name text, extra integer[]");
        assert_eq!(columns(&name("public", "typed")), "a integer, b numeric");
        assert_eq!(columns(&name("public", "p")), "m text[], n integer");
        assert!(catalog.is_part_of(&name("s", "leaf"), &name("public", "p")));
    }
}
