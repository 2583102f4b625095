"""The functions of the language: one table that the checker, the evaluator, the docs and the tests read.

Examples are pairs of expression texts; both sides are evaluated at 2026-03-01T10:00:00Z in the zone UTC and must be equal.
Every function is pure: the same arguments, instant, zone and profile give the same result. No argument makes one fail.
"""

from __future__ import annotations

from rtj.ir.expr import ListOf, OneOf, Optional
from rtj.ir.matching import MATCHING
from rtj.ir.signatures import (
    ANY,
    BOOL,
    DATE,
    DURATION,
    INSTANT,
    NUMBER,
    STRING,
    WEEKDAYS,
    Function,
    Many,
    Param,
    Pattern,
    Signature,
    Var,
    one,
)

__all__ = [
    "ANY",
    "BOOL",
    "BOUNDS",
    "DATE",
    "DURATION",
    "FUNCTIONS",
    "INSTANT",
    "LIST_MAX",
    "NUMBER",
    "STRING",
    "WEEKDAYS",
    "Function",
    "Many",
    "Param",
    "Pattern",
    "Signature",
    "Var",
]

_ORDERED = Var("T", (NUMBER, INSTANT, DATE, DURATION, STRING))
_ITEM = Var("T")
_TEXT = Param("text", STRING)
_MOMENT = Param("moment", Var("T", (INSTANT, DATE)))


_TEXTS = (
    Function(
        "lower",
        one(STRING, _TEXT),
        "null",
        "The text in lower case, by Unicode's full mapping, whatever the locale.",
        (("lower('ÄPFEL')", "'äpfel'"), ("lower(null)", "null")),
    ),
    Function(
        "upper",
        one(STRING, _TEXT),
        "null",
        "The text in upper case, by Unicode's full mapping, whatever the locale.",
        (("upper('straße')", "'STRASSE'"), ("upper(null)", "null")),
    ),
    Function(
        "trim",
        one(STRING, _TEXT),
        "null",
        "The text without white space (as Unicode defines it) at its two ends.",
        (("trim('  a b ')", "'a b'"), ("trim(null)", "null")),
    ),
    Function(
        "length",
        (Signature((_TEXT,), NUMBER), Signature((Param("list", Many(_ITEM)),), NUMBER)),
        "null",
        "How many code points a text has, or how many items a list.",
        (("length('日本')", "2"), ("length(['a', 'b'])", "2"), ("length('')", "0"), ("length(null)", "null")),
    ),
    Function(
        "contains",
        (
            Signature((_TEXT, Param("part", STRING)), BOOL),
            Signature((Param("list", Many(_ITEM)), Param("item", _ITEM)), BOOL),
        ),
        "total",
        "Does the text contain the part (the empty text is in every text), or the list the item? False if the first argument "
        "is null; a null part is in no text.",
        (
            ("contains('journey', 'urn')", "true"),
            ("contains(['a', 'b'], 'c')", "false"),
            ("contains('a', '')", "true"),
            ("contains(null, 'a')", "false"),
        ),
    ),
    Function(
        "starts_with",
        one(BOOL, _TEXT, Param("start", STRING)),
        "total",
        "Does the text begin with `start`, compared by code point? False if one of them is null.",
        (("starts_with('journey', 'jour')", "true"), ("starts_with(null, 'a')", "false")),
    ),
    Function(
        "ends_with",
        one(BOOL, _TEXT, Param("end", STRING)),
        "total",
        "Does the text end with `end`, compared by code point? False if one of them is null.",
        (("ends_with('ada@example.org', '.org')", "true"), ("ends_with('a', null)", "false")),
    ),
    Function(
        "replace",
        one(STRING, _TEXT, Param("part", STRING), Param("by", STRING)),
        "null",
        "The text with every occurrence of `part` replaced, found from left to right without overlap. An empty part changes "
        "nothing.",
        (("replace('aaa', 'aa', 'b')", "'ba'"), ("replace('abc', '', '-')", "'abc'"), ("replace('a', 'a', null)", "null")),
    ),
    Function(
        "split",
        one(ListOf(STRING), _TEXT, Param("separator", STRING)),
        "null",
        "The pieces of the text between the separators, empty ones too. An empty separator gives the text as the only piece.",
        (("split('a,,b', ',')", "['a', '', 'b']"), ("split('ab', '')", "['ab']"), ("split('', ',')", "['']")),
    ),
    Function(
        "join",
        one(STRING, Param("list", ListOf(Optional(STRING))), Param("separator", STRING)),
        "null",
        "The texts of the list in one, with the separator between them. Null items are left out.",
        (("join(['a', 'b'], ', ')", "'a, b'"), ("join(['a', null], '-')", "'a'"), ("join(null, '-')", "null")),
    ),
    Function(
        "text",
        one(STRING, Param("value", ANY)),
        "null",
        "The value as text: a number in its shortest decimal form (a whole one without a point), `true` or `false`, a date as "
        "2026-03-01, an instant as 2026-03-01T10:00:00.000Z, a duration with its largest units first (1d2h; 0s when empty), "
        "a list or record as canonical JSON.",
        (
            ("text(3)", "'3'"),
            ("text(2.50)", "'2.5'"),
            ("text(true)", "'true'"),
            ("text(2026-03-01)", "'2026-03-01'"),
            ("text(26h)", "'1d2h'"),
            ("text(null)", "null"),
        ),
    ),
    Function(
        "number",
        one(Optional(NUMBER), _TEXT),
        "null",
        "The number that the text spells (white space around it is ignored): an optional sign, digits, optionally a point with "
        "digits and an exponent. Whole spellings without point or exponent give whole numbers. Null for any other text.",
        (("number(' 42 ')", "42"), ("number('-1.5')", "-1.5"), ("number('1e3')", "1000"), ("number('12 €')", "null")),
    ),
)

