//! `audit`: how many faults of the classification `rca errors --audit` finds.

use super::asking::Asking;
use super::said::Check;
use super::{Kind, Verdict};
use crate::command::errors::{Audited, Fault};
use crate::error::{Error, Result};

pub const KIND: Kind =
    Kind {
        key: "audit",
        needs: &[],
        takes: &["code", "where", "from", "to"],
        valid: |check| {
            if check.audit.is_empty() {
                return Err(Error::question("`audit` names no fault").hint("write audit = { catch_all = 0 }"));
            }
            match check.audit.values().all(|most| most.as_integer().is_some_and(|most| most >= 0)) {
                true => Ok(()),
                false => Err(Error::question("`audit` takes how many faults are allowed")
                    .hint("write audit = { catch_all = 0 }")),
            }
        },
        is_analysis: true,
        ask,
        name: |check| {
            let faults = check.audit.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let code = check.code.as_ref().map_or_else(String::new, |code| format!(" {code}"));
            format!("audit {faults}{code}")
        },
    };

fn ask(asking: &Asking, check: &Check) -> Result<Verdict> {
    let wanted: Vec<(&str, i64)> =
        check.audit.iter().map(|(fault, most)| (fault.as_str(), most.as_integer().unwrap_or(0))).collect();
    of_faults(asking, check, &wanted)
}

/// That there are no more faults of each kind than are allowed.
///
/// # Errors
/// If the evidence has not what such a fault is told by.
pub fn of_faults(asking: &Asking, check: &Check, wanted: &[(&str, i64)]) -> Result<Verdict> {
    const SHOWN: usize = 3;
    let audited = asking.audited(check)?;
    wanted.iter().try_for_each(|(fault, _)| is_looked_for(fault, &audited))?;
    let of = |wanted: &str| -> Vec<&Fault> {
        let is_meant = |fault: &&Fault| {
            fault.fault == wanted
                && check
                    .code
                    .as_ref()
                    .is_none_or(|code| fault.code.as_ref().is_some_and(|own| asking.session.is_said(own, code)))
        };
        audited.faults.iter().filter(is_meant).collect()
    };
    let found: Vec<(&str, i64, Vec<&Fault>)> = wanted.iter().map(|(fault, most)| (*fault, *most, of(fault))).collect();
    let too_many: Vec<&Fault> = found
        .iter()
        .filter(|(_, most, faults)| faults.len() as i64 > *most)
        .flat_map(|(.., faults)| faults.iter().copied())
        .collect();
    let expected = found.iter().map(|(fault, most, _)| format!("{most} {fault}"));
    let observed = found.iter().map(|(fault, _, faults)| format!("{} {fault}", faults.len()));
    let named = |fault: &&Fault| match &fault.code {
        Some(code) => format!("{} {code}: {}", fault.fault, fault.detail),
        None => format!("{}: {}", fault.fault, fault.detail),
    };
    let detail = match too_many.as_slice() {
        [] => format!("{} errors were looked at", audited.errors),
        faults => faults.iter().take(SHOWN).map(named).collect::<Vec<_>>().join(" | "),
    };
    Ok(Verdict {
        holds: too_many.is_empty(),
        expected: expected.collect::<Vec<_>>().join(", "),
        observed: observed.collect::<Vec<_>>().join(", "),
        detail,
        sql: too_many.first().map_or_else(|| audited.sql.clone(), |fault| fault.sql.clone()),
    })
}

/// Finding no such fault counts only where there is what it is told by.
///
/// # Errors
/// If there is not.
pub fn is_looked_for(fault: &str, audited: &Audited) -> Result<()> {
    match fault {
        "undocumented" | "never_seen" if !audited.has_codebook => {
            Err(Error::question(format!("`{fault}` is not looked for: there is no codebook"))
                .hint("name one: --set codebook.table=TABLE"))
        }
        "unlabelled" if !audited.has_labels => {
            Err(Error::question("`unlabelled` is not looked for: there is no table of labels")
                .hint("name one: --set labels.table=TABLE"))
        }
        _ => Ok(()),
    }
}
