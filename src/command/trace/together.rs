//! Tables of which each entity is in one: three warehouses, the sheets of three analysers. They are one stage. A list of what
//! one of them lost, such as of claims, is none.

use super::stages::Stage;
use crate::error::Result;
use crate::session::Session;
use crate::session::branches::{Parts, Side};

/// Makes one stage of the tables that each have another part of the entities of one stage, takes lists of the lost away,
/// and says so.
///
/// # Errors
/// If the evidence cannot be read.
pub fn join(session: &Session, stages: &mut Vec<Stage>, thing: &str) -> Result<Vec<String>> {
    for whole in 0..stages.len() {
        let others: Vec<usize> = (0..stages.len()).filter(|place| *place != whole).collect();
        let side = |place: usize| Side::of(&stages[place].table, &stages[place].keys);
        let parts: Vec<Side> = others.iter().map(|place| side(*place)).collect();
        let Parts { branches, lists } = session.branches(&side(whole), &parts)?;
        if branches.is_empty() && lists.is_empty() {
            continue;
        }
        let name = |place: usize| stages[others[place]].name.clone();
        let of = stages[whole].name.clone();
        let mut notes: Vec<String> = lists
            .iter()
            .map(|(list, of_whom)| {
                format!(
                    "{} is no stage: it has {thing} that {} lacks, later and from a part of the time alone; to make it one, \
                     declare the stages in rca.toml",
                    name(*list),
                    name(*of_whom)
                )
            })
            .collect();
        if !branches.is_empty() {
            let names: Vec<String> = branches.iter().map(|place| name(*place)).collect();
            notes.push(format!(
                "{} share few or no ids, and each has another part of those of {of}: each {thing} should be in one of them, \
                 and they are one stage; to follow one alone, declare the stages in rca.toml",
                names.join(", ")
            ));
        }
        let branches: Vec<usize> = branches.into_iter().map(|place| others[place]).collect();
        let lists: Vec<usize> = lists.into_iter().map(|(list, _)| others[list]).collect();
        take(stages, &branches, &lists);
        return Ok(notes);
    }
    Ok(Vec::new())
}

/// Makes one stage of the branches, where the first of them is, and takes away the lists.
fn take(stages: &mut Vec<Stage>, branches: &[usize], lists: &[usize]) {
    let all = std::mem::take(stages);
    let mut joined: Option<usize> = None;
    for (place, stage) in all.into_iter().enumerate().filter(|(place, _)| !lists.contains(place)) {
        match joined {
            Some(first) if branches.contains(&place) => {
                let first: &mut Stage = &mut stages[first];
                first.name = format!("{}/{}", first.name, stage.name);
                first.others.push(stage);
            }
            _ => {
                if branches.contains(&place) {
                    joined = Some(stages.len());
                }
                stages.push(stage);
            }
        }
    }
}
