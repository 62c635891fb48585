"""Parquet against Apache Arrow (`pyarrow`): every value of every column, physical, logical and nested types."""

import math
import random
import uuid
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import common

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError:
    common.skip("no pyarrow")

EPOCH = datetime(1970, 1, 1)
WORDS = ["", "fan", "überhitzt", "温度", "🙂", "a\nb", "\0", '"q"', "x" * 300]


def moment(chance: random.Random) -> datetime:
    return EPOCH + timedelta(
        seconds=chance.randrange(-(10**9), 4 * 10**9), microseconds=chance.choice([0, chance.randrange(10**6)])
    )


def whole(chance: random.Random, bits: int, signed: bool) -> int:
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return chance.choice([low, high, 0, chance.randrange(low, high + 1)])


def real(chance: random.Random) -> float:
    return chance.choice(
        [
            0.0,
            -0.0,
            1.5,
            float("nan"),
            float("inf"),
            -float("inf"),
            5e-324,
            1.7e308,
            chance.gauss(0, 1),
            chance.gauss(0, 1e10),
        ]
    )


def decimal(precision: int, scale: int):
    return lambda chance: Decimal(chance.randrange(-(10**precision) + 1, 10**precision)).scaleb(-scale, None)


def stamp(unit: str, zone: str | None):
    step = {"s": 10**6, "ms": 1000, "us": 1, "ns": 1}[unit]

    def made(chance: random.Random) -> int:
        micros = (moment(chance) - EPOCH) // timedelta(microseconds=1)
        # Arrow counts in the unit: nanoseconds within the microsecond are cut by rca, and said.
        return micros // step if unit != "ns" else micros * 1000 + chance.choice([0, 0, 789])

    return made


def types() -> dict:
    kinds = {
        f"{'int' if signed else 'uint'}{bits}": (
            pa.type_for_alias(f"{'int' if signed else 'uint'}{bits}"),
            lambda c, b=bits, s=signed: whole(c, b, s),
        )
        for bits in (8, 16, 32, 64)
        for signed in (True, False)
    }
    kinds |= {
        "bool": (pa.bool_(), lambda c: c.random() < 0.5),
        "float32": (
            pa.float32(),
            lambda c: pa.scalar(c.choice([0.1, 1e30, float("nan"), c.random()]), pa.float32()).as_py(),
        ),
        "float64": (pa.float64(), real),
        "string": (pa.string(), lambda c: c.choice(WORDS) + c.choice(WORDS)),
        "large": (pa.large_string(), lambda c: c.choice(WORDS)),
        "dictionary": (pa.dictionary(pa.int32(), pa.string()), lambda c: c.choice(WORDS[:4])),
        "binary": (pa.binary(), lambda c: c.randbytes(c.randrange(6))),
        "fixed": (pa.binary(5), lambda c: c.randbytes(5)),
        "date": (pa.date32(), lambda c: date.fromordinal(c.randrange(1, 3_000_000))),
        "time_s": (pa.time32("s"), lambda c: time(c.randrange(24), c.randrange(60), c.randrange(60))),
        "time_us": (
            pa.time64("us"),
            lambda c: time(c.randrange(24), c.randrange(60), c.randrange(60), c.randrange(10**6)),
        ),
        "list": (pa.list_(pa.int64()), lambda c: [c.choice([None, c.randrange(9)]) for _ in range(c.randrange(4))]),
        "reals": (pa.list_(pa.float64()), lambda c: [c.random() for _ in range(c.randrange(4))]),
        "texts": (pa.list_(pa.string()), lambda c: [c.choice(WORDS) for _ in range(c.randrange(3))]),
        "lists": (
            pa.list_(pa.list_(pa.string())),
            lambda c: [[c.choice(WORDS[:4])] * c.randrange(3) for _ in range(c.randrange(3))],
        ),
        "struct": (
            pa.struct([("a", pa.int32()), ("b", pa.string())]),
            lambda c: {"a": c.choice([None, c.randrange(9)]), "b": c.choice(WORDS)},
        ),
        "structs": (
            pa.list_(pa.struct([("x", pa.float64()), ("d", pa.date32())])),
            lambda c: [{"x": c.random(), "d": date(2025, 1, c.randrange(1, 29))} for _ in range(c.randrange(3))],
        ),
        "map": (
            pa.map_(pa.string(), pa.int64()),
            lambda c: [(key, c.randrange(9)) for key in c.sample("abc", c.randrange(4))],
        ),
        "empty": (pa.null(), lambda c: None),
    }
    for precision, scale in ((4, 2), (9, 0), (18, 6), (25, 10), (38, 20), (38, 0)):
        kinds[f"decimal{precision}_{scale}"] = (pa.decimal128(precision, scale), decimal(precision, scale))
    for unit in ("s", "ms", "us", "ns"):
        for zone in (None, "UTC", "Asia/Tokyo", "+05:30"):
            kinds[f"stamp_{unit}_{zone}"] = (pa.timestamp(unit, zone), stamp(unit, zone))
    return kinds


