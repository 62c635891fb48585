-- Errors of the baseline and of the incident by code (or template), table and one of {parts} equal parts of each window:
-- how many, how many of them are outcomes, since and until when.
SELECT
    code,
    number,
    name,
    in_baseline,
    least(((epoch_us(ts) - CASE WHEN in_baseline THEN {baseline_from} ELSE {incident_from} END)::HUGEINT * {parts}
        // CASE WHEN in_baseline THEN {baseline_length} ELSE {incident_length} END)::BIGINT, {parts} - 1) AS part,
    count(*) AS n,
    count(*) FILTER (WHERE failed) AS failed,
    min(ts) AS first,
    max(ts) AS last
FROM (
    SELECT *, {in_baseline} AS in_baseline
    FROM ({errors})
    WHERE ({in_baseline}) OR ({in_incident})
)
GROUP BY ALL
ORDER BY code NULLS LAST, number NULLS LAST, name, in_baseline, part
