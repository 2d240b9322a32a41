"""Writes the Parquet files of this folder with pyarrow, and beside them what their rows are as JSON (`alpaca.jsonl` for every `alpaca.*.parquet`): the reader is held against them.

    python test/golden/parquet/generate.py
"""
import base64
import datetime as dt
import json
import math
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent


def bare(value):
    """As the reader writes it: nulls of columns and structures left out, bytes only where they are text."""
    if isinstance(value, dict):
        return {key: bare(item) for key, item in value.items() if bare(item) is not None}
    if isinstance(value, (list, tuple)):
        return [bare(item) for item in value]
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8") if not any(byte < 9 or 13 < byte < 32 for byte in value) else None
        except UnicodeDecodeError:
            return None
    if isinstance(value, float):
        return None if not math.isfinite(value) else int(value) if value.is_integer() else value
    return value


def write(name, table, expected, **options):
    pq.write_table(table, HERE / f"{name}.parquet", **options)
    lines = [json.dumps(bare(row), ensure_ascii=False, separators=(",", ":")) for row in expected]
    (HERE / f"{name.split('.')[0]}.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


# Questions and answers, once in every compression of the Hub and in both versions of pages.
rows = [{"instruction": f"Name number {n} in words.", "input": None if n % 3 == 0 else f"{n}", "output": f"Número {n} – {'zahl ' * (n % 5)}✓ 数"} for n in range(60)]
alpaca = pa.Table.from_pylist(rows, pa.schema([("instruction", pa.string()), ("input", pa.string()), ("output", pa.large_string())]))
for codec in ["none", "snappy", "gzip", "brotli", "lz4", "zstd"]:
    write(f"alpaca.{codec}", alpaca, rows, compression=codec, row_group_size=25, data_page_version="2.0" if codec in ("gzip", "lz4") else "1.0", use_dictionary=codec != "brotli")
write("alpaca.delta", alpaca, rows, compression="snappy", use_dictionary=False, column_encoding={"instruction": "DELTA_BYTE_ARRAY", "input": "DELTA_LENGTH_BYTE_ARRAY", "output": "DELTA_BYTE_ARRAY"})

# Conversations as lists of structures, with keys that only some of the messages have.
call = pa.struct([("type", pa.string()), ("function", pa.struct([("name", pa.string()), ("arguments", pa.string())]))])
message = pa.struct([("role", pa.string()), ("content", pa.string()), ("tool_calls", pa.list_(call)), ("weight", pa.int64())])
chats = [
    {"id": 1, "messages": [{"role": "user", "content": "Hello", "tool_calls": None, "weight": None}, {"role": "assistant", "content": "Hi there.", "tool_calls": None, "weight": 1}], "tags": ["a", None, "b"]},
    {"id": 2, "messages": [
        {"role": "system", "content": "Use the tools.", "tool_calls": None, "weight": None}, {"role": "user", "content": "Weather in Oslo?", "tool_calls": None, "weight": None},
        {"role": "assistant", "content": None, "tool_calls": [{"type": "function", "function": {"name": "weather", "arguments": "{\"city\": \"Oslo\"}"}}], "weight": None},
        {"role": "tool", "content": "3 °C", "tool_calls": [], "weight": None}, {"role": "assistant", "content": "Three degrees.", "tool_calls": None, "weight": 0}], "tags": []},
    {"id": 3, "messages": [], "tags": None}, {"id": 4, "messages": None, "tags": [None]},
    {"id": 5, "messages": [{"role": "user", "content": "", "tool_calls": None, "weight": None}, None, {"role": None, "content": None, "tool_calls": None, "weight": None}], "tags": ["c"]},
]
schema = pa.schema([("id", pa.int32()), ("messages", pa.list_(message)), ("tags", pa.list_(pa.string()))])
write("chats", pa.Table.from_pylist(chats, schema), chats, compression="zstd", row_group_size=2)
write("chats.v2", pa.Table.from_pylist(chats, schema), chats, compression="snappy", data_page_version="2.0", write_page_index=True)

# Every type that JSON has no word for.
png = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
fields = [
    ("long", pa.int64(), [1, -2, 9007199254740993], [1, -2, 9007199254740993]),
    ("unsigned", pa.uint64(), [1, None, 18446744073709551615], [1, None, 18446744073709551615]),
    ("small", pa.int8(), [-128, 0, 127], [-128, 0, 127]),
    ("word", pa.uint32(), [4294967295, 0, 1], [4294967295, 0, 1]),
    ("real", pa.float64(), [0.1, math.nan, math.inf], [0.1, math.nan, math.inf]),
    ("half", pa.float16(), [0.5, None, -2.0], [0.5, None, -2.0]),
    ("flag", pa.bool_(), [True, False, None], [True, False, None]),
    ("price", pa.decimal128(10, 2), [Decimal("12.34"), Decimal("-0.05"), None], ["DECIMAL:12.34", "DECIMAL:-0.05", None]),
    ("exact", pa.decimal128(38, 4), [Decimal("1234567890123456789012.3456"), Decimal("0"), Decimal("-1")], ["DECIMAL:1234567890123456789012.3456", "DECIMAL:0.0000", "DECIMAL:-1.0000"]),
    ("moment", pa.timestamp("us"), [dt.datetime(2024, 2, 29, 12, 30, 1, 500000), dt.datetime(1969, 12, 31, 23, 59, 59), None], ["2024-02-29T12:30:01.5", "1969-12-31T23:59:59", None]),
    ("moment_utc", pa.timestamp("ns", tz="UTC"), [1_700_000_000_123_456_789, 0, None], ["2023-11-14T22:13:20.123456789Z", "1970-01-01T00:00:00Z", None]),
    ("day", pa.date32(), [dt.date(2024, 2, 29), dt.date(1900, 1, 1), None], ["2024-02-29", "1900-01-01", None]),
    ("hour", pa.time64("us"), [dt.time(23, 59, 59, 250000), dt.time(0, 0), None], ["23:59:59.25", "00:00:00", None]),
    ("bytes", pa.binary(), [b"\x00\xff", "wörter".encode(), None], [None, "wörter", None]),
    ("fixed", pa.binary(4), [b"abcd", b"\x00\x01\x02\x03", None], ["abcd", None, None]),
    ("kind", pa.dictionary(pa.int32(), pa.string()), ["x", "y", "x"], ["x", "y", "x"]),
    ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())]), [{"bytes": png, "path": "dot.png"}, {"bytes": None, "path": None}, None], [{"path": "dot.png"}, {}, None]),
    ("nested", pa.list_(pa.list_(pa.int64())), [[[1, 2], [], None], [], None], [[[1, 2], [], None], [], None]),
    ("scores", pa.map_(pa.string(), pa.float64()), [[("a", 1.0), ("b", None)], [], None], [{"a": 1}, {}, None]),
]
expected = [{name: wanted[index] for name, _, _, wanted in fields} for index in range(3)]
table = pa.table({name: pa.array(values, kind) for name, kind, values, _ in fields})
write("types", table, expected, compression="snappy")
# Decimals stand as numbers with all of their digits, which Python's json cannot write.
path = HERE / "types.jsonl"
text = path.read_text(encoding="utf-8")
while '"DECIMAL:' in text:
    before, rest = text.split('"DECIMAL:', 1)
    digits, after = rest.split('"', 1)
    text = before + digits + after
path.write_text(text, encoding="utf-8")

# Two shards of one set, as the Hub names them, one of them with pandas' row numbers.
for shard in range(2):
    part = [{"text": f"Shard {shard}, row {row}."} for row in range(3)]
    columns = {"text": [row["text"] for row in part]}
    if shard == 1:
        columns["__index_level_0__"] = list(range(3))
    write(f"train-{shard:05}-of-00002", pa.table(columns), part)
write("empty", alpaca.slice(0, 0), [])
