"""Makes mes.sql: loads the MES tables into a real Postgres 15 and runs its pg_dump.

The server is a throw-away one in a temporary directory, on a unix socket only.
Postgres refuses to run as root, so root hands it to the user `postgres`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import plan
from evidence import Event
from plan import HOUR, MINUTE, SECOND, local, stream, utc
from shift import Shift

SCHEMA = r"""
CREATE TABLE public.materials (
    serial text PRIMARY KEY,
    part_no text,
    lot text,
    supplier text,
    received_at timestamptz,
    qty integer,
    unit_cost numeric(10,2)
);
CREATE TABLE public.labels (
    serial text PRIMARY KEY,
    label text CHECK (label IN ('good', 'faulty')),
    labelled_by text,
    labelled_at timestamptz
);
CREATE TABLE public.error_codes (
    code text PRIMARY KEY,
    description text,
    category text,
    severity integer
);
CREATE INDEX materials_lot_idx ON public.materials USING btree (lot, received_at);
CREATE INDEX labels_faulty_idx ON public.labels USING btree (labelled_at) WHERE label = 'faulty';
COMMENT ON TABLE public.materials IS 'one row per unit; the supplier''s delivery it came with';
COMMENT ON COLUMN public.labels.label IS 'set by QA after the shift; good or faulty';
CREATE FUNCTION public.lot_cost(wanted text) RETURNS numeric
    LANGUAGE plpgsql STABLE AS $fn$
DECLARE
    total numeric;
BEGIN
    -- nightly export: COPY public.labels (serial, label) FROM stdin;
    SELECT sum(qty * unit_cost) INTO total FROM public.materials WHERE lot = wanted;
    RETURN coalesce(total, 0);  -- 'no delivery' costs nothing
