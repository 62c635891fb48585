-- How near each row is to one of the worst there are (`worst`: 2 for errors, 1 for warnings; with neither, the first
-- rows are the nearest). A kind of error that was there before counts as further away each time, so that the first of
-- each kind come before repetitions of one.
SELECT * REPLACE (row_number() OVER (ORDER BY distance NULLS LAST, weight DESC, place) AS rank)
FROM (
    SELECT
        *,
        0 AS rank,
        least(
            place - max(CASE WHEN nth IS NOT NULL THEN place END) OVER before
                + 2 * (last_value(nth IGNORE NULLS) OVER before - 1),
            min(CASE WHEN nth IS NOT NULL THEN place END) OVER behind - place
                + 2 * (first_value(nth IGNORE NULLS) OVER behind - 1)
        ) AS distance
    FROM (
        SELECT *, CASE WHEN weight = {worst} THEN row_number() OVER (
            PARTITION BY weight, source, table_name, level, code, CASE WHEN weight > 0 THEN rca_template(message) END
            ORDER BY place
        ) END AS nth
        FROM (SELECT *, {weight} AS weight FROM ({rows}))
    )
    WINDOW
        before AS (ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
        behind AS (ORDER BY place ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
)
