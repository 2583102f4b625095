"""Words for a phrase that the grammar does not take: what was found, what was expected, what was probably meant."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from rtj.base.diagnostic import Diagnostic
from rtj.lang.scalar_map import Located

if TYPE_CHECKING:
    from lark.exceptions import UnexpectedInput

WORDS = {
    "NAME": "a name", "STRING": "a 'text'", "NUMBER": "a number", "DURATION": "a length such as 30m",
    "DATE": "a date such as 2026-01-05", "TIME": "a time such as 09:00", "DAY": "a weekday",
    "UNIT": "day, week, month, quarter or year",
    "ORDINAL": "first, second, third, fourth or last", "$END": "the end", "CMP": "a comparison", "LPAR": "`(`", "RPAR": "`)`",
    "LSQB": "`[`", "RSQB": "`]`", "COMMA": "`,`", "DOT": "`.`", "EQUAL": "`=`", "PLUS": "`+`", "MINUS": "`-`", "STAR": "`*`",
    "SLASH": "`/`", "DEFAULT": "`??`",
}  # fmt: skip
OPERATORS = {"CMP", "PLUS", "MINUS", "STAR", "SLASH", "DEFAULT", "AND", "OR", "IN", "NOT", "IS", "HAS", "DOT", "LSQB"}
VALUES = {"NAME", "STRING", "NUMBER", "DURATION", "DATE", "LPAR", "LSQB", "MINUS", "NOT", "IF", "TRUE", "FALSE", "NULL"}
FOUND_HINTS = (  # what was read -> what to write
    (r"^=$", "write `==` to compare"),
    (r"^(&&?)$", "write `and`"),
    (r"^(\|\|?)$", "write `or`"),
    (r"^!$", "write `not`, or `!=` to compare"),
    (r"^===$", "write `==`"),
    (r"^\?$", "`if a then b else c` chooses; `a ?? b` stands in for what is missing"),
    (r"^\d+(_\d+)+$|^\d+[kK]$", "a number is written 1000 or 29.90"),
    (r"^\d+M$", "`1m` is a minute, `1 month` a month"),
    (r"^\d+(?i:mon?|mths?|mos|months?|y|yrs?|years?|q|qtr)$", "the calendar is told in words: 1 month, 1 year"),
    (r"^\d+[DHW]$", "lengths have small letters: 30m, 2h, 7d"),
    (r"^\d+[A-Za-z_]\w*$", "names begin with a letter; lengths end in ms, s, m, h, d or w"),
    (r"^<>$", "write `!=`"),
    (r"^%$", "write mod(a, b)"),
    (r"^(?=.*[A-Z])(?i:and|or|not|in|is)$", "words are written in lower case"),
    (r"^(?i:eq|equals?)$", "write `==`"),
    (r"^(?i:gt|gte|lt|lte|ne)$", "write > >= < <= !="),
    (r"^(?i:contains|starts_with|ends_with|like|matches)$", "it is a function: contains(text, part)"),
    (r"^(?i:between)$", "write a >= x and a <= y"),
    (r"^:$", "a phrase has no `:`; another key stands on a line of its own"),
    (r"^[{}]$", "a phrase has no braces"),
    (r"^=~$", "there are no patterns: `contains`, `starts_with`, `ends_with`"),
    (r"^[€£¥₹₽]$", "a number has no currency"),
    (r"^[“”„‘’]$", "texts stand in straight quotes: 'gold' or \"gold\""),
    (r"^\$$", "names need no `$`"),
    (r"^;$", "one phrase stands here; another key on a line of its own"),
)
PLACE_HINTS = (  # text before, what was read, start symbols -> what to write
    (r"(^|\s)\d$", r"^:$", "", "two digits: 09:00"),
    (r"^\d\d$", r"^:$", "wait length", "a length is written 30m, 2h, 1h30m"),
    (r"(<|>)=?\s*[\w.]+$", r"^[<>]", "", "comparisons do not chain: a < x and x < b"),
    (r"==\s*\S+$", r"^(==|!=)$", "", "comparisons do not chain: a == x and x == b"),
    (r"\b(and|or)$", r"^[<>=!]", "", "repeat the left side: a > 1 and a < 5"),
    (r"\bis$", r"^(present|set|known)$", "", "write `is not missing`"),
    (r"\bis$", r"^(null|none|None|nothing)$", "", "write `is missing`"),
    (r"\bis not$", r"^(null|none|None)$", "", "write `is not missing`"),
    (r"\b(and|or)\s+is(\s+not)?$", r"", "", "repeat the left side: a is not empty and a is not missing"),
    (r"\bis( not)?$", r"", "expr", "`is` stands before missing and empty; to compare write `==`"),
    (r"\d$", r"^(ms|s|m|h|d|w)$", "", "no blank within a length: 30m"),
    (r"\([^()]*$", r"^(over|since)$", "", "the window stands behind the bracket: sum(purchase.total) over 30d"),
    (r"\d$", r"^(hours?|minutes?|seconds?|min|sec|hrs?)$", "", "exact lengths are letters: 2h, 30m, 90s"),
    (r"(^|\s)\d+$", r"^\.", "length wait", "whole numbers only: 90m for 1.5 hours"),
    (r"\S$", r"^if$", "", "the question comes first: `if a then b else c`"),
    (r"\bf$", r"^['\"]", "", "texts are joined by `+`: 'Hello ' + profile.first_name"),
    (r"\.\w+$", r"^\($", "", "functions stand before what they are about: `contains(text, part)`"),
    (r"\d$", r"^%$", "", "a fraction is written 0.1"),
    (r"(?<!\w)\d{1,3}$", r"^,$", "expr", "a number is written 1000 or 29.90"),
    (r"", r"^\|\|$", "pairs assigns", "`a ?? b` stands in for what is missing, `+` joins texts"),
    (r"'[^']*\w'$", r"^(s|t|re|ve|ll|d|m)$", "", 'a text that has a \' stands in ": "it\'s"'),
    (r"", r"^(one|two|three|four|five|six|an?|half)$", "", "numbers are written in digits: 1 week"),
    (r"\d(ms|[smhdw])$", r"^\d+(ms|[smhdw])$", "", "a length is written in one: 2d3h"),
    (r"^for$", r"^\d", "wait", "a wait is its length alone: 30m"),
    (r"^for$", r"^[A-Za-z_]", "wait", "an event is waited for by another node: `wait_for: [{on: purchase}, {after: 3d}]`"),
    (r"\(\s*\w+$", r"^(from|of|in)$", "", "the event comes first: `sum(purchase.total)`"),
    (r"^(string|number|bool|instant|date|duration)$", r"^\?$", "expr", "a type stands behind `type`: `{type: string?}`"),
    (r"^$", r"^until$", "times", "say how often at most, `3 times`; `until:` is a key of its own"),
    (r"", r"^(hourly|daily|weekly|monthly|quarterly|yearly|annually)$", "", "write `day`, `week`, `month`, `quarter` or `year`"),
    (r"^$", r"^(days|weeks|months|quarters|years)$", "length", "write `day` for one of the calendar, or a number before it"),
    (r"^[\d*]\S*$|^$", r"^[\d*]", "schedule", "a schedule is told in words: monday at 09:00, month on 1 at 09:00"),
    (r"", r"^\d", "once", "a date is written 2026-12-31, a time behind it 08:00"),
    (
        r"(^|\bor |\bthen )\w+$",
        r"^(clicked|opened|delivered|failed|complained|unsubscribed)$",
        "pattern",
        "a receipt of one message: `nudge.clicked`; of any: `clicked`",
    ),
    (r"^(joins|leaves|enters|joined|left|entered|exited|exits|in|into)$", r"", "pattern", "write joining NAME or leaving NAME"),
    (r"^\w+$", r"^\($", "path", "a formula stands alone, without `from`: `seen: last(login.ts)`"),
    (r"\b(for|joining|leaving)\s+audience$", r"^[\w.]", "pattern", "the name of the audience alone, without `audience`"),
    (r"(^|\bor |\bthen )\w+$", r"^-$", "pattern", "names have no `-`: `add_to_cart`"),
    (r"[\w)]$", r"^[<>=!]", "pattern", "a condition is a key of its own: `when: …`"),
    (r"\w$", r"^\d+$", "pattern", "the count comes first: `3 product_view`"),
    (
        r"(^|\bor |\bthen )\w+$",
        r"^[A-Z]\w*$",
        "pattern",
        "a type is one word, as `events:` has it; how sources spell it stands under `foreign_names:`",
    ),
    (r"\bnot$", r"", "pattern", "nothing to count from: on a then not b within D"),
    (r"^$", r"^not$", "pattern", "nothing to count from: on a then not b within D"),
    (r"^$", r"^every$", "pattern", "a schedule is a key of its own: every: monday at 09:00"),
    (r"^every$", r"", "pattern", "a schedule is a key of its own: every: monday at 09:00"),
    (r"", r"^when$", "pattern", "`when` is a key of its own"),
    (r"", r"^and$", "pattern", "one or another: a or b; one after the other: a then b; one alone: a then not b within 2h"),
    (r"^$", r"^['\"]", "pattern", "event names are identifiers: map them under foreign_names in rtj.yaml"),
    (r"", r"^,$", "pattern", "one event or another: a or b"),
    (r"", r"^(,|and|or)$", "channels", "`push else email` tries one after the other; for both, send twice"),
    (r"\w$", r"^to$", "channels", "the address is the channel's, in rtj.yaml"),
    (r"^tomorrow$", r"", "moment wait", "write until 09:00 on today() + 1 day"),
    (r"\buntil tomorrow$", r"", "moment wait", "write until 09:00 on today() + 1 day"),
    (r"=$", r"^=", "assigns pairs", "one `=` here"),
    (r"", r"^==$", "assigns pairs", "one `=` here"),
    (r"", r"^:$", "pairs", "write name = value"),
    (r"^\w+$", r"^=$", "assigns", "what is set is an attribute: profile.tier = 'gold'"),
    (r"\bin \S+$", r"^,$", "", "a list stands in brackets: x in [a, b]"),
    (r"", r"^(am|pm|AM|PM)$", "", "hours go from 00 to 23: 21:00"),
    (r"^$", r"^\d", "again", "write after 7d"),
    (r"^$", r"^\d", "runs", "write from 2026-01-01 to 2026-12-31"),
    (r"^at$", r"", "schedule", "say how often: day at 09:00"),
    (r"", r"^on$", "schedule", "on stands behind week, month or a number of them: month on 1"),
)
UNIT_WORDS = ["day", "days", "week", "weeks", "month", "months", "quarter", "quarters", "year", "years"]
DAY_WORDS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "weekday", "weekend"]
KEYWORD_CUTOFF = 0.7  # likeness of a word to one of the grammar
NEAR = 200  # characters before a mistake that hints look at
LEXEME = re.compile(r"&&|\|\||=~|={1,3}|[<>!]=|<>|\?\?|\d{4}-\d\d-\d\d|\d\d:\d\d|\w+|.", re.S)


def phrase_error(located: Located, error: UnexpectedInput, start: str) -> Diagnostic:
    """Make lark's error a diagnostic at the exact token."""
    text = located.text
    at = place(error, text)
    match = LEXEME.match(text, at) if text[at:].strip() else None
    read = match.group() if match else ""
    wanted = expected(error)
    span = located.piece(at, at + len(read))
    if not text.strip():
        return Diagnostic("E301", f"expected {_expected(wanted, start)}; found nothing", located.piece(0, 0))
    if read[:1] in ("'", '"'):
        if _unclosed(text, at):
            return Diagnostic("E301", "a text that is not closed", located.piece(at, len(text)), f"close it with {read[0]}")
        read = re.match(r"(['\"]).*?\1", text[at:], re.S)[0]  # type: ignore[index]
        span = located.piece(at, at + len(read))
    found = f"`{read}`" if read else "the end"
    hint = (
        "two digits: 09:00"
        if re.match(r"\d:\d\d", text[at:])
        else _hint(text[max(0, at - NEAR) : at].rstrip(), read, start, wanted)
    )
    return Diagnostic("E301", f"expected {_expected(wanted, start)}; found {found}", span, hint)


