-- The first passages through a stage, each with how long after the last one before it, and what is usual: the median,
-- and the most that is not late.
WITH delays AS (
    SELECT here.key, here.times, here.ts, epoch_us(here.ts) - epoch_us(max(before.ts)) AS delay
    FROM rca_passages AS here
    SEMI JOIN rca_entities USING (key)
    LEFT JOIN rca_passages AS before ON before.key = here.key AND before.stage < here.stage
    WHERE here.stage = {stage}
    GROUP BY here.key, here.times, here.ts
),
middle AS (SELECT quantile_disc(delay, 0.5) AS usual FROM delays),
spread AS (SELECT usual, quantile_disc(abs(delay - usual), 0.5) AS mad FROM delays, middle GROUP BY usual)
SELECT
    delays.*,
    usual,
    -- Ten robust standard deviations, and at least twice as long as usual.
    greatest(usual + (14.826 * mad)::BIGINT, 2 * usual) AS most
FROM delays
LEFT JOIN spread ON true
