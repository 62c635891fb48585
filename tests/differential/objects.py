"""JSON against Python's `json`: every value of every key, in lines, arrays and documents.

Python decides what a value is. rca may show it as the type of its column, as a time if it is text that
says one, or, where a key's values are of several kinds or nested, as its JSON text.
"""

import json
import random
from datetime import datetime, timezone
from pathlib import Path

import common

STRINGS = [
    "",
    "fan",
    "überhitzt",
    "温度",
    "🙂",
    'a"b',
    "back\\slash",
    "tab\t",
    "line\nbreak",
    "nul\0",
    "\u2028",
    "1",
    "1.5",
    "true",
    "null",
    "NaN",
    "{",
    "}",
    "[{",
    "\\u0041",
    "/",
    "\x7f",
    "\ud7ff",
    "\U0010ffff",
    "a,b",
    "'",
]
SPACES = ["", " ", "\n", "\t", "\r\n"]


def string(chance: random.Random) -> str:
    return "".join(chance.choice(STRINGS) for _ in range(chance.randrange(4)))


def integer(chance: random.Random) -> int:
    return chance.choice(
        [
            0,
            1,
            -1,
            2**63 - 1,
            -(2**63),
            2**53 + 1,
            chance.randrange(-(10**9), 10**9),
            chance.randrange(-(10**18), 10**18),
        ]
    )


def real(chance: random.Random) -> float:
    return chance.choice([0.0, -0.0, 0.1, 1e300, 5e-324, 1.0, chance.uniform(-1, 1), chance.gauss(0, 1e20), 2.0**60])


def nested(chance: random.Random, depth: int = 0) -> object:
    kind = chance.randrange(7 if depth < 5 else 5)
    if kind == 5:
        return [nested(chance, depth + 1) for _ in range(chance.randrange(4))]
    if kind == 6:
        return {string(chance): nested(chance, depth + 1) for _ in range(chance.randrange(4))}
    return [None, chance.random() < 0.5, integer(chance), real(chance), string(chance)][kind]


def moment(chance: random.Random) -> str:
    return datetime.fromtimestamp(chance.randrange(4 * 10**9), timezone.utc).strftime(
        chance.choice(["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S"])
    )


def deep(chance: random.Random) -> object:
    value: object = 1
    for _ in range(chance.randrange(90)):
        value = [value] if chance.random() < 0.5 else {"k": value}
    return value


KINDS = {
    "int": (integer, "BIGINT"),
    "real": (real, "DOUBLE"),
    "number": (lambda c: c.choice([integer, real])(c), None),
    "huge": (lambda c: c.randrange(-(10**25), 10**25), "VARCHAR"),
    "bool": (lambda c: c.random() < 0.5, "BOOLEAN"),
    "text": (string, None),
    "time": (moment, "TIMESTAMP"),
    "nested": (lambda c: c.choice([{"a": nested(c)}, [nested(c)]]), "VARCHAR"),
    "mixed": (nested, None),
    "deep": (deep, None),
}


def encoded(chance: random.Random, value: object, ascii_only: bool, spaced: bool) -> str:
    """JSON text of a value, by hand: escapes and blanks as other writers have them."""
    blank = lambda: chance.choice(SPACES[:4] if spaced else [""])
    if isinstance(value, dict):
        pairs = [
            f"{encoded(chance, key, ascii_only, spaced)}{blank()}:{blank()}{encoded(chance, item, ascii_only, spaced)}"
            for key, item in value.items()
        ]
        return "{" + blank() + f"{blank()},{blank()}".join(pairs) + blank() + "}"
    if isinstance(value, list):
        return (
            "["
            + blank()
            + f"{blank()},{blank()}".join(encoded(chance, item, ascii_only, spaced) for item in value)
            + "]"
        )
    if isinstance(value, float) and chance.random() < 0.5:
        return repr(value).replace("e+", chance.choice(["e", "E", "E+"])) if "e" in repr(value) else repr(value) + "0"
    text = json.dumps(value, ensure_ascii=ascii_only)
    if isinstance(value, str) and chance.random() < 0.2:
        text = text.replace("/", "\\/")
    return text