def plain(value: object) -> object:
    """An Arrow value as rca's JSON has it."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, (date, uuid.UUID)):
        return str(value)
    raise TypeError(type(value))


def same(value: object, arrow: "pa.DataType", other: object) -> bool:
    if other is None:
        return value is None
    if pa.types.is_timestamp(arrow):
        micros = {"s": 10**6, "ms": 1000, "us": 1}.get(arrow.unit)
        # Before 1970 the engine cuts to the microsecond before or behind.
        counts = {other * micros} if micros else {other // 1000, -(-other // 1000) if other < 0 else other // 1000}
        said = datetime.fromisoformat(str(value)).replace(tzinfo=None) - EPOCH
        return str(value).endswith("Z") and said // timedelta(microseconds=1) in counts
    if pa.types.is_decimal(arrow):
        return value is not None and Decimal(str(value)) == other
    if pa.types.is_time(arrow):
        return (
            str(value).ljust(15, ".000000"[0])[:8] == other.isoformat()[:8]
            and int((str(value)[9:] or "0").ljust(6, "0")) == other.microsecond
        )
    if pa.types.is_float32(arrow):
        return (
            plain(other) is None
            and value is None
            or value is not None
            and pa.scalar(value, pa.float32()).as_py() == other
        )
    if pa.types.is_map(arrow):
        return value == dict(other)
    if pa.types.is_unsigned_integer(arrow) or pa.types.is_integer(arrow):
        return int(str(value)) == other
    return value == plain(other)


def written(chance: random.Random, path: Path, columns: dict, count: int) -> list[dict]:
    nulls = chance.choice([0, 0, 0.2, 1])
    rows = [
        {
            name: None if kind[0] != "!" and chance.random() < nulls else make(chance)
            for name, (kind, (_, make)) in columns.items()
        }
        for _ in range(count)
    ]
    arrays = []
    for name, (_, (arrow, _)) in columns.items():
        values = [row[name] for row in rows]
        if pa.types.is_timestamp(arrow):
            arrays.append(
                pa.array(values, pa.int64()).cast(pa.timestamp(arrow.unit)).cast(arrow)
                if arrow.tz is None
                else pa.array(values, pa.int64()).cast(pa.timestamp(arrow.unit, arrow.tz))
            )
        else:
            arrays.append(pa.array(values, arrow))
    table = pa.Table.from_arrays(arrays, names=list(columns))
    dictionary = chance.random() < 0.5
    pq.write_table(
        table,
        path,
        compression=chance.choice(["none", "snappy", "gzip", "zstd", "lz4"]),
        row_group_size=chance.choice([7, 100, 10**6]),
        use_dictionary=dictionary,
        # Older versions have no nanoseconds.
        version="2.6" if any("stamp_ns" in name for name in columns) else chance.choice(["1.0", "2.4", "2.6"]),
        data_page_version=chance.choice(["1.0", "2.0"]),
        data_page_size=chance.choice([64, 2**20]),
        write_statistics=chance.random() < 0.5,
        store_schema=chance.random() < 0.5,
        use_deprecated_int96_timestamps=chance.random() < 0.2
        and all(unit not in name for name in columns for unit in ("stamp_s_", "stamp_ms_")),
        use_byte_stream_split=not dictionary and all(kind.startswith("float") for kind, _ in columns.values()),
    )
    return rows


def compare(folder: Path, source: str, columns: dict, expected: list[dict]) -> int:
    answer = common.rows(folder, "select * from t", f"t={source}")
    if len(answer.rows) != len(expected):
        common.differ(f"rows of {source}", len(expected), len(answer.rows))
    compared = 0
    for line, (ours, other) in enumerate(zip(answer.rows, expected)):
        for name, (_, (arrow, _)) in columns.items():
            compared += 1
            value = other.get(name)
            try:
                agrees = same(ours[name], arrow, value)
            except (ValueError, KeyError):
                agrees = False
            if not agrees:
                common.differ(f"row {line} of {source} {name}", value, ours.get(name, "no such column"))
    return compared


def trial(seed: int, folder: Path) -> int:
    chance = random.Random(seed)
    kinds = types()
    chosen = [chance.choice(list(kinds)) for _ in range(chance.randrange(1, 12))]
    columns = {f"c{index}_{kind}": (kind, kinds[kind]) for index, kind in enumerate(chosen)}
    (folder / "one").mkdir(exist_ok=True)
    rows = written(chance, folder / "one" / "a.parquet", columns, chance.choice([0, 1, 50, 3000]))
    compared = compare(folder, "one/a.parquet", columns, rows)
    # More files, the columns of each others in part.
    (folder / "many").mkdir(exist_ok=True)
    everything: list[dict] = []
    seen: dict = {}
    for number in range(3):
        own = {name: value for name, value in columns.items() if number == 0 or chance.random() < 0.7}
        extra = chance.choice(list(kinds))
        own |= {f"x{number}_{extra}": (extra, kinds[extra])}
        seen |= own
        everything += written(chance, folder / "many" / f"{number}.parquet", own, chance.choice([0, 3, 40]))
    return compared + compare(folder, "many/*.parquet", seen, everything)


if __name__ == "__main__":
    common.main(trial, seeds=60)
