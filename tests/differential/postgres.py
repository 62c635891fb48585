"""Postgres dumps against the server: every value of every type, from each form that pg_dump writes.

A server of its own is started in a temporary directory (as user `postgres` if run by root). It says each
value as text; what that text means is decided here, by the type that rca reads the column as.
"""

import json
import os
import random
import re
import shutil
import subprocess
import tempfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import common

FORMS = {
    "plain.sql": [],
    "inserts.sql": ["--inserts"],
    "columns.sql": ["--column-inserts", "--rows-per-insert=7"],
    "none.dump": ["-Fc", "-Z0"],
    "fast.dump": ["-Fc", "-Z1"],
    "best.dump": ["-Fc", "-Z9"],
    "inserts.dump": ["-Fc", "--inserts"],
    "dir": ["-Fd"],
    "dir0": ["-Fd", "-Z0"],
    "tar.tar": ["-Ft"],
}
WORDS = [
    "",
    "fan",
    "überhitzt",
    "温度",
    "🙂",
    "tab\there",
    "back\\slash",
    "\\N",
    "\\.",
    "new\nline",
    "cr\r\nlf",
    "it's",
    '"q"',
    "{a,b}",
    "NULL",
    "null",
    ",",
    "(1,2)",
    " lead",
    "trail ",
    "$$",
    "--",
    ";",
    "\x01\x7f",
    "\\t",
    "\\x41",
    "é",
    "E'x'",
    "COPY x FROM stdin;",
]
DAYS = (date(1, 1, 1).toordinal(), date(9999, 12, 31).toordinal())


def words(chance: random.Random) -> str:
    return "".join(chance.choice(WORDS) for _ in range(chance.randrange(4)))


def day(chance: random.Random) -> str:
    return chance.choice(
        [
            "infinity",
            "-infinity",
            "0044-03-15 BC",
            "12025-03-01",
            date.fromordinal(chance.randrange(*DAYS)).isoformat(),
            *["2025-02-%02d" % chance.randrange(1, 29)] * 3,
        ]
    )


def clock(chance: random.Random) -> str:
    return f"{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}" + chance.choice(
        ["", f".{chance.randrange(10**6):06}", ".5"]
    )


def stamp(chance: random.Random) -> str:
    said = day(chance)
    return said if "inf" in said else (said.replace(" BC", "") + f" {clock(chance)}" + (" BC" if "BC" in said else ""))


def zoned(chance: random.Random) -> str:
    said = stamp(chance)
    zone = chance.choice(["+00", "+05:30", "-03:30", "+08", " Asia/Kolkata", ""])
    return said if "inf" in said else said.replace(" BC", "") + zone + (" BC" if "BC" in said else "")


def numeric(chance: random.Random) -> str:
    return chance.choice(
        [
            str(Decimal(chance.randrange(-(10**20), 10**20)).scaleb(-chance.randrange(12))),
            "0",
            "-0.00001",
            f"{chance.uniform(-99, 99):.3f}",
        ]
    )


def floating(chance: random.Random) -> str:
    return chance.choice(
        [
            "NaN",
            "Infinity",
            "-Infinity",
            "-0",
            "1e308",
            "5e-324",
            repr(chance.gauss(0, 1)),
            repr(chance.gauss(0, 1e20)),
            str(chance.randrange(2**60)),
        ]
    )


def array(chance: random.Random, item, quote: bool = True) -> str:
    def one() -> str:
        if chance.random() < 0.2:
            return "NULL"
        text = item(chance)
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' if quote else text

    return "{" + ",".join(one() for _ in range(chance.randrange(5))) + "}"


def document(chance: random.Random) -> str:
    return json.dumps(
        {words(chance).replace("\x01", ""): [chance.randrange(9), None, {"é": words(chance)}]}
        if chance.random() < 0.7
        else chance.choice([1, "x", None, [], 1.5])
    )


def interval(chance: random.Random) -> str:
    parts = [
        f"{chance.randrange(-20, 20)} {unit}"
        for unit in ("years", "mons", "days", "hours", "mins")
        if chance.random() < 0.5
    ]
    return " ".join(parts + [f"{chance.uniform(-99, 99):.6f} secs"])


