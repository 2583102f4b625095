"""What people type by habit into a phrase, and what they mean: `=` for `==`, `&&`, “smart quotes”, full-width signs, `2 hours`.

A slip is mended only if the grammar takes the whole phrase afterwards; several slips of one phrase are mended together.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rtj.base.diagnostic import Diagnostic, Fix
from rtj.lang.mending import LONGEST, Change, mended, shortened
from rtj.lang.phrase_errors import DAY_WORDS, KEYWORD_CUTOFF, expected, keywords, place
from rtj.lang.phrase_forms import FormBuilder
from rtj.lang.scalar_map import Located

if TYPE_CHECKING:
    from lark import Lark, Token, Tree
    from lark.exceptions import UnexpectedInput

SLIPS_MAX = 20  # of one phrase
DAY_LETTERS = 3  # of the name of a day at least
DAYS_MEANT = {"workday": "weekday", "workdays": "weekday", "weekends": "weekend"}
NEAR = 200  # characters before a mistake that are looked at


class Row(NamedTuple):
    """`read` matches where the grammar stops, `behind` ends there; what its first group matched is replaced as well. The row
    holds for the start symbols `starts` (none: for all) and where the terminal `wants` could stand. In `write`, {b1}, {b2} and
    {r1}, {r2} are groups of `behind` and `read`. `safe`: nothing else can have been meant."""

    behind: str
    read: str
    write: str
    safe: bool = True
    wants: str = ""
    starts: str = ""


WHOLE = r"(?<![\w.])((\d+)\s*)$"
HOURS, MINUTES = r"(?i:hours?|hrs?)\b", r"(?i:minutes?|mins?)\b"
SECONDS, MILLISECONDS = r"(?i:seconds?|secs?)\b", r"(?i:milliseconds?|millis|msecs?)\b"
NOTHING = r"(?i:null|none|nil)\b"
ROWS = (
    Row("", r"=(?![=<>!])", "==", False, "CMP", "pairs assigns"),
    Row("", r"=(?![=<>!])", "==", wants="CMP"),
    Row("", r"=<", "<=", wants="CMP"),
    Row("", r"=>", ">=", wants="CMP"),
    Row("", r"=!", "!=", False, "CMP"),
    Row(r"(?<![=!<>])[=!]=$", r"=(?![=<>])", ""),
    Row(r"(<)$", r">", "!="),
    Row("", r"[≤⩽]", "<=", wants="CMP"),
    Row("", r"[≥⩾]", ">=", wants="CMP"),
    Row("", r"≠", "!=", wants="CMP"),
    Row("", r"&&", "and", wants="AND"),
    Row("", r"&", "and", False, "AND"),
    Row("", r"\|\|", "??", False, "DEFAULT", "pairs assigns"),
    Row("", r"\|\|", "or", wants="OR"),
    Row("", r"\|", "or", False, "OR"),
    Row(r"(?<!\w)(NOT|Not)\s+$", r"(?=[\w('\"])", "not"),
    Row("", r"(?i:eq|equals)\b", "==", False, "CMP"),
    Row("", r"(?i:ne)\b", "!=", False, "CMP"),
    Row("", r"(?i:gt)\b", ">", False, "CMP"),
    Row("", r"(?i:gte|ge)\b", ">=", False, "CMP"),
    Row("", r"(?i:lt)\b", "<", False, "CMP"),
    Row("", r"(?i:lte|le)\b", "<=", False, "CMP"),
    Row(r"\bis(?: not)?\s+$", NOTHING, "missing"),
    Row(r"\bis\s+$", r"(?i:present|set|known|defined)\b", "not missing", False),
    Row(r"\bis\s+(not\s+)$", r"(?i:present|set|known|defined)\b", "missing", False),
    Row(WHOLE, HOURS, "{b2}h"),
    Row(WHOLE, MINUTES, "{b2}m"),
    Row(WHOLE, SECONDS, "{b2}s"),
    Row(WHOLE, MILLISECONDS, "{b2}ms"),
    Row(r"(?<![\w.])((\d+)\s+)$", r"(ms|s|m|h|d|w)\b", "{b2}{r1}"),
    Row("", r"(\d+)" + HOURS, "{r1}h"),
    Row("", r"(\d+)" + MINUTES, "{r1}m"),
    Row("", r"(\d+)" + SECONDS, "{r1}s"),
    Row("", r"(\d+)" + MILLISECONDS, "{r1}ms"),
    Row("", r"(\d+)((?:day|week|month|quarter|year)s?)\b", "{r1} {r2}"),
    Row("", r"(\d+)(?i:mon?|mos|mths?)\b", "{r1} month"),
    Row("", r"(\d+)M\b", "{r1} month", False),
    Row("", r"(\d+)[yY](?:rs?)?\b", "{r1} year"),
    Row("", r"(\d+)[qQ]\b", "{r1} quarter"),
    Row("", r"(\d+)D\b", "{r1}d"),
    Row("", r"(\d+)H\b", "{r1}h"),
    Row(r"\d(?:ms|[smhdw])(\s+)$", r"(?=\d+(?:ms|[smhdw])\b)", ""),
    Row(r"((\d+\s*[a-z]+)\s+)$", r"ago\b", "now() - {b2}", False, "", "expr"),
    Row(r"\)\s*$", r"(?:last|past|within|for)(?:\s+the)?(?:\s+last)?(?=\s+\d)", "over", False, "", "expr"),
    Row(r"^\s*(for\s+)$", r"(?=\d)", "", True, "", "wait"),
    Row(r"(?:day|weekend)\s+$", r"(?=\d\d?:\d\d)", "at ", True, "", "wait moment schedule"),
    Row(r"^\s*$", r"hours?\b", "1h", True, "", "schedule"),
    Row(r"^\s*$", r"minutes?\b", "1m", True, "", "schedule"),
    Row(r"per\s+$", r"hour\b", "1h", True, "", "at_most"),
    Row(r"per\s+$", r"minute\b", "1m", True, "", "at_most"),
    Row(r"per\s+$", r"second\b", "1s", True, "", "at_most"),
    Row(r"\d$", r"/\s*(?=\w)", " per ", True, "", "at_most"),
    Row(r"^\s*$", r"(\d+)[xX×](?=\s)", "{r1}", True, "", "pattern"),
    Row(r"\d\s+((?:times|[xX×])\s+)$", r"(?=\w)", "", True, "", "pattern"),
    Row(r"^\s*$", r"(?:once|no|none|false|off)\b", "never", False, "", "again"),
    Row(r"^\s*$", r"(?:yes|true|on|any time|every time|each time)\b", "always", False, "", "again"),
    Row(r"(?<![\d:.])(\d)$", r"(:[0-5]\d)(?![\w:])", "0{b1}{r1}"),
    Row("", r"(\d:[0-5]\d)(?![\w:])", "0{r1}"),
    Row("", r"(\d\d)：([0-5]\d)(?!\w)", "{r1}:{r2}"),
    Row("", r"==?(?!=)", "=", True, "EQUAL", "assigns pairs"),
    Row(r"\w$", r":(?=\s)", " =", True, "EQUAL", "assigns pairs"),
    Row("", r":=?", "=", True, "EQUAL", "assigns pairs"),
    Row(r"(?<![=!<>])=$", r"=(?!=)", "", True, "", "assigns pairs"),
    Row("", r"(\d+)\s*[xX×]", "{r1} times", starts="times"),
    Row(r"^\s*$", r"(?=\d+[a-z ])", "after ", True, "", "again"),
    Row(r"^\s*$", r"(?=\d{4}-\d\d-\d\d)", "from ", True, "", "runs"),
    Row(r"^\s*(joins|enters|joined|entered|in|into)\s+$", r"(?=\w)", "joining", False, "", "pattern"),
    Row(r"^\s*(leaves|exits|left|exited)\s+$", r"(?=\w)", "leaving", False, "", "pattern"),
    Row(r"\b(?:joining|leaving|for)\s+(audience\s+)$", r"(?=\w)", "", True, "", "pattern"),
    Row(r"\b(?:joining|leaving|for)\s+(audience)$", r"[.]\s*", "", True, "", "pattern"),
    Row("", r"\$(?=[A-Za-z_])", "", False),
    Row("", r" *[;,.](?=\s*$)", "", False),
)
QUOTES = {"“": "”", "„": "”“", "”": "”", "‘": "’", "‚": "’‘", "’": "’", "«": "»", "»": "«", "「": "」", "『": "』", "＂": "＂",
          "＇": "＇", "`": "`´", "´": "´"}  # fmt: skip
SURE_QUOTES = "“„”‘‚’«「『＂＇"
LOOKALIKES = {"−": "-", "、": ",", "。": ".", "\u200b": "", "\u200c": "", "\u2060": "", "\ufeff": "", "\u200e": "", "\u200f": ""}
UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
UNITS = r"(ms|s|m|h|d|w|(?i:hours?|hrs?|minutes?|mins?|seconds?|secs?))\b"


class Slip(NamedTuple):
    """Changes of the text that mend one slip."""

    changes: tuple[Change, ...]
    safe: bool


class Draft:
    """A text under way: each character with its place in the first one (None: it was put in)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.origin: list[int | None] = list(range(len(text)))
        self.length = len(text)

    def apply(self, slip: Slip) -> None:
        for start, end, text in reversed(slip.changes):
            self.text = self.text[:start] + text + self.text[end:]
            self.origin[start:end] = [None] * len(text)

    def changes(self) -> list[Change]:
        """What differs from the first text."""
        found: list[Change] = []
        at, put = 0, ""
        for character, origin in [*zip(self.text, self.origin, strict=True), ("", self.length)]:
            if origin is None:
                put += character
                continue
            if put or origin > at:
                found.append(Change(at, origin, put))
            at, put = origin + 1, ""
        return found


