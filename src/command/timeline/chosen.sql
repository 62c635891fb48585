-- The events that stand at the places chosen. Of several that stand at one, with as much weight and alike, it makes no
-- difference which is taken, and each is taken once.
WITH rca_chosen_rows AS (
    SELECT *, row_number() OVER (PARTITION BY ts, source, table_name, file, line, weight, kind{alike} ORDER BY place) AS nth
    FROM rca_chosen
),
there AS (
    SELECT
        *,
        {rank_of_name}(source)::UINTEGER AS source_rank,
        {rank_of_name}(table_name)::UINTEGER AS table_rank,
        {rank_of_name}(at_file)::UINTEGER AS file_rank
    FROM ({events})
),
weighed AS (
    SELECT *, {weight}::UTINYINT AS weight, {kind} AS kind{alike_made}
    FROM there
    SEMI JOIN rca_chosen AS wanted ON there.ts IS NOT DISTINCT FROM wanted.ts AND source_rank = wanted.source
        AND table_rank = wanted.table_name AND file_rank = wanted.file AND at_line IS NOT DISTINCT FROM wanted.line
),
found AS (
    SELECT *, row_number() OVER (
        PARTITION BY ts, source_rank, table_rank, file_rank, at_line, weight, kind{alike} ORDER BY entity, level, code, message
    ) AS nth
    FROM weighed
)
SELECT
    found.ts, found.source, found.table_name, entity, level, code, message, origin, until, repeats, differs, place
FROM found
JOIN rca_chosen_rows ON found.ts IS NOT DISTINCT FROM rca_chosen_rows.ts AND source_rank = rca_chosen_rows.source
    AND table_rank = rca_chosen_rows.table_name AND file_rank = rca_chosen_rows.file AND at_line IS NOT DISTINCT FROM rca_chosen_rows.line
    AND found.weight = rca_chosen_rows.weight AND found.kind IS NOT DISTINCT FROM rca_chosen_rows.kind AND found.nth = rca_chosen_rows.nth{alike_joined}
