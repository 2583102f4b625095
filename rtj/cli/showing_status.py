"""`rtj status`: how an environment is, once or again and again; what in its store is damaged; which lines were no event."""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import asdict
from datetime import datetime

from rtj.base.errors import UsageError
from rtj.base.plain import one_line
from rtj.cli.deploy_place import Place, now_ms, opened
from rtj.cli.deployed import Shown, paper
from rtj.cli.outcome import FINDINGS, OK
from rtj.cli.render import Paper
from rtj.cli.render_plan import render_facts, render_table
from rtj.cli.screen import Line, Piece, Screen, line
from rtj.deploy.looking import status
from rtj.report.moments import counted
from rtj.report.plan_status import letter_table, status_facts, version_table
from rtj.store.port import LetterRow

__all__ = ["Screen", "Shown", "show_flaws", "show_letters", "show_status", "watch_status"]

WATCH_S = 2.0
MOST = 10_000
SHARE = 20  # watching takes one part in so many of the time: where people are many, it looks less often


def show_status(shown: Shown, screen: Screen) -> int:
    """Which versions run, who is inside, who runs and deploys."""
    with opened(shown.environment, shown.project, reading=True) as place, place.store.still(), place.watched(screen):
        found = status(place.store, place.environment.name, place.hands.tallies(place.store), now_ms())
    if shown.format == "json":
        from rtj.report.plan_json import status_json

        screen.exact(status_json(found))
        return OK
    screen.answer([*render_facts(one_line(found.environment), status_facts(found), paper()), *render_table(version_table(found))])
    return OK


def show_flaws(shown: Shown, screen: Screen) -> int:
    """What in the store is not what was written. FINDINGS when there is something."""
    with opened(shown.environment, shown.project, reading=True) as place:
        found, size, name = place.store.check(), place.store.size(), place.environment.name
    if shown.format == "json":
        from rtj.report.plan_json import done_json

        screen.exact(done_json("status", name, {"flaws": [asdict(one) for one in found], "bytes": size}))
    elif not found:
        screen.answer([line(Piece(f"the store of {one_line(name)} is whole: {size / 1e6:,.1f} MB were read", "good"))])
    else:
        screen.answer([line(f"{' '.join(filter(None, (one.table, one.row)))}: {one_line(one.what)}") for one in found])
        told = f"the store of {one_line(name)} is damaged: stop the run, and `rtj restore` a backup"
        screen.talk([line(Piece(told, "bad"))])
    return FINDINGS if found else OK


def show_letters(shown: Shown, screen: Screen) -> int:
    """The newest dead letters."""
    with opened(shown.environment, shown.project, reading=True) as place, place.store.still():
        rows, total = place.store.letters(shown.most), place.store.letter_count()
        names = {stream.number: stream.name for stream in place.store.streams()}
        name = one_line(place.environment.name)
    if shown.format == "json":
        from rtj.report.plan_json import done_json

        told = [{"stream": names.get(row.stream, ""), "line": row.line, "reason": row.reason, "text": row.text} for row in rows]
        screen.exact(done_json("status", name, {"letters": told, "count": total}))
        return OK
    if not rows:
        screen.answer([line(Piece(f"no dead letters in {name}: every line was an event", "good"))])
        return OK
    screen.answer([line(Piece(f"{name}  {counted(total, 'dead letter')}, the newest first", "strong")), *_letters(rows, names)])
    if total > len(rows):
        screen.talk([line(Piece(f"these are {len(rows):,} of them: `-n {min(total, MOST)}` lists more", "dim"))])
    return OK


def _letters(rows: list[LetterRow], names: dict[int, str]) -> list[Line]:
    reasons = Counter(row.reason.partition(":")[0] for row in rows)
    by = " · ".join(f"{count:,} {one_line(reason)}" for reason, count in reasons.most_common())
    table = letter_table([(names.get(row.stream, ""), row.line, row.reason, row.text) for row in rows], paper().columns)
    return [line(Piece(f"  {by}", "dim")), *render_table(table)]


def watch_status(shown: Shown, screen: Screen) -> int:
    """How it is, every few seconds, until Ctrl-C. Raises UsageError where there is no terminal."""
    if shown.format != "text" or not sys.stderr.isatty():
        raise UsageError("--watch is for a terminal; `rtj status -f json` tells the same to a program")
    from rtj.cli.live_screen import LiveScreen

    with opened(shown.environment, shown.project, reading=True) as place, LiveScreen(screen.color) as live:
        try:
            while True:
                began = time.monotonic()
                live.draw([*_status(place, live.size[0]), (), _as_of()][: max(1, live.size[1] - 1)])
                time.sleep(max(WATCH_S, SHARE * (time.monotonic() - began)))
        except KeyboardInterrupt:
            return OK


def _as_of() -> Line:
    return line(Piece(f"  as of {datetime.now().astimezone():%H:%M:%S}; Ctrl-C ends", "dim"))


def _status(place: Place, columns: int) -> list[Line]:
    with place.store.still():
        found = status(place.store, place.environment.name, place.hands.tallies(place.store), now_ms())
    on = Paper(columns)
    return [*render_facts(one_line(found.environment), status_facts(found), on), *render_table(version_table(found))]
