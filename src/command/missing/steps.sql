-- The rows of a table as steps of its series: t the time, q the sequence number, t0 and q0 those of the row before,
-- place the number of the row in its series.
SELECT series, t, q, lag(t) OVER line AS t0, lag(q) OVER line AS q0, row_number() OVER line AS place
FROM (SELECT {time} AS t, {series} AS series, {sequence} AS q FROM {table} WHERE {time} IS NOT NULL AND ({condition}))
WINDOW line AS (PARTITION BY series ORDER BY t, q)
