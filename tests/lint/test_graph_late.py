"""W213: a message some time before a moment is told when late comers get it at once, and only where nobody thought of them."""

from __future__ import annotations

import pytest

from rtj.base.diagnostic import Diagnostic
from tests.lint.cases import PROJECT, found, journey

HEAD = "journey: one\nenter: {on: booked, as: seat}\n"
EVENTS = PROJECT.replace("events:\n", "events:\n  booked: {starts_at: instant, day: date?}\n", 1)
SEND = "  - {send: tomorrow, by: email}\n"


def late(nodes: str, head: str = HEAD) -> list[Diagnostic]:
    reported = found(EVENTS, journey(nodes, head))
    assert [d.message for d in reported if d.severity == "error"] == []
    return [d for d in reported if d.code == "W213"]


@pytest.mark.parametrize(
    "moment",
    [
        "seat.starts_at - 1d",
        "entry.starts_at - 3h",
        "18:00 on seat.starts_at - 1 day",
        "18:00 on seat.starts_at - 1 day zone 'Asia/Shanghai'",
        "(seat.day ?? 2026-05-01) - 7d",
    ],
)
def test_who_comes_late_gets_it_at_once(moment: str) -> None:
    [told] = late(f"  - {{id: w, wait: until {moment}}}\n{SEND}")

    assert told.severity == "info"
    assert told.message == f"who comes here after `{moment}` gets `tomorrow` at once: a moment that is past is passed"


def test_inside_a_block_too() -> None:
    nodes = "  - branch:\n      - when: profile.orders > 1\n        do:\n"
    nodes += "          - {id: w, wait: until seat.starts_at - 1d}\n          - {send: tomorrow, by: email}\n"

    assert len(late(nodes)) == 1


@pytest.mark.parametrize(
    "nodes",
    [
        "  - {id: w, wait: until seat.starts_at - 1d, do: [{send: eve, by: email}]}\n" + SEND,
        "  - {id: w, wait: until seat.starts_at - 1d, else: []}\n" + SEND,
        "  - {id: w, wait: until seat.starts_at}\n" + SEND,
        "  - {id: w, wait: until seat.starts_at + 1d}\n" + SEND,
        "  - {id: w, wait: until seat.ts - 1d}\n" + SEND,
        "  - {id: w, wait: until 18:00}\n" + SEND,
        "  - {id: w, wait: until seat.starts_at - 1d}\n  - branch: [{when: profile.orders > 1, do: [{send: b, by: email}]}]\n",
        "  - {id: v, wait: until seat.starts_at - 7d, do: [{send: soon, by: email}]}\n"
        "  - {id: w, wait: until seat.starts_at - 1d}\n" + SEND,
        "  - branch: [{when: seat.starts_at < now() + 1d, do: [exit]}]\n"
        "  - {id: w, wait: until seat.starts_at - 1d}\n" + SEND,
    ],
)  # fmt: skip
def test_who_was_thought_of(nodes: str) -> None:
    assert late(nodes) == []


def test_the_way_in_may_ask() -> None:
    head = "journey: one\nenter: {on: booked, as: seat, when: seat.starts_at > now() + 1d}\n"

    assert late(f"  - {{id: w, wait: until seat.starts_at - 1d}}\n{SEND}", head) == []
