"""What is noted shortly about people is what the trace tells, under the names that are asked for."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rtj.engine.deciding import Deciding
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.replaying import Replay
from rtj.ir.journey import Split
from tests.oracle.door import admit
from tests.oracle.generate import Case, case
from tests.oracle.interpreter import run


def noted(one: Case, journeys: dict[str, str]) -> list[tuple[Any, ...]]:
    """Everybody replayed at once."""
    recorder = Recorder()
    machine = Machine(one.program, Level.COUNTS)
    kernel = Deciding(machine, recorder, journeys, {})
    door = admit(one.program, list(one.feeds))
    end = door.last if one.until is None else one.until
    events = [event for event in door.events if event.at <= end]
    if events:
        Replay(machine, recorder, kernel).replay(events, end, one.drain)
    assert not recorder.records
    return kernel.decisions


def test_it_notes_what_a_trace_tells() -> None:
    seen: Counter[str] = Counter()
    for seed in range(60):
        one = case(seed, frozenset(["identity", "nodes", "keys", "goals", "acts", "gates", "restart"]))
        splits = {(j.name, n.id) for j in one.program.journeys for n in j.nodes if isinstance(n, Split)}
        told: Counter[tuple[Any, ...]] = Counter()
        for at, origin, _, record in run(one.program, list(one.feeds), one.until, one.drain).records:
            match record["what"]:
                case "goes" if (record["journey"], record["node"]) in splits:
                    told[at, origin, "arm", record["journey"], record["node"], record["to"]] += 1
                case "entered" | "goal" | "left" as what:
                    told[(at, origin, what, record["journey"], *([record["reason"]] if what == "left" else []))] += 1
                case "sent":
                    told[at, origin, "sent", record["journey"], record["node"], record["template"], record["channel"]] += 1
                case "blocked":
                    names = ("node", "template", "channel", "gate", "rule")
                    told[(at, origin, "blocked", record["journey"], *(record[name] for name in names))] += 1
                case "called":
                    told[at, origin, "called", record["journey"], record["node"], record["webhook"]] += 1
                case _:
                    pass
        found = [(*d[:4], d[5], *d[7:9]) if d[2] == "sent" else (*d[:4], *d[5:]) for d in noted(one, {})]
        assert Counter(found) == told, seed
        seen.update(d[2] for d in found)
    assert set(seen) == {"entered", "goal", "left", "sent", "blocked", "arm", "called"}


def test_journeys_bear_other_names() -> None:
    one = case(3)
    names = {journey.name: f"new_{journey.name}" for journey in one.program.journeys}
    plain, renamed = noted(one, {}), noted(one, names)
    assert plain
    assert [(*d[:3], names[d[3]], *d[4:]) for d in plain] == renamed
