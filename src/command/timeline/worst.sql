-- Errors and warnings, each where it stands, with its weight and kind. Every event is counted by the way: below the
-- condition, for the engine asks the parts of a condition in any order.
SELECT {moment} AS moment, ts, source, table_name, at_file AS file, at_line AS line, weight, {kind} AS kind
FROM (SELECT *, {weight} AS weight, {counted} AS counted FROM ({events}))
WHERE weight > counted
