"""Values of cells: what a text in a CSV file, or a value of a database, is as a value of a declared type."""

from __future__ import annotations

import datetime
import decimal
import math
import re
from dataclasses import dataclass

from rtj.base.zones import ZoneInfo
from rtj.ir.expr import OneOf, Scalar, Type
from rtj.ir.program import Cell
from rtj.lang.likeness import nearest
from rtj.lang.types import show

EPOCH = datetime.date(1970, 1, 1)
START = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
MILLISECOND = datetime.timedelta(milliseconds=1)
WHOLE_MAX = 1 << 63  # larger whole numbers are taken as doubles
NUMBER_LENGTH_MAX = 400
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_LENGTH = re.compile(r"(\d{1,12})(ms|s|m|h|d|w)")
_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
TRUTH = {"true": True, "false": False}
_SAID = {"yes": "true", "y": "true", "1": "true", "on": "true", "no": "false", "n": "false", "0": "false", "off": "false"}


@dataclass(frozen=True, slots=True)
class Misfit:
    """A cell that is no value of its type: what is wrong, and what was probably meant."""

    message: str
    meant: str = ""


def cell_value(kind: Type, given: object, zone: ZoneInfo) -> Cell | Misfit:
    """The value of a cell; None when it is empty. `zone`: of instants that are written without one."""
    if given is None or given == "":
        return None
    if isinstance(given, str):
        return _of_text(kind, given, zone)
    found = _of_value(kind, given, zone)
    return Misfit(f"{_told(given)} is not {show(kind)}") if found is None else found


def _of_text(kind: Type, text: str, zone: ZoneInfo) -> Cell | Misfit:
    match kind:
        case OneOf(values=values):
            if text in values:
                return text
            return Misfit(f"{_told(text)} is not one of {show(kind)}", nearest(text, values) or "")
        case Scalar(name="number"):
            number = _number(text)
            if number is not None:
                return number
            comma = text.replace(".", "").replace(",", ".") if re.fullmatch(r"-?[\d.]*\d,\d+", text) else ""
            return Misfit(f"{_told(text)} is no number", comma)
        case Scalar(name="bool"):
            truth = TRUTH.get(text.lower())
            return truth if truth is not None else Misfit(f"{_told(text)} is neither true nor false", _SAID.get(text.lower(), ""))
        case Scalar(name="date"):
            return _date(text)
        case Scalar(name="instant"):
            return _instant(text, zone)
        case Scalar(name="duration"):
            length = _LENGTH.fullmatch(text)
            return int(length[1]) * _UNITS[length[2]] if length else Misfit(f"{_told(text)} is no length such as 30m, 24h or 7d")
        case _:
            return text


def _of_value(kind: Type, given: object, zone: ZoneInfo) -> Cell:
    """What a database gave; None when it does not fit."""
    match kind, given:
        case Scalar(name="bool"), bool():
            return given
        case Scalar(name="bool"), 0 | 1:
            return bool(given)
        case Scalar(name="number"), bool():
            return None
        case Scalar(name="number"), int():
            return given if abs(given) < WHOLE_MAX else _finite(float(given))
        case Scalar(name="number"), float():
            return _finite(given)
        case Scalar(name="number"), decimal.Decimal():
            whole = given == given.to_integral_value() if given.is_finite() else False
            return _number(str(int(given)) if whole and abs(given) < WHOLE_MAX else str(float(given)))
        case Scalar(name="date"), datetime.date() if not isinstance(given, datetime.datetime):
            return (given - EPOCH).days
        case Scalar(name="instant"), datetime.datetime():
            return _ms(given, zone)
        case Scalar(name="instant"), datetime.date():
            return _ms(datetime.datetime.combine(given, datetime.time()), zone)
        case Scalar(name="duration"), datetime.timedelta():
            return given // MILLISECOND
        case Scalar(name="string"), int() | float() | decimal.Decimal() if not isinstance(given, bool):
            return str(given)
        case Scalar(name="string"), datetime.date():
            return given.isoformat()
        case _:
            return None


def _number(text: str) -> int | float | None:
    if len(text) > NUMBER_LENGTH_MAX or not text.isascii() or not _NUMBER.fullmatch(text):
        return None
    if text.lstrip("+-").isdigit():
        whole = int(text)
        return whole if abs(whole) < WHOLE_MAX else _finite(float(whole))
    return _finite(float(text))


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _date(text: str) -> Cell | Misfit:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        try:
            return (datetime.date.fromisoformat(text) - EPOCH).days
        except ValueError:
            return Misfit(f"there is no date {text}")
    written = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text)
    meant = f"{written[3]}-{int(written[2]):02}-{int(written[1]):02}" if written else ""
    return Misfit(f"{_told(text)} is no date such as 2026-03-01", meant)


def _instant(text: str, zone: ZoneInfo) -> Cell | Misfit:
    try:
        return _ms(datetime.datetime.fromisoformat(text), zone)
    except (ValueError, OverflowError):
        return Misfit(f"{_told(text)} is no instant such as 2026-03-01T10:00:00Z")


def _ms(moment: datetime.datetime, zone: ZoneInfo) -> int:
    placed = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    return (placed - START) // MILLISECOND


def _told(given: object) -> str:
    text = str(given)
    return f"`{text[:60]}…`" if len(text) > 60 else f"`{text}`"
