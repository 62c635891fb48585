-- Templates with what a second look saw of each in all tables together.
-- rca_again: what it saw by template and table; rca_templates: the templates by number.
WITH seen AS (
    SELECT
        number,
        sum(n)::BIGINT AS count,
        ['trace', 'debug', 'info', 'warn', 'error', 'fatal'][max(severity)] AS level,
        min(first) AS first,
        max(last) AS last,
        string_agg(name || ' ' || n, ', ' ORDER BY n DESC, name) AS sources,
        min(example).text AS example
    FROM rca_again
    GROUP BY number
)
SELECT template_id, template, count, level, first, last, sources, example
FROM seen
JOIN rca_templates USING (number)
