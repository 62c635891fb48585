//! `codes`: error codes that a baseline has not, or that are not in the codebook.

use super::asking::{Asking, plural};
use super::audit;
use super::said::Check;
use super::{Kind, Verdict};
use crate::command::errors::ErrorsArgs;
use crate::error::{Error, Result};
use crate::session::Window;

pub const KIND: Kind = Kind {
    key: "codes",
    needs: &[],
    takes: &["baseline", "where", "from", "to"],
    valid: |check| match (check.codes.new, check.codes.known, &check.baseline) {
        (Some(new), None, Some(baseline)) if new >= 0 && baseline.contains("..") => Ok(()),
        (Some(_), None, _) => Err(Error::question("new codes are those that a baseline has not")
            .hint("write codes = { new = 0 } and baseline = \"2025-03-01..2025-03-02\"")),
        (None, Some(true), None) => Ok(()),
        _ => Err(Error::question("`codes` is { new = 0 } with a `baseline`, or { known = true } without")),
    },
    is_analysis: true,
    ask,
    name: |check| match check.codes.new {
        Some(_) => format!("codes new since {}", check.baseline.as_deref().unwrap_or_default()),
        None => "codes known".into(),
    },
};

fn ask(asking: &Asking, check: &Check) -> Result<Verdict> {
    let Some(most) = check.codes.new else {
        return audit::of_faults(asking, check, &[("undocumented", 0)]);
    };
    let baseline = asking.session.span(check.baseline.as_deref().unwrap_or_default(), "baseline")?;
    let mut common = asking.common(check);
    // The windows are told apart below.
    (common.evidence.from, common.evidence.to) = (None, None);
    let args = ErrorsArgs { common, ..ErrorsArgs::default() };
    let question = args.question(asking.session)?;
    let (before, window) = (baseline.sql("ts"), asking.window(check)?);
    let today = match window == Window::default() {
        true => format!("NOT ({before})"),
        false => format!("{} AND NOT ({before})", window.sql("ts")),
    };
    let errors = format!("WITH errors AS ({})", question.pasted());
    let row = asking.session.one_row(&format!(
        "{errors} SELECT count(*) FILTER ({before}), count(DISTINCT code) FILTER ({before}), count(*) FILTER ({today}) FROM errors"
    ))?;
    let sql = format!(
        "{errors} SELECT code, count(*) AS count, min(ts) AS since FROM errors WHERE {today} \
         AND code NOT IN (SELECT code FROM errors WHERE {before}) GROUP BY code ORDER BY count DESC, code"
    );
    let (new, first) = asking.counted(&sql)?;
    let is_shared = window.from.zip(baseline.to).is_none_or(|(from, to)| from < to)
        && window.to.zip(baseline.from).is_none_or(|(to, from)| to > from);
    let cut = match is_shared && window != Window::default() {
        true => "; what from and to share with the baseline is the baseline's",
        false => "",
    };
    let looked_at = format!(
        "the baseline has {} of {}, what is compared {}; errors without a code are not looked at{cut}",
        plural(row[0].int(), "error"),
        plural(row[1].int(), "code"),
        plural(row[2].int(), "error")
    );
    let detail = match new {
        0 => looked_at,
        _ => format!("{}; the first: {first}; {looked_at}", plural(new, "new code")),
    };
    let expected = if most == 0 { "0 new".into() } else { format!("at most {most} new") };
    Ok(Verdict { holds: new <= most, expected, observed: format!("{new} new"), detail, sql })
}
