"""`rtj profile`: everything about one person in one look, out of the store of an environment."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from rtj.base.errors import InputError, UsageError
from rtj.base.plain import one_line
from rtj.cli.environments import find_environment
from rtj.cli.outcome import FINDINGS, OK
from rtj.cli.render import Paper
from rtj.cli.render_portrait import render_portrait
from rtj.cli.screen import Screen, columns, line, shows_blocks
from rtj.cli.times import zone_of
from rtj.engine.calendar import find_zone
from rtj.ir.environments import looked_up
from rtj.ir.masking import SIGN, Masker
from rtj.ir.portraits import masked
from rtj.lang.likeness import nearest
from rtj.live.peeking import Look
from rtj.live.portraying import encode
from rtj.store.opening import open_store

__all__ = ["Asked", "Screen", "profile"]

LENGTHS_APART = 2  # of names that may be meant by each other
LIKE_MAX = 5_000  # names that are compared


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line as it was typed."""

    who: str
    environment: str | None = None
    project: Path | None = None
    json: bool = False
    show_pii: bool = False


def profile(asked: Asked, screen: Screen) -> int:
    """Show a person. FINDINGS when nobody is called so."""
    if not asked.who.strip():
        raise UsageError("ID is empty: name a person by any identifier, as in `rtj profile ada@example.org`")
    environment = find_environment(asked.environment, asked.project)
    with closing(open_store(looked_up(environment.store), environment.name, reading=True)) as store:
        look = Look(store)
        try:
            found, program = look.portrait(asked.who), look.program
        except InputError as error:
            raise InputError(f"{environment.name}: {error}") from error
        masker = Masker(program, show=asked.show_pii)
        if found is None:
            screen.talk([line(_nobody(asked.who, environment.name, masker, look.names()))])
            return FINDINGS
    shown = masked(found, masker)
    if asked.json:
        screen.exact(msgspec.json.format(encode(shown)) + b"\n")
        return OK
    zone = find_zone(shown.zone)
    where = (shown.zone, zone) if zone is not None else (program.timezone, zone_of(program))
    paper = Paper(columns(sys.stdout), shows_blocks(sys.stdout))
    screen.answer(render_portrait(shown, environment.name, where, paper))
    return OK


def _nobody(who: str, environment: str, masker: Masker, names: Iterable[str]) -> str:
    """That nobody is called so, and who may be meant; nobody is told whose name is masked."""
    wanted = who.lower()
    like: dict[str, str] = {}  # what may have been typed -> the identifier
    for name in names:
        if SIGN in masker.identifier(name).partition(":")[2][:1]:
            continue
        for spelled in (name, name.partition(":")[2]):
            if abs(len(spelled) - len(who)) <= LENGTHS_APART and (
                spelled[:1].lower() == wanted[:1] or spelled[-2:].lower() == wanted[-2:]
            ):
                like[spelled] = name
        if len(like) >= LIKE_MAX:
            break
    near = nearest(wanted, like)
    hint = f"; did you mean {one_line(near)}?" if near is not None else ""
    return f"nobody called {masker.asked(one_line(who))} is known in {environment}{hint}"
