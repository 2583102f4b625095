"""`simulate`: recorded events through a program, by whichever runner fits, to one result."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from rtj.base.errors import InputError
from rtj.connect.intake import Door
from rtj.connect.letters import letter_record, letter_words
from rtj.engine.machine import Machine
from rtj.ir.program import Program
from rtj.run.found import Found
from rtj.run.grouped import Job, run_alone
from rtj.run.harvest import BUCKETS
from rtj.run.ledger import merged_lines
from rtj.run.memory import quiet_collector
from rtj.run.meter import Meter, OnProgress
from rtj.run.options import Outputs, SimulateOptions, SimulateResult, Sniffed
from rtj.run.ordered import run_ordered
from rtj.run.output import Sinks, encode_line, header_line, opened, snapshot_header
from rtj.run.sources import FileSource, opened_files
from rtj.run.stop import Stop, stoppable

ALONE_BYTES = 4 << 20  # less text than this is not worth the start of a second process
SPILL_BYTES = 400 << 20  # more text than this does not stay in memory while it is grouped
SHARD_BYTES = 96 << 20  # text whose events one worker holds at a time then
WORKERS_MAX = 64


def simulate(program: Program, options: SimulateOptions, on_progress: OnProgress | None, out: Outputs) -> SimulateResult:
    """Replay `options.events` through `program`.

    Raises InputError for a source that cannot be read, and for the first dead letter when `strict`; OutputError for an output
    that cannot be written; BrokenPipeError when stdout was closed by its reader; UsageError for a format that is not known.
    """
    began = time.monotonic()
    with quiet_collector(), stoppable() as stop, tempfile.TemporaryDirectory(prefix="rtj-") as folder, opened(out) as sinks:
        if sinks.trace is not None:
            sinks.trace.write(header_line(program, options.now_ms), flush=True)
        if options.order == "arrival":
            found, formats = run_ordered(program, options, sinks, Path(folder), Meter(on_progress, 0), stop)
            workers = 1
        else:
            with ExitStack() as stack:
                with stop.at_once():
                    files = stack.enter_context(opened_files(options.events, program, options.format, Path(folder)))
                job = Job(
                    program, Door(program, Machine(program), options.now_ms), files, options, Path(folder),
                    sinks.wanted, sinks.dead_letters is not None,
                )  # fmt: skip
                found, workers = replay(job, sinks, on_progress, stop)
            formats = tuple(Sniffed(file.name, file.format.name, file.format.why) for file in files)
    return result_of(found, formats, workers, time.monotonic() - began)


def replay(job: Job, sinks: Sinks, on_progress: OnProgress | None, stop: Stop) -> tuple[Found, int]:
    """The grouped replay, and the merging of what it wrote. Returns also how many workers there were."""
    files, options = job.files, job.options
    workers, shards = crew_size(files, options.workers)
    twice = shards > workers and len(job.program.namespaces) > 1  # such files are read for links first
    meter = Meter(on_progress, sum(file.size for file in files) * (1 + twice), workers)
    if workers == shards == 1:
        books = job.books("alone")
        found = run_alone(job, books, meter, stop)
        ledgers = [(sink, [ledger]) for sink, ledger in books.pairs(sinks)]
    else:
        from rtj.run.crew import run_crew  # what starts processes is loaded by who needs them

        crew = run_crew(job, workers, shards, meter, stop)
        found = crew.found
        kept = ((sinks.messages, crew.messages), (sinks.trace, crew.trace), (sinks.instances, crew.instances))
        ledgers = [(sink, group) for sink, group in kept if sink is not None]
    masker = job.masker()
    for number, letter in found.letters:
        if options.strict:
            raise InputError(f"{files[number].name}:{letter.line}: {letter_words(letter, masker)}")
        if sinks.dead_letters is not None:
            sinks.dead_letters.write(encode_line(letter_record(files[number].name, letter, masker)))
    unlisted = sum(found.dead.values()) - len(found.letters)
    if unlisted and sinks.dead_letters is not None:
        sinks.dead_letters.write(encode_line({"reason": f"{unlisted:,} further dead letters are counted, but not listed"}))
    if sinks.instances is not None:
        sinks.instances.write(snapshot_header(job.program, found.end, interrupted=found.interrupted))
    for sink, group in ledgers:
        for batch, lines in enumerate(merged_lines(group)):
            sink.write(lines)
            meter.wrote(batch)
    return found, workers


def can_fork() -> bool:
    """Workers are copies of this process: the compiled program need not be sent, and hashes agree between them."""
    return hasattr(os, "fork")


def crew_size(files: list[FileSource], asked: int | None) -> tuple[int, int]:
    """How many workers, and into how many shards the people are divided: one each, unless the files are larger than memory."""
    text_bytes = sum(file.text_bytes for file in files)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    workers = (asked or cores) if can_fork() else 1
    if asked is None and text_bytes < ALONE_BYTES:
        workers = 1
    workers = min(workers, WORKERS_MAX)
    if text_bytes <= SPILL_BYTES or not can_fork():
        return workers, workers
    rounds = -(-text_bytes // (SHARD_BYTES * workers))
    return workers, min(rounds, BUCKETS // workers) * workers


def result_of(found: Found, formats: tuple[Sniffed, ...], workers: int, seconds: float) -> SimulateResult:
    """What a run answers."""
    counts = dict(sorted(found.counts.items()))
    return SimulateResult(
        counts=counts,
        read=found.read + sum(found.dead.values()),
        out_of_order=found.out_of_order,
        late=found.late,
        duplicates=found.duplicates,
        id_reused=found.id_reused,
        dead=dict(sorted(found.dead.items())),
        unknown_types=dict(sorted(found.unknown.items())),
        unread=found.unread,
        first_ts=found.first_ts,
        last_ts=found.last_ts,
        end=found.end,
        profiles=counts.get(("profiles",), 0) - counts.get(("merged",), 0),
        component=found.largest,
        formats=formats,
        seconds=seconds,
        interrupted=found.interrupted,
        spilled=found.spilled,
        workers=workers,
    )
