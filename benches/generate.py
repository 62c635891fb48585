"""Writes the evidence that the comparison benchmark reads.

Owns the shape and the size of the data: a logback log, and one telemetry table told three
times, as CSV, as a plain pg_dump script and as a SQLite file. The same seed and size give the
same bytes of text; what is there already, by `made.json` beside it, is not written again.
"""

import argparse
import json
import os
import random
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

LAYOUT = 1  # Raise when the rows change, so that older data is written anew.
MIB = 1 << 20
BATCH = 5_000
START = datetime(2025, 3, 1, 8)

LOG = "logs/app.log"
JSON_LOG = "json/app.jsonl"
TELEMETRY = ("telemetry.csv", "dump.sql", "telemetry.db")
COLUMNS = ("ts", "station", "sensor", "seq", "value", "status", "note")

LEVELS = {"INFO": 80, "WARN": 12, "ERROR": 6, "DEBUG": 2}
TRACED = 1 / 6  # Of the errors: one record in a hundred carries a stack trace.
LOGGERS = ("com.acme.Service", "com.acme.Gateway", "com.acme.line.Station", "com.acme.db.Pool")
MESSAGES = {
    "INFO": (
        "unit {serial} passed station ST-{station:02d} after {n} ms of testing",
        "batch {n} accepted with {m} units, next is {serial} on this line",
        "request {n} served in {m} ms for client 10.0.{station}.{octet}",
    ),
    "WARN": (
        "unit {serial} is {m} ms late at station ST-{station:02d}, still waiting",
        "queue depth {n} is above its limit of {m}, station ST-{station:02d} slows down",
    ),
    "ERROR": (
        "unit {serial} failed at station ST-{station:02d} with code {m}, retry {octet}",
        "connection {n} to 10.0.{station}.{octet} was lost after {m} ms, giving up",
    ),
    "DEBUG": ("cache holds {n} entries of which {m} are stale, unit {serial} was read last",),
}
TRACE = """java.lang.IllegalStateException: no answer within {m} ms
\tat com.acme.line.Station.await(Station.java:{octet})
\tat com.acme.Service.handle(Service.java:{n})
\tat java.base/java.lang.Thread.run(Thread.java:840)
"""

STATIONS = [f"ST-{i:02d}" for i in range(1, 25)]
SENSORS = ["temp_in", "temp_out", "pressure", "current", "voltage", "torque"]
STATUSES = ["OK"] * 17 + ["LOW", "HIGH", "FAULT"]
NOTES = ["", "", "nominal", "within tolerance", "after recalibration", "operator present",
         "first article", "shift change on line 2", "sampled twice in this cycle"]
COMMA_NOTES = ["out of range, rechecked by hand", "late, see the shift log"]
COMMAS = 0.001

DUMP_HEAD = """--
-- PostgreSQL database dump
--

-- Dumped from database version 16.4
-- Dumped by pg_dump version 16.4

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET row_security = off;

--
-- Name: telemetry; Type: TABLE; Schema: public; Owner: acme
--

CREATE TABLE public.telemetry (
    ts timestamp with time zone,
    station text,
    sensor text,
    seq bigint,
    value double precision,
    status text,
    note text
);


ALTER TABLE public.telemetry OWNER TO acme;

--
-- Data for Name: telemetry; Type: TABLE DATA; Schema: public; Owner: acme
--

COPY public.telemetry (ts, station, sensor, seq, value, status, note) FROM stdin;
"""
DUMP_TAIL = "\\.\n\n\n--\n-- PostgreSQL database dump complete\n--\n\n"


def seconds():
    """The seconds of the evidence's clock, one text after the other."""
    at = START
    while True:
        yield at.strftime("%Y-%m-%d %H:%M:%S")
        at += timedelta(seconds=1)


def log_pool(rng, size=20_000):
    """Log records from their hundredths of a second on, in the shares that the levels have."""
    levels = rng.choices(list(LEVELS), list(LEVELS.values()), k=size)
    return [log_tail(rng, level) for level in levels]


def log_tail(rng, level):
    numbers = {
        "serial": f"SN{rng.randint(1, 60_000):06d}", "station": rng.randint(1, 24),
        "n": rng.randint(100, 99_999), "m": rng.randint(1, 9_999), "octet": rng.randint(1, 254),
    }
    message = rng.choice(MESSAGES[level]).format(**numbers)
    tail = f"{rng.randint(10, 99)} {level:<5} [worker-{rng.randint(1, 8)}] {rng.choice(LOGGERS)} - {message}\n"
    if level == "ERROR" and rng.random() < TRACED:
        tail += TRACE.format(**numbers)
    return tail


def write_log(path, size, seed):
    """Ten records a second until `size` bytes are written."""
    rng = random.Random(f"log {seed}")
    pool, clock, written = log_pool(rng), seconds(), 0
    with open(path, "w", encoding="ascii", newline="") as out:
        while written < size:
            text = "".join([
                f"{second},{slot}{tail}"
                for second, tails in tens(rng, pool, clock)
                for slot, tail in enumerate(tails)
            ])
            out.write(text)
            written += len(text)


