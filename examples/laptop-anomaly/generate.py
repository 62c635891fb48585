#!/usr/bin/env python3
"""Generates the evidence of the example `laptop-anomaly`. All of it is synthetic.

A factory tests laptops at six stations during one shift, 2025-03-01 08:00 to
16:00 in Taipei. A model that flags faulty laptops from the telemetry is
validated on that shift, and its recall has fallen. Planted are three causes:

1. The sensor temp_c of station ST03 is silent for 36 minutes, 72 samples. Its
   sequence numbers go on at +1, so counting them shows nothing. Faulty units
   tested there meanwhile are missed by the model.
2. Gateway GW-B loses about 35 % of the packets of ST04, ST05 and ST06 from
   13:10 to 14:05 local time. The agents' logs have those sequence numbers as
   sent, the telemetry files lack them. Faulty units tested there meanwhile are
   missed too. The gateway's log shows a full queue, but names nothing lost.
3. The code E999 hides four unlike failures, told apart only by the message of
   the test. Units that failed with it have no row in mes.labels, so neither
   training nor validation counts them.

And, beside the causes: one delivery of a lot has no row in mes.materials,
three failed tests have no error code, the code E777 occurs in tests without
being in mes.error_codes, and two codes in mes.error_codes never occur.

In the two windows every k-th unit is made faulty (see plan.py), well above
the usual share, so that there are enough of them for any seed; and a short
margin around each window has no faulty unit, so that none is half inside.

With --no-cause nothing of this is planted. The same seed gives the same bytes.
The exact figures go to truth.toml. Needs the programs of Postgres 15.
"""

import argparse
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import evidence  # noqa: E402
import mes  # noqa: E402
import shift as shifts  # noqa: E402
import truth  # noqa: E402

RCA_TOML = """\
timezone = "Asia/Taipei"

[sources.station]
path = "station.db"
[sources.mes]
path = "mes.sql"
[sources.telemetry]
path = "telemetry/*.csv"
time = "ts"
series = ["station", "sensor"]
sequence = "seq"
every = "30s"
[sources.gateway]
path = "gateway-logs/"
timezone = "+08:00"
[sources.agent]
path = "agent-logs/*.jsonl"
[sources.predictions]
path = "predictions.csv"

[entities]
serial = ["station.units.serial", "station.tests.serial", "mes.materials.serial", \
"mes.labels.serial", "agent.serial", "predictions.serial"]
[codebook]
table = "mes.error_codes"
code = "code"
description = "description"
[labels]
table = "mes.labels"
key = "serial"
label = "label"
[[stages]]
name = "tested"
table = "station.tests"
key = "serial"
[[stages]]
name = "labelled"
table = "mes.labels"
key = "serial"
[[stages]]
name = "predicted"
table = "predictions"
key = "serial"
[report]
title = "Recall of faultnet-3.2 in the validation run"
question = "Why did the model miss faulty units?"
table = "predictions"
bad = "predicted = 0"
where = "labels.label = 'faulty'"
"""


def generate(seed: int, out: Path, planted: bool, pg_bin: str | None) -> None:
    out.mkdir(parents=True, exist_ok=True)
    shift = shifts.simulate(seed, planted)
    events = evidence.write_station(shift, out)
    mes_rows, mes_events = mes.write_mes(shift, out, pg_bin)
    telemetry_rows = evidence.write_telemetry(shift, out)
    agent_rows, agent_events = evidence.write_agent_logs(shift, out)
    gateway_rows, gateway_events = evidence.write_gateway_logs(shift, out)
    events += mes_events + agent_events + gateway_events
    events += evidence.write_predictions(shift, out)
    rows = {
        "station.units": len(shift.units),
        "station.tests": len(shift.tests),
        **{f"mes.{table}": count for table, count in mes_rows.items()},
        "telemetry": telemetry_rows,
        "agent": agent_rows,
        "gateway": gateway_rows,
        "predictions": len(shift.predictions),
    }
    (out / "rca.toml").write_text(RCA_TOML, encoding="utf-8", newline="\n")
    truth.write_truth(shift, out, rows, events)


def main() -> None:
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seed", type=int, default=7, help="default: 7")
    parser.add_argument("--out", type=Path, default=here, help="default: beside this file")
    parser.add_argument("--no-cause", action="store_true", help="plant nothing")
    parser.add_argument("--pg-bin", help="directory of initdb, pg_ctl, psql and pg_dump 15")
    given = parser.parse_args()
    generate(given.seed, given.out, not given.no_cause, given.pg_bin)


if __name__ == "__main__":
    main()
