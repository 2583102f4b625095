"""Consent: what its sources say of a profile, and what withdrawals by receipts say against them (S7.2, S7.7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from rtj.engine.calendar import INFINITY
from rtj.engine.changes import attributes_read
from rtj.engine.codegen import Evaluate
from rtj.engine.mail import mail_of
from rtj.engine.state import END_OF_INSTANT, Profile, Stamp
from rtj.engine.windows import Extreme
from rtj.ir.expr import Expr
from rtj.ir.program import Program

if TYPE_CHECKING:
    from rtj.engine.machine import Machine

ANY = "any"


def of_channel(name: str) -> str:
    """The name of a channel's source of consent."""
    return f"channel:{name}"


def of_subscription(name: str) -> str:
    """The name of a subscription's source of consent."""
    return f"subscription:{name}"


class ConsentSource:
    """One source of consent. `value` is its condition (None: nothing declares it, it only knows withdrawals by receipts); `slots`
    are the attributes that it reads, `lasts` the computed ones that are the newest value of a field there ever was."""

    __slots__ = ("lasts", "level", "name", "slots", "value")

    def __init__(self, name: str, value: Evaluate | None, slots: tuple[int, ...] = (), lasts: tuple[int, ...] = ()) -> None:
        self.name = name
        self.level = name.partition(":")[0]
        self.value = value
        self.slots = slots
        self.lasts = lasts

    def says(self, p: Profile, at: int) -> bool | None:
        """True a grant, False a withdrawal, None not known. A withdrawal by a receipt stands until the source says yes with a
        later stamp."""
        said = self.value(p, at, None, None) if self.value is not None else None
        if p.mail is not None:
            withdrawn = p.mail.withdrawn.get(self.name)
            if withdrawn is not None:
                newest = self.newest(p)
                if not said or newest is None or newest <= withdrawn:
                    return False
        return None if said is None else bool(said)

    def newest(self, p: Profile) -> Stamp | None:
        """The latest stamp of what it reads."""
        found = [p.stamps[slot] for slot in self.slots] if p.stamps is not None else []
        found += [p.aggregates[slot][0] for slot in self.lasts if p.aggregates[slot] is not None]
        return max((stamp for stamp in found if stamp is not None), default=None)


def consent_sources(machine: Machine) -> dict[str, ConsentSource]:
    """Every source that a withdrawal may name, by name: any, the channels, the subscriptions, in that order."""
    program = machine.program
    return {name: _source(machine, name, value) for name, value in _declared(program)}


def _declared(program: Program) -> Iterable[tuple[str, Expr | None]]:
    yield ANY, program.consents.any
    for channel in program.channels:
        yield of_channel(channel.name), channel.consent
    for name, value in program.consents.subscriptions:
        yield of_subscription(name), value


def _source(machine: Machine, name: str, value: Expr | None) -> ConsentSource:
    read = sorted(set(attributes_read(value))) if value is not None else []
    slots = tuple(machine.attribute_slots[a] for a in read if a in machine.attribute_slots)
    computed = [machine.aggregates[a] for a in read if a in machine.aggregates]
    lasts = tuple(one.slot for one in computed if isinstance(one, Extreme) and one.spec.function == "last")
    return ConsentSource(name, machine.function(value), slots, lasts)


class Consent:
    """The gate of consent of one way of a message: its sources from the widest to the narrowest."""

    __slots__ = ("confirmed", "granted", "sources")

    def __init__(self, sources: tuple[ConsentSource, ...], confirmed: Evaluate | None, *, granted: bool) -> None:
        self.sources = sources
        self.confirmed = confirmed
        self.granted = granted

    def rule(self, p: Profile, at: int) -> str | None:
        """The rule that blocks, or None: it may be sent."""
        says = [source.says(p, at) for source in self.sources]
        for source, said in zip(self.sources, says, strict=True):
            if said is False:
                return source.level
        if True not in says and not self.granted:
            return "unknown"
        if self.confirmed is not None and not self.confirmed(p, at, None, None):
            return "unconfirmed"
        return None


# ---- when two profiles become one

Merging = Callable[[Profile], None]


def before_merge(sources: Iterable[ConsentSource], stays: Profile, goes: Profile, at: int) -> list[Merging]:
    """What is to be done once the facts are united, so that a no of either side stays a no until a newer grant (S2.5)."""
    found: list[Merging] = []
    for source in sources:
        mine, theirs = source.says(stays, at), source.says(goes, at)
        if mine is not False and theirs is not False:
            continue
        if mine is False and theirs is False:
            newest = (source.newest(stays), source.newest(goes))
            side = goes if newest[1] is not None and (newest[0] is None or newest[1] > newest[0]) else stays
        else:
            side = stays if mine is False else goes
        values = [side.attributes[slot] for slot in source.slots]
        found.append(_refusing(source, values, (at, END_OF_INSTANT, 0)))
    return found


def _refusing(source: ConsentSource, values: list[object], now: Stamp) -> Merging:
    def apply(p: Profile) -> None:
        if not source.slots:  # a computed attribute cannot be given a value: the no is kept beside it
            withdrawn = mail_of(p).withdrawn
            withdrawn[source.name] = max(source.newest(p) or now, withdrawn.get(source.name, (-INFINITY, 0, 0)))
        if p.stamps is not None:
            for slot, value in zip(source.slots, values, strict=True):
                p.attributes[slot] = value
        if p.mail is not None and source.name in p.mail.withdrawn:
            newest = source.newest(p)
            if newest is not None:
                p.mail.withdrawn[source.name] = max(newest, p.mail.withdrawn[source.name])

    return apply
