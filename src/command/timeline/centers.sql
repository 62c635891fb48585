-- Those of the worst that rows are shown around. A kind that was there before counts as further away each time, so that
-- the first of each kind come before repetitions of one. `nth` of those that stand at one spot.
SELECT *, row_number() OVER (PARTITION BY ts, source, table_name, file, line, kind ORDER BY further) AS nth
FROM (
    SELECT *, 2 * (row_number() OVER (PARTITION BY kind ORDER BY ts NULLS LAST, source, table_name, file, line) - 1) AS further
    FROM rca_worst
    WHERE weight = {worst}
    ORDER BY further, ts NULLS LAST, source, table_name, file, line, kind
    LIMIT {limit}
)