def place(error: UnexpectedInput, text: str) -> int:
    """Where the first thing stands that does not fit; the end of what was written when something is missing there."""
    from lark.exceptions import UnexpectedToken

    at: int | None = getattr(error, "pos_in_stream", None)
    if at is None or at < 0 or (isinstance(error, UnexpectedToken) and error.token.type == "$END"):
        return len(text.rstrip())
    return at


def _unclosed(text: str, at: int) -> bool:
    return re.match(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"", text[at:]) is None


def expected(error: UnexpectedInput) -> set[str]:
    """Names of the terminals that could stand here."""
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

    if isinstance(error, UnexpectedToken):
        return set(error.accepts) or {"$END"}
    if isinstance(error, UnexpectedCharacters):
        allowed: set[str] | None = error.allowed
        wanted = set(allowed or ()) - {"COMMENT", "__IGNORE_0"}
        return wanted & (OPERATORS | {"$END"}) if "AND" in wanted else wanted  # the rest belongs to other phrases
    return set()


def keywords(wanted: set[str]) -> list[str]:
    """The words of the grammar that could stand where these terminals could."""
    words = sorted(t.lower() for t in wanted if t.isalpha() and t not in WORDS)
    words += UNIT_WORDS if "UNIT" in wanted else []
    return words + (DAY_WORDS if "DAY" in wanted else [])


