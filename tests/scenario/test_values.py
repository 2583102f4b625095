"""Values are read by the type that they must have: `39` is a number where a number belongs, else a text."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source
from rtj.ir.expr import ListOf, OneOf, Optional, Record, Scalar, Type
from rtj.lang.yaml_nodes import Sequence, read_documents
from rtj.scenario.times import Clock
from rtj.scenario.values import ValueReader, same

CLOCK = Clock(1_772_438_400_000, ZoneInfo("Europe/Berlin"))  # 2026-03-02T09:00 there
STRING, NUMBER, BOOL = Scalar("string"), Scalar("number"), Scalar("bool")
INSTANT, DATE, DURATION, ANY = Scalar("instant"), Scalar("date"), Scalar("duration"), Scalar("any")
LINE = Record((("qty", NUMBER), ("sku", Optional(STRING))))


def value(text: str, kind: Type) -> object:
    found: list[Diagnostic] = []
    source = Source("t.test.yaml", f"- {text}\n")
    (node,) = read_documents(source, found)
    assert isinstance(node, Sequence)
    read = ValueReader(source, found, "E602", CLOCK).value(node.items[0], kind, "`it`")
    assert (read is None) == bool(found), found
    return [d.message for d in found] if read is None else read.json


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("39", STRING, "39"),
        ("'null'", STRING, "null"),
        ("39", NUMBER, 39),
        ("-2.50", NUMBER, -2.5),
        ("1e3", NUMBER, 1000.0),
        ("'39'", NUMBER, 39),
        ("true", BOOL, True),
        ("gold", OneOf(("gold", "silver")), "gold"),
        ("2026-03-01T10:00:00+01:00", INSTANT, "2026-03-01T09:00:00.000Z"),
        ("2026-03-01T10:00", INSTANT, "2026-03-01T09:00:00.000Z"),
        ("1772438400000", INSTANT, "2026-03-02T08:00:00.000Z"),
        ("+1d30m", INSTANT, "2026-03-03T08:30:00.000Z"),
        ("-1 month", INSTANT, "2026-02-02T08:00:00.000Z"),
        ("2026-03-01", DATE, "2026-03-01"),
        ("+16h", DATE, "2026-03-03"),
        ("90s", DURATION, 90_000),
        ("250", DURATION, 250),
        ("~", Optional(NUMBER), None),
        ("3", Optional(NUMBER), 3),
        ("[a, b]", ListOf(STRING), ["a", "b"]),
        ("[]", ListOf(NUMBER), []),
        ("{qty: 2}", LINE, {"qty": 2}),
        ("[{qty: 2, sku: '7'}]", ListOf(LINE), [{"qty": 2, "sku": "7"}]),
        ("{a: 1, b: [true, x]}", ANY, {"a": 1, "b": [True, "x"]}),
    ],
)
def test_values(text: str, kind: Type, expected: object) -> None:
    assert value(text, kind) == expected


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("~", STRING, "`it` is of type string; found `~`"),
        ("x", NUMBER, "`it` is of type number; found `x`"),
        ("yes", BOOL, "`it` is of type bool; found `yes`"),
        ("[1]", NUMBER, "`it` is of type number"),
        ("1", ListOf(NUMBER), "`it` is of type [number]; found `1`"),
        ("[1, x]", ListOf(NUMBER), "an item of `it` is of type number; found `x`"),
        ("bronze", OneOf(("gold", "silver")), "`it` is not `bronze`"),
        ("tomorrow", INSTANT, "`it` is of type instant; found `tomorrow`"),
        ("999999999999999999", INSTANT, "`it` is of type instant; found `999999999999999999`"),
        ("+9999w9999w9999999w", INSTANT, "`it` is of type instant; found `+9999w9999w9999999w`"),
        ("2026-13-01", DATE, "`it` is of type date; found `2026-13-01`"),
        ("1 month", DURATION, "`it` is of type duration; found `1 month`"),
        ("{sku: a}", LINE, "`it` needs `qty`"),
        ("{qty: 1, skuu: a}", LINE, "`it` has no field `skuu`"),
        ("a", LINE, "`it` is of type {qty: number, sku: string?}; found `a`"),
    ],
)
def test_misfits(text: str, kind: Type, message: str) -> None:
    assert value(text, kind) == [message]


def test_equality_is_that_of_json() -> None:
    assert same(1, 1.0)
    assert not same(True, 1)
    assert same({"a": [1, None]}, {"a": [1.0, None]})
    assert not same({"a": 1}, {"a": 1, "b": 2})
    assert not same([1, 2], [1])
    assert not same([True], [1])
    assert not same("1", 1)