TYPES = {
    "smallint": lambda c: str(c.randrange(-32768, 32768)),
    "integer": lambda c: str(c.randrange(-(2**31), 2**31)),
    "bigint": lambda c: str(c.choice([2**63 - 1, -(2**63), c.randrange(10**6)])),
    "real": lambda c: c.choice(["NaN", "Infinity", "1.5", "0.1", f"{c.gauss(0, 1e6):.4f}", "3.4e38"]),
    "double precision": floating,
    "numeric": numeric,
    "numeric(12,4)": lambda c: f"{c.uniform(-10**7, 10**7):.4f}",
    "numeric(30,0)": lambda c: str(c.randrange(-(10**29), 10**29)),
    "numeric(5,-2)": lambda c: str(c.randrange(10**6)),
    "decimal(10,2)": lambda c: c.choice(["NaN", "1.50", "-3.25"]),
    "money": lambda c: f"{c.uniform(-10**9, 10**9):.2f}",
    "text": words,
    "varchar(200)": words,
    "char(7)": lambda c: c.choice(["a", "", "  b", "seven77"]),
    '"char"': lambda c: c.choice("abc"),
    "name": lambda c: c.choice(["n", "Ü", "with space"]),
    "bytea": lambda c: "\\x" + c.randbytes(c.randrange(9)).hex(),
    "boolean": lambda c: c.choice("tf"),
    "date": day,
    "timestamp": stamp,
    "timestamp(3)": stamp,
    "timestamptz": zoned,
    "time": clock,
    "timetz": lambda c: clock(c) + c.choice(["+00", "-03:30", "+08"]),
    "interval": interval,
    "uuid": lambda c: "-".join(c.randbytes(n).hex() for n in (4, 2, 2, 2, 6)),
    "inet": lambda c: c.choice(["192.0.2.7", "10.0.0.0/8", "2001:db8::1", "::ffff:1.2.3.4"]),
    "cidr": lambda c: c.choice(["10.0.0.0/8", "2001:db8::/32"]),
    "macaddr": lambda c: "08:00:2b:01:02:%02x" % c.randrange(256),
    "json": document,
    "jsonb": lambda c: document(c).replace("\\u0001", "?"),
    "xml": lambda c: f"<a b='{c.randrange(9)}'>t&lt;{c.choice(['', 'ü', chr(10)])}</a>",
    "bit(5)": lambda c: f"{c.randrange(32):05b}",
    "varbit": lambda c: f"{c.randrange(256):b}",
    "point": lambda c: f"({c.randrange(9)},{c.random():.3f})",
    "int4range": lambda c: c.choice(["[1,5)", "empty", "(,3]", "[2,)"]),
    "numrange": lambda c: c.choice(["[1.5,2.5]", "empty"]),
    "tstzrange": lambda c: c.choice(
        ["[2025-01-01 00:00:00+08,2025-01-02 00:00:00-03:30)", "empty", "[2025-01-01 00:00:00+00,)"]
    ),
    "daterange": lambda c: c.choice(["[2025-01-01,2025-02-01)", "(,2025-01-01)"]),
    "int4multirange": lambda c: c.choice(["{[1,3),[5,7)}", "{}"]),
    "tsvector": lambda c: "'a':1 'cat':3",
    "integer[]": lambda c: array(c, lambda d: str(d.randrange(99)), False),
    "text[]": lambda c: array(c, words),
    "timestamptz[]": lambda c: array(c, lambda d: "2025-01-01 10:00:00" + d.choice(["+00", "+05:30"])),
    "numeric[]": lambda c: array(c, lambda d: f"{d.uniform(0, 9):.2f}", False),
    "bytea[]": lambda c: array(c, lambda d: "\\x00ff"),
    "boolean[]": lambda c: array(c, lambda d: d.choice("tf"), False),
    "mood": lambda c: c.choice(["ok", "it''s bad".replace("''", "'"), "größer"]),
    "positive": lambda c: str(c.randrange(1, 99)),
    "pair": lambda c: f'({c.randrange(9)},"x y")',
    "mood[]": lambda c: array(c, lambda d: d.choice(["ok", "größer"])),
}
SETUP = """
create type mood as enum ('ok', 'it''s bad', 'größer');
create domain positive as integer check (value > 0);
create type pair as (a integer, b text);
"""
SAID = "set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'postgres'; set extra_float_digits = 1; set bytea_output = 'hex';"