def mend_phrase(
    located: Located,
    start: str,
    build: Callable[[FormBuilder, Tree[Token]], object],
    parser: Lark,
    error: UnexpectedInput,
) -> Fix | None:
    """A fix for a phrase that `parser` does not take from the start symbol `start`: after it the grammar takes the phrase, and
    all in it exists. None when the mistake is no known slip."""
    from lark.exceptions import UnexpectedInput as NotTaken

    if not located.exact or len(located.text) > LONGEST:
        return None
    draft, safe = Draft(located.text), True
    for _ in range(SLIPS_MAX):
        slip = _slip(draft.text, place(error, draft.text), start, expected(error))
        if slip is None:
            return None
        draft.apply(slip)
        safe = safe and slip.safe
        try:
            tree = parser.parse(draft.text, start=start)
        except NotTaken as again:
            error = again
            continue
        found: list[Diagnostic] = []
        build(FormBuilder(Located(draft.text, located.span, exact=False), found), tree)
        edits = mended(located, draft.changes()) if not found else None
        return Fix(f"write `{shortened(draft.text)}`", edits, safe) if edits else None
    return None


def _slip(text: str, at: int, start: str, wanted: set[str]) -> Slip | None:
    """The slip at a place where the grammar stops."""
    for row in ROWS:
        if (row.starts and start not in row.starts.split()) or (row.wants and row.wants not in wanted):
            continue
        found = _by_row(row, text, at)
        if found is not None:
            return found
    for way in (_negation, _quotes, _decimal, _noon, _weekday, _lookalike):
        found = way(text, at)
        if found is not None:
            return found
    return _keyword(text, at, wanted)


