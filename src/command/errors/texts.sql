-- What the values of columns are, a row for each of their `cells`: how many values there are in rows with a code, how many
-- of several words, and how many words and letters they have in all; how many rows without a code were looked at, and how
-- many of these have a value; and how many different values only rows with a code have, and how many those without. {coded} and {uncoded}: relations with `cells`.
WITH rows AS (
    SELECT true AS is_coded, cells
    FROM {coded}
    UNION ALL
    SELECT false AS is_coded, cells
    FROM {uncoded}
),
cell AS (
    SELECT is_coded, generate_subscripts(cells, 1) AS place, trim(coalesce(unnest(cells), '')) AS said
    FROM rows
)
SELECT
    count(*) FILTER (WHERE is_coded AND said <> ''),
    count(*) FILTER (WHERE is_coded AND regexp_matches(said, '\S\s+\S')),
    coalesce(sum(len(regexp_extract_all(said, '\S+'))) FILTER (WHERE is_coded), 0)::BIGINT,
    coalesce(sum(length(said)) FILTER (WHERE is_coded), 0)::BIGINT,
    count(*) FILTER (WHERE NOT is_coded),
    count(*) FILTER (WHERE NOT is_coded AND said <> ''),
    len(list_filter(
        list_distinct(list(said) FILTER (WHERE is_coded AND said <> '')),
        lambda one: NOT coalesce(list_contains(list_distinct(list(said) FILTER (WHERE NOT is_coded AND said <> '')), one), false)
    )),
    count(DISTINCT said) FILTER (WHERE NOT is_coded AND said <> '')
FROM cell
GROUP BY place
ORDER BY place
