-- Errors by code, those without one by template: what the code means, how many of all, how many entities, since and
-- until when, how severe at most, in which tables, over time, and the first message with its origin, from what
-- found.sql and told.sql found.
WITH by_table AS (
    SELECT code, number, name, sum(n)::BIGINT AS n
    FROM rca_errors_found
    WHERE is_error
    GROUP BY ALL
),
tables AS (
    SELECT code, number, string_agg(name || ' ' || n, ', ' ORDER BY n DESC, name) AS sources
    FROM by_table
    GROUP BY code, number
)
SELECT
    t.code,
    coalesce(m.description, p.template) AS description,
    count,
    rca_share(count / sum(count) OVER ()) AS share,
    entities,
    first,
    last,
    level,
    sources,
    trend,
    example
FROM rca_errors_told t
JOIN tables s ON t.code IS NOT DISTINCT FROM s.code AND t.number IS NOT DISTINCT FROM s.number
LEFT JOIN rca_meanings m ON t.code = m.code
LEFT JOIN rca_templates p ON t.number = p.number
ORDER BY count DESC, t.code NULLS LAST, description
