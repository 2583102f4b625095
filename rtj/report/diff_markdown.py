"""A difference as a comment of a pull request: the level in the headline, a folded table for each journey, what people get."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from rtj.base.plain import one_line
from rtj.ir.comparison import Comparison
from rtj.plan.changes import Diff, Level
from rtj.report.diff_behaviour import COLUMNS, Message, behaviour, bin_words
from rtj.report.diff_numbers import Number
from rtj.report.diff_places import Places
from rtj.report.diff_sections import LEVEL_WORDS
from rtj.report.diff_text import Part, Report, Row, told
from rtj.report.findings_review import code_span, prose, quoted
from rtj.report.moments import counted
from rtj.report.picture import Picture, sketch, stops
from rtj.report.picture_fold import fold
from rtj.report.picture_mermaid import mermaid, too_large

CHARS_MAX = 65_536  # of a comment: a longer one GitHub refuses whole
GRAPH_BOXES = 60  # of one graph, more fold in which nothing differs
GRAPH_CHARS = 16_000  # of one graph: nobody reads a larger one in a comment
_TEXT_MAX = 400  # characters of one text in a table
_ROOM = 400  # for what is said of what has none
_BADGES: dict[Level, str] = {"breaking": "🔴", "needs-migration": "🟠", "behaviour": "🔵", "safe": "🟢", "none": "⚪"}
_ZERO_WIDTH = "\u200b"
_MARKUP = re.compile(r"[&<>`*_\[\]|#~\\]")
_LEGEND = "Added: green. Removed: red and dashed. Changed: amber."


def diff_markdown(
    diff: Diff,
    comparison: Comparison | None,
    places: Places,
    pictures: Mapping[str, Picture] | None = None,
    chars_max: int = CHARS_MAX,
) -> str:
    """The comment, in at most so many characters: what has no room is counted. `pictures`: both versions of journeys as one, by
    name; they get what room the rest leaves."""
    report = told(diff, places)
    if report.same:
        head = f"**rtj diff**: no difference from {_prose(report.old)} to {_prose(report.new)}.\n"
    else:
        head = _headline(report)
    blocks: list[str] = []
    graphs: dict[int, str] = {}  # by the place of the block behind which they stand
    for part in report.parts:
        if pictures and part.title == "journey" and (graph := _graph(part.name, pictures)):
            graphs[len(blocks)] = graph
        blocks.append(_part(part))
    if report.lineage:
        blocks.append(_lineage(report))
    if report.more:
        blocks.append(f"\n{_prose(report.more)}\n")
    if comparison is not None:
        blocks = [_behaviour(comparison), *blocks]
        graphs = {place + 1: graph for place, graph in graphs.items()}
    blocks += [f"\n> {_prose(remark)}\n" for remark in report.remarks]
    return _fitted(head, blocks, graphs, chars_max)


def _fitted(head: str, blocks: list[str], graphs: dict[int, str], chars_max: int) -> str:
    """What has room of the blocks, then of the graphs, each in its place; how much has none."""
    room = chars_max - _ROOM
    head = head[: max(0, room)]
    room -= len(head)
    kept: list[str] = []
    for block in blocks:
        kept.append(block if len(block) <= room else "")
        room -= len(kept[-1])
    left, undrawn = kept.count(""), 0
    for place, graph in graphs.items():
        if kept[place] and len(graph) <= min(room, GRAPH_CHARS) and not too_large(graph):
            kept[place] += graph
            room -= len(graph)
        else:
            undrawn += 1
    text = head + "".join(kept)
    text += f"\n{counted(undrawn, 'graph')} without room here; `rtj diff -o html=FILE` draws them.\n" if undrawn else ""
    return text + (f"\n{counted(left, 'more part')} without room here; `rtj diff --format json` has all.\n" if left else "")


def _graph(name: str, pictures: Mapping[str, Picture]) -> str:
    """Both versions of a journey as one graph, folded; "" where nothing in it differs."""
    picture = pictures.get(name)
    if picture is None:
        return ""
    drawn = replace(sketch(_small(picture)), heading="")
    marks = {box.mark for box in (*drawn.watches, *drawn.boxes)} | {link.mark for link in drawn.links}
    if marks == {""}:
        return ""
    summary = f"<details><summary>Graph of <b>{_html(name)}</b></summary>"
    return f"\n{summary}\n\n```mermaid\n{mermaid(drawn)}```\n\n{_LEGEND}\n\n</details>\n"


def _small(picture: Picture) -> Picture:
    """What does not differ folded, where there is much of it; all of it where much differs."""
    small, _ = fold(picture, GRAPH_BOXES)
    return picture if any(stop.box.kind == "more" and stop.box.mark for stop in stops(small.flow)) else small


def _headline(report: Report) -> str:
    counts = ", ".join(words for words, _ in report.counts)
    badge = f"{_BADGES[report.level]} **{LEVEL_WORDS[report.level]}**"
    if report.lost:
        badge = f"🔴 **{report.lost}**" if report.level == "none" else f"{badge}, {report.lost}"
    head = f"### rtj diff: {badge}\n\n{_prose(report.old)} → {_prose(report.new)}: {counts}.\n"
    return head + "".join(
        f"- {_prose(words)}\n" if place else f"\n- {_prose(words)}\n" for place, words in enumerate(report.todo)
    )


def _part(part: Part) -> str:
    facts = f" · {_html(' · '.join(part.facts))}" if part.facts else ""
    name = f"{part.title} <b>{_html(part.name)}</b>" if part.name else part.title
    level = "lost" if part.status == "lost" else LEVEL_WORDS[part.level]
    badge = "🔴" if part.status == "lost" else _BADGES[part.level]
    said = f"{badge} {name}: {level}{facts}"
    if not part.rows and not part.more:
        return f"\n{said}\n"
    head = f"\n<details><summary>{said}</summary>\n\n"
    table = "| | Change | Level | What | Was | Is | Where |\n|---|---|---|---|---|---|---|\n" if part.rows else ""
    more = f"\n{_prose(part.more)}\n" if part.more else ""
    return head + table + "".join(map(_row, part.rows)) + more + "\n</details>\n"


def _row(row: Row) -> str:
    notes = "".join(f"<br>write {_code(note.text)}" if note.kind == "write" else f"<br>{_prose(note.text)}" for note in row.notes)
    where = "" if row.place is None else code_span(_cut(row.place.text))
    level = "waived" if row.waived else LEVEL_WORDS[row.level]
    cells = (code_span(row.sign), row.code, level, _prose(row.what) + notes, _code(row.before), _code(row.after), where)
    return f"| {' | '.join(cells)} |\n"


def _lineage(report: Report) -> str:
    lines = ["\n<details><summary>Indirectly: journeys that use what has changed</summary>\n\n"]
    for branch in report.lineage:
        lines.append(f"- {_code(branch.cause)}\n")
        lines += [f"  - {_BADGES[row.level]} {_code(name)}: {LEVEL_WORDS[row.level]}\n" for name, row in branch.uses]
        lines += [f"  - {_prose(branch.more)}\n"] if branch.more else []
    return "".join(lines) + "\n</details>\n"


def _behaviour(comparison: Comparison) -> str:
    """The headline and what messages differ; the rest folded."""
    found = behaviour(comparison)
    text = f"\n#### Behaviour\n\n**{_prose(found.headline)}**\n"
    text += f"\n{_prose(found.scope)}\n" if found.scope else ""
    names = ("journey", "message", "channel")
    text += _table(names, COLUMNS, [_message(m) for m in found.messages])
    text += f"\n{_prose(found.more_messages)}\n" if found.more_messages else ""
    rest = _table(("journey", "passages"), ("before", "after", "change", "other"), [_number(n) for n in found.numbers])
    rest += f"\n{_prose(found.more_numbers)}\n" if found.more_numbers else ""
    bins: list[_Cells] = [((bin_words(s),), _figures((s.earlier, s.later))) for s in found.shifts]
    rest += _table(("earlier or later",), ("earlier", "later"), bins)
    costs: list[_Cells] = [((cost.name,), (cost.before, cost.after, cost.change, cost.share)) for cost in found.costs]
    rest += _table(("cost",), ("before", "after", "change", "share"), costs)
    if found.examples:
        rest += "\n" + "".join(f"- {_code(who)}: {_prose(why)}\n" for who, why in found.examples)
        rest += f"\n{_code(found.seen)} shows both timelines\n"
    if rest:
        summary = "Passages, shifts, cost and examples" if found.costs else "Passages, shifts and examples"
        text += f"\n<details><summary>{summary}</summary>\n{rest}\n</details>\n"
    return text + "".join(f"\n> {_prose(remark)}\n" for remark in found.remarks)


_Cells: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]  # names, and what stands to the right


def _message(message: Message) -> _Cells:
    was, now, *differ = message.numbers
    return (message.journey, message.message, message.channel), (f"{was:,}", f"{now:,}", *_figures(differ))


def _number(number: Number) -> _Cells:
    was, now = ("" if value is None else f"{value:,}" for value in (number.before, number.after))
    words = f"… {number.what}" if number.part else number.what
    return (number.journey, words), (was, now, f"{number.change:+,}" if number.change else "", *_figures((number.other,)))


def _figures(numbers: Iterable[int]) -> tuple[str, ...]:
    return tuple(f"{number:,}" if number else "" for number in numbers)


def _table(names: tuple[str, ...], heads: tuple[str, ...], rows: list[_Cells]) -> str:
    if not rows:
        return ""
    head = f"\n| {' | '.join((*names, *heads))} |\n|{'---|' * len(names)}{'---:|' * len(heads)}\n"
    return head + "".join(f"| {' | '.join((*map(_prose, told), *map(_prose, figures)))} |\n" for told, figures in rows)


def _cut(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= _TEXT_MAX else f"{line[:_TEXT_MAX]}…"


def _code(text: str) -> str:
    return code_span(_cut(text)) if text else ""


def _prose(text: str) -> str:
    """As what it is, and nobody is called: an `@` is parted from what stands behind it."""
    return prose(_cut(text)).replace("@", f"@{_ZERO_WIDTH}")


def _html(text: str) -> str:
    """Inside of a line of HTML, where Markdown may still be read."""
    pieces = quoted(_cut(text))
    shown = [_MARKUP.sub(lambda found: f"&#{ord(found[0])};", piece) for piece in pieces]
    line = "".join(f"<code>{piece}</code>" if place % 2 else piece for place, piece in enumerate(shown))
    return line.replace("@", f"@{_ZERO_WIDTH}")