END;
$fn$;
"""

SUPPLIERS = ["O'Hara Components", 'Hsin "Precision" Ltd', "Delta Parts\tTaoyuan",
             "新竹精密 Hsinchu", "Kestrel & Sons", None]
LABELLERS = ["FAB2\\chen", "FAB2\\lin", "wu.mei", None]
COLUMNS = {
    "error_codes": ["code", "description", "category", "severity"],
    "labels": ["serial", "label", "labelled_by", "labelled_at"],
    "materials": ["serial", "part_no", "lot", "supplier", "received_at", "qty", "unit_cost"],
}


# ---------------------------------------------------------------- rows


def absent(shift: Shift) -> list[str]:
    """The serials of the delivery that has no row in mes.materials."""
    if not shift.planted:
        return []
    return [u.serial for u in shift.units if u.delivery == plan.ABSENT_DELIVERY]


def error_codes(planted: bool) -> list[tuple]:
    rows = [(code, text, kind, severity)
            for code, (text, kind, severity, _) in plan.CODES.items()]
    return rows + [*plan.NEVER_SEEN_ENTRIES, plan.CATCH_ALL_ENTRY] if planted else rows


def labels(shift: Shift) -> list[tuple]:
    """(serial, label, labelled_by, labelled_at in ms)"""
    rng = stream(shift.seed, "labels")
    at, rows = plan.LABELLING_START, []
    for unit in shift.units:
        at += rng.randint(3, 9) * SECOND
        if unit.label:
            rows.append((unit.serial, unit.label, rng.choices(LABELLERS, [5, 4, 4, 1])[0], at))
    return rows


def materials(shift: Shift) -> list[tuple]:
    """(serial, part_no, lot, supplier, received_at in ms, qty, unit_cost)"""
    rng = stream(shift.seed, "materials")
    missing, rows = set(absent(shift)), []
    scanned = {}
    for unit in shift.units:
        lot, delivery = unit.delivery
        arrival = utc("2025-02-17T01:00:00") + lot * 24 * HOUR + delivery * 55 * MINUTE
        scanned[unit.delivery] = scanned.get(unit.delivery, arrival) + rng.randint(4, 11) * SECOND
        supplier = SUPPLIERS[(lot * 2 + delivery) % len(SUPPLIERS)]
        part = f"LT-{unit.model[1:]}\\{rng.choice(['TW', 'JP', 'US'])}"
        cost = None if rng.random() < 0.03 else f"{rng.uniform(402, 689):.2f}"
        if unit.serial not in missing:
            rows.append((unit.serial, part, unit.lot, supplier, scanned[unit.delivery],
                         None if rng.random() < 0.01 else 1, cost))
    return rows


def copy_block(table: str, rows: list[tuple]) -> str:
    head = f"COPY public.{table} ({', '.join(COLUMNS[table])}) FROM stdin;\n"
    return head + "".join("\t".join(map(copy_text, row)) + "\n" for row in rows) + "\\.\n"


def copy_text(value) -> str:
    if value is None:
        return "\\N"
    text = str(value).replace("\\", "\\\\")
    return text.replace("\t", "\\t").replace("\n", "\\n")


# ---------------------------------------------------------------- the dump


def write_mes(shift: Shift, out: Path, pg_bin: str | None) -> tuple[dict[str, int], list[Event]]:
    """Writes mes.sql; the number of rows of each table, and the events."""
    tables = {"error_codes": error_codes(shift.planted), "labels": labels(shift),
              "materials": materials(shift)}
    stamped = {"error_codes": None, "labels": 3, "materials": 4}  # place of the time column
    script = SCHEMA
    for table, rows in tables.items():
        place = stamped[table]
        if place is not None:
            rows = [(*r[:place], local(r[place]) + "+08", *r[place + 1:]) for r in rows]
        script += copy_block(table, rows)
    dump = dump_with_postgres(script, pg_bin)
    (out / "mes.sql").write_bytes(dump)

    events = []
    lines = dump.decode().split("\n")
    for table, place in stamped.items():
        head = next(n for n, line in enumerate(lines, start=1)
                    if line.startswith(f"COPY public.{table} ("))
        if place is not None:
            events += [Event(row[0], row[place], "mes", table, f"mes.sql:{head + 1 + n}")
                       for n, row in enumerate(tables[table])]
    return {table: len(rows) for table, rows in tables.items()}, events


def dump_with_postgres(script: str, pg_bin: str | None) -> bytes:
    with server(find_bin(pg_bin)) as run:
        run("createdb", "mes")
        run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", "mes", "-f", "-",
            stdin=script.encode())
        options = ["--no-owner"]
        if b"--restrict-key" in run("pg_dump", "--help"):
            options.append("--restrict-key=laptopanomaly")
        return run("pg_dump", *options, "mes")


def find_bin(given: str | None) -> str:
    """The directory of the programs of Postgres 15."""
    on_path = shutil.which("initdb")
    places = [given, os.environ.get("PG_BIN"),
              os.path.dirname(os.path.realpath(on_path)) if on_path else None,
              "/usr/lib/postgresql/15/bin"]
    for place in places:
        pg_dump = os.path.join(place or "", "pg_dump")
        if place and os.path.exists(pg_dump):
            version = subprocess.run([pg_dump, "--version"], capture_output=True, check=True)
            if b"(PostgreSQL) 15." in version.stdout:
                return place
    raise SystemExit("no Postgres 15 found: give its directory of programs with --pg-bin")


@contextmanager
def server(pg_bin: str):
    """A Postgres server for the time of the block; yields a function that runs its programs."""
    home = tempfile.mkdtemp(prefix="mes-")
    as_user = []
    if os.geteuid() == 0:
        as_user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(home, "postgres")
    env = {"PATH": os.environ["PATH"], "PGHOST": home, "PGUSER": "postgres", "LC_ALL": "C",
           "PGTZ": "Asia/Taipei", "PGCLIENTENCODING": "UTF8"}

    def run(program: str, *args: str, stdin: bytes = b"") -> bytes:
        done = subprocess.run([*as_user, os.path.join(pg_bin, program), *args], input=stdin,
                              env=env, cwd=home, capture_output=True)
        if done.returncode:
            raise SystemExit(f"{program} failed: {done.stderr.decode()}")
        return done.stdout

    data = os.path.join(home, "data")
    try:
        run("initdb", "-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C",
            "--no-sync")
        run("pg_ctl", "-D", data, "-w", "-l", os.path.join(home, "log"), "-o",
            f"-F -c listen_addresses= -c shared_buffers=8MB -k {home}", "start")
        try:
            yield run
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "fast", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)
