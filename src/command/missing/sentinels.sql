-- Numbers of the usual list that lie apart from all other values of the column: below the smallest or above the
-- largest of the rest by more than half of the range that the rest has, at least five times.
WITH
counted AS (SELECT {column} AS v, count(*) AS n FROM {table} WHERE {column} IS NOT NULL AND ({condition}) GROUP BY 1),
rest AS (SELECT min(v) AS low, max(v) AS high, count(*) AS n FROM counted WHERE v NOT IN ({list}))
SELECT v, counted.n
FROM counted, rest
WHERE v IN ({list}) AND counted.n >= 5 AND rest.n >= 3
    AND (v < low - (high - low) * 0.05 AND low >= 0 OR v < low - (high - low) / 2.0 OR v > high + (high - low) / 2.0)
ORDER BY v
