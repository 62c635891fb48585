"""Access logs against GoAccess: lines that are requests, status codes, days, paths, bytes.

Lines are of the common, the combined and the vhost format, with IPv6, escaped quotes, empty and binary
requests, and lines that are no requests at all. GoAccess counts; the same counts are asked for in SQL.
"""

import json
import random
import shutil
import subprocess
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import unquote

import common

FORMATS = {"common": "COMMON", "combined": "COMBINED", "vhost": "VCOMBINED"}
CLIENTS = [
    "192.0.2.7",
    "10.0.0.1",
    "203.0.113.255",
    "2001:db8::1",
    "fe80::1ff:fe23:4567:890a",
    "::1",
    "::ffff:192.0.2.1",
]
USERS = ["-", "-", "bob", "o'neil", "a.b@example.com", "DOMAIN\\\\bob"]
METHODS = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"]
PATHS = [
    "/",
    "/a",
    "/a/b?x=1&y=%20",
    "/é",
    '/search?q=\\"x\\"',
    "/img.png",
    "/long/" + "z" * 300,
    "//double",
    "/semi;colon",
    "/[1]",
    "/~me/",
    "*",
    "http://example.com/proxy",
]
ODD = ["-", "\\x16\\x03\\x01", "quit", "GET", "GET /no-protocol", "GET /with space HTTP/1.1", "SSH-2.0-Go"]
REFERRERS = ["-", "http://example.com/", 'https://example.com/?q=\\"a b\\"', "", "android-app://x"]
AGENTS = [
    "-",
    "curl/8.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:1.0) Gecko/20100101 Firefox/1.0",
    'say \\"hi\\"',
    "",
    "(compatible; bot/1.0; +http://example.com/bot.html)",
]
NO_REQUESTS = [
    "",
    "garbage",
    "# a comment",
    "192.0.2.7 - -",
    '[01/Mar/2025:13:10:04 +0000] "GET / HTTP/1.1" 200',
    "Traceback (most recent call last):",
    "\x00\x01",
]


def line(chance: random.Random, form: str, at: datetime) -> str:
    request = (
        chance.choice(ODD)
        if chance.random() < 0.1
        else f"{chance.choice(METHODS)} {chance.choice(PATHS)} HTTP/{chance.choice(['1.0', '1.1', '2.0'])}"
    )
    size = chance.choice(["-", "0", str(chance.randrange(10**7))])
    text = f'{chance.choice(CLIENTS)} - {chance.choice(USERS)} [{at:%d/%b/%Y:%H:%M:%S} +0000] "{request}" {chance.choice([200, 200, 200, 204, 301, 302, 304, 400, 401, 403, 404, 408, 499, 500, 502, 503])} {size}'
    if form != "common":
        text += f' "{chance.choice(REFERRERS)}" "{chance.choice(AGENTS)}"'
    return (
        f"{chance.choice(['www.example.com', 'a.example'])}:{chance.choice([80, 443])} {text}"
        if form == "vhost"
        else text
    )


def theirs(folder: Path, form: str) -> dict:
    command = [
        "goaccess",
        "a.log",
        f"--log-format={FORMATS[form]}",
        "-o",
        "they.json",
        "--no-global-config",
        "--no-ip-validation",
        "--max-items=100000",
        "--no-progress",
    ]
    subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=120)
    return json.loads((folder / "they.json").read_text(encoding="utf-8", errors="replace"))


def trial(seed: int, folder: Path) -> int:
    chance = random.Random(seed)
    form = chance.choice(list(FORMATS))
    at = datetime(2025, 2, 25, tzinfo=timezone.utc)
    lines = []
    for _ in range(chance.choice([5, 100, 2000])):
        at += timedelta(seconds=chance.choice([0, 1, 60, 4000]))
        lines.append(line(chance, form, at))
        if chance.random() < 0.02:
            lines.append(chance.choice(NO_REQUESTS))
    (folder / "a.log").write_text("\n".join(lines) + "\n", encoding="utf-8")

    they = theirs(folder, form)
    answer = common.rows(folder, "select status, request, bytes, ts from a where status is not null", "a.log")
    ours = answer.rows
    checks = {"valid requests": (they["general"]["valid_requests"], len(ours))}
    codes = Counter()
    for group in they["status_codes"]["data"]:
        for item in group["items"]:
            codes[int(item["data"][:3])] += item["hits"]["count"]
    checks["status codes"] = (dict(codes), dict(Counter(row["status"] for row in ours)))
    days = {item["data"]: item["hits"]["count"] for item in they["visitors"]["data"]}
    checks["days"] = (days, dict(Counter(row["ts"][:10].replace("-", "") for row in ours)))
    checks["bytes"] = (they["general"]["bandwidth"], sum(row["bytes"] or 0 for row in ours))
    compared = 1 + len(codes) + len(days) + 1
    # Requests that are requests: GoAccess divides the others in ways of its own.
    paths: Counter = Counter()
    for panel in ("requests", "not_found", "static_requests"):
        for item in they.get(panel, {}).get("data", []):
            if item.get("method") in METHODS and item.get("protocol", "").startswith("HTTP/"):
                paths[item["method"], item["data"].split(" ")[0]] += item["hits"]["count"]
    said: Counter = Counter()
    for row in ours:
        parts = (row["request"] or "").split(" ")
        if len(parts) >= 3 and parts[0] in METHODS and parts[-1].startswith("HTTP/"):
            # GoAccess shows a path without its escapes.
            said[parts[0], unquote(parts[1]).strip()] += 1
    checks["paths"] = (sorted((paths - said).items()), sorted((said - paths).items()))
    compared += len(paths)
    for what, (other, own) in checks.items():
        if other != own:
            common.differ(f"{what} ({form})", other, own)
    return compared


if __name__ == "__main__":
    if not shutil.which("goaccess"):
        common.skip("no goaccess")
    common.main(trial, seeds=40, unit="counts")
