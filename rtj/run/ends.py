"""Where a run ends (S1.6)."""

from __future__ import annotations

from rtj.engine.calendar import find_zone, shift
from rtj.ir.expr import Length
from rtj.ir.program import Program


def end_of(until: int | Length | None, last_ts: int | None, program: Program) -> int | None:
    """The last instant that is worked: `until`, or so long after the last event, or the last event. None: there is no event
    to count from."""
    if isinstance(until, int):
        return until
    if last_ts is None or until is None:
        return last_ts
    zone = find_zone(program.timezone)
    assert zone is not None, program.timezone
    return shift(last_ts, until, 1, zone)
