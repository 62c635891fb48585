-- Of each event only what says where it stands, whether it matters and what it is like: `kind` is the same for errors and
-- warnings that differ in numbers alone. Names are numbers.
SELECT
    ts,
    {number_of_name}(source)::UINTEGER AS source,
    {number_of_name}(table_name)::UINTEGER AS table_name,
    {number_of_name}(at_file)::UINTEGER AS file,
    at_line AS line,
    {weight}::UTINYINT AS weight,
    {kind} AS kind{alike}
FROM ({events})
