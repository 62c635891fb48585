-- Of every two sources the pair of events that most steadily come one after the other, and how much later those of
-- the first are.
SELECT source, against, anchors, later, spread, kind, kind_against, example
FROM (
    -- Of pairs about as steady, the one whose events lie nearest, and of those about as near
    -- the one with the most anchors.
    SELECT *, row_number() OVER (
        PARTITION BY source, against
        ORDER BY floor(log2(spread + 1000)), floor(log2(abs(later) + 1000)), anchors DESC, spread, kind, kind_against
    ) AS place
    FROM (
        SELECT *, max(anchors) OVER (PARTITION BY source, against) AS most
        FROM (
            SELECT
                one.source AS source,
                other.source AS against,
                one.kind AS kind,
                other.kind AS kind_against,
                count(DISTINCT one.at) AS anchors,
                quantile_disc(one.at - other.at, 0.5) AS later,
                mad(one.at - other.at)::BIGINT AS spread,
                min(id) AS example
            FROM rca_anchors AS one
            JOIN rca_anchors AS other USING (id, nth, times)
            WHERE one.source < other.source
            GROUP BY ALL
        )
        WHERE anchors >= {anchors_least}
    )
    WHERE 10 * anchors >= most
)
WHERE place = 1
ORDER BY source, against