class Server:
    """A server of its own on a socket in a directory, gone at the end."""

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        self.home = Path(tempfile.mkdtemp(prefix="rca-pg-"))
        self.as_user: list[str] = []
        if os.getuid() == 0:
            self.as_user = ["runuser", "-u", "postgres", "--"]
            shutil.chown(self.home, "postgres")
        self.run(
            "initdb", "-D", str(self.home / "data"), "-U", "postgres", "-A", "trust", "--no-locale", "-E", "UTF8", "-N"
        )
        self.run(
            "pg_ctl",
            "-D",
            str(self.home / "data"),
            "-w",
            "-l",
            str(self.home / "log"),
            "-o",
            f"-k {self.home} -c listen_addresses= -c fsync=off",
            "start",
        )

    def run(self, program: str, *arguments: str, text: str | None = None) -> str:
        command = [*self.as_user, str(self.programs / program), *arguments]
        # A server that stays keeps the pipes open: its log has what it says.
        out = subprocess.DEVNULL if program == "pg_ctl" else subprocess.PIPE
        done = subprocess.run(
            command,
            input=(text or "").encode(),
            stdout=out,
            stderr=subprocess.STDOUT if program == "pg_ctl" else subprocess.PIPE,
            cwd=self.home,
            env={**os.environ, "LC_ALL": "C.UTF-8", "PGHOST": str(self.home), "PGUSER": "postgres"},
        )
        if done.returncode != 0:
            raise SystemExit(f"{program}: {(done.stderr or b'').decode()}")
        return (done.stdout or b"").decode()

    def sql(self, database: str, text: str) -> str:
        return self.run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", "-", text=text)

    def stop(self) -> None:
        self.run("pg_ctl", "-D", str(self.home / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.home)


def literal(text: str | None) -> str:
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


def built(chance: random.Random) -> tuple[str, list[str]]:
    """The SQL of a database, and its tables."""
    statements, tables = [SETUP], []
    kinds = list(TYPES)
    chance.shuffle(kinds)
    while kinds:
        table = chance.choice(["t", "Order", "with space", 'quo"te', "größe"]) + str(len(tables))
        tables.append(table)
        own, kinds = kinds[:9], kinds[9:]
        columns = [f"c{index}" if chance.random() < 0.7 else f"C {index}" for index in range(len(own))]
        name = '"' + table.replace('"', '""') + '"'
        declared = ["id integer", *(f'"{column}" {kind}' for column, kind in zip(columns, own))]
        form = chance.choice(["", "", "generated", "parts", "dropped"])
        if form == "generated":
            declared.insert(1, "made integer generated always as (id * 2) stored")
        if form == "dropped":
            declared.insert(1, "gone text")
        statements.append(
            f"create table {name} ({', '.join(declared)}){' partition by range (id)' if form == 'parts' else ''};"
        )
        if form == "parts":
            for low, high in ((0, 50), (50, 10**6)):
                statements.append(
                    f'create table "p{len(tables)}_{low}" partition of {name} for values from ({low}) to ({high});'
                )
        if form == "dropped":
            statements.append(f"alter table {name} drop column gone;")
        nulls = chance.choice([0, 0.1])
        for row in range(chance.choice([0, 1, 30, 400])):
            values = [str(row), *(literal(None if chance.random() < nulls else TYPES[kind](chance)) for kind in own)]
            named = ", ".join(["id", *(f'"{column}"' for column in columns)])
            statements.append(f"insert into {name} ({named}) values ({', '.join(values)});")
    return "\n".join(statements), tables


def instant(text: str) -> datetime | str:
    """Of the server's text or rca's; what Python has no instant for stays text, in ISO 8601 with years as astronomers count them."""
    if "infinity" in text:
        return text
    match = re.fullmatch(
        r"([+-]?\d{4,7})-(\d\d)-(\d\d)(?:[ T](\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|[+-]00(?:00)?)?)?( BC)?", text
    )
    if not match:
        raise ValueError(text)
    year = 1 - int(match[1]) if match[5] else int(match[1])
    clock_ = match[4] or "00:00:00"
    whole, _, part = clock_.partition(".")
    return f"{year} {match[2]}-{match[3]} {whole}.{part.ljust(6, '0')}"


def same(value: object, type_: str, other: str | None, item: bool = False) -> bool:
    """Whether rca's value of a column of that type is what the server's text says."""
    if other is None:
        return value is None
    try:
        if type_.endswith("[]"):
            items = parsed(other)
            return isinstance(value, list) and listed(value, type_, items)
        if type_ == "VARCHAR":
            # What fills up character(7) means nothing, and is left out.
            return value == other or len(other) == 7 and value == other.rstrip(" ")
        if type_ == "BOOLEAN":
            return value is (other in ("t", "true"))
        if type_ == "BIGINT":
            return type(value) is int and value == int(other)
        if type_ == "DOUBLE":
            return value is None and not re.search("[0-9]", other) or value is not None and value == float(other)
        if type_.startswith("DECIMAL"):
            return Decimal(str(value)) == Decimal(re.sub("[$,]", "", other))
        if type_ in ("TIMESTAMP", "DATE"):
            return instant(str(value)) == instant(other)
        if type_ == "TIME":
            return str(value).partition(".")[0::2] == (
                other.partition(".")[0],
                other.partition(".")[2] and other.partition(".")[2].ljust(6, "0"),
            )
        if type_ == "UUID":
            return value == other
        if type_ == "BLOB":
            return value == other
        if type_ == "INTERVAL":
            return spans(str(value)) == spans(other)
    except (ValueError, ArithmeticError):
        return False
    return False


def spans(text: str) -> tuple[int, int, int]:
    """Months, days and microseconds of an interval as Postgres writes it, or DuckDB."""
    months = days = micros = 0
    for count, unit in re.findall(r"([+-]?\d+) (year|mon|day)", text):
        months += int(count) * {"year": 12, "mon": 1}.get(unit, 0)
        days += int(count) if unit == "day" else 0
    if match := re.search(r"([+-]?)(\d+):(\d\d):(\d\d)(?:\.(\d+))?", text):
        micros = ((int(match[2]) * 60 + int(match[3])) * 60 + int(match[4])) * 10**6 + int(
            (match[5] or "0").ljust(6, "0")
        )
        micros = -micros if match[1] == "-" else micros
    return months, days, micros


def parsed(text: str) -> list:
    """A one-dimensional array of Postgres as a list of texts."""
    out: list[str | None] = []
    for bare, quoted in re.findall(r'(?:(?<=[{,])([^",{}]+)|"((?:[^"\\]|\\.)*)")(?=[,}])', text, re.S):
        out.append(None if bare == "NULL" else bare if bare else re.sub(r"\\(.)", r"\1", quoted, flags=re.S))
    return out


def listed(value: list, type_: str, items: list) -> bool:
    return len(value) == len(items) and all(same(one, type_[:-2], other, True) for one, other in zip(value, items))


def trial(seed: int, folder: Path) -> int:
    chance = random.Random(seed)
    database = f"d{seed}"
    script, tables = built(chance)
    SERVER.sql(
        "postgres",
        f"drop database if exists {database}; create database {database}; alter database {database} set timezone = '{chance.choice(['UTC', 'Asia/Kolkata', 'America/St_Johns'])}'",
    )
    (folder / "made.sql").write_text(script, encoding="utf-8")
    SERVER.sql(database, script)
    truth = {}
    for table in tables:
        name = '"' + table.replace('"', '""') + '"'
        said = SERVER.sql(
            database,
            f"{SAID} copy (select * from {name} order by id) to stdout with (format csv, header, null '\\N', force_quote *);",
        )
        header, *lines = fields(said)
        truth[table] = (header, lines)
    compared = 0
    for form, options in FORMS.items():
        place = SERVER.home / form
        SERVER.run("pg_dump", *options, "-f", str(place), database)
        if place.is_dir():
            shutil.copytree(place, folder / form, dirs_exist_ok=True)
            shutil.rmtree(place)
        else:
            shutil.move(place, folder / form)
        compared += compare(folder, form, truth)
    SERVER.sql("postgres", f"drop database {database}")
    return compared


def fields(text: str) -> list[list[str | None]]:
    """CSV of the server, where only a NULL has no quotes; `\\N` in quotes is a text."""
    rows, row, at = [], [], 0
    while at < len(text):
        if text[at] == '"':
            end = at + 1
            while True:
                end = text.index('"', end)
                if text[end + 1 : end + 2] != '"':
                    break
                end += 2
            row.append(text[at + 1 : end].replace('""', '"'))
            at = end + 1
        else:
            end = re.compile("[,\n]").search(text, at).start()  # type: ignore[union-attr]
            row.append(None if text[at:end] == "\\N" else text[at:end])
            at = end
        if text[at] == "\n":
            rows.append(row)
            row = []
        at += 1
    return rows


def compare(folder: Path, form: str, truth: dict) -> int:
    shown = common.types(folder, f"d={form}")
    compared = 0
    for table, (names, expected) in truth.items():
        name = '"' + table.replace('"', '""') + '"'
        answer = common.rows(folder, f"select * from d.{name} order by id", f"d={form}")
        if "not readable" in answer.said:
            common.differ(f"coverage of {form} {table!r}", "nothing lost", answer.said)
        if len(answer.rows) != len(expected):
            common.differ(f"rows of {form} {table!r}", len(expected), len(answer.rows))
        if not expected:
            continue
        columns = [column for column in answer.rows[0] if column not in ("_file", "_line")]
        # What is generated is in no dump.
        names = [column for column in names if column != "made" or "made" in columns]
        if columns != names:
            common.differ(f"columns of {form} {table!r}", names, columns)
        for line, (ours, other) in enumerate(zip(answer.rows, expected)):
            for column, value in zip(truth[table][0], other):
                if column not in ours:
                    continue
                kind = shown[table, column]
                compared += 1
                if not same(ours[column], kind, value):
                    common.differ(f"row {line} of {form} {table!r} {column!r} {kind}", value, ours[column])
    return compared


if __name__ == "__main__":
    programs = (
        sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not shutil.which("initdb")
        else [Path(shutil.which("initdb") or "").resolve().parent]
    )
    if not programs or not (programs[-1] / "initdb").exists():
        common.skip("no initdb and pg_dump of PostgreSQL")
    SERVER = Server(programs[-1])
    try:
        common.main(trial, seeds=5)
    finally:
        SERVER.stop()
