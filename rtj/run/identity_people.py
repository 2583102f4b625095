"""Who is who, component by component: the grouped replay with the rules of identity alone, as every simulation obeys them (S2).

What it finds goes the way of all replays: numbers into counts, which add up over workers; incidents, the largest clusters and the
story of one person into records.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from rtj.engine.identity import Identifier, Identities
from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.plan import TypePlan
from rtj.engine.record import Level, Recorder
from rtj.engine.state import Profile
from rtj.engine.world import World
from rtj.ir.program import Program
from rtj.ir.records import Event
from rtj.run.output import Books
from rtj.run.people import Given, Joined, People, ids_of
from rtj.run.person import Person
from rtj.run.truth import Truth

BIGGEST = 10
PLAIN = frozenset(("born", "linked", "merged", "erased"))  # what is told in the story of a person only

_Key = tuple[int, tuple[int, bool, int, int]]


def only_identity(program: Program) -> Program:
    """The program without all that is not needed to tell people apart."""
    found = Program(program.project, program.timezone, program.namespaces, program.events, (), (), (), (), ())
    return msgspec.structs.replace(
        found, sources=program.sources, dedupe_ms=program.dedupe_ms, max_skew_ms=program.max_skew_ms, secret=program.secret
    )


class _Names(Machine):
    """The machine of identity alone; it knows what the whole program reads, for once an identifier was let go that decides of
    whom anything is known (S2.2)."""

    def __init__(self, program: Program) -> None:
        super().__init__(only_identity(program))
        whole = Machine(program)
        self._all_reads, self._all_any = whole.reads, whole.reads_any

    @property
    def reads(self) -> frozenset[str]:
        """Event types that the whole program reads."""
        return self._all_reads

    @property
    def reads_any(self) -> bool:
        """Does the whole program read every event?"""
        return self._all_any


class _Silent(Kernel):
    """Nothing comes of an event but who is who."""

    def event(self, p: Profile, event: Event, plan: TypePlan) -> None:
        """An event about this profile, which changes no facts."""

    def erased(self, p: Profile, at: int) -> None:
        """A profile is about to be forgotten; what is not known of it is not told."""


class Account(Identities):
    """Identities that keep an account of one component: who became one by what, and, if `telling`, every step."""

    telling = False

    def __init__(self, kernel: Kernel, touched: list[Profile]) -> None:
        super().__init__(kernel, touched)
        self.tells = True
        self.merges: Counter[int] = Counter()
        self.disagree: Counter[int] = Counter()
        self.fused: Counter[Profile] = Counter()
        self.steps: list[tuple[int, str, dict[str, object]]] = []

    def clear(self) -> None:
        """Begin anew with nobody."""
        super().clear()
        self.merges, self.disagree, self.fused, self.steps = Counter(), Counter(), Counter(), []

    def born(self, event: Event) -> Profile:
        """As ever, and told."""
        p = super().born(event)
        self._note(p, event, "born", identifier=self.spell(event.ids[0]))
        return p

    def erase(self, p: Profile, event: Event) -> None:
        """As ever, and told."""
        self._note(p, event, "erased")
        super().erase(p, event)

    def _merge(self, both: tuple[Profile, Profile], by: Identifier, event: Event) -> Profile:
        self.merges[by[0]] += 1
        self.disagree[by[0]] += self._differ(both[0].identifiers, both[1].identifiers, by[0])
        stays = super()._merge(both, by, event)
        goes = both[0] if both[1] is stays else both[1]
        self.fused[stays] += 1 + self.fused.pop(goes, 0)
        self._note(stays, event, "merged", identifier=self.spell(by), other=goes.origin)
        return stays

    def _differ(self, one: Sequence[Identifier], other: Sequence[Identifier], by: int) -> bool:
        """Has either a person's identifier of one kind, not that by which they meet, and do they share none of it?"""
        for space in self._person - {by}:
            mine, theirs = ({value for kind, value in ids if kind == space} for ids in (one, other))
            if mine and theirs and mine.isdisjoint(theirs):
                return True
        return False

    def _say(self, p: Profile, event: Event, what: str, **payload: str | int) -> None:
        self._note(p, event, what, **payload)

    def _note(self, p: Profile, event: Event, what: str, **payload: str | int) -> None:
        if self.telling or what not in PLAIN:
            self.steps.append((event.at, p.origin, {"what": what, **payload, "event": event.id, "type": event.type}))


class IdentityWorld(World):
    """A world in which profiles are nothing but their identifiers."""

    def __init__(self, machine: Machine) -> None:
        recorder = Recorder()
        super().__init__(machine, recorder, _Silent(machine, recorder, Level.COUNTS))
        self.account = Account(self.kernel, self._touched)
        self.identities = self.account

    def work(self, events: Sequence[Event]) -> Account:
        """Work one component from its first event to its last."""
        self._empty(asks_everybody=True)
        self._run_all(events)
        return self.account


