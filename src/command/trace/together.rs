//! Tables of which each entity is in one: three warehouses, the sheets of three analysers. They are one stage.

use super::stages::Stage;
use crate::error::Result;
use crate::session::Session;
use crate::session::written::Written;

/// Makes one stage of the tables that each have another part of the entities of one stage, and says so.
///
/// # Errors
/// If the evidence cannot be read.
pub fn join(session: &Session, stages: &mut Vec<Stage>, thing: &str) -> Result<Option<String>> {
    let written: Vec<Written> = stages.iter().map(|stage| Written::of(&stage.table, &stage.keys)).collect();
    for whole in 0..stages.len() {
        let others: Vec<usize> = (0..stages.len()).filter(|place| *place != whole).collect();
        let parts: Vec<Written> = others.iter().map(|place| written[*place].clone()).collect();
        let branches: Vec<usize> =
            session.branches(&written[whole], &parts)?.into_iter().map(|place| others[place]).collect();
        let Some((first, behind)) = branches.split_first() else { continue };
        let of = stages[whole].name.clone();
        let names: Vec<String> = branches.iter().map(|place| stages[*place].name.clone()).collect();
        for place in behind.iter().rev() {
            let branch = stages.remove(*place);
            stages[*first].others.insert(0, branch);
        }
        stages[*first].name = names.join("/");
        return Ok(Some(format!(
            "{} share no {thing}, and each has another part of those of {of}: each {thing} should be in one of them, and \
             they are one stage; to follow one alone, declare the stages in rca.toml",
            names.join(", ")
        )));
    }
    Ok(None)
}
