-- Counts all messages in the tallies. Where all times or levels are NULL the engine would not call the function.
-- {rows}: text, ts, level, place (the table's number).
SELECT sum(rca_tally(text, coalesce(ts, TIMESTAMP 'infinity'), ts IS NOT NULL, coalesce(level, ''), place::UINTEGER))
FROM ({rows})
WHERE text IS NOT NULL
