-- Rows that stand for several: the message without its numbers where they differ, and until when it was said.
SELECT * REPLACE (CASE WHEN repeats > 1 AND until > ts
    THEN split_part(shown, chr(10), 1)
        || ' (until ' || rca_rfc3339(until) || ', ' || rca_length(epoch_us(until) - epoch_us(ts)) || ')'
        || substr(shown, length(split_part(shown, chr(10), 1)) + 1)
    ELSE shown END AS message)
FROM (SELECT *, CASE WHEN differs THEN rca_numberless(message) ELSE message END AS shown FROM ({rows}))
