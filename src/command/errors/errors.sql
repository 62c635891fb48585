-- Errors by code, those without one by template: what the code means, how many of all, how many entities, since and
-- until when, how severe at most, in which tables, over time in {parts} equal parts, and the first message with its
-- origin. `rca_errors_found` is what found.sql found.
WITH codes AS (
    SELECT
        code,
        number,
        sum(n)::BIGINT AS count,
        min(first) AS first,
        max(last) AS last,
        ['trace', 'debug', 'info', 'warn', 'error', 'fatal'][max(severity)] AS level,
        string_agg(name || ' ' || n, ', ' ORDER BY n DESC, name) AS sources
    FROM rca_errors_found
    WHERE is_error
    GROUP BY code, number
),
ends AS (
    SELECT epoch_us(min(first)) AS first, epoch_us(max(last)) AS last
    FROM rca_errors_found
    WHERE is_error AND isfinite(first) AND isfinite(last)
),
placed AS (
    SELECT
        e.code,
        e.number,
        entity,
        CASE WHEN isfinite(ts) THEN least(((epoch_us(ts) - ends.first) * {parts}::HUGEINT // greatest(ends.last - ends.first, 1))::BIGINT, {parts} - 1) END AS part,
        CASE WHEN ts IS NOT DISTINCT FROM c.first THEN {
            'source': source,
            'table_name': table_name,
            'at_file': at_file,
            'at_line': at_line,
            'shown': left(split_part(coalesce(text, message), chr(10), 1), 500) || ' (' || origin || ')'
        } END AS example
    FROM (SELECT * FROM ({candidates}) WHERE is_error) e
    JOIN codes c ON e.code IS NOT DISTINCT FROM c.code AND e.number IS NOT DISTINCT FROM c.number
    LEFT JOIN ends ON true
),
told AS (
    SELECT code, number, count(DISTINCT entity) AS entities, {trend} AS trend, min(example).shown AS example
    FROM placed
    GROUP BY code, number
)
SELECT
    c.code,
    coalesce(m.description, t.template) AS description,
    count,
    round(count / sum(count) OVER (), 4) AS share,
    entities,
    first,
    last,
    level,
    sources,
    trend,
    example
FROM codes c
JOIN told ON c.code IS NOT DISTINCT FROM told.code AND c.number IS NOT DISTINCT FROM told.number
LEFT JOIN rca_meanings m ON c.code = m.code
LEFT JOIN rca_templates t ON c.number = t.number
ORDER BY count DESC, c.code NULLS LAST, description
