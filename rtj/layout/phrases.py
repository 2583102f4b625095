"""Phrases as text: expressions, patterns, moments, schedules, lengths, small phrases, in the one form that both spellings share.

Brackets stand where the grammar needs them and around `??` within other operators, texts in `'…'` unless they hold a `'`. A
literal stays as its author wrote it (`90m` is not `1h30m`), when that is one literal of this value; a tree that was made up gets
a plain one. A phrase is a tuple of pieces to be joined by a blank: between pieces a line may be broken.
"""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Iterable
from typing import TypeAlias

from rtj.lang import syntax as s
from rtj.lang.phrase_build import DAYS, ORDINALS, UNIT_MS, UNIT_STEPS

Phrase: TypeAlias = tuple[str, ...]

CHOOSE, OR, AND, NOT, COMPARE, SUM, TERM, NEGATIVE, DEFAULT, POSTFIX, ATOM = range(11)  # how tight a form binds
BINARY = {"or": OR, "and": AND, "+": SUM, "-": SUM, "*": TERM, "/": TERM, "??": DEFAULT}  # the others compare
EXACT = re.compile(r"(?:[0-9]+(?:ms|s|m|h|d|w))+")
STEPS = re.compile(r"([0-9]+)\s+(day|week|month|quarter|year)s?")
NUMERAL = re.compile(r"[0-9]+(?:\.[0-9]+)?")
QUARTERS = re.compile(r"(?:([0-9]+)\s+)?quarters?\b")
ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\t": "\\t"})
DAY_NAMES = [name for name, days in DAYS.items() if len(days) == 1]
NAMED_DAYS = {days: name for name, days in DAYS.items()}
PLACES = {place: word for word, place in ORDINALS.items()}


def joined(phrase: Phrase) -> str:
    """The phrase on one line."""
    return " ".join(phrase)


# ---- literals


def text(value: str, quote: str = "'") -> str:
    """A text in quotes: these, unless it holds them and not the others."""
    other = '"' if quote == "'" else "'"
    if quote in value and other not in value:
        quote = other
    return quote + value.translate(ESCAPES).replace(quote, f"\\{quote}") + quote


def length(tree: s.Length) -> str:
    written = tree.span.text
    if EXACT.fullmatch(written):
        parts = re.findall(r"([0-9]+)([a-z]+)", written)
        if tree.exact and sum(int(n) * UNIT_MS[u] for n, u in parts) == tree.ms:
            return written
    elif (match := STEPS.fullmatch(written)) is not None:
        days, months = (int(match[1]) * step for step in UNIT_STEPS[match[2]])
        if (days, months) == (tree.days, tree.months):
            return " ".join(written.split())
    if tree.days:
        return _steps(tree.days, "day")
    if tree.months:
        return _steps(tree.months, "month")
    return exact(tree.ms)


