-- Errors by code: how many of all, how many entities, since and until when, how severe at most, in which tables, over
-- time in {parts} equal parts, and the first message with its origin.
WITH failures AS ({failures}),
described AS ({descriptions}),
ends AS (SELECT epoch_us(min(ts)) AS first, epoch_us(max(ts)) AS last FROM failures),
placed AS (
    SELECT
        f.*,
        least(((epoch_us(ts) - first) * {parts}::HUGEINT // greatest(last - first, 1))::BIGINT, {parts} - 1) AS part,
        list_position(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], level) AS severity,
        row_number() OVER (PARTITION BY code ORDER BY ts NULLS LAST, source, table_name, at_file, at_line) AS place
    FROM failures f, ends
),
by_table AS (
    SELECT code, CASE WHEN source = table_name THEN source ELSE source || '.' || table_name END AS name, count(*) AS n
    FROM failures
    GROUP BY ALL
),
sources AS (SELECT code, string_agg(name || ' ' || n, ', ' ORDER BY n DESC, name) AS sources FROM by_table GROUP BY code),
codes AS (
    SELECT
        code,
        count(*) AS count,
        count(DISTINCT entity) AS entities,
        min(ts) AS first,
        max(ts) AS last,
        ['trace', 'debug', 'info', 'warn', 'error', 'fatal'][max(severity)] AS level,
        {trend} AS trend,
        max(split_part(coalesce(text, message), chr(10), 1) || ' (' || origin || ')') FILTER (WHERE place = 1) AS example
    FROM placed
    GROUP BY code
)
SELECT
    c.code,
    d.description,
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
JOIN sources s ON c.code IS NOT DISTINCT FROM s.code
LEFT JOIN described d ON c.code = d.code
ORDER BY count DESC, c.code NULLS LAST
