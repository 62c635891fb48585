"""Times `rca explain` of one table against what SQL alone would count: all conjunctions of its columns.

    python3 benches/explain.py --rca target/release/rca --rows 10000000

Makes rows of 20 columns with 2 to 1,000 values each, the low ones more frequent, as Parquet. Three causes are planted: a value,
a pair and three together; these, and nothing else, must be told. A GROUP BY CUBE of 20 columns has 1,048,576 grouping sets,
more than DuckDB takes: here it is asked of the columns up to `--cube`, whose sets are then a small part of it.
"""

import csv
import io
import statistics
import subprocess

from missing import asked, timed

VALUES = [2, 3, 5, 8, 10, 20, 30, 50, 80, 100, 150, 200, 300, 400, 500, 600, 700, 800, 900, 1000]
CUBE = 8


def column(at, values):
    number = f"floor({values} * pow(((hash(i * 31 + {at}) >> 11) & 1048575) / 1048576.0, 2))::INTEGER"
    return f"'v' || {number} AS c{at}" if at % 2 == 0 else f"{number} AS c{at}"


ROWS = f"""
SELECT * EXCLUDE (i), CASE WHEN CASE
    WHEN (c3 = 2 AND c7 = 1) OR c4 = 'v5' THEN hash(i * 31 + 77) % 100 < 30
    WHEN c9 = 3 AND c2 = 'v1' AND c1 = 0 THEN hash(i + 5) % 100 < 60
    ELSE hash(i + 5) % 100 < 2 END THEN 'FAIL' ELSE 'ok' END AS outcome
FROM (SELECT i, {", ".join(column(at, values) for at, values in enumerate(VALUES))} FROM range({{rows}}) AS a(i))
"""
TOLD = {"c4 = v5", "c3 = 2 and c7 = 1", "c1 = 0 and c2 = v1 and c9 = 3"}


def main():
    said = asked(__doc__, "--rows", 10_000_000)
    file = said.data / f"explain_{said.rows}.parquet"
    if not file.exists():
        sql = f"SET threads = 1; COPY ({ROWS.format(rows=said.rows)}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)"
        subprocess.run([said.duckdb, "-c", sql], check=True, capture_output=True)
    columns = ", ".join(f"c{at}" for at in range(CUBE))
    cube = (
        f"SELECT count(*) FROM (SELECT {columns}, count(*) AS n, count(*) FILTER (outcome = 'FAIL') AS bad "
        f"FROM '{file}' GROUP BY CUBE ({columns}) HAVING bad > 0)"
    )
    ours, theirs = [], []
    for _ in range(said.runs):
        question = ["--bad", "outcome = 'FAIL'", "--min-support", "0.01", "--order", "3"]
        seconds, peak, printed = timed([said.rca, "explain", *question, str(file), "-f", "csv", "-q"])
        ours.append(seconds)
        told = {row["explanation"] for row in csv.DictReader(io.StringIO(printed))}
        assert told == TOLD, told
        seconds, _, _ = timed([said.duckdb, "-csv", "-c", cube])
        theirs.append(seconds)
    ratio = statistics.median(other / one for one, other in zip(ours, theirs))
    print(f"| Rows | rca explain s | CUBE of {CUBE} columns s | Ratio | Peak MiB |\n|---:|---:|---:|---:|---:|")
    print(f"| {said.rows:,} | {min(ours):.1f} | {min(theirs):.1f} | {ratio:.2f} | {peak} |")


if __name__ == "__main__":
    main()
