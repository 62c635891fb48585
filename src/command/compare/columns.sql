-- Of each block of each side: how many values each column has, and how many of its numbers lie between its cuts.
-- {rows}: side, block and the columns; {asked}: two aggregates for each column.
SELECT
    side,
    block,
    {asked}
FROM {rows}
GROUP BY side, block
ORDER BY side, block
