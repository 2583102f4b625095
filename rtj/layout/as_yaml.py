"""An outline in YAML: lists of flow mappings where one line is enough, else block style; quotes only where YAML needs them."""

from __future__ import annotations

from rtj.layout.comments import IGNORE
from rtj.layout.outline import Clause, Comment, Outline, Part, Unit, comment_lines, is_short
from rtj.layout.quoting import folds, scalar
from rtj.layout.widths import WIDTH, filled, width

STEP = 2
FIRST = ("id", "arm")  # in YAML these come before the word
TRIGGERS = ("enter", "goal", "exit")
CHANGES = ("moved", "dropped")
MOVE = {"from", "to"}


def yaml_text(outline: Outline) -> str:
    """The text of a file, with a final line end: a document for each journey."""
    lines: list[str] = []
    for journey in outline.journeys:
        if lines:
            lines.append("---")
        lines += comment_lines(journey.above, 0, first=True)
        lines += [""] * journey.gap
        lines += _journey(journey)
    lines += comment_lines(outline.tail, 0, first=not lines)
    return "".join([f"{line}\n" for line in lines])


# ---- journeys and headers


def _journey(unit: Unit) -> list[str]:
    headers, do = unit.parts
    lines = _clauses(unit, 0)
    by_word: dict[str, list[Unit]] = {word: [one for one in headers.units if one.word == word] for word in (*CHANGES, *TRIGGERS)}
    for number, one in enumerate(headers.units):
        if not one.word:
            lines += _raised(one, 0, blank=one.blank and number > 0)
            lines += _clauses(one, 0)
        elif one is by_word[one.word][0]:
            told = _changes if one.word in CHANGES else _triggers
            lines += told(by_word[one.word], blank=one.blank and number > 0)
    if not by_word["enter"]:
        lines.append("enter: []")
    if do.units:
        lines.append("do:")
        lines += _items(do, STEP)
    lines += comment_lines(do.inside, STEP, first=not do.units)
    return lines


def _raised(unit: Unit, indent: int, *, blank: bool) -> list[str]:
    """What stands above a unit."""
    return [*([""] * blank), *comment_lines(unit.above, indent, first=True), *([""] * unit.gap)]


def _triggers(units: list[Unit], *, blank: bool) -> list[str]:
    """One trigger as a mapping, several as a list."""
    word = units[0].word
    if len(units) == 1:
        (unit,) = units
        lines = _raised(unit, 0, blank=blank)
        short = _flow(unit)
        if short is not None and len(word) + 2 + width(short) <= WIDTH:
            return [*lines, f"{word}: {short}{_behind(unit.behind)}"]
        return [*lines, f"{word}:", *_clauses(unit, STEP)]
    lines = [*([""] * blank), f"{word}:"]
    for number, unit in enumerate(units):
        lines += _raised(unit, STEP, blank=unit.blank and number > 0)
        lines += _item(unit, STEP)
    return lines


def _changes(units: list[Unit], *, blank: bool) -> list[str]:
    """Old ids and new ones as a mapping; as a list where an id stands twice, or where the mapping would be taken for one item."""
    word, old = units[0].word, [unit.clauses[0].phrase[0] for unit in units]
    if len(set(old)) < len(old) or set(old) == MOVE:
        lines = [*([""] * blank), f"{word}:"]
        for number, unit in enumerate(units):
            lines += _raised(unit, STEP, blank=unit.blank and number > 0)
            lines += _item(unit, STEP)
        return lines
    short = f"{word}: {{{', '.join([_change(unit, flow=True) for unit in units])}}}"
    if _share_a_line(units) and width(short) <= WIDTH:
        return [*_raised(units[0], 0, blank=blank), f"{short}{_behind(units[-1].behind)}"]
    lines = [*([""] * blank), f"{word}:"]
    for number, unit in enumerate(units):
        lines += _raised(unit, STEP, blank=unit.blank and number > 0)
        for clause in unit.clauses:
            lines += comment_lines(clause.above, STEP, first=True)
        lines.append(" " * STEP + _change(unit, flow=False) + _behind(unit.behind))
    return lines


def _share_a_line(units: list[Unit]) -> bool:
    """Is nothing said of one of them alone?"""
    (first, *others) = units
    alone = any(unit.above or unit.remarked or unit.blank for unit in others) or any(unit.behind for unit in units[:-1])
    covered = bool(others) and any(IGNORE.match(comment.text) for comment in first.above)
    return not (alone or covered or first.remarked)


