"""`rtj graph`: journeys as pictures, for terminals, documents and browsers; with what a simulation did, if asked for."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rtj.base.errors import InputError, UsageError
from rtj.base.plain import one_line
from rtj.cli.graph_words import wordings
from rtj.cli.graph_writing import EXTENSIONS, Canvas, Format, Work, written
from rtj.cli.outcome import FINDINGS, OK
from rtj.cli.outputs import STDIO, same_file, write_file
from rtj.cli.progress import Meter
from rtj.cli.project import narrow, one_journey, sort_out, usable
from rtj.cli.screen import Piece, Screen, line
from rtj.compile.pipeline import Analysis, analyse
from rtj.ir.program import Program, fingerprint
from rtj.lang.load import load_project
from rtj.report.moments import counted
from rtj.report.picture import Picture
from rtj.report.picture_build import draw
from rtj.report.picture_counts import Census, Traffic, read_counts, strangers, with_counts
from rtj.report.picture_map import map_of

__all__ = ["Asked", "Canvas", "Screen", "graph"]

MAP = "journeys"  # the file of the map beside those of journeys
MAP_MAX = 400  # journeys on a map that is drawn


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line as it was typed; see `rtj.cli.graph_arguments` for the meaning of each."""

    journey: str | None = None
    project: Path | None = None
    format: Format | None = None
    output: str | None = None
    counts: Path | None = None
    events: tuple[str, ...] = ()
    canvas: Canvas = field(default_factory=Canvas)
    only_map: bool = False


def graph(asked: Asked, screen: Screen) -> int:
    """Draw what was asked for. FINDINGS when the project does not compile."""
    format_ = _format(asked)
    if asked.counts is not None and asked.events:
        raise UsageError("--counts and --events: the counts come from one of them")
    if asked.only_map and asked.journey is not None:
        raise UsageError("--map shows all journeys; leave the journey out")
    named = sort_out(() if asked.journey is None else (asked.journey,))
    analysis = analyse(load_project(named.files, asked.project or named.project))
    program = usable(analysis.compiled, screen)
    if program is None:
        return FINDINGS
    if not program.journeys:
        raise UsageError("the project has no journeys")
    _check_output(asked, analysis)
    only = one_journey(program, named.names).name if named.names else None
    work = _work(asked, program, _pictures(analysis, program, only), screen)
    if _is_folder(asked.output):
        _write_folder(work, format_, asked, screen)
    else:
        _write_one(work, format_, asked, screen)
    return OK


def _format(asked: Asked) -> Format:
    if asked.format is not None:
        return asked.format
    suffix = "" if asked.output is None else Path(asked.output).suffix.lower()
    found = next((name for name, endings in EXTENSIONS.items() if suffix in endings), None)
    if found is None and suffix and asked.output != STDIO and not _is_folder(asked.output):
        raise UsageError(f"--output {asked.output}: what should it be? --as {', '.join(EXTENSIONS)}")
    return found or "text"


def _is_folder(output: str | None) -> bool:
    return output is not None and (output.endswith(("/", os.sep)) or Path(output).is_dir())


def _check_output(asked: Asked, analysis: Analysis) -> None:
    """Refuse to write over what is read."""
    if asked.output in (None, STDIO) or _is_folder(asked.output):
        return
    assert asked.output is not None
    read = [*map(str, analysis.loaded.files.values()), *asked.events, *([str(asked.counts)] if asked.counts is not None else [])]
    clash = next((path for path in read if same_file(asked.output, path)), None)
    if clash is not None:
        raise UsageError(f"--output: {asked.output} is also read and would be overwritten")


def _pictures(analysis: Analysis, program: Program, only: str | None) -> list[Picture]:
    words = wordings(analysis)
    return [draw(program, journey, words[journey.name]) for journey in program.journeys if only in (None, journey.name)]


def _work(asked: Asked, program: Program, pictures: list[Picture], screen: Screen) -> Work:
    """What is to be written: pictures with their counts, and the map where there are several journeys."""
    census = _census(asked, program, screen)
    if census is not None:
        counts = census.journeys
        _tell_fit(census, program, pictures, screen)
        pictures = [with_counts(picture, counts.get(picture.name, Traffic())) for picture in pictures]
    map_ = map_of(program, pictures) if asked.only_map or len(pictures) > 1 else None
    if map_ is not None and len(map_.boxes) > MAP_MAX and _format(asked) in ("svg", "png", "html"):
        told = f"a map of {len(map_.boxes):,} journeys is too large to be drawn; --map --as text, dot and mermaid have all of it"
        if asked.only_map:
            raise UsageError(told)
        _note(screen, told)
        map_ = None
    return Work(program.project, () if asked.only_map else tuple(pictures), map_)


