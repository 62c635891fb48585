//! Whether a table's first row names its columns. Where it holds words alone, that is nearly certain. Where a number, a
//! truth value or a time is among them, as in a pivot by year or by sensor (`station,2023,2024`), it names columns only
//! if the rows below tell so: a row of values taken for names would be lost, and one of names taken for values is not.

use crate::source::infer::{Guess, Reading};
use crate::source::scalar;

/// Fields of rows.
pub type Rows = [Vec<Vec<u8>>];

/// Whether the first row is a header.
pub fn is_there(rows: &Rows) -> bool {
    let Some((first, rest)) = rows.split_first() else { return false };
    if first.iter().all(|text| scalar::is_null_word(text)) {
        return false;
    }
    let columns: Vec<Column> = first.iter().enumerate().map(|(index, text)| Column::of(text, index, rest)).collect();
    if columns.iter().any(|column| column.value.is_some()) {
        return are_names(&columns, rest);
    }
    let is_like_a_value =
        |(index, text): (usize, &Vec<u8>)| may_be_number(text) || is_like_one_below(text, index, rest);
    !first.iter().enumerate().any(is_like_a_value) && are_words(&columns)
}

/// Whether the first row is a header and none of its names looks like a value.
pub fn is_of_words(rows: &Rows) -> bool {
    is_there(rows) && rows[0].iter().all(|text| reading(text).is_none())
}

/// The values in the first row that a header has as names; for the note that says so.
pub fn values(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).filter(|name| reading(name.as_bytes()).is_some()).collect()
}

/// `1,234`, which is read as a text, since it may be two numbers.
fn may_be_number(text: &[u8]) -> bool {
    let mut guess = Guess::default();
    guess.see(text);
    guess.is_value()
}

/// `10:00 PM` above `11:30 AM`: with a digit first, and the same signs between its digits and its letters.
fn is_like_one_below(text: &[u8], index: usize, rest: &Rows) -> bool {
    let runs = |text: &[u8]| {
        let mut runs = outline(text);
        runs.dedup_by(|next, last| next == last && matches!(next, b'9' | b'a'));
        runs
    };
    text.first().is_some_and(u8::is_ascii_digit)
        && rest.iter().filter_map(|row| row.get(index)).any(|other| runs(other) == runs(text))
}

/// How a text is read that is a number, a truth value or a time.
fn reading(text: &[u8]) -> Option<Reading> {
    let mut guess = Guess::default();
    guess.see(text);
    // As if the column were one of times, so that seconds since 1970 are values too.
    Some(guess.reading("ts")).filter(|reading| *reading != Reading::Text)
}

/// A field of the first row, and what stands below it.
struct Column<'a> {
    text: &'a [u8],
    /// How the first row's field is read, unless it is a word or nothing.
    value: Option<Reading>,
    below: Guess,
    /// Values below it, nulls left out.
    count: usize,
    /// How many of them are numbers, the least and the greatest.
    numbers: usize,
    range: (f64, f64),
    /// How many of them have a fraction.
    fractions: usize,
    /// Any of them that are numbers, truth values or times, in a column of others.
    has_values: bool,
    repeats: bool,
    /// What all of them look like, digits and letters alike.
    outline: Option<Vec<u8>>,
}

