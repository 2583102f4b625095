"""Two versions that differ in who somebody is, or in what a copy is: each is replayed for itself, and what was decided about
every person goes to disk, sorted by name; then both are compared person by person.

People are those who became known by the same identifier. Their number on disk is not bounded, what is held of them in memory is.
"""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from rtj.connect.formats import choose
from rtj.connect.intake import Door
from rtj.connect.streams import Source, source_lines
from rtj.connect.versions import WHICH, Versions, Which
from rtj.engine.business import BusinessLog
from rtj.engine.deciding import Decision
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.replaying import Replay
from rtj.engine.standing import Onlooker
from rtj.ir.comparison import Comparison, Lives, Pair, Place, Read
from rtj.ir.program import Program
from rtj.ir.records import Event
from rtj.run.comparing_examples import Task, example_of, rank_of
from rtj.run.comparing_names import maskers_of, names_of
from rtj.run.comparing_people import Witness, deciding, replay_component
from rtj.run.comparing_person import People as Persons
from rtj.run.comparing_person import differences
from rtj.run.comparing_result import Besides, result
from rtj.run.comparing_sums import Counts, add_side, count_person
from rtj.run.comparing_why import Teller, paired
from rtj.run.found import Found
from rtj.run.grouped import Job, MakePeople
from rtj.run.memory import quiet_collector
from rtj.run.meter import OnProgress
from rtj.run.options import CompareOptions, Outputs, SimulateOptions
from rtj.run.output import Books, Wanted, encode_line, opened, trace_rows
from rtj.run.people import Components, Given, Joined, People, ids_of
from rtj.run.simulate import replay
from rtj.run.sources import FileSource, first_lines, opened_files
from rtj.run.stop import Stop, stoppable


def compare_apart(
    old: Program, new: Program, options: CompareOptions, reasons: tuple[str, ...], on_progress: OnProgress | None
) -> Comparison:
    """Replay the events once for each version. Raises what `compare` raises, and KeyboardInterrupt where one was broken off."""
    task = _task(old, new, options)
    with ExitStack() as stack:
        stack.enter_context(quiet_collector())
        stop = stack.enter_context(stoppable())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rtj-")))
        with stop.at_once():
            runs = stack.enter_context(_runs(task, options.replay, folder))
        counts: Counts = defaultdict(int)
        founds: dict[Which, Found] = {}
        for which, run in runs.items():
            standings = options.standings if which == "old" else None
            founds[which] = run.noted(_deciders(task, which), on_progress, stop, standings)
            if founds[which].interrupted:
                raise KeyboardInterrupt  # both were not read as far: whatever differs may be no difference
            add_side(counts, which, founds[which].counts, task.names.of(which))
        chosen = _compared(counts, runs, options.examples)
        wanted = frozenset(origin for origins, _ in chosen for origin in origins)
        stories: dict[Which, list[dict[str, Any]]] = {"old": [], "new": []}
        if wanted:
            for which, run in runs.items():
                run.noted(_witnesses(task, which, wanted), on_progress, stop)
                stories[which] = run.records()
    teller = Teller(old, new, task.names)
    examples = []
    for origins, places in chosen:
        was, now = ([record for record in stories[which] if record["profile"] in origins] for which in WHICH)
        examples.append(example_of(task, teller, (origins[0], places), was, now))
    return result(task, counts, _read(founds), Besides(tuple(examples), apart=reasons))


def lives_of(old: Program, new: Program, options: CompareOptions, profile: str, reasons: tuple[str, ...]) -> Lives:
    """The traces of one person under both versions."""
    task = _task(old, new, options)
    with ExitStack() as stack:
        stack.enter_context(quiet_collector())
        stop = stack.enter_context(stoppable())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rtj-")))
        asked = replace(options.replay, profile=profile, show_pii=True)  # it is masked when it was compared
        traces: dict[Which, list[dict[str, Any]]] = {}
        with stop.at_once():
            runs = stack.enter_context(_runs(task, asked, folder))
        interrupted = False
        for which, run in runs.items():
            interrupted |= run.noted(People, None, stop).interrupted
            traces[which] = run.records()
    teller = Teller(old, new, task.names)
    pairs = paired(traces["old"], traces["new"], task.names)
    first = next((place for place, pair in enumerate(pairs) if not pair.same), None)
    masks = task.maskers.optional
    masked = tuple(Pair(masks(pair.old), masks(pair.new), pair.same) for pair in pairs)
    why = "" if first is None else teller.sentence(masked[first].old, masked[first].new)
    return Lives(masked, first, why, reasons, interrupted)


