-- How many rows another table has in the gaps of each finding: those within, that no clock has moved there, and all.
-- Parameters: windows (VALUES of the finding's place, the label of its series, since, until, and since and until of what
-- lies within); label and time (SQL of a row of the other table); table; first and last (times of all windows).
SELECT place, count(*) FILTER (t > within AND t < within_until), count(*)
FROM (VALUES {windows}) AS gap (place, series, since, until, within, within_until)
JOIN (SELECT {label} AS label, {time} AS t FROM {table} WHERE {time} > {first} AND {time} < {last}) AS there
  ON label = series AND t > since AND t < until
GROUP BY place
