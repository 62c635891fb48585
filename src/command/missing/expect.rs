//! What `expect` in rca.toml says must be there.

use super::series::Series;
use super::walk::Seen;
use super::{Kind, Search};
use crate::error::{Error, Result};

/// # Errors
/// If what is expected does not fit the series.
pub fn search(search: &mut Search, series: &Series, seen: &[Seen]) -> Result<()> {
    let said = search.session.settings.sources.get(&series.table.source);
    let expect = said.map(|said| said.expect.clone()).unwrap_or_default();
    if !search.wants(&[Kind::NeverSeen]) || series.columns.is_empty() {
        return Ok(());
    }
    for values in expect {
        if values.len() != series.columns.len() {
            return Err(Error::question(format!(
                "`expect` of source `{}` has {} values for {} columns",
                series.table.source,
                values.len(),
                series.columns.len()
            ))
            .detail(format!("series is {}", series.columns.join(", "))));
        }
        let values: Vec<Option<String>> = values.into_iter().map(Some).collect();
        let label = series.label_of(&values);
        if seen.iter().any(|seen| seen.label == label) {
            continue;
        }
        let mut finding = series.finding(Kind::NeverSeen, &label);
        (finding.expected, finding.missing) = (1, 1);
        finding.detail = "`expect` names this series, and it has no row".into();
        finding.sql =
            format!("SELECT count(*) AS rows FROM {} WHERE {}", series.table.sql(), series.is_series(&values));
        search.findings.push(finding);
    }
    Ok(())
}
