-- Each series with its cadence in microseconds: the median step, or the one said. A series is regular if four
-- fifths of its steps lie within a tenth of the cadence or within two robust standard deviations
-- (1.4826 MAD), and it has at least five steps.
WITH steps AS ({steps}),
deltas AS (SELECT series, epoch_us(t) - epoch_us(t0) AS d FROM steps WHERE t > t0),
medians AS (SELECT series, coalesce({every}, median(d)) AS c, count(*) AS n FROM deltas GROUP BY series),
spreads AS (
    SELECT d.series, c, n, median(abs(d - c)) AS mad
    FROM deltas d JOIN medians m ON d.series = m.series
    GROUP BY ALL
),
regularities AS (
    SELECT d.series, c, n, count(*) FILTER (WHERE abs(d - c) <= greatest(0.1 * c, least(2 * 1.4826 * mad, 0.5 * c))) / n AS regularity
    FROM deltas d JOIN spreads s ON d.series = s.series
    GROUP BY d.series, c, n
)
SELECT s.series, count(*) AS n, min(t) AS first, max(t) AS last, max(c) AS cadence, max(regularity) AS regularity,
    CASE WHEN max(r.n) >= 5 AND ({every} IS NOT NULL OR max(regularity) >= 0.8) THEN 1 ELSE 0 END AS is_regular
FROM steps s LEFT JOIN regularities r ON s.series = r.series
GROUP BY s.series
ORDER BY s.series
