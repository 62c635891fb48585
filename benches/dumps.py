"""Times rca on database dumps against what reads them today: a server they are restored into, and DuckDB's SQLite scanner.

    python3 benches/dumps.py --rca target/release/rca --postgres /usr/lib/postgresql/15/bin --rows 12500000

Makes one table of seven columns, dumps it as a plain script and as a custom archive (1 GiB and 230 MiB for 12.5 million
rows), and the first three million rows as a SQLite database. The server is a private one in the working directory, reached by
a socket alone; initdb does not run as root, so neither does this. `--scanner FILE` is the extension `sqlite_scanner` of
the DuckDB whose command `--duckdb` is; without it that comparison is left out.
"""

import argparse
import datetime
import os
import pathlib
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

from against import unwrapped

STATIONS = "select station, count(*) as n, avg(value) as mean from {} group by station"
SENSORS = ["temp", "pressure", "humidity", "vibration", "current", "voltage", "torque", "speed", "flow", "level", "ph", "weight"]
NOTES = ["checked, all in order", "motor ran hot and was cooled down", "belt adjusted", "reading back to its range"]
SQLITE_ROWS = 3_000_000

TABLE = """
CREATE TABLE events (id bigint, at timestamptz, station text, sensor text, value double precision, code text, note text);
INSERT INTO events SELECT i, '2023-01-01 00:00:00+00'::timestamptz + i * interval '5 seconds',
    'station-' || lpad((h % 40)::text, 2, '0'), (ARRAY[{sensors}])[1 + (h / 40) % 12], ((h / 480) % 1000003) / 1000.0,
    CASE WHEN i % 20 = 0 THEN 'E' || (100 + h % 37) END, (h % 99991) || ' ' || (ARRAY[{notes}])[1 + (h / 7) % 4]
FROM (SELECT i, i * 2654435761 % 4294967296 AS h FROM generate_series(1::bigint, {rows}) AS i) AS numbered;
"""


class Server:
    """A private server, stopped at the end."""

    def __init__(self, programs, place):
        self.programs, self.place = pathlib.Path(programs), place
        self.env = {**os.environ, "PGHOST": str(place), "PGUSER": "postgres", "PGDATABASE": "postgres", "TZ": "UTC"}

    def run(self, program, *words, **more):
        return subprocess.run([self.programs / program, *words], env=self.env, check=True, **more)

    def __enter__(self):
        self.run("initdb", "-D", self.place / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", stdout=subprocess.DEVNULL)
        options = f"-c unix_socket_directories={self.place} -c listen_addresses="
        self.run("pg_ctl", "-D", self.place / "data", "-o", options, "-l", self.place / "log", "-w", "start", stdout=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self.run("pg_ctl", "-D", self.place / "data", "-m", "fast", "stop", stdout=subprocess.DEVNULL)

    def sql(self, database, text):
        return self.run("psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", text, stdout=subprocess.PIPE).stdout


def make(server, place, rows):
    def quoted(words):
        return ", ".join(f"'{word}'" for word in words)

    server.run("createdb", "bench")
    server.sql("bench", TABLE.format(rows=rows, sensors=quoted(SENSORS), notes=quoted(NOTES)))
    server.run("pg_dump", "-f", place / "plain.sql", "bench")
    server.run("pg_dump", "-Fc", "-f", place / "archive.dump", "bench")
    server.run("dropdb", "bench")
    database = sqlite3.connect(place / "three.db")
    database.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, at TEXT, station TEXT, sensor TEXT, value REAL, code TEXT, note TEXT)")
    database.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", (row(i) for i in range(1, min(rows, SQLITE_ROWS) + 1)))
    database.commit()
    database.close()


def row(i):
    h = i * 2654435761 % 4294967296
    at = datetime.datetime(2023, 1, 1) + datetime.timedelta(seconds=5 * i)
    code = f"E{100 + h % 37}" if i % 20 == 0 else None
    note = f"{h % 99991} {NOTES[h // 7 % 4]}"
    return i, str(at), f"station-{h % 40:02}", SENSORS[h // 40 % 12], (h // 480 % 1000003) / 1000, code, note


def restored(server, place):
    """Seconds from the archive to the answer through a server."""
    begun = time.perf_counter()
    server.run("createdb", "bench")
    server.run("pg_restore", "-j2", "-d", "bench", place / "archive.dump")
    server.sql("bench", STATIONS.format("events"))
    seconds = time.perf_counter() - begun
    server.run("dropdb", "bench")
    return seconds


def timed(command, runs):
    def once():
        begun = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - begun

    once()
    return statistics.median(once() for _ in range(runs))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rca", required=True)
    parser.add_argument("--postgres", required=True, help="the folder of initdb, pg_dump and the others")
    parser.add_argument("--rows", type=int, default=12_500_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--duckdb", default="duckdb")
    parser.add_argument("--scanner")
    told = parser.parse_args()
    rca = os.path.abspath(told.rca)
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        with Server(told.postgres, place) as server:
            make(server, place, told.rows)
            server_seconds = restored(server, place)

        def ask(sql, file):
            return [rca, "query", sql, f"d={place / file}", "-f", "csv", "-q"]

        tasks = []
        for file in ("plain.sql", "archive.dump"):
            tasks.append((f"{file}: group by", ask(STATIONS.format("d.events"), file)))
            tasks.append((f"{file}: count(*)", ask("select count(*) from d.events", file)))
        tasks.append(("SQLite: group by", ask(STATIONS.format("d.events"), "three.db")))
        tasks.append(("SQLite: count(*)", ask("select count(*) from d.events", "three.db")))
        if told.scanner:
            duckdb = unwrapped(told.duckdb)
            scan = f"load '{told.scanner}'; set threads = {os.cpu_count()}; "
            table = f"sqlite_scan('{place / 'three.db'}', 'events')"
            tasks.append(("SQLite: group by, sqlite_scanner", [duckdb, "-c", scan + STATIONS.format(table)]))
            tasks.append(("SQLite: count(*), sqlite_scanner", [duckdb, "-c", scan + f"select count(*) from {table}"]))
        print("| Task | Median s | MiB/s of the file |\n|---|---:|---:|")
        for title, command in tasks:
            seconds = timed(command, told.runs)
            size = (place / title.split(":")[0]).stat().st_size if "SQLite" not in title else (place / "three.db").stat().st_size
            print(f"| {title} | {seconds:.3f} | {size / 2**20 / seconds:.0f} |")
        print(f"| createdb, pg_restore -j2, group by | {server_seconds:.2f} | |")


if __name__ == "__main__":
    sys.exit(main())