def _task(old: Program, new: Program, options: CompareOptions) -> Task:
    maskers = maskers_of(old, new, show=options.replay.show_pii)
    return Task(Versions(old, new, new, frozenset()), names_of(old, new), maskers, options.texts, options.examples)


# ---- one version alone


@dataclass(frozen=True, slots=True)
class _Run:
    """The replays of one version: what they note is in `notes`, until the next."""

    program: Program
    files: list[FileSource]
    options: SimulateOptions
    folder: Path

    @property
    def notes(self) -> Path:
        """A file of lines."""
        return self.folder / "notes"

    def records(self) -> list[dict[str, Any]]:
        """What was noted, where these are records of a trace."""
        with self.notes.open("rb") as lines:
            return [msgspec.json.decode(line, type=dict[str, Any]) for line in lines]

    def noted(self, kind: MakePeople, on_progress: OnProgress | None, stop: Stop, standings: str | None = None) -> Found:
        """Replay the version once. `standings`: where to write who stands where at the end."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            door = Door(self.program, Machine(self.program), self.options.now_ms)
            place = Path(folder)
            wanted = Wanted(trace=True, instances=standings is not None)
            job = Job(self.program, door, self.files, self.options, place, wanted, letters=False, kind=kind)
            return replayed(job, Kept(self.notes, standings), on_progress, stop)


@contextmanager
def _runs(task: Task, options: SimulateOptions, folder: Path) -> Iterator[dict[Which, _Run]]:
    """Both versions over the same files; what cannot be read twice is copied once."""
    with opened_files(options.events, task.versions.old, options.format, folder) as files:
        runs: dict[Which, _Run] = {}
        for which in WHICH:
            (folder / which).mkdir()
            program = task.versions.side(which)
            read = files if which == "old" else [_as_of(program, file, options.format) for file in files]
            runs[which] = _Run(program, read, options, folder / which)
        yield runs


def _as_of(program: Program, file: FileSource, pinned: str | None) -> FileSource:
    """The same file as another program reads it."""
    source = Source(file.path)
    try:
        return replace(file, format=choose(program, program.ranked, file.name, pinned, first_lines(source_lines(source))))
    finally:
        source.close()


@dataclass(frozen=True, slots=True)
class Kept:
    """Where lines are written: what workers note, and, if asked for, a snapshot of who stands where at the end."""

    notes: Path
    standings: str | None = None


def replayed(job: Job, kept: Kept, on_progress: OnProgress | None, stop: Stop) -> Found:
    """Run a job and write what it notes to a file of lines."""
    with opened(Outputs(trace=str(kept.notes), instances=kept.standings)) as sinks:
        found, _ = replay(job, sinks, on_progress, stop)
    return found


class _Alone(Components):
    """Runs components through one version."""

    def __init__(self, program: Program, given: Given, books: Books) -> None:
        super().__init__(given)
        assert books.trace is not None
        self.counts: Counts = defaultdict(int)
        self._ledger = books.trace
        self._program = program
        self._business = [event for event in given.business if event.at <= given.end]

    def count_full_tables(self) -> None:
        """They are not compared."""


class PeopleOnce(_Alone):
    """Notes what is decided about everybody."""

    def __init__(self, task: Task, which: Which, given: Given, books: Books) -> None:
        super().__init__(task.versions.side(which), given, books)
        self._books = books
        machine = Machine(self._program, Level.COUNTS)
        self._onlooker = Onlooker(machine, given.end) if books.instances is not None else None
        recorder = Recorder()
        self.counts = recorder.counts
        self._kernel = deciding(task, which, machine, recorder)
        self._world = Replay(machine, recorder, self._kernel)
        self._world.record(self._business)
        self._log = BusinessLog(machine, self._business)

    def run(self, rows: Iterable[Event], born: Iterable[Event], joined: Joined) -> None:
        """Note what is decided about all people of one bucket, a line for each."""
        for _, events in self._worked(rows, born, joined):
            self._kernel.clear()
            replay_component(self._world, self._log, events, self._given)
            if self._onlooker is not None:
                self._books.stand(self._onlooker.standings(self._world.profiles))
            people = Persons(self._kernel.absorbed)
            for person, decisions in people.divide(self._kernel.decisions).items():
                rank = rank_of(person)
                self._ledger.add([(rank, person, 0, encode_line([rank, people.all_of(person), decisions]))])
            self.largest = max(self.largest, len(self._world.profiles))


class Remembering(_Alone):
    """Remembers some people in full."""

    def __init__(self, task: Task, which: Which, origins: frozenset[str], given: Given, books: Books) -> None:
        super().__init__(task.versions.side(which), given, books)
        self._origins = origins
        self._witness = Witness(self._program, self._business)
        places = {space.name: place for place, space in enumerate(self._program.ranked)}
        named = (origin.partition(":") for whole in origins for origin in (whole, whole.rpartition("#")[0]) if origin)
        self._wanted = frozenset((places[space], value) for space, _, value in named if space in places)

    def run(self, rows: Iterable[Event], born: Iterable[Event], joined: Joined) -> None:
        """Tell of those people of one bucket who are wanted."""
        for keys, events in self._worked(rows, born, joined):
            if any(not self._wanted.isdisjoint(ids_of(key)) for key in keys):
                self._ledger.add(trace_rows(self._witness.records(events, self._given, self._origins)))


def _deciders(task: Task, which: Which) -> MakePeople:
    return lambda _program, given, books, _person: PeopleOnce(task, which, given, books)


def _witnesses(task: Task, which: Which, origins: frozenset[str]) -> MakePeople:
    return lambda _program, given, books, _person: Remembering(task, which, origins, given, books)


# ---- both beside each other


_Line: TypeAlias = tuple[tuple[int, str], tuple[str, ...], list[Decision]]  # rank and name, all origins, what was decided


def _people(path: Path) -> Iterator[_Line]:
    """What was decided about each person about whom anything was, in the order of ranks."""
    with path.open("rb") as lines:
        for line in lines:
            rank, origins, decisions = msgspec.json.decode(line)
            yield (rank, origins[0]), tuple(origins), [(*found[:4], tuple(found[4]), *found[5:]) for found in decisions]


def _compared(counts: Counts, runs: Mapping[Which, _Run], most: int) -> list[tuple[tuple[str, ...], tuple[Place, ...]]]:
    """Compare person by person and count; the examples by their origins, with what differs for them."""
    old, new = _people(runs["old"].notes), _people(runs["new"].notes)
    was, now = next(old, None), next(new, None)
    taken: Counter[Place] = Counter()
    chosen = []
    while was is not None or now is not None:
        name = min(one[0] for one in (was, now) if one is not None)
        sides: list[list[Decision]] = [[], []]
        origins: tuple[str, ...] = ()
        if was is not None and was[0] == name:
            (_, origins, sides[0]), was = was, next(old, None)
        if now is not None and now[0] == name:
            (_, more, sides[1]), now = now, next(new, None)
            origins = (name[1], *sorted({*origins, *more} - {name[1]}))
        counts["known",] += 1
        found = differences(*sides)
        if found:
            counts["differ",] += 1
            places = count_person(counts, found)
            if any(taken[place] < most for place in places):
                chosen.append((origins, places))
            taken.update(places)
    return chosen


def _read(founds: Mapping[Which, Found]) -> Read:
    """What was read; numbers that are one are those of the newer version."""
    old, new = founds["old"], founds["new"]
    total, ends = new.read + sum(new.dead.values()), (new.first_ts, new.last_ts, new.end)
    a, b, c, d = (tuple(sorted(each.items())) for each in (old.dead, new.dead, old.unknown, new.unknown))
    return Read(total, new.duplicates, *ends, a, b, c, d, interrupted=old.interrupted or new.interrupted)
