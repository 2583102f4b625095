"""Times as people type them: RFC 3339, a date or a local time in the project's zone, or a length, which is spelled as journeys
spell it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, TypeAlias

from rtj.base.errors import UsageError
from rtj.engine.calendar import find_zone, to_instant
from rtj.ir.expr import Length
from rtj.ir.program import Program

if TYPE_CHECKING:
    from rtj.lang.syntax import Length as WrittenLength

Typed: TypeAlias = datetime | Length  # a datetime without zone is local to the project

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?", re.IGNORECASE)
_WORD = re.compile(r"^(\d+)([a-z]{3,})$")  # `2weeks`
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_time(option: str, text: str) -> Typed:
    """Read the value of an option. Raises UsageError that names the option and what is wrong."""
    if text.startswith("+"):
        return _length_after(option, text)
    if not _MOMENT.fullmatch(text.strip()):
        raise UsageError(f"{option}: {text!r} is not a time; expected 2026-03-31, 2026-03-31T09:00:00Z or +30d")
    try:
        return datetime.fromisoformat(text.strip().upper())
    except ValueError as error:
        raise UsageError(f"{option}: {text!r} does not exist: {error}") from None


def instant(moment: datetime, zone: tzinfo) -> int:
    """The instant in ms; a moment without zone is read on the wall clock of `zone`."""
    if moment.tzinfo is None:
        return to_instant(moment, zone)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def zone_of(program: Program) -> tzinfo:
    """The project's zone, UTC when the machine does not know it."""
    return find_zone(program.timezone) or UTC


def _length_after(option: str, text: str) -> Length:
    found = _written(text[1:].strip())
    if found is None:
        raise UsageError(f"{option}: {text!r} is not a length; expected +30d, +12h, +1h30m or '+1 month'")
    return Length(found.ms, found.days, found.months)


def length_ms(option: str, text: str) -> int:
    """The value of an option that says how long, in ms; a day has 24 hours, a month 31 days. Raises UsageError."""
    from rtj.lang.check_environments import length_ms as in_ms

    found = _written(text.strip())
    if found is None:
        hint = f"; did you mean {text.strip()}s?" if text.strip().isdecimal() else ""
        raise UsageError(f"{option}: {text!r} is not a length; expected one such as 30s, 5m or 1h{hint}")
    return in_ms(found)


def _written(text: str) -> WrittenLength | None:
    """A length as the language has it, also without the space, which a shell wants quoted; None: it is none, or longer than 100
    years."""
    from rtj.base.diagnostic import Diagnostic
    from rtj.base.span import Source, Span
    from rtj.lang.phrase_forms import FormBuilder
    from rtj.lang.phrases import parse_phrase
    from rtj.lang.scalar_map import Located

    text, wrong = _WORD.sub(r"\1 \2", text), list[Diagnostic]()
    place = Span(Source("", text), 0, len(text))
    found = parse_phrase(Located(text, place), "length", FormBuilder.length, wrong, mend=False)
    return None if wrong else found