impl<'a> Column<'a> {
    fn of(text: &'a [u8], index: usize, rest: &Rows) -> Column<'a> {
        let mut column = Column {
            text: text.trim_ascii(),
            value: reading(text),
            below: Guess::default(),
            count: 0,
            numbers: 0,
            range: (f64::INFINITY, f64::NEG_INFINITY),
            fractions: 0,
            has_values: false,
            repeats: false,
            outline: None,
        };
        for other in rest.iter().filter_map(|row| row.get(index)) {
            column.repeats |= !text.is_empty() && other == text;
            if scalar::is_null_word(other) {
                continue;
            }
            column.below.see(other);
            column.count += 1;
            if let Some(number) = number(other) {
                column.numbers += 1;
                column.range = (column.range.0.min(number), column.range.1.max(number));
                column.fractions += usize::from(other.contains(&b'.') || other.contains(&b','));
            }
            column.has_values = column.has_values || reading(other).is_some();
            let outline = outline(other);
            if column.count == 1 {
                column.outline = Some(outline);
            } else if column.outline.as_ref() != Some(&outline) {
                column.outline = None;
            }
        }
        column
    }

    fn is_empty(&self) -> bool {
        scalar::is_null_word(self.text)
    }

    fn is_word(&self) -> bool {
        self.value.is_none() && !self.is_empty()
    }

    fn is_typed(&self) -> bool {
        self.below.reading("") != Reading::Text
    }

    /// Whether the column is one of times or days.
    fn is_of_times(&self) -> bool {
        matches!(self.below.reading(""), Reading::Time | Reading::Date | Reading::DayFirst | Reading::MonthFirst)
    }

    /// A word over values that all look alike and have digits: `serial` over `SN00123`.
    fn is_over_codes(&self) -> bool {
        let alike = |outline: &Vec<u8>| outline.contains(&b'9') && *outline != self::outline(self.text);
        self.is_word()
            && self.count >= 3
            && !self.text.iter().any(u8::is_ascii_digit)
            && self.outline.as_ref().is_some_and(alike)
    }

    /// A value that the column below it does not go on with: of another kind, or far out of its range.
    fn is_foreign(&self) -> bool {
        self.clashes() || self.is_far() || self.is_whole_over_fractions() || (self.count >= 3 && !self.has_values)
    }

    /// Not of the kind that all values below are of.
    fn clashes(&self) -> bool {
        let mut together = self.below.clone();
        together.see(self.text);
        self.count > 0 && self.is_typed() && together.reading("") == Reading::Text
    }

    fn is_far(&self) -> bool {
        const ENOUGH: usize = 5;
        let Some(number) = number(self.text) else { return false };
        let margin = self.range.1 - self.range.0;
        let enough = if is_year(self.text) { 2 } else { ENOUGH };
        self.numbers == self.count
            && self.count >= enough
            && (number < self.range.0 - margin || number > self.range.1 + margin)
    }

    fn is_whole_over_fractions(&self) -> bool {
        self.value == Some(Reading::Int) && self.count >= 5 && self.fractions == self.count
    }
}

fn number(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text.trim_ascii()).ok()?.replace(',', ".").parse().ok()
}

fn outline(text: &[u8]) -> Vec<u8> {
    let of = |byte: &u8| match byte {
        b'0'..=b'9' => b'9',
        byte if byte.is_ascii_alphabetic() || *byte >= 0x80 => b'a',
        byte => *byte,
    };
    text.trim_ascii().iter().map(of).collect()
}

fn is_year(text: &[u8]) -> bool {
    text.len() == 4 && scalar::int(text).is_some_and(|year| (1900..=2100).contains(&year))
}

/// Words are a header if some column below them has values, or if they do not come again.
fn are_words(columns: &[Column]) -> bool {
    let repeats = columns.iter().any(|column| column.repeats);
    // A code among codes is one of them: `SN00123` over `SN00124`.
    let is_code = |column: &Column| {
        column.count >= 3
            && column.outline.as_ref().is_some_and(|all| {
                all.iter().filter(|byte| **byte == b'9').count() >= 2 && *all == outline(column.text)
            })
    };
    columns.iter().any(Column::is_typed) || !repeats && !columns.iter().any(is_code)
}

