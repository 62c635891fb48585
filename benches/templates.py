"""Times `rca templates` on the log of an application against Drain3 on the same messages.

    python3 benches/templates.py --rca target/release/rca --lines 10000000

Makes a log in log4j's layout, about 108 bytes a line, of 204 kinds of messages: sentences of a Java service with its
parameters, requests as a web server writes them, and key=value. A few kinds are frequent and most are rare. Drain3
(`pip install drain3`, with its defaults) takes a message at a time on one core, so it gets the first `--drain-lines`
messages only: it takes as long for each of the others.
"""

import argparse
import bisect
import csv
import io
import itertools
import pathlib
import random
import resource
import statistics
import subprocess
import tempfile
import time

NOUNS = "order payment invoice shipment customer basket voucher refund parcel carrier session profile report account cache queue".split()
WORDS = NOUNS + (
    "accepted queued validated stored published rejected archived replayed while waiting for because lock held before flush of stale "
    "entry without retry partition leader moved snapshot written segment closed lease expired remote peer slow handshake finished "
    "schema migrated index rebuilt worker idle pool exhausted token refreshed checksum differs upload resumed consumer lagging"
).split()
USERS = "alice bob carol dave erin frank grace heidi ivan judy mallory niaj olivia peggy rupert sybil trent victor walter".split()

# What stands in the braces of a kind of message.
PARAMETERS = {
    "n": lambda r: str(r.randrange(100_000)),
    "ms": lambda r: str(r.randrange(1, 4_000)),
    "pct": lambda r: f"{r.random() * 100:.1f}",
    "id": lambda r: f"{r.choice(NOUNS)[:3]}_{r.randrange(10**9)}",
    "hex": lambda r: f"{r.getrandbits(64):016x}",
    "uuid": lambda r: (h := f"{r.getrandbits(128):032x}") and f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}",
    "ip": lambda r: f"10.{r.randrange(8)}.{r.randrange(256)}.{r.randrange(1, 255)}",
    "port": lambda r: str(r.randrange(1_024, 65_536)),
    "user": lambda r: r.choice(USERS),
    "path": lambda r: f"/var/data/{r.choice(NOUNS)}/{r.randrange(10_000):05}.bin",
    "url": lambda r: f"/api/v2/{r.choice(NOUNS)}s/{r.randrange(10**6)}?page={r.randrange(20)}",
    "status": lambda r: r.choice(["200", "200", "200", "201", "204", "304", "404", "500"]),
    "class": lambda r: f"com.acme.{r.choice(NOUNS)}.{r.choice(NOUNS).title()}Exception",
    "text": lambda r: f"{r.choice(NOUNS)} of {r.choice(USERS)}",
}

KINDS = 204
AFTER = "for user {user}|after {ms} ms|from {ip}:{port}|in {path}|id {id}|{n} of {n}|({pct} %)|request {uuid}|key {hex}|at {n} bytes|: {class}".split("|")
KEYS = "user={user} duration_ms={ms} remote={ip}:{port} bytes={n} trace={hex} id={id} ratio={pct} note=\"{text}\" file={path}".split(" ")


def kinds(random_):
    """The kinds of messages, no two of which have the same words, each with its level and its logger."""
    of = []
    for place in range(KINDS):
        level = random_.choices(["INFO", "DEBUG", "WARN", "ERROR"], [70, 15, 10, 5])[0]
        words = random_.sample(WORDS, 6)
        if place % 10 == 3:
            form = '{ip} - {user} "GET {url} HTTP/1.1" {status} {n} ' + f"{words[0]} {words[1]} {words[2]}" + " {ms}ms"
        elif place % 10 in (6, 9):
            form = f"event={words[0]}.{words[1]} op={words[2]} " + " ".join(random_.sample(KEYS, random_.randrange(1, 3)))
        else:
            more = random_.sample(AFTER, random_.randrange(1, 3))
            form = f"{words[0].title()} {words[1]} {words[2]} {more[0]} " + " ".join(words[3 : random_.randrange(4, 6)] + more[1:])
        of.append((level, random_.choice(NOUNS).title(), form.replace(" :", ":")))
    return of


