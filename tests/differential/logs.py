"""Logs against lnav: how many records, how many of each level, the first time and the last.

Lines are of formats whose levels both programs take from a field, with stack traces and other lines that
belong to the record before. (Where lnav guesses a level from words in a message, rca has none: not compared.)
"""

import json
import os
import random
import shutil
import subprocess
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

import common

WORDS = [
    "queue",
    "full",
    "of",
    "unit",
    "SN240836",
    "took",
    "12.5",
    "ms",
    "{json: 1}",
    "<xml/>",
    "überhitzt",
    "温度",
    "a=b",
    "'q'",
    '"q"',
    "50%",
    "[x]",
    "https://example.com/?a=b",
]
TRACE = [
    "java.io.IOException: broken pipe",
    "\tat com.example.Link.write(Link.java:142)",
    "Caused by: x",
    "    indented",
    "  }",
    "-----",
]
LEVELS = {"warning": "warn", "notice": "info", "critical": "fatal"}
# lnav 0.11 takes no level from TRACE.
LOG4J = {"DEBUG": "debug", "INFO": "info", "WARN": "warn", "ERROR": "error", "FATAL": "fatal"}
APACHE = ["debug", "info", "notice", "warn", "error", "crit", "alert", "emerg"]
GLOG = {"I": "info", "W": "warn", "E": "error", "F": "fatal"}


def message(chance: random.Random) -> str:
    return " ".join(chance.choice(WORDS) for _ in range(chance.randrange(1, 9)))


def log4j(chance: random.Random, at: datetime) -> tuple[str, bool]:
    return (
        f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03} {chance.choice(list(LOG4J)):5} [main-{chance.randrange(9)}] c.f.Forwarder - {message(chance)}",
        True,
    )


def apache(chance: random.Random, at: datetime) -> tuple[str, bool]:
    return f"[{at:%a %b %d %H:%M:%S %Y}] [{chance.choice(APACHE[:5])}] [client 192.0.2.7] {message(chance)}", False


def glog(chance: random.Random, at: datetime) -> tuple[str, bool]:
    return (
        f"{chance.choice(list(GLOG))}{at:%m%d %H:%M:%S.%f} {chance.randrange(1, 9999)} main.cc:{chance.randrange(1, 999)}] {message(chance)}",
        False,
    )


FORMATS = {"log4j": log4j, "apache": apache, "glog": glog}


def theirs(folder: Path, name: str) -> list[dict]:
    question = (
        ";select log_level, count(*) as n, min(log_time) as first, max(log_time) as last from all_logs group by 1"
    )
    done = subprocess.run(
        ["lnav", "-n", "-c", question, "-c", ":write-json-to -", name],
        cwd=folder,
        capture_output=True,
        env={**os.environ, "TZ": "UTC", "HOME": str(folder)},
        timeout=120,
    )
    return json.loads(done.stdout)


def instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    # lnav knows milliseconds.
    return at.replace(tzinfo=timezone.utc, microsecond=at.microsecond // 1000 * 1000)


def trial(seed: int, folder: Path) -> int:
    chance = random.Random(seed)
    form = chance.choice(list(FORMATS))
    at = datetime(2025, chance.randrange(1, 9), chance.randrange(1, 28), tzinfo=timezone.utc)
    lines = []
    for _ in range(chance.choice([5, 60, 2000])):
        at += timedelta(milliseconds=chance.choice([0, 1, 1500, 60_000, 3_000_000]))
        text, may_go_on = FORMATS[form](chance, at)
        lines.append(text)
        if may_go_on and chance.random() < 0.05:
            lines += [chance.choice(TRACE) for _ in range(chance.randrange(1, 6))]
    (folder / "app.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    # The year that lines do not say is the file's.
    os.utime(folder / "app.log", (at.timestamp() + 1, at.timestamp() + 1))

    they = theirs(folder, "app.log")
    ours = common.rows(
        folder, "select level, count(*) as n, min(ts) as first, max(ts) as last from app group by 1", "app.log"
    ).rows
    counts: Counter = Counter()
    for row in they:
        counts[LEVELS.get(row["log_level"], row["log_level"])] += row["n"]
    checks = {
        "levels": (dict(counts), {row["level"]: row["n"] for row in ours}),
        "first": (min(instant(row["first"]) for row in they), min(instant(row["first"]) for row in ours)),
        "last": (max(instant(row["last"]) for row in they), max(instant(row["last"]) for row in ours)),
    }
    for what, (other, own) in checks.items():
        if other != own:
            common.differ(f"{what} ({form})", other, own)
    return len(counts) + 2


if __name__ == "__main__":
    if not shutil.which("lnav"):
        common.skip("no lnav")
    common.main(trial, seeds=30, unit="counts")
