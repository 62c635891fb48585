"""Packed evidence: what gzip, zstd, bzip2, xz, lz4, tar and zip packed is what was there before.

CSV and JSON lines of `delimited.py` and `objects.py` are packed by other programs, in one member or
several one after the other, and every row must be the one of the plain file.
"""

import bz2
import gzip
import io
import lzma
import random
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import common
import delimited
import objects


def by_program(program: str, data: bytes) -> bytes:
    return subprocess.run([program, "-c", "-q", "-"], input=data, capture_output=True, check=True).stdout


PACKERS = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda data: by_program("zstd", data),
    "lz4": lambda data: by_program("lz4", data),
}
for needed, program in (("zst", "zstd"), ("lz4", "lz4")):
    if not shutil.which(program):
        print(f"without {needed}: no {program}")
        del PACKERS[needed]


def answer(folder: Path, *sources: str) -> list[dict]:
    return common.rows(folder, "select * exclude (_file) from t", *sources).rows


def trial(seed: int, folder: Path) -> int:
    chance = random.Random(seed)
    end, writer = chance.choice([("csv", delimited), ("json", objects)])
    try:
        writer.trial(seed, folder)
    except common.Differs:
        pass  # That is told by the other script.
    plain = folder / f"t.{end}"
    data = plain.read_bytes()
    expected = answer(folder, f"t=t.{end}")
    compared = 0
    cuts = sorted(chance.randrange(len(data) + 1) for _ in range(chance.choice([0, 0, 3])))
    pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)])]

    def compare(name: str, source: str) -> None:
        nonlocal compared
        rows = answer(folder, f"t={source}")
        compared += sum(len(row) for row in rows)
        if rows != expected:
            at = next((at for at, (a, b) in enumerate(zip(expected, rows)) if a != b), "the end")
            common.differ(
                f"{name}, row {at} of {len(expected)}",
                expected[at : at + 1] if isinstance(at, int) else len(expected),
                rows[at : at + 1] if isinstance(at, int) else len(rows),
            )

    for packing, pack in PACKERS.items():
        (folder / f"p.{end}.{packing}").write_bytes(b"".join(map(pack, pieces)))
        compare(packing, f"p.{end}.{packing}")
    for mode in ("w", "w:gz", "w:xz", "w:bz2"):
        name = "b.tar" + mode[1:].replace(":", ".")
        with tarfile.open(
            folder / name, mode, format=chance.choice([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
        ) as bundle:
            for member, content in (
                ("a/" + "d" * chance.choice([1, 60]) + f"/t.{end}", data),
                ("readme.txt", b"no evidence\n"),
            ):
                about = tarfile.TarInfo(member)
                about.size = len(content)
                bundle.addfile(about, io.BytesIO(content))
            inside = bundle.getnames()[0]
        compare(name, f"{name}/{inside}")
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(folder / "b.zip", "w", method) as bundle:
            bundle.writestr(f"in/t.{end}", data)
            bundle.writestr("other.bin", b"\0\1")
        compare(f"zip {method}", f"b.zip/in/t.{end}")
    return compared


if __name__ == "__main__":
    common.main(trial, seeds=20)