def same(value: object, type_: str, other: object) -> bool:
    """Whether rca's value of a column of that type is Python's."""
    if isinstance(other, bool):
        return value is other if type_ == "BOOLEAN" else value == json.dumps(other)
    if type_ == "BIGINT":
        return not isinstance(other, str) and value == other and type(value) is int
    if type_ == "DOUBLE":
        return not isinstance(other, str) and float(value) == other
    if type_ in ("TIMESTAMP", "DATE"):
        if not isinstance(other, str):
            return False
        said, meant = datetime.fromisoformat(str(value)), datetime.fromisoformat(other)
        return said.replace(tzinfo=timezone.utc) == meant.replace(tzinfo=timezone.utc)
    if isinstance(other, str):
        return value == other
    try:
        return isinstance(value, str) and json.loads(value) == other
    except ValueError:
        return False


def trial(seed: int, folder: Path) -> int:
    chance = random.Random(seed)
    form = chance.choice(["lines", "lines", "array", "concatenated"])
    kinds = [chance.choice(list(KINDS)) for _ in range(chance.randrange(1, 7))]
    keys = [f"k{index}_{kind}" for index, kind in enumerate(kinds)]
    optional = chance.choice([0, 0, 0.3])
    records = []
    for _ in range(chance.choice([1, 3, 30, 500, 3000])):
        row = {
            key: None if chance.random() < optional / 2 else KINDS[kind][0](chance)
            for key, kind in zip(keys, kinds)
            if chance.random() >= optional
        }
        if chance.random() < 0.2:
            row = dict(sorted(row.items(), reverse=True))
        records.append(row)
    records[0] = {key: KINDS[kind][0](chance) for key, kind in zip(keys, kinds)}
    ascii_only, spaced = chance.random() < 0.5, chance.random() < 0.5
    texts = [encoded(chance, row, ascii_only, spaced and form != "lines") for row in records]
    end = chance.choice(["\n", "\r\n"])
    if form == "array":
        blank = chance.choice(SPACES)
        whole = (
            f"{chance.choice(SPACES)}[{blank}"
            + f"{chance.choice(SPACES)},{chance.choice(SPACES)}".join(texts)
            + f"{blank}]{chance.choice(SPACES)}"
        )
    else:
        whole = (end if form == "lines" else chance.choice([end, end, " ", end + end])).join(texts) + chance.choice(
            ["", end]
        )
    encoding = chance.choice(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16"])
    (folder / "t.json").write_bytes(whole.encode(encoding))

    # Python reads the text again: what was written is not taken for what it says.
    decoder, at, read = json.JSONDecoder(), 0, []
    if form == "array":
        read = json.loads(whole)
    else:
        while whole[at:].strip():
            at += len(whole[at:]) - len(whole[at:].lstrip())
            row, at = decoder.raw_decode(whole, at)
            read.append(row)
    shown = common.types(folder, "t.json")
    answer = common.rows(folder, "select * from t", "t.json")
    if "not readable" in answer.said:
        common.differ("coverage", "nothing lost", answer.said)
    if len(answer.rows) != len(read):
        common.differ("rows", len(read), len(answer.rows))
    compared = 0
    names = list(dict.fromkeys(key for row in read for key in row))
    if list(answer.rows[0])[:-2] != names:
        common.differ("keys", names, list(answer.rows[0]))
    for index, (other, ours) in enumerate(zip(read, answer.rows)):
        for key in names:
            value, meant = ours[key], other.get(key)
            compared += 1
            if (value is None) != (meant is None) or meant is not None and not same(value, shown["t", key], meant):
                common.differ(f"row {index} of {key} {shown['t', key]} ({form})", meant, value)
    for key, kind in zip(keys, kinds):
        wanted = KINDS[kind][1]
        if wanted and shown["t", key] != wanted:
            common.differ(f"type of {key}", wanted, shown["t", key])
    return compared


if __name__ == "__main__":
    common.main(trial, seeds=100)