def _word(terminal: str) -> str:
    return WORDS.get(terminal, f"`{terminal.lower()}`")


def _expected(wanted: set[str], start: str) -> str:
    """In a few words: a group instead of its members, at most eight."""
    rest = set(wanted)
    groups: list[str] = []
    if {"NAME", "JOINING"} <= rest:
        groups.append("an event")
        rest -= {"NAME", "LPAR", "NUMBER"}
    elif {"NAME", "NUMBER", "LPAR"} <= rest:
        groups.append("a value" if start in ("wait", "moment") else "a value or condition")
        rest -= VALUES
    elif "AND" in rest:
        groups.append("an operator (and, ==, + …)")
        rest -= OPERATORS | {"LPAR"} | ({"UNIT"} if start == "expr" else set())
    end = ["the end"] if "$END" in rest else []
    names = sorted(map(_word, rest - {"$END"}), key=lambda w: (w.startswith("`"), w))
    shown = groups + names[: 8 - len(groups)] + (["…"] if len(names) > 8 else []) + end
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " or " + shown[-1]


def _hint(before: str, read: str, start: str, wanted: set[str]) -> str:
    for behind, what, starts, hint in PLACE_HINTS:
        if (not starts or start in starts.split()) and re.search(behind, before) and re.search(what, read):
            return hint
    near = difflib.get_close_matches(read.lower(), keywords(wanted), 1, KEYWORD_CUTOFF) if read else []
    if not near and len(read) > 1:  # `mon` is no typing error
        begun = [word for word in keywords(wanted) if word.startswith(read.lower())]
        near = begun if len(begun) == 1 else []
    if near:
        return f"did you mean `{near[0]}`?"
    return next((hint for what, hint in FOUND_HINTS if re.search(what, read)), "")
