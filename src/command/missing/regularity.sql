-- How good a division into series is: the share of all steps that are about as long as their series'
-- median, or a few times as long where rows are lost, and the share of
-- numbers that follow the one before.
WITH steps AS ({steps}),
deltas AS (SELECT series, epoch_us(t) - epoch_us(t0) AS d FROM steps WHERE t0 IS NOT NULL),
medians AS (SELECT series, median(d) AS c FROM deltas GROUP BY series HAVING count(*) >= 5)
SELECT
    (count(*) FILTER (WHERE c > 0 AND abs(d - least(greatest(round(d / c), 1), 5) * c) <= 0.05 * c) / greatest((SELECT count(*) FROM steps), 1))::DOUBLE AS score,
    (SELECT count(*) FILTER (WHERE q = q0 + 1) / greatest(count(q0), 1) FROM steps)::DOUBLE AS contiguity
FROM deltas d JOIN medians m ON d.series = m.series
