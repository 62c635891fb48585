-- What is seen of each template in each table, by a second look at all messages: how many there are, how severe at most,
-- since and until when, and the first message (of several at one time the least by its text).
-- {rows}: name, ts, level, text. It is kept as rca_again.
SELECT
    number,
    name,
    count(*) AS n,
    min(ts) AS first,
    max(ts) AS last,
    max(list_position(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], level)) AS severity,
    min({'ts': coalesce(ts, TIMESTAMP 'infinity'), 'text': rca_cut(text)}) AS example
FROM (SELECT name, ts, level, text, rca_template_of(text) AS number FROM ({rows}))
GROUP BY ALL