def _change(unit: Unit, *, flow: bool) -> str:
    old, new = unit.clauses
    return f"{_value(old, flow=flow)}: {_value(new, flow=flow)}"


# ---- units


def _items(part: Part, indent: int) -> list[str]:
    lines: list[str] = []
    for number, unit in enumerate(part.units):
        lines += _raised(unit, indent, blank=unit.blank and number > 0)
        lines += _item(unit, indent)
    return lines


def _item(unit: Unit, indent: int) -> list[str]:
    """A unit as an item of a list, without what stands above it."""
    margin = " " * indent
    short = _flow(unit)
    if short is not None and indent + 2 + width(short) <= WIDTH:
        return [f"{margin}- {short}{_behind(unit.behind)}"]
    lines = [*_clauses(unit, indent + STEP)]
    for part in unit.parts:
        lines += _block(part, indent + STEP, unit.clauses[0].key)
    lines[0] = f"{margin}- {lines[0].lstrip()}"
    return lines


def _block(part: Part, indent: int, lead: str) -> list[str]:
    """A key with the list below it, or on its line. `lead`: the word of its unit, which may be that key and stand there
    already."""
    margin = " " * indent
    if part.key != lead and is_short(part):
        told = _flow_list(part)
        if told is not None and indent + len(part.key) + 2 + width(told) <= WIDTH:
            return [f"{margin}{part.key}: {told}"]
    if not part.units and lead == "repeat":  # the one block that must have a value
        return [f"{margin}{part.key}: [", *comment_lines(part.inside, indent + STEP, first=True), f"{margin}]"]
    opened = part.key == lead
    lines = [] if opened else [f"{margin}{part.key}:"]
    return [*lines, *_items(part, indent + STEP), *comment_lines(part.inside, indent + STEP, first=not part.units)]


def _ordered(unit: Unit) -> list[Clause]:
    """The clauses in the order of YAML."""
    first = [clause for clause in unit.clauses if clause.key in FIRST]
    return first + [clause for clause in unit.clauses if clause.key not in FIRST]


def _clauses(unit: Unit, indent: int) -> list[str]:
    """Each clause on a line of its own, with its comments; that of the unit behind the last."""
    lines: list[str] = []
    margin = " " * indent
    clauses = _ordered(unit)
    for clause in clauses:
        if lines:
            lines += comment_lines(clause.above, indent, first=True)
        behind = _behind([*clause.behind, *(unit.behind if clause is clauses[-1] else ())])
        told = _value(clause, flow=False)
        if not told:
            lines.append(f"{margin}{clause.key}:{behind}")
        elif (
            width(margin) + len(clause.key) + 2 + width(told) > WIDTH
            and len(clause.phrase) > 1
            and folds(" ".join(clause.phrase))
        ):
            lines.append(f"{margin}{clause.key}: >-{behind}")
            lines += filled([(piece,) for piece in clause.phrase], indent + STEP, indent + STEP)
        else:
            lines.append(f"{margin}{clause.key}: {told}{behind}")
    return lines


def _value(clause: Clause, *, flow: bool) -> str:
    """What stands behind the key; nothing where a list follows or where nothing was said."""
    if not clause.phrase:
        return "null" if clause.kind == "text" else ""
    return scalar(" ".join(clause.phrase), flow=flow, phrase=clause.kind != "text")


# ---- flow style


def _flow(unit: Unit) -> str | None:
    """The unit on one line; None when it has too much for that."""
    if unit.remarked or any(part.key not in ("do", "else") or not is_short(part) for part in unit.parts):
        return None
    if len(unit.clauses) == 1 and unit.clauses[0].key == "exit" and not unit.clauses[0].phrase:
        return "exit"
    told = [f"{clause.key}: {_value(clause, flow=True)}" for clause in _ordered(unit) if clause.kind != "head"]
    told += [f"{part.key}: {_flow_list(part)}" for part in unit.parts if part.units or not _understood(unit, part)]
    return f"{{{', '.join(told)}}}"


def _understood(unit: Unit, part: Part) -> bool:
    """An empty block that need not be written: that of a case or an arm of a branch."""
    return part.key == "do" and unit.clauses[0].key in ("on", "when", "after", "until")


def _flow_list(part: Part) -> str | None:
    return f"[{', '.join([str(_flow(unit)) for unit in part.units])}]"


def _behind(comments: list[Comment]) -> str:
    return "".join([f"  {comment.text}" for comment in comments])