def _by_row(row: Row, text: str, at: int) -> Slip | None:
    read = re.compile(row.read).match(text, at)
    near = max(0, at - NEAR)
    behind = re.search(row.behind, text[near:at])
    if read is None or behind is None:
        return None
    cut, end = (near + behind.start(1) if behind.re.groups else at), read.end()
    if cut < at == end:  # only what stands before is replaced
        end = near + behind.end(1)
    groups = {f"b{i}": g for i, g in enumerate(behind.groups(), 1)} | {f"r{i}": g for i, g in enumerate(read.groups(), 1)}
    return Slip((_padded(text, Change(cut, end, row.write.format(**groups))),), row.safe)


def _padded(text: str, change: Change) -> Change:
    """Words do not run into each other."""
    start, end, new = change
    left = " " if new[:1].isalnum() and text[:start][-1:].isalnum() else ""
    right = " " if new[-1:].isalnum() and (text[end : end + 1].isalnum() or text[end : end + 1] in "_'\"") and text[end:] else ""
    return Change(start, end, f"{left}{new}{right}")


def _negation(text: str, at: int) -> Slip | None:
    """`!x`. It binds closer than `not`, so only before a whole operand is it the same."""
    if text[at : at + 1] != "!" or text[at + 1 : at + 2] == "=":
        return None
    operand = re.compile(r"!\s*(?:[A-Za-z_][\w.]*\s*(?=\()|[A-Za-z_][\w.]*|(?=\())").match(text, at)
    end = operand.end() if operand else at + 1
    if operand and text[end : end + 1] == "(":
        end = _closing(text, end)
    alone = re.compile(r"\s*(?:$|[)\],]|(?:and|or|then|else|AND|OR)\b|&&|\|\|)").match(text, end) is not None
    blanks = re.compile(r"!\s*").match(text, at)
    assert blanks is not None
    return Slip((_padded(text, Change(at, blanks.end(), "not ")),), operand is not None and alone)


def _closing(text: str, start: int) -> int:
    """Behind the bracket that closes the one at `start`; the end of the text when there is none."""
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if depth == 0:
            return i + 1
    return len(text)


