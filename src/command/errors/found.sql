-- Errors by table, code and, of those without one, by what their message says: how many, since and until when, how
-- severe at most. Rows with a code that are no errors are counted apart, and so are errors by a code that says that there
-- is none (`nought`).
SELECT
    name,
    code,
    number,
    count(*) AS n,
    min(ts) AS first,
    max(ts) AS last,
    is_error,
    CASE
        WHEN is_error AND code IS NULL AND rca_code(raw_code) IS NULL AND regexp_matches(raw_code, '[0-9]')
            THEN rca_trimmed(raw_code)
    END AS nought,
    max(list_position(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], level)) AS severity
FROM ({candidates})
GROUP BY ALL
