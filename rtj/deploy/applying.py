"""A plan is carried out: its programs published, its order recorded, and taken by the run or by ourselves. Done anew after a kill
it goes on where it stopped, and done twice it does nothing the second time.

The steps, and what a kill behind each leaves: `lock` (a lock whose process is gone), `publish` (programs that nobody names),
`record` (a deployment that is `published`), `order` (`ordered`: a run takes it by itself), `take` (`applied`). All that concerns
people is one transaction, between `order` and `take`: nobody is ever between two versions.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, assert_never

import msgspec

from rtj.base.errors import InputError, RefusedError
from rtj.deploy.faults import reached
from rtj.deploy.hands import Hands
from rtj.deploy.holders import holder, lives, named
from rtj.deploy.recount import refuse_more_homeless
from rtj.deploy.refusals import refuse_blast, refuse_stale, refuse_unready
from rtj.ir.entries import decode_entries
from rtj.ir.program import canonical, fingerprint
from rtj.plan.order import disagreements
from rtj.plan.planned import Plan, record_of
from rtj.plan.stages import (
    Begin,
    Carry,
    Drain,
    Fill,
    HandOver,
    Pause,
    Publish,
    Ramp,
    Resume,
    Stage,
    Strand,
    Switch,
    Timers,
)
from rtj.store.port import Deployment, Store

WAIT_MS = 60_000  # for a run that has to take an order
POLL_S = 0.1
TELL_MS = 10_000  # between two lines of progress
How: TypeAlias = Literal["applied", "taken", "waiting", "before"]


@dataclass(frozen=True, slots=True)
class Means:
    """What a plan is carried out with. `tell` gets a line of progress; `wait_ms`: for a run; `lock_ms`: for the lock."""

    store: Store
    hands: Hands
    tell: Callable[[str], None] = lambda _: None
    wait_ms: int = WAIT_MS
    lock_ms: int = 0
    now: Callable[[], int] = field(default=lambda: time.time_ns() // 1_000_000)
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Done:
    """What became of it. `how`: `applied` here, `taken` by the run, `waiting`: the run has not taken it within the time, and
    will; `before`: it was in force already."""

    serial: int
    how: How


def carry_out(plan: Plan, means: Means, seen: int | None = None) -> Done:
    """Carry out a plan, or go on with one that was begun. `seen`: the newest entry of the log when the plan was made, where that
    was just now: if there is no newer one, nobody is counted again.

    Raises RefusedError when the world moved, a precondition fails, somebody holds the lock, or too much would be sent at once."""
    store = means.store
    mine = holder(f"{plan.kind} {plan.environment}", means.now())
    store.take_lock(mine, means.lock_ms)
    try:
        reached("lock")
        found = _begun(plan, store)
        if found is not None and found.state == "halted":
            raise RefusedError(f"deployment {found.serial} was halted; plan anew")
        if found is not None and found.state == "applied":
            return Done(found.serial, "before")
        if found is None:
            refuse_stale(plan, store)
            refuse_unready(plan, store)
            _rehearsed(plan, means, seen)
        return _Applier(plan, means).work(found)
    finally:
        _let_go(store, mine.id)


def go_on(store: Store, means: Means) -> Done | None:
    """Go on with the newest deployment if it was begun and is not in force; None when there is none."""
    row = next(iter(store.deployments(1)), None)
    if row is None or row.state not in ("published", "ordered"):
        return None
    mine = holder(f"resume {row.serial}", means.now())
    store.take_lock(mine, means.lock_ms)
    try:
        again = store.deployment(row.serial)
        return Done(row.serial, "before") if again is None or again.state == "applied" else finish(again, means)
    finally:
        _let_go(store, mine.id)


def _let_go(store: Store, lock: str) -> None:
    with contextlib.suppress(RefusedError):  # somebody has unlocked it by hand
        store.unlock(lock)


def _begun(plan: Plan, store: Store) -> Deployment | None:
    """The deployment that was made of this plan."""
    row = store.deployment(plan.serial)
    return row if row is not None and row.plan == plan.hash else None


def _rehearsed(plan: Plan, means: Means, seen: int | None) -> None:
    """Try it on the state as it is now, where that can be done; else what the plan says counts."""
    if plan.bounds.immediate is not None and seen is not None and means.store.last_entry() == seen:
        refuse_blast(plan, dict(plan.bounds.immediate))
        return
    if plan.order and plan.base.running:
        refuse_more_homeless(plan, decode_entries(plan.order), means.store, means.hands.tallies(means.store))
    programs = {one.fingerprint: bytes(one.program) for one in plan.programs}
    counts = means.hands.rehearse(means.store, programs, decode_entries(plan.order)) if plan.order and plan.base.running else None
    if counts is None and plan.bounds.immediate is not None:
        counts = dict(plan.bounds.immediate)
    if counts is not None:
        refuse_blast(plan, counts)


class _Applier:
    """Walks the list of stages; each is done by the step that it belongs to, or said of what such a step does."""

    def __init__(self, plan: Plan, means: Means) -> None:
        self._plan, self._means, self._store = plan, means, means.store

    def work(self, begun: Deployment | None) -> Done:
        """Everything that is not done yet."""
        if begun is None:
            if wrong := disagreements(self._plan.stages, decode_entries(self._plan.order)):
                raise InputError(f"the stages of the plan and its order disagree: {'; '.join(wrong)}; make it anew")
            for stage in self._plan.stages:
                self._stage(stage)
            begun = self._record()
        return finish(begun, self._means)

    def _stage(self, stage: Stage) -> None:
        match stage:
            case Publish(programs=programs):
                self._publish(programs)
            case Fill() | Begin() | Carry() | HandOver() | Timers() | Strand() | Switch() | Drain() | Ramp():
                pass  # in the order, where all of them are one transaction
            case Pause() | Resume():
                pass  # in the order as well
            case _:
                assert_never(stage)

    def _publish(self, programs: tuple[str, ...]) -> None:
        carried = {one.fingerprint: bytes(one.program) for one in self._plan.programs}
        for name in programs:
            if name not in carried:
                raise InputError(f"the plan carries no program {name}; make it anew")
        for one in self._plan.programs:
            if one.fingerprint in programs and not _is_whole(carried[one.fingerprint], one.fingerprint):
                raise InputError(f"the program {one.fingerprint} of the plan is not what its name says; make it anew")
        self._store.publish(((name, carried[name]) for name in programs), self._means.now())
        reached("publish")

    def _record(self) -> Deployment:
        plan = self._plan
        if plan.waived or plan.accepted:
            told = {"plan": plan.hash, "waived": plan.waived, "accepted": [f"{one.code}@{one.journey}" for one in plan.accepted]}
            self._store.note(plan.told.author, "waive", canonical(told), self._means.now())
        row = Deployment(
            serial=plan.serial,
            kind=plan.kind,
            state="published",
            project=plan.project,
            running=plan.running,
            plan=plan.hash,
            who=plan.told.author,
            at_ms=self._means.now(),
            message=plan.told.message,
            body=record_of(plan),
            order=plan.order,
        )
        self._store.record(row, plan.base.serial)
        reached("record")
        return row


def finish(row: Deployment, means: Means) -> Done:
    """From a recorded deployment to one in force. A run that lives takes the order; else it is worked here."""
    store = means.store
    if row.state == "published":
        store.advance(row.serial, "ordered", means.now())
        reached("order")
    entries = decode_entries(row.order)
    until = means.now() + means.wait_ms
    told = 0
    while True:
        now = store.deployment(row.serial)
        if now is not None and now.state == "applied":
            return Done(row.serial, "taken")
        if now is not None and now.state == "halted":
            raise RefusedError(f"deployment {row.serial} was halted by the run")
        run = store.leaseholder()
        if run is None or not lives(run, means.now()):
            try:
                means.hands.work(store, entries, row.serial)
            except RefusedError:  # a run has started meanwhile: it takes the order
                if means.now() >= until:
                    raise
            else:
                reached("take")
                _in_force(row.serial, means)
                return Done(row.serial, "applied")
        elif means.now() >= told:
            left = max(0, until - means.now()) // 1_000
            means.tell(f"ordered; the run of {named(run)} takes it between two batches (waiting for {left} s at most)")
            told = means.now() + TELL_MS
        if means.now() >= until:
            return Done(row.serial, "waiting")
        means.sleep(POLL_S)


def _in_force(serial: int, means: Means) -> None:
    row = means.store.deployment(serial)
    if row is not None and row.state != "applied":
        means.store.advance(serial, "applied", means.now())
    reached("apply")


def _is_whole(content: bytes, name: str) -> bool:
    """Is a program what its fingerprint says?"""
    try:
        value = msgspec.json.decode(content)
    except msgspec.MsgspecError:
        return False
    return canonical(value) == content and fingerprint(msgspec.Raw(content)) == name
