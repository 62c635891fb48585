-- The histogram as it is read: a row also stands where stretches have no event at all.
SELECT bucket, {local}source, level, count, bar
FROM (
    SELECT * FROM ({histogram})
    UNION ALL BY NAME
    SELECT
        bucket + to_microseconds({every}) AS bucket,
        0 AS count,
        '… ' || rca_length(epoch_us(next) - epoch_us(bucket) - {every}) || ' without an event …' AS bar
    FROM (SELECT bucket, lead(bucket) OVER (ORDER BY bucket) AS next FROM (SELECT DISTINCT bucket FROM ({histogram})))
    WHERE isfinite(bucket) AND isfinite(next) AND epoch_us(next) - epoch_us(bucket) > {every}
)
ORDER BY bucket NULLS LAST, source NULLS FIRST, list_position({levels}, level) NULLS FIRST
