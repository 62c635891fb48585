-- Neighbours that are alike as one: where the first of them stands, how many they are, when the last of them was, and
-- whether their messages differ. A silence parts them.
SELECT
    min(ts) AS ts,
    min(source) AS source,
    min(table_name) AS table_name,
    arg_min(file, number) AS file,
    arg_min(line, number) AS line,
    min(weight) AS weight,
    arg_min(kind, number) AS kind,
    min(alike) AS alike,
    max(ts) AS until,
    count(*) AS repeats,
    min(text) < max(text) AS differs
FROM (
    SELECT *, row_number() OVER () AS number, sum(begins) OVER (ROWS UNBOUNDED PRECEDING) AS run
    FROM (
        SELECT *, CASE
            WHEN alike = lag(alike) OVER () AND coalesce(epoch_us(ts) - epoch_us(lag(ts) OVER ()) <= {silence}, true) THEN 0
            ELSE 1
        END AS begins
        FROM rca_order
    )
)
GROUP BY run
ORDER BY run
