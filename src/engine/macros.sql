-- What the questions share and SQL has no word for. Words are looked up by list_contains, since the engine makes a join of
-- a long IN.

-- A level's many spellings on one scale; numbers are those of bunyan and pino.
CREATE MACRO rca_level(word) AS CASE
    WHEN list_contains(['trace', 'verbose', 'finer', 'finest', 'v', '10'], lower(trim(word::VARCHAR))) THEN 'trace'
    WHEN list_contains(['debug', 'dbg', 'fine', 'd', '20'], lower(trim(word::VARCHAR))) THEN 'debug'
    WHEN list_contains(['info', 'notice', 'note', 'log', 'information', 'i', '30'], lower(trim(word::VARCHAR))) THEN 'info'
    WHEN list_contains(['warn', 'warning', 'w', '40'], lower(trim(word::VARCHAR))) THEN 'warn'
    WHEN list_contains(['error', 'err', 'severe', 'e', '50'], lower(trim(word::VARCHAR))) THEN 'error'
    WHEN list_contains(['fatal', 'critical', 'crit', 'alert', 'emerg', 'emergency', 'panic', 'f', '60'], lower(trim(word::VARCHAR))) THEN 'fatal'
END;

-- Whether an outcome means failure; NULL where the word says neither.
CREATE MACRO rca_failed(word) AS CASE
    WHEN starts_with(lower(trim(word::VARCHAR)), 'fail') THEN true
    WHEN list_contains(['error', 'err', 'ng', 'nok', 'ko', 'not ok', 'bad', 'abort', 'aborted',
        'timeout', 'reject', 'rejected', 'crash', 'crashed'], lower(trim(word::VARCHAR))) THEN true
    WHEN list_contains(['pass', 'passed', 'ok', 'success', 'succeeded', 'good', 'done', 'completed'], lower(trim(word::VARCHAR))) THEN false
END;

-- An error code, or NULL where the code says that there is no error. A number that a column of fractions has is the whole
-- one that it was.
CREATE MACRO rca_trimmed(text) AS trim(text::VARCHAR, ' ' || chr(9) || chr(10) || chr(13));
-- A text, or NULL where it says nothing.
CREATE MACRO rca_said(text) AS CASE WHEN rca_trimmed(text) <> '' THEN text END;
CREATE MACRO rca_whole(text) AS regexp_replace(text, '^([0-9]+)\.0$', '\1');
CREATE MACRO rca_code(code) AS CASE
    WHEN list_contains(['', '0', '0.0', '00', '000', '0000', '0x0', '0x00000000', 'e0', 'e00', 'e000', 'e0000', 'ok', 'none', '(none)', 'nil',
        'pass', 'passed', 'success', 's_ok', 'no error', 'no_error', 'noerror', 'no failure', 'no_failure', 'nofailure', 'no fault',
        'no_fault', 'no', 'false', 'normal', 'healthy', 'good', 'na', 'n/a', 'nan', 'null', '-', '--'], lower(rca_trimmed(code))) THEN NULL
    WHEN suffix(rca_trimmed(code), '.0') THEN rca_whole(rca_trimmed(code))
    ELSE rca_trimmed(code)
END;

-- The same where a codebook says what some of these words mean, and that is an error: `known` are these.
CREATE MACRO rca_code_but(code, known) AS CASE
    WHEN list_contains(known, rca_whole(rca_trimmed(code))) THEN rca_whole(rca_trimmed(code))
    ELSE rca_code(code)
END;

