"""An edit of which nothing but `safe` is told changes nothing for those who are inside as it takes over; and who is inside keeps
everything when nodes and journeys are only called otherwise. The run in which the edit takes over is the oracle."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from rtj.engine.reporting import message_key
from rtj.ir import journey as j
from rtj.ir.program import Program
from rtj.ir.records import Event
from rtj.plan.diff import diff
from rtj.plan.sides import Side
from tests.oracle.build import Maker
from tests.oracle.generate import FEATURES, Case, case
from tests.plan.edits import EDITS, under_other_ids
from tests.plan.edits_project import OF_JOURNEYS
from tests.plan.shops import side
from tests.plan.succession import Record, events_of, taken_over

WHOLE = FEATURES - {"erase"}
ALONE = WHOLE - {"acts", "gates", "receipts"}  # where nobody who enters is felt by those who are inside
MEETING = ("entered", "merged", "moved", "linked")
Lives = dict[str, list[tuple[int, dict[str, object]]]]


def lives(records: Iterable[Record], ids: Iterable[str]) -> Lives:
    """What happened to each of these instances. A way has a number, which is another when ways change places."""
    found: Lives = {name: [] for name in ids}
    for at, _, _, payload in records:
        if payload.get("instance") in found:
            told = {key: value for key, value in payload.items() if key != "to" or not str(value).startswith(("case ", "arm "))}
            found[str(payload["instance"])].append((at, told))
    return found


def met(*runs: list[Record], change: int) -> frozenset[str]:
    """The instances of people whom somebody new may have met: who has entered somewhere since, or has become one with another."""
    people: set[object] = set()
    for at, origin, _, payload in (record for run in runs for record in run):
        if at >= change and payload["what"] in MEETING:
            people |= {origin, payload.get("other"), payload.get("from")}
    return frozenset(str(p["instance"]) for run in runs for _, origin, _, p in run if origin in people and "instance" in p)


def moment(made: Case, rnd: random.Random) -> tuple[list[Event], int, int] | None:
    """The events, the end, and an instant between at which a new version comes."""
    events, end = events_of(made.program, made.feeds, made.until)
    return None if len(events) < 2 else (events, end, rnd.randrange(events[0].at + 1, events[-1].at + 2))


KINDS = {**EDITS, **{name: edit for name, edit in OF_JOURNEYS.items() if name != "names"}}  # some of whose names are nobody's


def unsafe(seed: int, features: frozenset[str], seen: Counter[str]) -> Iterator[str]:
    """What an edit that is called safe has changed. `seen`: safe edits, and instances that were compared."""
    rnd = random.Random(seed)
    made = case(seed, features)
    found = moment(made, rnd)
    if found is None:
        return
    events, end, change = found
    before, ids = taken_over(made.program, made.program, events, change, end)
    for name in rnd.choices(sorted(KINDS), k=6) if ids else ():
        new = KINDS[name](made.program, rnd)
        changes = [] if new is None else [one.change for one in diff(Side("old", made.program), Side("new", new)).every]
        if new is None or not changes or any(change.level != "safe" for change in changes):
            continue
        after, _ = taken_over(made.program, new, events, change, end)
        alone = ids if features == ALONE else ids - met(before, after, change=change)
        was, now = lives(before, alone), lives(after, alone)
        seen["edits"] += 1
        seen["instances"] += len(alone)
        yield from (
            f"seed {seed}, {name} at {change}: {was[one]} became {now[one]} by {[change.what for change in changes]}"
            for one in sorted(alone)
            if was[one] != now[one]
        )


@pytest.mark.parametrize(("features", "seeds"), [(ALONE, 300), (WHOLE, 80)], ids=["alone", "together"])
def test_what_is_called_safe_is_safe(features: frozenset[str], seeds: int) -> None:
    seen: Counter[str] = Counter()
    found = [text for seed in range(seeds) for text in unsafe(seed, features, seen)]
    assert not found, "\n".join(found[:3])
    assert seen["edits"] >= 10
    assert seen["instances"] >= 10


@pytest.mark.long
@pytest.mark.parametrize("features", [ALONE, WHOLE], ids=["alone", "together"])
@pytest.mark.parametrize("start", range(10_000, 10_400, 200))
def test_what_is_called_safe_is_safe_at_length(features: frozenset[str], start: int) -> None:
    seen: Counter[str] = Counter()
    found = [text for seed in range(start, start + 200) for text in unsafe(seed, features, seen)]
    sys.stdout.write(f"{dict(seen)}\n")
    assert not found, "\n".join(found[:3])


# ---- other names


def called_otherwise(program: Program, rnd: random.Random) -> tuple[Program, dict[str, str]]:
    """Some nodes, and at times a journey, under other names, with `moved` and `formerly`; and the earlier name of each."""
    earlier: dict[str, str] = {}
    journeys = []
    for one in program.journeys:
        names = {node.id: f"{node.id}_now" for node in one.nodes if rnd.random() < 0.5}
        earlier |= {new: old for old, new in names.items()}
        journeys.append(under_other_ids(one, names))
    named = {node.journey for one in journeys for node in one.nodes if isinstance(node, j.StartJourney)}
    last = journeys[-1]
    if last.name not in named | {name for cap in program.caps for name in cap.journeys}:
        journeys[-1] = replace(last, name=f"{last.name}z", formerly=last.name)
        earlier[f"{last.name}z"] = last.name
    return replace(program, journeys=tuple(journeys)), earlier


def in_earlier_names(value: Any, earlier: dict[str, str]) -> Any:
    match value:
        case str():
            return earlier.get(value, value)
        case dict():
            kept = value.items() if value.get("what") != "sent" else ((k, v) for k, v in value.items() if k != "key")
            return {in_earlier_names(key, earlier): in_earlier_names(one, earlier) for key, one in kept}
        case list() | tuple():
            return [in_earlier_names(one, earlier) for one in value]
        case _:
            return value


def new_keys(before: list[Record], earlier: dict[str, str], change: int, secret: str) -> dict[object, str]:
    """The key under the new names of each message that goes after the change."""
    later = {old: new for new, old in earlier.items()}
    found: dict[object, str] = {}
    for at, _, _, sent in before:
        if sent["what"] == "sent" and at >= change and sent["node"] in later:
            instance, node = str(sent["instance"]), str(sent["node"])
            for visit in range(1, 20):
                if message_key(secret, instance, node, visit) == sent["key"]:
                    found[sent["key"]] = message_key(secret, instance, later[node], visit)
    return found


def disturbed(seed: int) -> Iterator[str]:
    """What other names have changed for people inside."""
    rnd = random.Random(seed)
    made = case(seed, WHOLE)
    found = moment(made, rnd)
    if found is None:
        return
    events, end, change = found
    before, ids = taken_over(made.program, made.program, events, change, end)
    if not ids:
        return
    new, earlier = called_otherwise(made.program, rnd)
    keys = new_keys(before, earlier, change, made.program.secret)
    answered = [
        replace(event, props=replace(event.props, message=keys[event.props.message]))  # type: ignore[attr-defined]
        if getattr(event.props, "message", None) in keys
        else event
        for event in events
    ]
    after, _ = taken_over(made.program, new, answered, change, end)
    was, now = lives(before, ids), lives(after, ids)
    for one in sorted(ids):
        told = in_earlier_names(was[one], {}), in_earlier_names(now[one], earlier)
        if told[0] != told[1]:
            yield f"seed {seed} at {change}: {told[0]} became {told[1]}"


def test_other_names_keep_everybody_where_they_are() -> None:
    found = [text for seed in range(60) for text in disturbed(seed)]
    assert not found, "\n".join(found[:3])


@pytest.mark.long
def test_other_names_keep_everybody_where_they_are_at_length() -> None:
    found = [text for seed in range(20_000, 20_200) for text in disturbed(seed)]
    assert not found, "\n".join(found[:3])


PROJECT = """\
project: shop
timezone: UTC
identity:
  user_id: {kind: person, priority: 1, unique: true}
