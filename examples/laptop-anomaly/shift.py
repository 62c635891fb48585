"""The shift itself, simulated: units, tests, telemetry packets and predictions.

Nothing here writes a file. `Shift` holds all that happened, including what no
evidence file shows (which packets were lost, why the model missed a unit).
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_right
from dataclasses import dataclass, field

import plan
from plan import CADENCE, LOSS, SECOND, SILENCE, stream


@dataclass
class Unit:
    number: int  # 0, 1, 2 ... in the order of testing
    serial: str
    model: str
    lot: str
    delivery: tuple[int, int]
    station: str
    started: int
    fate: str  # good, faulty, false_failure, catch_all, undocumented, unclassified
    code: str | None
    template: str  # the unlike failure behind the catch-all code
    window: str  # silence, loss or ""
    tests: list[Test] = field(default_factory=list)

    @property
    def label(self) -> str | None:
        """What mes.labels says of it; None where it has no row there."""
        if self.fate in ("catch_all", "undocumented"):
            return None
        return "faulty" if self.fate == "faulty" else "good"

    @property
    def fails_again(self) -> bool:
        return self.fate in ("faulty", "catch_all", "undocumented")


@dataclass
class Test:
    unit: Unit
    started: int
    ended: int
    failed: bool
    code: str | None
    message: str | None
    test_id: int = 0


@dataclass
class Packet:
    ts: int
    station: str
    sensor: str
    seq: int
    value: float
    lost: bool = False


@dataclass
class Prediction:
    unit: Unit
    ts: int
    score: float
    predicted: int
    missed_by: str  # silence, loss, otherwise; "" where not a missed faulty unit


@dataclass
class Shift:
    seed: int
    planted: bool
    units: list[Unit]
    tests: list[Test]
    packets: list[Packet]  # all that were sent, in time order
    predictions: list[Prediction]


def simulate(seed: int, planted: bool) -> Shift:
    units = run_tests(seed, planted)
    tests = sorted((t for u in units for t in u.tests), key=lambda t: (t.started, t.unit.station))
    for number, test in enumerate(tests, start=1):
        test.test_id = number
    packets = measure(seed, planted, tests)
    if planted:
        lose_packets(seed, packets, units)
    return Shift(seed, planted, units, tests, packets, predict(seed, units))


# ---------------------------------------------------------------- units and tests


class Fates:
    """Says what becomes of each new unit."""

    def __init__(self, seed: int, planted: bool):
        self.rng = stream(seed, "fates")
        self.planted = planted
        self.deck: list[str] = []
        self.seen_inside: dict[tuple[str, str], int] = {}
        self.specials = self.plan_specials() if planted else []

    def plan_specials(self) -> list[tuple[int, str, str | None, str]]:
        """(unit number from which it is due, fate, code, template), latest first."""
        kinds = [
            ("catch_all", plan.CATCH_ALL, name)
            for name, count in plan.CATCH_ALL_UNITS.items()
            for _ in range(count)
        ]
        kinds += [("undocumented", plan.UNDOCUMENTED, "")] * plan.UNDOCUMENTED_UNITS
        kinds += [("unclassified", None, "")] * plan.UNCLASSIFIED_UNITS
        self.rng.shuffle(kinds)
        numbers = sorted(self.rng.sample(range(30, 1080), len(kinds)))
        return [(number, *kind) for number, kind in zip(numbers, kinds)][::-1]

    def draw_code(self) -> str:
        """From a reshuffled deck, so that every documented code occurs."""
        if not self.deck:
            self.deck = [code for code, entry in plan.CODES.items() for _ in range(entry[3])]
            self.rng.shuffle(self.deck)
        return self.deck.pop()

    def of(self, number: int, station: str, started: int, ended: int):
        """(fate, code, template, window)"""
        window = self.window(station, started, ended)
        chance = self.rng.random()
        inside = window in ("silence", "loss")
        if inside:
            seen = self.seen_inside.get((window, station), 0)
            self.seen_inside[window, station] = seen + 1
            every = plan.SILENCE_FAULTY_EVERY if window == "silence" else plan.LOSS_FAULTY_EVERY
            if seen % every == 1:
                return "faulty", self.draw_code(), "", window
        if self.specials and self.specials[-1][0] <= number:
            return *self.specials.pop()[1:], window if inside else ""
        if window:
            return "good", None, "", window if inside else ""
        if chance < plan.FAULTY_SHARE:
            return "faulty", self.draw_code(), "", ""
        if chance < plan.FAULTY_SHARE + plan.FALSE_FAILURE_SHARE:
            return "false_failure", self.draw_code(), "", ""
        return "good", None, "", ""

    def window(self, station: str, started: int, ended: int) -> str:
        """silence, loss, margin (partly in, or close to, one of them) or ''."""
        if not self.planted:
            return ""
        if station == plan.SILENT_STATION:
            name, (since, until) = "silence", SILENCE
        elif plan.GATEWAY_OF[station] == plan.LOSSY_GATEWAY:
            name, (since, until) = "loss", LOSS
        else:
            return ""
        if since <= started and ended <= until:
            return name
        near = since - plan.MARGIN_BEFORE <= started < until + plan.MARGIN_AFTER
        return "margin" if near else ""


def run_tests(seed: int, planted: bool) -> list[Unit]:
    """Each station tests one unit after the other; a failed one comes back after the next."""
    clock = stream(seed, "clock")
    words = stream(seed, "messages")
    fates = Fates(seed, planted)
    units: list[Unit] = []
    waiting: dict[str, list[Unit]] = {station: [] for station in plan.STATIONS}
    turns = [(plan.SHIFT_START + clock.randint(9, 90) * SECOND + clock.randint(0, 999), station)
             for station in plan.STATIONS]
    heapq.heapify(turns)
    while turns:
        at, station = heapq.heappop(turns)
        queue = waiting[station]
        ended = at + clock.randint(*plan.TEST_MS)
        if queue and queue[0].tests[0].ended + plan.RETEST_AFTER <= at:
            unit = queue.pop(0)
            add_test(unit, at, ended, unit.fails_again, words)
        elif at < plan.LAST_NEW_UNIT:
            unit = new_unit(len(units), station, at, ended, fates, clock)
            units.append(unit)
            add_test(unit, at, ended, unit.fate != "good", words)
            if unit.fate != "good":
                queue.append(unit)
        elif queue:
            heapq.heappush(turns, (queue[0].tests[0].ended + plan.RETEST_AFTER, station))
            continue
        else:
            continue
        heapq.heappush(turns, (ended + clock.randint(*plan.CHANGEOVER_MS), station))
    if fates.specials:
        raise RuntimeError("the shift was too short for all that is planted")
    return units


def new_unit(number, station, at, ended, fates: Fates, clock) -> Unit:
    lot, place = divmod(number, plan.UNITS_PER_LOT)
    fate, code, template, window = fates.of(number, station, at, ended)
    return Unit(
        number=number,
        serial=f"SN{240001 + number}",
        model=["X14-A", "X14-B", "X15-C"][lot % 3],
        lot=f"L2502-{lot + 1:02d}",
        delivery=(lot, place // plan.UNITS_PER_DELIVERY),
        station=station,
        started=at - clock.randint(3 * SECOND, 8 * SECOND),
        fate=fate, code=code, template=template, window=window,
    )


def add_test(unit: Unit, started: int, ended: int, failed: bool, words) -> None:
    code = unit.code if failed else None
    message = plan.failure_message(words, code, unit.template) if failed else None
    unit.tests.append(Test(unit, started, ended, failed, code, message))


# ---------------------------------------------------------------- telemetry


def measure(seed: int, planted: bool, tests: list[Test]) -> list[Packet]:
    packets = []
    for station in plan.STATIONS:
        mine = [test for test in tests if test.unit.station == station]
        for place, sensor in enumerate(plan.SENSORS):
            rng = stream(seed, f"series {station} {sensor}")
            offset = place * 12 * SECOND + rng.randint(1 * SECOND, 10 * SECOND)
            silent = planted and (station, sensor) == (plan.SILENT_STATION, plan.SILENT_SENSOR)
            packets += measure_series(rng, station, sensor, offset, silent, mine, seed)
    return sorted(packets, key=lambda p: (p.ts, p.station, p.sensor))


def measure_series(rng, station, sensor, offset, silent, tests, seed) -> list[Packet]:
    """One sensor over the shift. A silent sensor takes no sample and counts none."""
    starts = [test.started for test in tests]
    packets: list[Packet] = []
    ambient = rng.uniform(31, 34) if sensor == "temp_c" else rng.uniform(0.35, 0.5)
    value = ambient
    for slot in range(plan.SLOTS):
        nominal = plan.SHIFT_START + offset + slot * CADENCE
        ts = nominal + rng.randint(-plan.JITTER, plan.JITTER)
        at = bisect_right(starts, ts) - 1
        running = tests[at].unit if at >= 0 and ts < tests[at].ended else None
        load = load_of(seed, running, sensor) if running else 0.0
        if sensor == "temp_c":
            drift = 1.5 * math.sin(slot / plan.SLOTS * math.pi)
            value += (ambient + drift + load - value) * 0.55 + rng.gauss(0, 0.15)
        else:
            value = ambient + load + rng.gauss(0, 0.04)
        if silent and SILENCE[0] <= nominal < SILENCE[1]:
            continue
        packets.append(Packet(ts, station, sensor, len(packets) + 1, round(value, 2)))
    return packets


def load_of(seed: int, unit: Unit, sensor: str) -> float:
    """What the unit under test adds to the sensor."""
    rng = stream(seed, f"load {unit.serial} {sensor}")
    if sensor == "temp_c":
        return rng.gauss(22, 1.5) + (13 if unit.code == "E101" else 0)
    return rng.gauss(2.6, 0.2) + (0.9 if unit.code == "E102" or unit.template == "psu" else 0)


def lose_packets(seed: int, packets: list[Packet], units: list[Unit]) -> None:
    """Cause 2. Each faulty unit of the window loses at least one packet of its first test."""
    rng = stream(seed, "loss")
    exposed = [p for p in packets
               if plan.GATEWAY_OF[p.station] == plan.LOSSY_GATEWAY and LOSS[0] <= p.ts < LOSS[1]]
    for packet in exposed:
        packet.lost = rng.random() < plan.LOSS_SHARE
    for unit in units:
        if unit.window == "loss" and unit.fate == "faulty":
            test = unit.tests[0]
            during = [p for p in exposed
                      if p.station == unit.station and test.started <= p.ts <= test.ended]
            if not any(packet.lost for packet in during):
                rng.choice(during).lost = True


# ---------------------------------------------------------------- the model


def predict(seed: int, units: list[Unit]) -> list[Prediction]:
    rng = stream(seed, "model")
    elsewhere = [u.serial for u in units if u.fate == "faulty" and not u.window]
    sound = [u.serial for u in units if u.label == "good"]
    missed = set(rng.sample(elsewhere, round(len(elsewhere) * plan.BASE_MISS_SHARE)))
    alarms = set(rng.sample(sound, round(len(sound) * plan.FALSE_ALARM_SHARE)))
    at = plan.PREDICTION_START
    predictions = []
    for unit in units:
        at += rng.randint(180, 420)
        missed_by = ""
        if unit.label is None:
            score = rng.uniform(0.05, 0.95)
        elif unit.fate == "faulty" and unit.window:
            missed_by, score = unit.window, rng.uniform(0.04, 0.28)
        elif unit.serial in missed:
            missed_by, score = "otherwise", rng.uniform(0.30, 0.49)
        elif unit.fate == "faulty":
            score = 0.52 + 0.47 * rng.betavariate(5, 2)
        elif unit.serial in alarms:
            score = rng.uniform(0.51, 0.72)
        else:
            score = 0.45 * rng.betavariate(1.4, 6)
        score = round(score, 4)
        predictions.append(Prediction(unit, at, score, int(score >= 0.5), missed_by))
    return predictions