-- Whether what a code means is a fault: neither that there is none, nor that all is well, however that is said.
CREATE MACRO rca_is_fault(meaning) AS regexp_matches(meaning, '\S') AND (
    regexp_matches(meaning, '(?i)\b(not|no|never|nicht|non)\s+(\w+\s+)?(ok|okay|pass\w*|good|ready|done|complete\w*|finished|success\w*|normal|healthy)\b|不(正常|合格|良|成功)')
    OR NOT regexp_matches(meaning, '(?i)\b(no|not an?|without|zero|kein\w*|ohne|sans|aucune?|pas d.|sin|ning[uú]na?|nessun\w*|sem|nenhuma?|geen|ingen|inga)\s+(\w+\s+)?'
        || '(err|fault|fail|alarm|defe|probl|issue|warning|trouble|fehler|störung|défaut|anomal|aver|fallo|guast|falha|fel\b|fout)'
        || '|\b(error|fault)[- ]?free\b|\b(ok|okay|i\.o|pass(ed|es)?|success\w*|succeeded|normal|good|healthy|fine|idle|ready|done|completed?|finished|reserved|unused|not used'
        || '|n/a|none|nothing|bestanden|erfolg\w*|fehlerfrei)\b|正常|合格|良品|成功|[无無](错|錯|误|異|异|故)|(異常|エラー|故障)(なし|無し)|(오류|이상|에러|고장) *없음|정상'));

-- A part of a key of several parts, quoted as in a CSV where it would be taken for two.
CREATE MACRO rca_part(text) AS
    CASE WHEN contains(text, ',') OR contains(text, '"') THEN '"' || replace(text, '"', '""') || '"' ELSE text END;

-- A log's code with the name of its public system, if it is a bare number or an SQLSTATE and its message names the system.
CREATE MACRO rca_log_code(code, message, is_of_http) AS CASE
    WHEN NOT regexp_full_match(code, '[0-9A-Z]{5}|-?[0-9]{1,10}') THEN code
    WHEN length(code) = 5 AND regexp_matches(message, '(?i)sqlstate') THEN 'SQLSTATE ' || code
    WHEN regexp_matches(message, '\bXid\b') THEN 'Xid ' || code
    WHEN regexp_matches(message, '(?i)\bexit(ed|s)?([ _]?(code|status)| with (code|status))') THEN 'exit ' || code
    WHEN regexp_matches(message, '(?i)\berrno') THEN 'errno ' || code
    WHEN regexp_full_match(code, '[45][0-9][0-9]') AND (is_of_http OR regexp_matches(message, '(?i)http|status')) THEN 'HTTP ' || code
    ELSE code
END;

-- The constant part of a message: quoted text, hexadecimal numbers, UUIDs, addresses, numbers, times and lengths of time
-- become <*>.
CREATE MACRO rca_template(message) AS regexp_replace(regexp_replace(regexp_replace(split_part(message, chr(10), 1),
    '"[^"]*"|''[^'']*''', '<*>', 'g'),
    '\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b|\b0x[0-9a-fA-F]+\b', '<*>', 'g'),
    '\b[A-Za-z]{0,4}[-+]?\d+(?:(?:[.:,/T-]|ms|us|ns|[dhms])\d+)*(?:[a-zA-Z%]{1,4}\b)?', '<*>', 'g');

-- A message without its numbers: those that stand by themselves, maybe with a unit. An address, a serial or a name with
-- digits is no number.
CREATE MACRO rca_number_taken(text) AS regexp_replace(text,
    '(^|[^A-Za-z0-9_.:/\x{E000}\x{E001}-])[-+]?\d+(?:[.,:]\d+)*(?:ms|us|ns|s|min|h|%|B|KB|MB|GB|KiB|MiB|GiB|V|A|W|C|rpm)?($|[^A-Za-z0-9_.:/\x{E000}-]|[.,:](?:$|\s))',
    '\1<*>\2', 'g');
CREATE MACRO rca_numberless(message) AS replace(replace(
    -- Neighbours share what stands between them, so that every other one is left for the second time.
    rca_number_taken(rca_number_taken(regexp_replace(
        -- What identifies something is no number either: `serial=1001`, `test_id: 7`, `request 4711`.
        regexp_replace(message, '(?i)(\b|_)(id|no|nr|serial|sn|barcode|machine|unit|device|request|req|test|job|order|batch|session|packet)(["'']?\s*[=:# ]\s*["'']?)(\d)',
            '\1\2\3' || chr(57345) || '\4', 'g'),
        '\b(\d+)\.(\d+)\.(\d+)\.(\d+)\b',
        '\1' || chr(57344) || '\2' || chr(57344) || '\3' || chr(57344) || '\4', 'g'))), chr(57344), '.'), chr(57345), '');

