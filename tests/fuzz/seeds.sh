#!/bin/sh
# Fills the corpus of each target with fixtures and with a few inputs of the forms that a target takes apart.
set -e
cd "$(dirname "$0")"
seed() { mkdir -p "corpus/$1"; }
called() { echo "${1#../../}" | tr '/' '_'; }
small() { # TARGET FILE…: the first 4 KiB of each
    target=$1; shift; seed "$target"
    for file in "$@"; do [ -f "$file" ] && head -c 4096 "$file" > "corpus/$target/$(called "$file")"; done; :
}
whole() { target=$1; shift; seed "$target"; for file in "$@"; do cp "$file" "corpus/$target/$(called "$file")"; done; }
text() { # TARGET NAME TEXT, as printf has it
    seed "$1"; printf -- "$3" > "corpus/$1/$2"
}
F=../../fixtures
whole archive $F/dumps/*.dump $F/dumps/tar*.tar
small csv $F/readers/*.csv $F/timeline/*.csv $F/errors/*.csv
text csv quotes 'a,b\n"x ""y""\n",2\n\n"open,3\n'
small json $F/readers/*.json $F/readers/*.ndjson
text json document '[{"a": 1, "b": "x"},\n {"a": 2}, 5, {"a": {"c": [1]}}\n]\n'
text json several '{"a":1}\n\n{"a":2},\nnot json\n{"a":'
small log $F/logs/*.log $F/logs/journal.export $F/logs/events.xml $F/logs/messages-20240105 $F/timeline/gateway.log
grep -h '^line = ' ../../src/source/log/formats/*.toml | sed "s/^line = .\(.*\).$/\1/" | split -l 6 - corpus/log/sample-
for file in $F/dumps/*.sql $F/readers/*.sql $F/timeline/*.sql; do small postgres "$file"; small sqlite "$file"; done
text sqlite values "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c REAL);\nINSERT INTO t VALUES(1,'it''s',1.5);\nINSERT INTO t VALUES(2,NULL,-1e3),(3,X'00ff',9e999);\nCOMMIT;\n"
text copy lines '1\tx\t{1.5,NULL}\t2025-03-01 08:00:00+01\t\\\\xff\t1 day\n\\N\ty\\tz\t\\N\tinfinity\t\\N\t-00:00:01\n'
whole sqlite_file $F/readers/*.db
small guard ../../tests/cmd/*.md
text guard condition "a IN (1, 2) AND b = E'it\\\\'s' OR c = \$x\$ ) \$x\$ -- why\n"
text guard question "WITH x AS (SELECT 1) SELECT * FROM x WHERE \"a\" = 'b' /* c */ ;"
small settings ../../examples/*/rca.toml $F/*/rca.toml $F/logs/station.toml
cat ../../src/source/log/formats/syslog.toml | sed 's/^\[\[samples/[[formats.samples/' | (echo '[[formats]]'; cat) > corpus/settings/format
text pattern syslog '13:10:04 gw sshd[42]: a: b\n{ts:%%H:%%M:%%S} {host:word} {program:word}{?[{pid:int}]}: {message}\n{level} {a} - {message}'
text pattern fields 'E x "q" 0xff 200 -1.5 on <11>\n{level} {a:slug} {b:quoted} {c:hex} {d:status} {e:real?} {f:on|off} <{g:priority}>'
small redact $F/logs/*.log
text redact secrets 'Authorization: Bearer abcdefghijklmnop1234 \n from bob@10.1.2.3 at C:\\\\Users\\\\bob\\\\x'
small templates $F/logs/*.log $F/timeline/gateway.log
text values time '2025-03-01T08:00:00.123456+08:00'
text values length '-2h30m'
text values number '1.5e3'
text values size '1.5GiB'
small encoding $F/readers/utf16.csv $F/readers/latin1.csv
text packed gz '\000\000some text of a log\nand more\n'
text packed tar '\005\000one\377two\377three'
text packed zip '\010\000one\377two\377three'
whole packed $F/logs/bundle.zip $F/logs/bundle.tar.gz $F/errors/truncated.log.gz
whole sheets $F/sheets/*.xlsx $F/sheets/*.ods $F/sheets/*.xls $F/sheets/*.xlsb
text sheets parts '<row r="1"><c t="inlineStr"><is><t>a</t></is></c><c t="s"><v>0</v></c></row><row r="2"><c><v>1</v></c><c s="1"><v>45000</v></c></row><row r="4"><c r="B4"><f>1+1</f></c></row>\377<si><t>b</t></si>\377<xf numFmtId="14"/>'