events:
  signed_up: {mail: string}
profile:
  mail: {from: signed_up.mail, type: string?}
channels:
  email: {purpose: transactional, address: profile.mail}
"""
NUDGED = """\
journey: welcome
enter: {on: signed_up}
do:
  - send: hello
    by: email
    id: nudge
  - wait_for:
      - on: nudge.opened
        do: [{exit: seen}]
      - after: 3d
    id: pause
"""
POKED = NUDGED.replace("nudge", "poke").replace("do:\n", "moved: {nudge: poke}\ndo:\n", 1)


@pytest.mark.parametrize(("receipt", "told"), [("opened", "left"), ("complained", "suppressed")])
def test_receipts_of_what_a_node_has_sent_under_its_earlier_id_are_its_own(receipt: str, told: str) -> None:
    old, new = (side("one", PROJECT, text).program for text in (NUDGED, POKED))
    maker = Maker(old, 0, 60_000)
    entering = maker("signed_up", 1, "user_id:u1", mail="ann@example.org")
    sent, _ = taken_over(old, old, [entering], 120_000, 120_000)
    key = next(payload["key"] for *_, payload in sent if payload["what"] == "sent")
    answer = maker(receipt, 5, "user_id:u1", message=key)
    after, _ = taken_over(old, new, [entering, answer], 180_000, 600_000)
    assert told in [payload["what"] for at, _, _, payload in after if at == answer.at]