def parts(form):
    """The constant texts of a kind, and what stands between them."""
    pieces = form.replace("}", "{").split("{")
    return pieces[::2], pieces[1::2]


def made(folder, count):
    """The log, the same wherever it is made."""
    file = folder / f"templates_{count}.log"
    if file.exists():
        return file
    random_ = random.Random(7)
    # Values are taken from pools, of which there are more than any miner keeps apart.
    pools = {name: [draw(random_) for _ in range(20_011)] for name, draw in PARAMETERS.items()}
    forms = []
    for level, logger, form in kinds(random_):
        constant, between = parts(form)
        forms.append((level, logger, "%s".join(text.replace("%", "%%") for text in constant), [pools[name] for name in between]))
    frequent = list(itertools.accumulate(1 / (place + 1) for place in range(len(forms))))
    whole, draw, at, milliseconds = frequent[-1], random_.random, 0, 0
    partial = file.with_suffix(".part")
    with partial.open("w") as out:
        lines, day = [], 0
        for n in range(count):
            level, logger, form, values = forms[bisect.bisect(frequent, draw() * whole)]
            milliseconds += int(draw() * 8)
            seconds = milliseconds // 1000
            at = int(draw() * 20_011)
            message = form % tuple([pool[(at + 7 * place) % 20_011] for place, pool in enumerate(values)])
            stamp = f"2025-03-{1 + seconds // 86_400:02} {seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02},{milliseconds % 1000:03}"
            lines.append(f"{stamp} {level} [w-{at % 16}] {logger} - {message}\n")
            if len(lines) == 100_000:
                out.writelines(lines)
                lines.clear()
        out.writelines(lines)
    partial.rename(file)
    return file


def timed(command):
    """Seconds, resident memory at most in MiB of all children so far, and what it printed."""
    began = time.perf_counter()
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, printed


def drained(file, count):
    """Seconds that Drain3 takes for the first messages, and how many templates it finds. None where it is not installed."""
    try:
        from drain3 import TemplateMiner
    except ImportError:
        return None
    with file.open() as lines:
        messages = [line.rstrip("\n").split(" - ", 1)[1] for line in itertools.islice(lines, count)]
    miner = TemplateMiner()
    began = time.perf_counter()
    for message in messages:
        miner.add_log_message(message)
    return time.perf_counter() - began, len(miner.drain.clusters), len(messages)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rca", required=True)
    arguments.add_argument("--lines", type=int, default=3_000_000)
    arguments.add_argument("--drain-lines", type=int, default=200_000)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--data", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "rca-bench")
    said = arguments.parse_args()
    said.data.mkdir(parents=True, exist_ok=True)
    file = made(said.data, said.lines)
    seconds = []
    for _ in range(said.runs):
        took, peak, printed = timed([said.rca, "templates", str(file), "-f", "csv", "-q"])
        seconds.append(took)
    found = list(csv.DictReader(io.StringIO(printed)))
    assert sum(int(row["count"]) for row in found) == said.lines, "each message is counted once"
    ours = said.lines / statistics.median(seconds)
    print("| Tool | Lines | s | Lines/s | Ratio | Templates | Peak MiB |\n|---|---:|---:|---:|---:|---:|---:|")
    print(f"| rca templates | {said.lines:,} | {statistics.median(seconds):.2f} | {ours:,.0f} | 1.0 | {len(found)} | {peak} |")
    theirs = drained(file, said.drain_lines)
    if theirs is None:
        print("drain3 is not installed and left out")
        return
    took, clusters, count = theirs
    print(f"| Drain3 | {count:,} | {took:.2f} | {count / took:,.0f} | {ours / (count / took):.1f} | {clusters} | |")


if __name__ == "__main__":
    main()