def _census(asked: Asked, program: Program, screen: Screen) -> Census | None:
    if asked.events:
        return _simulated(asked, program, screen)
    if asked.counts is None:
        return None
    try:
        with asked.counts.open("rb") as lines:
            return read_counts(lines, one_line(str(asked.counts)))
    except OSError as error:
        raise InputError(f"{asked.counts}: {(error.strerror or str(error)).lower()}") from error


def _simulated(asked: Asked, program: Program, screen: Screen) -> Census:
    from rtj.run.options import Outputs, SimulateOptions
    from rtj.run.simulate import simulate

    for path in asked.events:
        if path == STDIO:
            raise UsageError("--events -: write a trace with `rtj simulate`, and draw it with --counts")
    options = SimulateOptions(events=asked.events, now_ms=time.time_ns() // 1_000_000)
    with tempfile.TemporaryDirectory(prefix="rtj-") as folder:
        trace = os.path.join(folder, "trace.jsonl")
        with Meter(screen) as meter:
            result = simulate(program, options, meter, Outputs(trace=trace))
        if result.interrupted:
            raise KeyboardInterrupt
        with open(trace, "rb") as lines:
            return read_counts(lines)


def _tell_fit(census: Census, program: Program, pictures: Sequence[Picture], screen: Screen) -> None:
    """Say where a trace and the journeys of today do not go together."""
    versions = {fingerprint(program), *(fingerprint(narrow(program, [picture.name])) for picture in pictures)}
    lost = sum(strangers(picture, census.journeys[picture.name]) for picture in pictures if picture.name in census.journeys)
    if lost:
        _note(screen, f"{counted(lost, 'move')} of the trace at nodes that are not there any more: another version ran")
    elif census.program not in {"", *versions}:
        _note(screen, "the trace is of another version of the program: its counts may not fit")
    if not any(picture.name in census.journeys for picture in pictures):
        _note(screen, "nothing in the trace is of what is drawn")


def _write_one(work: Work, format_: Format, asked: Asked, screen: Screen) -> None:
    """Everything in one piece."""
    parts = len(work.pictures) + (work.map is not None)
    if parts > 1 and format_ in ("svg", "png", "mermaid"):
        names = ", ".join(picture.name for picture in work.pictures[:8])
        raise UsageError(f"{parts - 1} journeys ({names}) do not go into one {format_}: name one, or say -o FOLDER/")
    content, notes = written(work, format_, asked.canvas, screen if asked.output in (None, STDIO) else None)
    for note in notes:
        _note(screen, note)
    if asked.output in (None, STDIO):
        _print(content, format_, asked, screen)
    else:
        assert asked.output is not None
        write_file(asked.output, content)
        _note(screen, f"wrote {one_line(asked.output)}")


def _print(content: bytes, format_: Format, asked: Asked, screen: Screen) -> None:
    if format_ == "png" and asked.output is None and sys.stdout.isatty():
        raise UsageError("a png is nothing for a terminal: say -o FILE")
    screen.exact(content)


def _write_folder(work: Work, format_: Format, asked: Asked, screen: Screen) -> None:
    """One file for each journey, and one for the map."""
    folder = Path(str(asked.output))
    folder.mkdir(parents=True, exist_ok=True)
    ending = EXTENSIONS[format_][0]
    parts = [(picture.name, Work(work.project, (picture,), None)) for picture in work.pictures]
    if work.map is not None:
        taken = {name for name, _ in parts}
        parts.append((MAP if MAP not in taken else f"{MAP}_map", Work(work.project, (), work.map)))
    for name, part in parts:
        content, notes = written(part, format_, asked.canvas, None)
        for note in notes:
            _note(screen, note)
        write_file(str(folder / f"{name}{ending}"), content)
    _note(screen, f"wrote {counted(len(parts), 'file')} into {one_line(str(folder))}")


def _note(screen: Screen, text: str) -> None:
    screen.talk([line(Piece(text, "dim"))])
