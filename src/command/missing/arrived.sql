-- Of each gap: how many keys the sender has in it by its own clock whose rows are here, but not in it; how many of its
-- keys in it are not here at all; how many of its rows in it have no key; by how much the last of the others came later than
-- is usual; whether the gap lies behind all that was sent, and nothing that is here was sent later; and how much later than there
-- rows usually stand here, at least and at most; and how many keys came in it, as those do that a table has beside what it lacks. What is sent is counted by the middle of that, what is lost by nearly all
-- of it.
-- No row comes out if this table has several rows of one key, since then a key tells nothing of a row; or if rows do not
-- stand later here than there: what comes behind cannot tell what was due.
-- Parameters: gaps (VALUES of place, series, since and until); sent, sent_table, sent_time and sent_series, here, here_table,
-- here_time and here_series (SQL of a key, its table, its time and its series; NULL if the sender tells none).
WITH rca_gap AS (SELECT * FROM (VALUES {gaps}) AS gap (place, series, since, until)),
rca_sent_row AS (SELECT {sent} AS key, {sent_time} AS rca_ts, {sent_series} AS series FROM {sent_table} WHERE {sent_time} IS NOT NULL),
rca_sent AS (SELECT key, min(rca_ts) AS rca_ts, min(series) AS series FROM rca_sent_row WHERE key IS NOT NULL GROUP BY key),
rca_here_row AS (SELECT {here} AS key, {here_time} AS rca_ts, {here_series} AS series FROM {here_table}),
rca_here AS (SELECT key, min(rca_ts) AS rca_ts, min(series) AS series, count(*) AS n FROM rca_here_row GROUP BY key),
each AS (SELECT 10 * count(key) >= 9 * sum(n) AS is_a_row FROM rca_here),
come AS (
  SELECT rca_sent.rca_ts, rca_here.rca_ts AS here_ts, rca_here.series, epoch_us(rca_here.rca_ts) - epoch_us(rca_sent.rca_ts) AS us
  FROM rca_sent JOIN rca_here USING (key)
  WHERE rca_here.rca_ts IS NOT NULL
),
lost AS (SELECT rca_ts, series FROM rca_sent WHERE key NOT IN (SELECT key FROM rca_here WHERE key IS NOT NULL)),
way AS (
  SELECT
    quantile_disc(us, [0.1, 0.5, 0.9]) AS us,
    quantile_disc(us - round(us / 900e6)::BIGINT * 900000000, 0.1) AS within_quarter
  FROM come
),
moved AS (
  SELECT
    place, series, since AS here_since, until AS here_until, us[1] AS least, us[2] AS middle, us[3] AS most,
    (since - to_microseconds(us[2])) AS since, (until - to_microseconds(us[2])) AS until,
    since - to_microseconds(us[3]) AS earliest, until - to_microseconds(us[1]) AS latest
  FROM rca_gap, way, each
  WHERE is_a_row AND (
    us[1] >= 0 AND us[3] > 0
    -- By a clock of another zone, which is whole quarters of an hour apart.
    OR abs(us[2]) >= 1800000000 AND within_quarter > 0
  )
),
came AS (
  SELECT
    place, moved.since,
    count(*) FILTER (here_ts <= here_since OR here_ts >= here_until) AS n,
    count(*) FILTER (here_ts > here_since AND here_ts < here_until) AS in_time,
    max(us - middle) AS us
  FROM moved JOIN come ON come.series = moved.series AND come.rca_ts > moved.since AND come.rca_ts < moved.until
  GROUP BY ALL
),
went AS (
  SELECT place, moved.since, count(*) FILTER (key IS NOT NULL) AS n, count(*) FILTER (key IS NULL) AS keyless
  FROM moved
  JOIN (
    SELECT 1 AS key, rca_ts, series FROM lost
    UNION ALL SELECT NULL, rca_ts, series FROM rca_sent_row WHERE key IS NULL
  ) AS row ON coalesce(row.series = moved.series, true) AND row.rca_ts > moved.earliest AND row.rca_ts < moved.latest
  GROUP BY ALL
)
SELECT
  place,
  coalesce(came.n, 0),
  coalesce(went.n, 0),
  coalesce(went.keyless, 0),
  coalesce(came.us, 0),
  moved.since >= (SELECT max(rca_ts) FROM rca_sent_row) AND NOT EXISTS (
    SELECT 1 FROM rca_here WHERE rca_here.rca_ts >= moved.here_since AND key NOT IN (SELECT key FROM rca_sent)
  ),
  least,
  most,
  coalesce(came.in_time, 0)
FROM moved LEFT JOIN came USING (place, since) LEFT JOIN went USING (place, since)
ORDER BY place
