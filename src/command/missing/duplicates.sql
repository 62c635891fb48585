-- Series in which a number comes more than once at the same time, or again within the range of the others: rows,
-- and different numbers. Counters that begin anew at a later time are no duplicates: the time tells them apart only
-- where it differs by more than the counter's whole run, so numbers are compared within a life of the counter.
WITH steps AS ({steps}),
ranges AS (
    SELECT series, max(q) - min(q) AS span
    FROM steps
    GROUP BY series
    HAVING count(q) >= 5 AND count(*) FILTER (WHERE q = q0 + 1) * 2 >= count(q)
),
lives AS (
    SELECT s.series, t, q,
        sum(CASE WHEN q0 - q > span / 2 THEN 1 ELSE 0 END) OVER (PARTITION BY s.series ORDER BY place) AS life
    FROM steps s JOIN ranges r ON s.series = r.series
    WHERE q IS NOT NULL
),
numbers AS (SELECT series, life, q, count(*) AS n, min(t) AS first, max(t) AS last FROM lives GROUP BY ALL)
SELECT series, min(first) FILTER (WHERE n > 1) AS since, max(last) FILTER (WHERE n > 1) AS until, sum(n)::BIGINT AS rows, count(*) AS distinct_numbers
FROM numbers
GROUP BY series
HAVING sum(n) > count(*)
ORDER BY series
