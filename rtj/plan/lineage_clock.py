"""What follows the clock of the person: local times, days and months, whose instants hang on a zone that is not named."""

from __future__ import annotations

import msgspec

from rtj.ir.expr import Call, Length, Shift
from rtj.ir.functions import FUNCTIONS
from rtj.ir.journey import Moment, OnSchedule
from rtj.ir.program import Cap, QuietHours, Window


def reads_zone(value: object) -> bool:
    """Does anything in this part of a program depend on the zone of a person, or else of the project (S1.1)?"""
    match value:
        case tuple():
            return any(map(reads_zone, value))
        case Moment(zone=zone, clock=clock, at_is_date=is_date):
            return (zone is None and (clock is not None or is_date)) or _inside(value)
        case OnSchedule(zone=zone, unit=unit):
            return zone is None and unit != "exact"
        case QuietHours(zone=zone):
            return zone is None
        case Cap(zone=zone, unit=unit, over=over):
            return (zone is None and unit is not None) or reads_zone(over)
        case Window(this=this, over=over):
            return this is not None or reads_zone(over)
        case Length(days=days, months=months):
            return bool(days or months)
        case Shift():
            return True
        case Call(function=name) if name in FUNCTIONS and FUNCTIONS[name].grain:
            return True
        case msgspec.Struct():
            return _inside(value)
        case _:
            return False


def _inside(value: msgspec.Struct) -> bool:
    return any(reads_zone(part) for part in msgspec.structs.astuple(value))