-- Counts in order as a strip of eight heights.
CREATE MACRO rca_strip(counts) AS array_to_string(list_transform(counts, lambda n:
    substr(' ▁▂▃▄▅▆▇█', CASE WHEN n = 0 THEN 1 ELSE 2 + (7 * n / greatest(list_max(counts), 1))::INTEGER END, 1)), '');

-- An instant's day and time of day as the outputs write them: with thousandths or millionths of a second where it
-- has any.
CREATE MACRO rca_moment(instant) AS
    CASE WHEN year(instant) BETWEEN 0 AND 9999 THEN printf('%04d', year(instant)) ELSE printf('%+05d', year(instant)) END
    || printf('-%02d-%02dT', month(instant), day(instant))
    || split_part(instant::TIME::VARCHAR, '.', 1)
    || CASE
        WHEN epoch_us(instant) % 1000000 = 0 THEN ''
        WHEN epoch_us(instant) % 1000 = 0 THEN '.' || rpad(split_part(instant::TIME::VARCHAR, '.', 2), 3, '0')
        ELSE '.' || rpad(split_part(instant::TIME::VARCHAR, '.', 2), 6, '0')
    END;

-- An instant as the outputs write it.
CREATE MACRO rca_rfc3339(instant) AS CASE WHEN isfinite(instant) THEN rca_moment(instant) || 'Z' ELSE instant::VARCHAR END;

-- A length of time in microseconds by its two largest units, rounded: 1d6h, 2m30s, 1.5s, 40us.
CREATE MACRO rca_units(n, per, large, small) AS (n // per) || large || coalesce(nullif(n % per, 0) || small, '');
CREATE MACRO rca_length(us) AS CASE WHEN us < 0 THEN '-' ELSE '' END || CASE
    WHEN abs(us) >= 86400000000 - 30000000 THEN rca_units((abs(us) + 1800000000) // 3600000000, 24, 'd', 'h')
    WHEN abs(us) >= 3600000000 - 500000 THEN rca_units((abs(us) + 30000000) // 60000000, 60, 'h', 'm')
    WHEN abs(us) >= 60000000 - 500 THEN rca_units((abs(us) + 500000) // 1000000, 60, 'm', 's')
    WHEN abs(us) >= 1000 THEN regexp_replace((round(abs(us) / 1000) / 1000)::VARCHAR, '\.0$', '') || 's'
    WHEN us = 0 THEN '0s'
    ELSE abs(us) || 'us'
END;

-- A count as a bar of at most 24 characters against the largest one; no count is without one.
CREATE MACRO rca_bar(n, most) AS repeat('█', greatest(round(192 * n / most)::INTEGER, 1) // 8)
    || trim(substr(' ▏▎▍▌▋▊▉', greatest(round(192 * n / most)::INTEGER, 1) % 8 + 1, 1));

-- An instant as clocks showed it that many seconds east of UTC.
CREATE MACRO rca_local(instant, seconds) AS CASE WHEN isfinite(instant) THEN
    rca_moment(instant + to_seconds(seconds))
    || printf('%s%02d:%02d', CASE WHEN seconds < 0 THEN '-' ELSE '+' END, abs(seconds) // 3600, abs(seconds) % 3600 // 60)
    ELSE instant::VARCHAR END;

-- What stands in place of rows that are not shown.
CREATE MACRO rca_left_out(n) AS '… ' || format('{:,}', n) || CASE WHEN n = 1 THEN ' row' ELSE ' rows' END || ' left out …';

-- A text of at most 500 characters; one that is longer says so.
CREATE MACRO rca_cut(text) AS CASE WHEN length(text) > 500 THEN left(text, 500) || '…' ELSE text END;

-- A share of 0 to 1 to four places; one that is not quite none or all has as many as tell it from that, as
-- model/figure.rs has it.
CREATE MACRO rca_share(share) AS CASE
    WHEN share > 0 AND share < 0.00005 OR share < 1 AND share >= 0.99995
        THEN round(share, least(greatest(ceil(-log10(2 * least(share, 1 - share)))::INTEGER, 5), 9))
    ELSE round(share, 4)
END;
