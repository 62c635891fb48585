"""Times `rca compare` of two windows against what one would do by hand: DuckDB's SUMMARIZE of both.

    python3 benches/compare.py --rca target/release/rca --rows 10000000

Makes readings of one day as Parquet, 20 columns, in the order of time. In its last tenth a version is new, twice as many
tests fail, a temperature is higher, ten times as many pressures are null and one in twenty durations is ten times as long:
these five, and nothing else, must be told.
"""

import csv
import io
import statistics
import subprocess

from missing import asked, timed

LATE = "i >= {rows} * 9 // 10"
ROWS = f"""
SELECT TIMESTAMP '2025-03-01' + to_microseconds(i * 86400000000 // {{rows}}) AS ts, i AS seq,
    'ST0' || (1 + hash(i) % 6) AS station,
    CASE WHEN {LATE} AND hash(i * 13) % 10 = 0 THEN 'v2' ELSE 'v1' END AS version,
    CASE WHEN hash(i * 7) % 100 < CASE WHEN {LATE} THEN 6 ELSE 3 END THEN 'FAIL' ELSE 'PASS' END AS result,
    hash(i * 31) % 3 = 0 AS flag, 'lane' || (hash(i * 32) % 9) AS lane,
    {", ".join(f"(hash(i * {17 + at}) % 1000000) / 1000.0 AS a{at}" for at in range(8))},
    (hash(i * 25) % 1000000) / 1000.0 + CASE WHEN {LATE} THEN 200 ELSE 0 END AS temp_c,
    (hash(i * 26) % 1000)::INTEGER AS load,
    CASE WHEN hash(i * 27) % CASE WHEN {LATE} THEN 8 ELSE 80 END > 0 THEN (hash(i * 28) % 1000) / 10.0 END AS pressure,
    exp((hash(i * 29) % 1000) / 200.0) * CASE WHEN {LATE} AND hash(i * 30) % 20 = 0 THEN 10 ELSE 1 END AS duration_ms,
    'k' || (hash(i * 33) % 1000000) AS part_no
FROM range({{rows}}) AS a(i)
"""
MOMENT = "2025-03-01 21:36:00"
TOLD = {"temp_c", "version", "pressure", "duration_ms", "result"}


def main():
    said = asked(__doc__, "--rows", 10_000_000)
    file = said.data / f"compare_{said.rows}.parquet"
    if not file.exists():
        sql = f"SET threads = 1; COPY ({ROWS.format(rows=said.rows)}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)"
        subprocess.run([said.duckdb, "-c", sql], check=True, capture_output=True)
    by_hand = "; ".join(
        f"SUMMARIZE SELECT * FROM '{file}' WHERE ts {which} TIMESTAMP '{MOMENT}'" for which in ("<", ">=")
    )
    ours, theirs = [], []
    for _ in range(said.runs):
        seconds, peak, printed = timed([said.rca, "compare", "--incident", f"{MOMENT}..", str(file), "-f", "csv", "-q"])
        ours.append(seconds)
        told = {row["column_name"] for row in csv.DictReader(io.StringIO(printed))}
        assert told == TOLD, told
        seconds, _, _ = timed([said.duckdb, "-csv", "-c", by_hand])
        theirs.append(seconds)
    ratio = statistics.median(other / one for one, other in zip(ours, theirs))
    print("| Rows | rca compare s | SUMMARIZE of both s | Ratio | Peak MiB |\n|---:|---:|---:|---:|---:|")
    print(f"| {said.rows:,} | {min(ours):.1f} | {min(theirs):.1f} | {ratio:.2f} | {peak} |")


if __name__ == "__main__":
    main()
