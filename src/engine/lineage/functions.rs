//! What functions and operators of SQL do to the values that they are given. One that is not known here makes something
//! else of them.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// Counts, compares or measures them: the values cannot be told from it.
    Tell,
    /// Sums them, or tells how they are spread.
    Sum,
    /// Hands them on as they are.
    Move,
    Change,
}

const TELL: &str = "\
    row_number rank rank_dense dense_rank percent_rank cume_dist ntile length len strlen char_length \
    character_length bit_length octet_length array_length json_array_length cardinality typeof pg_typeof json_type \
    json_valid json_exists json_contains bool_and bool_or isnan isinf isfinite ~~ !~~ ~~* !~~* ~~~ like_escape \
    ilike_escape not_like_escape not_ilike_escape contains starts_with ^@ prefix suffix ends_with regexp_matches \
    regexp_full_match list_contains list_has array_contains array_has list_has_any list_has_all array_has_any \
    array_has_all grouping grouping_id map_contains";
const SUM: &str = "\
    sum fsum kahan_sum sumkahan avg mean favg median stddev stddev_pop stddev_samp variance var_pop var_samp \
    skewness kurtosis kurtosis_pop entropy sem corr";
const MOVE: &str = "\
    min max first last any_value arbitrary mode min_by max_by arg_min arg_max argmin argmax arg_min_null \
    arg_max_null list array_agg list_value list_pack struct_pack row map map_from_entries histogram unnest lag \
    lead first_value last_value nth_value coalesce ifnull nullif greatest least redact list_distinct list_sort";

/// Those of TELL that measure: of what is made of a value the length may be the value.
const MEASURE: &str = "\
    length len strlen char_length character_length bit_length octet_length array_length json_array_length cardinality";

pub fn measures(function: &str) -> bool {
    has(MEASURE, &function.to_lowercase())
}

/// Those that tell how many rows there are, or sum over them.
pub fn counts(function: &str) -> bool {
    let name = function.to_lowercase();
    name.starts_with("count") || name.starts_with("approx_count") || has(ROWS, &name) || has(SUM, &name)
}

/// Those that make as much of something as they are told.
pub fn repeats(function: &str) -> bool {
    has(REPEAT, &function.to_lowercase())
}

const REPEAT: &str = "range generate_series repeat list_resize array_resize";
const ROWS: &str = "row_number rank rank_dense dense_rank ntile";

/// Those whose values become ones of one type.
const BESIDE: [&str; 7] = ["coalesce", "ifnull", "nullif", "greatest", "least", "list_value", "list_pack"];

pub fn puts_beside(function: &str) -> bool {
    BESIDE.iter().any(|name| function.eq_ignore_ascii_case(name))
}

/// Whether a word is among those of a list with blanks between them.
pub fn has(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

pub fn does(function: &str) -> Does {
    let name = function.to_lowercase();
    if name.starts_with("count") || name.starts_with("approx_count") || has(TELL, &name) {
        return Does::Tell;
    }
    match (has(SUM, &name), has(MOVE, &name)) {
        (true, _) => Does::Sum,
        (_, true) => Does::Move,
        _ => Does::Change,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::{Engine, Limits};

    /// What the engine's grammar knows, which lists no function of that name.
    const OF_GRAMMAR: [&str; 4] = ["coalesce", "grouping", "grouping_id", "ifnull"];
    /// What hides a value is given by this program where it hides any.
    const OWN: &str = "redact";

    #[test]
    fn the_engine_has_each_function_that_is_known_here() {
        let limits = Limits { threads: 1, memory: None, spill: std::env::temp_dir() };
        let engine = Engine::open(&limits, Arc::default()).expect("opens");
        let rows = engine.rows("SELECT DISTINCT function_name FROM duckdb_functions()").expect("answered").rows;
        let there: Vec<String> = rows.iter().map(|row| row[0].shown()).collect();
        let known =
            [TELL, SUM, MOVE, MEASURE, ROWS, REPEAT].into_iter().flat_map(str::split_ascii_whitespace).chain(BESIDE);
        for word in known.filter(|word| !OF_GRAMMAR.contains(word) && *word != OWN) {
            assert!(there.iter().any(|name| name == word), "{word}");
        }
        assert!(OF_GRAMMAR.iter().all(|word| !there.iter().any(|name| name == word)));
    }
}
