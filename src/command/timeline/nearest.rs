//! The events nearest to what went wrong, of any number. Errors and warnings are kept, all others are counted by time;
//! what is near is read then, and sorted.

use super::density::{Density, LEFT_OUT_BEFORE, MOMENT};
use super::names::RANK_OF_NAME;
use super::order::{Chosen, KIND, Order, WEIGHT, Worst};
use crate::engine::{Engine, quote};
use crate::error::Result;
use crate::session::Session;

/// So many events near to what went wrong are kept as they are; of more, those shown are read once more.
const KEPT_MOST: u64 = 1_000_000;

/// Chooses so many events, and returns those around them in order; `None` if there are no more than that.
///
/// # Errors
/// If the evidence cannot be read.
pub fn choose<'a>(session: &'a Session, events: &str, limit: u64) -> Result<Option<(Order<'a>, Chosen)>> {
    let engine = &session.engine;
    let density = Density::counted(engine, |counted| {
        let values = [("events", events), ("weight", WEIGHT), ("kind", KIND), ("moment", MOMENT), ("counted", counted)];
        engine.keep_found("rca_worst", &quote::fill(include_str!("worst.sql"), &values))
    })?;
    let rows = density.events();
    if rows <= limit {
        return Ok(None);
    }
    let worst = Worst::of(engine, "rca_worst")?;
    let values = [("worst", worst.weight.to_string()), ("limit", limit.to_string())];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    engine.keep_in_order("rca_centers", &quote::fill(include_str!("centers.sql"), &values))?;
    let windows = density.around(reaches(engine, &density, limit)?);
    windows.make_known(engine)?;
    let mut near = format!("SELECT * FROM ({events}) WHERE {LEFT_OUT_BEFORE}({MOMENT}) >= 0");
    if windows.events() <= KEPT_MOST {
        engine.keep_found("rca_near", &near)?;
        near = "SELECT * FROM rca_near".into();
    }
    let order = Order::of(session, near, None)?;
    let values = [("moment", MOMENT), ("left_out_before", LEFT_OUT_BEFORE), ("rank_of_name", RANK_OF_NAME)];
    let nearest_to = order.choose_nearest(&quote::fill(include_str!("windows.sql"), &values), limit, worst)?;
    Ok(Some((order, Chosen { rows, nearest_to })))
}

/// The moment of each center, with how many events on each side of it may be among the nearest `limit`; without a center
/// those at the beginning.
fn reaches(engine: &Engine, density: &Density, limit: u64) -> Result<Vec<(i64, u64)>> {
    let centers = engine.rows("SELECT moment, further FROM rca_centers ORDER BY further, moment")?.rows;
    let centers: Vec<(i64, u64)> = centers.iter().map(|row| (row[0].int(), row[1].int().unsigned_abs())).collect();
    // One center has as many events around it, and so many centers leave no room for what is further than the last.
    let furthest = match centers.last() {
        Some((_, further)) if centers.len() as u64 == limit => (limit - 1).min(*further),
        _ => limit.saturating_sub(1),
    };
    if centers.is_empty() {
        return Ok(density.first().map(|first| (first, limit)).into_iter().collect());
    }
    Ok(centers.into_iter().filter_map(|(moment, further)| Some((moment, furthest.checked_sub(further)?))).collect())
}