/// Whether values and words are all names.
fn are_names(columns: &[Column], rest: &Rows) -> bool {
    let mut texts: Vec<Vec<u8>> =
        columns.iter().filter(|column| !column.is_empty()).map(|column| column.text.to_ascii_lowercase()).collect();
    let count = texts.len();
    texts.sort();
    texts.dedup();
    if texts.len() < count || columns.iter().any(|column| column.is_word() && !column.is_typed() && column.repeats) {
        return false;
    }
    let values: Vec<&Column> = columns.iter().filter(|column| column.value.is_some()).collect();
    let has_word = columns.iter().any(Column::is_word);
    // The index of a data frame has no name, and a value in every row.
    let has_index =
        columns.first().is_some_and(|first| first.is_empty() && first.count == rest.len() && first.count > 0);
    let is_series = is_series(&values, has_word || has_index, rest, columns);
    if is_series && (has_word || has_index) {
        return true;
    }
    // A column without a value below tells nothing.
    let told: Vec<&Column> = values.iter().copied().filter(|column| column.count > 0).collect();
    let are_foreign = !told.is_empty() && told.iter().all(|column| column.is_foreign()) || are_apart(&told);
    let names_time = |column: &Column| column.is_word() && column.is_of_times() && column.clashes();
    if columns.iter().any(names_time) || has_index && columns[0].is_of_times() {
        let is_name = |column: &&Column| {
            matches!(column.value, Some(Reading::Int | Reading::Epoch | Reading::Bool)) || column.is_foreign()
        };
        return told.iter().all(is_name) || are_rising(&values);
    }
    let names_values = |column: &Column| column.is_word() && column.clashes() || column.is_over_codes();
    if has_index || columns.iter().any(names_values) {
        return are_foreign || counts_on(&values) || values.len() >= 4 && are_rising(&values);
    }
    let are_clashing = !told.is_empty() && told.iter().all(|column| column.clashes());
    let one_year = values.len() == 1 && is_year(values[0].text) && values[0].count >= 3 && values[0].is_far();
    has_word && (are_clashing || one_year || are_foreign && told.len() >= 3)
        || is_series && are_foreign && values.len() >= 4
}

fn numbers(values: &[&Column]) -> Option<Vec<f64>> {
    values.iter().map(|column| number(column.text)).collect()
}

fn are_rising(values: &[&Column]) -> bool {
    numbers(values).is_some_and(|numbers| numbers.len() > 1 && numbers.windows(2).all(|pair| pair[0] < pair[1]))
}

/// Whole numbers of which the least is ten times what stands in any row below: `774012` over speeds.
fn are_apart(told: &[&Column]) -> bool {
    let numbers = told.iter().map(|column| scalar::int(column.text).map(i64::unsigned_abs));
    let least = numbers.collect::<Option<Vec<u64>>>().and_then(|numbers| numbers.into_iter().min());
    let greatest = told.iter().map(|column| column.range.0.abs().max(column.range.1.abs())).fold(0.0, f64::max);
    told.iter().all(|column| column.numbers == column.count)
        && least.is_some_and(|least| least as f64 > 10.0 * greatest && greatest > 0.0)
}

/// `0, 1, 2` or `1, 2, 3`
fn counts_on(values: &[&Column]) -> bool {
    let numbers = numbers(values).unwrap_or_default();
    numbers.first().is_some_and(|first| *first == 0.0 || *first == 1.0)
        && numbers.windows(2).all(|pair| pair[1] - pair[0] == 1.0)
}

/// Whether the values go up in years or in equal steps, as most rows below do not.
fn is_series(values: &[&Column], is_labelled: bool, rest: &Rows, columns: &[Column]) -> bool {
    let fields: Vec<usize> = (0..columns.len()).filter(|index| columns[*index].value.is_some()).collect();
    let are_years = |texts: &[&[u8]]| texts.iter().all(|text| is_year(text.trim_ascii()));
    let texts: Vec<&[u8]> = values.iter().map(|column| column.text).collect();
    let rises_in_years = are_years(&texts) && texts.len() >= 2 && steps(&texts).is_some_and(|steps| go_one_way(&steps));
    let is_even = |texts: &[&[u8]]| {
        steps(texts).is_some_and(|steps| {
            steps.len() >= 3 && go_one_way(&steps) && steps.windows(2).all(|pair| pair[0] == pair[1])
        })
    };
    if !rises_in_years && !is_even(&texts) {
        return false;
    }
    let is_alike = |row: &&Vec<Vec<u8>>| {
        let texts: Option<Vec<&[u8]>> = fields.iter().map(|field| row.get(*field).map(Vec::as_slice)).collect();
        texts.is_some_and(|texts| if rises_in_years { are_years(&texts) } else { is_even(&texts) })
    };
    // Of few rows without a name beside them one may be even by chance.
    rest.iter().filter(is_alike).count() * 2 <= rest.len() && (is_labelled || rest.len() >= 5)
}

