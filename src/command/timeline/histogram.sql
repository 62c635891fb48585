-- Events per stretch of {every} microseconds, by source and level. Stretches begin at multiples of their length
-- since 1970.
SELECT bucket, {local}source, level, count, rca_bar(count, max(count) OVER ()) AS bar
FROM (
    SELECT time_bucket(to_microseconds({every}), ts, TIMESTAMP '1970-01-01') AS bucket, source, level, count(*) AS count
    FROM ({events})
    WHERE ts IS NOT NULL AND ({condition})
    GROUP BY ALL
)
ORDER BY bucket, source, level NULLS LAST
