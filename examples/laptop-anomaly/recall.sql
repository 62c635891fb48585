-- How many faulty units the model missed, by what was missing while they were tested: the station's temperature was
-- silent, or packets of the station were lost within the test. Times in UTC.
WITH faulty AS (
    SELECT serial, min(station) AS station, min(started_at) AS began, max(ended_at) AS ended
    FROM station.tests JOIN mes.labels USING (serial)
    WHERE label = 'faulty'
    GROUP BY serial
),
lost AS (
    SELECT a.station, a.ts
    FROM agent a LEFT JOIN telemetry t USING (station, sensor, seq)
    WHERE a.event = 'sent' AND t.seq IS NULL
),
explained AS (
    SELECT
        f.serial,
        p.predicted,
        f.station = 'ST03' AND began < TIMESTAMP '2025-03-01 03:00:01' AND ended > TIMESTAMP '2025-03-01 02:23:32' AS in_silence,
        EXISTS (SELECT 1 FROM lost l WHERE l.station = f.station AND l.ts BETWEEN f.began AND f.ended) AS in_loss
    FROM faulty f JOIN predictions p USING (serial)
)
SELECT
    CASE WHEN in_silence THEN 'sensor silent' WHEN in_loss THEN 'packets lost' ELSE 'neither' END AS while_tested,
    count(*) AS faulty,
    count(*) FILTER (WHERE predicted = 1) AS caught,
    count(*) FILTER (WHERE predicted = 0) AS missed,
    round(caught / faulty, 3) AS recall
FROM explained
GROUP BY 1
ORDER BY missed DESC
