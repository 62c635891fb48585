-- Rows counted together by parts of {width} microseconds, with the first and the last time of each part.
SELECT min({time}) AS first, max({time}) AS last, count(*) AS rows
FROM {table}
WHERE {condition}
GROUP BY epoch_us({time}) // {width}
ORDER BY 1
