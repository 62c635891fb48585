"""SQLite against SQLite itself (Python's `sqlite3`): every value of every table.

Of each seed the same database is read as a file, as a file with its write-ahead log beside it, as the
text of the CLI's `.dump`, and as that of Python's `iterdump`.
"""

import random
import re
import shutil
import sqlite3
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import common

TYPES = [
    "integer",
    "int",
    "bigint",
    "real",
    "double precision",
    "numeric",
    "decimal(10,2)",
    "text",
    "varchar(20)",
    "blob",
    "",
    "boolean",
    "datetime",
    "date",
    "floating point",
    "charint",
    "any",
    "clob",
    "timestamp with time zone",
]
STRINGS = [
    "",
    "x",
    "fan",
    "überhitzt",
    "温度🙂",
    "it's",
    '"q"',
    "a\nb",
    "a\r\nb",
    "\t",
    "1",
    "1.0",
    "-5",
    " 7 ",
    "1e3",
    "0x10",
    "inf",
    "nan",
    "null",
    "NULL",
    ";",
    "--",
    "/* x */",
    "INSERT INTO x VALUES(1);",
    "%s",
    "\\n",
    "\\",
    "char(10)",
    "2025-03-01",
    "X'00'",
]
NAMES = [
    "id",
    "select",
    "with space",
    'quo"te',
    "brack]et",
    "tick`",
    "Grün",
    "order",
    "a.b",
    "semi;colon",
    "new\nline",
    "per%cent",
    "x'y",
]


def text(chance: random.Random) -> str:
    return "".join(chance.choice(STRINGS) for _ in range(chance.randrange(3))) + chance.choice(["", "", "\0tail"])


def real(chance: random.Random) -> float:
    return chance.choice(
        [
            0.0,
            1.5,
            -0.25,
            1e300,
            5e-324,
            float("inf"),
            -float("inf"),
            2.0**53,
            3.0,
            chance.gauss(0, 1e6),
            chance.random(),
            1e15 + 0.5,
        ]
    )


def integer(chance: random.Random) -> int:
    return chance.choice(
        [
            0,
            1,
            -1,
            2**63 - 1,
            -(2**63),
            2**53 + 1,
            chance.randrange(-(10**6), 10**6),
            chance.randrange(10**9, 2 * 10**9),
        ]
    )


def moment(chance: random.Random) -> str:
    return datetime.fromtimestamp(chance.randrange(4 * 10**9), timezone.utc).strftime(
        chance.choice(["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"])
    )


MAKERS = {
    "int": integer,
    "real": real,
    "text": text,
    "blob": lambda c: c.randbytes(c.choice([0, 1, 5, 40])),
    "flag": lambda c: c.randrange(2),
    "moment": moment,
    "small": lambda c: c.randrange(100) / 4,
    "any": lambda c: c.choice([integer, real, text, lambda d: d.randbytes(3), lambda d: None])(c),
    "long": lambda c: c.choice("ab'\n") * c.randrange(1, 20_000),
}


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def build(chance: random.Random, connection: sqlite3.Connection) -> list[str]:
    tables = []
    for number in range(chance.randrange(1, 4)):
        table = chance.choice(NAMES) + str(number)
        tables.append(table)
        names = [f"{chance.choice(NAMES)}{index}" for index in range(chance.randrange(1, 6))]
        makers = [chance.choice(list(MAKERS)) for _ in names]
        columns = [f"{quoted(name)} {chance.choice(TYPES)}" for name in names]
        form = chance.choice(["", "", "key", "without", "generated"])
        if form == "key":
            names, makers, columns = ["key", *names], ["none", *makers], ["key integer primary key", *columns]
        if form == "without":
            names, makers, columns = ["key", *names], ["count", *makers], ["key integer primary key", *columns]
        stored = list(columns)
        if form == "generated":
            stored.insert(
                chance.randrange(len(stored) + 1),
                f"made integer generated always as ({quoted(names[0])} is null) {chance.choice(['virtual', 'stored'])}",
            )
        connection.execute(
            f"create table {quoted(table)} ({', '.join(stored)}){' without rowid' if form == 'without' else ''}"
        )
        nulls = chance.choice([0, 0.2])
        insert = f"insert into {quoted(table)} ({', '.join(map(quoted, names))}) values ({', '.join('?' * len(names))})"
        for row in range(chance.choice([0, 1, 20, 500, 3000]) if "long" not in makers else 20):
            values = [
                (
                    None
                    if maker == "none"
                    else row * 3 if maker == "count" else None if chance.random() < nulls else MAKERS[maker](chance)
                )
                for maker in makers
            ]
            connection.execute(insert, values)
        if chance.random() < 0.3:
            connection.execute(
                f"delete from {quoted(table)} where rowid % 3 = 0"
                if form != "without"
                else f"delete from {quoted(table)} where key % 2 = 0"
            )
        if chance.random() < 0.3:
            connection.execute(f"alter table {quoted(table)} add column late text default 'it''s'")
        if chance.random() < 0.3:
            connection.execute(f"create index {quoted('i' + table)} on {quoted(table)} ({quoted(names[0])})")
            connection.execute(f"create view {quoted('v' + table)} as select * from {quoted(table)}")
    connection.commit()
    return tables


