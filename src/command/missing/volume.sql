-- Neighbouring stretches of {every} microseconds with less than a quarter of the usual number of rows (the median),
-- where that is at least twenty. The first and the last stretch are not whole and not judged.
WITH counted AS (
    SELECT time_bucket(to_microseconds({every}), {time}, TIMESTAMP '1970-01-01') AS bucket, count(*) AS n
    FROM {table}
    WHERE {time} IS NOT NULL AND ({condition})
    GROUP BY 1
),
ends AS (SELECT min(bucket) AS first, max(bucket) AS last FROM counted),
stretches AS (
    SELECT began AS bucket, coalesce(n, 0) AS n
    FROM ends, unnest(generate_series(first, last, to_microseconds({every}))) AS line(began)
    LEFT JOIN counted ON counted.bucket = began
),
judged AS (
    SELECT *, (SELECT median(n) FROM stretches) AS usual, row_number() OVER (ORDER BY bucket) AS place, count(*) OVER () AS n_stretches
    FROM stretches
),
low AS (
    SELECT *, place - row_number() OVER (ORDER BY place) AS island
    FROM judged
    WHERE place > 1 AND place < n_stretches AND n_stretches >= 10 AND usual >= 20 AND n * 4 < usual
)
SELECT min(bucket) AS since, max(bucket) + to_microseconds({every}) AS until, sum(n)::BIGINT AS rows, max(usual)::BIGINT AS usual, count(*) AS stretches,
    (max(usual) * count(*) - sum(n))::BIGINT AS missing
FROM low
GROUP BY island
ORDER BY since
