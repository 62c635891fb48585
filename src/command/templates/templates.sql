-- Templates by number: how many messages of all, how severe at most, since and until when, in which tables, and the
-- first message (of several at one time the least by its text).
WITH messages AS ({messages}),
by_table AS (
    SELECT
        number,
        name,
        count(*) AS n,
        min(ts) AS first,
        max(ts) AS last,
        max(list_position(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], level)) AS severity,
        min({'ts': coalesce(ts, TIMESTAMP 'infinity'), 'text': left(text, 500)}) AS example
    FROM messages
    GROUP BY ALL
),
templates AS (
    SELECT
        number,
        sum(n)::BIGINT AS count,
        min(first) AS first,
        max(last) AS last,
        ['trace', 'debug', 'info', 'warn', 'error', 'fatal'][max(severity)] AS level,
        string_agg(name || ' ' || n, ', ' ORDER BY n DESC, name) AS sources,
        min(example).text AS example
    FROM by_table
    GROUP BY number
)
SELECT template_id, template, count, round(count / sum(count) OVER (), 4) AS share, level, first, last, sources, example
FROM templates
JOIN rca_templates USING (number)
ORDER BY count DESC, template
