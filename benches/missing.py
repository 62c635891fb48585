"""Times `rca missing` on telemetry of many series against a plain group-by of the same rows in DuckDB's command.

    python3 benches/missing.py --rca target/release/rca --rounds 2500

Makes 40,000 series (4,000 stations of ten sensors) of as many rows as there are rounds, one every 30 seconds give or take a
hundredth, in the order of time, as Parquet and as CSV: 2,500 rounds are 100 million rows, 450 MiB and 4.9 GiB. Fifty of the
series are silent and numbered on for an hour, fifty lose a tenth of their rows in the second half: both must be found.
"""

import argparse
import csv
import io
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time

ROWS = """
SELECT 'ST' || lpad((s // 10)::VARCHAR, 4, '0') AS station,
    ['temp_c', 'current_a', 'voltage', 'rpm', 'pressure', 'humidity', 'vib_x', 'vib_y', 'vib_z', 'flow'][1 + s % 10] AS sensor,
    make_timestamp(1740787200000000 + r * 30000000::BIGINT + s * 731 + (hash(r * 40000 + s) % 300000)::BIGINT) AS ts,
    r::BIGINT + 17 AS seq,
    round(20 + (hash(s * 7 + r * 31) % 100000) / 1000.0, 3)::DOUBLE AS value
FROM range({rounds}) AS a(r), range(40000) AS b(s)
WHERE NOT (s % 800 = 3 AND r BETWEEN {rounds} // 3 AND {rounds} // 3 + 72)
    AND NOT (s % 800 = 5 AND r > {rounds} // 2 AND hash(r * s) % 10 = 0)
"""

PLAIN = "SELECT station, sensor, count(*), min(ts), max(ts), min(seq), max(seq), min(value), max(value) FROM '{file}' GROUP BY ALL"


def timed(command):
    """Seconds, resident memory at most in MiB of all children so far, and what it printed."""
    began = time.perf_counter()
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, printed


def made(folder, duckdb, rounds, ending):
    file = folder / f"telemetry_{rounds}.{ending}"
    if not file.exists():
        options = "FORMAT parquet, COMPRESSION zstd" if ending == "parquet" else "FORMAT csv"
        rows = ROWS.format(rounds=rounds)
        subprocess.run([duckdb, "-c", f"SET threads = 1; COPY ({rows}) TO '{file}' ({options})"], check=True, capture_output=True)
    return file


def concerned(printed):
    """How many series the findings name, those that are folded counted one by one."""
    count = 0
    for row in csv.DictReader(io.StringIO(printed)):
        first = row["detail"].split(" series alike")[0]
        count += int(first) if first.isdigit() else 1
    return count


def asked(doc, size, default):
    """What the command line says: how much data to make, and what to time it with."""
    arguments = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rca", required=True)
    arguments.add_argument("--duckdb", default="duckdb")
    arguments.add_argument(size, type=int, default=default)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--data", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "rca-bench")
    said = arguments.parse_args()
    said.data.mkdir(parents=True, exist_ok=True)
    return said


def main():
    said = asked(__doc__, "--rounds", 500)
    print("| File | Rows | rca missing s | group by s | Ratio | Peak MiB |\n|---|---:|---:|---:|---:|---:|")
    for ending in ["parquet", "csv"]:
        file = made(said.data, said.duckdb, said.rounds, ending)
        ours, plain = [], []
        for _ in range(said.runs):
            seconds, peak, printed = timed([said.rca, "missing", str(file), "--memory", "1GB", "-f", "csv", "-q"])
            assert concerned(printed) >= 100, "a hundred series were planted"
            ours.append(seconds)
            # DuckDB takes as many threads as there are cores, as rca does.
            plain.append(timed([said.duckdb, "-csv", "-c", PLAIN.format(file=file)])[0])
        ratio = statistics.median(one / other for one, other in zip(ours, plain))
        rows = said.rounds * 40_000
        print(f"| {ending} | {rows:,} | {statistics.median(ours):.2f} | {statistics.median(plain):.2f} | {ratio:.2f} | {peak} |")


if __name__ == "__main__":
    main()
