-- Series of {sample} that are one of several of {whole}: the hash, how long there are rows of it, during how much of this
-- others have rows between two of its own, and its length, in microseconds. Steps longer than usual are no part of it.
WITH placed AS (
    SELECT {time} AS t, {own} AS own, {whole} AS whole, ({part}) AS is_part,
        row_number() OVER (PARTITION BY {whole} ORDER BY {time}, {own}) AS place,
        count(*) OVER (PARTITION BY {whole}) > count(*) OVER (PARTITION BY {own}) AS is_one_of_several
    FROM {sample}
    WHERE {within}
),
steps AS (
    SELECT own, epoch_us(t) AS moment, epoch_us(t) - epoch_us(lag(t) OVER line) AS us, place - lag(place) OVER line AS further
    FROM placed
    WHERE is_part AND is_one_of_several
    WINDOW line AS (PARTITION BY own ORDER BY place)
),
judged AS (SELECT *, us <= 1.5 * median(us) OVER (PARTITION BY own) AS is_usual FROM steps)
SELECT own, (coalesce(sum(us) FILTER (WHERE is_usual), 0))::BIGINT, (coalesce(sum(us) FILTER (WHERE is_usual AND further > 1), 0))::BIGINT, max(moment) - min(moment)
FROM judged
GROUP BY own
