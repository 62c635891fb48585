"""CSV against Python's `csv`: every cell, whatever the delimiter, quotes, line ends, encoding and types.

Python reads the fields as text. Each is then compared by the type that rca reads its column as; a NULL
must be a field without a value, or counted by rca as one that does not fit.
"""

import csv
import io
import random
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import common

WORDS = [
    "fan",
    "psu rail",
    "überhitzt",
    "温度",
    "a\tb",
    "x;y",
    "1|2",
    'q"q',
    '"',
    "'",
    "line\nbreak",
    "cr\r\nlf",
    " lead",
    "trail ",
    "🙂",
    "é",
    "\\N",
    "NULL",
    "-",
    "0x1f",
    "1_000",
    "+5",
    "007",
    "1e5x",
    "#",
    "--",
    "a=b",
    "\\",
    '\\"',
    "N/A",
    ",",
    "true?",
]
LATIN = ["fan", "Größe", "é,è", "naïve", "ç;ñ", '"ß"', "plain"]
NULLS = {"", "NA", "N/A", "n/a", "NULL", "null", "None", "none", "nil", "-", "?", "\\N", "NaN", "nan", "#N/A"}
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def moment(chance: random.Random) -> datetime:
    micros = chance.choice([0, 0, chance.randrange(1000) * 1000, chance.randrange(1_000_000)])
    return EPOCH + timedelta(seconds=chance.randrange(0, 4_000_000_000), microseconds=micros)


def iso(chance: random.Random) -> str:
    text = moment(chance).replace(tzinfo=None).isoformat(chance.choice(["T", " "]))
    return text + chance.choice(["", "Z", "+00:00", "+05:30", "-0800", "+01"])


def number(chance: random.Random) -> str:
    value = chance.choice(
        [chance.uniform(-1e3, 1e3), chance.gauss(0, 1e12), chance.random() * 1e-9, float(chance.randrange(100))]
    )
    return chance.choice([repr(value), f"{value:.3f}", f"{value:.6e}", f"{value:.0f}", repr(value).replace("e", "E")])


def integer(chance: random.Random) -> str:
    return str(
        chance.choice(
            [0, 1, -1, 2**63 - 1, -(2**63), chance.randrange(-(10**6), 10**6), chance.randrange(-(10**18), 10**18)]
        )
    )


def text(chance: random.Random) -> str:
    return "".join(chance.choice(WORDS) for _ in range(chance.randrange(1, 4)))


# What a column may hold, and the type that must be found for it.
KINDS = {
    "int": (integer, "BIGINT"),
    "float": (number, "DOUBLE"),
    "comma": (lambda c: f"{c.uniform(-1e4, 1e4):.2f}".replace(".", ","), "DOUBLE"),
    "bool": (lambda c: c.choice(["true", "false", "True", "FALSE"]), "BOOLEAN"),
    "date": (lambda c: moment(c).date().isoformat(), "DATE"),
    "time": (iso, "TIMESTAMP"),
    "dayfirst": (lambda c: moment(c).strftime(c.choice(["%d/%m/%Y", "%d.%m.%Y %H:%M:%S"])), None),
    "text": (text, "VARCHAR"),
    "latin": (lambda c: c.choice(LATIN), "VARCHAR"),
    "mixed": (lambda c: c.choice([integer, number, iso, text])(c), None),
    "huge": (lambda c: str(c.randrange(10**18, 10**25)), None),
    # Values that do not fit are NULL and counted, but only if no sample showed one.
    "late": (lambda c: integer(c) if c.random() > 0.00005 else c.choice(WORDS), None),
    "wide": (lambda c: c.choice('abc,"é') * c.randrange(1, 70_000), "VARCHAR"),
}


def same(text: str, kind: str, value: object, day_first: bool | None) -> bool:
    """Whether a value is what the text says, read as that type."""
    if kind == "VARCHAR":
        return value == text
    text = text.strip()
    try:
        if kind == "BIGINT":
            return re.fullmatch(r"-?\d+", text) is not None and int(text) == value
        if kind == "DOUBLE":
            said = float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
            return said == (value if not isinstance(value, str) else float(value))
        if kind == "BOOLEAN":
            return text.lower() == str(value).lower()
        if kind == "DATE":
            return str(value) == text
        if kind == "TIMESTAMP":
            said = datetime.fromisoformat(str(value))
            if match := re.fullmatch(r"(\d+)[./-](\d+)[./-](\d{4})(?: (\S+))?", text):
                day, month = (match[1], match[2]) if day_first else (match[2], match[1])
                text = f"{match[3]}-{int(month):02}-{int(day):02}" + (f" {match[4]}" if match[4] else "")
            elif re.fullmatch(r"\d{4}-\d\d-\d\d", text):
                text += " 00:00:00"
            other = datetime.fromisoformat(text)
            return said == (other if other.tzinfo else other.replace(tzinfo=timezone.utc))
    except ValueError:
        return False
    return False


