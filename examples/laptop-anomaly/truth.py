"""Writes truth.toml: what was planted, taken from the simulation, not from the evidence."""

from __future__ import annotations

import json
from collections import Counter
from itertools import groupby
from pathlib import Path

import mes
import plan
from evidence import Event
from plan import iso
from shift import Packet, Shift, Unit


def write_truth(shift: Shift, out: Path, rows: dict[str, int], events: list[Event]) -> None:
    failed = [test for test in shift.tests if test.failed]
    codes = Counter(test.code for test in failed if test.code)
    parts = [
        "# What was planted, exactly. Written by generate.py from its simulation.",
        pairs(seed=shift.seed, planted=shift.planted),
        section("rows", rows),
    ]
    if shift.planted:
        parts.append(silent(shift))
    parts += lost(shift)
    if shift.planted:
        parts += catch_all(failed)
    parts += unlabelled(shift)
    gone = mes.absent(shift)
    parts.append(section("materials", {"absent": len(gone), "serials": gone}))
    parts.append(section("unclassified", {"failures": sum(not test.code for test in failed)}))
    if shift.planted:
        code = plan.UNDOCUMENTED
        parts.append(section("undocumented", {"code": code, "count": codes[code]}))
    unseen = sorted(row[0] for row in mes.error_codes(shift.planted) if not codes[row[0]])
    parts.append(section("never_seen", {"codes": unseen}))
    parts.append("# code = failed test rows\n" + section("codes", dict(sorted(codes.items()))))
    parts.append(model(shift))
    parts += timelines(shift, events)
    (out / "truth.toml").write_text("\n".join(parts), encoding="utf-8", newline="\n")


# ---------------------------------------------------------------- the causes


def silent(shift: Shift) -> str:
    """The one place where the silent series has a longer step than the others."""
    mine = [p for p in shift.packets
            if (p.station, p.sensor) == (plan.SILENT_STATION, plan.SILENT_SENSOR)]
    before = max((p for p in mine if p.ts < sum(plan.SILENCE) // 2), key=lambda p: p.ts)
    after = mine[mine.index(before) + 1]
    return section("silent", {
        "station": plan.SILENT_STATION, "sensor": plan.SILENT_SENSOR,
        "since": iso(before.ts), "until": iso(after.ts),
        "missing": plan.SLOTS - len(mine), "sequence_missing": after.seq - before.seq - 1})


def lost(shift: Shift) -> list[str]:
    """[[lost]] of each series that lost packets, and their total."""
    parts, total = [], 0
    for station in plan.STATIONS:
        for sensor in plan.SENSORS:
            mine = [p for p in shift.packets if (p.station, p.sensor) == (station, sensor)]
            missing = sum(p.lost for p in mine)
            if missing:
                since, until = bounds(mine)
                gaps = sum(gone for gone, _ in groupby(mine, key=lambda p: p.lost))
                parts.append(section("lost", {
                    "station": station, "sensor": sensor, "missing": missing, "gaps": gaps,
                    "since": iso(since.ts), "until": iso(until.ts)}, array=True))
                total += missing
    series = len(parts)
    return parts + [section("lost_total", {"packets": total, "series": series})]


def bounds(series: list[Packet]) -> tuple[Packet, Packet]:
    """The received packets just before the first and just after the last lost one."""
    places = [n for n, packet in enumerate(series) if packet.lost]
    return series[places[0] - 1], series[places[-1] + 1]


def catch_all(failed) -> list[str]:
    hidden = [test for test in failed if test.code == plan.CATCH_ALL]
    templates = Counter(test.unit.template for test in hidden)
    return [
        section("catch_all", {
            "code": plan.CATCH_ALL, "failures": len(hidden),
            "units": len({test.unit.serial for test in hidden}), "templates": len(templates)}),
        section("catch_all.by_template", {name: templates[name] for name in plan.CATCH_ALL_UNITS}),
    ]


def unlabelled(shift: Shift) -> list[str]:
    """Failed units without a row in mes.labels."""
    units = [u for u in shift.units if u.label is None and any(t.failed for t in u.tests)]
    by_code = Counter(u.code for u in units)
    return [section("unlabelled", {"units": len(units)}),
            section("unlabelled.by_code", dict(sorted(by_code.items())))]


def model(shift: Shift) -> str:
    """The validation run, counted over the units with the label faulty."""
    faulty = [p for p in shift.predictions if p.unit.label == "faulty"]
    caught = sum(p.predicted for p in faulty)
    missed = Counter(p.missed_by for p in faulty if not p.predicted)
    untouched = len(faulty) - missed["silence"] - missed["loss"]
    note = ("# faulty = units with the label faulty; recall_without_causes = caught / (faulty -\n"
            "# missed_by_silence - missed_by_loss), the recall on units tested outside the windows\n")
    return note + section("model", {
        "faulty": len(faulty), "caught": caught, "recall": round(caught / len(faulty), 4),
        "missed_by_silence": missed["silence"], "missed_by_loss": missed["loss"],
        "missed_otherwise": missed["otherwise"],
        "recall_without_causes": round(caught / untouched, 4)})


# ---------------------------------------------------------------- timelines


def timelines(shift: Shift, events: list[Event]) -> list[str]:
    """Every event of three serials: `ts | source | table | origin`, in time order."""
    parts = []
    for kind, unit in chosen(shift):
        mine = sorted((e for e in events if e.serial == unit.serial), key=lambda e: e.ts)
        rows = [f"{iso(e.ts)} | {e.source} | {e.table} | {e.origin}" for e in mine]
        parts.append(section("timeline", {"serial": unit.serial, "kind": kind, "events": rows},
                             array=True))
    return parts


def chosen(shift: Shift) -> list[tuple[str, Unit]]:
    """An early good unit, a late one with E101, and one missed through the packet loss."""
    gone = set(mes.absent(shift))
    known = [p for p in shift.predictions if p.unit.serial not in gone]
    good = [p.unit for p in known if p.unit.fate == "good" and not p.predicted]
    hot = [p.unit for p in known
           if p.unit.fate == "faulty" and p.unit.code == "E101" and p.predicted]
    through_loss = [p.unit for p in known if p.missed_by == "loss"]
    picked = [("good", good[len(good) // 5]), ("failed with E101", hot[-1])]
    if through_loss:
        picked.append(("missed through the packet loss", through_loss[len(through_loss) // 2]))
    return picked


# ---------------------------------------------------------------- TOML


def value(item) -> str:
    if isinstance(item, list) and item and " | " in item[0]:
        return "[\n" + "".join(f"  {json.dumps(row)},\n" for row in item) + "]"
    return json.dumps(item)


def pairs(**items) -> str:
    return "".join(f"{key} = {value(item)}\n" for key, item in items.items())


def section(name: str, items: dict, array: bool = False) -> str:
    head = f"[[{name}]]\n" if array else f"[{name}]\n"
    return head + "".join(f"{json.dumps(key) if '.' in key else key} = {value(item)}\n"
                          for key, item in items.items())
