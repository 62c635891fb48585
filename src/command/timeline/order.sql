-- The events in order: by time, those without one last; of one time by source, then by file and line.
SELECT * REPLACE (
    {rank_of_number}(source)::UINTEGER AS source,
    {rank_of_number}(table_name)::UINTEGER AS table_name,
    {rank_of_number}(file)::UINTEGER AS file
)
FROM rca_places
ORDER BY ts NULLS LAST, 2, 3, 4, line, weight DESC, kind{alike}
