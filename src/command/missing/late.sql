-- Rows whose time is more than a cadence before that of a row above them in their file.
WITH cadences AS ({cadence}),
lines AS (
    SELECT {series} AS series, {time} AS ts, _file, _line,
        max({time}) OVER (PARTITION BY {series}, _file ORDER BY _line ROWS UNBOUNDED PRECEDING) AS latest
    FROM {table}
    WHERE {time} IS NOT NULL AND ({condition})
)
SELECT l.series, ts, _file, _line, (epoch_us(latest) - epoch_us(ts)) / 1e6 AS late_s, n
FROM lines l JOIN cadences c ON l.series = c.series
WHERE is_regular = 1 AND epoch_us(latest) - epoch_us(ts) > cadence
