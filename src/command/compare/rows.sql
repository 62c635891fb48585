-- How many rows each block of each side has, and since and until when.
-- {rows}: side, block, ts.
SELECT
    side,
    block,
    count(*) AS n,
    min(ts) AS first,
    max(ts) AS last
FROM {rows}
GROUP BY side, block
ORDER BY side, block
