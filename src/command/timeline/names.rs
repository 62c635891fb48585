//! Names of sources, tables and files as numbers: a row that is sorted among many millions carries twelve bytes in their
//! place.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use crate::engine::Engine;
use crate::error::Result;

/// SQL functions: the number of a name, and the place of a number's or of a name in the order of all names.
pub const NUMBER_OF_NAME: &str = "rca_number_of_name";
pub const RANK_OF_NUMBER: &str = "rca_rank_of_number";
pub const RANK_OF_NAME: &str = "rca_rank_of_name";

/// What has no name comes last, as does one that nobody had met when the order was made.
const NAMELESS: i64 = u32::MAX as i64;

/// The names met, numbered as they come. Who has which number depends on threads, the order of names does not.
#[derive(Default)]
struct Names {
    numbers: RwLock<HashMap<Box<[u8]>, i64>>,
    /// By number; made when the first one is asked for.
    ranks: OnceLock<Vec<i64>>,
}

/// Makes the functions known to SQL. No rank may be asked for before the last name has got its number.
///
/// # Errors
/// If the engine refuses.
pub fn make_known(engine: &Engine) -> Result<()> {
    let names = Arc::new(Names::default());
    let met = names.clone();
    engine.add_text_function(NUMBER_OF_NAME, move |texts, given| each(texts, given, |name| met.number(name)))?;
    let met = names.clone();
    engine.add_text_function(RANK_OF_NAME, move |texts, given| {
        each(texts, given, |name| met.known(name).map_or(NAMELESS, |number| met.rank(number)));
    })?;
    engine.add_number_function(RANK_OF_NUMBER, move |numbers, given| {
        numbers.iter().zip(given).for_each(|(number, rank)| *rank = names.rank(number.unwrap_or(NAMELESS)));
    })
}

impl Names {
    fn known(&self, name: &[u8]) -> Option<i64> {
        self.numbers.read().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }

    fn number(&self, name: &[u8]) -> i64 {
        self.known(name).unwrap_or_else(|| {
            let mut numbers = self.numbers.write().unwrap_or_else(PoisonError::into_inner);
            let next = numbers.len() as i64;
            *numbers.entry(name.into()).or_insert(next)
        })
    }

    fn rank(&self, number: i64) -> i64 {
        let ranks = self.ranks.get_or_init(|| {
            let numbers = self.numbers.read().unwrap_or_else(PoisonError::into_inner);
            let mut names: Vec<(&[u8], i64)> = numbers.iter().map(|(name, number)| (&name[..], *number)).collect();
            names.sort_unstable();
            let mut ranks = vec![NAMELESS; names.len()];
            names.iter().zip(0..).for_each(|((_, number), rank)| ranks[*number as usize] = rank);
            ranks
        });
        usize::try_from(number).ok().and_then(|number| ranks.get(number)).copied().unwrap_or(NAMELESS)
    }
}

/// Asks once for what stands below one another.
fn each(texts: &[Option<&[u8]>], given: &mut [i64], number: impl Fn(&[u8]) -> i64) {
    let mut before: Option<(&[u8], i64)> = None;
    for (text, given) in texts.iter().zip(given) {
        *given = match (text, before) {
            (None, _) => NAMELESS,
            (Some(text), Some((name, number))) if name == *text => number,
            (Some(text), _) => number(text),
        };
        before = text.map(|text| (text, *given));
    }
}
