-- Neighbours that differ in the numbers of their message only as one row: the first event, how many they are, and when
-- the last of them was. Where the numbers differ, the message does not tell those of the first. A silence parts them.
SELECT
    * EXCLUDE (numberless) REPLACE (CASE WHEN repeats > 1 AND until > ts
        THEN split_part(shown, chr(10), 1)
            || ' (until ' || rca_rfc3339(until) || ', ' || rca_length(epoch_us(until) - epoch_us(ts)) || ')'
            || substr(shown, length(split_part(shown, chr(10), 1)) + 1)
        ELSE shown END AS message)
FROM (
    SELECT
        * EXCLUDE (until, repeats, stretch, place_among_equals),
        CASE WHEN min(message) OVER run < max(message) OVER run THEN numberless ELSE message END AS shown,
        max(until) OVER run AS until,
        count(*) OVER run AS repeats,
        row_number() OVER (run ORDER BY place) AS place_in_run
    FROM (
        SELECT
            *,
            row_number() OVER (
                PARTITION BY source, table_name, entity, level, code, numberless, stretch ORDER BY place
            ) AS place_among_equals
        FROM (
            SELECT *, sum(begins) OVER (ORDER BY place ROWS UNBOUNDED PRECEDING) AS stretch
            FROM (
                SELECT
                    *,
                    rca_numberless(message) AS numberless,
                    CASE WHEN epoch_us(ts) - epoch_us(lag(ts) OVER (ORDER BY place)) > {silence} THEN 1 ELSE 0 END AS begins
                FROM ({rows})
            )
        )
    )
    WINDOW run AS (PARTITION BY source, table_name, entity, level, code, numberless, stretch, place - place_among_equals)
)
WHERE place_in_run = 1
