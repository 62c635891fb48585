-- Series in which a number comes more than once at the same time, or again within the range of the others: rows,
-- and different numbers. Numbers are compared within a life of the counter, since one that begins anew has all
-- its numbers again.
WITH {lives},
numbers AS (SELECT series, life, q, count(*) AS n, min(t) AS first, max(t) AS last FROM lives GROUP BY ALL)
SELECT series, min(first) FILTER (WHERE n > 1) AS since, max(last) FILTER (WHERE n > 1) AS until, sum(n)::BIGINT AS rows, count(*) AS distinct_numbers
FROM numbers
GROUP BY series
HAVING sum(n) > count(*)
ORDER BY series
