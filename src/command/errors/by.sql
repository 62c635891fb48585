-- Errors by code and further columns.
WITH failures AS ({failures}),
counted AS (SELECT code, {by} count(*) AS count, min(ts) AS first, max(ts) AS last FROM failures GROUP BY ALL)
SELECT code, {by} count, round(count / sum(count) OVER (), 4) AS share, first, last
FROM counted
ORDER BY count DESC, code NULLS LAST, {order}
