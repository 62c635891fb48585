//! Words that people write before sums and other figures of the rows above, in the usual languages. A word alone proves
//! nothing, since a product may be called so too; [`super::sums`] asks the figures.

/// What a label says that stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    Sum,
    Mean,
    Least,
    Most,
    Count,
    Spread,
    /// One that is not worked out here, such as a median.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    pub figure: Figure,
    /// Nothing else is said, or only of how many: `Total (10 rows)`, and not `Total loss`.
    pub is_plain: bool,
}

/// Longer ones stand before those that they begin with.
const SUMS: &[&str] = &[
    "grand total",
    "grand totals",
    "overall total",
    "running total",
    "sub total",
    "sub totals",
    "sub-total",
    "sub-totals",
    "subtotal",
    "subtotals",
    "totals",
    "total général",
    "total general",
    "total geral",
    "total",
    "sums",
    "sum",
    "gesamtsumme",
    "gesamtergebnis",
    "gesamt",
    "insgesamt",
    "zwischensumme",
    "teilsumme",
    "endsumme",
    "summe",
    "sous-total",
    "somme",
    "suma total",
    "suma",
    "soma",
    "totale complessivo",
    "totale",
    "subtotale",
    "somma",
    "totaal",
    "subtotaal",
    "eindtotaal",
    "summa",
    "totalt",
    "i alt",
    "razem",
    "celkem",
    "součet",
    "итого",
    "всего",
    "общий итог",
    "genel toplam",
    "ara toplam",
    "toplam",
    "yhteensä",
    "összesen",
];
/// The same, where words are not divided by blanks.
const SUMS_UNDIVIDED: &[&str] =
    &["合計", "小計", "総計", "总计", "總計", "合计", "小计", "总和", "總和", "共计", "共計", "합계", "총계", "소계"];
const OTHERS: &[(&str, Figure)] = &[
    ("average", Figure::Mean),
    ("avg", Figure::Mean),
    ("mean", Figure::Mean),
    ("mittelwert", Figure::Mean),
    ("durchschnitt", Figure::Mean),
    ("moyenne", Figure::Mean),
    ("promedio", Figure::Mean),
    ("gemiddelde", Figure::Mean),
    ("среднее", Figure::Mean),
    ("平均", Figure::Mean),
    ("平均值", Figure::Mean),
    ("평균", Figure::Mean),
    ("min", Figure::Least),
    ("minimum", Figure::Least),
    ("最小", Figure::Least),
    ("最小值", Figure::Least),
    ("max", Figure::Most),
    ("maximum", Figure::Most),
    ("最大", Figure::Most),
    ("最大值", Figure::Most),
    ("count", Figure::Count),
    ("anzahl", Figure::Count),
    ("std", Figure::Spread),
    ("std dev", Figure::Spread),
    ("std. dev", Figure::Spread),
    ("stdev", Figure::Spread),
    ("stddev", Figure::Spread),
    ("standard deviation", Figure::Spread),
    ("standardabweichung", Figure::Spread),
    ("median", Figure::Other),
    ("range", Figure::Other),
    ("variance", Figure::Other),
];

impl Label {
    pub fn of(text: &str) -> Option<Label> {
        let text = text.trim().to_lowercase();
        if text.len() > 80 {
            return None;
        }
        let sum = |is_plain| Label { figure: Figure::Sum, is_plain };
        if let Some(rest) = SUMS.iter().find_map(|word| after(&text, word)) {
            return Some(sum(is_of_how_many(rest)));
        }
        if let Some(rest) = SUMS_UNDIVIDED.iter().find_map(|word| text.strip_prefix(word)) {
            return Some(sum(is_of_how_many(rest)));
        }
        let other = OTHERS.iter().find(|(word, _)| after(&text, word).is_some_and(is_of_how_many));
        if let Some((_, figure)) = other {
            return Some(Label { figure: *figure, is_plain: true });
        }
        // `ST1 Total`, as Excel writes it.
        let end = text.trim_end_matches(|letter: char| !letter.is_alphanumeric());
        let is_last = |word: &str| {
            end.strip_suffix(word).is_some_and(|before| before.ends_with(|last: char| !last.is_alphanumeric()))
        };
        SUMS.iter().any(|word| is_last(word)).then_some(sum(false))
    }
}

/// What follows a word that a text begins with.
fn after<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    text.strip_prefix(word).filter(|rest| !rest.starts_with(char::is_alphanumeric))
}

/// Whether what follows a word is nothing, signs, or how many rows there are.
fn is_of_how_many(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.chars()
        .next()
        .is_none_or(|first| matches!(first, ':' | '(' | '=' | '#' | '.' | '：' | '（') || first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_sums_are_told_from_names_that_hold_them() {
        for text in
            ["Total", "TOTAL:", "Grand Total", "Total (10 rows)", "Total: 10 records", "Insgesamt", "合計", "Subtotal"]
        {
            assert_eq!(Label::of(text), Some(Label { figure: Figure::Sum, is_plain: true }), "{text}");
        }
        for text in ["Total Units", "Total for ST2", "ST1 Total", "Sum of all", "Total loss"] {
            assert_eq!(Label::of(text), Some(Label { figure: Figure::Sum, is_plain: false }), "{text}");
        }
        for text in ["Totally", "Summer", "Maxwell", "Mean Machine", "", "SN001", "Gesamtheit", "subtotals2"] {
            assert_eq!(Label::of(text), None, "{text}");
        }
        assert_eq!(Label::of("Std Dev").map(|label| label.figure), Some(Figure::Spread));
    }
}
