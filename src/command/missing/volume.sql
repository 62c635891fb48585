-- Rows of each series by stretches of {every} microseconds.
SELECT {label} AS label, time_bucket(to_microseconds({every}), {time}, TIMESTAMP '1970-01-01') AS bucket, count(*) AS n
FROM {table}
WHERE isfinite({time}) AND ({condition})
GROUP BY ALL
ORDER BY ALL
