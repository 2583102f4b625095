"""Events that nobody reads, of several identifiers: a grouped replay, which leaves out those that cannot matter, gives what the
time-ordered run gives, which meets them all."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from rtj.compile import compile_text
from rtj.ir.program import Program
from rtj.run.options import Outputs, SimulateOptions
from rtj.run.settled import ALWAYS_MAX, Settled
from rtj.run.simulate import simulate
from tests.run.shop import MINUTE, NOW, event, run, write

PROJECT = """\
project: devices
timezone: Europe/Berlin
dedupe: 1h
identity:
  user:   {kind: person, priority: 1, unique: true}
  email:  {kind: person, priority: 2}
  device: {kind: device, priority: 3}
  cookie: {kind: cookie, priority: 4}
events:
  seen:   {page: string}
  bought: {total: number}
  email_changed: {}
profile:
  spent: sum(bought.total) over 1h
  count: count(bought) over 2h
audiences:
  rich: profile.spent > 20
  busy: profile.count >= 2
channels:
  push: {purpose: marketing, default: granted}
"""
JOURNEY = """\
journey: thanks
enter: {on: bought, as: sale, again: after 1h}
do:
  - {id: rest, wait: 1h}
  - {send: thanks, by: push}
"""


def devices(project: str = PROJECT) -> Program:
    compiled = compile_text(project, JOURNEY)
    assert compiled.program is not None, compiled.diagnostics
    return compiled.program


def stream(seed: int, *, strangers: float, kinds: tuple[str, ...]) -> list[dict[str, Any]]:
    """Households whose events fall on a grid, so that much happens at the same instant, some with an id used before. `strangers`:
    how often somebody comes with what is another's."""
    random = Random(seed)
    found: list[dict[str, Any]] = []
    at = 0
    for number in range(250):
        at += random.choice((0, 0, 10 * MINUTE, 30 * MINUTE))
        who = random.randrange(8)
        whose = random.randrange(8) if random.random() < strangers else who
        drawn = {
            "user": f"user-{who}",
            "email": f"{whose}@example.org",
            "device": f"device-{whose}-{random.randrange(2)}",
            "cookie": f"cookie-{who}-{random.randrange(3)}",
        }
        ids = dict(random.sample(sorted(drawn.items()), random.choice((1, 2, 2, 3))))
        kind = random.choice(kinds)
        properties = {"bought": {"total": random.choice((5, 15, 30))}, "seen": {"page": "/"}}.get(kind, {})
        name = f"e{number}" if random.random() < 0.9 else f"e{random.randrange(number + 1)}"
        found.append(event(name, kind, at, properties, **ids))
    return found


@pytest.mark.parametrize("strangers", [0, 0.05])
@pytest.mark.parametrize("more", [(), ("email_changed",), ("erase",), ("email_changed", "erase")])
def test_grouped_gives_what_ordered_gives(tmp_path: Path, strangers: float, more: tuple[str, ...]) -> None:
    project = PROJECT + ("replaces: {email_changed: email}\n" if "email_changed" in more else "")
    made = devices(project)
    for seed in range(12):
        kinds = (*("seen", "unheard_of", "seen", "bought") * 4, *more)
        path = write(tmp_path / "events.jsonl", stream(seed, strangers=strangers, kinds=kinds))
        ordered = run(tmp_path, path, project=made, order="arrival")
        for workers in (1, 2) if seed == 0 else (1,):
            grouped = run(tmp_path, path, project=made, workers=workers)
            assert grouped.trace == ordered.trace, seed
            assert grouped.result.counts == ordered.result.counts, seed
            messages = tmp_path / "only_messages"
            options = SimulateOptions(events=(path,), now_ms=NOW, workers=workers)
            untold = simulate(made, options, None, Outputs(str(messages)))  # of events that nobody reads only places are kept
            assert messages.read_bytes() == (tmp_path / "messages").read_bytes(), seed
            assert untold.counts == ordered.result.counts, seed


def test_a_copy_is_not_the_first_of_its_identifiers(tmp_path: Path) -> None:
    """The copy names another cookie; what links that is the event behind it."""
    events = [
        event("one", "seen", 0, {"page": "/"}, user="user-1", device="device-1"),
        event("one", "seen", MINUTE, {"page": "/"}, user="user-1", cookie="cookie-1"),
        event("two", "seen", 2 * MINUTE, {"page": "/"}, user="user-1", cookie="cookie-1"),
    ]
    done = run(tmp_path, write(tmp_path / "events.jsonl", events), project=devices())

    linked = [line for line in done.trace.splitlines() if b"cookie:cookie-1" in line]
    assert done.result.duplicates == 1
    assert len(linked) == 1 and b"00:02:00" in linked[0]


def settled(program: Program, *, values: int = 1, devices: int = 1, erases: bool = False) -> bool:
    best = (0, "user-0")
    roots = {(0, f"user-{n}"): best for n in range(values)} | {(2, f"device-{n}"): best for n in range(devices)}
    return (best, (2, "device-0")) in Settled(program, roots, frozenset(), erases=erases)


def test_what_may_part_identifiers_is_excluded() -> None:
    program = devices()

    assert settled(program, devices=ALWAYS_MAX - 1)
    assert not settled(program, devices=ALWAYS_MAX)
    assert not settled(program, values=2)
    assert not settled(program, erases=True)
    assert not settled(devices(PROJECT + "replaces: {email_changed: email}\n"))
