-- Errors by code and further columns. `counted` has rows that are alike in all that tells whether they are errors.
WITH counted AS ({counted}),
codes AS (
    SELECT code, {by} sum(n)::BIGINT AS count, min(first) AS first, max(last) AS last
    FROM counted
    GROUP BY ALL
)
SELECT code, {named} count, rca_share(count / sum(count) OVER ()) AS share, first, last
FROM codes
ORDER BY count DESC, code NULLS LAST, {order}
