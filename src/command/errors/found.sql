-- Errors by table, code and, of those without one, by what their message says: how many, since and until when, how
-- severe at most. Rows with a code that are no errors are counted apart.
SELECT
    name,
    code,
    number,
    count(*) AS n,
    min(ts) AS first,
    max(ts) AS last,
    is_error,
    max(list_position(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], level)) AS severity
FROM ({candidates})
GROUP BY ALL
