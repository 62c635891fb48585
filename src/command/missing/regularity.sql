-- How good a division into series is: the share of all steps that keep to their series' median, and the share of
-- numbers that follow the one before.
WITH steps AS ({steps}),
deltas AS (SELECT series, epoch_us(t) - epoch_us(t0) AS d FROM steps WHERE t0 IS NOT NULL),
medians AS (SELECT series, median(d) AS c FROM deltas GROUP BY series HAVING count(*) >= 5)
SELECT
    (count(*) FILTER (WHERE c > 0 AND abs(d - c) <= 0.05 * c) / greatest((SELECT count(*) FROM steps), 1))::DOUBLE AS score,
    (SELECT count(*) FILTER (WHERE q = q0 + 1) / greatest(count(q0), 1) FROM steps)::DOUBLE AS contiguity
FROM deltas d JOIN medians m ON d.series = m.series