_NUMBERS = (
    Function(
        "round",
        one(NUMBER, Param("number", NUMBER), Param("digits", NUMBER), omittable=1),
        "null",
        "The number rounded to `digits` places (0 when left out; negative: tens, hundreds …), halves away from zero, judged by "
        "its shortest decimal form. With digits of 0 or less the result is a whole number. `digits` is cut to a whole number in "
        "-15..15.",
        (("round(2.5)", "3"), ("round(-2.5)", "-3"), ("round(2.675, 2)", "2.68"), ("round(1250, -2)", "1300")),
    ),
    Function(
        "floor",
        one(NUMBER, Param("number", NUMBER)),
        "null",
        "The largest whole number that is not above the number.",
        (("floor(2.9)", "2"), ("floor(-2.1)", "-3"), ("floor(null)", "null")),
    ),
    Function(
        "ceil",
        one(NUMBER, Param("number", NUMBER)),
        "null",
        "The smallest whole number that is not below the number.",
        (("ceil(2.1)", "3"), ("ceil(-2.9)", "-2"), ("ceil(null)", "null")),
    ),
    Function(
        "abs",
        one(NUMBER, Param("number", NUMBER)),
        "null",
        "The number without its sign.",
        (("abs(-3)", "3"), ("abs(2.5)", "2.5"), ("abs(null)", "null")),
    ),
    Function(
        "min",
        one(_ORDERED, Param("first", _ORDERED), Param("other", _ORDERED), variadic=True),
        "null",
        "The smallest of two or more values of one type; of equal ones the first.",
        (("min(3, 1, 2)", "1"), ("min(2026-03-01, 2026-02-01)", "2026-02-01"), ("min(1, null)", "null")),
    ),
    Function(
        "max",
        one(_ORDERED, Param("first", _ORDERED), Param("other", _ORDERED), variadic=True),
        "null",
        "The largest of two or more values of one type; of equal ones the first.",
        (("max(3, 1, 2)", "3"), ("max(1h, 90m)", "90m"), ("max(1, null)", "null")),
    ),
    Function(
        "mod",
        one(Optional(NUMBER), Param("number", NUMBER), Param("divisor", NUMBER)),
        "null",
        "What remains of the number after whole division, with the sign of the divisor. Null when the divisor is 0.",
        (("mod(7, 3)", "1"), ("mod(-7, 3)", "2"), ("mod(7, -3)", "-2"), ("mod(1, 0)", "null")),
    ),
)

_MEASURE = Var("T", (NUMBER, DURATION))

_SCORES = (
    Function(
        "quintile",
        (Signature((Param("value", _MEASURE), Param("bounds", Many(_MEASURE))), Optional(NUMBER)),),
        "null",
        "A score from 1 to 5: where the value stands against four bounds, those of 2, 3, 4 and 5. Rising bounds are reached from "
        "below, so that more is better; falling ones from above, so that less is better (how long ago?). A bound itself is "
        "reached. Null unless there are four bounds that rise or fall.",
        (
            ("quintile(50, [10, 50, 100, 500])", "3"),
            ("quintile(3, [10, 50, 100, 500])", "1"),
            ("quintile(7d, [180d, 90d, 30d, 7d])", "5"),
            ("quintile(181d, [180d, 90d, 30d, 7d])", "1"),
            ("quintile(1, append([1, 2], 3))", "null"),
            ("quintile(null, [1, 2, 3, 4])", "null"),
        ),
    ),
)

