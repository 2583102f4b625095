"""Chunks become events: spellings, order, counts."""

from __future__ import annotations

import json
from typing import Any

from rtj.connect.intake import NEVER, OTHERS, PLACE_BITS, Door, Feed, Intake
from rtj.connect.letters import DeadLetter, Letters
from rtj.engine.machine import Machine
from tests.run.shop import NOW, PROJECT, START, event, program

GROUPS = PROJECT.replace("Product Viewed}", 'Product Viewed, page_view: ["PAGE_*", "PAGE_OLD_*"]}')

MISSING = "Object missing required field `item`"


def intake(project: str = PROJECT, source: int = 0) -> tuple[Intake, list[DeadLetter]]:
    kept: list[DeadLetter] = []
    return Intake(Door(program(project), Machine(program(project)), NOW), Feed(source), Letters(kept.append, 100)), kept


def chunk(*records: dict[str, Any]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def test_an_event_as_the_engine_wants_it() -> None:
    """Names as declared, properties decoded where somebody reads them, the position with its source in front."""
    reader, _ = intake(source=3)
    found: Any = reader.take(
        chunk(
            event(5, "Product Viewed", 10, {"item": "i"}, email=" A@x.org", user_id=7),
            event(6, "page_view", 20, {"path": "/"}, user_id="somebody-else"),
        )
    )
    assert [(e.id, e.type, e.ts - START, e.read) for e in found] == [
        ("5", "product_view", 10, True),
        ("6", "page_view", 20, False),
    ]
    assert found[0].props.item == "i"
    assert found[0].ids == ((0, "a@x.org"), (1, "7"))
    assert found[1].ids == ((1, "somebody-else"),)
    assert [e.pos for e in found] == [(3 << PLACE_BITS) + 1, (3 << PLACE_BITS) + 2]
    assert found[0].source == 3
    assert found[0].received_at == NOW


def test_groups_of_types() -> None:
    """`*` makes one type of all names that begin so; a name that is not declared is counted under its own."""
    reader, kept = intake(GROUPS)
    names = ("PAGE_A", "PAGE_OLD_B", "page_view", "Product Viewed", "product_view")
    properties = {"path": "/", "item": "i"}
    reader.take(chunk(*(event(n, name, n, properties, device=f"d{n}") for n, name in enumerate(names))))
    assert reader.read == 5
    assert kept == []
    assert reader.unknown == {"page_view": 1, "product_view": 1}


def test_names_of_unknown_types_are_bounded(monkeypatch: Any) -> None:
    monkeypatch.setattr("rtj.connect.intake.UNKNOWN_MAX", 2)
    reader, _ = intake()
    reader.take(chunk(*(event(n, f"type{n % 5}", n, device="d") for n in range(10))))
    assert reader.unknown == {"type0": 2, "type1": 2, OTHERS: 6}


def test_order_and_extremes() -> None:
    """An event before the one read just before it is out of order; dead letters count for nothing."""
    reader, kept = intake()
    assert (reader.first_ts, reader.last_ts) == (NEVER, -NEVER)
    stamps = (50, 40, 45, 60, 60, 10)
    records = [event(n, "page_view", ts, {"path": "/"}, device="d") for n, ts in enumerate(stamps)]
    broken = event(9, "page_view", 0, {"path": 3}, device="d")
    reader.take(chunk(*records[:3], broken))
    reader.take(chunk(*records[3:]))
    assert reader.out_of_order == 2
    assert (reader.first_ts - START, reader.last_ts - START) == (10, 60)
    assert (reader.entry_ts - START, reader.exit_ts - START) == (50, 10)
    assert (reader.read, reader.lines, reader.unread) == (6, 7, 6)
    assert [letter.line for letter in kept] == [4]


def test_a_declared_name_that_sources_spell_otherwise_is_no_event_of_that_type() -> None:
    """Such an event may be a person's first; nobody takes it for what it is not, and its properties are not looked at."""
    reader, _ = intake(GROUPS)
    found = reader.take(chunk(event(1, "product_view", 1, {"anything": 1}, device="d1")))
    assert [one.type for one in found] == ["product_view ?"]
    assert reader.unknown == {"product_view": 1}


def test_a_field_beside_the_properties() -> None:
    """Who writes a field at the top of the record is told where it belongs."""
    reader, kept = intake()
    beside = event(1, "Product Viewed", 1, {}, device="d") | {"item": "i"}
    reader.take(chunk(beside, event(2, "Product Viewed", 2, {}, device="d")))

    assert [(letter.reason, letter.detail) for letter in kept] == [
        (
            "properties",
            f"{MISSING}: it stands beside `properties`, and fields stand in it: " + '{"properties": {"item": …}}',
        ),
        ("properties", MISSING),
    ]
