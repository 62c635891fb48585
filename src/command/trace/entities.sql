-- Each entity with the stages it was seen in, as bits.
SELECT key, seen
FROM (SELECT key, bit_or(1::BIGINT << stage) AS seen, min(ts) AS first_ts FROM {passages} GROUP BY key)
WHERE {entered}
