-- Holes in the numbers of each series, in the order of the numbers, so that a late row fills its hole. A counter
-- that falls by more than half of its range began anew: holes are looked for on either side.
WITH steps AS ({steps}),
ranges AS (
    SELECT series, max(q) - min(q) AS span
    FROM steps
    GROUP BY series
    HAVING count(q) >= 5 AND count(*) FILTER (WHERE q = q0 + 1) * 2 >= count(q)
),
lives AS (
    SELECT s.series, t, q, place,
        sum(CASE WHEN q0 - q > span / 2 THEN 1 ELSE 0 END) OVER (PARTITION BY s.series ORDER BY place) AS life
    FROM steps s JOIN ranges r ON s.series = r.series
    WHERE q IS NOT NULL
),
numbers AS (SELECT series, life, q, min(t) AS t FROM lives GROUP BY ALL),
ordered AS (
    SELECT series, q, t, lag(q) OVER line AS q0, lag(t) OVER line AS t0, row_number() OVER (PARTITION BY series ORDER BY life, q) AS place
    FROM numbers
    WINDOW line AS (PARTITION BY series, life ORDER BY q)
),
cadences AS (SELECT series, median(epoch_us(t) - epoch_us(t0)) AS cadence FROM ordered WHERE t > t0 GROUP BY series)
SELECT o.series, t0 AS since, t AS until, (q - q0 - 1)::BIGINT AS missing, place, cadence, (SELECT max(life) FROM lives l WHERE l.series = o.series) AS lives
FROM ordered o JOIN cadences c ON o.series = c.series
WHERE q > q0 + 1