def written(chance: random.Random, fields: list[str], delimiter: str, style: str) -> str:
    out = []
    for field in fields:
        must = any(mark in field for mark in (delimiter, '"', "\n", "\r"))
        if must or style == "all" or style == "some" and chance.random() < 0.3:
            field = '"' + field.replace('"', '""') + '"'
        out.append(field)
    return delimiter.join(out)


def trial(seed: int, folder: Path) -> int:
    chance = random.Random(seed)
    delimiter = chance.choice([",", ";", "\t", "|"])
    end = chance.choice(["\n", "\n", "\r\n"])
    encoding = chance.choice(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"])
    style = chance.choice(["minimal", "all", "some"])
    header = chance.random() < 0.85
    names = [kind for kind in KINDS if encoding != "cp1252" or kind not in ("text", "mixed", "wide")]
    kinds = [chance.choice(names) for _ in range(chance.randrange(2, 7))]
    # A line may be said to have no header only if a value stands in it, and a number in a column tells of one.
    kinds[0] = "int"
    if delimiter == "|":
        kinds = [kind if kind != "comma" else "float" for kind in kinds]
    nulls = chance.choice([0, 0, 0.2])
    ragged = chance.choice([0, 0, 0, 0.02])
    blank = chance.choice([0, 0, 0.1])
    count = chance.choice([2, 5, 40, 400, 3000]) if "wide" not in kinds else 20
    if chance.random() < 0.04:
        # Too large to be looked at in full before it is read.
        kinds, count, encoding = ["int", "late", "late"], 100_000, "utf-8"
    columns = [f"c{index}_{kind}" for index, kind in enumerate(kinds)]
    lines = [written(chance, columns, delimiter, style)] if header else []
    for _ in range(count):
        fields = [
            chance.choice(["", "", "NA", "null"]) if chance.random() < nulls and index else KINDS[kind][0](chance)
            for index, kind in enumerate(kinds)
        ]
        if chance.random() < ragged:
            fields = fields[:-1] if chance.random() < 0.5 else [*fields, "extra"]
        lines.append(written(chance, fields, delimiter, style))
        if chance.random() < blank:
            lines.append("")
    whole = end.join(lines) + chance.choice(["", end])
    (folder / "t.csv").write_bytes(whole.encode(encoding))

    read = [row for row in csv.reader(io.StringIO(whole, newline=""), delimiter=delimiter) if row]
    body = read[1:] if header else read
    shown = common.types(folder, "t.csv")
    answer = common.rows(folder, "select * from t order by _line", "t.csv")
    names = columns if header else [f"column{index + 1}" for index in range(len(columns))]
    if list(answer.rows[0])[:-2] != names:
        common.differ("columns", names, list(answer.rows[0]))
    if len(answer.rows) != len(body):
        common.differ("rows", len(body), len(answer.rows))
    compared = 0
    for index, (name, kind) in enumerate(zip(names, kinds)):
        type_ = shown["t", name]
        wanted = KINDS[kind][1]
        if wanted and type_ != wanted and nulls == 0 and any(row[index : index + 1] for row in body):
            # A float column may be of whole numbers, a date column of one date.
            if not (kind == "float" and type_ == "BIGINT"):
                common.differ(f"type of {name} (seed {seed})", wanted, type_)
        days = [re.match(r"(\d+)[./-](\d+)[./-]\d{4}", row[index]) for row in body if index < len(row)]
        day_first = any(match and int(match[1]) > 12 for match in days)
        unfit = 0
        for line, (other, ours) in enumerate(zip(body, answer.rows)):
            field = other[index] if index < len(other) else ""
            value = ours[name]
            compared += 1
            if value is None:
                if field.strip() not in NULLS:
                    unfit += 1
                elif type_ == "VARCHAR" and field != "":
                    common.differ(f"row {line} of {name} as text", field, None)
            elif not same(field, type_, value, day_first):
                common.differ(f"row {line} of {name} {type_}", field, value)
        said = re.search(rf"(\d[\d,]*) values? of `{name}` (?:is|are) no", answer.said)
        told = int(said[1].replace(",", "")) if said else 0
        if told != unfit:
            common.differ(f"values of {name} that do not fit {type_}", unfit, f"{told}: {answer.said}")
    uneven = sum(len(row) != len(names) for row in body)
    said = re.search(r"(\d[\d,]*) rows? (?:has|have) another number of fields", answer.said)
    if uneven != (int(said[1].replace(",", "")) if said else 0):
        common.differ("ragged rows", uneven, answer.said)
    return compared


if __name__ == "__main__":
    common.main(trial, seeds=100)
