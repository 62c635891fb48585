-- Of keys (`ts`, `key`, and whether a table `has` them), taken in the order of their times: how many there are, how many the
-- table has, and how far, in thousandths, these are from lying all over: the most by which their share and that of all
-- keys differ up to any place.
WITH ranked AS (
    SELECT has, row_number() OVER (ORDER BY ts, key) AS place, count(*) OVER () AS every
    FROM ({keys})
),
own AS (
    SELECT place / every AS passed, row_number() OVER (ORDER BY place) / count(*) OVER () AS reached
    FROM ranked
    WHERE has
)
SELECT
    (SELECT count(*) FROM ranked),
    count(*),
    coalesce((max(abs(passed - reached)) * 1000)::BIGINT, 1000)
FROM own
