-- Days that stand for no day, such as the first of January 1970, where they lie a year or more before or after all
-- other values of the column.
WITH
counted AS (SELECT {column} AS v, count(*) AS n FROM {table} WHERE {column} IN ({list}) AND ({condition}) GROUP BY 1),
rest AS (
    SELECT min({column}) AS low, max({column}) AS high
    FROM {table}
    WHERE {column} NOT IN ({list}) AND isfinite({column}) AND ({condition})
)
SELECT strftime(v, '%Y-%m-%d') AS day, n
FROM counted, rest
WHERE v < low - INTERVAL 1 YEAR OR v > high + INTERVAL 1 YEAR
ORDER BY day