fn steps(texts: &[&[u8]]) -> Option<Vec<i64>> {
    let numbers: Option<Vec<i64>> = texts.iter().map(|text| scalar::int(text.trim_ascii())).collect();
    Some(numbers?.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect())
}

fn go_one_way(steps: &[i64]) -> bool {
    steps.iter().all(|step| *step > 0) || steps.iter().all(|step| *step < 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_header(text: &str) -> bool {
        let rows: Vec<Vec<Vec<u8>>> =
            text.lines().map(|line| line.split(',').map(|field| field.as_bytes().to_vec()).collect()).collect();
        is_there(&rows)
    }

    #[test]
    fn values_name_columns_where_the_rows_below_tell_so() {
        for text in [
            "station,2023,2024,2025\nST01,5,6,7\nST02,6,7,8",
            "station,2023,2024\nST01,5,6",
            "country,code,1960,1961,1962\nAruba,ABW,,,5.5\nChad,TCD,1.5,2,3",
            "country,2020\nDE,83.2\nFR,67.4\nIT,59.4",
            "ts,101,102\n2025-03-01T08:00:00Z,61.5,62\n2025-03-01T08:05:00Z,60,63.5",
            "ts,1\n2025-03-01T08:00:00Z,5",
            "ts,0.5,0.9,0.99\n2025-03-01T08:00:00Z,5,6,7\n2025-03-01T08:01:00Z,5,6,7",
            "key,true,false\na,5,6\nb,7,8",
            "station,2025-03-01,2025-03-02\nST01,5,6\nST02,6,7",
            ",0,1,2\n0,5.1,3.5,1.4\n1,4.9,3.0,1.4",
            ",0\n0,5.5\n1,6.5",
            ",773869,767541\n2012-03-01 00:00:00,64.375,67.625\n2012-03-01 00:05:00,62.6,68.5",
            "id,1,2\n17,5,6\n18,5,7\n19,7,8",
            "hour,0,1,2,3\nMon,5,6,7,8\nTue,4,4,4,4",
            "station,203286,550385,156121\nST13,7,2,4",
            "city,2025-03-01,2025-03-02,2025-03-03\nUlm,,,902\nBonn,746,,546",
            "serial,1,2\nSN001,5,6\nSN002,7,8\nSN003,9,9",
            "0,1,2,3\n5.1,3.5,1.4,0.2\n4.9,3.0,1.4,0.2\n4.7,3.2,1.3,0.2\n4.6,3.1,1.5,0.2\n5.0,3.6,1.4,0.2",
        ] {
            assert!(has_header(text), "{text}");
        }
    }

    #[test]
    fn a_row_of_values_stays_one() {
        for text in [
            "39,State-gov,77516\n50,Self-emp,83311\n38,Private,215646",
            "ST01,2023,2024,2025\nST02,2021,2022,2024\nST03,2020,2021,2022",
            "ST01,5,6,7\nST02,6,7,8\nST03,7,8,9",
            "ST01,2023,5\nST02,2024,6\nST03,2025,7",
            "ST01,1,2\nST02,5,6\nST01,7,8",
            "2025-03-01T08:00:00Z,1,2\n2025-03-01T08:05:00Z,5,6",
            "1,2,3,4\n5,6,7,8\n9,10,11,12",
            "1,2,3,4\n5,1,7,8",
            "OFF,12,13\n5,12,14\n6,11,13",
            "ST01,9999,9999,9999\nST02,5,6,7\nST03,5,6,7\nST04,5,6,7\nST05,6,7,7\nST06,5,6,7",
            ",5,6\n1,5,7\n2,6,6\n3,6,6",
            "a,1\nb,2\nc,3",
            "pending,5.5\n2025-03-01T08:00:00Z,5.0\n2025-03-01T08:00:01Z,6.1",
            "true,a\nfalse,b",
            "ok,1,2023-01-01\nok,2,2023-01-02",
            "ST08,ST10\nST20,ST02\nST17,ST11\nST04,ST05",
            "DE,2020\nFR,2021\nIT,2022",
        ] {
            assert!(!has_header(text), "{text}");
        }
    }
}
