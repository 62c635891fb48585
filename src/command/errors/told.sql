-- What one look at the errors does not tell, by code and, of those without one, by template: how many entities (NULL where
-- no row tells one), over time in {parts} equal parts, and the first message with its origin. `rca_errors_found` is what found.sql found.
WITH rca_codes AS (
    SELECT
        code,
        number,
        sum(n)::BIGINT AS count,
        min(first) AS first,
        max(last) AS last,
        ['trace', 'debug', 'info', 'warn', 'error', 'fatal'][max(severity)] AS level
    FROM rca_errors_found
    WHERE is_error
    GROUP BY code, number
),
rca_ends AS (
    SELECT epoch_us(min(first)) AS first, epoch_us(max(last)) AS last
    FROM rca_codes
    WHERE isfinite(first) AND isfinite(last)
),
placed AS (
    SELECT
        c.*,
        entity,
        CASE
            WHEN isfinite(ts) THEN least(
                floor((epoch_us(ts)::DOUBLE - rca_ends.first) / greatest(rca_ends.last::DOUBLE - rca_ends.first, 1) * {parts}),
                {parts} - 1
            )
        END AS part,
        CASE
            WHEN ts IS NOT DISTINCT FROM c.first THEN {
                'source': source,
                'table_name': table_name,
                'at_file': at_file,
                'at_line': at_line,
                'shown': rca_cut(split_part(coalesce(text, message), chr(10), 1)) || ' (' || origin || ')'
            }
        END AS example
    FROM (SELECT * FROM ({candidates}) WHERE is_error) e
    JOIN rca_codes c ON e.code IS NOT DISTINCT FROM c.code AND e.number IS NOT DISTINCT FROM c.number
    LEFT JOIN rca_ends ON true
)
SELECT
    code,
    number,
    count,
    first,
    last,
    level,
    nullif(count(DISTINCT entity), 0) AS entities,
    {trend} AS trend,
    min(example).shown AS example
FROM placed
GROUP BY ALL
