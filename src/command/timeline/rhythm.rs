//! How regularly an entity is heard of, and how long it may then be silent before that says something.

use crate::error::Result;
use crate::model::coverage::grouped;
use crate::model::duration;
use crate::session::Session;

/// Fewer gaps make no rhythm.
const GAPS_LEAST: i64 = 5;

/// Silences longer than this are told.
pub struct Silence {
    pub longer_than: i64,
    /// How many there are.
    pub count: i64,
    usual: i64,
    gaps: i64,
}

impl Silence {
    pub fn note(&self) -> String {
        format!(
            "silences longer than {} are marked: the usual gap between events is {} (median of {})",
            duration::shown(self.longer_than),
            duration::shown(self.usual),
            grouped(u64::try_from(self.gaps).unwrap_or(0))
        )
    }
}

/// Silences by the median gap: three times as long if the gaps are regular, ten times if they are not. Where more
/// than a fifth of the gaps are longer, events come in bursts: then it is the rhythm of the bursts that counts.
/// `None` if there are too few gaps to tell.
pub fn silence(session: &Session, events: &str) -> Result<Option<Silence>> {
    let gaps =
        format!("SELECT epoch_us(lead(ts) OVER (ORDER BY ts)) - epoch_us(ts) AS gap FROM {events} WHERE isfinite(ts)");
    let mut over = 0;
    loop {
        let found = session.engine.counted(&format!(
            "SELECT count(*), quantile_disc(gap, 0.5), quantile_disc(gap, 0.9) FROM ({gaps}) WHERE gap > {over}"
        ))?;
        let [count, usual, long] = &found[..] else { return Ok(None) };
        let (gaps_count, usual) = (count.int(), usual.int());
        if gaps_count < GAPS_LEAST {
            return Ok(None);
        }
        let factor = if 2 * long.int() <= 3 * usual { 3 } else { 10 };
        let longer_than = usual.saturating_mul(factor);
        let longer =
            session.engine.counted(&format!("SELECT count(*) FROM ({gaps}) WHERE gap > {longer_than}"))?[0].int();
        if 5 * longer <= gaps_count {
            return Ok(Some(Silence { longer_than, count: longer, usual, gaps: gaps_count }));
        }
        over = longer_than;
    }
}
