"""The fixed facts of the example: the plant, the shift, the codes and what is planted.

Every time is an integer: milliseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
LOCAL_OFFSET = 8 * HOUR  # Asia/Taipei has no daylight saving time
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def utc(text: str) -> int:
    """Milliseconds of an ISO time written in UTC."""
    moment = datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
    return (moment - EPOCH) // timedelta(milliseconds=1)


def iso(ms: int) -> str:
    """`2025-03-01T02:14:09.512Z`"""
    moment = EPOCH + timedelta(milliseconds=ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def local(ms: int, fraction: str = "") -> str:
    """`2025-03-01 10:14:09`, the factory's wall clock, with `,512` if asked."""
    moment = EPOCH + timedelta(milliseconds=ms + LOCAL_OFFSET)
    tail = f"{fraction}{ms % 1000:03d}" if fraction else ""
    return moment.strftime("%Y-%m-%d %H:%M:%S") + tail


def stream(seed: int, name: str) -> random.Random:
    """One random stream for each concern, so that they do not disturb each other."""
    return random.Random(f"laptop-anomaly/{seed}/{name}")


# ---------------------------------------------------------------- the shift

STATIONS = ["ST01", "ST02", "ST03", "ST04", "ST05", "ST06"]
SENSORS = ["temp_c", "current_a"]
GATEWAY_OF = {name: "GW-A" if name <= "ST03" else "GW-B" for name in STATIONS}

SHIFT_START = utc("2025-03-01T00:00:00")  # 08:00 local
LAST_NEW_UNIT = utc("2025-03-01T07:53:00")  # later, only retests
TEST_MS = (98 * SECOND, 118 * SECOND)
CHANGEOVER_MS = (18 * SECOND, 29 * SECOND)
RETEST_AFTER = 125 * SECOND

CADENCE = 30 * SECOND
JITTER = 400
SLOTS = 960

UNITS_PER_LOT = 96
UNITS_PER_DELIVERY = 17
LABELLING_START = utc("2025-03-01T09:05:00")  # 17:05 local, after the shift
PREDICTION_START = utc("2025-03-02T01:00:00")
MODEL_NAME = "faultnet-3.2"

FAULTY_SHARE = 0.093
FALSE_FAILURE_SHARE = 0.009
BASE_MISS_SHARE = 0.04
FALSE_ALARM_SHARE = 0.01

# ---------------------------------------------------------------- what is planted

SILENT_STATION, SILENT_SENSOR = "ST03", "temp_c"
SILENCE = (utc("2025-03-01T02:24:00"), utc("2025-03-01T03:00:00"))  # 10:24 to 11:00 local
SILENT_SAMPLES = (SILENCE[1] - SILENCE[0]) // CADENCE  # 72

LOSSY_GATEWAY = "GW-B"
LOSS = (utc("2025-03-01T05:10:00"), utc("2025-03-01T06:05:00"))  # 13:10 to 14:05 local
LOSS_SHARE = 0.35

# Inside these two windows every k-th unit of a station is faulty; just before
# and just after, none is, so that no faulty unit is half inside a window.
SILENCE_FAULTY_EVERY, LOSS_FAULTY_EVERY = 3, 6
MARGIN_BEFORE, MARGIN_AFTER = 420 * SECOND, 45 * SECOND

CATCH_ALL = "E999"
CATCH_ALL_UNITS = {"psu": 6, "fan": 5, "wifi": 5, "hinge": 4}  # each fails twice
UNDOCUMENTED, UNDOCUMENTED_UNITS = "E777", 2  # each fails twice
UNCLASSIFIED_UNITS = 3  # each fails once, with no code, and passes the retest
ABSENT_DELIVERY = (6, 2)  # lot index, delivery index: no row in mes.materials


# ---------------------------------------------------------------- codes and messages

# code: (description, category, severity, share among the faults)
CODES = {
    "E101": ("Overheating under load", "thermal", 3, 5),
    "E102": ("Battery does not hold charge", "power", 3, 4),
    "E205": ("Display fault\t(panel or cable)", "display", 2, 4),
    "E310": ('Keyboard: "no contact" \\ matrix fault', "input", 2, 4),
    "E312": ("Touchpad drift", "input", 1, 2),
    "E405": ("Storage slower than rated", "storage", 2, 3),
    "E420": ("Speaker level low (operator's note: check 'L' first)", "audio", 1, 2),
    "E501": ("Camera frame black", "camera", 1, 2),
}
CATCH_ALL_ENTRY = (CATCH_ALL, "Other / unspecified failure", "other", None)
NEVER_SEEN_ENTRIES = [
    ("E615", "Fingerprint reader not found", "input", 2),
    ("E740", "Docking port not detected\n(only with dock C:\\dock2)", None, 1),
]


def failure_message(rng: random.Random, code: str | None, template: str) -> str:
    """The station's message for one failed test; its numbers vary."""
    pick = rng.randint
    real = rng.uniform
    return {
        "E101": lambda: f"cpu at {real(94, 104):.1f} C above limit 92.0 C after {pick(40, 90)} s",
        "E102": lambda: f"battery fell to {real(10.2, 11.2):.2f} V in {pick(20, 60)} s",
        "E205": lambda: f"panel shows {pick(3, 40)} dead pixels in row {pick(1, 1080)}",
        "E310": lambda: f"no contact at key row {pick(1, 6)} column {pick(1, 14)}",
        "E312": lambda: f"touchpad drifted {real(1.2, 4.8):.1f} mm in {pick(5, 15)} s",
        "E405": lambda: f"ssd wrote {pick(310, 990)} MB/s, rated 1200 MB/s",
        "E420": lambda: f"speaker level {pick(41, 60)} dB below 62 dB",
        "E501": lambda: f"camera frame {pick(1, 30)} is black",
        "psu": lambda: f"psu rail 12V sagged to {real(11.05, 11.39):.2f} V at {pick(38, 48)} A",
        "fan": lambda: f"fan {pick(1, 2)} stalled at 0 rpm after {pick(8, 19)} s",
        "wifi": lambda: "wifi calibration timed out on channel "
        f"{rng.choice([36, 40, 44, 48, 149])} after {pick(28, 33)} s",
        "hinge": lambda: f"hinge torque {real(0.21, 0.41):.2f} Nm out of range 0.45..0.70",
        UNDOCUMENTED: lambda: f"firmware checksum {pick(4096, 65535):04x} refused at step {pick(3, 9)}",
        None: lambda: f"test aborted at step {pick(3, 21)}",
    }[template or code]()
