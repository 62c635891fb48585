-- Holes in the numbers of each series, in the order of the numbers, so that a late row fills its hole. Where
-- the counter began anew, holes are looked for on either side. A row without a number in between fills a hole too.
WITH {lives},
numbers AS (SELECT series, life, q, min(t) AS t FROM lives GROUP BY ALL),
ordered AS (
    SELECT series, q, t, lag(q) OVER line AS q0, lag(t) OVER line AS t0, row_number() OVER (PARTITION BY series ORDER BY life, q) AS place
    FROM numbers
    WINDOW line AS (PARTITION BY series, life ORDER BY q)
),
cadences AS (SELECT series, median(epoch_us(t) - epoch_us(t0)) AS cadence FROM ordered WHERE t > t0 GROUP BY series),
holes AS (SELECT * FROM ordered WHERE q > q0 + 1),
blanks AS (
    SELECT h.series, h.place, count(*) AS n
    FROM holes h JOIN steps s ON s.series = h.series AND s.q IS NULL AND s.t > h.t0 AND s.t < h.t
    GROUP BY h.series, h.place
)
SELECT h.series, t0 AS since, t AS until, (q - q0 - 1 - coalesce(b.n, 0))::BIGINT AS missing, h.place, cadence,
    (SELECT max(life) FROM lives l WHERE l.series = h.series) + (SELECT count(*) FROM blanks) AS lives, q0, q
FROM holes h JOIN cadences c ON h.series = c.series LEFT JOIN blanks b ON b.series = h.series AND b.place = h.place
WHERE q - q0 - 1 > coalesce(b.n, 0)
