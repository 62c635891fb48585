"""Times rca against DuckDB's CLI, lnav and sqlite3 on the same questions and the same data.

Owns the tasks, the measuring and the judgement of the answers. All tools of a task take turns in
one run, every answer of every run is compared with rca's, and the medians go to stdout as a
Markdown table. Exit codes: 1 when an answer differs or a tool fails, 2 when rca is not there.
"""

import argparse
import csv
import io
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Callable, NamedTuple

GENERATE = Path(__file__).resolve().parent / "generate.py"
PEAK_UNIT = 1 if sys.platform == "darwin" else 1024  # What ru_maxrss counts in.
MIB = 1 << 20
VERSION_RUNS = 20
VERSIONS = {"rca": "--version", "duckdb": "--version", "lnav": "-V", "sqlite3": "--version", "grep": "--version"}

RCA_LEVELS = "select level, count(*) n from logs group by level order by level"
# Any level counts that logback wrote: the lines of stack traces have none.
DUCKDB_LEVELS = r"""
SELECT regexp_extract(line, '^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (\w+)', 1) AS level, count(*) AS n
FROM read_csv('logs/*.log', columns={'line': 'VARCHAR'}, auto_detect=false, header=false,
              delim=chr(1), quote='', escape='')
WHERE level <> '' GROUP BY level ORDER BY level"""
# lnav's java_log does not know logback's default layout: the records are in generic_log.
LNAV_LEVELS = ";SELECT log_level, count(*) AS n FROM all_logs GROUP BY log_level ORDER BY log_level"
# A format that only a regular expression says, and the same expression in DuckDB.
LINE = r"^(?P<ts>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) +(?P<level>\w+) +\[(?P<thread>[^\]]+)\] (?P<logger>\S+) - (?P<message>.*)$"
RCA_REGEX = f"""
[[formats]]
name = "expression"
time = "%Y-%m-%d %H:%M:%S,%3f"
regex = '{LINE}'
[sources.logs]
path = "logs"
format = "expression"
"""
DUCKDB_REGEX = f"""
SELECT r.level, count(*) AS n FROM (
  SELECT regexp_extract(line, '{LINE}', ['ts', 'level', 'thread', 'logger', 'message']) AS r
  FROM read_csv('logs/*.log', columns={{'line': 'VARCHAR'}}, auto_detect=false, header=false,
                delim=chr(1), quote='', escape=''))
WHERE r.level <> '' GROUP BY ALL ORDER BY ALL"""
DUCKDB_JSON = "SELECT level, count(*) n FROM read_json('json/app.jsonl', format='newline_delimited') GROUP BY level"
UNIT = "SN059138"
STATIONS = "select station, count(*) n, sum(seq) s from {} group by station order by station"


class Task(NamedTuple):
    """One question, and how each tool is asked it. Commands run in the data's directory."""
    title: str
    commands: dict[str, list[str]]
    answer: Callable[[str], list]
    runs: int


class Run(NamedTuple):
    seconds: float
    peak: float
    code: int
    out: str
    err: str


class Failed(Exception):
    """A tool that ended with an error, or that answered nothing."""


def tasks(data, tools, runs):
    """The tasks, with the commands of the tools that are installed."""
    def rca(sql, *sources):
        return ["rca", "query", sql, *sources, "-f", "csv"]

    def duckdb(sql):
        return ["duckdb", "-csv", "-c", sql]

    lnav = ["lnav", "-n", "-q", "-c", LNAV_LEVELS, "-c", ":write-csv-to -", "logs"]
    sqlite = ["sqlite3", "-readonly", "-csv", "-header", "telemetry.db", STATIONS.format("telemetry")]
    from_csv = duckdb(STATIONS.format("'telemetry.csv'"))
    asked = (
        ("log: count by level", levels,
         [rca(RCA_LEVELS, str(data / "logs")), duckdb(DUCKDB_LEVELS), lnav]),
        ("log: count by level, the same regular expression", levels,
         [["rca", "query", RCA_LEVELS, "-C", str(data), "-f", "csv"], duckdb(DUCKDB_REGEX)]),
        ("log: records of one unit", count,
         [["rca", "timeline", "--entity", UNIT, str(data / "logs"), "-f", "csv"],
          ["grep", "-c", UNIT, "logs/app.log"]]),
        ("JSON log: count by level", levels,
         [rca(RCA_LEVELS.replace("logs", "json"), str(data / "json")), duckdb(DUCKDB_JSON)]),
        ("CSV: group by", cells,
         [rca(STATIONS.format("telemetry"), str(data / "telemetry.csv")), from_csv]),
        ("pg_dump: group by (DuckDB: the CSV)", cells,
         [rca(STATIONS.format("dump.telemetry"), str(data / "dump.sql")), from_csv]),
        ("SQLite: group by", cells,
         [rca(STATIONS.format("t.telemetry"), f"t={data / 'telemetry.db'}"), sqlite]),
    )
    for title, answer, commands in asked:
        installed = {c[0]: [tools[c[0]], *c[1:]] for c in commands if c[0] in tools}
        yield Task(title, installed, answer, runs)
    yield Task("start: rca --version", {"rca": [tools["rca"], "--version"]}, str.split, VERSION_RUNS)


def cells(text):
    """The rows of a CSV answer without its header, in an order of their own."""
    return sorted([tuple(map(cell, row)) for row in csv.reader(io.StringIO(text)) if row][1:])


def cell(text):
    """Numbers by value: 12, 12.0 and 1.2e1 are the same."""
    try:
        return format(Decimal(text).normalize(), "f")
    except InvalidOperation:
        return text


def count(text):
    """A number, or how many rows an answer has."""
    text = text.strip()
    return [int(text) if text.isdigit() else len(text.splitlines()) - 1]


