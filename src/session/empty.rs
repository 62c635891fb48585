//! Input in which nothing came: a table without rows, on which counting gives 0. What it would have had for columns
//! nobody knows, so those that a question asks for are taken for its own.

use super::Session;
use crate::engine::quote;
use crate::error::Result;

impl Session {
    /// Makes what came empty known to SQL.
    pub(super) fn make_empty(&mut self) -> Result<()> {
        self.is_empty_stream = !self.empty.is_empty();
        self.empty_with(&["no_columns".into()])
    }

    /// Gives columns of which only the names came no type, so that SQL may ask of them what it would of any.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn untype_bare(&self) -> Result<()> {
        self.tables.iter().filter(|table| self.bare.contains(&table.source)).try_for_each(|table| {
            let of = |column: &crate::model::column::Column| format!("NULL AS {}", quote::name(&column.name));
            let list = table.columns.iter().map(of).collect::<Vec<_>>().join(", ");
            self.engine.execute(&format!("CREATE OR REPLACE VIEW {} AS SELECT {list} WHERE false", table.view))
        })
    }

    fn empty_with(&self, columns: &[String]) -> Result<()> {
        let list = columns.iter().map(|name| format!("NULL AS {}", quote::name(name))).collect::<Vec<_>>().join(", ");
        self.empty.iter().try_for_each(|name| {
            let view = quote::name(name);
            self.engine.execute(&format!("CREATE OR REPLACE VIEW {view} AS SELECT {list} WHERE false"))
        })
    }

    /// Gives empty input the columns that a query asks for and no other table has; returns them.
    ///
    /// # Errors
    /// If the query cannot be asked whatever the columns are.
    pub fn columns_of_empty(&self, sql: &str) -> Result<Vec<String>> {
        let mut columns: Vec<String> = Vec::new();
        while !self.empty.is_empty() {
            let Err(error) = self.engine.asks(sql) else { break };
            let unknown = lacking(&error.message).filter(|name| !columns.iter().any(|known| known == name));
            let Some(unknown) = unknown else {
                let names = self.empty.join("`, `");
                if !error.message.contains("binder") {
                    return Err(error);
                }
                return Err(error.hint(format!(
                    "nothing came in `{names}`, so that neither its columns nor their types are known; say what they are: since::TIMESTAMP"
                )));
            };
            columns.push(unknown.to_string());
            self.empty_with(&columns)?;
        }
        Ok(columns)
    }
}

/// The column that the engine does not find.
fn lacking(message: &str) -> Option<&str> {
    let after = ["referenced column \"", "have a column named \"", "column \""]
        .iter()
        .find_map(|begin| message.split_once(begin).map(|(_, rest)| rest))?;
    let is_of_columns = ["not found in FROM clause", "have a column named", "does not exist on"]
        .iter()
        .any(|part| message.contains(part));
    after.split_once('"').map(|(name, _)| name).filter(|_| is_of_columns)
}
