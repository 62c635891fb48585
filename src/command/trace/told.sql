-- Of a stage: how many skipped it, are new there, came late, too early, more than once, or may still be on their way; and
-- of those lost how many are new there in another way of writing.
WITH delays AS ({delays}),
lost AS (
    SELECT key, seen FROM rca_entities
    WHERE {stage} > 0 AND seen & (1::BIGINT << {stage}) = 0 AND seen & ((1::BIGINT << {stage}) - 1) <> 0
        AND (seen >> greatest({stage} - 1, 0)) <> 0
),
new AS (
    SELECT key FROM rca_entities
    WHERE seen & (1::BIGINT << {stage}) <> 0 AND seen & ((1::BIGINT << {stage}) - 1) = 0
)
SELECT
    (SELECT count(*) FROM lost WHERE seen >> {stage} <> 0),
    (SELECT count(*) FROM new),
    (SELECT count(*) FROM delays WHERE delay > most),
    (SELECT count(*) FROM delays WHERE delay < 0),
    (SELECT count(*) FROM delays WHERE times > 1),
    (
        SELECT count(*)
        FROM (SELECT key, max(ts) AS ts FROM rca_passages SEMI JOIN lost USING (key) GROUP BY key)
        JOIN (SELECT max(ts) AS ended FROM rca_passages) ON true
        -- Nothing that came took longer than the longest, and what was seen last tells how long there was to come.
        WHERE epoch_us(ts) + coalesce((SELECT least(max(most), max(delay)) FROM delays), 0) > epoch_us(ended)
            AND key IN (SELECT key FROM lost WHERE seen >> {stage} = 0)
    ),
    (SELECT max(usual) FROM delays),
    (SELECT max(most) FROM delays),
    (SELECT max(delay) FROM delays),
    (SELECT count(*) FROM lost WHERE {alike} IN (SELECT {alike} FROM new)),
    (SELECT epoch_us(max(ts)) FROM rca_passages WHERE stage = {stage}),
    (SELECT epoch_us(max(ts)) FROM rca_passages WHERE stage < {stage})
