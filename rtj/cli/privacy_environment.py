"""`rtj privacy … --env`: what an environment knows of a person, and having it forget somebody, whether anybody runs or not."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from rtj.base.errors import UsageError
from rtj.base.plain import one_line
from rtj.cli.deploy_place import Place, now_ms, opened
from rtj.cli.outcome import FINDINGS, OK
from rtj.cli.outputs import STDIO, write_file
from rtj.cli.screen import Screen, line
from rtj.deploy.holders import holder, lives, myself
from rtj.engine.erasing import nobody
from rtj.ir.masking import Masker
from rtj.ir.program import Program
from rtj.live.disclosing import disclose
from rtj.live.forgetting import ask, take_asked, waiting
from rtj.live.peeking import Look
from rtj.live.session import TASKS, SessionOptions, open_session
from rtj.live.sweeping import LARGE, Sweeping
from rtj.report.moments import counted
from rtj.store.port import Store

__all__ = ["Asked", "Screen", "erase", "export"]

POLL_S = 0.1
State: TypeAlias = Literal["swept", "erased", "taken", "ordered"]


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line as it was typed. `wait_ms`: for a run that takes the order."""

    environment: str
    project: Path | None = None
    dry_run: bool = False
    yes: bool = False
    json: bool = False
    wait_ms: int = 60_000


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody who was found: as asked for, masked; origin, namespace and value."""

    shown: str
    origin: str
    space: str
    value: str

    @property
    def named(self) -> tuple[str, str, str]:
        return self.origin, self.space, self.value


# ---- export


def export(who: str, asked: Asked, output: str | None, screen: Screen) -> int:
    """Everything that an environment has of a person, to a file or stdout. FINDINGS: nobody is called so."""
    with opened(asked.environment, asked.project, reading=True) as place:
        name = place.environment.name
        found = disclose(place.store, name, who)
        program = Look(place.store).program
    if found is None:
        return _unknown([who], program, name, screen)
    with opened(asked.environment, asked.project) as place:
        detail = json.dumps({"person": nobody(program.secret, found["known"]["profile"])}).encode()
        place.store.note(myself(), "export", detail, now_ms())
    content = json.dumps(found, ensure_ascii=False, indent=2).encode("utf-8", "surrogatepass") + b"\n"
    if output is None or output == STDIO:
        screen.exact(content)
    else:
        write_file(output, content)
    return OK


# ---- erase


def erase(whos: Sequence[str], asked: Asked, screen: Screen) -> int:
    """Have an environment forget people: all who are named, or, where one of them is unknown, nobody (FINDINGS)."""
    with opened(asked.environment, asked.project, reading=True) as place:
        look, name = Look(place.store), place.environment.name
        program = look.program
        found = {who: look.named(who) for who in dict.fromkeys(whos)}
    if unknown := [who for who, one in found.items() if one is None]:
        return _unknown(unknown, program, name, screen)
    masker = Masker(program)
    people = [_Person(masker.asked(one_line(who)), *one) for who, one in found.items() if one is not None]
    if asked.dry_run or not (asked.yes or _agreed(people, name)):
        _tell(people, "ordered", asked, screen, done=False)
        if not asked.dry_run:
            raise UsageError("nothing was changed; --yes does it without asking")
        return OK
    with opened(asked.environment, asked.project) as place:
        for one in people:
            ask(place.store, program, one.named, myself(), now_ms())
        state = _carried_out(place, program, people, asked.wait_ms)
        silent = sorted(one.name for one in place.environment.sources if not one.idle_ms)
    _tell(people, state, asked, screen, done=True)
    if state == "taken" and silent and not asked.json:
        names = ", ".join(one_line(name) for name in silent)
        screen.talk([line(f"the clock waits for {names}: with `idle: never` the next event there moves it")])
    return OK


def _carried_out(place: Place, program: Program, people: list[_Person], wait_ms: int) -> State:
    """Wait for the run, or do it ourselves where there is none."""
    store, until = place.store, time.monotonic() + wait_ms / 1_000
    spaces = {space.name: index for index, space in enumerate(program.ranked)}

    def known() -> bool:
        return any(store.owner(spaces[one.space], one.value) is not None for one in people)

    while lives(store.leaseholder(), now_ms()):
        state: State = "ordered" if waiting(store) else "taken" if known() else "erased" if _is_sweeping(store) else "swept"
        if state == "swept" or time.monotonic() >= until:
            return state
        time.sleep(POLL_S)
    sweep(place)
    return "taken" if known() else "swept"


def sweep(place: Place) -> None:
    """Where nobody runs: take what was ordered, and take who was erased out of all that is kept. Raises RefusedError where
    somebody does."""
    options = SessionOptions(place.environment.policies.awake, goes_on=True)
    session = open_session(place.store, options, holder("privacy", now_ms()))
    try:
        if take_asked(session):
            session.commit()
        sweeping = Sweeping(session)
        sweeping.all()
        sweeping.compact()
    finally:
        session.leave()


def is_to_be_swept(store: Store) -> bool:
    """Is anybody to be erased, or to be swept who was?"""
    return bool(waiting(store)) or _is_sweeping(store) or store.leftover(LARGE) is not None


def _is_sweeping(store: Store) -> bool:
    return any(True for _ in store.leftovers(TASKS))


# ---- words


WORDS: dict[State, str] = {
    "swept": "erased, and taken out of the log, dead letters and what is remembered of copies",
    "erased": "erased; the run is taking them out of the log, step by step",
    "taken": "in the log as an event, and erased once the clock has passed what was read so far",
    "ordered": "ordered; the run has not taken it yet, and will",
}


ELSEWHERE = "not reached: what was delivered, backups, traces, and files that were read from (`rtj privacy erase --events`)"


def _tell(people: list[_Person], state: State, asked: Asked, screen: Screen, *, done: bool) -> None:
    if asked.json:
        rows = [{"person": one.shown, "state": state if done else "known"} for one in people]
        told: dict[str, Any] = {"environment": asked.environment, "people": rows, "done": done}
        screen.exact(json.dumps(told, ensure_ascii=False, indent=2).encode("utf-8", "surrogatepass") + b"\n")
        return
    names = ", ".join(one.shown for one in people)
    if done:
        screen.answer([line(f"{names}: {WORDS[state]}")])
        screen.talk([line(ELSEWHERE)])
    else:
        screen.answer([line(f"{names} would be erased; nothing was changed")])


def _unknown(whos: Sequence[str], program: Program, environment: str, screen: Screen) -> int:
    masker = Masker(program)
    names = ", ".join(masker.asked(one_line(who)) for who in whos)
    screen.talk([line(f"nobody called {names} is known in {environment}; nothing was changed")])
    return FINDINGS


def _agreed(people: list[_Person], environment: str) -> bool:
    if not sys.stdin.isatty():
        return False
    sys.stderr.write(f"Erase {counted(len(people), 'person', 'people')} in {environment}? It cannot be undone. [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
