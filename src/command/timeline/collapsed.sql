-- As events, but neighbours that differ in the variable parts of their message only are one row: its first event,
-- and how many they are.
WITH wanted AS (
    SELECT *, rca_template(message) AS template
    FROM ({events})
    WHERE {condition}
),
numbered AS (
    SELECT
        *,
        row_number() OVER (ORDER BY ts NULLS LAST, source, table_name, at_file, at_line, origin) AS place,
        row_number() OVER (
            PARTITION BY source, table_name, entity, level, code, template
            ORDER BY ts NULLS LAST, at_file, at_line, origin
        ) AS place_among_equals
    FROM wanted
),
runs AS (
    SELECT
        *,
        count(*) OVER run AS repeats,
        row_number() OVER (run ORDER BY place) AS place_in_run
    FROM numbered
    WINDOW run AS (PARTITION BY source, table_name, entity, level, code, template, place - place_among_equals)
)
SELECT ts, source, table_name, entity, level, code, message, origin, repeats
FROM runs
WHERE place_in_run = 1
ORDER BY place
