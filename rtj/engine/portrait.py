"""A live profile as a portrait: everything about one person, read and left as it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from rtj.engine.identity import Owners
from rtj.engine.machine import Machine
from rtj.engine.standing import Onlooker
from rtj.engine.state import Profile
from rtj.ir.expr import ListOf, Optional, Scalar, Type
from rtj.ir.identifiers import normalise
from rtj.ir.portraits import Known, Membership, Portrait, Says
from rtj.ir.program import Program
from rtj.ir.records import Day, Event, Instant


def named(program: Program, text: str) -> tuple[tuple[int, str], ...]:
    """The identifiers that a text may mean: `namespace:value`, or a bare value in every namespace; as written and as its
    namespace normalises it. Who gives a namespace means that one first."""
    whole, bare = list[tuple[int, str]](), list[tuple[int, str]]()
    for place, space in enumerate(program.ranked):
        prefix = f"{space.name}:"
        if text.startswith(prefix):
            value = text.removeprefix(prefix)
            whole += [(place, normalise(space, value)), (place, value)]
        bare += [(place, normalise(space, text)), (place, text)]
    return tuple(dict.fromkeys((*whole, *bare)))


def find(owners: Owners, program: Program, text: str) -> Profile | None:
    """Who is called so; of several the one whose namespace ranks first. None: nobody."""
    return next((found for one in named(program, text) if (found := owners.get(one)) is not None), None)


class Painter:
    """Makes portraits of the profiles of one program, as of the instant `at`. Nothing is changed: whoever was asleep is awake.
    Making one costs more than a portrait: keep it, and `move` it."""

    def __init__(self, machine: Machine, at: int) -> None:
        self._machine, self._onlooker = machine, Onlooker(machine, at)

    def move(self, at: int) -> None:
        """From now on as of this instant."""
        self._onlooker.at = at

    @property
    def _at(self) -> int:
        return self._onlooker.at

    def portrait(self, p: Profile) -> Portrait:
        """Everything but messages, which a store keeps."""
        machine, at = self._machine, self._at
        standing = self._onlooker.of(p)
        names = [space.name for space in machine.program.ranked]
        return Portrait(
            profile=p.origin,
            at=Instant(at),
            identifiers=tuple(f"{names[place]}:{value}" for place, value in sorted(p.identifiers)),
            zone=standing.profile.zone,
            attributes=self._attributes(p),
            computed={
                name: typed(one.value(p, at), one.spec.type) for name, one in sorted(machine.aggregates.items()) if is_name(name)
            },
            audiences=tuple(self._audiences(p)),
            consent=tuple(self._consent(p)),
            suppressed=tuple(sorted({channel for channel, _ in p.mail.suppressed})) if p.mail is not None else (),
            reach=standing.profile.reach,
            inside=standing.instances,
        )

    def _attributes(self, p: Profile) -> dict[str, Known]:
        found = {}
        for name, slot in sorted(self._machine.attribute_slots.items()):
            spec = self._machine.program.mappings[slot]
            value, stamp = p.attributes[slot], p.stamps[slot] if p.stamps is not None else None
            if value is None:
                value = spec.default
            found[name] = Known(typed(value, spec.type), None if stamp is None else Instant(stamp[0]))
        return found

    def _audiences(self, p: Profile) -> Iterable[Membership]:
        names = sorted(item.name for item in self._machine.items if item.is_audience and p.members >> item.slot & 1)
        return map(Membership, filter(is_name, names))

    def _consent(self, p: Profile) -> Iterable[Says]:
        for name, source in self._machine.gates.sources.items():
            withdrawn = p.mail.withdrawn.get(name) if p.mail is not None else None
            says, newest = source.says(p, self._at), source.newest(p)
            if says is None and newest is None and source.value is None:
                continue
            stamp = max((one for one in (newest, withdrawn) if one is not None), default=None)
            by_receipt = says is False and withdrawn is not None and (newest is None or newest <= withdrawn)
            yield Says(name, says, None if stamp is None else Instant(stamp[0]), by_receipt)


def is_name(text: str) -> bool:
    """Was it named by an author? What the compiler adds has names that nobody can write."""
    return all(part.isidentifier() for part in text.split("."))


def typed(value: Any, kind: Type) -> Any:
    """A value of a type, as plain data in which instants and dates are told from numbers."""
    match kind:
        case Optional(of=of):
            return typed(value, of)
        case ListOf(item=item) if isinstance(value, tuple | list):
            return [typed(part, item) for part in value]
        case Scalar(name="instant") if isinstance(value, int):
            return Instant(value)
        case Scalar(name="date") if isinstance(value, int):
            return Day(value)
        case _:
            return as_data(value)


def as_data(value: Any) -> Any:
    """A value as plain data in which instants and dates are told from numbers."""
    match value:
        case Event():
            return {"event": value.id, "type": value.type, "ts": Instant(value.ts)}
        case dict():
            return {str(name): as_data(part) for name, part in value.items()}
        case tuple() | list() | set() | frozenset():
            return [as_data(part) for part in value]
        case msgspec.Struct():
            return {name: as_data(getattr(value, name)) for name in value.__struct_fields__}
        case _:
            return value
