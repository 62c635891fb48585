"""Workbooks against openpyxl: every cell below a header, in `.xlsx`; titles, merged cells, dates, units, several sheets.

openpyxl writes what is random and reads it back; rca's table must hold those cells by their header's names.
"""

import random
from datetime import date, datetime, timedelta
from pathlib import Path

import common

try:
    import openpyxl
except ImportError:
    common.skip("no openpyxl")

WORDS = [
    "fan",
    "psu rail",
    "überhitzt",
    "温度",
    "a, b",
    "line\nbreak",
    "<x>&",
    "'q'",
    "=x".replace("=", "eq "),
    "N7",
    "#1",
]


def moment(chance: random.Random) -> datetime:
    return datetime(1999, 1, 1) + timedelta(seconds=chance.randrange(10**9))


KINDS = {
    "whole": lambda c: c.randrange(-(10**9), 10**9),
    "real": lambda c: round(c.uniform(-(10**4), 10**4), 3) + 0.0005,
    "words": lambda c: c.choice(WORDS) + " " + c.choice(WORDS),
    "flag": lambda c: c.random() < 0.5,
    "day": lambda c: moment(c).date(),
    "at": moment,
    "percent": lambda c: c.randrange(100) / 128,
}
FORMATS = {
    "day": ["yyyy-mm-dd", "dd.mm.yyyy", "m/d/yy"],
    "at": ["yyyy-mm-dd hh:mm:ss", "dd/mm/yyyy hh:mm"],
    "percent": ["0.00%"],
}


def table(chance: random.Random, sheet, row: int, column: int, count: int) -> tuple[list[str], list[list]]:
    kinds = ["whole", *(chance.choice(list(KINDS)) for _ in range(chance.randrange(1, 6)))]
    names = [f"{kind} {index}" for index, kind in enumerate(kinds)]
    nulls = chance.choice([0, 0, 0.15])
    rows = [
        [None if index and chance.random() < nulls else KINDS[kind](chance) for index, kind in enumerate(kinds)]
        for _ in range(count)
    ]
    for index, name in enumerate(names):
        sheet.cell(row, column + index, name)
    for at, values in enumerate(rows):
        for index, value in enumerate(values):
            if value is not None:
                cell = sheet.cell(row + 1 + at, column + index, value)
                if kinds[index] in FORMATS:
                    cell.number_format = FORMATS[kinds[index]][0]
    return names, rows


def same(value: object, other: object) -> bool:
    if other is None or isinstance(other, bool):
        return value is other
    if isinstance(other, (int, float)):
        return not isinstance(value, str) and value == other
    if isinstance(other, datetime):
        return datetime.fromisoformat(str(value)).replace(tzinfo=None) == other
    if isinstance(other, date):
        return str(value)[:10] == str(other)
    return value == other


def trial(seed: int, folder: Path) -> int:
    chance = random.Random(seed)
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number in range(chance.randrange(1, 4)):
        sheet = book.create_sheet(f"sheet{number}")
        row, column = chance.choice([1, 1, 3, 6]), chance.choice([1, 1, 3])
        if row > 1:
            sheet.cell(1, column, f"Report of {chance.choice(WORDS)}")
            if chance.random() < 0.5:
                sheet.merge_cells(start_row=1, start_column=column, end_row=1, end_column=column + 2)
        table(chance, sheet, row, column, chance.choice([2, 30, 300]))
    book.save(folder / "b.xlsx")

    compared = 0
    read = openpyxl.load_workbook(folder / "b.xlsx")
    for sheet in read:
        lines = [list(line) for line in sheet.iter_rows(values_only=True)]
        top = next(at for at, line in enumerate(lines) if "whole 0" in line)
        left = lines[top].index("whole 0")
        names = [name for name in lines[top][left:] if name is not None]
        body = [line[left:] for line in lines[top + 1 :]]
        kinds = [name.split()[0] for name in names]
        answer = common.rows(folder, f'select * from b."{sheet.title}"', "b.xlsx")
        if len(answer.rows) != len(body):
            common.differ(f"rows of {sheet.title}", len(body), f"{len(answer.rows)}: {answer.said}")
        for at, (ours, other) in enumerate(zip(answer.rows, body)):
            for name, kind, value in zip(names, kinds, other):
                compared += 1
                value = value.date() if kind == "day" and isinstance(value, datetime) else value
                if name not in ours or not same(ours[name], value):
                    common.differ(
                        f"row {at} of {sheet.title} {name}", value, ours.get(name, f"no such column: {list(ours)}")
                    )
    return compared


if __name__ == "__main__":
    common.main(trial, seeds=20)
