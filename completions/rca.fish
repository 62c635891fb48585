# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_rca_global_optspecs
    string join \n h/help V/version
end

function __fish_rca_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_rca_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_rca_using_subcommand
    set -l cmd (__fish_rca_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c rca -n "__fish_rca_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rca -n "__fish_rca_needs_command" -s V -l version -d 'Print version'
complete -c rca -n "__fish_rca_needs_command" -f -a "sources" -d 'List the tables found, with rows, times and what could not be read'
complete -c rca -n "__fish_rca_needs_command" -f -a "schema" -d 'List the columns of tables with type, nulls, distinct values and an example'
complete -c rca -n "__fish_rca_needs_command" -f -a "query" -d 'Ask in SQL: any SELECT that DuckDB runs, over all tables and `events`'
complete -c rca -n "__fish_rca_needs_command" -f -a "timeline" -d 'Show what happened, in order, across all sources'
complete -c rca -n "__fish_rca_needs_command" -f -a "missing" -d 'Find data that is missing: gaps in time and in sequence numbers, absent keys, nulls'
complete -c rca -n "__fish_rca_needs_command" -f -a "trace" -d 'Follow entities through their stages: how many entered each, passed and were lost'
complete -c rca -n "__fish_rca_needs_command" -f -a "errors" -d 'Break errors down by code, compare with a baseline, audit the classification'
complete -c rca -n "__fish_rca_needs_command" -f -a "explain" -d 'Tell what distinguishes the rows for which a condition holds: values, findings, and conjunctions of them'
complete -c rca -n "__fish_rca_needs_command" -f -a "compare" -d 'Tell what changed between two windows of time, or between two sources'
complete -c rca -n "__fish_rca_needs_command" -f -a "slices" -d 'Tell in which slices of its rows a model is worse than elsewhere: values, findings, and conjunctions of them'
complete -c rca -n "__fish_rca_needs_command" -f -a "templates" -d 'List the templates of messages: their constant parts, with <*> for what varies'
complete -c rca -n "__fish_rca_needs_command" -f -a "check" -d 'Check what must hold: whether the fix held, and what came back'
complete -c rca -n "__fish_rca_needs_command" -f -a "report" -d 'Write one page for a ticket: the answer in three sentences, then the evidence, charts and tables behind it'
complete -c rca -n "__fish_rca_needs_command" -f -a "formats" -d 'List the log formats, say why a file\'s was chosen, or test one of your own'
complete -c rca -n "__fish_rca_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c rca -n "__fish_rca_needs_command" -f -a "man" -d 'Print the manual page, in roff'
complete -c rca -n "__fish_rca_using_subcommand sources" -s C -l case -d 'The directory of a case, with its rca.toml' -r -F
complete -c rca -n "__fish_rca_using_subcommand sources" -l set -d 'Set a key of rca.toml, such as sources.gw.timezone=+08:00' -r
complete -c rca -n "__fish_rca_using_subcommand sources" -l from -d 'Only rows at or after this time: RFC 3339, \'YYYY-MM-DD[ HH:MM[:SS]]\', or -2h before the latest' -r
complete -c rca -n "__fish_rca_using_subcommand sources" -l to -d 'Only rows before this time' -r
complete -c rca -n "__fish_rca_using_subcommand sources" -l timezone -d 'The zone of times that carry none, such as Asia/Taipei or +08:00' -r
complete -c rca -n "__fish_rca_using_subcommand sources" -l where -d 'Only rows for which this SQL condition holds' -r
complete -c rca -n "__fish_rca_using_subcommand sources" -l threads -d 'How many threads read and compute' -r
complete -c rca -n "__fish_rca_using_subcommand sources" -l memory -d 'How much memory the engine may use before it spills, such as 500MB' -r
complete -c rca -n "__fish_rca_using_subcommand sources" -l timeout -d 'Stop with exit code 130 if there is no answer after this time, such as 30s or 5m' -r
complete -c rca -n "__fish_rca_using_subcommand sources" -l limit -d 'At most this many rows' -r
complete -c rca -n "__fish_rca_using_subcommand sources" -s f -l format -d 'How the table is written' -r -f -a "table\t''
markdown\t''
jira\t''
html\t''
csv\t''
tsv\t''
json\t''
ndjson\t''
junit\t'Checks, for build servers'
sarif\t'Checks, SARIF 2.1.0'
toml\t'Suggested checks, as a file of them'"
complete -c rca -n "__fish_rca_using_subcommand sources" -s o -l output -d 'Write to this file; its ending chooses the format (.parquet too)' -r -F
complete -c rca -n "__fish_rca_using_subcommand sources" -l redact-columns -d 'Show pseudonyms for the values of these columns too, wherever they stand' -r
complete -c rca -n "__fish_rca_using_subcommand sources" -l color -d 'Colours: auto is on a terminal' -r -f -a "auto\t''
always\t''
never\t''"
complete -c rca -n "__fish_rca_using_subcommand sources" -l strict -d 'Any row or value that cannot be read is an error'
complete -c rca -n "__fish_rca_using_subcommand sources" -l redact -d 'Show pseudonyms for e-mail, IP and MAC addresses, keys, tokens, user names in paths, and columns such as `password`'
complete -c rca -n "__fish_rca_using_subcommand sources" -s q -l quiet -d 'No notes on what was read, unless something was lost'
complete -c rca -n "__fish_rca_using_subcommand sources" -l no-progress -d 'No progress bar'
complete -c rca -n "__fish_rca_using_subcommand sources" -l exit-code -d 'Exit with 1 if there is any row'
complete -c rca -n "__fish_rca_using_subcommand sources" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rca -n "__fish_rca_using_subcommand schema" -l table -d 'Only this table' -r
complete -c rca -n "__fish_rca_using_subcommand schema" -s C -l case -d 'The directory of a case, with its rca.toml' -r -F
complete -c rca -n "__fish_rca_using_subcommand schema" -l set -d 'Set a key of rca.toml, such as sources.gw.timezone=+08:00' -r
complete -c rca -n "__fish_rca_using_subcommand schema" -l from -d 'Only rows at or after this time: RFC 3339, \'YYYY-MM-DD[ HH:MM[:SS]]\', or -2h before the latest' -r
complete -c rca -n "__fish_rca_using_subcommand schema" -l to -d 'Only rows before this time' -r
complete -c rca -n "__fish_rca_using_subcommand schema" -l timezone -d 'The zone of times that carry none, such as Asia/Taipei or +08:00' -r
complete -c rca -n "__fish_rca_using_subcommand schema" -l where -d 'Only rows for which this SQL condition holds' -r
complete -c rca -n "__fish_rca_using_subcommand schema" -l threads -d 'How many threads read and compute' -r
complete -c rca -n "__fish_rca_using_subcommand schema" -l memory -d 'How much memory the engine may use before it spills, such as 500MB' -r
complete -c rca -n "__fish_rca_using_subcommand schema" -l timeout -d 'Stop with exit code 130 if there is no answer after this time, such as 30s or 5m' -r
complete -c rca -n "__fish_rca_using_subcommand schema" -l limit -d 'At most this many rows' -r
complete -c rca -n "__fish_rca_using_subcommand schema" -s f -l format -d 'How the table is written' -r -f -a "table\t''
markdown\t''
jira\t''
html\t''
csv\t''
tsv\t''
json\t''
ndjson\t''
junit\t'Checks, for build servers'
sarif\t'Checks, SARIF 2.1.0'
toml\t'Suggested checks, as a file of them'"
complete -c rca -n "__fish_rca_using_subcommand schema" -s o -l output -d 'Write to this file; its ending chooses the format (.parquet too)' -r -F
complete -c rca -n "__fish_rca_using_subcommand schema" -l redact-columns -d 'Show pseudonyms for the values of these columns too, wherever they stand' -r
complete -c rca -n "__fish_rca_using_subcommand schema" -l color -d 'Colours: auto is on a terminal' -r -f -a "auto\t''
always\t''
never\t''"
complete -c rca -n "__fish_rca_using_subcommand schema" -l strict -d 'Any row or value that cannot be read is an error'
complete -c rca -n "__fish_rca_using_subcommand schema" -l redact -d 'Show pseudonyms for e-mail, IP and MAC addresses, keys, tokens, user names in paths, and columns such as `password`'
complete -c rca -n "__fish_rca_using_subcommand schema" -s q -l quiet -d 'No notes on what was read, unless something was lost'
complete -c rca -n "__fish_rca_using_subcommand schema" -l no-progress -d 'No progress bar'
complete -c rca -n "__fish_rca_using_subcommand schema" -l exit-code -d 'Exit with 1 if there is any row'
complete -c rca -n "__fish_rca_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rca -n "__fish_rca_using_subcommand query" -l file -d 'Read the SQL from this file' -r -F
complete -c rca -n "__fish_rca_using_subcommand query" -l param -d 'The value of a parameter $K of the SQL, as text' -r
complete -c rca -n "__fish_rca_using_subcommand query" -s C -l case -d 'The directory of a case, with its rca.toml' -r -F
complete -c rca -n "__fish_rca_using_subcommand query" -l set -d 'Set a key of rca.toml, such as sources.gw.timezone=+08:00' -r
complete -c rca -n "__fish_rca_using_subcommand query" -l from -d 'Only rows at or after this time: RFC 3339, \'YYYY-MM-DD[ HH:MM[:SS]]\', or -2h before the latest' -r
complete -c rca -n "__fish_rca_using_subcommand query" -l to -d 'Only rows before this time' -r
complete -c rca -n "__fish_rca_using_subcommand query" -l timezone -d 'The zone of times that carry none, such as Asia/Taipei or +08:00' -r
complete -c rca -n "__fish_rca_using_subcommand query" -l where -d 'Only rows for which this SQL condition holds' -r
complete -c rca -n "__fish_rca_using_subcommand query" -l threads -d 'How many threads read and compute' -r
complete -c rca -n "__fish_rca_using_subcommand query" -l memory -d 'How much memory the engine may use before it spills, such as 500MB' -r
complete -c rca -n "__fish_rca_using_subcommand query" -l timeout -d 'Stop with exit code 130 if there is no answer after this time, such as 30s or 5m' -r
complete -c rca -n "__fish_rca_using_subcommand query" -l limit -d 'At most this many rows' -r
complete -c rca -n "__fish_rca_using_subcommand query" -s f -l format -d 'How the table is written' -r -f -a "table\t''
markdown\t''
jira\t''
html\t''
csv\t''
tsv\t''
json\t''
ndjson\t''
junit\t'Checks, for build servers'
sarif\t'Checks, SARIF 2.1.0'
toml\t'Suggested checks, as a file of them'"
complete -c rca -n "__fish_rca_using_subcommand query" -s o -l output -d 'Write to this file; its ending chooses the format (.parquet too)' -r -F
complete -c rca -n "__fish_rca_using_subcommand query" -l redact-columns -d 'Show pseudonyms for the values of these columns too, wherever they stand' -r
complete -c rca -n "__fish_rca_using_subcommand query" -l color -d 'Colours: auto is on a terminal' -r -f -a "auto\t''
always\t''
never\t''"
complete -c rca -n "__fish_rca_using_subcommand query" -l allow-files -d 'Let the SQL read other files and write some (COPY … TO); evidence is never written over'
complete -c rca -n "__fish_rca_using_subcommand query" -l strict -d 'Any row or value that cannot be read is an error'
complete -c rca -n "__fish_rca_using_subcommand query" -l redact -d 'Show pseudonyms for e-mail, IP and MAC addresses, keys, tokens, user names in paths, and columns such as `password`'
complete -c rca -n "__fish_rca_using_subcommand query" -s q -l quiet -d 'No notes on what was read, unless something was lost'
complete -c rca -n "__fish_rca_using_subcommand query" -l no-progress -d 'No progress bar'
complete -c rca -n "__fish_rca_using_subcommand query" -l exit-code -d 'Exit with 1 if there is any row'
complete -c rca -n "__fish_rca_using_subcommand query" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rca -n "__fish_rca_using_subcommand timeline" -l entity -d 'Only events of this entity: a column has the value (of this name or one that means the same; a bare number only in columns that identify), or a text has it as a word' -r
complete -c rca -n "__fish_rca_using_subcommand timeline" -l around -d 'Only events around this time, and what was running then' -r
complete -c rca -n "__fish_rca_using_subcommand timeline" -l window -d 'How far before and after --around' -r
complete -c rca -n "__fish_rca_using_subcommand timeline" -l level -d 'Only this level and those above it: trace, debug, info, warn, error, fatal' -r
complete -c rca -n "__fish_rca_using_subcommand timeline" -l source -d 'Only this source, or this table of it' -r
complete -c rca -n "__fish_rca_using_subcommand timeline" -l grep -d 'Only events whose message fits this regular expression' -r
complete -c rca -n "__fish_rca_using_subcommand timeline" -l every -d 'Count events per stretch of this length, by source and level' -r
complete -c rca -n "__fish_rca_using_subcommand timeline" -l show-zone -d 'Add a column with the times as clocks of this zone showed them, such as Asia/Taipei' -r
complete -c rca -n "__fish_rca_using_subcommand timeline" -s C -l case -d 'The directory of a case, with its rca.toml' -r -F
complete -c rca -n "__fish_rca_using_subcommand timeline" -l set -d 'Set a key of rca.toml, such as sources.gw.timezone=+08:00' -r
complete -c rca -n "__fish_rca_using_subcommand timeline" -l from -d 'Only rows at or after this time: RFC 3339, \'YYYY-MM-DD[ HH:MM[:SS]]\', or -2h before the latest' -r
complete -c rca -n "__fish_rca_using_subcommand timeline" -l to -d 'Only rows before this time' -r
complete -c rca -n "__fish_rca_using_subcommand timeline" -l timezone -d 'The zone of times that carry none, such as Asia/Taipei or +08:00' -r
complete -c rca -n "__fish_rca_using_subcommand timeline" -l where -d 'Only rows for which this SQL condition holds' -r
complete -c rca -n "__fish_rca_using_subcommand timeline" -l threads -d 'How many threads read and compute' -r
complete -c rca -n "__fish_rca_using_subcommand timeline" -l memory -d 'How much memory the engine may use before it spills, such as 500MB' -r
complete -c rca -n "__fish_rca_using_subcommand timeline" -l timeout -d 'Stop with exit code 130 if there is no answer after this time, such as 30s or 5m' -r
complete -c rca -n "__fish_rca_using_subcommand timeline" -l limit -d 'At most this many rows' -r
complete -c rca -n "__fish_rca_using_subcommand timeline" -s f -l format -d 'How the table is written' -r -f -a "table\t''
markdown\t''
jira\t''
html\t''
csv\t''
tsv\t''
json\t''
ndjson\t''
junit\t'Checks, for build servers'
sarif\t'Checks, SARIF 2.1.0'
toml\t'Suggested checks, as a file of them'"
complete -c rca -n "__fish_rca_using_subcommand timeline" -s o -l output -d 'Write to this file; its ending chooses the format (.parquet too)' -r -F
complete -c rca -n "__fish_rca_using_subcommand timeline" -l redact-columns -d 'Show pseudonyms for the values of these columns too, wherever they stand' -r
complete -c rca -n "__fish_rca_using_subcommand timeline" -l color -d 'Colours: auto is on a terminal' -r -f -a "auto\t''
always\t''
never\t''"
complete -c rca -n "__fish_rca_using_subcommand timeline" -l related -d 'Follow ids that occur together with the entity, one hop: a test id of that serial, a request id in its log lines'
complete -c rca -n "__fish_rca_using_subcommand timeline" -l collapse -d 'Show equal neighbours (same source, level, code and message but for its numbers) as one row'
complete -c rca -n "__fish_rca_using_subcommand timeline" -l check-clocks -d 'Compare the clocks of the sources, by ids that occur in several of them'
complete -c rca -n "__fish_rca_using_subcommand timeline" -l strict -d 'Any row or value that cannot be read is an error'
complete -c rca -n "__fish_rca_using_subcommand timeline" -l redact -d 'Show pseudonyms for e-mail, IP and MAC addresses, keys, tokens, user names in paths, and columns such as `password`'
complete -c rca -n "__fish_rca_using_subcommand timeline" -s q -l quiet -d 'No notes on what was read, unless something was lost'
complete -c rca -n "__fish_rca_using_subcommand timeline" -l no-progress -d 'No progress bar'
complete -c rca -n "__fish_rca_using_subcommand timeline" -l exit-code -d 'Exit with 1 if there is any row'
complete -c rca -n "__fish_rca_using_subcommand timeline" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rca -n "__fish_rca_using_subcommand missing" -l kind -d 'Only findings of this kind' -r -f -a "time_gap\t'A series is silent longer than its cadence allows'
sequence_gap\t'Sequence numbers that never arrived'
duplicate\t'Rows that came twice'
late\t'Rows out of order by more than the cadence'
null_rate\t'A column\'s nulls, or sentinels such as -200 or \'N/A\''
flatline\t'A sensor repeats one value'
volume_drop\t'Far fewer rows than usual'
absent_key\t'Keys of one table that another lacks'
ended\t'A series stops before the others do'
never_seen\t'What `expect` names and there is no row of'"
complete -c rca -n "__fish_rca_using_subcommand missing" -l series -d 'The columns that tell one series from another' -r
complete -c rca -n "__fish_rca_using_subcommand missing" -l every -d 'How often a row of a series is expected' -r
complete -c rca -n "__fish_rca_using_subcommand missing" -l keys -d 'Keys that should be in both tables, of several columns as A.COL+COL=B.COL+COL' -r
complete -c rca -n "__fish_rca_using_subcommand missing" -l min-share -d 'Only findings where at least this share is missing, 0 to 1' -r
complete -c rca -n "__fish_rca_using_subcommand missing" -s C -l case -d 'The directory of a case, with its rca.toml' -r -F
complete -c rca -n "__fish_rca_using_subcommand missing" -l set -d 'Set a key of rca.toml, such as sources.gw.timezone=+08:00' -r
complete -c rca -n "__fish_rca_using_subcommand missing" -l from -d 'Only rows at or after this time: RFC 3339, \'YYYY-MM-DD[ HH:MM[:SS]]\', or -2h before the latest' -r
complete -c rca -n "__fish_rca_using_subcommand missing" -l to -d 'Only rows before this time' -r
complete -c rca -n "__fish_rca_using_subcommand missing" -l timezone -d 'The zone of times that carry none, such as Asia/Taipei or +08:00' -r
complete -c rca -n "__fish_rca_using_subcommand missing" -l where -d 'Only rows for which this SQL condition holds' -r
complete -c rca -n "__fish_rca_using_subcommand missing" -l threads -d 'How many threads read and compute' -r
complete -c rca -n "__fish_rca_using_subcommand missing" -l memory -d 'How much memory the engine may use before it spills, such as 500MB' -r
complete -c rca -n "__fish_rca_using_subcommand missing" -l timeout -d 'Stop with exit code 130 if there is no answer after this time, such as 30s or 5m' -r
complete -c rca -n "__fish_rca_using_subcommand missing" -l limit -d 'At most this many rows' -r
complete -c rca -n "__fish_rca_using_subcommand missing" -s f -l format -d 'How the table is written' -r -f -a "table\t''
markdown\t''
jira\t''
html\t''
csv\t''
tsv\t''
json\t''
ndjson\t''
junit\t'Checks, for build servers'
sarif\t'Checks, SARIF 2.1.0'
toml\t'Suggested checks, as a file of them'"
complete -c rca -n "__fish_rca_using_subcommand missing" -s o -l output -d 'Write to this file; its ending chooses the format (.parquet too)' -r -F
complete -c rca -n "__fish_rca_using_subcommand missing" -l redact-columns -d 'Show pseudonyms for the values of these columns too, wherever they stand' -r
complete -c rca -n "__fish_rca_using_subcommand missing" -l color -d 'Colours: auto is on a terminal' -r -f -a "auto\t''
always\t''
never\t''"
complete -c rca -n "__fish_rca_using_subcommand missing" -l strict -d 'Any row or value that cannot be read is an error'
complete -c rca -n "__fish_rca_using_subcommand missing" -l redact -d 'Show pseudonyms for e-mail, IP and MAC addresses, keys, tokens, user names in paths, and columns such as `password`'
complete -c rca -n "__fish_rca_using_subcommand missing" -s q -l quiet -d 'No notes on what was read, unless something was lost'
complete -c rca -n "__fish_rca_using_subcommand missing" -l no-progress -d 'No progress bar'
complete -c rca -n "__fish_rca_using_subcommand missing" -l exit-code -d 'Exit with 1 if there is any row'
complete -c rca -n "__fish_rca_using_subcommand missing" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rca -n "__fish_rca_using_subcommand trace" -l by -d 'Divide by the values of these columns, of the first stage that has them' -r
complete -c rca -n "__fish_rca_using_subcommand trace" -l entity -d 'The way of this entity alone, maybe of the one that a column holds' -r
complete -c rca -n "__fish_rca_using_subcommand trace" -s C -l case -d 'The directory of a case, with its rca.toml' -r -F
complete -c rca -n "__fish_rca_using_subcommand trace" -l set -d 'Set a key of rca.toml, such as sources.gw.timezone=+08:00' -r
complete -c rca -n "__fish_rca_using_subcommand trace" -l from -d 'Only rows at or after this time: RFC 3339, \'YYYY-MM-DD[ HH:MM[:SS]]\', or -2h before the latest' -r
complete -c rca -n "__fish_rca_using_subcommand trace" -l to -d 'Only rows before this time' -r
complete -c rca -n "__fish_rca_using_subcommand trace" -l timezone -d 'The zone of times that carry none, such as Asia/Taipei or +08:00' -r
complete -c rca -n "__fish_rca_using_subcommand trace" -l where -d 'Only rows for which this SQL condition holds' -r
complete -c rca -n "__fish_rca_using_subcommand trace" -l threads -d 'How many threads read and compute' -r
complete -c rca -n "__fish_rca_using_subcommand trace" -l memory -d 'How much memory the engine may use before it spills, such as 500MB' -r
complete -c rca -n "__fish_rca_using_subcommand trace" -l timeout -d 'Stop with exit code 130 if there is no answer after this time, such as 30s or 5m' -r
complete -c rca -n "__fish_rca_using_subcommand trace" -l limit -d 'At most this many rows' -r
complete -c rca -n "__fish_rca_using_subcommand trace" -s f -l format -d 'How the table is written' -r -f -a "table\t''
markdown\t''
jira\t''
html\t''
csv\t''
tsv\t''
json\t''
ndjson\t''
junit\t'Checks, for build servers'
sarif\t'Checks, SARIF 2.1.0'
toml\t'Suggested checks, as a file of them'"
complete -c rca -n "__fish_rca_using_subcommand trace" -s o -l output -d 'Write to this file; its ending chooses the format (.parquet too)' -r -F
complete -c rca -n "__fish_rca_using_subcommand trace" -l redact-columns -d 'Show pseudonyms for the values of these columns too, wherever they stand' -r
complete -c rca -n "__fish_rca_using_subcommand trace" -l color -d 'Colours: auto is on a terminal' -r -f -a "auto\t''
always\t''
never\t''"
complete -c rca -n "__fish_rca_using_subcommand trace" -l strict -d 'Any row or value that cannot be read is an error'
complete -c rca -n "__fish_rca_using_subcommand trace" -l redact -d 'Show pseudonyms for e-mail, IP and MAC addresses, keys, tokens, user names in paths, and columns such as `password`'
complete -c rca -n "__fish_rca_using_subcommand trace" -s q -l quiet -d 'No notes on what was read, unless something was lost'
complete -c rca -n "__fish_rca_using_subcommand trace" -l no-progress -d 'No progress bar'
complete -c rca -n "__fish_rca_using_subcommand trace" -l exit-code -d 'Exit with 1 if there is any row'
complete -c rca -n "__fish_rca_using_subcommand trace" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rca -n "__fish_rca_using_subcommand errors" -l code -d 'Where the code is: a column (error_code, station.tests.error_code), or a regular expression over messages' -r
complete -c rca -n "__fish_rca_using_subcommand errors" -l codebook -d 'What the codes mean: a table, or a file' -r
complete -c rca -n "__fish_rca_using_subcommand errors" -l baseline -d 'Compare with the errors of this window; `auto` finds the moment at which their rates changed' -r
complete -c rca -n "__fish_rca_using_subcommand errors" -l level -d 'Rows of this level and above are errors; without it those of level error, and warnings that have a code' -r
complete -c rca -n "__fish_rca_using_subcommand errors" -l by -d 'Break down by these columns too; also by those of a table that knows the same entities: mes.materials.lot' -r
complete -c rca -n "__fish_rca_using_subcommand errors" -s C -l case -d 'The directory of a case, with its rca.toml' -r -F
complete -c rca -n "__fish_rca_using_subcommand errors" -l set -d 'Set a key of rca.toml, such as sources.gw.timezone=+08:00' -r
complete -c rca -n "__fish_rca_using_subcommand errors" -l from -d 'Only rows at or after this time: RFC 3339, \'YYYY-MM-DD[ HH:MM[:SS]]\', or -2h before the latest' -r
complete -c rca -n "__fish_rca_using_subcommand errors" -l to -d 'Only rows before this time' -r
complete -c rca -n "__fish_rca_using_subcommand errors" -l timezone -d 'The zone of times that carry none, such as Asia/Taipei or +08:00' -r
complete -c rca -n "__fish_rca_using_subcommand errors" -l where -d 'Only rows for which this SQL condition holds' -r
complete -c rca -n "__fish_rca_using_subcommand errors" -l threads -d 'How many threads read and compute' -r
complete -c rca -n "__fish_rca_using_subcommand errors" -l memory -d 'How much memory the engine may use before it spills, such as 500MB' -r
complete -c rca -n "__fish_rca_using_subcommand errors" -l timeout -d 'Stop with exit code 130 if there is no answer after this time, such as 30s or 5m' -r
complete -c rca -n "__fish_rca_using_subcommand errors" -l limit -d 'At most this many rows' -r
complete -c rca -n "__fish_rca_using_subcommand errors" -s f -l format -d 'How the table is written' -r -f -a "table\t''
markdown\t''
jira\t''
html\t''
csv\t''
tsv\t''
json\t''
ndjson\t''
junit\t'Checks, for build servers'
sarif\t'Checks, SARIF 2.1.0'
toml\t'Suggested checks, as a file of them'"
complete -c rca -n "__fish_rca_using_subcommand errors" -s o -l output -d 'Write to this file; its ending chooses the format (.parquet too)' -r -F
complete -c rca -n "__fish_rca_using_subcommand errors" -l redact-columns -d 'Show pseudonyms for the values of these columns too, wherever they stand' -r
complete -c rca -n "__fish_rca_using_subcommand errors" -l color -d 'Colours: auto is on a terminal' -r -f -a "auto\t''
always\t''
never\t''"
complete -c rca -n "__fish_rca_using_subcommand errors" -l audit -d 'Examine the classification instead'
complete -c rca -n "__fish_rca_using_subcommand errors" -l strict -d 'Any row or value that cannot be read is an error'
complete -c rca -n "__fish_rca_using_subcommand errors" -l redact -d 'Show pseudonyms for e-mail, IP and MAC addresses, keys, tokens, user names in paths, and columns such as `password`'
complete -c rca -n "__fish_rca_using_subcommand errors" -s q -l quiet -d 'No notes on what was read, unless something was lost'
complete -c rca -n "__fish_rca_using_subcommand errors" -l no-progress -d 'No progress bar'
complete -c rca -n "__fish_rca_using_subcommand errors" -l exit-code -d 'Exit with 1 if there is any row'
complete -c rca -n "__fish_rca_using_subcommand errors" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rca -n "__fish_rca_using_subcommand explain" -l bad -d 'The SQL condition that makes a row bad' -r
complete -c rca -n "__fish_rca_using_subcommand explain" -l table -d 'The table whose rows are judged, where several have the columns of the condition' -r
complete -c rca -n "__fish_rca_using_subcommand explain" -l by -d 'Look at these columns only' -r
complete -c rca -n "__fish_rca_using_subcommand explain" -l before -d 'Look at what other tables have of the same entity in this time before each row, such as 72h' -r
complete -c rca -n "__fish_rca_using_subcommand explain" -l min-support -d 'Only explanations of at least this share of the bad rows, and of two rows' -r
complete -c rca -n "__fish_rca_using_subcommand explain" -l min-ratio -d 'Only explanations whose rows are bad at least so many times as often as others' -r
complete -c rca -n "__fish_rca_using_subcommand explain" -l order -d 'At most so many values together' -r
complete -c rca -n "__fish_rca_using_subcommand explain" -s C -l case -d 'The directory of a case, with its rca.toml' -r -F
complete -c rca -n "__fish_rca_using_subcommand explain" -l set -d 'Set a key of rca.toml, such as sources.gw.timezone=+08:00' -r
complete -c rca -n "__fish_rca_using_subcommand explain" -l from -d 'Only rows at or after this time: RFC 3339, \'YYYY-MM-DD[ HH:MM[:SS]]\', or -2h before the latest' -r
complete -c rca -n "__fish_rca_using_subcommand explain" -l to -d 'Only rows before this time' -r
complete -c rca -n "__fish_rca_using_subcommand explain" -l timezone -d 'The zone of times that carry none, such as Asia/Taipei or +08:00' -r
complete -c rca -n "__fish_rca_using_subcommand explain" -l where -d 'Only rows for which this SQL condition holds' -r
complete -c rca -n "__fish_rca_using_subcommand explain" -l threads -d 'How many threads read and compute' -r
complete -c rca -n "__fish_rca_using_subcommand explain" -l memory -d 'How much memory the engine may use before it spills, such as 500MB' -r
complete -c rca -n "__fish_rca_using_subcommand explain" -l timeout -d 'Stop with exit code 130 if there is no answer after this time, such as 30s or 5m' -r
complete -c rca -n "__fish_rca_using_subcommand explain" -l limit -d 'At most this many rows' -r
complete -c rca -n "__fish_rca_using_subcommand explain" -s f -l format -d 'How the table is written' -r -f -a "table\t''
markdown\t''
jira\t''
html\t''
csv\t''
tsv\t''
json\t''
ndjson\t''
junit\t'Checks, for build servers'
sarif\t'Checks, SARIF 2.1.0'
toml\t'Suggested checks, as a file of them'"
complete -c rca -n "__fish_rca_using_subcommand explain" -s o -l output -d 'Write to this file; its ending chooses the format (.parquet too)' -r -F
complete -c rca -n "__fish_rca_using_subcommand explain" -l redact-columns -d 'Show pseudonyms for the values of these columns too, wherever they stand' -r
complete -c rca -n "__fish_rca_using_subcommand explain" -l color -d 'Colours: auto is on a terminal' -r -f -a "auto\t''
always\t''
never\t''"
complete -c rca -n "__fish_rca_using_subcommand explain" -l strict -d 'Any row or value that cannot be read is an error'
complete -c rca -n "__fish_rca_using_subcommand explain" -l redact -d 'Show pseudonyms for e-mail, IP and MAC addresses, keys, tokens, user names in paths, and columns such as `password`'
complete -c rca -n "__fish_rca_using_subcommand explain" -s q -l quiet -d 'No notes on what was read, unless something was lost'
complete -c rca -n "__fish_rca_using_subcommand explain" -l no-progress -d 'No progress bar'
complete -c rca -n "__fish_rca_using_subcommand explain" -l exit-code -d 'Exit with 1 if there is any row'
complete -c rca -n "__fish_rca_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rca -n "__fish_rca_using_subcommand compare" -l baseline -d 'The window to compare with; without it all evidence before the incident. `auto` finds the moment at which rates of errors changed' -r
complete -c rca -n "__fish_rca_using_subcommand compare" -l incident -d 'The window that is asked about; with --baseline it may be left out: then it is --from and --to, or all evidence that is not in the baseline' -r
complete -c rca -n "__fish_rca_using_subcommand compare" -l against -d 'Compare with the tables of this source, or of a directory that is laid out like the case' -r
complete -c rca -n "__fish_rca_using_subcommand compare" -l table -d 'Compare these tables only; of two sources each with the other side\'s' -r
complete -c rca -n "__fish_rca_using_subcommand compare" -s C -l case -d 'The directory of a case, with its rca.toml' -r -F
complete -c rca -n "__fish_rca_using_subcommand compare" -l set -d 'Set a key of rca.toml, such as sources.gw.timezone=+08:00' -r
complete -c rca -n "__fish_rca_using_subcommand compare" -l from -d 'Only rows at or after this time: RFC 3339, \'YYYY-MM-DD[ HH:MM[:SS]]\', or -2h before the latest' -r
complete -c rca -n "__fish_rca_using_subcommand compare" -l to -d 'Only rows before this time' -r
complete -c rca -n "__fish_rca_using_subcommand compare" -l timezone -d 'The zone of times that carry none, such as Asia/Taipei or +08:00' -r
complete -c rca -n "__fish_rca_using_subcommand compare" -l where -d 'Only rows for which this SQL condition holds' -r
complete -c rca -n "__fish_rca_using_subcommand compare" -l threads -d 'How many threads read and compute' -r
complete -c rca -n "__fish_rca_using_subcommand compare" -l memory -d 'How much memory the engine may use before it spills, such as 500MB' -r
complete -c rca -n "__fish_rca_using_subcommand compare" -l timeout -d 'Stop with exit code 130 if there is no answer after this time, such as 30s or 5m' -r
complete -c rca -n "__fish_rca_using_subcommand compare" -l limit -d 'At most this many rows' -r
complete -c rca -n "__fish_rca_using_subcommand compare" -s f -l format -d 'How the table is written' -r -f -a "table\t''
markdown\t''
jira\t''
html\t''
csv\t''
tsv\t''
json\t''
ndjson\t''
junit\t'Checks, for build servers'
sarif\t'Checks, SARIF 2.1.0'
toml\t'Suggested checks, as a file of them'"
complete -c rca -n "__fish_rca_using_subcommand compare" -s o -l output -d 'Write to this file; its ending chooses the format (.parquet too)' -r -F
complete -c rca -n "__fish_rca_using_subcommand compare" -l redact-columns -d 'Show pseudonyms for the values of these columns too, wherever they stand' -r
complete -c rca -n "__fish_rca_using_subcommand compare" -l color -d 'Colours: auto is on a terminal' -r -f -a "auto\t''
always\t''
never\t''"
complete -c rca -n "__fish_rca_using_subcommand compare" -l strict -d 'Any row or value that cannot be read is an error'
complete -c rca -n "__fish_rca_using_subcommand compare" -l redact -d 'Show pseudonyms for e-mail, IP and MAC addresses, keys, tokens, user names in paths, and columns such as `password`'
complete -c rca -n "__fish_rca_using_subcommand compare" -s q -l quiet -d 'No notes on what was read, unless something was lost'
complete -c rca -n "__fish_rca_using_subcommand compare" -l no-progress -d 'No progress bar'
complete -c rca -n "__fish_rca_using_subcommand compare" -l exit-code -d 'Exit with 1 if there is any row'
complete -c rca -n "__fish_rca_using_subcommand compare" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rca -n "__fish_rca_using_subcommand slices" -l table -d 'The table whose rows are judged' -r
complete -c rca -n "__fish_rca_using_subcommand slices" -l label -d 'The column that says what is so, as COLUMN or TABLE.COLUMN' -r
complete -c rca -n "__fish_rca_using_subcommand slices" -l prediction -d 'The column that says what the model said' -r
complete -c rca -n "__fish_rca_using_subcommand slices" -l score -d 'The column that says how sure the model was of the positive class' -r
complete -c rca -n "__fish_rca_using_subcommand slices" -l positive -d 'The positive class, or LABEL=PREDICTION where they are written in two ways' -r
complete -c rca -n "__fish_rca_using_subcommand slices" -l threshold -d 'From which score on a row without a prediction is said to be positive (0.5)' -r
complete -c rca -n "__fish_rca_using_subcommand slices" -l metric -d 'What slices are worse in: accuracy, without a prediction auc, of numbers mae' -r -f -a "accuracy\t'Share of rows whose prediction is the label'
error\t'Share of rows whose prediction is not the label'
precision\t'Of rows said to be positive, the share that is'
recall\t'Of positive rows, the share that was said to be'
f1\t'2 tp / (2 tp + fp + fn)'
fpr\t'Of negative rows, the share that was said to be positive'
fnr\t'Of positive rows, the share that was not said to be'
auc\t'Area under the ROC curve of the score'
brier\t'Mean square of the score less 1 for positive rows, 0 for others'
calibration\t'Mean score less the share that is positive'
mae\t'Mean absolute error of a number'
rmse\t'Root of the mean square error of a number'
bias\t'Mean of prediction less label'"
complete -c rca -n "__fish_rca_using_subcommand slices" -l by -d 'Look at these columns only' -r
complete -c rca -n "__fish_rca_using_subcommand slices" -l min-support -d 'Only slices with at least this share of the rows that the metric is made of' -r
complete -c rca -n "__fish_rca_using_subcommand slices" -l order -d 'At most so many values together' -r
complete -c rca -n "__fish_rca_using_subcommand slices" -l alpha -d 'SliceLine\'s weight of more error against more rows' -r
complete -c rca -n "__fish_rca_using_subcommand slices" -s C -l case -d 'The directory of a case, with its rca.toml' -r -F
complete -c rca -n "__fish_rca_using_subcommand slices" -l set -d 'Set a key of rca.toml, such as sources.gw.timezone=+08:00' -r
complete -c rca -n "__fish_rca_using_subcommand slices" -l from -d 'Only rows at or after this time: RFC 3339, \'YYYY-MM-DD[ HH:MM[:SS]]\', or -2h before the latest' -r
complete -c rca -n "__fish_rca_using_subcommand slices" -l to -d 'Only rows before this time' -r
complete -c rca -n "__fish_rca_using_subcommand slices" -l timezone -d 'The zone of times that carry none, such as Asia/Taipei or +08:00' -r
complete -c rca -n "__fish_rca_using_subcommand slices" -l where -d 'Only rows for which this SQL condition holds' -r
complete -c rca -n "__fish_rca_using_subcommand slices" -l threads -d 'How many threads read and compute' -r
complete -c rca -n "__fish_rca_using_subcommand slices" -l memory -d 'How much memory the engine may use before it spills, such as 500MB' -r
complete -c rca -n "__fish_rca_using_subcommand slices" -l timeout -d 'Stop with exit code 130 if there is no answer after this time, such as 30s or 5m' -r
complete -c rca -n "__fish_rca_using_subcommand slices" -l limit -d 'At most this many rows' -r
complete -c rca -n "__fish_rca_using_subcommand slices" -s f -l format -d 'How the table is written' -r -f -a "table\t''
markdown\t''
jira\t''
html\t''
csv\t''
tsv\t''
json\t''
ndjson\t''
junit\t'Checks, for build servers'
sarif\t'Checks, SARIF 2.1.0'
toml\t'Suggested checks, as a file of them'"
complete -c rca -n "__fish_rca_using_subcommand slices" -s o -l output -d 'Write to this file; its ending chooses the format (.parquet too)' -r -F
complete -c rca -n "__fish_rca_using_subcommand slices" -l redact-columns -d 'Show pseudonyms for the values of these columns too, wherever they stand' -r
complete -c rca -n "__fish_rca_using_subcommand slices" -l color -d 'Colours: auto is on a terminal' -r -f -a "auto\t''
always\t''
never\t''"
complete -c rca -n "__fish_rca_using_subcommand slices" -l all -d 'All slices with enough rows, also those that are no worse or may be chance'
complete -c rca -n "__fish_rca_using_subcommand slices" -l strict -d 'Any row or value that cannot be read is an error'
complete -c rca -n "__fish_rca_using_subcommand slices" -l redact -d 'Show pseudonyms for e-mail, IP and MAC addresses, keys, tokens, user names in paths, and columns such as `password`'
complete -c rca -n "__fish_rca_using_subcommand slices" -s q -l quiet -d 'No notes on what was read, unless something was lost'
complete -c rca -n "__fish_rca_using_subcommand slices" -l no-progress -d 'No progress bar'
complete -c rca -n "__fish_rca_using_subcommand slices" -l exit-code -d 'Exit with 1 if there is any row'
complete -c rca -n "__fish_rca_using_subcommand slices" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rca -n "__fish_rca_using_subcommand templates" -s C -l case -d 'The directory of a case, with its rca.toml' -r -F
complete -c rca -n "__fish_rca_using_subcommand templates" -l set -d 'Set a key of rca.toml, such as sources.gw.timezone=+08:00' -r
complete -c rca -n "__fish_rca_using_subcommand templates" -l from -d 'Only rows at or after this time: RFC 3339, \'YYYY-MM-DD[ HH:MM[:SS]]\', or -2h before the latest' -r
complete -c rca -n "__fish_rca_using_subcommand templates" -l to -d 'Only rows before this time' -r
complete -c rca -n "__fish_rca_using_subcommand templates" -l timezone -d 'The zone of times that carry none, such as Asia/Taipei or +08:00' -r
complete -c rca -n "__fish_rca_using_subcommand templates" -l where -d 'Only rows for which this SQL condition holds' -r
complete -c rca -n "__fish_rca_using_subcommand templates" -l threads -d 'How many threads read and compute' -r
complete -c rca -n "__fish_rca_using_subcommand templates" -l memory -d 'How much memory the engine may use before it spills, such as 500MB' -r
complete -c rca -n "__fish_rca_using_subcommand templates" -l timeout -d 'Stop with exit code 130 if there is no answer after this time, such as 30s or 5m' -r
complete -c rca -n "__fish_rca_using_subcommand templates" -l limit -d 'At most this many rows' -r
complete -c rca -n "__fish_rca_using_subcommand templates" -s f -l format -d 'How the table is written' -r -f -a "table\t''
markdown\t''
jira\t''
html\t''
csv\t''
tsv\t''
json\t''
ndjson\t''
junit\t'Checks, for build servers'
sarif\t'Checks, SARIF 2.1.0'
toml\t'Suggested checks, as a file of them'"
complete -c rca -n "__fish_rca_using_subcommand templates" -s o -l output -d 'Write to this file; its ending chooses the format (.parquet too)' -r -F
complete -c rca -n "__fish_rca_using_subcommand templates" -l redact-columns -d 'Show pseudonyms for the values of these columns too, wherever they stand' -r
complete -c rca -n "__fish_rca_using_subcommand templates" -l color -d 'Colours: auto is on a terminal' -r -f -a "auto\t''
always\t''
never\t''"
complete -c rca -n "__fish_rca_using_subcommand templates" -l rows -d 'A row for each message: its origin and its template'
complete -c rca -n "__fish_rca_using_subcommand templates" -l strict -d 'Any row or value that cannot be read is an error'
complete -c rca -n "__fish_rca_using_subcommand templates" -l redact -d 'Show pseudonyms for e-mail, IP and MAC addresses, keys, tokens, user names in paths, and columns such as `password`'
complete -c rca -n "__fish_rca_using_subcommand templates" -s q -l quiet -d 'No notes on what was read, unless something was lost'
complete -c rca -n "__fish_rca_using_subcommand templates" -l no-progress -d 'No progress bar'
complete -c rca -n "__fish_rca_using_subcommand templates" -l exit-code -d 'Exit with 1 if there is any row'
complete -c rca -n "__fish_rca_using_subcommand templates" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rca -n "__fish_rca_using_subcommand check" -l file -d 'The checks of this file rather than those of rca.toml' -r -F
complete -c rca -n "__fish_rca_using_subcommand check" -l against -d 'Compare with an earlier answer, written with -f json or ndjson by missing, errors --audit or check' -r -F
complete -c rca -n "__fish_rca_using_subcommand check" -s C -l case -d 'The directory of a case, with its rca.toml' -r -F
complete -c rca -n "__fish_rca_using_subcommand check" -l set -d 'Set a key of rca.toml, such as sources.gw.timezone=+08:00' -r
complete -c rca -n "__fish_rca_using_subcommand check" -l from -d 'Only rows at or after this time: RFC 3339, \'YYYY-MM-DD[ HH:MM[:SS]]\', or -2h before the latest' -r
complete -c rca -n "__fish_rca_using_subcommand check" -l to -d 'Only rows before this time' -r
complete -c rca -n "__fish_rca_using_subcommand check" -l timezone -d 'The zone of times that carry none, such as Asia/Taipei or +08:00' -r
complete -c rca -n "__fish_rca_using_subcommand check" -l where -d 'Only rows for which this SQL condition holds' -r
complete -c rca -n "__fish_rca_using_subcommand check" -l threads -d 'How many threads read and compute' -r
complete -c rca -n "__fish_rca_using_subcommand check" -l memory -d 'How much memory the engine may use before it spills, such as 500MB' -r
complete -c rca -n "__fish_rca_using_subcommand check" -l timeout -d 'Stop with exit code 130 if there is no answer after this time, such as 30s or 5m' -r
complete -c rca -n "__fish_rca_using_subcommand check" -l limit -d 'At most this many rows' -r
complete -c rca -n "__fish_rca_using_subcommand check" -s f -l format -d 'How the table is written' -r -f -a "table\t''
markdown\t''
jira\t''
html\t''
csv\t''
tsv\t''
json\t''
ndjson\t''
junit\t'Checks, for build servers'
sarif\t'Checks, SARIF 2.1.0'
toml\t'Suggested checks, as a file of them'"
complete -c rca -n "__fish_rca_using_subcommand check" -s o -l output -d 'Write to this file; its ending chooses the format (.parquet too)' -r -F
complete -c rca -n "__fish_rca_using_subcommand check" -l redact-columns -d 'Show pseudonyms for the values of these columns too, wherever they stand' -r
complete -c rca -n "__fish_rca_using_subcommand check" -l color -d 'Colours: auto is on a terminal' -r -f -a "auto\t''
always\t''
never\t''"
complete -c rca -n "__fish_rca_using_subcommand check" -l from-findings -d 'Suggest checks from today\'s findings; `-o FILE.toml` makes a file of them'
complete -c rca -n "__fish_rca_using_subcommand check" -l strict -d 'Any row or value that cannot be read is an error'
complete -c rca -n "__fish_rca_using_subcommand check" -l redact -d 'Show pseudonyms for e-mail, IP and MAC addresses, keys, tokens, user names in paths, and columns such as `password`'
complete -c rca -n "__fish_rca_using_subcommand check" -s q -l quiet -d 'No notes on what was read, unless something was lost'
complete -c rca -n "__fish_rca_using_subcommand check" -l no-progress -d 'No progress bar'
complete -c rca -n "__fish_rca_using_subcommand check" -l exit-code -d 'Exit with 1 if there is any row'
complete -c rca -n "__fish_rca_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rca -n "__fish_rca_using_subcommand report" -l title -d 'What stands above it' -r
complete -c rca -n "__fish_rca_using_subcommand report" -l question -d 'The question that it answers' -r
complete -c rca -n "__fish_rca_using_subcommand report" -l bad -d 'The SQL condition that makes a row bad, as `rca explain` takes it' -r
complete -c rca -n "__fish_rca_using_subcommand report" -l table -d 'The table whose rows are bad or not' -r
complete -c rca -n "__fish_rca_using_subcommand report" -s C -l case -d 'The directory of a case, with its rca.toml' -r -F
complete -c rca -n "__fish_rca_using_subcommand report" -l set -d 'Set a key of rca.toml, such as sources.gw.timezone=+08:00' -r
complete -c rca -n "__fish_rca_using_subcommand report" -l from -d 'Only rows at or after this time: RFC 3339, \'YYYY-MM-DD[ HH:MM[:SS]]\', or -2h before the latest' -r
complete -c rca -n "__fish_rca_using_subcommand report" -l to -d 'Only rows before this time' -r
complete -c rca -n "__fish_rca_using_subcommand report" -l timezone -d 'The zone of times that carry none, such as Asia/Taipei or +08:00' -r
complete -c rca -n "__fish_rca_using_subcommand report" -l where -d 'Only rows for which this SQL condition holds' -r
complete -c rca -n "__fish_rca_using_subcommand report" -l threads -d 'How many threads read and compute' -r
complete -c rca -n "__fish_rca_using_subcommand report" -l memory -d 'How much memory the engine may use before it spills, such as 500MB' -r
complete -c rca -n "__fish_rca_using_subcommand report" -l timeout -d 'Stop with exit code 130 if there is no answer after this time, such as 30s or 5m' -r
complete -c rca -n "__fish_rca_using_subcommand report" -l limit -d 'At most this many rows' -r
complete -c rca -n "__fish_rca_using_subcommand report" -s f -l format -d 'How the table is written' -r -f -a "table\t''
markdown\t''
jira\t''
html\t''
csv\t''
tsv\t''
json\t''
ndjson\t''
junit\t'Checks, for build servers'
sarif\t'Checks, SARIF 2.1.0'
toml\t'Suggested checks, as a file of them'"
complete -c rca -n "__fish_rca_using_subcommand report" -s o -l output -d 'Write to this file; its ending chooses the format (.parquet too)' -r -F
complete -c rca -n "__fish_rca_using_subcommand report" -l redact-columns -d 'Show pseudonyms for the values of these columns too, wherever they stand' -r
complete -c rca -n "__fish_rca_using_subcommand report" -l color -d 'Colours: auto is on a terminal' -r -f -a "auto\t''
always\t''
never\t''"
complete -c rca -n "__fish_rca_using_subcommand report" -l strict -d 'Any row or value that cannot be read is an error'
complete -c rca -n "__fish_rca_using_subcommand report" -l redact -d 'Show pseudonyms for e-mail, IP and MAC addresses, keys, tokens, user names in paths, and columns such as `password`'
complete -c rca -n "__fish_rca_using_subcommand report" -s q -l quiet -d 'No notes on what was read, unless something was lost'
complete -c rca -n "__fish_rca_using_subcommand report" -l no-progress -d 'No progress bar'
complete -c rca -n "__fish_rca_using_subcommand report" -l exit-code -d 'Exit with 1 if there is any row'
complete -c rca -n "__fish_rca_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rca -n "__fish_rca_using_subcommand formats" -l explain -d 'Say which formats the lines of this file (or of a directory or archive) are of, and which lines none knows' -r
complete -c rca -n "__fish_rca_using_subcommand formats" -l test -d 'Read the sample lines of a format file, or of an rca.toml, with it' -r -F
complete -c rca -n "__fish_rca_using_subcommand formats" -s C -l case -d 'The directory of a case, with its rca.toml' -r -F
complete -c rca -n "__fish_rca_using_subcommand formats" -l set -d 'Set a key of rca.toml, such as sources.gw.timezone=+08:00' -r
complete -c rca -n "__fish_rca_using_subcommand formats" -l from -d 'Only rows at or after this time: RFC 3339, \'YYYY-MM-DD[ HH:MM[:SS]]\', or -2h before the latest' -r
complete -c rca -n "__fish_rca_using_subcommand formats" -l to -d 'Only rows before this time' -r
complete -c rca -n "__fish_rca_using_subcommand formats" -l timezone -d 'The zone of times that carry none, such as Asia/Taipei or +08:00' -r
complete -c rca -n "__fish_rca_using_subcommand formats" -l where -d 'Only rows for which this SQL condition holds' -r
complete -c rca -n "__fish_rca_using_subcommand formats" -l threads -d 'How many threads read and compute' -r
complete -c rca -n "__fish_rca_using_subcommand formats" -l memory -d 'How much memory the engine may use before it spills, such as 500MB' -r
complete -c rca -n "__fish_rca_using_subcommand formats" -l timeout -d 'Stop with exit code 130 if there is no answer after this time, such as 30s or 5m' -r
complete -c rca -n "__fish_rca_using_subcommand formats" -l limit -d 'At most this many rows' -r
complete -c rca -n "__fish_rca_using_subcommand formats" -s f -l format -d 'How the table is written' -r -f -a "table\t''
markdown\t''
jira\t''
html\t''
csv\t''
tsv\t''
json\t''
ndjson\t''
junit\t'Checks, for build servers'
sarif\t'Checks, SARIF 2.1.0'
toml\t'Suggested checks, as a file of them'"
complete -c rca -n "__fish_rca_using_subcommand formats" -s o -l output -d 'Write to this file; its ending chooses the format (.parquet too)' -r -F
complete -c rca -n "__fish_rca_using_subcommand formats" -l redact-columns -d 'Show pseudonyms for the values of these columns too, wherever they stand' -r
complete -c rca -n "__fish_rca_using_subcommand formats" -l color -d 'Colours: auto is on a terminal' -r -f -a "auto\t''
always\t''
never\t''"
complete -c rca -n "__fish_rca_using_subcommand formats" -l strict -d 'Any row or value that cannot be read is an error'
complete -c rca -n "__fish_rca_using_subcommand formats" -l redact -d 'Show pseudonyms for e-mail, IP and MAC addresses, keys, tokens, user names in paths, and columns such as `password`'
complete -c rca -n "__fish_rca_using_subcommand formats" -s q -l quiet -d 'No notes on what was read, unless something was lost'
complete -c rca -n "__fish_rca_using_subcommand formats" -l no-progress -d 'No progress bar'
complete -c rca -n "__fish_rca_using_subcommand formats" -l exit-code -d 'Exit with 1 if there is any row'
complete -c rca -n "__fish_rca_using_subcommand formats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rca -n "__fish_rca_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rca -n "__fish_rca_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
