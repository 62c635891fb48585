-- Of every two sources the pair of events that most steadily come one after the other: how much later those of the
-- first are, how much that varies, and what another pair says that fits as steadily.
WITH pairs AS (
    SELECT
        one.source AS source,
        other.source AS against,
        one.kind AS kind,
        other.kind AS kind_against,
        count(DISTINCT (one.moment, other.moment)) AS anchors,
        quantile_disc(one.moment - other.moment, 0.5) AS later,
        mad(one.moment - other.moment)::BIGINT AS spread,
        min(id) AS example
    FROM rca_anchors AS one
    JOIN rca_anchors AS other USING (id, nth)
    WHERE one.source < other.source AND (one.times = other.times OR nth = 1)
    GROUP BY ALL
),
-- Of pairs about as steady, the one whose events lie nearest, and of those about as near the one with the most anchors.
ranked AS (
    SELECT *, floor(log2(spread + 1000)) AS steadiness, row_number() OVER (
        PARTITION BY source, against
        ORDER BY floor(log2(spread + 1000)), floor(log2(abs(later) + 1000)), anchors DESC, spread, kind, kind_against
    ) AS place
    FROM (SELECT *, max(anchors) OVER (PARTITION BY source, against) AS most FROM pairs WHERE anchors >= {anchors_least})
    WHERE 10 * anchors >= most
)
SELECT
    source, against, anchors, later, spread, kind, kind_against, example,
    (
        SELECT arg_min(rival.later, rival.place)
        FROM ranked AS rival
        WHERE rival.source = best.source AND rival.against = best.against AND rival.place > 1
            AND rival.steadiness <= best.steadiness AND 2 * rival.anchors >= best.anchors
            AND abs(rival.later - best.later) > 1000000 + 10 * best.spread
    ) AS rival
FROM ranked AS best
WHERE place = 1
ORDER BY source, against
