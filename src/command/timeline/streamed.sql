-- The events that fit, in order: by time, those without one last; of one time by source, then by file and line.
SELECT ts, {local}source, table_name, entity, level, code, message, origin, 1 AS repeats
FROM ({events})
WHERE {condition}
ORDER BY ts NULLS LAST, source, table_name, at_file, at_line, origin
