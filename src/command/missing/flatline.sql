-- Runs of one value, at least twenty rows and three times as long as runs of the series usually are at most, in series
-- that have at least five different values. Up to three runs of a series may be flat: the fourth longest is usual.
-- Values that stand for none are none.
WITH rows AS (
    SELECT {series} AS series, {time} AS t, {value} AS v, row_number() OVER (PARTITION BY {series} ORDER BY {time}, {value}) AS place
    FROM {table}
    WHERE {time} IS NOT NULL AND {value} IS NOT NULL AND {value} NOT IN ({sentinels}) AND ({condition})
),
islands AS (SELECT *, place - row_number() OVER (PARTITION BY series, v ORDER BY place) AS island FROM rows),
runs AS (SELECT series, v, island, min(t) AS since, max(t) AS until, count(*) AS n FROM islands GROUP BY ALL),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY series ORDER BY n DESC, since) AS rank, count(DISTINCT v) OVER (PARTITION BY series) AS n_values
    FROM runs
)
SELECT a.series, a.since, a.until, a.v AS value, a.n AS missing, b.n AS longest_other
FROM ranked a JOIN ranked b ON a.series = b.series AND b.rank = 4
WHERE a.rank <= 3 AND a.n >= 20 AND a.n >= 3 * b.n AND a.n_values >= 5
ORDER BY a.series, a.since