def same(value: object, type_: str, other: object) -> bool:
    """Whether rca's value of a column of that type is what SQLite stores."""
    if other is None:
        return value is None
    if type_ == "VARCHAR":
        if isinstance(other, bytes):
            return value == f"X'{other.hex().upper()}'"
        if isinstance(other, float):
            return isinstance(value, str) and re.search("[.einf]", value) is not None and float(value) == other
        return value == str(other)
    if type_ == "BLOB":
        return isinstance(other, bytes) and value == "\\x" + other.hex()
    if type_ == "BOOLEAN":
        return other in (0, 1) and value is bool(other)
    if type_ == "BIGINT":
        return isinstance(other, int) and value == other
    if type_ == "DOUBLE":
        if value is None:  # JSON has no infinity, which the note says.
            return other in (float("inf"), -float("inf"))
        return isinstance(other, (int, float)) and value == other
    if type_ in ("DATE", "TIMESTAMP") and isinstance(other, str):
        if other == "":
            return value is None
        said, meant = datetime.fromisoformat(str(value)), datetime.fromisoformat(other)
        return said.replace(tzinfo=timezone.utc) == meant.replace(tzinfo=timezone.utc)
    return False


def compare(folder: Path, source: str, truth: dict[str, tuple[list[str], list[tuple]]]) -> int:
    shown = common.types(folder, f"s={source}")
    compared = 0
    for table, (names, expected) in truth.items():
        answer = common.rows(folder, f"select * from s.{quoted(table)}", f"s={source}")
        if re.search(r"\d not readable|replaced", answer.said):
            common.differ(f"coverage of {source} {table!r}", "nothing lost", answer.said)
        if len(answer.rows) != len(expected):
            common.differ(f"rows of {source} {table!r}", len(expected), len(answer.rows))
        if not expected:
            continue
        columns = [name for name in answer.rows[0] if name not in ("_file", "_line")]
        if columns != names:
            common.differ(f"columns of {source} {table!r}", names, columns)
        kinds = [shown[table, name] for name in names]
        for line, (ours, other) in enumerate(zip(answer.rows, expected)):
            for name, kind, value in zip(names, kinds, other):
                compared += 1
                if not same(ours[name], kind, value):
                    common.differ(f"row {line} of {source} {table!r} {name!r} {kind}", value, ours[name])
    return compared


def stored(connection: sqlite3.Connection, table: str, columns: str = "*") -> tuple[list[str], list[tuple]]:
    cursor = connection.execute(f"select {columns} from {quoted(table)}")
    return [column[0] for column in cursor.description], cursor.fetchall()


def plain(connection: sqlite3.Connection, table: str) -> tuple[list[str], list[tuple]]:
    """The columns that are not generated."""
    kept = [row[1] for row in connection.execute(f"pragma table_xinfo({quoted(table)})") if row[6] == 0]
    return stored(connection, table, ", ".join(map(quoted, kept)))


def trial(seed: int, folder: Path) -> int:
    chance = random.Random(seed)
    connection = sqlite3.connect(folder / "live.db")
    connection.execute(f"pragma encoding = '{chance.choice(['UTF-8', 'UTF-8', 'UTF-16le', 'UTF-16be'])}'")
    connection.execute(f"pragma page_size = {chance.choice([512, 4096, 65536])}")
    tables = build(chance, connection)
    truth = {table: stored(connection, table) for table in tables}
    (folder / "whole.db").write_bytes((folder / "live.db").read_bytes())
    compared = compare(folder, "whole.db", truth)

    # A script cannot say a text with a NUL, and holds no generated columns. `iterdump` fails at names with quotes.
    scripts = {table: plain(connection, table) for table in tables}
    if not any(isinstance(value, str) and "\0" in value for _, rows in truth.values() for row in rows for value in row):
        if shutil.which("sqlite3"):
            script = subprocess.run(
                ["sqlite3", "whole.db", ".dump"], cwd=folder, capture_output=True, check=True
            ).stdout
            (folder / "cli.sql").write_bytes(script)
            compared += compare(folder, "cli.sql", scripts)
        try:
            (folder / "python.sql").write_text("\n".join(connection.iterdump()), encoding="utf-8", newline="")
            compared += compare(folder, "python.sql", scripts)
        except sqlite3.Error:
            pass

    # The last changes stand in a write-ahead log that no one has put into the database.
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma wal_autocheckpoint = 0")
    table = tables[0]
    connection.execute(
        f"delete from {quoted(table)} where random() % 3 = 0"
        if chance.random() < 0.5
        else f"create table late{seed} (x)"
    )
    connection.commit()
    for end in ("", "-wal"):
        shutil.copy(folder / f"live.db{end}", folder / f"logged.db{end}")
    truth[table] = stored(connection, table)
    connection.close()
    return compared + compare(folder, "logged.db", truth)


if __name__ == "__main__":
    common.main(trial, seeds=60)
