-- Of another table what it says of each entity: `rca_key`, and a struct of its columns by its short name. An entity's
-- column with several values is NULL.
-- Parameters: key and table (SQL), name (of the struct), rows (of its first field, which no column is called), values
-- (fields with their SQL over columns).
SELECT {key} AS rca_key, { {rows}: count(*){values}} AS {name}
FROM {table}
WHERE {key} IS NOT NULL
GROUP BY 1
