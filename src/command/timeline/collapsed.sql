-- Neighbours that differ in the variable parts of their message only as one row: the first event, how many they are,
-- and when the last of them was.
SELECT
    * REPLACE (CASE WHEN repeats > 1 AND until > ts
        THEN split_part(message, chr(10), 1)
            || ' (until ' || rca_rfc3339(until) || ', ' || rca_length(epoch_us(until) - epoch_us(ts)) || ')'
            || substr(message, length(split_part(message, chr(10), 1)) + 1)
        ELSE message END AS message)
FROM (
    SELECT
        * EXCLUDE (until, repeats, template, place_among_equals),
        max(until) OVER run AS until,
        count(*) OVER run AS repeats,
        row_number() OVER (run ORDER BY place) AS place_in_run
    FROM (
        SELECT
            *,
            row_number() OVER (
                PARTITION BY source, table_name, entity, level, code, template ORDER BY place
            ) AS place_among_equals
        FROM (SELECT *, rca_template(message) AS template FROM ({rows}))
    )
    WINDOW run AS (PARTITION BY source, table_name, entity, level, code, template, place - place_among_equals)
)
WHERE place_in_run = 1