class Surveyor(People):
    """Runs components of people and looks at who is who. `truth`: how identifiers are labelled, if they are."""

    def __init__(self, program: Program, given: Given, books: Books, person: Person | None, truth: Truth | None) -> None:
        super().__init__(only_identity(program), given, books, None)
        self._who, self._truth = person, truth
        self._spaces = [space.name for space in program.ranked]
        self._names = IdentityWorld(_Names(program))
        self._tops: list[_Key] = []
        self._labelled = frozenset[int]() if truth is None else truth.namespaces

    def run(self, rows: Iterable[Event], born: Iterable[Event], joined: Joined) -> None:
        """Look at all people of one bucket."""
        for keys, events in self._worked(rows, born, joined):
            who = self._who
            wanted = who is not None and any(who.among(ids_of(key)) for key in keys)
            self._names.account.telling = wanted
            account = self._names.work(events)
            self._names.account.telling = False
            self._enter(account, events, wanted)
        if self._recorder.records:
            self._books.enter(self._recorder.records)
            self._recorder.records.clear()

    def _enter(self, account: Account, events: list[Event], wanted: bool) -> None:
        """Count what came of one component, and what would have come of it without each kind of identifier."""
        counts = self.counts
        self.largest = max(self.largest, len(account.profiles))
        for p in account.profiles:
            counts["size", str(len(p.identifiers))] += 1
            self._enter_cluster(p, account)
        self._enter_steps(account, wanted)
        seen = {identifier for event in events for identifier in event.ids}
        for space, _ in seen:
            counts["values", self._spaces[space]] += 1
        merges, owners = sum(account.merges.values()), account.owners
        for space, number in account.merges.items():
            counts["merges", self._spaces[space]] += number
            counts["disagree", self._spaces[space]] += account.disagree[space]
        if self._truth is not None:
            counts["labelled", "seen"] += len(seen & self._truth.persons.keys())
        self._enter_pairs(("pairs",), owners, seen)
        if len(seen) > 1:
            self._enter_shares(events, seen, merges, owners)

    def _enter_shares(
        self, events: list[Event], seen: set[Identifier], merges: int, owners: Mapping[Identifier, Profile]
    ) -> None:
        """What each kind of identifier does, by what would be without it, and by what it does alone."""
        present = {space for space, _ in seen}
        for place, name in enumerate(self._spaces):
            if place in self._labelled | {0}:
                continue  # the best kind is whose events are, and what is labelled is what is asked
            if place not in present:
                self._enter_pairs(("without", name), owners, seen)
                if not self._labelled & present:
                    continue
            else:
                account = self._names.work(_kept(events, present - {place}))
                self.counts["alone", name] += merges - sum(account.merges.values())
                self._enter_pairs(("without", name), account.owners, seen)
            if self._truth is not None:
                account = self._names.work(_kept(events, self._labelled | {place}))
                self._enter_pairs(("only", name), account.owners, seen)

    def _enter_pairs(self, key: tuple[str, ...], owners: Mapping[Identifier, Profile], seen: set[Identifier]) -> None:
        """Count pairs of labelled identifiers of this component that are in one cluster, and those of one person."""
        if self._truth is None:
            return
        cells: Counter[tuple[Profile, str]] = Counter()
        clusters: Counter[Profile] = Counter()
        for identifier in seen:
            person, owner = self._truth.persons.get(identifier), owners.get(identifier)
            if person is not None and owner is not None:
                cells[owner, person] += 1
                clusters[owner] += 1
        self.counts[*key, "both"] += sum(n * (n - 1) // 2 for n in cells.values())
        self.counts[*key, "found"] += sum(n * (n - 1) // 2 for n in clusters.values())

    def _enter_cluster(self, p: Profile, account: Account) -> None:
        """Tell of a profile that may be among the largest of all."""
        key = (-len(p.identifiers), p.born)
        if len(self._tops) == BIGGEST and key >= self._tops[-1]:
            return
        insort(self._tops, key)
        del self._tops[BIGGEST:]
        told = {
            "what": "cluster",
            "identifiers": [account.spell(identifier) for identifier in p.identifiers],
            "merged": account.fused[p],
            "born": p.born,
        }
        self._recorder.records.append((p.born[0], p.origin, 0, told))

    def _enter_steps(self, account: Account, wanted: bool) -> None:
        records = [(at, origin, number, payload) for number, (at, origin, payload) in enumerate(account.steps, 1)]
        if wanted and self._who is not None:
            self._who.note(records)
        mine = self._who.origins() if wanted and self._who is not None else frozenset[str]()
        for at, origin, number, payload in records:
            what = str(payload["what"])
            self.counts["step", "limit" if payload.get("why") == "limit" else what] += 1
            space = str(payload.get("identifier", "")).partition(":")[0]
            if what in ("link_refused", "moved", "junk"):
                self.counts[what, space] += 1
            told = mine and (origin in mine or not mine.isdisjoint((payload.get("owner"), payload.get("from"))))
            self._recorder.records.append((at, origin, number, {**payload, "mine": bool(told)}))


def _kept(events: Sequence[Event], spaces: Iterable[int]) -> list[Event]:
    """The events with identifiers of some kinds only."""
    kept: list[Event] = []
    wanted = frozenset(spaces)
    for event in events:
        ids = tuple(i for i in event.ids if i[0] in wanted)
        if ids:
            kept.append(event if ids == event.ids else msgspec.structs.replace(event, ids=ids))
    return kept
