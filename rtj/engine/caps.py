"""Caps: so many messages or entries of a profile in a window that rolls or is the calendar's (S7.3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo

from rtj.engine.calendar import DAY_MS, shift, unit_start
from rtj.engine.mail import Mail
from rtj.engine.state import Profile
from rtj.ir.program import Cap

MONTH_DAYS_MAX = 31
UNIT_DAYS = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
SPARE_MS = 3 * DAY_MS  # what a change of zone or of the clock may add to a window

Zone = Callable[[Profile], tzinfo]


class CapMachine:
    """One cap. `bit` marks what it covers; `zone` gives the zone of its calendar; nothing longer ago than `keep_ms` counts."""

    __slots__ = ("bit", "exact_ms", "keep_ms", "name", "spec", "zone")

    def __init__(self, spec: Cap, number: int, zone: Zone) -> None:
        self.spec = spec
        self.name = spec.name
        self.bit = 1 << number
        self.zone = zone
        over = spec.over
        self.exact_ms = over.ms if over is not None and not (over.days or over.months) else 0
        days = UNIT_DAYS[spec.unit] if spec.unit is not None else 0
        if over is not None:
            days += over.days + over.months * MONTH_DAYS_MAX
        self.keep_ms = self.exact_ms or days * DAY_MS + SPARE_MS + (over.ms if over is not None else 0)

    def covers(self, channel: str, journey: str, category: str) -> bool:
        """Does it count messages of this kind?"""
        return covers(self.spec, channel, journey, category)

    def covers_entries(self, journey: str) -> bool:
        """Does it count the entries of this journey?"""
        return self.spec.of == "entries" and (not self.spec.journeys or journey in self.spec.journeys)

    def is_full(self, p: Profile, mail: Mail, at: int) -> bool:
        """Is every place of the present window taken?"""
        most, bit, since = self.spec.at_most, self.bit, at - self.keep_ms
        if self.spec.of == "entries":
            taken = [t for t, caps in mail.entries if caps & bit and t >= since]
        else:
            taken = [one.at for one in mail.capped if one.caps & bit and one.at >= since and not one.failed]
        if len(taken) < most:  # most often, and then no calendar need be asked
            return False
        counts = self._window(p, at)
        return sum(map(counts, taken)) >= most

    def _window(self, p: Profile, at: int) -> Callable[[int], bool]:
        """Does an instant lie in the present window?"""
        return (at - self.exact_ms).__lt__ if self.exact_ms else window_of(self.spec, at, self.zone(p))


def covers(cap: Cap, channel: str, journey: str, category: str) -> bool:
    """Does a cap count messages of this kind?"""
    if cap.of != "messages" or (cap.channels and channel not in cap.channels):
        return False
    return (not cap.journeys or journey in cap.journeys) and (not cap.categories or category in cap.categories)


def window_of(cap: Cap, at: int, zone: tzinfo) -> Callable[[int], bool]:
    """Does an instant lie in the window that a cap looks at as of `at`? `zone` is that of its calendar."""
    if cap.unit is not None:
        return unit_start(at, cap.unit, zone).__le__
    length = cap.over
    assert length is not None
    return lambda t: shift(t, length, 1, zone) > at
