-- One moment for all that is asked: evidence is read more than once, and what holds of a row must hold of it each time.
CREATE TEMP MACRO now() AS TIMESTAMPTZ {now};
CREATE TEMP MACRO get_current_timestamp() AS TIMESTAMPTZ {now};
CREATE TEMP MACRO transaction_timestamp() AS TIMESTAMPTZ {now};
CREATE TEMP MACRO current_localtimestamp() AS TIMESTAMP {now};
CREATE TEMP MACRO current_date() AS DATE {now};
CREATE TEMP MACRO today() AS DATE {now};
CREATE TEMP MACRO get_current_time() AS CAST(TIMESTAMP {now} AS TIMETZ);
CREATE TEMP MACRO current_localtime() AS CAST(TIMESTAMP {now} AS TIME);
