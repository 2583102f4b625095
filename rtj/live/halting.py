"""A guardrail that trips is told of, and what halts it is ordered as anybody else would order it.

The run takes that order between two commits like any other. Killed before it is recorded, the next run finds the guardrail still
broken; killed behind, it finds the order: so it is ordered once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

from rtj.base.errors import OutputError, RefusedError
from rtj.ir.program import Program
from rtj.live.guarding import AWAITED_MAX, Guard, Trip
from rtj.live.journal import Journal
from rtj.live.session import Session
from rtj.live.vitals import Vitals
from rtj.run.following import Follower
from rtj.store.patience import AwayError

AGAIN_S = 1.0  # between two tries to order what nobody could take just now
SHOWN_S = 2.0  # so often it is told what is measured
Order: TypeAlias = Callable[[Trip], None]
"""Records the order of a deployment that halts it. Raises RefusedError when another one is on its way."""


class Halter:
    """To be asked after each commit. `order` None: nobody can order anything, and it is told all the same."""

    def __init__(self, session: Session, order: Order | None, vitals: Vitals, journal: Journal) -> None:
        self._session, self._order, self._vitals, self._journal = session, order, vitals, journal
        self._next = self._shown_at = 0.0
        self._told: set[tuple[str, str]] = set()  # guardrails and journeys of trips that were told and are not followed yet
        self._waits = False
        self._unmeasured = False
        self._program: Program | None = None

    def look(self) -> None:
        """Follow a trip, if there is one."""
        follower = self._session.follower
        if follower is None or time.monotonic() < self._next:
            return
        guard = self._session.guard
        self._show(guard, follower)
        trip = guard.tripped(follower)
        if trip is None:
            self._told.clear()
            self._waits = False
            return
        self._tell(trip)
        if trip.remedy == "tell" or self._order is None:
            guard.told(trip)
            return
        try:
            self._order(trip)
        except AwayError:  # it was waited as long already
            raise
        except (RefusedError, OutputError) as error:
            if not self._waits:
                self._journal.warning("guardrail_waits", where=trip.journey, guardrail=trip.guardrail.name, words=str(error))
            self._waits = True
        self._next = time.monotonic() + AGAIN_S

    def _show(self, guard: Guard, follower: Follower) -> None:
        """What is measured, now and then."""
        if self._program is not follower.program:  # an alert on what grows has to see it grow from 0
            self._program = follower.program
            for key in guard.watched:
                self._vitals.trips.add(0, *key)
        if guard.unmeasured and not self._unmeasured:
            self._unmeasured = True
            words = f"more than {AWAITED_MAX:,} deliveries are awaited: the oldest are not measured"
            self._journal.warning("guardrail_blind", words=words)
        if time.monotonic() >= self._shown_at:
            self._shown_at = time.monotonic() + SHOWN_S
            self._vitals.guarded = guard.standing(follower.clock)

    def _tell(self, trip: Trip) -> None:
        key = trip.guardrail.name, trip.journey
        if key in self._told:
            return
        self._told.add(key)
        self._vitals.trips.add(1, *key)
        self._journal.error("guardrail", where=trip.journey, does=trip.remedy, words=trip.words)
