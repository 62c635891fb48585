-- Of each gap: how many keys the sender has in it by its own clock, how many of these are not here at all, by how much the
-- last of the others came later, and whether the gap lies behind all that was sent. A row stands here as much later as rows
-- usually do: what is sent is counted by the middle of that, what is lost by nearly all of it.
-- No row comes out if either table has several rows of one key: then a key tells nothing of a row.
-- Parameters: gaps (VALUES of place, since and until); sent, sent_table and sent_time, here, here_table and here_time (SQL
-- of a key, its table and its time).
WITH gap AS (SELECT * FROM (VALUES {gaps}) AS gap (place, since, until)),
sent AS (SELECT {sent} AS key, min({sent_time}) AS rca_ts, count(*) AS n FROM {sent_table} WHERE {sent_time} IS NOT NULL GROUP BY ALL),
here AS (SELECT {here} AS key, min({here_time}) AS rca_ts, count(*) AS n FROM {here_table} GROUP BY ALL),
each AS (
  SELECT (SELECT 10 * count(key) >= 9 * sum(n) FROM sent) AND (SELECT 10 * count(key) >= 9 * sum(n) FROM here) AS is_a_row
),
way AS (
  SELECT quantile_disc(epoch_us(here.rca_ts) - epoch_us(sent.rca_ts), [0.1, 0.5, 0.9]) AS us FROM sent JOIN here USING (key)
),
lost AS (SELECT key, rca_ts FROM sent WHERE key IS NOT NULL AND key NOT IN (SELECT key FROM here WHERE key IS NOT NULL)),
come AS (SELECT sent.rca_ts, epoch_us(here.rca_ts) - epoch_us(sent.rca_ts) AS us FROM sent JOIN here USING (key)),
moved AS (
  SELECT
    place, (since - to_microseconds(us[2])) AS since, (until - to_microseconds(us[2])) AS until,
    since - to_microseconds(us[3]) AS earliest, until - to_microseconds(us[1]) AS latest
  FROM gap, way, each
  WHERE is_a_row AND us IS NOT NULL
)
SELECT
  place,
  (SELECT count(*) FROM come WHERE come.rca_ts > moved.since AND come.rca_ts < moved.until),
  (SELECT count(*) FROM lost WHERE lost.rca_ts > moved.earliest AND lost.rca_ts < moved.latest),
  (SELECT coalesce(max(us), 0) FROM come WHERE come.rca_ts > moved.since AND come.rca_ts < moved.until),
  moved.since >= (SELECT max(rca_ts) FROM sent)
FROM moved
ORDER BY place
