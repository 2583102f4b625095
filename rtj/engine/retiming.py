"""The date until which somebody waits, as another version of the journey takes over (S12.3, S12.8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rtj.engine.calendar import INFINITY
from rtj.engine.kernel import Kernel
from rtj.engine.nodes import (
    CollectMachine,
    LengthMachine,
    MomentMachine,
    NodeMachine,
    WaitForMachine,
    WaitMachine,
    WaitUntilMachine,
)
from rtj.engine.state import Instance, Profile
from rtj.ir import journey as ir
from rtj.ir.journey import OnTimers


@dataclass(frozen=True, slots=True)
class Rests:
    """Where somebody rests: the node of either version, and its machine in the new one; `cases`: the number of a case in the old
    version -> in the new one."""

    old: ir.Node
    new: ir.Node
    target: NodeMachine
    cases: Mapping[int, int]
    timers: OnTimers


def retime(k: Kernel, p: Profile, inst: Instance, at: int, rests: Rests) -> bool:
    """Set the date after the policy of the journey. False: there is no date, for the moment that is waited for is missing, or was
    past when the wait began; so people go on as if they came there now."""
    old, new, target = rests.old, rests.new, rests.target
    if isinstance(target, WaitForMachine) and isinstance(old, ir.WaitFor) and isinstance(new, ir.WaitFor):
        _of_cases(k, p, inst, at, (old, new, target, rests))
    elif rests.timers != "keep" and _lasts(old) != _lasts(new):
        start = at if rests.timers == "restart" else inst.steps_at
        due = _end(k, p, inst, target, start)
        if due is None:
            return False
        inst.due = due
    inst.due = max(inst.due, at)
    return True


def _of_cases(
    k: Kernel, p: Profile, inst: Instance, at: int, nodes: tuple[ir.WaitFor, ir.WaitFor, WaitForMachine, Rests]
) -> None:
    old, new, target, rests = nodes
    keeps = rests.timers == "keep"
    place = rests.cases.get(inst.case, -1) if inst.case >= 0 else -1
    if place >= 0 and keeps:
        inst.case = place
        return
    if inst.case < 0 and keeps:
        return
    as_was = {now for was, now in rests.cases.items() if _passes(old.cases[was]) == _passes(new.cases[now])}
    anew = at if rests.timers == "restart" else inst.steps_at
    ends = [
        (inst.due, number)
        if number == place and number in as_was
        else (target.deadline(k, p, inst, inst.steps_at if number in as_was else anew, case), number)
        for number, case in enumerate(target.cases)
    ]
    inst.due, inst.case = min((end for end in ends if end[0] < INFINITY), default=(INFINITY, -1))


def _end(k: Kernel, p: Profile, inst: Instance, target: NodeMachine, start: int) -> int | None:
    """When a wait ends that has begun at `start`; None: it would not have begun."""
    match target:
        case WaitMachine(length=length):
            return length.end(k, p, inst, start)
        case WaitUntilMachine(moment=moment):
            due = moment.find(p, inst, start)
            return None if due is None or due < start else int(due)
        case CollectMachine(end=LengthMachine() as length):
            return length.end(k, p, inst, start)
        case CollectMachine(end=MomentMachine() as moment):
            due = moment.find(p, inst, start)
            return start if due is None else max(start, due)
        case _:
            return inst.due


def _lasts(node: ir.Node) -> tuple[object, ...]:
    """Until when somebody waits at a node, as it is written."""
    match node:
        case ir.Wait(length=length, for_=for_):
            return length, for_
        case ir.WaitUntil(moment=moment):
            return (moment,)
        case ir.Collect(length=length, until=until):
            return length, until
        case _:
            return ()


def _passes(case: ir.Case) -> tuple[object, ...]:
    """When a case passes by time alone, as it is written."""
    return case.after, case.for_, case.until
