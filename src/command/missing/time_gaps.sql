-- Steps longer than one and a half cadences, with how many rows are missing in them. Numbers that the sequence
-- shows to be missing too are taken off, since they were sent: those are sequence gaps.
-- A counter that begins anew has a hole of -1.
WITH steps AS ({steps}),
deltas AS (SELECT series, epoch_us(t) - epoch_us(t0) AS d FROM steps WHERE t > t0),
medians AS (SELECT series, coalesce({every}, median(d)) AS c, count(*) AS n FROM deltas GROUP BY series),
spreads AS (SELECT d.series, c, n, median(abs(d - c)) AS mad FROM deltas d JOIN medians m ON d.series = m.series GROUP BY ALL),
regular AS (
    SELECT d.series, c
    FROM deltas d JOIN spreads s ON d.series = s.series
    GROUP BY d.series, c, n
    HAVING n >= 5 AND ({every} IS NOT NULL OR 1.4826 * max(mad) <= 0.05 * c
        AND count(*) FILTER (WHERE abs(d - least(greatest(round(d / c), 1), 5) * c) <= greatest(0.1 * c, 2 * 1.4826 * mad)) >= 0.8 * n)
),
-- Series that count by themselves: a counter that several share tells nothing of one of them.
counting AS (SELECT series FROM steps GROUP BY series HAVING count(*) FILTER (WHERE q = q0 + 1) * 2 >= greatest(count(q0), 1)),
steps_too_long AS (
    SELECT s.series, t0 AS since, t AS until, place, c AS usual, epoch_us(t) - epoch_us(t0) AS d,
        CASE WHEN s.series NOT IN (SELECT series FROM counting) THEN NULL
            WHEN q > q0 THEN q - q0 - 1 WHEN q = q0 THEN 0 WHEN q < q0 THEN -1 END AS hole,
        place - row_number() OVER (PARTITION BY s.series ORDER BY place) AS island
    FROM steps s JOIN regular r ON s.series = r.series
    WHERE epoch_us(t) - epoch_us(t0) > 1.5 * c
),
-- Where the cadence is another, equal steps follow each other from the beginning on, to the end, or very many times.
ends AS (SELECT series, max(place) AS last FROM steps GROUP BY series),
other_cadences AS (
    SELECT l.series, island, median(d) AS c
    FROM steps_too_long l JOIN ends USING (series)
    GROUP BY l.series, island, last
    HAVING {every} IS NULL AND mad(d) <= 0.1 * median(d)
        AND (count(*) >= 20 OR count(*) >= 5 AND (min(place) = 2 OR max(place) = last))
),
gaps AS (
    SELECT series, since, until, place, hole, d, coalesce(o.c, usual) AS cadence, (round(d / coalesce(o.c, usual)) - 1)::BIGINT AS due
    FROM steps_too_long LEFT JOIN other_cadences o USING (series, island)
    WHERE d > 1.5 * coalesce(o.c, usual)
)
SELECT series, since, until, due - greatest(coalesce(hole, 0), 0) AS missing, place, cadence, hole
FROM gaps
WHERE due - greatest(coalesce(hole, 0), 0) > 0.1 * due AND {is_gap}
