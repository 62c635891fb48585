-- The same of many columns of one type, with one look at the table in place of one for each.
SELECT
    asked.number,
    {source} AS source,
    {table_name} AS table_name,
    asked.column_name,
    {type} AS type,
    coalesce(found.nulls, 0) AS nulls,
    coalesce(found.n_distinct, 0) AS n_distinct,
    found.min,
    found.max,
    found.example
FROM (SELECT unnest([{numbers}]) AS number, unnest([{names}]) AS column_name) AS asked
LEFT JOIN (
    SELECT
        number,
        coalesce(sum(n) FILTER (WHERE v IS NULL), 0)::BIGINT AS nulls,
        count(v) AS n_distinct,
        {shown}(min(v))::VARCHAR AS min,
        {shown}(max(v))::VARCHAR AS max,
        {shown}(min(v) FILTER (WHERE n = most))::VARCHAR AS example
    FROM (
        SELECT number, v, n, max(n) FILTER (WHERE v IS NOT NULL) OVER (PARTITION BY number) AS most
        FROM (
            SELECT number, v, count(*) AS n
            FROM (SELECT unnest([{numbers}]) AS number, unnest([{columns}]) AS v FROM {table} WHERE {condition})
            GROUP BY 1, 2
        )
    )
    GROUP BY 1
) AS found USING (number)