def levels(text):
    """Rows of (level, count); lnav says `warning` for WARN."""
    named = [(level.upper(), *rest) for level, *rest in cells(text)]
    return sorted(("WARN" if level == "WARNING" else level, *rest) for level, *rest in named)


def timed(command, data, env):
    """Runs a command to its end: its wall clock time, its peak memory and what it said."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=data, env=env)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        said = [(file.seek(0), file.read().decode(errors="replace"))[1] for file in (out, err)]
    return Run(seconds, usage.ru_maxrss * PEAK_UNIT / MIB, child.returncode, *said)


def measure(task, data, env):
    """One round to warm up, then the task's rounds, each tool once a round.

    Returns the runs that count, by tool, and the tools whose answers are not rca's.
    """
    runs, wrong, expected = {tool: [] for tool in task.commands}, {}, None
    print(f"{task.title}: {task.runs} rounds", file=sys.stderr)
    for turn in range(task.runs + 1):
        for tool, command in task.commands.items():
            run = timed(command, data, env)
            answer = task.answer(run.out) if run.code == 0 else None
            if not answer:
                raise Failed(f"{task.title}: {tool} ended with {run.code}: {run.err.strip()[:2000]}")
            expected = expected or answer
            if answer != expected:
                wrong[tool] = (answer, expected)
            if turn:
                runs[tool].append(run)
    return runs, wrong


def rows(task, runs, floor):
    """The task's lines in the table."""
    base = statistics.median(run.seconds for run in runs["rca"])
    for tool, measured in runs.items():
        seconds = statistics.median(run.seconds for run in measured)
        peak = max(run.peak for run in measured)
        peak = f"{peak:.0f}" if peak > floor else f"≤ {floor:.0f}"
        yield f"| {task.title} | {tool} | {seconds:.3f} | {seconds / base:.2f} | {peak} |"


def find_tools(rca):
    """The paths of the tools that are there, by name."""
    found = {"rca": shutil.which(rca)} | {tool: shutil.which(tool) for tool in VERSIONS if tool != "rca"}
    if found["duckdb"]:
        found["duckdb"] = unwrapped(found["duckdb"])
    return {tool: os.path.abspath(path) for tool, path in found.items() if path}


def unwrapped(duckdb):
    """The executable behind PyPI's `duckdb` command, whose Python start must not be timed."""
    ask = [duckdb, "-c", ".shell readlink /proc/$PPID/exe"]
    said = subprocess.run(ask, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout.strip()
    if os.access(said, os.X_OK) and Path(said).is_file():
        return said
    print("duckdb: its times include those of a wrapper, if it has one", file=sys.stderr)
    return duckdb


def heading(data, tools, env):
    """What was measured on, and with what: the line before the table."""
    def version(tool):
        said = timed([tools[tool], VERSIONS[tool]], data, env).out.split()
        number = next((word for word in said if word.lstrip("v")[:1].isdigit()), "of no known version")
        return f"{tool} {number.lstrip('v')}"

    def size(name):
        return f"{name} {sum(f.stat().st_size for f in data.glob(name)) / MIB:.0f} MiB"

    names = ("logs/app.log", "telemetry.csv", "dump.sql", "telemetry.db")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{', '.join(map(size, names))}; {cores} cores; {', '.join(map(version, tools))}"


def compare(data, tools, runs, env):
    """Prints the table as it comes to be; returns what went wrong, to be told below it."""
    print(heading(data, tools, env))
    print(f"\nMedian of {runs} runs ({VERSION_RUNS} of the start), page cache warm; the highest peak.\n")
    print("| Task | Tool | Median s | Ratio to rca | Peak MiB |\n|---|---|---:|---:|---:|")
    troubles = []
    for task in tasks(data, tools, runs):
        try:
            measured, wrong = measure(task, data, env)
        except Failed as failed:
            troubles.append(f"*** FAILED *** {failed}")
            continue
        # A child inherits at its start the peak of the process that forked it: this one's.
        floor = timed([shutil.which("true")], data, env).peak
        print("\n".join(rows(task, measured, floor)), flush=True)
        for tool, (answer, expected) in wrong.items():
            troubles.append(f"*** MISMATCH *** {task.title}\n  {tool}: {answer}\n  rca first: {expected}")
    return troubles


def main():
    args = argparse.ArgumentParser(description="Compares rca with other tools.")
    args.add_argument("--rca", required=True, help="the rca to measure")
    args.add_argument("--mib", type=int, default=256, help="size of the data, each file")
    args.add_argument("--runs", type=int, default=5)
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--data", type=Path, help="where the data is, or is to be written")
    given = args.parse_args()
    tools = find_tools(given.rca)
    if "rca" not in tools:
        print(f"{given.rca} is not there, or cannot be run", file=sys.stderr)
        return 2
    data = (given.data or Path(tempfile.gettempdir(), f"rca-against-{given.mib}")).resolve()
    (data / "logs").mkdir(parents=True, exist_ok=True)
    (data / "rca.toml").write_text(RCA_REGEX)
    # In a process of its own, which takes its memory with it.
    subprocess.run([sys.executable, GENERATE, data, "--mib", str(given.mib), "--seed",
                    str(given.seed)], check=True, stdout=sys.stderr)
    for tool in sorted(VERSIONS.keys() - tools.keys()):
        print(f"{tool} is not installed: skipped\n")
    with tempfile.TemporaryDirectory(prefix="rca-against-home-") as home:
        env = {k: v for k, v in os.environ.items() if not k.startswith("XDG_")}
        troubles = compare(data, tools, max(given.runs, 1), {**env, "HOME": home, "TMPDIR": home})
    for trouble in troubles:
        print(f"\n{trouble}")
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
