"""Writes the evidence files of a simulated shift, all but the MES dump (see mes.py).

Writers return the origins (`file:line`, `station.db#table:rowid`) of what they
wrote for each serial, as `Event` rows; truth.py takes the timelines from them.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import plan
from plan import CADENCE, LOSS, MINUTE, SECOND, iso, local, stream
from shift import Shift


@dataclass
class Event:
    """One trace of a serial: when, in which source and table, and at which place."""

    serial: str
    ts: int
    source: str
    table: str
    origin: str


# ---------------------------------------------------------------- station.db

STATION_SCHEMA = """
CREATE TABLE units(serial TEXT PRIMARY KEY, model TEXT, lot TEXT, station TEXT, started_at TEXT);
CREATE TABLE tests(test_id INTEGER PRIMARY KEY, serial TEXT, station TEXT, started_at TEXT,
  ended_at TEXT, result TEXT, error_code TEXT, message TEXT);
"""


def write_station(shift: Shift, out: Path) -> list[Event]:
    path = out / "station.db"
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript("PRAGMA page_size = 4096; PRAGMA journal_mode = OFF;" + STATION_SCHEMA)
    db.execute("BEGIN")
    db.executemany("INSERT INTO units VALUES (?, ?, ?, ?, ?)", [
        (u.serial, u.model, u.lot, u.station, iso(u.started)) for u in shift.units])
    db.executemany("INSERT INTO tests VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [
        (t.test_id, t.unit.serial, t.unit.station, iso(t.started), iso(t.ended),
         "FAIL" if t.failed else "PASS", t.code, t.message) for t in shift.tests])
    db.execute("COMMIT")
    db.execute("VACUUM")
    db.close()
    events = [Event(u.serial, u.started, "station", "units", f"station.db#units:{row}")
              for row, u in enumerate(shift.units, start=1)]
    events += [Event(t.unit.serial, t.started, "station", "tests", f"station.db#tests:{t.test_id}")
               for t in shift.tests]
    return events


# ---------------------------------------------------------------- telemetry, predictions


def write_telemetry(shift: Shift, out: Path) -> int:
    """The packets that arrived, one file for each station; the number of rows."""
    rows = 0
    for station in plan.STATIONS:
        lines = ["ts,station,sensor,seq,value"]
        lines += [f"{iso(p.ts)},{p.station},{p.sensor},{p.seq},{p.value:.2f}"
                  for p in shift.packets if p.station == station and not p.lost]
        rows += len(lines) - 1
        write_lines(out / "telemetry" / f"{station}.csv", lines)
    return rows


def write_predictions(shift: Shift, out: Path) -> list[Event]:
    lines, events = ["serial,ts,score,predicted,model"], []
    for p in shift.predictions:
        lines.append(f"{p.unit.serial},{iso(p.ts)},{p.score:.4f},{p.predicted},{plan.MODEL_NAME}")
        events.append(Event(p.unit.serial, p.ts, "predictions", "predictions",
                            f"predictions.csv:{len(lines)}"))
    write_lines(out / "predictions.csv", lines)
    return events


# ---------------------------------------------------------------- agent logs


def write_agent_logs(shift: Shift, out: Path) -> tuple[int, list[Event]]:
    """What each station's agent sent and tested; the number of lines, and the events."""
    rows, events = 0, []
    for station in plan.STATIONS:
        rng = stream(shift.seed, f"agent {station}")
        records = [agent_sent(rng, p) for p in shift.packets if p.station == station]
        for test in shift.tests:
            if test.unit.station == station:
                records += [agent_started(rng, test), agent_finished(rng, test)]
        records.sort(key=lambda record: record[0])
        name = f"agent-logs/{station}.jsonl"
        lines = []
        for ts, body in records:
            lines.append(json.dumps({"ts": iso(ts), **body}, separators=(",", ":")))
            if "serial" in body:
                events.append(Event(body["serial"], ts, "agent", "agent", f"{name}:{len(lines)}"))
        rows += len(lines)
        write_lines(out / name, lines)
    return rows, events


def agent_sent(rng, packet) -> tuple[int, dict]:
    return packet.ts + rng.randint(4, 60), {
        "level": "info", "event": "sent", "station": packet.station,
        "sensor": packet.sensor, "seq": packet.seq}


