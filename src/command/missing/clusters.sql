-- Gaps of one series that follow each other within {gap} cadences are one finding: since the first began until the
-- last ended, with the rows that came in between.
WITH gaps AS ({gaps}),
marked AS (
    SELECT *, CASE WHEN epoch_us(since) - epoch_us(lag(until) OVER line) <= {gap} * cadence THEN 0 ELSE 1 END AS begins
    FROM gaps
    WINDOW line AS (PARTITION BY series ORDER BY since, place)
),
clusters AS (SELECT *, sum(begins) OVER (PARTITION BY series ORDER BY since, place) AS cluster FROM marked)
SELECT series, min(since) AS since, max(until) AS until, count(*) AS gaps, sum(missing)::BIGINT AS missing,
    (max(place) - min(place))::BIGINT AS observed, max(cadence) AS cadence, {hole} AS hole
FROM clusters
GROUP BY series, cluster
ORDER BY series, since
