-- Rows that stand for several events, the worst of them with how much further they count: a kind that was there before
-- counts as further away each time, so that the first of each kind come before repetitions of one.
SELECT *, CASE WHEN weight = {worst} THEN 2 * (row_number() OVER (PARTITION BY weight, kind ORDER BY place) - 1) END AS further
FROM ({rows})
