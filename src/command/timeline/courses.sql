-- The anchors of each two sources by the events chosen for them: when they are by either clock, in order; of many every
-- so-manieth, {anchors_most} at most.
-- {links}: source, against, kind and kind_against of each two; rca_anchors: what anchors.sql found.
WITH anchors AS (
    SELECT DISTINCT links.source, links.against, one.moment AS moment, other.moment AS moment_against
    FROM ({links}) AS links
    JOIN rca_anchors AS one ON one.source = links.source AND one.kind = links.kind
    JOIN rca_anchors AS other ON other.source = links.against AND other.kind = links.kind_against
        AND other.id = one.id AND other.nth = one.nth
    WHERE one.times = other.times OR one.nth = 1
),
placed AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY source, against ORDER BY moment_against, moment) - 1 AS place,
        count(*) OVER (PARTITION BY source, against) AS all_anchors
    FROM anchors
)
SELECT source, against, moment, moment_against
FROM placed
WHERE place % ((all_anchors - 1) // {anchors_most} + 1) = 0
ORDER BY source, against, moment_against, moment
