"""What the differential tests share: how rca is asked, how seeds are run, how a disagreement is said.

A script gives `main` one function: `trial(seed, folder)` writes random evidence of that seed into the
folder, reads it in two ways, and returns how many values it compared. It says what differs by `differ`.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable

SKIPPED = 77  # As automake's tests say it.


class Differs(Exception):
    """rca and the other reader disagree."""


class Answer:
    """What rca printed: the rows as objects, and what it said of them."""

    def __init__(self, done: subprocess.CompletedProcess[bytes]) -> None:
        self.code = done.returncode
        self.said = done.stderr.decode()
        self.rows: list[dict[str, Any]] = []
        if self.code == 0:
            self.rows = [json.loads(line) for line in done.stdout.decode().split("\n") if line]


def rca(folder: Path, *arguments: str) -> Answer:
    """Runs rca in a folder; the answer comes as NDJSON."""
    command = [os.environ["RCA"], *arguments, "--format", "ndjson", "--no-progress"]
    return Answer(subprocess.run(command, cwd=folder, capture_output=True, timeout=300))


def rows(folder: Path, sql: str, *sources: str) -> Answer:
    """The answer to SQL, which must have one."""
    answer = rca(folder, "query", sql, *sources)
    if answer.code != 0:
        raise Differs(f"rca query ends with {answer.code}: {answer.said}")
    return answer


def types(folder: Path, *sources: str) -> dict[tuple[str, str], str]:
    """By table and column, the type that rca reads it as."""
    answer = rca(folder, "schema", *sources)
    if answer.code != 0:
        raise Differs(f"rca schema ends with {answer.code}: {answer.said}")
    return {(row["table_name"], row["column_name"]): row["type"] for row in answer.rows}


def differ(what: str, other: object, ours: object) -> None:
    """Ends the trial: both values are shown, ours last."""
    raise Differs(f"{what}: expected {other!r}, rca has {ours!r}")


def skip(why: str) -> None:
    """Ends the script: what it needs is not here."""
    print(f"{Path(sys.argv[0]).stem}: skipped: {why}")
    sys.exit(SKIPPED)


def main(trial: Callable[[int, Path], int], seeds: int, unit: str = "values") -> None:
    """Runs the seeds asked for and ends with 1 if any of them differs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rca", help="the binary (else $RCA, else `rca` of the path)")
    parser.add_argument("--seeds", type=int, default=seeds, help=f"how many ({seeds})")
    parser.add_argument("--first", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--keep", type=Path, help="write the evidence of each seed into this folder")
    options = parser.parse_args()
    os.environ["RCA"] = options.rca or os.environ.get("RCA", "rca")
    if not shutil.which(os.environ["RCA"]):
        parser.error(f"no `{os.environ['RCA']}`: say where it is with --rca")
    compared, unlike = 0, []
    for seed in range(options.first, options.first + options.seeds):
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            if options.keep:
                folder = options.keep / str(seed)
                folder.mkdir(parents=True, exist_ok=True)
            try:
                compared += trial(seed, folder)
            except Differs as difference:
                unlike.append(seed)
                print(f"seed {seed}: {difference}", flush=True)
    name = Path(sys.argv[0]).stem
    print(f"{name}: {options.seeds} seeds, {compared:,} {unit} compared, {len(unlike)} seeds differ")
    sys.exit(1 if unlike else 0)
