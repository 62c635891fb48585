-- Of each finding: how many rows its gaps lack, how many of these the sender has in their place and are not here, how many
-- it has there in all, in how many gaps it has any, and how much later rows are here than there, in microseconds, at least
-- and at most. A gap's place with the sender is between the rows around it, by their keys.
-- Parameters: gaps (VALUES of gap, place of its finding, since, until and missing); here_key, here_time, here_table and
-- condition, sent_key, sent_time and sent_table (SQL of a key, its time and its table); lacking_table (SQL of all rows here).
WITH rca_gap AS (SELECT * FROM (VALUES {gaps}) AS gap (gap, place, since, until, missing)),
rca_own AS (
  SELECT {here_key} AS key, {here_time} AS here
  FROM {here_table}
  WHERE {condition} AND {here_time} IN (SELECT since FROM rca_gap UNION SELECT until FROM rca_gap)
),
rca_sent AS (SELECT {sent_key} AS key, {sent_time} AS there FROM {sent_table} WHERE {sent_time} IS NOT NULL),
rca_around AS (SELECT here, min(there) AS earliest, max(there) AS latest FROM rca_own JOIN rca_sent USING (key) GROUP BY here),
lost AS (
  SELECT there
  FROM rca_sent
  WHERE key IS NOT NULL AND key NOT IN (SELECT {here_key} FROM {lacking_table} WHERE {here_key} IS NOT NULL)
),
told AS (
  SELECT
    rca_gap.*, before.earliest AS sent_since, behind.latest AS sent_until,
    epoch_us(since) - epoch_us(before.earliest) AS later
  FROM rca_gap
  JOIN rca_around AS before ON before.here = since
  JOIN rca_around AS behind ON behind.here = until
),
found AS (
  SELECT told.gap, count(there) AS n
  FROM told LEFT JOIN lost ON there > sent_since AND there < sent_until
  GROUP BY told.gap
)
SELECT
  place, sum(missing)::BIGINT, sum(least(n, missing))::BIGINT, sum(n)::BIGINT, count(*) FILTER (n > 0), min(later), max(later)
FROM told JOIN found USING (gap)
GROUP BY place
ORDER BY place
