-- The rows with a number of series that count, and in which life of the counter each is. A counter begins anew where
-- it falls by more than half of its range, or falls to about where it began and goes on from there; a late row falls
-- too, but the row after it goes on where the one before it was.
steps AS ({steps}),
ranges AS (
    SELECT series, max(q) - min(q) AS span, min(q) AS lowest
    FROM steps
    GROUP BY series
    HAVING count(q) >= 5 AND count(*) FILTER (WHERE q = q0 + 1) * 2 >= count(q)
),
neighbours AS (
    SELECT s.series, t, q, q0, place, span, lowest, lead(q) OVER (PARTITION BY s.series ORDER BY place) AS q1
    FROM steps s JOIN ranges r ON s.series = r.series
    WHERE q IS NOT NULL
),
lives AS (
    SELECT series, t, q, place,
        sum(CASE WHEN q0 - q > span / 2 OR (q0 - q > 5 AND q <= lowest + 5 AND q1 > q AND q1 < q0) THEN 1 ELSE 0 END)
            OVER (PARTITION BY series ORDER BY place) AS life
    FROM neighbours
)