def write_json_log(path, size, seed):
    """The same kind of records as objects, one a line, ten a second."""
    rng = random.Random(f"json {seed}")
    clock, written = seconds(), 0
    pool = []
    for tail in log_pool(rng):
        # What a layout's tail has: fraction, level, thread, logger and message.
        head, message = tail.split(" - ", 1)
        fraction, level, thread, logger = head.split(None, 3)
        message, *trace = message.rstrip("\n").split("\n")
        more = {"exception": "\n".join(trace)} if trace else {}
        record = {"level": level, "thread": thread[1:-1], "logger": logger, "msg": message, **more}
        pool.append((fraction, json.dumps(record)[1:]))
    with open(path, "w", encoding="ascii", newline="") as out:
        while written < size:
            text = "".join([
                f'{{"ts": "{second.replace(" ", "T")}.{slot}{fraction}Z", {rest}\n'
                for second, tails in tens(rng, pool, clock)
                for slot, (fraction, rest) in enumerate(tails)
            ])
            out.write(text)
            written += len(text)


def tens(rng, pool, clock):
    """One batch of the pool's members, in tens, each ten with its second."""
    picked = rng.choices(pool, k=BATCH)
    for first in range(0, BATCH, 10):
        yield next(clock), picked[first:first + 10]


def telemetry_pool(rng, size=50_000):
    """Rows without sequence, and of their time only the hundredths."""
    return [(
        f"{rng.randint(1, 9)}+00", rng.choice(STATIONS), rng.choice(SENSORS), round(rng.gauss(50, 15), 4),
        rng.choice(STATUSES), rng.choice(COMMA_NOTES if rng.random() < COMMAS else NOTES),
    ) for _ in range(size)]


def spelled(row):
    """A pool row with its CSV and COPY spellings, each cut where the sequence number goes."""
    _, station, sensor, value, status, note = row
    quoted = f'"{note}"' if "," in note else note
    return (
        row, f",{station},{sensor},", f",{value},{status},{quoted}\n",
        f"\t{station}\t{sensor}\t", f"\t{value}\t{status}\t{note or chr(92) + 'N'}\n",
    )


def batches(seed):
    """Without end, lists of (time, sequence, spelled row): ten rows a second."""
    rng = random.Random(f"telemetry {seed}")
    pool, clock, seq = [spelled(row) for row in telemetry_pool(rng)], seconds(), 0
    while True:
        batch = []
        for second, rows in tens(rng, pool, clock):
            for slot, row in enumerate(rows):
                seq += 1
                batch.append((f"{second}.{slot}{row[0][0]}", seq, row))
        yield batch


def write_telemetry(csv_path, dump_path, db_path, size, seed):
    """The same rows three times, until the CSV has `size` bytes."""
    db = sqlite3.connect(db_path)
    db.executescript(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE telemetry"
        "(ts TEXT, station TEXT, sensor TEXT, seq INTEGER, value REAL, status TEXT, note TEXT);"
    )
    with open(csv_path, "w", encoding="ascii", newline="") as csv, \
            open(dump_path, "w", encoding="ascii", newline="") as dump:
        written = csv.write(",".join(COLUMNS) + "\n")
        dump.write(DUMP_HEAD)
        for batch in batches(seed):
            written += csv.write("".join([f"{t}{r[1]}{n}{r[2]}" for t, n, r in batch]))
            dump.write("".join([f"{t}{r[3]}{n}{r[4]}" for t, n, r in batch]))
            db.executemany("INSERT INTO telemetry VALUES (?,?,?,?,?,?,?)", map(db_row, batch))
            if written >= size:
                break
        dump.write(DUMP_TAIL)
    db.commit()
    db.close()


def db_row(entry):
    at, seq, ((_, station, sensor, value, status, note), *_) = entry
    return at, station, sensor, seq, value, status, note or None


def missing(folder, names, made, stamp):
    """Whether any of `names` is not there as the marker says it was written."""
    def there(name):
        path = folder / name
        return path.is_file() and made.get(name) == {**stamp, "size": path.stat().st_size}
    return not all(map(there, names))


def write_whole(folder, names, write):
    """Writes files under other names first: a broken run leaves nothing that looks finished."""
    parts = [folder / (Path(name).name + ".part") for name in names]
    for part in parts:
        part.unlink(missing_ok=True)
    write(*parts)
    for part, name in zip(parts, names):
        os.replace(part, folder / name)


def generate(folder, mib=256, seed=1):
    """Makes sure that `folder` holds the evidence; returns the names that had to be written."""
    folder = Path(folder)
    for name in (LOG, JSON_LOG):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    marker, size = folder / "made.json", mib * MIB
    made = json.loads(marker.read_text()) if marker.is_file() else {}
    stamp, written = {"layout": LAYOUT, "mib": mib, "seed": seed}, []
    for names, write in (((LOG,), write_log), ((JSON_LOG,), write_json_log), (TELEMETRY, write_telemetry)):
        if missing(folder, names, made, stamp):
            write_whole(folder, names, lambda *parts: write(*parts, size, seed))
            made |= {n: {**stamp, "size": (folder / n).stat().st_size} for n in names}
            marker.write_text(json.dumps(made, indent=1))
            written += names
    return written


def main():
    args = argparse.ArgumentParser(description="Writes the benchmark's evidence.")
    args.add_argument("folder", type=Path)
    args.add_argument("--mib", type=int, default=256, help="size of the log and of the CSV")
    args.add_argument("--seed", type=int, default=1)
    given = args.parse_args()
    for name in generate(given.folder, given.mib, given.seed):
        print(f"{given.folder / name}: {(given.folder / name).stat().st_size / MIB:.1f} MiB")


if __name__ == "__main__":
    main()
