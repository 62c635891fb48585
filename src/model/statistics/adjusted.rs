//! Many tests at once: how many of those that reject do so wrongly.

/// Adjusted p-values of Benjamini and Hochberg (1995): reject those at or below the false-discovery rate.
pub fn adjusted(p_values: &[f64]) -> Vec<f64> {
    adjusted_among(p_values, p_values.len())
}

/// The same where so many tests were made, of which those without a p-value here are above all that have one.
pub fn adjusted_among(p_values: &[f64], tests: usize) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*b].total_cmp(&p_values[*a]));
    let (count, tests) = (p_values.len() as f64, tests.max(p_values.len()) as f64);
    let mut adjusted = vec![1.0; p_values.len()];
    let mut least: f64 = 1.0;
    for (from_last, index) in order.into_iter().enumerate() {
        least = least.min(p_values[index] * tests / (count - from_last as f64));
        adjusted[index] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_benjamini_and_hochberg_rejects_four() {
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
            0.7590, 1.0,
        ];
        assert_eq!(adjusted(&p).iter().filter(|q| **q <= 0.05).count(), 4);
    }

    #[test]
    fn tests_that_are_only_counted_weigh_as_those_that_failed() {
        let p = [0.0001, 0.0004, 0.0019];
        let all = adjusted(&[0.0001, 0.0004, 0.0019, 1.0, 1.0, 1.0]);
        assert_eq!(adjusted_among(&p, 6), all[..3]);
        assert_eq!(adjusted_among(&p, 10_000_000_000)[0], 1.0);
    }
}
