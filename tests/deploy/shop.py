"""A small shop that is deployed in tests: its programs, plans, a real store in a file, and hands that work an order as a run
would, without people. As a program (`python -m tests.deploy.shop STORE PLAN`) it carries out a plan; tests can kill that."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rtj.compile.pipeline import compile_text
from rtj.deploy.annals import base_of
from rtj.deploy.applying import Done, Means, carry_out
from rtj.deploy.holders import holder
from rtj.ir.crossing import Crossing
from rtj.ir.entries import Entry, encode_entries, encode_entry
from rtj.ir.program import Program, fingerprint
from rtj.ir.standing import Standing, Takeover, Tally
from rtj.plan.changes import Diff
from rtj.plan.crossing import crossing
from rtj.plan.diff import diff
from rtj.plan.order import order_of
from rtj.plan.planned import Bounds, Check, Plan, Told, bundle, read_plan
from rtj.plan.sides import Side
from rtj.plan.staging import Facts, Linked, Step, stages
from rtj.plan.weighed import unweighed
from rtj.store.opening import open_store
from rtj.store.port import Commit, LogRow, Store

PROJECT = """\
project: shop
timezone: UTC
events:
  signed_up: {plan: string}
channels:
  email: {purpose: transactional}
"""
WELCOME = """\
journey: welcome
enter: {on: signed_up}
do:
  - {id: pause, wait: 1 day}
  - {id: hello, send: hello, by: email}
"""
ENVIRONMENT = "prod"
LEASE_MS = 10_000


def program(days: int = 1) -> Program:
    """The shop, whose people wait so many days."""
    compiled = compile_text(PROJECT, WELCOME.replace("1 day", f"{days} day{'' if days == 1 else 's'}"))
    assert compiled.program is not None, compiled.diagnostics
    return compiled.program


def opened(place: Path | str) -> Store:
    """The store of the shop: a file, or the URL of a PostgreSQL, which may have several."""
    return open_store(str(place), os.environ.get("SHOP_ENVIRONMENT", ENVIRONMENT))


def plan_of(
    store: Store,
    new: Program,
    *,
    old: Program | None = None,
    author: str = "anna@host",
    bounds: Bounds | None = None,
    checks: tuple[Check, ...] = (),
    waived: tuple[str, ...] = (),
) -> Plan:
    """The plan that brings a program, from what runs by the store."""
    base, name = base_of(store), fingerprint(new)
    if old is None:
        found, ways = Diff(ENVIRONMENT, "working tree", "", name), Crossing({})
    else:
        sides = Side(ENVIRONMENT, old), Side("working tree", new)
        found, ways = unweighed(diff(*sides), sides[1]), crossing(*sides)
    step = Step(old, old, new, Linked(new, ways), base.running, name, name)
    steps = stages(step, found, Facts(frozenset(known for known, _ in store.programs())))
    order = order_of(steps, ways, base.serial + 1)
    return Plan(
        "deploy",
        ENVIRONMENT,
        base,
        Told(author, 1_700_000_000_000, "why"),
        name,
        name,
        steps,
        found,
        found.level,
        checks,
        waived,
        bounds=bounds or Bounds(),
        order=encode_entries(order),
        programs=(bundle(new, name),),
    )


class Hands:
    """Works orders with a real lease and a real commit; `immediate`: what a rehearsal finds."""

    def __init__(self, immediate: Mapping[str, int] | None = None) -> None:
        self.immediate = immediate
        self.rehearsed: list[Entry] = []

    def standings(self, store: Store) -> Sequence[Standing] | None:
        """Nobody is inside."""
        return ()

    def tallies(self, store: Store) -> Sequence[Tally] | None:
        """Nobody is anywhere."""
        return ()

    def rehearse(self, store: Store, programs: Mapping[str, bytes], entries: Sequence[Entry]) -> Mapping[str, int] | None:
        """What was said before."""
        self.rehearsed = list(entries)
        return self.immediate

    def takeover(self) -> Takeover | None:
        """Nobody has tried."""
        return None

    def work(self, store: Store, entries: Sequence[Entry], serial: int) -> None:
        """One commit, with the order worked in it."""
        epoch = store.take_lease(holder("work", _now()), LEASE_MS)
        try:
            first = store.last_entry() + 1
            rows = [LogRow(first + n, -1, 0, _now(), b"", encode_entry(entry)) for n, entry in enumerate(entries)]
            store.commit(Commit(0, entries=rows, orders=[serial]), epoch)
        finally:
            store.leave_lease(epoch)


def _now() -> int:
    return time.time_ns() // 1_000_000


def carried_out(plan: Plan, store: Store, hands: Hands | None = None, *, lock_ms: int = 0, wait_ms: int = 0) -> Done:
    """Carry out a plan."""
    return carry_out(plan, Means(store, hands or Hands(), lock_ms=lock_ms, wait_ms=wait_ms))


if __name__ == "__main__":
    _store, _plan = sys.argv[1:3]
    _done = carried_out(read_plan(Path(_plan).read_bytes(), _plan), opened(_store))
    sys.stdout.write(f"{_done.how}\n")
    sys.stdout.flush()
    os._exit(0)
