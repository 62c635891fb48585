-- The rows as they are read: between them stands what is not there, rows left out and times without an event.
WITH shown AS (
    SELECT *, lead(place, 1, {count} + 1) OVER (ORDER BY place) - place - 1 AS left_out, lead(ts) OVER (ORDER BY place) AS next
    FROM ({rows})
),
separated AS (
    SELECT *, 0 AS behind FROM shown
    UNION ALL BY NAME
    SELECT
        place,
        1 AS behind,
        CASE WHEN left_out > 0 THEN rca_left_out(left_out)
            ELSE '… ' || rca_length(epoch_us(next) - epoch_us(until)) || ' without an event …' END AS message
    FROM shown
    WHERE left_out > 0 OR epoch_us(next) - epoch_us(until) > {silence}
    UNION ALL BY NAME
    SELECT 0 AS place, 1 AS behind, rca_left_out(min(place) - 1) AS message
    FROM shown
    HAVING min(place) > 1
)
SELECT ts, {local}source, table_name, entity, level, code, message, origin, repeats
FROM separated
ORDER BY place, behind
