"""What is remembered of messages has bounds in number and time, and nothing is remembered where nobody could ask.

Module: engine.mail.
"""

from __future__ import annotations

from typing import Any

import pytest

from rtj.engine import mail as mail_module
from rtj.engine.machine import Machine
from rtj.engine.mail import RECEIPT_MS, Mail
from rtj.engine.record import Recorder
from rtj.engine.world import World
from rtj.ir.program import Program
from tests.engine.gated import Call, compiled, events, run, told


def profiles(program: Program, *calls: Call) -> list[Any]:
    """The profiles after a grouped replay."""
    work = events(program, *calls)
    world = World(Machine(program), Recorder())
    world.replay(work, work[-1].at, drain=False)
    return list(world.profiles)


def test_nothing_is_remembered_where_nobody_can_ask() -> None:
    """No cap counts the message, and no receipt comes."""
    [p] = profiles(compiled("channels: {email: {}}"), ("1 10:00", "go", "u1", {}))

    assert p.mail is None


@pytest.mark.parametrize("gates", ["channels: {email: {}}\ncaps: {one: {at_most: 9 per day}}", "channels: {email: {}}"])
def test_a_message_is_remembered_that_a_cap_counts_or_a_receipt_may_name(gates: str) -> None:
    receipts: list[Call] = [] if "caps" in gates else [("1 11:00", "failed", "u2", {"message": "x"})]

    first = profiles(compiled(gates), ("1 10:00", "go", "u1", {}), *receipts)[0]

    assert len(first.mail.capped) + len(first.mail.others) == 1


def test_what_is_older_than_any_cap_and_receipt_is_forgotten() -> None:
    calls = [(f"2026-{month:02d}-01T10:00:00", "go", "u1", {}) for month in range(1, 13)]

    [p] = profiles(compiled("channels: {email: {}}\ncaps: {one: {at_most: 9 per day}}"), *calls)

    assert [sent.at for sent in p.mail.capped] == [
        sent.at for sent in p.mail.capped if sent.at >= p.mail.capped[-1].at - RECEIPT_MS
    ]
    assert len(p.mail.capped) == 4


def test_more_than_the_bound_is_let_go_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_module, "HISTORY_MAX", 3)
    calls = [(f"1 10:{n:02d}", "go", "u1", {}) for n in range(5)]
    capped = compiled("channels: {email: {}}\ncaps: {many: {at_most: 100 per day}, ins: {at_most: 100 per day, of: entries}}")

    done = run(capped, *calls)

    assert done.counts["history_full",] == 4  # two messages and two entries
    assert len(told(done, "sent")) == 5
    assert ("history_full",) not in run(compiled("channels: {email: {}}"), *calls, ("1 11:00", "failed", "u2", {})).counts


def test_a_hold_is_released_once() -> None:
    mail, inst = Mail(), object()
    mail.hold(inst, (1, "email"))  # type: ignore[arg-type]

    assert mail.release(inst) == (1, "email")  # type: ignore[arg-type]
    assert mail.release(inst) is None  # type: ignore[arg-type]
