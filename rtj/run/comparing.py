"""Two versions of a program over the same recorded events: what would change, and for how many people.

The events are read once, and every component of people is replayed through both versions, so that nothing is kept of anybody.
Where the versions differ in who somebody is or what a copy is, they cannot share that: each is then replayed for itself, and what
came of every person is compared on disk (`rtj.run.comparing_apart`). The result does not depend on the number of workers.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from rtj.base.errors import InputError, UsageError
from rtj.connect.intake import Door
from rtj.connect.versions import apart, both_read, united
from rtj.engine.machine import Machine
from rtj.ir.comparison import Comparison, Lives
from rtj.ir.program import Program
from rtj.run.comparing_apart import Kept, compare_apart, lives_of, replayed
from rtj.run.comparing_examples import Task
from rtj.run.comparing_names import maskers_of, names_of
from rtj.run.comparing_people import PeopleTwice
from rtj.run.comparing_result import Besides, misfits_of, read_notes, read_of, result
from rtj.run.grouped import Job
from rtj.run.memory import quiet_collector
from rtj.run.meter import OnProgress
from rtj.run.options import CompareOptions
from rtj.run.output import Books, Wanted
from rtj.run.people import Given
from rtj.run.person import Person
from rtj.run.sources import opened_files
from rtj.run.stop import stoppable

SAME_END = "both versions are replayed up to the last event that is right for either of them"
COPIES = "copies are found among all events that are right for either of them"


def compare(old: Program, new: Program, options: CompareOptions, on_progress: OnProgress | None = None) -> Comparison:
    """Replay recorded events through both versions.

    Raises InputError for a source that cannot be read, and for the first dead letter when `strict`, be it one for only one of the
    versions; UsageError for a format that is not known, and for the order of arrival."""
    if options.replay.order != "ts":
        raise UsageError("versions are compared in the order of event time")
    reasons = apart(old, new)
    if reasons:
        return compare_apart(old, new, options, reasons, on_progress)
    task = task_of(old, new, options)
    with ExitStack() as stack:
        stack.enter_context(quiet_collector())
        stop = stack.enter_context(stoppable())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rtj-")))
        with stop.at_once():
            job = stack.enter_context(_opened(task, options, folder))
        found = replayed(job, Kept(folder / "notes", options.standings), on_progress, stop)
        examples, firsts = read_notes(folder / "notes", options.examples)
    misfits = misfits_of(found, firsts, task.maskers)
    if options.replay.strict and misfits:
        raise InputError(f"an event of type {misfits[0].type} does not fit the {misfits[0].side} version: {misfits[0].why}")
    remarks = []
    if misfits and options.replay.until is None:
        remarks.append(SAME_END)
    if misfits and found.duplicates:
        remarks.append(COPIES)
    return result(task, found.counts, read_of(found, misfits), Besides(examples, remarks=tuple(remarks)))


def task_of(old: Program, new: Program, options: CompareOptions) -> Task:
    """What every worker must know. Its events can be read once if `apart` says so."""
    maskers = maskers_of(old, new, show=options.replay.show_pii)
    return Task(united(old, new), names_of(old, new), maskers, options.texts, options.examples)


@contextmanager
def _opened(task: Task, options: CompareOptions, folder: Path) -> Iterator[Job]:
    """The job of comparing in one pass."""
    replay = options.replay
    versions = task.versions
    door = Door(versions.program, both_read(Machine(versions.old), Machine(versions.new)), replay.now_ms, versions.kinds)

    def make(_program: Program, given: Given, books: Books, _person: Person | None) -> PeopleTwice:
        return PeopleTwice(task, given, books)

    asked = replace(replay, profile=None, census=False)
    wanted = Wanted(trace=True, instances=options.standings is not None)
    with opened_files(replay.events, versions.program, replay.format, folder) as files:
        yield Job(versions.program, door, files, asked, folder, wanted, letters=False, kind=make)


def compare_one(old: Program, new: Program, options: CompareOptions, profile: str) -> Lives:
    """The traces of one person, by any identifier (`namespace:value`, or the bare value), under both versions. Raises what
    `compare` raises; there are no pairs when nobody has that identifier."""
    if options.replay.order != "ts":
        raise UsageError("versions are compared in the order of event time")
    return lives_of(old, new, options, profile, apart(old, new))
