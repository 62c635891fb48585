-- Events in windows, each with its place among all events; those that are centers with how much further they count. Events
-- at one spot are next to one another.
WITH spots AS (
    SELECT *, row_number() OVER () AS number, hash(ts, source, table_name, file, line, kind) AS spot FROM rca_order
),
begun AS (
    SELECT *, max(begins) OVER (ROWS UNBOUNDED PRECEDING) AS begin
    FROM (SELECT *, CASE WHEN spot IS DISTINCT FROM lag(spot) OVER () THEN number END AS begins FROM spots)
),
centers AS (
    SELECT
        hash(
            ts, {rank_of_name}(source)::UINTEGER, {rank_of_name}(table_name)::UINTEGER, {rank_of_name}(file)::UINTEGER, line, kind
        ) AS spot,
        nth,
        further
    FROM rca_centers
)
SELECT
    begun.* EXCLUDE (number, spot, begin, begins),
    ts AS until,
    1 AS repeats,
    false AS differs,
    number + {left_out_before}({moment}) AS place,
    further
FROM begun
LEFT JOIN centers ON begun.spot = centers.spot AND number - begin + 1 = nth
