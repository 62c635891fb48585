-- How many entities entered a stage (seen in any stage before, and in the last of these or in this one or later),
-- passed it and were lost. All that the first stage has entered it.
SELECT
    {stage} AS stage,
    part,
    count(*) AS entered,
    count(*) FILTER (seen & (1::BIGINT << {stage}) <> 0) AS passed,
    count(*) FILTER (seen & (1::BIGINT << {stage}) = 0) AS lost
FROM {part}
WHERE CASE WHEN {stage} = 0 THEN seen & 1 = 1
    ELSE seen & ((1::BIGINT << {stage}) - 1) <> 0 AND (seen >> greatest({stage} - 1, 0)) <> 0 END
GROUP BY part
