"""Profiles that may meet, as of each instant (S2.6), and the work that events and time bring them.

One world serves the time-ordered runner (`feed`, `close`, `advance`, `finish`) and, for one component of people, the grouped
replay (`replay`); both drive the same kernel and give the same records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from rtj.engine.calendar import INFINITY
from rtj.engine.erasing import ERASE, Departed, forget, is_over
from rtj.engine.fanout import Fanout
from rtj.engine.identity import Identities
from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.outgoing import OutgoingKernel
from rtj.engine.pausing import REASON, Then, go_on, stopped, tell
from rtj.engine.plan import TypePlan
from rtj.engine.record import Recorder
from rtj.engine.resting import Resting
from rtj.engine.state import Profile
from rtj.engine.tables import Tables
from rtj.engine.timers import Timers
from rtj.ir.entries import Answered
from rtj.ir.records import Event

if TYPE_CHECKING:
    from rtj.engine.keeping import Keeper

_born = attrgetter("born")
_number = attrgetter("place")  # of one whom a store keeps
NOBODY = Profile("", (0, True, 0, 0), 0, 0)
NOBODY.gone = True  # whom an event concerns that concerns nobody


class World:
    """The profiles of a run, and all that happens to them. Everything that crosses profiles goes through here (S11.1)."""

    def __init__(self, machine: Machine, recorder: Recorder, kernel: Kernel | None = None) -> None:
        self.machine = machine
        self.kernel = kernel if kernel is not None else Kernel(machine, recorder, machine.level)
        self._touched: list[Profile] = []
        self._plans: dict[str, TypePlan] = {}
        self._silent: set[str] = set()  # types met that nobody reads and that replace nothing
        self._apart = frozenset((ERASE, *machine.business))
        self._replacing = frozenset(kind.name for kind in machine.program.events if kind.replaces)
        self.timers = Timers()
        self.identities = Identities(self.kernel, self._touched)
        self._take_over()
        self._resting: Resting | Keeper = Resting(tuple(f"{space.name}:" for space in machine.program.ranked))
        self.keeper: Keeper | None = None
        self._fanout: Fanout | None = None
        self._asks_everybody = False  # are there so few profiles that an index costs more than it spares?
        self._asked = 0  # so many of those touched were asked whether their time has come
        machine.tables.clear()
        self._tables = machine.tables if machine.tables.filled else None  # those that events fill
        self._recorded = False  # is what fills them known beforehand?

    def _take_over(self) -> None:
        self.owners, self.profiles = self.identities.owners, self.identities.profiles
        self._spaces = self.owners.spaces

    def keep(self, keeper: Keeper) -> None:
        """A store keeps the profiles of this world, of whom nobody has been born here yet."""
        self.keeper = self._resting = self.identities.keeper = keeper
        self.identities.owners = keeper.owners
        keeper.touched = self._touched
        self._take_over()

    def everybody(self) -> Iterable[Profile]:
        """All profiles by birth, to be looked at whole. Those whom a store keeps are read back a few at a time."""
        return self.profiles if self.keeper is None else self.keeper.everybody(self.profiles)

    def bequeath(self, heir: World) -> None:
        """Leave who is who to another world, whose program identifies people alike. Both have everybody until `forget_all`."""
        self.identities.bequeath(heir.identities)
        heir._take_over()

    def forget_all(self) -> None:
        """Everybody is in another world now."""
        self.identities.clear()
        self._take_over()

    def take_up(self, p: Profile) -> None:
        """Take up the timers of somebody who came from another world."""
        p.heap_due = INFINITY
        self._push(p)

    # ---- one event

    def feed(self, event: Event) -> None:
        """Work one event, in the order of work. Deadlines of the profiles it touches that lie before it come first."""
        if event.type not in self._apart:
            self._touched.append(self._feed(event))
        elif event.type != ERASE:
            self._feed_business(event)
        elif not is_over(self.kernel, self.identities.erased, event):
            self._touched.append(self._feed(event))

    def _feed(self, event: Event) -> Profile:
        if self._recorded and self._tables is not None:
            self._tables.stand(event)
        ids = event.ids
        space, text = ids[0]
        p = self._spaces[space].get(text)
        if p is None and self.identities.junk:
            event = self.identities.usable(event)
            if not event.ids:
                return NOBODY
            ids = event.ids
            p = self.owners.get(ids[0])
        if p is None:
            if event.type == ERASE:
                meant = self.identities.meant(event)
                return NOBODY if meant is None else self._feed(meant)
            if self.identities.stays_unknown(event):
                return NOBODY
            p = self.identities.born(event)
        elif p.due < event.at:
            self.kernel.run_until(p, event.at)
        if len(ids) > 1:
            space, text = ids[1]
            if len(ids) > 2 or self._spaces[space].get(text) is not p or event.type in self._replacing:
                p = self.identities.link(p, event)
        plan = self._plans.get(event.type)
        if plan is None:
            if event.type == ERASE:
                return self.erase(p, event)
            plan = self._plans[event.type] = self.machine.plan(event.type, source=True)
            if not (plan.reads or plan.watched or event.type in self._replacing):
                self._silent.add(event.type)
        self.kernel.event(p, event, plan)
        return p

    def is_silent(self, event: Event) -> bool:
        """Does an event that is not late change nothing? Nobody reads its type, and all its identifiers are one profile's."""
        ids, spaces = event.ids, self._spaces
        space, text = ids[0]
        p = spaces[space].get(text)
        if p is None or p.due <= event.at or event.type not in self._silent:
            return False
        space, text = ids[-1]
        if spaces[space].get(text) is not p:
            return False
        return len(ids) < 3 or all(spaces[space].get(text) is p for space, text in ids[1:-1])

    def is_settled(self, event: Event) -> bool:
        """Are all identifiers of an event one profile's, and does it replace none? Then it tells nothing about who is who."""
        ids, spaces = event.ids, self._spaces
        space, text = ids[0]
        p = spaces[space].get(text)
        if p is None or len(ids) == 1:
            return p is not None
        space, text = ids[-1]
        if spaces[space].get(text) is not p or event.type in self._replacing:
            return False
        return len(ids) == 2 or all(spaces[space].get(text) is p for space, text in ids[1:-1])

    def _feed_business(self, event: Event) -> None:
        if self._tables is not None:
            self._change_tables(self._tables, event)
        plan = self.machine.plan(event.type)
        if not (plan.offers or plan.watched):
            return
        concerned = self._concerned(event)
        for p in concerned if self.keeper is None else self.keeper.everybody(concerned):
            if plan.entries or plan.watched or p.instances or p.due <= event.at:
                if p.due < event.at:
                    self.kernel.run_until(p, event.at)
                self.kernel.business(p, event, plan)
                self._touched.append(p)

    def _concerned(self, event: Event) -> Iterable[Profile]:
        """Those whom a business event may concern, in the order of birth. Whose time has come is among them, for time alone may
        have made them concerned at this very instant."""
        if self._asks_everybody:
            return self.profiles
        if self._fanout is None:
            look = iter if self.keeper is None else self.keeper.everybody
            self._fanout = self.kernel.fanout = Fanout(self.machine, self.profiles, look)
        found = self._fanout.concerned(event)
        if found is None:
            return self.profiles
        while (p := self.timers.pop(event.at)) is not None:
            self._touched.append(p)
        fresh = self._touched[self._asked :]
        self._asked = len(self._touched)
        found.update(p for p in fresh if p.recheck <= event.at and not p.gone)
        return sorted(found, key=_born if self.keeper is None else _number)

    def _change_tables(self, tables: Tables, event: Event) -> None:
        """Rows change at their place in the order of work (S3.7)."""
        if self._recorded:
            tables.stand(event)
        else:
            for name in tables.put(event):
                self.kernel.count("table_full", name)

    def record(self, business: Sequence[Event]) -> dict[str, int]:
        """Take all business events of a run, in the order of work, before its people are replayed: tables are looked up as of
        each event. Returns how many events each table had no place for."""
        self._recorded = True
        return self._tables.record(business) if self._tables is not None else {}

    def erase(self, p: Profile, event: Event) -> Profile:
        """The profile is forgotten, and its identifiers belong to nobody (S10.1)."""
        identities, origins, names = self.identities, self.identities.origins(p), p.identifiers
        identities.erase(p, event)
        forget(self.kernel, p, event)
        self.kernel.departed(Departed(event, identities.erased.left(p, event, map(identities.spell, names)), names, origins))
        return p

    # ---- ordered running

    def touch(self, p: Profile) -> None:
        """Somebody has changed otherwise than by an event: the end of this instant concerns them."""
        self._touched.append(p)

    def pause(self, journey: str, at: int) -> None:
        """From this instant on a journey admits nobody, and people stop before their next `send` or `call` (S6.6). Again changes
        nothing."""
        if journey not in self.kernel.paused:
            self.kernel.paused[journey] = at
            tell(self.kernel, journey, at, "paused")

    def resume_journey(self, journey: str, at: int, then: Then, over_ms: int) -> None:
        """The pause is over: those who stopped go on, each at an instant of the next `over_ms` that hangs on the instance, or
        leave, with the reason `paused`. Every instant before this one is closed. What is not paused cannot be resumed."""
        kernel = self.kernel
        if kernel.paused.pop(journey, None) is None:
            return
        tell(kernel, journey, at, "resumed", then=then, **({} if then == "leave" else {"over_ms": over_ms}))
        for p in self.inside():
            waiting = stopped(p, journey)
            for inst in waiting:
                if then == "leave":
                    kernel.leave(p, inst, at, REASON)
                else:
                    go_on(kernel, p, inst, at, over_ms)
            if waiting:
                self._push(p)

    def answer(self, answered: Answered, at: int) -> None:
        """A webhook was called and has answered, or not (S6.5): whoever rests at the call goes on as this instant closes. All
        before it is worked. An answer that nobody waits for is counted, and changes nothing."""
        kernel = self.kernel
        assert isinstance(kernel, OutgoingKernel)
        for p in self.concerned(answered):
            if kernel.waits_for(p, answered.key) is None:
                continue
            if p.due < at:
                kernel.run_until(p, at)
            inst = kernel.waits_for(p, answered.key)
            if inst is None:
                kernel.count("answer_unknown")
            elif not kernel.take_answer(p, inst, answered, at):
                kernel.count("answer_repeated")
            self._push(p)
            return
        kernel.count("answer_unknown")

    def concerned(self, answered: Answered) -> Iterator[Profile]:
        """Whom an answer may concern: since the call, people may have become one, or let go of identifiers."""
        places = {space.name: place for place, space in enumerate(self.machine.program.ranked)}
        seen: set[Profile] = set()
        for name in (*answered.names, answered.profile):
            space, _, value = name.partition(":")
            p = self.owners.get((places[space], value)) if space in places else None
            if p is not None and p not in seen:
                seen.add(p)
                yield p

    def feed_alone(self, event: Event) -> None:
        """Work the only event of an instant, and finish the instant."""
        touched = self._touched
        if event.type in self._apart:
            self.feed(event)
            self.close(event.at)
            return
        p = self._feed(event)
        if touched:  # somebody else was changed too
            touched.append(p)
            self.close(event.at)
            return
        if (p.due <= event.at or p.sends is not None) and not p.gone:
            self.kernel.settle(p, event.at)
        self._push(p)
        if self.timers.soonest <= event.at:
            self._close_due(event.at)

    def close(self, at: int) -> None:
        """Finish an instant: timers and sends of every profile touched or due, until nothing is left."""
        if self._touched:
            touched = list(self._touched)
            self._settle_touched(at)
            for p in touched:
                self._push(p)
        self._close_due(at)

    def _close_due(self, at: int) -> None:
        """Finish an instant for those whose time has come."""
        while (due := self.timers.pop(at)) is not None:
            if due.due <= at:
                self.kernel.settle(due, at)
            self._push(due)

    def _settle_touched(self, at: int) -> None:
        """Phases 2 and 3 for the profiles that events of this instant have touched."""
        if self._recorded and self._tables is not None:
            self._tables.close()
        for p in self._touched:
            if (p.due <= at or p.sends is not None) and not p.gone:
                self.kernel.settle(p, at)
        self._touched.clear()
        self._asked = 0

    def _push(self, p: Profile) -> None:
        if p.due < p.heap_due:
            self.timers.push(p)
        self._resting.note(p)

    def advance(self, limit: int) -> None:
        """Close every instant before `limit` that has timers."""
        while (at := self.timers.first(limit)) < limit:
            self.close(at)

    def inside(self) -> Iterator[Profile]:
        """Those who are inside some journey. Whoever is woken by being looked at goes back to rest in its turn."""
        for p in self.everybody():
            if p.instances:
                yield p
                if self.keeper is None:
                    self._resting.note(p)

    def finish(self, end: int, drain: bool) -> None:
        """Close every instant up to `end`; then, if asked, admit nobody and go on until nobody is inside (S1.6)."""
        self.advance(end + 1)
        self._end(drain=drain)

    def _end(self, *, drain: bool) -> None:
        kernel = self.kernel
        if drain:
            kernel.draining = True
            for p in self.everybody():
                while p.instances:
                    kernel.settle(p, p.due)
            kernel.draining = False
        for p in self.everybody():
            for inst in p.instances.values():
                self.kernel.count("inside", inst.journey.name)

    # ---- grouped replay

    def replay(self, events: Sequence[Event], end: int, drain: bool) -> None:
        """Run one component of people from its first event to `end`: the events in the order of work, each instant closed
        when the next begins. Profiles keep their own timers, so that nothing is searched for. The world is emptied first. Where
        tables are filled by events, the whole run's are `record`ed first."""
        self._empty(asks_everybody=True)
        self.kernel.expect_receipts_of(events)
        self._run_all(events)
        self._end_replay(end, drain)

    def _empty(self, *, asks_everybody: bool) -> None:
        self.identities.clear()
        self._take_over()
        if self.timers.used:
            self.timers = Timers()
        self._fanout = self.kernel.fanout = None
        self.kernel.expect_receipts_of(None)
        self._asks_everybody = asks_everybody

    def _run_all(self, events: Sequence[Event]) -> None:
        business, silent, at = self.machine.business, self._silent, -INFINITY
        touched = self._touched
        for event in events:
            if event.at != at:
                if touched:
                    self._settle_touched(at)
                at = event.at
            if event.type in business:
                self._feed_business(event)
                continue
            if event.type in silent and self.is_silent(event):
                continue
            p = self._feed(event)
            if p.due <= at or p.sends is not None:
                touched.append(p)
        self._settle_touched(at)

    def _end_replay(self, end: int, drain: bool) -> None:
        for p in self.profiles:
            if p.due <= end:
                self.kernel.run_until(p, end + 1)
        self._end(drain=drain)
