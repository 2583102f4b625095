"""An outline in the journey language."""

from __future__ import annotations

from rtj.layout import phrases as p
from rtj.layout.outline import Clause, Comment, Outline, Part, Unit, comment_lines, is_short
from rtj.layout.widths import WIDTH, filled, width

STEP = 2  # blanks for each block
FURTHER = 4  # blanks before what continues a line
OPENERS = {"once": "once at", "arm": "", "share": "", "from": ""}  # words that are not the keys of YAML
LATER = frozenset(("key", "again", "while_inside", "backfill"))  # clauses of `enter` that stand together on a line of their own


def dsl_text(outline: Outline) -> str:
    """The text of a file, with a final line end."""
    lines: list[str] = []
    for journey in outline.journeys:
        if lines:
            lines.append("")
        lines += comment_lines(journey.above, 0, first=True)
        lines += [""] * journey.gap
        lines += _journey(journey)
    lines += comment_lines(outline.tail, 0, first=not lines)
    return "".join([f"{line}\n" for line in lines])


def _journey(unit: Unit) -> list[str]:
    headers, do = unit.parts
    lines = _head(unit, 0, " {")
    lines += _units(headers, STEP)
    body = _contents(do, STEP)
    if headers.units and body:
        lines.append("")
    return [*lines, *body, "}"]


def _contents(part: Part, indent: int) -> list[str]:
    return [*_units(part, indent), *comment_lines(part.inside, indent, first=not part.units)]


def _units(part: Part, indent: int) -> list[str]:
    lines: list[str] = []
    for number, unit in enumerate(part.units):
        lines += [""] * (unit.blank and number > 0)
        lines += comment_lines(unit.above, indent, first=True)
        lines += [""] * unit.gap
        lines += _unit(unit, indent)
    return lines


def _unit(unit: Unit, indent: int) -> list[str]:
    """A unit without what stands above it."""
    if _ends_with_head(unit):
        return _head(unit, indent, "")
    short = _on_one_line(unit)
    if short is not None and indent + width(short) <= WIDTH:
        return [" " * indent + short + _behind(unit.behind)]
    lines: list[str] = []
    for number, part in enumerate(unit.parts):
        empty = part is unit.parts[-1] and not (part.units or part.inside)
        opening = "{ }" if empty else "{"
        if number:
            lines.append(" " * indent + "} else " + opening)
        elif part.key == "else" and unit.clauses[0].key != "else":
            lines += _head(unit, indent, f" else {opening}")
        else:
            lines += _head(unit, indent, f" {opening}")
        if empty:
            return lines
        lines += _contents(part, indent + STEP)
    return [*lines, " " * indent + "}"]


def _ends_with_head(unit: Unit) -> bool:
    """A unit without a block, or `after 3d`, whose empty block need not be written."""
    if unit.clauses[0].key == "after":
        return not (unit.parts[0].units or unit.parts[0].inside)
    return not unit.parts


def _on_one_line(unit: Unit) -> str | None:
    """The unit with its blocks on one line; None when it has too much for that."""
    if unit.remarked or any(part.key not in ("do", "else") or not is_short(part) for part in unit.parts):
        return None
    told = [_line(unit)]
    for part in unit.parts:
        if part.key == "else" and unit.clauses[0].key != "else":
            told.append("else")
        told.append(f"{{ {_line(part.units[0])} }}" if part.units else "{ }")
    return " ".join(told)


def _line(unit: Unit) -> str:
    return " ".join([piece for phrase in _phrases(unit) for piece in phrase])


def _phrases(unit: Unit) -> list[p.Phrase]:
    """The clauses as they are written."""
    told = [_clause(clause) for clause in unit.clauses]
    if unit.word:
        told[0] = (f"{unit.word} {told[0][0]}", *told[0][1:])
    return told


def _clause(clause: Clause) -> p.Phrase:
    match clause.key:
        case "id":
            return (f"@{clause.phrase[0]}",)
        case "title":
            return (p.text(clause.phrase[0], '"'),)
        case "from" | "to":
            return (f"{OPENERS.get(clause.key, clause.key)} {clause.phrase[0]}".lstrip(),)
        case _ if clause.kind == "text":
            return (clause.key, p.text(clause.phrase[0], '"')) if clause.phrase else (clause.key,)
        case _ if clause.kind == "flag" or not clause.phrase:
            return (clause.key,)
        case _:
            word = OPENERS.get(clause.key, clause.key)
            return (f"{word} {clause.phrase[0]}".lstrip(), *clause.phrase[1:])


def _head(unit: Unit, indent: int, opening: str) -> list[str]:
    """The clauses of a unit, on one line if they fit; `opening` stands at their end, and the comment behind it."""
    margin = " " * indent
    phrases = _phrases(unit)
    behind = _behind(unit.behind)
    if unit.remarked:
        return _remarked(unit, phrases, indent, opening)
    whole = margin + _line(unit) + opening
    if width(whole) <= WIDTH:
        return [whole + behind]
    lines: list[str] = []
    for group in _groups(unit, phrases):
        lines += filled(group, indent + FURTHER if lines else indent, indent + FURTHER, opening)
    lines[-1] += opening + behind
    return lines


def _groups(unit: Unit, phrases: list[p.Phrase]) -> list[list[p.Phrase]]:
    """What may share a line: of `enter` who comes in, and how often."""
    if unit.word != "enter":
        return [phrases]
    later = [phrase for clause, phrase in zip(unit.clauses, phrases, strict=True) if clause.key in LATER]
    return [group for group in (phrases[: len(phrases) - len(later)], later) if group]


def _remarked(unit: Unit, phrases: list[p.Phrase], indent: int, opening: str) -> list[str]:
    """Each clause on a line of its own, with its comments."""
    lines: list[str] = []
    for clause, phrase in zip(unit.clauses, phrases, strict=True):
        further = indent + FURTHER if lines else indent
        lines += comment_lines(clause.above, further, first=True)
        lines += filled([phrase], further, indent + 2 * FURTHER, opening)
        lines[-1] += _behind(clause.behind)
    lines[-1] += opening + _behind(unit.behind)
    return lines


def _behind(comments: list[Comment]) -> str:
    return "".join([f"  {comment.text}" for comment in comments])
