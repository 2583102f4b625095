"""`erase`, read aloud (S10.1): somebody is forgotten, but for what they refused."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rtj.ir.records import Event
from tests.oracle import gates
from tests.oracle.calendar import rfc3339
from tests.oracle.state import Profile, Stamp

if TYPE_CHECKING:
    from tests.oracle.interpreter import World

Identifier = tuple[int, str]
Refused = tuple[frozenset[tuple[str, str]], dict[str, Stamp]]  # suppressed addresses, consents withdrawn


@dataclass
class Remains:
    """How many were born with an identifier of somebody who was erased, and what its last owner refused who refused something."""

    births: Counter[Identifier] = field(default_factory=Counter)
    refused: dict[Identifier, Refused] = field(default_factory=dict)


def meant(world: World, event: Event) -> list[Identifier]:
    """The identifiers of the event that erases, the first one first that somebody has; none if nobody has any."""
    ids = [i for i in event.ids if i not in world.junk]
    owned = [i for i in ids if any(i in p.ids for p in world.profiles)]
    return owned[:1] + [i for i in ids if i != owned[0]] if owned else []


def erase(world: World, p: Profile, event: Event) -> None:
    """Nothing of a profile is left but how often its identifiers were born, and what it refused."""
    no = refusals(world, p, event)
    for identifier in p.ids:
        world.remains.births[identifier] = max(1 + world.lost.pop(identifier, 0), world.remains.births[identifier])
        if no is not None:
            world.remains.refused[identifier] = no
    names = {p.origin} | {f"{world.program.namespaces[space].name}:{value}" for space, value in p.ids}
    world.met = [(i, origin) for i, origin in world.met if i not in p.ids and origin not in names]
    for instance in p.in_order():
        world.leave(instance, "erased")
    world.profiles.remove(p)
    world.counts["erased",] += 1
    hidden = hashlib.blake2b(p.origin.encode(), digest_size=8, key=world.program.secret.encode()).hexdigest()
    asked = {"ts": rfc3339(event.ts)} if event.ts < world.now else {}
    world.records.append((world.now, f"~{hidden}", 1, {"what": "erased", **asked}))


def refusals(world: World, p: Profile, event: Event) -> Refused | None:
    program, place = world.program, (world.now, event.source, event.pos)
    asked = [("any", program.consents.any)]
    asked += [(f"channel:{c.name}", c.consent) for c in program.channels]
    asked += [(f"subscription:{name}", one) for name, one in program.consents.subscriptions]
    withdrawn = {source: place for source, one in asked if gates.says(world, p, source, one) is False}
    return (frozenset(p.suppressed), withdrawn) if p.suppressed or withdrawn else None


def bind(world: World, p: Profile, identifier: Identifier) -> None:
    """An identifier that nobody had belongs to a profile: what its former owner refused is refused again."""
    suppressed, withdrawn = world.remains.refused.get(identifier, (frozenset(), {}))
    p.suppressed |= suppressed
    for source, place in withdrawn.items():
        p.withdrawn[source] = max(place, p.withdrawn.get(source, place))
