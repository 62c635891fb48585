"""Times `rca errors` on the results of many tests against plain group-bys of the same rows in DuckDB's command.

    python3 benches/errors.py --rca target/release/rca --rows 100000000

Makes tests of ten million units at sixty stations, one in ten failed with one of two hundred codes, as Parquet and as CSV, in the
order of time. `errors --by station` is timed against the same counts with their first and last times; `errors` against counts by code
with their distinct units. The counts must be the same.
"""

import csv
import io
import statistics
import subprocess

from missing import asked, timed

ROWS = """
SELECT make_timestamp(1740787200000000 + r * 40000::BIGINT + (hash(r) % 30000)::BIGINT) AS ts,
    'ST' || lpad((hash(r * 3) % 60)::VARCHAR, 2, '0') AS station,
    'SN' || (10000000 + hash(r * 7) % 10000000)::VARCHAR AS serial,
    CASE WHEN hash(r * 5) % 10 = 0 THEN 'FAIL' ELSE 'PASS' END AS result,
    CASE WHEN hash(r * 5) % 10 = 0 THEN 'E' || (100 + hash(r * 11) % 200)::VARCHAR END AS error_code,
    round(20 + (hash(r * 13) % 100000) / 1000.0, 3)::DOUBLE AS value
FROM range({rows}) AS a(r)
"""

QUESTIONS = [
    (
        "errors --by station",
        ["--by", "station"],
        "SELECT error_code, station, count(*), min(ts), max(ts) FROM '{file}' WHERE error_code IS NOT NULL GROUP BY ALL",
        2,
    ),
    (
        "errors",
        [],
        "SELECT error_code, count(*), count(DISTINCT serial), min(ts), max(ts) FROM '{file}' WHERE error_code IS NOT NULL GROUP BY ALL",
        1,
    ),
]


def made(folder, duckdb, rows, ending):
    file = folder / f"tests_{rows}.{ending}"
    if not file.exists():
        options = "FORMAT parquet, COMPRESSION zstd" if ending == "parquet" else "FORMAT csv"
        sql = f"SET threads = 1; COPY ({ROWS.format(rows=rows)}) TO '{file}' ({options})"
        subprocess.run([duckdb, "-c", sql], check=True, capture_output=True)
    return file


def counts(printed, at):
    return sorted(int(row[at]) for row in list(csv.reader(io.StringIO(printed)))[1:])


def main():
    said = asked(__doc__, "--rows", 10_000_000)
    print("| File | Rows | Question | rca s | group by s | Ratio | Peak MiB |\n|---|---:|---|---:|---:|---:|---:|")
    for ending in ["parquet", "csv"]:
        file = made(said.data, said.duckdb, said.rows, ending)
        for question, flags, plain, at in QUESTIONS:
            ours, theirs = [], []
            for _ in range(said.runs):
                seconds, peak, printed = timed([said.rca, "errors", str(file), *flags, "--memory", "1GB", "-f", "csv", "-q"])
                ours.append(seconds)
                # DuckDB takes as many threads as there are cores, as rca does.
                seconds, _, expected = timed([said.duckdb, "-csv", "-c", plain.format(file=file)])
                theirs.append(seconds)
                assert counts(printed, 2) == counts(expected, at), "the counts differ"
            ratio = statistics.median(one / other for one, other in zip(ours, theirs))
            medians = f"{statistics.median(ours):.2f} | {statistics.median(theirs):.2f} | {ratio:.2f}"
            print(f"| {ending} | {said.rows:,} | {question} | {medians} | {peak} |", flush=True)


if __name__ == "__main__":
    main()
