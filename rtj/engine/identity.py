"""Who owns an identifier, and which profile an event belongs to, as of its instant (S2).

A profile is a set of identifiers, each of which has at most one owner: there is no graph to recompute. What the identifiers of an
event ask for is done in their order: join, merge, move, or refuse.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from rtj.engine.erasing import Departed, Erased
from rtj.engine.merging import merge, take_over
from rtj.engine.state import Profile
from rtj.ir.records import Event

if TYPE_CHECKING:
    from rtj.engine.keeping import Keeper
    from rtj.engine.kernel import Kernel

Identifier = tuple[int, str]
PEOPLE_MAX = 50  # people that an identifier may be seen with; with one more it is junk from then on (S2.1)
IDENTIFIERS_MAX = 50  # identifiers of one profile; beyond, some are let go (S2.2)


class Owners(MutableMapping[Identifier, Profile]):
    """The owner of each identifier. `spaces` are the same by text alone, for each namespace: a pair for each of them would take
    as much memory as its text. Whoever looks up every event asks there."""

    __slots__ = ("spaces",)

    def __init__(self, namespaces: int) -> None:
        # There is one of these for each component of people; most programs have one namespace.
        self.spaces: tuple[dict[str, Profile], ...] = ({},) if namespaces == 1 else tuple([{} for _ in range(namespaces)])

    def __getitem__(self, identifier: Identifier) -> Profile:
        return self.spaces[identifier[0]][identifier[1]]

    def __setitem__(self, identifier: Identifier, p: Profile) -> None:
        self.spaces[identifier[0]][identifier[1]] = p

    def __delitem__(self, identifier: Identifier) -> None:
        del self.spaces[identifier[0]][identifier[1]]

    def get(self, identifier: Identifier, default: Any = None, /) -> Any:
        return self.spaces[identifier[0]].get(identifier[1], default)

    def __iter__(self) -> Iterator[Identifier]:
        return ((place, text) for place, space in enumerate(self.spaces) for text in space)

    def __len__(self) -> int:
        return sum(map(len, self.spaces))


class Identities:
    """The owners of identifiers in one world. `touched` takes profiles that an event of somebody else has changed."""

    def __init__(self, kernel: Kernel, touched: list[Profile]) -> None:
        self._kernel, self._machine, self._touched = kernel, kernel.machine, touched
        self.tells = kernel.tracing  # does anybody want to know of links?
        self.profiles: dict[Profile, None] = {}  # in the order of birth
        self.keeper: Keeper | None = None  # whom a store has told to note births and ends
        program = kernel.machine.program
        ranked = program.ranked
        self._names = tuple(n.name for n in ranked)
        self.owners = Owners(len(ranked))
        self._unique = frozenset(i for i, n in enumerate(ranked) if n.unique)
        self._person = frozenset(i for i, n in enumerate(ranked) if n.kind == "person")
        places = {n.name: i for i, n in enumerate(ranked)}
        self._replaces = {e.name: frozenset(places[n] for n in e.replaces) for e in program.events if e.replaces}
        self._device = frozenset(i for i, n in enumerate(ranked) if n.kind == "device")
        self._lost: dict[Identifier, int] = {}  # how often an identifier was let go
        self._met: dict[Identifier, tuple[str, ...]] = {}  # origins of those it was seen with, beside its owner
        self.junk: set[Identifier] = set()  # what was found out to be nobody's
        self.erased = Erased(kernel.machine)
        self._attributes = len(program.mappings)
        self._aggregates = len(program.aggregates)

    def clear(self) -> None:
        """Begin anew with nobody; what was handed out before is left as it is."""
        self.owners = Owners(len(self._names))
        self.profiles = {}
        self._lost = self._lost and {}  # most components leave these empty: a new one for each would cost as much as a birth
        self._met = self._met and {}
        self.junk = self.junk and set()
        if self.erased.asked or self.erased.seen:
            self.erased = Erased(self._machine)

    def bequeath(self, heir: Identities) -> None:
        """Leave everybody, and what is known of identifiers, to another who names the kinds of identifiers alike."""
        assert self._names == heir._names
        heir.owners, heir.profiles = self.owners, self.profiles
        heir._lost, heir._met, heir.junk, heir.erased = self._lost, self._met, self.junk, self.erased
        heir.erased.follow(heir._machine)

    def keep(self, lost: dict[Identifier, int], met: dict[Identifier, tuple[str, ...]], junk: set[Identifier]) -> None:
        """What is known of identifiers is in these from now on, for a store keeps it."""
        self._lost, self._met, self.junk = lost, met, junk

    def spell(self, identifier: Identifier) -> str:
        """`namespace:value`."""
        return f"{self._names[identifier[0]]}:{identifier[1]}"

    def born(self, event: Event) -> Profile:
        """A profile that begins with this event; its origin is the event's best identifier (S2.3)."""
        born = (event.at, not event.late, event.source, event.pos)
        p = Profile(self._origin(event.ids[0]), born, self._attributes, self._aggregates)
        p.identifiers = event.ids[:1]
        space, text = event.ids[0]
        self.owners.spaces[space][text] = p
        if self.erased.kept:
            self.erased.bind(p, self.spell(event.ids[0]))
        self.profiles[p] = None
        if self.keeper is not None:
            self.keeper.born(p)
        self._kernel.count("profiles")
        if self._kernel.tracing:
            self._kernel.report(p, event.at, what="born", event=event.id)
        return p

    def _origin(self, identifier: Identifier) -> str:
        """The origin of a profile that is born. An identifier that was let go begins anew: who is born with it is numbered."""
        spelled = self.spell(identifier)
        if not (self._lost or self.erased.seen):
            return spelled
        again = self.erased.born_again(spelled)
        if again:
            return f"{spelled}#{again}"
        lost = self._lost.get(identifier, 0)
        return f"{spelled}#{lost + 1}" if lost else spelled

    def origins(self, p: Profile) -> tuple[str, ...]:
        """The origins that a profile had, and those who became one with it, as far as their identifiers are still its own. Who
        was last born with an identifier that nobody has lost since is one of them."""
        found = {p.origin: None}
        for identifier in p.identifiers:
            if identifier in self._lost:
                continue  # somebody else may have been born with it
            spelled = self.spell(identifier)
            births = self.erased.births(spelled)
            found[f"{spelled}#{births}" if births > 1 else spelled] = None
        return tuple(found)

    def stays_unknown(self, event: Event) -> bool:
        """Nobody is born once its identifier was let go by an event that nothing reads: it could tell nothing."""
        if not (self.erased.seen or self._lost) or len(event.ids) > 1:
            return False
        if self._machine.reads_any or event.type in self._machine.reads:
            return False
        return event.ids[0] in self._lost or (bool(self.erased.seen) and self.erased.knew(self.spell(event.ids[0])))

    def meant(self, event: Event) -> Event | None:
        """The event that erases, whose best identifier nobody has: it means the owner of the first identifier that somebody has,
        for nobody is born by it. None, counted, if it means nobody."""
        known = next((i for i in event.ids if i in self.owners), None)
        if known is None:
            self._kernel.count("erase_unknown")
            self._kernel.departed(Departed(event, self.erased.asks(event), event.ids))
            return None
        return msgspec.structs.replace(event, ids=(known, *(i for i in event.ids if i != known)))

    def erase(self, p: Profile, event: Event) -> None:
        """The identifiers of a profile that is being forgotten belong to nobody (S10.1)."""
        for identifier in p.identifiers:
            del self.owners[identifier]
            self.erased.note(self.spell(identifier), 1 + self._lost.pop(identifier, 0))
            self._met.pop(identifier, None)
        del self.profiles[p]
        if self.keeper is not None:
            self.keeper.gone(p)
        self._forget_meetings(p)
        self.erased.keep(p, event, tuple(map(self.spell, p.identifiers)))

    def unmeet(self, p: Profile) -> None:
        """It is as if a profile had never been, which is erased later, and whose events were swept out of the log."""
        for identifier in p.identifiers:
            del self.owners[identifier]
            self._lost.pop(identifier, None)
            self._met.pop(identifier, None)
        del self.profiles[p]
        if self.keeper is not None:
            self.keeper.gone(p)
        self._forget_meetings(p)
        p.identifiers, p.gone = (), True

    def veil(self, identifier: Identifier) -> int:
        """Somebody who was erased had let go of this identifier before: it is known by its hash from now on. Returns how many
        were born with it before it was let go last."""
        births = 0 if identifier in self.owners else self._lost.pop(identifier, 0)
        if births:
            self.erased.note(self.spell(identifier), births)
        return births

    def _forget_meetings(self, p: Profile) -> None:
        """Nobody was ever seen with somebody who is forgotten, nor with those who became one with them."""
        names = {p.origin, *map(self.spell, p.identifiers)}
        for identifier, met in list(self._met.items()):
            if not names.isdisjoint(met):
                self._met[identifier] = tuple(origin for origin in met if origin not in names)

    def _own(self, p: Profile, identifier: Identifier) -> None:
        if self.erased.kept and identifier not in self.owners:
            self.erased.bind(p, self.spell(identifier))
        self.owners[identifier] = p
        p.identifiers = (*p.identifiers, identifier)

    # ---- links (S2.2, S2.4)

    def link(self, p: Profile, event: Event) -> Profile:
        """Take the identifiers beside the best one, in their order. Returns the profile that the event belongs to then."""
        replaces = self._replaces.get(event.type, ())
        junk, spaces = self.junk, self.owners.spaces
        for identifier in event.ids[1:]:
            if junk and identifier in junk:
                continue
            owner = spaces[identifier[0]].get(identifier[1])
            if identifier[0] in replaces:
                self._let_go(p, identifier, event)
            if owner is p:
                continue
            if owner is None:
                self._own(p, identifier)
                self._kernel.look_at_lists(p, event.at)
                if self.tells:
                    self._say(p, event, "linked", identifier=self.spell(identifier))
                self._keep_few(p, event)
            elif self._is_found_out(identifier, owner, p):
                self._disown(p, owner, identifier, event)
            elif not self._would_hold_two(p.identifiers, owner.identifiers):
                self._kernel.run_until(owner, event.at)
                p = self._merge((p, owner), identifier, event)
            elif identifier[0] in self._person and identifier[0] not in replaces:
                self._meet(identifier, p.origin)
                self._kernel.count("link_refused")
                self._say(p, event, "link_refused", identifier=self.spell(identifier), owner=owner.origin)
            else:
                self._move(p, owner, identifier, event)
        return p

    def _move(self, p: Profile, owner: Profile, identifier: Identifier, event: Event) -> None:
        self._kernel.run_until(owner, event.at)
        self._meet(identifier, owner.origin)
        owner.identifiers = tuple(i for i in owner.identifiers if i != identifier)
        self._own(p, identifier)
        self._kernel.look_at_lists(owner, event.at)
        self._kernel.look_at_lists(p, event.at)
        self._touched.append(owner)
        self._say(p, event, "moved", identifier=self.spell(identifier), **{"from": owner.origin})
        self._keep_few(p, event)

    def _let_go(self, p: Profile, identifier: Identifier, event: Event) -> None:
        """A new value takes the place of the old ones of its namespace, which nobody owns from now on."""
        for old in p.identifiers:
            if old[0] == identifier[0] and old != identifier:
                self._lose(p, old, event)
                self._say(p, event, "let_go", identifier=self.spell(old))

    def _lose(self, p: Profile, identifier: Identifier, event: Event) -> None:
        del self.owners[identifier]
        p.identifiers = tuple(i for i in p.identifiers if i != identifier)
        self._lost[identifier] = self._lost.get(identifier, 0) + 1
        self._kernel.look_at_lists(p, event.at)

    def _would_hold_two(self, one: Sequence[Identifier], other: Sequence[Identifier]) -> bool:
        """Do both hold values of a unique namespace, and neither all of the other's?"""
        for unique in self._unique:
            mine = {value for namespace, value in one if namespace == unique}
            if mine:
                theirs = {value for namespace, value in other if namespace == unique}
                if not (mine <= theirs or theirs <= mine):
                    return True
        return False

    def _say(self, p: Profile, event: Event, what: str, **payload: str | int) -> None:
        if self._kernel.tracing:
            self._kernel.report(p, event.at, what=what, **payload)

    def _merge(self, both: tuple[Profile, Profile], by: Identifier, event: Event) -> Profile:
        stays, goes = both if both[0].born < both[1].born else (both[1], both[0])
        self._meet(by, goes.origin)
        for identifier in goes.identifiers:
            self.owners[identifier] = stays
        stays.identifiers = (*stays.identifiers, *goes.identifiers)
        del self.profiles[goes]
        if self.keeper is not None:
            self.keeper.gone(goes)
        if goes.born[2:] == (event.source, event.pos) and goes.mail is None:  # else a former life has refused something
            take_over(self._kernel, stays, goes, event.at)
        else:
            merge(self._kernel, stays, goes, event.at)
        self._keep_few(stays, event)
        return stays

    # ---- limits (S2.1, S2.2)

    def usable(self, event: Event) -> Event:
        """The event without identifiers that are junk by now; counted when none is left."""
        ids = tuple(i for i in event.ids if i not in self.junk)
        if not ids:
            self._kernel.count("only_junk")
        return event if ids == event.ids else msgspec.structs.replace(event, ids=ids)

    def _meet(self, identifier: Identifier, origin: str) -> None:
        met = self._met.get(identifier, ())
        if origin not in met:
            self._met[identifier] = (*met, origin)

    def _is_found_out(self, identifier: Identifier, owner: Profile, p: Profile) -> bool:
        """Has it been seen with too many people, now that somebody comes with it whom it does not belong to?"""
        met = self._met.get(identifier, ())
        return len(met) + 2 > PEOPLE_MAX and len({*met, owner.origin, p.origin}) > PEOPLE_MAX

    def _disown(self, p: Profile, owner: Profile, identifier: Identifier, event: Event) -> None:
        """An identifier is found out to be junk: from now on it links and owns nothing."""
        self._kernel.run_until(owner, event.at)
        del self._met[identifier]
        self._lose(owner, identifier, event)
        self._touched.append(owner)
        self.junk.add(identifier)
        self._kernel.count("junk", self._names[identifier[0]])
        self._say(p, event, "junk", identifier=self.spell(identifier), people=PEOPLE_MAX + 1)

    def _keep_few(self, p: Profile, event: Event) -> None:
        """Beyond the limit the oldest cookie is let go, then the oldest device; where all are a person's own, the newest of
        them. Oldest is what came to the profile first."""
        while len(p.identifiers) > IDENTIFIERS_MAX:
            loose = [i for i in p.identifiers if i[0] not in self._person]
            cookies = [i for i in loose if i[0] not in self._device]
            gone = cookies[0] if cookies else loose[0] if loose else p.identifiers[-1]
            self._lose(p, gone, event)
            self._kernel.count("let_go", self._names[gone[0]])
            self._say(p, event, "let_go", identifier=self.spell(gone), why="limit")
