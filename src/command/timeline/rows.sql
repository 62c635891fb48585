-- Events that are kept, each with its place in their order and as a row of its own.
SELECT
    *,
    ts AS until,
    1 AS repeats,
    row_number() OVER (ORDER BY ts NULLS LAST, source, table_name, at_file, at_line, origin) AS place
FROM {events}
