-- The rows, in order.
SELECT ts, {local}source, table_name, entity, level, code, message, origin, repeats
FROM ({rows})
ORDER BY place
