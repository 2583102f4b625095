"""How long things last at least and at most, as far as the text says."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import lru_cache

from rtj.ir import expr as ir
from rtj.lang import syntax as s

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
UNITS = (("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND), ("ms", 1))
MONTHS_MAX = 1_200  # looked up in the calendar; longer ones are estimated


@dataclass(frozen=True, slots=True)
class Lapse:
    """A length: milliseconds, days and months of the calendar together."""

    ms: int = 0
    days: int = 0
    months: int = 0

    def __add__(self, other: Lapse) -> Lapse:
        return Lapse(self.ms + other.ms, self.days + other.days, self.months + other.months)

    def __sub__(self, other: Lapse) -> Lapse:
        return Lapse(self.ms - other.ms, self.days - other.days, self.months - other.months)

    def __mul__(self, times: int) -> Lapse:
        return Lapse(self.ms * times, self.days * times, self.months * times)

    @property
    def most(self) -> int:
        """In milliseconds, clocks that change left aside; of what is negative the part nearest to nothing."""
        return self.ms + self.days * DAY + (_days(self.months)[1] * DAY if self.months else 0)

    @property
    def least(self) -> int:
        """In milliseconds; days may lack the hour that clocks are put forward."""
        hour = HOUR if self.days or self.months else 0
        return self.ms + self.days * DAY + (_days(self.months)[0] * DAY if self.months else 0) - hour

    @property
    def surely_over(self) -> int:
        """In milliseconds; days may have the hour more that clocks are put back."""
        return self.most + (HOUR if self.days or self.months else 0)

    def __str__(self) -> str:
        """`93d`, `1d2h`; at most."""
        parts, rest = [], self.most
        for name, size in UNITS:
            count, rest = divmod(rest, size)
            parts += [f"{count}{name}"] if count else []
        return "".join(parts) or "0s"


NONE = Lapse()


@lru_cache(maxsize=256)
def _days(months: int) -> tuple[int, int]:
    """How many days so many months have at least and at most; of fewer than none the bounds change places."""
    if months < 0:
        least, most = _days(-months)
        return -most, -least
    if months > MONTHS_MAX:
        return months * 30, months * 31
    found = []
    for start in range(12 * 4):  # four years have every order of months; the hundreds without a leap day lie within
        first, last = _first_of(start), _first_of(start + months)
        found.append((last - first).days)
        lost = _length(start) - _length(start + months)  # the 31st becomes the 28th
        found.append((last - first).days - max(0, lost))
    return min(found), max(found)


def _first_of(number: int) -> datetime.date:
    return datetime.date(2024 + number // 12, number % 12 + 1, 1)


def _length(number: int) -> int:
    return (_first_of(number + 1) - _first_of(number)).days


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of a length that is known only when it begins. `least` has no months; `most` None: nobody can tell."""

    least: Lapse = NONE
    most: Lapse | None = None


UNKNOWN = Bounds()


def of_length(length: ir.Length | s.Length) -> Bounds:
    """A written length is that long; a calendar one as the calendar has it."""
    return Bounds(Lapse(length.ms, length.days + _days(length.months)[0]), Lapse(length.ms, length.days, length.months))


def of_expr(expr: ir.Expr) -> Bounds:
    """A computed length, where it is made of written ones."""
    match expr:
        case ir.Const(type="duration", value=int(ms)):
            return Bounds(Lapse(max(0, ms)), Lapse(max(0, ms)))
        case ir.Choose(then=one, otherwise=other) | ir.Binary(op="??", left=one, right=other):
            return either(of_expr(one), of_expr(other))
        case ir.Binary(op="+", left=one, right=other):
            a, b = of_expr(one), of_expr(other)
            return Bounds(a.least + b.least, a.most + b.most if a.most is not None and b.most is not None else None)
        case _:
            return UNKNOWN


def either(one: Bounds, other: Bounds) -> Bounds:
    """One or the other."""
    most = None if one.most is None or other.most is None else max(one.most, other.most, key=lambda lapse: lapse.most)
    return Bounds(min(one.least, other.least, key=lambda lapse: lapse.least), most)


def of_moment(moment: s.Moment) -> Bounds:
    """Until the next clock time or day: at once, or as far away as it can be. Where a moment is computed nobody can tell."""
    match moment:
        case s.ClockMoment(on=None, clock=clock):
            return Bounds(NONE, Lapse(-_window(clock), 1))
        case s.DayMoment(days=days, clock=clock, next=leaves_today_out):
            apart = max((after - day) % 7 or 7 for day, after in zip(days, (*days[1:], days[0]), strict=True))
            return Bounds(NONE, Lapse(clock.minutes * MINUTE if leaves_today_out else -_window(clock), apart))
        case _:
            return UNKNOWN


def _window(clock: s.Clock) -> int:
    """Of `08:00 to 10:00` two hours: inside it nobody waits."""
    return 0 if clock.to is None else (clock.to - clock.minutes) % (24 * 60) * MINUTE
