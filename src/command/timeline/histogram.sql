-- Events per stretch of {every} microseconds, by source and level, the mildest first. Stretches begin at multiples of
-- their length since 1970, weeks on Mondays; events without a time come last.
SELECT bucket, {local}source, level, count, rca_bar(count, max(count) OVER ()) AS bar
FROM (
    SELECT time_bucket(to_microseconds({every}), ts, TIMESTAMP {origin}) AS bucket, source, level, count(*) AS count
    FROM ({events})
    WHERE {condition}
    GROUP BY ALL
)
ORDER BY bucket NULLS LAST, source, list_position({levels}, level) NULLS FIRST
