-- The rows of the entity itself, and those of ids that only it has, each once.
SELECT * EXCLUDE (ids, held, texts, inside) FROM rca_direct WHERE inside AND {is_shown}
UNION ALL BY NAME
SELECT further.* EXCLUDE (others, inside) REPLACE (followed || ' via ' || entity AS entity)
FROM rca_further AS further
JOIN rca_related ON label = entity
WHERE inside AND {is_shown} AND NOT EXISTS (
    SELECT 1 FROM rca_direct AS direct
    WHERE direct.source = further.source AND direct.table_name = further.table_name
        AND direct.origin IS NOT DISTINCT FROM further.origin AND direct.ts IS NOT DISTINCT FROM further.ts
        AND direct.message IS NOT DISTINCT FROM further.message
)
