
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'rca' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'rca'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'rca' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('sources', 'sources', [CompletionResultType]::ParameterValue, 'List the tables found, with rows, times and what could not be read')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'List the columns of tables with type, nulls, distinct values and an example')
            [CompletionResult]::new('query', 'query', [CompletionResultType]::ParameterValue, 'Ask in SQL: any SELECT that DuckDB runs, over all tables and `events`')
            [CompletionResult]::new('timeline', 'timeline', [CompletionResultType]::ParameterValue, 'Show what happened, in order, across all sources')
            [CompletionResult]::new('missing', 'missing', [CompletionResultType]::ParameterValue, 'Find data that is missing: gaps in time and in sequence numbers, absent keys, nulls')
            [CompletionResult]::new('trace', 'trace', [CompletionResultType]::ParameterValue, 'Follow entities through their stages: how many entered each, passed and were lost')
            [CompletionResult]::new('errors', 'errors', [CompletionResultType]::ParameterValue, 'Break errors down by code, compare with a baseline, audit the classification')
            [CompletionResult]::new('formats', 'formats', [CompletionResultType]::ParameterValue, 'List the log formats, say why a file''s was chosen, or test one of your own')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page, in roff')
            break
        }
        'rca;sources' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'The directory of a case, with its rca.toml')
            [CompletionResult]::new('--case', '--case', [CompletionResultType]::ParameterName, 'The directory of a case, with its rca.toml')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Set a key of rca.toml, such as sources.gw.timezone=+08:00')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Only rows at or after this time: RFC 3339, ''YYYY-MM-DD[ HH:MM[:SS]]'', or -2h before the latest')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Only rows before this time')
            [CompletionResult]::new('--timezone', '--timezone', [CompletionResultType]::ParameterName, 'The zone of times that carry none, such as Asia/Taipei or +08:00')
            [CompletionResult]::new('--where', '--where', [CompletionResultType]::ParameterName, 'Only rows for which this SQL condition holds')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'How many threads read and compute')
            [CompletionResult]::new('--memory', '--memory', [CompletionResultType]::ParameterName, 'How much memory the engine may use before it spills, such as 500MB')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'At most this many rows')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'How the table is written')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How the table is written')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file; its ending chooses the format (.parquet too)')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write to this file; its ending chooses the format (.parquet too)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto is on a terminal')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Any row or value that cannot be read is an error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes on what was read, unless something was lost')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes on what was read, unless something was lost')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'Exit with 1 if there is any row')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rca;schema' {
            [CompletionResult]::new('--table', '--table', [CompletionResultType]::ParameterName, 'Only this table')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'The directory of a case, with its rca.toml')
            [CompletionResult]::new('--case', '--case', [CompletionResultType]::ParameterName, 'The directory of a case, with its rca.toml')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Set a key of rca.toml, such as sources.gw.timezone=+08:00')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Only rows at or after this time: RFC 3339, ''YYYY-MM-DD[ HH:MM[:SS]]'', or -2h before the latest')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Only rows before this time')
            [CompletionResult]::new('--timezone', '--timezone', [CompletionResultType]::ParameterName, 'The zone of times that carry none, such as Asia/Taipei or +08:00')
            [CompletionResult]::new('--where', '--where', [CompletionResultType]::ParameterName, 'Only rows for which this SQL condition holds')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'How many threads read and compute')
            [CompletionResult]::new('--memory', '--memory', [CompletionResultType]::ParameterName, 'How much memory the engine may use before it spills, such as 500MB')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'At most this many rows')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'How the table is written')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How the table is written')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file; its ending chooses the format (.parquet too)')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write to this file; its ending chooses the format (.parquet too)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto is on a terminal')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Any row or value that cannot be read is an error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes on what was read, unless something was lost')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes on what was read, unless something was lost')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'Exit with 1 if there is any row')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rca;query' {
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Read the SQL from this file')
            [CompletionResult]::new('--param', '--param', [CompletionResultType]::ParameterName, 'The value of a parameter $K of the SQL, as text')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'The directory of a case, with its rca.toml')
            [CompletionResult]::new('--case', '--case', [CompletionResultType]::ParameterName, 'The directory of a case, with its rca.toml')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Set a key of rca.toml, such as sources.gw.timezone=+08:00')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Only rows at or after this time: RFC 3339, ''YYYY-MM-DD[ HH:MM[:SS]]'', or -2h before the latest')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Only rows before this time')
            [CompletionResult]::new('--timezone', '--timezone', [CompletionResultType]::ParameterName, 'The zone of times that carry none, such as Asia/Taipei or +08:00')
            [CompletionResult]::new('--where', '--where', [CompletionResultType]::ParameterName, 'Only rows for which this SQL condition holds')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'How many threads read and compute')
            [CompletionResult]::new('--memory', '--memory', [CompletionResultType]::ParameterName, 'How much memory the engine may use before it spills, such as 500MB')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'At most this many rows')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'How the table is written')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How the table is written')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file; its ending chooses the format (.parquet too)')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write to this file; its ending chooses the format (.parquet too)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto is on a terminal')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Any row or value that cannot be read is an error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes on what was read, unless something was lost')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes on what was read, unless something was lost')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'Exit with 1 if there is any row')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rca;timeline' {
            [CompletionResult]::new('--entity', '--entity', [CompletionResultType]::ParameterName, 'Only events of this entity: a column has the value (of this name or one that means the same; a bare number only in columns that identify), or a text has it as a word')
            [CompletionResult]::new('--around', '--around', [CompletionResultType]::ParameterName, 'Only events around this time, and what was running then')
            [CompletionResult]::new('--window', '--window', [CompletionResultType]::ParameterName, 'How far before and after --around')
            [CompletionResult]::new('--level', '--level', [CompletionResultType]::ParameterName, 'Only this level and those above it: trace, debug, info, warn, error, fatal')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Only this source, or this table of it')
            [CompletionResult]::new('--grep', '--grep', [CompletionResultType]::ParameterName, 'Only events whose message fits this regular expression')
            [CompletionResult]::new('--every', '--every', [CompletionResultType]::ParameterName, 'Count events per stretch of this length, by source and level')
            [CompletionResult]::new('--show-zone', '--show-zone', [CompletionResultType]::ParameterName, 'Add a column with the times as clocks of this zone showed them, such as Asia/Taipei')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'The directory of a case, with its rca.toml')
            [CompletionResult]::new('--case', '--case', [CompletionResultType]::ParameterName, 'The directory of a case, with its rca.toml')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Set a key of rca.toml, such as sources.gw.timezone=+08:00')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Only rows at or after this time: RFC 3339, ''YYYY-MM-DD[ HH:MM[:SS]]'', or -2h before the latest')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Only rows before this time')
            [CompletionResult]::new('--timezone', '--timezone', [CompletionResultType]::ParameterName, 'The zone of times that carry none, such as Asia/Taipei or +08:00')
            [CompletionResult]::new('--where', '--where', [CompletionResultType]::ParameterName, 'Only rows for which this SQL condition holds')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'How many threads read and compute')
            [CompletionResult]::new('--memory', '--memory', [CompletionResultType]::ParameterName, 'How much memory the engine may use before it spills, such as 500MB')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'At most this many rows')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'How the table is written')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How the table is written')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file; its ending chooses the format (.parquet too)')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write to this file; its ending chooses the format (.parquet too)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto is on a terminal')
            [CompletionResult]::new('--related', '--related', [CompletionResultType]::ParameterName, 'Follow ids that occur together with the entity, one hop: a test id of that serial, a request id in its log lines')
            [CompletionResult]::new('--collapse', '--collapse', [CompletionResultType]::ParameterName, 'Show equal neighbours (same source, level, code and message but for its numbers) as one row')
            [CompletionResult]::new('--check-clocks', '--check-clocks', [CompletionResultType]::ParameterName, 'Compare the clocks of the sources, by ids that occur in several of them')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Any row or value that cannot be read is an error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes on what was read, unless something was lost')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes on what was read, unless something was lost')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'Exit with 1 if there is any row')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rca;missing' {
            [CompletionResult]::new('--kind', '--kind', [CompletionResultType]::ParameterName, 'Only findings of this kind')
            [CompletionResult]::new('--series', '--series', [CompletionResultType]::ParameterName, 'The columns that tell one series from another')
            [CompletionResult]::new('--every', '--every', [CompletionResultType]::ParameterName, 'How often a row of a series is expected')
            [CompletionResult]::new('--keys', '--keys', [CompletionResultType]::ParameterName, 'Keys that should be in both tables, of several columns as A.COL+COL=B.COL+COL')
            [CompletionResult]::new('--min-share', '--min-share', [CompletionResultType]::ParameterName, 'Only findings where at least this share is missing, 0 to 1')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'The directory of a case, with its rca.toml')
            [CompletionResult]::new('--case', '--case', [CompletionResultType]::ParameterName, 'The directory of a case, with its rca.toml')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Set a key of rca.toml, such as sources.gw.timezone=+08:00')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Only rows at or after this time: RFC 3339, ''YYYY-MM-DD[ HH:MM[:SS]]'', or -2h before the latest')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Only rows before this time')
            [CompletionResult]::new('--timezone', '--timezone', [CompletionResultType]::ParameterName, 'The zone of times that carry none, such as Asia/Taipei or +08:00')
            [CompletionResult]::new('--where', '--where', [CompletionResultType]::ParameterName, 'Only rows for which this SQL condition holds')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'How many threads read and compute')
            [CompletionResult]::new('--memory', '--memory', [CompletionResultType]::ParameterName, 'How much memory the engine may use before it spills, such as 500MB')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'At most this many rows')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'How the table is written')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How the table is written')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file; its ending chooses the format (.parquet too)')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write to this file; its ending chooses the format (.parquet too)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto is on a terminal')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Any row or value that cannot be read is an error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes on what was read, unless something was lost')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes on what was read, unless something was lost')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'Exit with 1 if there is any row')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rca;trace' {
            [CompletionResult]::new('--by', '--by', [CompletionResultType]::ParameterName, 'Divide by the values of these columns, of the first stage that has them')
            [CompletionResult]::new('--entity', '--entity', [CompletionResultType]::ParameterName, 'The way of this entity alone')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'The directory of a case, with its rca.toml')
            [CompletionResult]::new('--case', '--case', [CompletionResultType]::ParameterName, 'The directory of a case, with its rca.toml')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Set a key of rca.toml, such as sources.gw.timezone=+08:00')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Only rows at or after this time: RFC 3339, ''YYYY-MM-DD[ HH:MM[:SS]]'', or -2h before the latest')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Only rows before this time')
            [CompletionResult]::new('--timezone', '--timezone', [CompletionResultType]::ParameterName, 'The zone of times that carry none, such as Asia/Taipei or +08:00')
            [CompletionResult]::new('--where', '--where', [CompletionResultType]::ParameterName, 'Only rows for which this SQL condition holds')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'How many threads read and compute')
            [CompletionResult]::new('--memory', '--memory', [CompletionResultType]::ParameterName, 'How much memory the engine may use before it spills, such as 500MB')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'At most this many rows')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'How the table is written')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How the table is written')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file; its ending chooses the format (.parquet too)')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write to this file; its ending chooses the format (.parquet too)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto is on a terminal')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Any row or value that cannot be read is an error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes on what was read, unless something was lost')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes on what was read, unless something was lost')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'Exit with 1 if there is any row')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rca;errors' {
            [CompletionResult]::new('--code', '--code', [CompletionResultType]::ParameterName, 'Where the code is: a column (error_code, station.tests.error_code), or a regular expression over messages')
            [CompletionResult]::new('--codebook', '--codebook', [CompletionResultType]::ParameterName, 'What the codes mean: a table, or a file')
            [CompletionResult]::new('--baseline', '--baseline', [CompletionResultType]::ParameterName, 'Compare with the errors of this window')
            [CompletionResult]::new('--level', '--level', [CompletionResultType]::ParameterName, 'Rows of this level and above are errors')
            [CompletionResult]::new('--by', '--by', [CompletionResultType]::ParameterName, 'Break down by these columns too')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'The directory of a case, with its rca.toml')
            [CompletionResult]::new('--case', '--case', [CompletionResultType]::ParameterName, 'The directory of a case, with its rca.toml')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Set a key of rca.toml, such as sources.gw.timezone=+08:00')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Only rows at or after this time: RFC 3339, ''YYYY-MM-DD[ HH:MM[:SS]]'', or -2h before the latest')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Only rows before this time')
            [CompletionResult]::new('--timezone', '--timezone', [CompletionResultType]::ParameterName, 'The zone of times that carry none, such as Asia/Taipei or +08:00')
            [CompletionResult]::new('--where', '--where', [CompletionResultType]::ParameterName, 'Only rows for which this SQL condition holds')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'How many threads read and compute')
            [CompletionResult]::new('--memory', '--memory', [CompletionResultType]::ParameterName, 'How much memory the engine may use before it spills, such as 500MB')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'At most this many rows')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'How the table is written')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How the table is written')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file; its ending chooses the format (.parquet too)')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write to this file; its ending chooses the format (.parquet too)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto is on a terminal')
            [CompletionResult]::new('--audit', '--audit', [CompletionResultType]::ParameterName, 'Examine the classification instead')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Any row or value that cannot be read is an error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes on what was read, unless something was lost')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes on what was read, unless something was lost')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'Exit with 1 if there is any row')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rca;formats' {
            [CompletionResult]::new('--explain', '--explain', [CompletionResultType]::ParameterName, 'Say which formats the lines of this file (or of a directory or archive) are of, and which lines none knows')
            [CompletionResult]::new('--test', '--test', [CompletionResultType]::ParameterName, 'Read the sample lines of a format file, or of an rca.toml, with it')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'The directory of a case, with its rca.toml')
            [CompletionResult]::new('--case', '--case', [CompletionResultType]::ParameterName, 'The directory of a case, with its rca.toml')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Set a key of rca.toml, such as sources.gw.timezone=+08:00')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Only rows at or after this time: RFC 3339, ''YYYY-MM-DD[ HH:MM[:SS]]'', or -2h before the latest')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Only rows before this time')
            [CompletionResult]::new('--timezone', '--timezone', [CompletionResultType]::ParameterName, 'The zone of times that carry none, such as Asia/Taipei or +08:00')
            [CompletionResult]::new('--where', '--where', [CompletionResultType]::ParameterName, 'Only rows for which this SQL condition holds')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'How many threads read and compute')
            [CompletionResult]::new('--memory', '--memory', [CompletionResultType]::ParameterName, 'How much memory the engine may use before it spills, such as 500MB')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'At most this many rows')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'How the table is written')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How the table is written')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file; its ending chooses the format (.parquet too)')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write to this file; its ending chooses the format (.parquet too)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: auto is on a terminal')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Any row or value that cannot be read is an error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes on what was read, unless something was lost')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes on what was read, unless something was lost')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'Exit with 1 if there is any row')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rca;completions' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rca;man' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
