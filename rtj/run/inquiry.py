"""One person as of an instant: who they were then, what held, and since when. For those who ask why."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rtj.connect.intake import Door
from rtj.engine.machine import Machine
from rtj.engine.state import Profile
from rtj.ir.program import Program
from rtj.ir.records import Event
from rtj.run.found import Found
from rtj.run.grouped import Job, run_alone
from rtj.run.harvest import Key
from rtj.run.memory import quiet_collector
from rtj.run.meter import Meter, OnProgress
from rtj.run.options import SimulateOptions
from rtj.run.output import Books, Record, Wanted
from rtj.run.people import Given, People, ids_of
from rtj.run.person import Person
from rtj.run.sources import opened_files
from rtj.run.stop import stoppable


@dataclass(frozen=True, slots=True)
class Turn:
    """A membership began (`joined`) or ended at an instant."""

    at: int
    audience: str
    joined: bool


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What was found: the profiles that the identifier belongs to (none: nobody of that name; two, when the bare value is known
    in two namespaces), each with how its memberships turned, in the order of time; all as of the instant `at`."""

    machine: Machine | None
    at: int | None
    found: tuple[tuple[Profile, tuple[Turn, ...]], ...]


class _Kept(Person):
    """Keeps what is told of the person."""

    def __init__(self, text: str, program: Program) -> None:
        super().__init__(text, program.ranked)
        self.records: list[Record] = []

    def note(self, records: Iterable[Record]) -> None:
        kept = list(records)
        super().note(kept)
        self.records += kept


class _Witness(People):
    """Keeps the profiles of the person."""

    def __init__(self, program: Program, given: Given, books: Books, person: Person | None) -> None:
        super().__init__(program, given, books, person)
        self.seen: list[Profile] = []

    @property
    def machine(self) -> Machine:
        """That of the world in which the person was told of in full."""
        return self._told.machine

    def _run_told(self, keys: list[Key], events: list[Event], person: Person) -> int:
        number = super()._run_told(keys, events, person)
        if any(person.among(ids_of(key)) for key in keys):
            self.seen += [p for p in self._told.profiles if person.among(p.identifiers)]
        return number


def inquire(program: Program, options: SimulateOptions, who: str, on_progress: OnProgress | None = None) -> Inquiry:
    """Replay up to `options.until` and look at one person. Raises what `simulate` raises."""
    person = _Kept(who, program)
    made: list[_Witness] = []

    def make(program: Program, given: Given, books: Books, _: Person | None) -> _Witness:
        made.append(_Witness(program, given, books, person))
        return made[0]

    with ExitStack() as stack:
        stack.enter_context(quiet_collector())
        stop = stack.enter_context(stoppable())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rtj-")))
        files = stack.enter_context(opened_files(options.events, program, options.format, folder))
        door = Door(program, Machine(program), options.now_ms)
        job = Job(program, door, files, options, folder, Wanted(), letters=False, kind=make)
        meter = Meter(on_progress, sum(file.size for file in files))
        found: Found = run_alone(job, job.books("inquiry"), meter, stop)
    if not made:
        return Inquiry(None, found.end, ())
    records = sorted(person.records, key=lambda record: record[:3])
    return Inquiry(made[0].machine, found.end, tuple((p, _turns(records, p.origin)) for p in made[0].seen))


def _turns(records: Iterable[Record], origin: str) -> tuple[Turn, ...]:
    """How the memberships of a profile turned; what others held who became one with it is held by it from then on."""
    held: dict[str, dict[str, int]] = {}
    turns: list[Turn] = []
    for at, who, _, payload in records:
        audience = str(payload.get("audience", ""))
        match payload["what"]:
            case "joined":
                held.setdefault(who, {})[audience] = at
                turns += [Turn(at, audience, True)] if who == origin else []
            case "left_audience":
                held.setdefault(who, {}).pop(audience, None)
                turns += [Turn(at, audience, False)] if who == origin else []
            case "merged":
                mine, theirs = held.setdefault(who, {}), held.pop(str(payload["other"]), {})
                brought = {name: since for name, since in theirs.items() if name not in mine}
                mine |= brought
                turns += [Turn(since, name, True) for name, since in brought.items()] if who == origin else []
            case _:
                pass
    return tuple(turns)