_CALENDAR = (
    Function(
        "today",
        one(DATE),
        "total",
        "The date at this instant in the profile's zone, else the project's.",
        (("today()", "2026-03-01"), ("today() + 1 day", "2026-03-02")),
        grain="day",
        reads_clock=True,
    ),
    Function(
        "date",
        (Signature((Param("instant", INSTANT),), DATE), Signature((_TEXT,), Optional(DATE))),
        "null",
        "The date of an instant in the profile's zone, else the project's; or the date that a text spells as 2026-03-01 (null "
        "for any other text).",
        (("date(now())", "2026-03-01"), ("date('2026-02-29')", "null"), ("date('2024-02-29')", "2024-02-29")),
        grain="day",
    ),
    Function(
        "days_between",
        one(NUMBER, Param("from", Var("From", (INSTANT, DATE))), Param("to", Var("To", (INSTANT, DATE)))),
        "null",
        "How many dates lie between: the date of `to` less the date of `from`, instants taken in the profile's zone. Negative "
        "when `to` is earlier.",
        (
            ("days_between(2026-02-27, 2026-03-01)", "2"),
            ("days_between(now(), 2026-02-28)", "-1"),
            ("days_between(now(), now() + 14h)", "1"),
            ("days_between(null, 2026-03-01)", "null"),
        ),
        grain="day",
    ),
    Function(
        "hours_between",
        one(NUMBER, Param("from", INSTANT), Param("to", INSTANT)),
        "null",
        "The exact length from `from` to `to` in hours; 90 minutes are 1.5. Negative when `to` is earlier.",
        (("hours_between(now(), now() + 90m)", "1.5"), ("hours_between(now(), now() - 2h)", "-2")),
    ),
    Function(
        "weekday",
        one(OneOf(WEEKDAYS), _MOMENT),
        "null",
        "The name of the day: 'monday' to 'sunday'; of an instant in the profile's zone.",
        (("weekday(2026-03-01)", "'sunday'"), ("weekday(now()) in ['saturday', 'sunday']", "true")),
        grain="day",
    ),
    Function(
        "hour",
        one(NUMBER, Param("instant", INSTANT)),
        "null",
        "The hour of the day, 0 to 23, in the profile's zone.",
        (("hour(now())", "10"), ("hour(now() + 15h)", "1")),
        grain="hour",
    ),
    Function(
        "day",
        one(NUMBER, _MOMENT),
        "null",
        "The day of the month, 1 to 31; of an instant in the profile's zone.",
        (("day(2026-03-01)", "1"), ("day(now() - 1d)", "28")),
        grain="day",
    ),
    Function(
        "month",
        one(NUMBER, _MOMENT),
        "null",
        "The month, 1 to 12; of an instant in the profile's zone.",
        (("month(2026-03-01)", "3"), ("month(null)", "null")),
        grain="day",
    ),
    Function(
        "year",
        one(NUMBER, _MOMENT),
        "null",
        "The year; of an instant in the profile's zone.",
        (("year(2026-03-01)", "2026"), ("year(now())", "2026")),
        grain="day",
    ),
    Function(
        "anniversary",
        one(DATE, Param("date", DATE)),
        "null",
        "The same month and day in the year of today(); the 29th of February becomes the 28th where the year has none.",
        (("anniversary(1990-07-04)", "2026-07-04"), ("anniversary(1992-02-29)", "2026-02-28"), ("anniversary(null)", "null")),
        grain="day",
        reads_clock=True,
    ),
    Function(
        "age",
        one(NUMBER, Param("date", DATE)),
        "null",
        "How many anniversaries of the date have passed, today's included; negative for a date in a year to come.",
        (("age(1990-03-01)", "36"), ("age(1990-03-02)", "35"), ("age(2008-02-29)", "18"), ("age(null)", "null")),
        grain="day",
        reads_clock=True,
    ),
)

_OTHERS = (
    Function(
        "append",
        one(Many(_ITEM), Param("list", Many(_ITEM)), Param("item", _ITEM)),
        "total",
        "The list with the item at its end, whether it was there before or not. A null list counts as an empty one; a null item "
        "leaves the list as it is. A list keeps its newest 1,000 items.",
        (("append(['a'], 'b')", "['a', 'b']"), ("append(null, 'b')", "['b']"), ("append(['a'], null)", "['a']")),
    ),
    Function(
        "chance",
        one(NUMBER, Param("salt", STRING)),
        "total",
        "A number from 0 up to but not including 1 that is the hash of the salt and the profile's origin (S9.1): the same for a "
        "person whenever it is asked, independent between salts. A null salt counts as the empty text.",
        (("chance('pilot') >= 0 and chance('pilot') < 1", "true"), ("chance('pilot') == chance('pilot')", "true")),
    ),
)

FUNCTIONS: dict[str, Function] = {f.name: f for f in (*_TEXTS, *MATCHING, *_NUMBERS, *_SCORES, *_CALENDAR, *_OTHERS)}
BOUNDS = 4  # of `quintile`
LIST_MAX = 1_000  # items a list keeps under `append`
