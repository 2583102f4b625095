"""Several workers, each a process: started, led from meeting to meeting, and ended whatever happens."""

from __future__ import annotations

import multiprocessing
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, ForkProcess
from multiprocessing.reduction import ForkingPickler
from typing import Any

from rtj.base.errors import InputError, MissingExtra, OutputError, RtjError, UsageError
from rtj.run.components import components
from rtj.run.copies import judge_suspects
from rtj.run.ends import end_of
from rtj.run.found import Found
from rtj.run.grouped import Job
from rtj.run.ledger import Ledger
from rtj.run.memory import quiet_collector
from rtj.run.meter import Meter
from rtj.run.stop import Asked, Stop
from rtj.run.worker import Place, Worker, WorkerDone, WorkerRead

POLL_S = 0.1  # how long Ctrl-C may go unnoticed

_ERRORS: dict[str, type[RtjError]] = {kind.__name__: kind for kind in (InputError, OutputError, UsageError)}


@dataclass(frozen=True, slots=True)
class CrewFound:
    """What the crew found, and the ledgers of its workers."""

    found: Found
    messages: list[Ledger]
    trace: list[Ledger]
    instances: list[Ledger]


def run_crew(job: Job, workers: int, shards: int, meter: Meter, stop: Stop) -> CrewFound:
    """The grouped replay by `workers` processes; more shards than workers means that rows go through the disk."""
    crew = Crew(job, workers, shards, meter, stop)
    try:
        return crew.lead(shards > workers)
    finally:
        crew.end()


class Crew:
    """The processes, seen from the one that leads them."""

    def __init__(self, job: Job, workers: int, shards: int, meter: Meter, stop: Stop) -> None:
        self._job, self._meter, self._stop = job, meter, stop
        context: ForkContext = multiprocessing.get_context("fork")
        self._stopped = context.Event()
        self._lines: list[Connection] = []
        self._processes: list[ForkProcess] = []
        for number in range(workers):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_work, args=(job, Place(number, workers, shards), theirs, self._stopped), daemon=True
            )
            process.start()
            theirs.close()
            self._lines.append(ours)
            self._processes.append(process)

    def lead(self, spills: bool) -> CrewFound:
        """From meeting to meeting."""
        job, found = self._job, Found(spilled=spills)
        roots = {}
        if spills and len(job.program.namespaces) > 1:
            roots = components(ids for links in self._ask(Worker.gather_links) for ids in links)
        reads: list[WorkerRead] = self._ask(Worker.read, roots)
        for read in reads:
            found.interrupted = found.interrupted or read.interrupted
        found.add_slices([one for read in reads for one in read.slices])
        found.end = end_of(job.options.until, found.last_ts, job.program)
        if found.end is None or (found.letters and job.options.strict):
            return CrewFound(found, [], [], [])
        repeated: set[int] = set().union(*self._ask(Worker.find_repeated))
        suspects = self._ask(Worker.find_suspects, repeated)
        copies = judge_suspects([each for found_by_one in suspects for each in found_by_one], job.program.dedupe_ms)
        found.duplicates, found.id_reused = len(copies.dropped), copies.reused
        if not spills:
            roots = components(ids for read in reads for ids in read.links)
            for read in reads:
                read.links.clear()
        dropped = frozenset(copies.dropped)
        self._ask(Worker.move, roots, dropped, any(read.erases for read in reads))
        roots.clear()  # the workers have it
        dones: list[WorkerDone] = self._ask(Worker.run, found.end, dropped)
        for done in dones:
            found.count(done.counts)
            found.largest = max(found.largest, done.largest)
        found.interrupted = found.interrupted or self._stop.is_set()
        return CrewFound(
            found,
            [done.messages for done in dones if done.messages is not None],
            [done.trace for done in dones if done.trace is not None],
            [done.instances for done in dones if done.instances is not None],
        )

    def _ask(self, step: Callable[..., Any], *given: Any) -> list[Any]:
        """Let all workers do a step; their answers in the order of their numbers. Progress is told on the way."""
        packed = ForkingPickler.dumps((step, given))  # once for all, as `Connection.send` does for each
        for line in self._lines:
            line.send_bytes(packed)
        answers: dict[int, Any] = {}
        while len(answers) < len(self._lines):
            if self._stop.is_set():
                self._stopped.set()
            ready = wait([line for number, line in enumerate(self._lines) if number not in answers], POLL_S)
            for number in [number for number, line in enumerate(self._lines) if line in ready]:
                try:
                    kind, *told = self._lines[number].recv()
                except (EOFError, ConnectionResetError) as error:
                    raise RtjError("a worker process ended unexpectedly; was it out of memory?") from error
                match kind:
                    case "answer":
                        answers[number] = told[0]
                    case "read":
                        self._meter.read(*told)
                    case "worked":
                        self._meter.worked(told[0], told[1], number)
                    case _:
                        raise _revived(*told)
        return [answers[number] for number in range(len(self._lines))]

    def end(self) -> None:
        """Let the workers go; those that do not hear it are ended."""
        for line in self._lines:
            line.close()
        for process in self._processes:
            process.join(POLL_S)
            if process.is_alive():
                process.terminate()
                process.join()


def _revived(name: str, text: str) -> Exception:
    kind = _ERRORS.get(name)
    return RuntimeError(text) if kind is None else kind(text)


class _Line:
    """The meter of a worker: what it would tell goes to the leader."""

    def __init__(self, line: Connection) -> None:
        self._line = line

    def read(self, more_bytes: int, more_events: int) -> None:
        self._line.send(("read", more_bytes, more_events))

    def worked(self, people: int, share: float) -> None:
        self._line.send(("worked", people, share))


def _work(job: Job, place: Place, line: Connection, stop: Asked) -> None:
    """The life of a worker: do what is asked until the leader hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the leader hears Ctrl-C and says what to do
    tell = _Line(line)
    with quiet_collector():
        try:
            worker = Worker(job, place, tell.read, tell, stop)
            while True:
                step, given = line.recv()
                line.send(("answer", step(worker, *given)))
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return  # the leader is gone
        except (RtjError, MissingExtra) as error:
            _last_words(line, type(error).__name__ if type(error).__name__ in _ERRORS else "InputError", str(error))
        except BaseException:
            _last_words(line, "", traceback.format_exc())


def _last_words(line: Connection, name: str, text: str) -> None:
    try:
        line.send(("failed", name, text))
    except OSError:
        return  # nobody listens
