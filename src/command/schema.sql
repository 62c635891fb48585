-- One column of one table: how many rows have no value, how many different values there are, the smallest and the
-- largest, and the most frequent one as an example (of equals the smallest).
SELECT
    {number} AS number,
    {source} AS source,
    {table_name} AS table_name,
    {column_name} AS column_name,
    {type} AS type,
    coalesce(sum(n) FILTER (WHERE v IS NULL), 0)::BIGINT AS nulls,
    count(v) AS n_distinct,
    {shown}(min(v))::VARCHAR AS min,
    {shown}(max(v))::VARCHAR AS max,
    {shown}(min(v) FILTER (WHERE n = most))::VARCHAR AS example
FROM (
    SELECT v, n, max(n) FILTER (WHERE v IS NOT NULL) OVER () AS most
    FROM (SELECT {column} AS v, count(*) AS n FROM {table} WHERE {condition} GROUP BY 1)
)
