-- The {limit} rows that are nearest to one of the worst there are (`worst`: 2 for errors, 1 for warnings), by the rows
-- between. A kind of error that was there before counts as further away each time, so that the first of each kind come
-- before repetitions of one.
WITH numbered AS NOT MATERIALIZED (
    SELECT *, count(CASE WHEN weight = {worst} THEN 1 END) OVER (ROWS UNBOUNDED PRECEDING) AS nth_worst FROM ({places})
),
worst AS (
    SELECT nth_worst, place, 2 * (row_number() OVER (PARTITION BY kind ORDER BY place) - 1) AS further
    FROM numbered
    WHERE weight = {worst}
),
stretches AS (
    SELECT
        nth_worst,
        place AS place_before,
        further AS further_before,
        lead(place) OVER (ORDER BY place) AS place_behind,
        lead(further) OVER (ORDER BY place) AS further_behind
    FROM worst
    UNION ALL
    SELECT 0, NULL, NULL, place, further FROM worst WHERE nth_worst = 1
)
SELECT numbered.* EXCLUDE (nth_worst)
FROM numbered
JOIN stretches USING (nth_worst)
ORDER BY least(place - place_before + further_before, place_behind - place + further_behind), weight DESC, place
LIMIT {limit}
