-- How often each value of several columns is in each block of each side, and since and until when: one look for all of
-- them. {which} tells by its number of which column a row speaks, and {texts} are the values, NULL but for that column.
-- {rows}: side, block, ts and the columns.
SELECT
    side,
    block,
    count(*) AS n,
    min(ts) AS first,
    max(ts) AS last,
    CASE {which} END AS asked,
    {texts}
FROM {rows}
GROUP BY GROUPING SETS ({sets})
ORDER BY ALL
