-- What is in short parts of the time around a change: rows that count, those that it concerns, and the first of both.
-- {rows}: ts and the columns; {of}: which rows count; {hit}: which of these it concerns; {from} and {length} in
-- microseconds; {within}: the time.
SELECT
    (epoch_us(ts) - {from}) // {length} AS part,
    count(*) AS n,
    count(*) FILTER (WHERE {hit}) AS hits,
    min(ts) AS first,
    min(ts) FILTER (WHERE {hit}) AS first_hit
FROM {rows}
WHERE {within} AND {of}
GROUP BY part
ORDER BY part
