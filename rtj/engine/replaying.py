"""A component of people among the business events of a whole run: the grouped replay where there are such events (S2.6, S5.2).

Profiles keep their own timers, so that nothing is searched for. Of the business events only those are offered that may concern
somebody here; a component of many profiles is run as live events are, with the index of those concerned.
"""

from __future__ import annotations

from collections.abc import Sequence

from rtj.engine.business import BusinessLog
from rtj.engine.calendar import INFINITY
from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.record import Recorder
from rtj.engine.tables import stand_of
from rtj.engine.world import World
from rtj.ir.records import Event

FEW = 16


class Replay(World):
    """A world in which one component after the other is replayed. Up to `few` profiles are looked at one by one."""

    def __init__(self, machine: Machine, recorder: Recorder, kernel: Kernel | None = None, few: int = FEW) -> None:
        super().__init__(machine, recorder, kernel)
        self._few = few

    def replay_among(self, events: Sequence[Event], log: BusinessLog, end: int, drain: bool) -> None:
        """As `replay`, with the business events of the run beside those of the component; the same comes of it as if all of them
        that come after the component's first event stood among its own."""
        few = len({event.ids[0] for event in events}) <= self._few
        self._empty(asks_everybody=few)
        self.kernel.expect_receipts_of(events)
        if few:
            self._run_among(events, log, end)
        else:
            self._run_in_order(events, log, end)
        self._end_replay(end, drain)

    # ---- few profiles: from one moment at which something happens to them to the next

    def _run_among(self, events: Sequence[Event], log: BusinessLog, end: int) -> None:
        number = log.before(events[0])
        place, at = 0, events[0].at
        while number < len(log.events):
            own = events[place].at if place < len(events) else INFINITY
            stop = min(own, min((p.due for p in self.profiles), default=INFINITY))
            limit = log.before_instant(min(stop, end + 1))
            number = log.next_for(self.profiles, number, limit, at)
            at = log.events[number].at if number < limit else stop
            if at > end:
                return
            place, number = self._instant((events, place), (log, number), at)
        self._run_all(events[place:])

    def _instant(self, own: tuple[Sequence[Event], int], business: tuple[BusinessLog, int], at: int) -> tuple[int, int]:
        """Work an instant: its events and those business events that matter, in order, then timers and sends. Returns how far
        both have come."""
        (events, place), (log, number) = own, business
        while place < len(events) and events[place].at == at:
            event = events[place]
            number = self._offer(log, number, log.before(event), at)
            self._touched.append(self._feed(event))
            place += 1
        number = self._offer(log, number, log.before_instant(at + 1), at)
        self._touched.extend(p for p in self.profiles if p.due <= at)
        self._settle_touched(at)
        return place, number

    def _offer(self, log: BusinessLog, number: int, limit: int, at: int) -> int:
        """Offer the events of this instant that may concern somebody. The first is offered in any case when somebody's time has
        come, who is looked at before whatever else the instant brings."""
        while number < limit:
            if not any(p.recheck <= at for p in self.profiles):
                number = log.next_for(self.profiles, number, limit, at)
                if number >= limit:
                    break
            self._feed_business(log.events[number])
            number += 1
        return max(number, limit)

    # ---- many profiles

    def _run_in_order(self, events: Sequence[Event], log: BusinessLog, end: int) -> None:
        some = log.events[log.before(events[0]) : log.before_instant(end + 1)]
        at = events[0].at
        for event in sorted([*events, *some], key=stand_of):
            if event.at != at:
                self.close(at)
                at = event.at
                self.advance(at)
            self.feed(event)
        self.close(at)
