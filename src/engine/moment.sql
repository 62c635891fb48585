-- One moment, in microseconds since 1970, for all that is asked: evidence is read more than once, and what holds of a row
-- must hold of it each time.
CREATE TEMP MACRO now() AS CAST(make_timestamp({now}) AS TIMESTAMPTZ);
CREATE TEMP MACRO get_current_timestamp() AS CAST(make_timestamp({now}) AS TIMESTAMPTZ);
CREATE TEMP MACRO transaction_timestamp() AS CAST(make_timestamp({now}) AS TIMESTAMPTZ);
CREATE TEMP MACRO current_localtimestamp() AS make_timestamp({now});
CREATE TEMP MACRO current_date() AS CAST(make_timestamp({now}) AS DATE);
CREATE TEMP MACRO today() AS CAST(make_timestamp({now}) AS DATE);
CREATE TEMP MACRO get_current_time() AS CAST(make_timestamp({now}) AS TIMETZ);
CREATE TEMP MACRO current_localtime() AS CAST(make_timestamp({now}) AS TIME);
