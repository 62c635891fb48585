-- Of each two stages that share entities: how many of these were in the one first, how many in the other, and how many
-- both have.
SELECT
    a.stage,
    b.stage,
    count(*) FILTER (a.ts < b.ts),
    count(*) FILTER (b.ts < a.ts),
    count(*)
FROM {firsts} AS a
JOIN {firsts} AS b ON a.key = b.key AND a.stage < b.stage
GROUP BY ALL
