-- How many rows of each side have which of several changes: {mask} adds the bit of each that concerns a row.
-- {rows}: side and the columns.
SELECT
    side,
    ({mask})::BIGINT AS mask,
    count(*) AS n
FROM {rows}
GROUP BY side, mask
ORDER BY side, mask