def _steps(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def exact(ms: int) -> str:
    """So many milliseconds in one unit."""
    unit = next((u for u in ("d", "h", "m", "s") if ms and ms % UNIT_MS[u] == 0), "ms" if ms else "s")
    return f"{ms // UNIT_MS[unit]}{unit}"


def number(tree: s.Number) -> str:
    written = tree.span.text
    if NUMERAL.fullmatch(written) and (float(written) if "." in written else int(written)) == tree.value:
        return written
    return str(tree.value) if isinstance(tree.value, int) else format(decimal.Decimal(repr(tree.value)), "f")


def _date(tree: s.DateLiteral) -> str:
    return tree.value.isoformat()


def _instant(tree: s.InstantLiteral) -> str:
    try:
        if datetime.datetime.fromisoformat(tree.span.text) == tree.value:
            return tree.span.text
    except (ValueError, TypeError):  # no date, or one with a zone against one without
        pass
    return tree.value.isoformat()


# ---- expressions


def expr(tree: s.Expr, least: int = CHOOSE) -> str:
    """An expression; in brackets when it binds less tightly than `least`. A `??` within another operator stands in brackets too:
    how tightly it binds is what people guess wrong."""
    told, tight = _bound(tree)
    unclear = least > CHOOSE and isinstance(tree, s.Binary) and tree.op == "??"
    return f"({told})" if tight < least or unclear else told


def parts(tree: s.Expr) -> Phrase:
    """An expression that may be broken before its outermost `and` or `or`."""
    if not isinstance(tree, s.Binary) or tree.op not in ("and", "or"):
        return (expr(tree),)
    level = BINARY[tree.op]
    pieces: list[str] = []
    left: s.Expr = tree
    while isinstance(left, s.Binary) and left.op == tree.op:
        pieces.append(f"{left.op} {expr(left.right, level + 1)}")
        left = left.left
    return (expr(left, level), *reversed(pieces))


def _bound(tree: s.Expr) -> tuple[str, int]:
    """An expression and how tightly it binds."""
    match tree:
        case s.Name(text=name):
            return name, ATOM
        case s.Text(value=value):
            return text(value), ATOM
        case s.Number():
            return number(tree), ATOM
        case s.Truth(value=value):
            return "true" if value else "false", ATOM
        case s.Null():
            return "null", ATOM
        case s.Length():
            return length(tree), ATOM
        case s.DateLiteral():
            return _date(tree), ATOM
        case s.InstantLiteral():
            return _instant(tree), ATOM
        case s.Items(items=items):
            return f"[{', '.join([expr(item) for item in items])}]", ATOM
        case s.Call():
            return _call(tree), ATOM
        case s.Field(base=base, name=name):
            return f"{expr(base, POSTFIX)}.{name.text}", POSTFIX
        case s.Index(base=base, index=index):
            return f"{expr(base, POSTFIX)}[{expr(index)}]", POSTFIX
        case _:
            return _compound(tree)


def _compound(tree: s.Unary | s.Is | s.Binary | s.Choose | s.HasBeen) -> tuple[str, int]:
    match tree:
        case s.Unary(op="not", of=of):
            return f"not {expr(of, NOT)}", NOT
        case s.Unary(of=of):
            return f"-{expr(of, NEGATIVE)}", NEGATIVE
        case s.Is(of=of, what=what, negated=negated):
            return f"{expr(of, SUM)} is {'not ' if negated else ''}{what}", COMPARE
        case s.Binary(op=op):
            return _binary(tree, BINARY.get(op, COMPARE))
        case s.Choose(test=test, then=then, otherwise=otherwise):
            return f"if {expr(test)} then {expr(then)} else {expr(otherwise)}", CHOOSE
        case s.HasBeen(of=of, value=value, length=since):
            return f"{expr(of, SUM)} has been {expr(value, SUM)} for {length(since)}", COMPARE


def _binary(tree: s.Binary, level: int) -> tuple[str, int]:
    """Operators of one level stand in a chain from the left; comparisons stand alone."""
    if level == COMPARE:
        return f"{expr(tree.left, SUM)} {tree.op} {expr(tree.right, SUM)}", COMPARE
    pieces: list[str] = []
    left: s.Expr = tree
    while isinstance(left, s.Binary) and BINARY.get(left.op) == level:
        pieces.append(f"{left.op} {expr(left.right, level + 1)}")
        left = left.left
    return " ".join((expr(left, level), *reversed(pieces))), level


def _call(tree: s.Call) -> str:
    told = f"{tree.function.text}({', '.join([_argument(arg) for arg in tree.args])})"
    return told if tree.window is None else f"{told} {_window(tree.window)}"


def _argument(tree: s.Arg) -> str:
    told = expr(tree.value)
    if tree.item is not None and tree.over is not None:
        told += f" for {tree.item.text} in {expr(tree.over, POSTFIX)}"
    return told if tree.where is None else f"{told} where {expr(tree.where)}"


def _window(tree: s.Window) -> str:
    if tree.over is not None:
        return f"over {length(tree.over)}"
    return f"over this {tree.this}" if tree.this is not None else f"since {tree.since.text if tree.since else ''}"


# ---- patterns


def pattern(tree: s.Pattern) -> Phrase:
    """All steps, each with the name that it brings. A line may be broken before `then` and before clauses."""
    pieces: list[str] = []
    for number_, one in enumerate(tree.steps):
        first, *others = _step(one)
        pieces += [f"then {first}" if number_ else first, *others]
    return tuple(pieces)


def _step(tree: s.Step) -> Phrase:
    events = " or ".join([_event(event) for event in tree.events])
    if len(tree.events) > 1 and (tree.absent or tree.count is not None):
        events = f"({events})"
    if tree.count is not None:
        events = f"{tree.count.value} {'consecutive ' if tree.count.consecutive else ''}{events}"
    pieces = [f"{'not ' if tree.absent else ''}{events}{' since entry' if tree.since_entry else ''}"]
    if tree.audience is not None:
        pieces.append(f"for {tree.audience.text}")
    if tree.within is not None:
        pieces.append(f"within {length(tree.within)}")
    if tree.where is not None:
        pieces += _behind("where", parts(tree.where))
    if tree.same is not None:
        pieces.append(f"same {expr(tree.same)}")
    if tree.bind is not None:
        pieces.append(f"as {tree.bind.text}")
    return tuple(pieces)


def _behind(word: str, phrase: Phrase) -> Phrase:
    return (f"{word} {phrase[0]}", *phrase[1:])


def _event(tree: s.EventRef) -> str:
    if tree.of is not None:
        return f"{tree.of.text}.{tree.name.text}"
    return tree.name.text if tree.kind == "event" else f"{tree.kind} {tree.name.text}"


def collecting(tree: s.Step) -> Phrase:
    """What `collect` gathers: events and `where`."""
    return _step(tree)


# ---- moments and schedules


def clock(tree: s.Clock) -> str:
    return _time(tree.minutes) if tree.to is None else f"{_time(tree.minutes)} to {_time(tree.to)}"


def _time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def days(tree: Iterable[int]) -> str:
    """Days of the week, by one name where there is one."""
    them = tuple(tree)
    return NAMED_DAYS.get(them) or ", ".join([DAY_NAMES[day] for day in them])


def _zone(tree: s.Expr | None) -> str:
    return "" if tree is None else f" zone {expr(tree)}"


def moment(tree: s.Moment) -> Phrase:
    match tree:
        case s.ClockMoment(clock=time, on=on, zone=zone):
            return (f"{clock(time)}{'' if on is None else f' on {expr(on)}'}{_zone(zone)}",)
        case s.DayMoment(days=those, clock=time, next=later, zone=zone):
            return (f"{'next ' if later else ''}{days(those)} at {clock(time)}{_zone(zone)}",)
        case s.ExprMoment(at=at):
            return (expr(at),)


def schedule(tree: s.Schedule) -> str:
    """What follows `every`."""
    at = "" if tree.clock is None else f" at {clock(tree.clock)}"
    starting = "" if tree.starting is None else f" starting {_date(tree.starting)}"
    return f"{_recurring(tree)}{at}{_zone(tree.zone)}{starting}"


def _recurring(tree: s.Schedule) -> str:
    if tree.unit == "exact":
        written = EXACT.match(tree.span.text)
        if written is not None:
            parts_ = re.findall(r"([0-9]+)([a-z]+)", written[0])
            if sum(int(n) * UNIT_MS[u] for n, u in parts_) == tree.ms:
                return written[0]
        return exact(tree.ms)
    if tree.unit == "week" and tree.every == 1 and tree.days:
        return days(tree.days)
    count, unit = tree.every, str(tree.unit)
    if unit == "month" and (match := QUARTERS.match(tree.span.text)) is not None and 3 * int(match[1] or 1) == count:
        count, unit = count // 3, "quarter"
    told = unit if count == 1 else f"{count} {unit}s"
    which = _which(tree)
    return f"{told} on {which}" if which else told


def _which(tree: s.Schedule) -> str:
    if tree.days:
        return days(tree.days)
    if tree.nth or any(date < 0 for date in tree.dates):
        ends = [f"{PLACES[date]} day" for date in tree.dates]
        return ", ".join([*ends, *(f"{PLACES[place]} {DAY_NAMES[day]}" for place, day in tree.nth)])
    return ", ".join([str(date) for date in tree.dates])


def once(tree: s.Once) -> str:
    """What follows `once at`."""
    at = "" if tree.clock is None else f" {clock(tree.clock)}"
    return f"{_date(tree.date)}{at}{_zone(tree.zone)}"


# ---- small phrases


def wait(tree: s.Expr | s.Moment) -> Phrase:
    """What follows `wait`: a length, or `until` and a moment."""
    if isinstance(tree, s.ClockMoment | s.DayMoment | s.ExprMoment):
        return _behind("until", moment(tree))
    return parts(tree)


def channels(tree: Iterable[s.Name]) -> str:
    return " else ".join([name.text for name in tree])


def pairs(tree: Iterable[s.Pair]) -> Phrase:
    return _listed([f"{pair.name.text} = {expr(pair.value)}" for pair in tree])


def assigns(tree: Iterable[s.Assign]) -> Phrase:
    return _listed([f"{'.'.join([name.text for name in one.path])} = {expr(one.value)}" for one in tree])


def _listed(items: list[str]) -> Phrase:
    return tuple([f"{item}," for item in items[:-1]] + items[-1:])


def again(tree: s.Again) -> str:
    match tree.rule:
        case "exit":
            return "after exit"
        case "after":
            return f"after {length(tree.gap)}" if tree.gap is not None else "after exit"
        case _:
            return str(tree.rule)


def period(tree: s.Period) -> str:
    """What follows `runs`."""
    start = "" if tree.start is None else f"from {_date(tree.start)}"
    end = "" if tree.end is None else f"to {_date(tree.end)}"
    return f"{start} {end}".strip()


def share(millionths: int) -> str:
    """A percentage with as many decimals as it needs."""
    whole, rest = divmod(millionths, 10_000)
    return f"{whole}.{rest:04}".rstrip("0") + "%" if rest else f"{whole}%"
