-- Each series with its cadence in microseconds: the median step, or the one said. A series is regular if four
-- fifths of its steps lie within a tenth of the cadence (or of a few of them, where rows are lost), their robust standard deviation (1.4826 MAD) is at most a
-- twentieth of it, and it has at least five steps: what people or queues pace is less regular.
WITH steps AS ({steps}),
deltas AS (SELECT series, epoch_us(t) - epoch_us(t0) AS d FROM steps WHERE t > t0),
medians AS (SELECT series, coalesce({every}, median(d)) AS c, count(*) AS n FROM deltas GROUP BY series),
spreads AS (
    SELECT d.series, c, n, median(abs(d - c)) AS mad
    FROM deltas d JOIN medians m ON d.series = m.series
    GROUP BY ALL
),
regularities AS (
    SELECT d.series, c, n, max(mad) AS mad, count(*) FILTER (WHERE abs(d - least(greatest(round(d / c), 1), 5) * c) <= greatest(0.1 * c, 2 * 1.4826 * mad)) / n AS regularity
    FROM deltas d JOIN spreads s ON d.series = s.series
    GROUP BY d.series, c, n
)
SELECT s.series, count(*) AS n, min(t) AS first, max(t) AS last, max(c) AS cadence, max(regularity) AS regularity,
    CASE WHEN max(r.n) >= 5 AND ({every} IS NOT NULL OR max(regularity) >= 0.8 AND 1.4826 * max(mad) <= 0.05 * max(c)) THEN 1 ELSE 0 END AS is_regular
FROM steps s LEFT JOIN regularities r ON s.series = r.series
GROUP BY s.series
ORDER BY s.series
