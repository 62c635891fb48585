-- Holes in the numbers of each series, in the order of the numbers, so that a late row fills its hole. Where
-- the counter began anew, holes are looked for on either side.
WITH {lives},
numbers AS (SELECT series, life, q, min(t) AS t FROM lives GROUP BY ALL),
ordered AS (
    SELECT series, q, t, lag(q) OVER line AS q0, lag(t) OVER line AS t0, row_number() OVER (PARTITION BY series ORDER BY life, q) AS place
    FROM numbers
    WINDOW line AS (PARTITION BY series, life ORDER BY q)
),
cadences AS (SELECT series, median(epoch_us(t) - epoch_us(t0)) AS cadence FROM ordered WHERE t > t0 GROUP BY series)
SELECT o.series, t0 AS since, t AS until, (q - q0 - 1)::BIGINT AS missing, place, cadence, (SELECT max(life) FROM lives l WHERE l.series = o.series) AS lives, q0, q
FROM ordered o JOIN cadences c ON o.series = c.series
WHERE q > q0 + 1