def agent_started(rng, test) -> tuple[int, dict]:
    return test.started + rng.randint(2, 40), {
        "level": "info", "event": "test_started", "station": test.unit.station,
        "serial": test.unit.serial, "msg": "test started"}


def agent_finished(rng, test) -> tuple[int, dict]:
    body = {"level": "error" if test.failed else "info", "event": "test_finished",
            "station": test.unit.station, "serial": test.unit.serial,
            "result": "FAIL" if test.failed else "PASS"}
    if test.failed:
        body["code"] = test.code
    body["msg"] = "test finished"
    return test.ended + rng.randint(2, 40), body


# ---------------------------------------------------------------- gateway logs


@dataclass
class Record:
    """One log record; `trace` are the further lines of a stack trace."""

    ts: int
    level: str
    thread: str
    logger: str
    text: str
    trace: tuple[str, ...] = ()
    serial: str = ""

    def lines(self) -> list[str]:
        head = f"{local(self.ts, ',')} {self.level:<5} [{self.thread}] {self.logger} - {self.text}"
        return [head, *self.trace]


FORWARDER = "c.f.gateway.Forwarder"
GATEWAYS = ("GW-A", "GW-B")


def write_gateway_logs(shift: Shift, out: Path) -> tuple[int, list[Event]]:
    """Three rotated files, the oldest compressed; the number of records, and the events."""
    records = unit_records(shift) + routine_records(shift) + mes_timeouts(shift)
    if shift.planted:
        records += queue_trouble(shift)
    records.sort(key=lambda record: record.ts)
    size = sum(len(line) + 1 for record in records for line in record.lines())
    events: list[Event] = []
    files: dict[str, list[str]] = {"gateway.log.2.gz": [], "gateway.log.1": [], "gateway.log": []}
    names, written = list(files), 0
    for record in records:
        name = names[min(written * 5 // (2 * size), 2)]  # two fifths, two fifths, one fifth
        for number, line in enumerate(record.lines()):
            files[name].append(line)
            written += len(line) + 1
            if number == 0 and record.serial:
                origin = f"gateway-logs/{name}:{len(files[name])}"
                events.append(Event(record.serial, record.ts, "gateway", "gateway", origin))
    for name, lines in files.items():
        write_lines(out / "gateway-logs" / name, lines)
    return len(records), events


def unit_records(shift: Shift) -> list[Record]:
    rng = stream(shift.seed, "gateway units")
    records = []
    for test in shift.tests:
        result = f"FAIL code {test.code or '-'}" if test.failed else "PASS"
        records.append(Record(
            test.ended + rng.randint(180, 1500), "INFO", f"http-{rng.randint(1, 8)}",
            "c.f.gateway.UnitRouter", f"unit {test.unit.serial} result {result} forwarded to MES",
            serial=test.unit.serial))
    return records


def routine_records(shift: Shift) -> list[Record]:
    """Each minute and gateway: a heartbeat, and how many packets were written."""
    rng = stream(shift.seed, "gateway routine")
    arrived = Counter((plan.GATEWAY_OF[p.station], (p.ts - plan.SHIFT_START) // MINUTE)
                      for p in shift.packets if not p.lost)
    records = []
    for minute in range(plan.SLOTS * CADENCE // MINUTE):
        start = plan.SHIFT_START + minute * MINUTE
        for place, gateway in enumerate(GATEWAYS):
            jam = shift.planted and gateway == plan.LOSSY_GATEWAY and LOSS[0] <= start < LOSS[1]
            queue = rng.randint(188, 256) if jam else rng.randint(0, 6)
            records.append(Record(
                start + 20 * SECOND + place * 7 * SECOND + rng.randint(0, 40), "INFO", "sched-1",
                "c.f.gateway.Heartbeat", f"{gateway} alive, queue {queue}, stations 3"))
            records.append(Record(
                start + MINUTE + rng.randint(80, 900), "INFO", f"writer-{place + 1}",
                "c.f.gateway.BatchWriter",
                f"{gateway} batch {minute + 1} written, {arrived[gateway, minute]} packets"))
    return records


def mes_timeouts(shift: Shift) -> list[Record]:
    """Everyday trouble that has nothing to do with the causes."""
    rng = stream(shift.seed, "gateway timeouts")
    trace = (
        "java.net.http.HttpTimeoutException: request timed out",
        "\tat java.net.http/jdk.internal.net.http.HttpClientImpl.send(HttpClientImpl.java:566)",
        "\tat java.net.http/jdk.internal.net.http.HttpClientFacade.send(HttpClientFacade.java:123)",
        "\tat com.factory.gateway.MesClient.post(MesClient.java:74)",
        "\tat com.factory.gateway.UnitRouter.forward(UnitRouter.java:51)",
        "\tat java.base/java.lang.Thread.run(Thread.java:833)",
    )
    return [Record(plan.SHIFT_START + hour * 60 * MINUTE + rng.randint(0, 60 * MINUTE - 1), "WARN",
                   f"http-{rng.randint(1, 8)}", "c.f.gateway.MesClient",
                   "MES did not answer in 2000 ms, attempt 1 of 3", trace) for hour in (0, 3, 6)]


def queue_trouble(shift: Shift) -> list[Record]:
    """Cause 2 as the gateway saw it: its queue was full. No serial, no sequence number."""
    rng = stream(shift.seed, "gateway trouble")
    since, until = LOSS
    records = [
        Record(since + rng.randint(3000, 6000), "WARN", "ingest-3", FORWARDER,
               f"link to {plan.LOSSY_GATEWAY} slow, 97 packets waiting"),
        Record(until + rng.randint(2000, 9000), "INFO", "ingest-3", FORWARDER,
               f"queue drained, 0 packets waiting for {plan.LOSSY_GATEWAY}"),
    ]
    at = since + rng.randint(8, 20) * SECOND
    while at < until:
        thread = f"ingest-{rng.randint(1, 4)}"
        records.append(Record(at, "WARN", thread, FORWARDER,
                              f"queue full, {rng.randint(181, 256)} packets waiting for "
                              f"{plan.LOSSY_GATEWAY}"))
        if rng.random() < 0.3:
            records.append(Record(at + rng.randint(1, 9), "ERROR", thread, FORWARDER,
                                  f"forward to {plan.LOSSY_GATEWAY} rejected",
                                  rejected_trace(rng)))
        at += rng.randint(20 * SECOND, 65 * SECOND) + rng.randint(0, 999)
    return records


def rejected_trace(rng) -> tuple[str, ...]:
    task, pool = f"{rng.getrandbits(32):08x}", f"{rng.getrandbits(32):08x}"
    done = rng.randint(20_000, 90_000)
    return (
        "java.util.concurrent.RejectedExecutionException: Task "
        f"com.factory.gateway.ForwardTask@{task} rejected from "
        f"java.util.concurrent.ThreadPoolExecutor@{pool}[Running, pool size = 4, "
        f"active threads = 4, queued tasks = 256, completed tasks = {done}]",
        "\tat java.base/java.util.concurrent.ThreadPoolExecutor$AbortPolicy.rejectedExecution"
        "(ThreadPoolExecutor.java:2065)",
        "\tat java.base/java.util.concurrent.ThreadPoolExecutor.reject"
        "(ThreadPoolExecutor.java:833)",
        "\tat java.base/java.util.concurrent.ThreadPoolExecutor.execute"
        "(ThreadPoolExecutor.java:1365)",
        "\tat com.factory.gateway.Forwarder.submit(Forwarder.java:118)",
        "\tat com.factory.gateway.Forwarder.accept(Forwarder.java:87)",
        "\tat com.factory.gateway.IngestLoop.run(IngestLoop.java:63)",
        "\tat java.base/java.lang.Thread.run(Thread.java:833)",
        f"Caused by: java.net.SocketTimeoutException: write to {plan.LOSSY_GATEWAY} timed out "
        f"after {rng.randint(5000, 5060)} ms",
        "\tat com.factory.gateway.Link.write(Link.java:142)",
        "\tat com.factory.gateway.ForwardTask.call(ForwardTask.java:39)",
        "\t... 4 more",
    )


# ---------------------------------------------------------------- bytes


def write_lines(path: Path, lines: list[str]) -> None:
    """UTF-8 with a newline after each line; a .gz without name and time in its header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "".join(line + "\n" for line in lines).encode()
    if path.suffix == ".gz":
        with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
            packed.write(data)
    else:
        path.write_bytes(data)
