//! `keys`: no key of one table is absent in another, compared as `rca missing --keys` does.

use super::asking::{Asking, nothing, plural};
use super::said::Check;
use super::{Kind, Verdict};
use crate::command::missing::MissingArgs;
use crate::error::{Error, Result};

pub const KIND: Kind = Kind {
    key: "keys",
    needs: &[],
    takes: &["where", "from", "to"],
    valid: |check| match check.keys.contains('=') {
        true => Ok(()),
        false => Err(Error::question(format!("`keys = \"{}\"` has no `=`", check.keys))
            .hint("write keys = \"station.units.serial=mes.materials.serial\"")),
    },
    is_analysis: false,
    ask,
    name: |check| format!("keys {}", check.keys),
};

fn ask(asking: &Asking, check: &Check) -> Result<Verdict> {
    let args = MissingArgs { common: asking.common(check), ..MissingArgs::default() };
    let (finding, without) = args.absent(asking.session, &check.keys)?;
    if finding.expected == 0 {
        return Err(nothing(&format!("there is no key on the left of {}", check.keys)));
    }
    let detail = match finding.missing {
        0 => format!("all {} of the left are there", plural(finding.expected, "key")),
        absent => {
            let (_, first) = asking.counted(&finding.sql)?;
            format!("{absent} of {} are absent in {}; the first: {first}", finding.expected, finding.table())
        }
    };
    let detail = without.map_or(detail.clone(), |without| format!("{detail}; {without}"));
    Ok(Verdict {
        holds: finding.missing == 0,
        expected: "0 absent".into(),
        observed: format!("{} absent", finding.missing),
        detail,
        sql: finding.sql,
    })
}
