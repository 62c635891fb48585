-- Ids that several sources have, with when each kind of event of a source has them for the first, second, … time.
-- An id that one kind has often ties no two events together.
WITH anchors AS (
    SELECT DISTINCT source, kind, ts, unnest(ids) AS id FROM ({events}) WHERE isfinite(ts) AND len(ids) > 0
),
shared AS (
    SELECT * FROM anchors WHERE id IN (SELECT id FROM anchors GROUP BY id HAVING count(DISTINCT source) > 1)
),
kinds AS (
    SELECT source, kind, row_number() OVER (PARTITION BY source ORDER BY count(DISTINCT id) DESC, kind) AS place
    FROM shared
    GROUP BY source, kind
)
SELECT *
FROM (
    SELECT
        source,
        kind,
        id,
        epoch_us(ts) AS moment,
        row_number() OVER (PARTITION BY source, kind, id ORDER BY ts) AS nth,
        count(*) OVER (PARTITION BY source, kind, id) AS times
    FROM shared
    SEMI JOIN (SELECT * FROM kinds WHERE place <= {kinds_most}) USING (source, kind)
)
WHERE times <= {times_most}
