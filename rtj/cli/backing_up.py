"""`rtj backup` and `rtj restore`: a store to a file and back, and what that means for who runs it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from rtj.base.errors import OutputError, RefusedError, RtjError, UsageError
from rtj.base.plain import one_line
from rtj.cli.deploy_place import now_ms, opened
from rtj.cli.environments import find_environment
from rtj.cli.outcome import OK
from rtj.cli.screen import Piece, Screen, line
from rtj.deploy.holders import lives, myself, named
from rtj.ir.environments import Environment, looked_up
from rtj.report.moments import counted
from rtj.report.plan_text import instant_words
from rtj.store.opening import POSTGRES, open_store
from rtj.store.port import Store
from rtj.store.restoring import restore_file

__all__ = ["Asked", "Screen", "backup", "restore"]

AGAIN = (
    "files, topics and streams are read on from there, and what went out since then goes out again under the same keys",
    "what was accepted over HTTP since then, erasures too, is not in it: whoever sent it has to send it again",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line as it was typed. `file`: None where a store was put back by other means."""

    file: Path | None
    environment: str | None = None
    project: Path | None = None
    yes: bool = False


def backup(asked: Asked, screen: Screen) -> int:
    """Copy a store, under another name until it is whole."""
    file = asked.file
    assert file is not None
    if os.path.lexists(file):
        raise OutputError(f"{file}: file exists, and is not written over; name another one")
    part = file.with_name(f"{file.name}.part")
    with opened(asked.environment, asked.project, reading=True) as place:
        name = place.environment.name
        part.unlink(missing_ok=True)
        try:
            place.store.backup(str(part))
            copy = open_store(str(part), name, reading=True)
            told = _as_of(copy)
            copy.close()
            os.replace(part, file)
        finally:
            part.unlink(missing_ok=True)
    size = file.stat().st_size / 1e6
    screen.answer([line(f"{file}: {one_line(name)} {told}, {size:,.1f} MB")])
    return OK


def _as_of(store: Store) -> str:
    last = store.last_entry()
    taken = next((row.taken_ms for row in store.log(last)), None) if last else None
    when = f" of {instant_words(taken)}" if taken is not None else ""
    return f"as of deployment {store.identity().serial}, {counted(last, 'entry', 'entries')} in the log, the last{when}"


def restore(asked: Asked, screen: Screen) -> int:
    """Put a backup in the place of a store, or make one that was put there by other means a store of its own."""
    environment = find_environment(asked.environment, asked.project)
    where = looked_up(environment.store)
    _refuse_running(where, environment)
    _confirm(environment, asked)
    aside = None
    if asked.file is not None:
        aside = restore_file(where, environment.name, asked.file, myself(), now_ms())
    store = open_store(where, environment.name, reading=asked.file is not None)
    try:
        if asked.file is None:
            _renew(store)
        told = _as_of(store)
    finally:
        store.close()
    screen.answer([line(f"{one_line(environment.name)} is restored {told}")])
    notes = [*AGAIN, "plans that were made before are stale; `rtj drift` tells what is not as in the project"]
    if aside is not None:
        notes.append(f"what was there is kept as {aside}")
    screen.talk([line(Piece(note, "dim")) for note in notes])
    return OK


def _renew(store: Store) -> None:
    found = store.check()
    if found:
        raise RefusedError("the store that was put back is damaged: `rtj status --check` tells where")
    store.renew(myself(), b"{}", now_ms())


def _refuse_running(where: str, environment: Environment) -> None:
    """A store that cannot be read has nobody who could be asked."""
    if not where.startswith(POSTGRES) and not Path(where).exists():
        return
    try:
        store = open_store(where, environment.name, reading=True)
    except RtjError:
        if where.startswith(POSTGRES):
            raise
        return
    try:
        held = store.leaseholder()
    except RtjError:
        return
    finally:
        store.close()
    if held is not None and lives(held, now_ms()):
        raise RefusedError(f"{one_line(environment.name)} is run by {named(held)}: stop that first")


def _confirm(environment: Environment, asked: Asked) -> None:
    if asked.yes:
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("nobody can be asked here: pass --yes")
    Screen().complain([line(Piece(f"Type the environment's name to restore it ({environment.name}):", "strong"))])
    if sys.stdin.readline().strip() != environment.name:
        raise RefusedError("not restored: nothing was changed")