def _quotes(text: str, at: int) -> Slip | None:
    """“gold”, `gold`, and 'gold’: a text that begins straight and ends otherwise."""
    opening = text[at : at + 1]
    if opening in ("'", '"'):
        end = re.compile(r"[^'\"\\\n‘’“”´`]*([’‘”“´`])").match(text, at + 1)
        return Slip((Change(end.start(1), end.end(1), opening),), False) if end else None
    if opening not in QUOTES or not opening:
        return None
    end = re.compile(rf"[^\\\n{re.escape(QUOTES[opening])}]*([{re.escape(QUOTES[opening])}])").match(text, at + 1)
    if end is None:
        return None
    inner = text[at + 1 : end.start(1)]
    straight = next((q for q in ("'", '"') if q not in inner), None)
    if straight is None:
        return None
    return Slip((Change(at, at + 1, straight), Change(end.start(1), end.end(1), straight)), opening in SURE_QUOTES)


def _decimal(text: str, at: int) -> Slip | None:
    """`1.5h` is 90m, if it is a whole number of some unit."""
    behind = re.search(r"(?<![\w.])(\d{1,6}\.)(\d{1,6}\s*)?$", text[max(0, at - NEAR) : at])
    read = re.compile(rf"(\d{{1,6}})?\s*{UNITS}").match(text, at)
    if behind is None or read is None or (behind[2] is None) == (read[1] is None):
        return None
    whole, part, word = int(behind[1][:-1]), (behind[2] or read[1]).strip(), read[2].lower()
    unit = word if word in UNIT_MS else word[0]
    scaled = (whole * 10 ** len(part) + int(part)) * UNIT_MS[unit]
    ms, rest = divmod(scaled, 10 ** len(part))
    written = next((f"{ms // UNIT_MS[u]}{u}" for u in ("h", "m", "s", "ms") if ms % UNIT_MS[u] == 0), None)
    if rest or written is None:
        return None
    return Slip((_padded(text, Change(at - len(behind[0]), read.end(), written)),), True)


def _noon(text: str, at: int) -> Slip | None:
    """`9 am`, `9:30pm`. At twelve people differ."""
    near = max(0, at - NEAR)
    for begin in range(near, at + 1):
        read = re.compile(r"(?<![\w:.])(1[0-2]|0?[1-9])(?::([0-5]\d))?\s*([aApP])\.?[mM]\b\.?").match(text, begin)
        if read is not None and read.end() > at:
            hour = int(read[1]) % 12 + (12 if read[3] in "pP" else 0)
            change = _padded(text, Change(begin, read.end(), f"{hour:02}:{read[2] or '00'}"))
            return Slip((change,), int(read[1]) != 12)
    return None


def _weekday(text: str, at: int) -> Slip | None:
    """`Monday at 09:00`, `mon at 09:00`, `weekdays at 09:00`: read as a name."""
    day = re.search(r"(?<![\w.])([A-Za-z]+)\s*$", text[max(0, at - NEAR) : at])
    if day is None or day[1] in DAY_WORDS:
        return None
    word = day[1].lower()
    short = [whole for whole in DAY_WORDS if len(word) >= DAY_LETTERS and whole.startswith(word) and not whole.startswith("week")]
    meant = word if word in DAY_WORDS else DAYS_MEANT.get(word) or (short[0] if len(short) == 1 else None)
    meant = meant or (word[:-1] if word[:-1] in DAY_WORDS else None)
    if meant is None:
        return None
    start = max(0, at - NEAR) + day.start(1)
    return Slip((Change(start, start + len(day[1]), meant),), True)


def _lookalike(text: str, at: int) -> Slip | None:
    """Full-width signs, unusual blanks, invisible characters: what they look like."""
    end, written = at, ""
    while end < len(text) and not text[end].isascii():
        plain = LOOKALIKES.get(text[end], unicodedata.normalize("NFKC", text[end]))
        if not plain.isascii():
            break
        written += plain
        end += 1
    if end == at:
        return None
    if not text[:at].strip() or not text[end:].strip():
        written = written.strip()
    return Slip((Change(at, end, written),), True)


def _keyword(text: str, at: int, wanted: set[str]) -> Slip | None:
    """A word of the grammar in capitals, or misspelt."""
    read = re.compile(r"[A-Za-z]+\b").match(text, at)
    if read is None:
        return None
    words = keywords(wanted)
    if read[0].lower() in words and read[0].lower() != read[0]:
        return Slip((Change(at, read.end(), read[0].lower()),), True)
    near: Sequence[str] = difflib.get_close_matches(read[0].lower(), words, 1, KEYWORD_CUTOFF)
    return Slip((Change(at, read.end(), near[0]),), False) if near and near[0] != read[0] else None
