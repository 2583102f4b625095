"""Moments, schedules, lengths of waits: places in time."""

from __future__ import annotations

import re
from difflib import get_close_matches

from rtj.base.zones import available_timezones, is_zone
from rtj.ir import expr as ir
from rtj.ir import journey as irj
from rtj.lang import syntax as s
from rtj.lang.check_base import Context, Typed, expect, ir_length, shorten
from rtj.lang.discover import in_dsl
from rtj.lang.name_habits import PEOPLE
from rtj.lang.scope import Scope
from rtj.lang.types import DATE, DURATION, INSTANT, STRING, is_optional, is_unknown, optional, show, some

BEHIND = re.compile(r"[ \t]*([.]?)[ \t]*(\w+)")
ZONE_LIKE = 0.75  # how alike names of zones must be; most of them share half of their letters
NEEDS_ELSE = "give it an `else: […]`, or a default: `… ?? …`"
NEEDS_DEFAULT = "give a default: `… ?? …`"


def report_zone(cx: Context, name: str, tree: s.Spanned) -> None:
    """A zone that does not exist, and the one that was probably meant: by its whole name or its city."""
    zones = sorted(available_timezones())
    cities = {zone.rsplit("/", 1)[-1].replace("_", " "): zone for zone in reversed(zones) if "/" in zone}
    close = get_close_matches(name, zones, 1, ZONE_LIKE)
    city = get_close_matches(name.rsplit("/", 1)[-1].replace("_", " "), cities, 1, ZONE_LIKE)
    near = close[0] if close else cities[city[0]] if city else None
    hint = f"did you mean `{near}`?" if near else "names are those of the IANA time zone database, such as `Europe/Berlin`"
    cx.report.error("E350", f"unknown time zone `{name}`", tree.span, hint)


def check_zone_name(cx: Context, name: str, tree: s.Spanned, whose: str = "") -> str:
    """A fixed zone name. `whose`: the word that stands for the zone of whoever it is, where there is one."""
    if whose and name.lower() in (*PEOPLE, "local"):
        hint = f"`zone: {whose}` is the zone of whoever it is"
        cx.report.error("E350", f"unknown time zone `{name}`", tree.span, hint)
    elif not is_zone(name):
        report_zone(cx, name, tree)
    return name


def _zone(cx: Context, scope: Scope, e: s.Expr | None) -> ir.Expr | None:
    if e is None:
        return None
    if isinstance(e, s.Text):
        check_zone_name(cx, e.value, e)
    return expect(cx, cx.check(scope, e), optional(STRING), e, "a zone").expr


def check_moment(cx: Context, scope: Scope, moment: s.Moment, *, has_else: bool, hint: str = NEEDS_ELSE) -> irj.Moment:
    """A moment. One that may be missing needs an `else` (S6.3)."""
    match moment:
        case s.ClockMoment():
            on = _place(cx, scope, moment.on, (has_else, hint)) if moment.on is not None else None
            return irj.Moment(
                clock=moment.clock.minutes,
                to=moment.clock.to,
                on=on.expr if on is not None else None,
                on_is_date=on is not None and some(on.type) == DATE,
                zone=_zone(cx, scope, moment.zone),
            )
        case s.DayMoment():
            zone = _zone(cx, scope, moment.zone)
            return irj.Moment(clock=moment.clock.minutes, to=moment.clock.to, days=moment.days, next=moment.next, zone=zone)
        case s.ExprMoment():
            at = _place(cx, scope, moment.at, (has_else, hint))
            return irj.Moment(at=at.expr, at_is_date=some(at.type) == DATE)


def _place(cx: Context, scope: Scope, e: s.Expr, missing: tuple[bool, str]) -> Typed:
    at = cx.check(scope, e)
    has_else, hint = missing
    if not is_unknown(at.type) and some(at.type) not in (INSTANT, DATE):
        wait_hint = "a length is waited for without `until`: `wait 3h`" if some(at.type) == DURATION else ""
        cx.report.error("E320", f"a moment is an instant or a date; `{shorten(e)}` is {show(at.type)}", e.span, wait_hint)
    elif is_optional(at.type) and not has_else:
        cx.report.error("E332", f"the moment `{shorten(e)}` may be missing: it is {show(at.type)}", e.span, hint)
    return at


def check_length(cx: Context, scope: Scope, e: s.Expr, what: str) -> tuple[ir.Length | None, ir.Expr | None]:
    """The length of a wait: written (exact or calendar), or computed (a duration)."""
    if isinstance(e, s.Length):
        return ir_length(e), None
    typed = expect(cx, cx.check(scope, e), DURATION, e, what)
    if isinstance(e, s.Unary) and e.op == "-" and isinstance(e.of, s.Length) and e.of.ms:
        hint = f"`until … - {shorten(e.of)}` is so long before a moment"
        cx.report.error("E331", f"{what} cannot be less than nothing", e.span, hint)
    return None, typed.expr


# ---- schedules


def check_schedule(cx: Context, trigger: s.OnSchedule) -> irj.OnSchedule:
    """`every …` or `once at …`."""
    name = trigger.audience
    if name.text not in cx.world.audiences and not _follows(cx, name):
        hint = f"its name alone: `for {next(iter(sorted(cx.world.audiences)))}`" if name.text == "audience" else ""
        if hint:
            cx.report.error("E315", "unknown audience `audience`", name.span, hint)
        else:
            cx.report.unknown("E315", "audience", name.text, name.span, cx.world.audiences)
    schedule = trigger.schedule
    zone = _fixed_zone(cx, schedule.zone)
    clock = schedule.clock.minutes if schedule.clock is not None else 0
    if isinstance(schedule, s.Once):
        return irj.OnSchedule(name.text, "once", clock=clock, zone=zone, date=schedule.date.value.isoformat())
    if not 1 <= schedule.every <= 1_000:
        cx.report.error("E348", "`every` counts from 1 to 1,000", schedule.span)
    if schedule.unit == "exact" and schedule.ms <= 0:
        cx.report.error("E348", "a schedule needs a period above zero", schedule.span)
    if any(date == 0 or not -1 <= date <= 31 for date in schedule.dates):
        cx.report.error("E348", "a day of the month is 1 to 31, or the last", schedule.span)
    return irj.OnSchedule(
        audience=name.text,
        unit=schedule.unit,
        every=schedule.every,
        days=schedule.days,
        dates=schedule.dates,
        nth=schedule.nth,
        ms=schedule.ms,
        clock=clock,
        zone=zone,
        starting=schedule.starting.value.isoformat() if schedule.starting is not None else None,
    )


def _follows(cx: Context, name: s.Name) -> bool:
    """`for audience readers`: the name that follows cannot be read there, which is told already."""
    behind = BEHIND.match(name.span.source.text, name.span.end) if name.text == "audience" and in_dsl(name.span) else None
    return behind is not None and (behind[1] == "." or behind[2] in cx.world.audiences)


def _fixed_zone(cx: Context, e: s.Expr | None) -> str | None:
    if e is None:
        return None
    if not isinstance(e, s.Text):
        hint = "without `zone` it is the person's"
        cx.report.error("E350", "the zone of a schedule is a text: `zone 'Europe/Paris'`", e.span, hint)
        return None
    return check_zone_name(cx, e.value, e)
