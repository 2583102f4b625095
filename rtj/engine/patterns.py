"""Patterns (S5.6): which events, in which order, within which time. A firing gives the names it bound."""

from __future__ import annotations

from typing import Any

from rtj.engine.calendar import INFINITY
from rtj.engine.codegen import Evaluate
from rtj.engine.state import Names, Partial, Profile
from rtj.ir.expr import Length
from rtj.ir.journey import Step
from rtj.ir.records import Event

PARTIALS_MAX = 1_000  # partial matches of one profile; beyond, the oldest is let go


class StepMachine:
    """One step: does an event match it?"""

    __slots__ = ("bind", "key_of", "length", "mask", "ms", "spec", "types", "where")

    def __init__(self, spec: Step, where: Evaluate | None, same: Evaluate | None, mask: int) -> None:
        self.spec = spec
        self.types = frozenset(spec.events)
        self.where = where
        self.key_of = same
        self.mask = mask
        self.bind = spec.bind
        self.length: Length | None = spec.within
        self.ms = spec.within.ms if spec.within is not None and not (spec.within.days or spec.within.months) else None

    def accepts(self, event: Event) -> bool:
        """By type; `any` takes every event from a source about a profile, which alone carry identifiers (S3.6)."""
        return event.type in self.types or ("any" in self.types and bool(event.ids))

    def holds(self, p: Profile, at: int, event: Event, names: Names) -> bool:
        if self.mask and not p.members & self.mask:
            return False
        return self.where is None or bool(self.where(p, at, event, names))


class SinglePattern:
    """One event."""

    def __init__(self, gid: int, steps: tuple[StepMachine, ...]) -> None:
        self.gid = gid
        self.step = steps[0]
        self.bind = self.step.bind

    def match(self, p: Profile, event: Event, at: int) -> Names | None:
        step = self.step
        if step.mask and not p.members & step.mask:
            return None
        if step.where is not None and not step.where(p, at, event, None):
            return None
        return {self.bind: event} if self.bind is not None else {}


class CountPattern:
    """`n x within D`, sliding since the last firing; `consecutive`: one that fails `where` starts the count afresh."""

    def __init__(self, gid: int, steps: tuple[StepMachine, ...], deadline: Any) -> None:
        self.gid = gid
        self.step = steps[0]
        self.count = self.step.spec.count
        self.deadline = deadline

    def match(self, p: Profile, event: Event, at: int) -> Names | None:
        step = self.step
        if step.mask and not p.members & step.mask:
            return None
        key = (self.gid, "" if step.key_of is None else step.key_of(p, at, event, None))
        partials = p.partials
        if not step.holds(p, at, event, {}):
            if step.spec.consecutive and partials:
                partials.pop(key, None)
            return None
        if partials is None:
            partials = p.partials = {}
        partial = partials.get(key)
        if partial is None:
            partial = partials[key] = Partial()
            make_room(partials)
        recent = partial.recent
        recent.append(event)
        if step.length is not None:
            late = at - step.ms if step.ms is not None else None
            while recent[0].at < late if late is not None else self.deadline(p, recent[0].at, step) < at:
                del recent[0]
        if len(recent) < self.count:
            return None
        del partials[key]
        return {step.bind: tuple(recent)} if step.bind is not None else {}


class ChainPattern:
    """`a then b within D`, `a then not b within D`, and longer chains."""

    def __init__(self, gid: int, steps: tuple[StepMachine, ...], deadline: Any) -> None:
        self.gid = gid
        self.steps = steps
        self.deadline = deadline
        self.first = CountPattern(-1 - gid, steps[:1], deadline) if steps[0].spec.count > 1 else None

    def match(self, p: Profile, event: Event, at: int) -> Names | None:
        if p.partials:
            for place in range(1, len(self.steps)):
                step = self.steps[place]
                if not step.accepts(event):
                    continue
                key, partial = self._waiting(p, step, place, event, at)
                if partial is None or not step.holds(p, at, event, partial.names):
                    continue
                if not step.spec.absent:
                    return self._advance(p, key, partial, event, at)
                del p.partials[key]
                break
        if self.steps[0].accepts(event):
            self._begin(p, event, at)
        return None

    def _waiting(self, p: Profile, step: StepMachine, place: int, event: Event, at: int) -> tuple[Any, Partial | None]:
        value = "" if step.key_of is None else step.key_of(p, at, event, None)
        key = (self.gid, value)
        partial = p.partials.get(key) if p.partials else None
        if partial is None or partial.step != place:
            return key, None
        if partial.due < at:
            assert p.partials is not None
            del p.partials[key]
            return key, None
        return key, partial

    def _begin(self, p: Profile, event: Event, at: int) -> None:
        first = self.steps[0]
        key = (self.gid, "" if first.key_of is None else first.key_of(p, at, event, None))
        waiting = p.partials.get(key) if p.partials else None
        if waiting is not None and waiting.step and self.steps[waiting.step].spec.absent:
            return
        if self.first is not None:
            names = self.first.match(p, event, at)
            if names is None:
                return
        elif not first.holds(p, at, event, {}):
            return
        else:
            names = {first.bind: event} if first.bind is not None else {}
        partial = Partial()
        partial.names = names
        partial.recent = [event]
        if p.partials is None:
            p.partials = {}
        p.partials.pop(key, None)
        p.partials[key] = partial
        make_room(p.partials)
        self._await(p, partial, 1, at)

    def _await(self, p: Profile, partial: Partial, place: int, at: int) -> None:
        partial.step = place
        step = self.steps[place]
        partial.due = INFINITY if step.length is None else self.deadline(p, at, step)
        partial.deadline = partial.due if step.spec.absent else INFINITY
        if partial.deadline < p.due:
            p.due = partial.deadline

    def _advance(self, p: Profile, key: Any, partial: Partial, event: Event | None, at: int) -> Names | None:
        step = self.steps[partial.step]
        if event is not None:
            partial.recent[1:] = [event]  # the first stays: of two that merge the older one does (S2.5)
            if step.bind is not None:
                partial.names[step.bind] = event
        if partial.step + 1 < len(self.steps):
            self._await(p, partial, partial.step + 1, at)
            return None
        assert p.partials is not None
        del p.partials[key]
        return partial.names

    def pass_deadline(self, p: Profile, key: Any, partial: Partial, at: int) -> tuple[Names | None, Event]:
        """Nothing of what must not happen has happened; the names, if that was the last step, and the last event that matched."""
        return self._advance(p, key, partial, None, at), partial.recent[-1]


def make_room(partials: dict[tuple[int, Any], Partial]) -> None:
    """Keep the partial matches of one profile within their bound."""
    if len(partials) > PARTIALS_MAX:
        del partials[next(iter(partials))]
