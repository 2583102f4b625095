"""A difference as one page that needs nothing else: the changes as tables, and what people get, light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from rtj.ir.comparison import Comparison, Shift
from rtj.plan.changes import Diff
from rtj.report.diff_behaviour import COLUMNS, behaviour
from rtj.report.diff_numbers import Number
from rtj.report.diff_places import Places
from rtj.report.diff_sections import LEVEL_WORDS
from rtj.report.diff_text import Note, Part, Row, told
from rtj.report.findings_review import quoted
from rtj.report.moments import counted
from rtj.report.picture_html import inline
from rtj.report.picture_style import page_colours, style_sheet
from rtj.report.picture_svg import Drawing

_STYLE = """
body{max-width:1200px;margin:0 auto;padding:16px;font:14px/1.5 system-ui,sans-serif;background:var(--ground);color:var(--ink)}
table{border-collapse:collapse;width:100%}td,th{border-top:1px solid var(--line);padding:5px 8px;text-align:left;
vertical-align:top;overflow-wrap:anywhere;unicode-bidi:plaintext}small{color:var(--soft)}.breaking{color:#d1453b}
.needs-migration{color:#b97a00}.behaviour{color:#3b82e0}.safe,.none{color:#2a9d62}summary{cursor:pointer;padding:6px 0}
.id{white-space:nowrap}.what{width:40%}.text{min-width:7em}.figure{text-align:right;white-space:nowrap}code{overflow-wrap:anywhere;unicode-bidi:plaintext}.earlier{fill:#3b82e0}.later{fill:#b97a00}
text.bin{fill:var(--ink);font-size:12px}figure{margin:0;overflow-x:auto}figure svg{display:block;height:auto}
.key b{font-weight:600;padding:0 5px;border:2px solid}.key .added{border-color:#1a9d57}.key .removed{border:2px dashed #d1342c}
.key .changed{border-color:#d08700}
"""
_BAR = 300  # pixels of the longest bar
_KEY = (
    '<p class="key"><small><b class="added">added</b> <b class="removed">removed</b> <b class="changed">changed</b>'
    "{people}</small></p>"
)


def page(diff: Diff, comparison: Comparison | None, places: Places, drawings: Mapping[str, Drawing] | None = None) -> bytes:
    """The page, in UTF-8. `drawings`: both versions of journeys in one picture, by the name of the journey."""
    report = told(diff, places)
    title = f"{report.old} → {report.new}"
    counts = ", ".join([*(words for words, _ in report.counts), *([report.lost] if report.lost else [])])
    body = [f"<h1>{escape(title)}</h1>"]
    body.append("<p>no difference</p>" if report.same else f"<p><b>{escape(counts)}</b></p>")
    body += [f"<ul>{''.join(f'<li>{_quoted(words)}</li>' for words in report.todo)}</ul>"] if report.todo else []
    drawn = drawings or {}
    body += [_part(part, drawn.get(part.name) if part.title == "journey" else None) for part in report.parts]
    undrawn = sum(part.status == "changed" and part.title == "journey" and part.name not in drawn for part in report.parts)
    body += [f"<p><small>{counted(undrawn, 'journey')} without a graph</small></p>"] if drawn and undrawn else []
    for branch in report.lineage:
        body.append(f"<h3>indirectly: {escape(branch.cause)}</h3><table>")
        body += [_row(row, name) for name, row in branch.uses]
        body.append(f"</table>{_small(branch.more)}")
    body += [f"<p>{escape(report.more)}</p>"] if report.more else []
    body += [_behaviour(comparison)] if comparison is not None else []
    body += [f"<p><small>{_quoted(remark)}</small></p>" for remark in report.remarks]
    style = page_colours("auto") + _STYLE + (style_sheet("auto", "figure") if drawn else "")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{style}</style></head><body>\n" + "\n".join(body) + "\n</body></html>\n"
    ).encode("utf-8", "replace")


def _part(part: Part, drawing: Drawing | None) -> str:
    level = "lost" if part.status == "lost" else LEVEL_WORDS[part.level]
    facts = f" <small>{_quoted(' · '.join(part.facts))}</small>" if part.facts else ""
    title = f"{part.title} <b>{escape(part.name)}</b>" if part.name else part.title
    head = f'{title} <b class="{"breaking" if part.status == "lost" else part.level}">{level}</b>{facts}'
    rows = "".join(_row(row, "") for row in part.rows)
    table = (f"<table>{rows}</table>" if rows else "") + _small(part.more) + (_figure(drawing) if drawing is not None else "")
    return f"<details open><summary>{head}</summary>{table}</details>" if table else f"<p>{head}</p>"


def _figure(drawing: Drawing) -> str:
    """A drawing as large as it is, with what its colours mean; who needs more room than the page has scrolls aside."""
    people = " numbers: people who stand there" if 'class="tally' in drawing.body else ""
    sized = inline(drawing).replace("<svg ", f'<svg width="{drawing.wide}" ', 1)
    return f"{_KEY.format(people=people)}<figure>{sized}</figure>"


def _small(text: str) -> str:
    return f"<small>{escape(text)}</small>" if text else ""


def _quoted(text: str) -> str:
    """Quoted pieces as code."""
    return "".join(f"<code>{escape(piece)}</code>" if place % 2 else escape(piece) for place, piece in enumerate(quoted(text)))


def _row(row: Row, name: str) -> str:
    notes = "".join(f"<br><small>{_note(note)}</small>" for note in row.notes)
    place = "" if row.place is None else escape(row.place.text)
    level = "waived" if row.waived else LEVEL_WORDS[row.level]
    what = f"<b>{escape(name)}</b> {escape(row.what)}" if name else escape(row.what)
    texts = "".join(
        f'<td class="text"><code>{escape(text)}</code></td>' if text else "<td></td>" for text in (row.before, row.after)
    )
    code = f'<td class="id">{escape(row.sign)} {escape(row.code)}</td><td class="id {row.level}">{level}</td>'
    return f'<tr>{code}<td class="what">{what}{notes}</td>{texts}<td><small>{place}</small></td></tr>'


def _note(note: Note) -> str:
    return f"write <code>{escape(note.text)}</code>" if note.kind == "write" else _quoted(note.text)


def _behaviour(comparison: Comparison) -> str:
    found = behaviour(comparison)
    out = [f"<h2>behaviour</h2><p><b>{escape(found.headline)}</b><br><small>{escape(found.scope)}</small></p>"]
    rows = [
        (m.journey, m.message, m.channel, *(f"{n:,}" if n or place < 2 else "" for place, n in enumerate(m.numbers)))
        for m in found.messages
    ]
    differ = [message.differ for message in found.messages]
    out.append(_table(("journey", "message", "channel", *COLUMNS), 3, rows, differ) + _more(found.more_messages))
    passages = [_number(number) for number in found.numbers]
    out.append(_table(("journey", "passages", "before", "after", "change", "other"), 2, passages) + _more(found.more_numbers))
    out.append(_histogram(found.shifts) if found.shifts else "")
    costs = [(cost.name, cost.before, cost.after, cost.change, cost.share) for cost in found.costs]
    out.append(_table(("cost", "before", "after", "change", "share"), 1, costs))
    out += [f"<p><code>{escape(who)}</code> {_quoted(why)}</p>" for who, why in found.examples]
    out += [f"<p><code>{escape(found.seen)}</code> <small>shows both timelines</small></p>"] if found.seen else []
    return "".join([*out, *(f"<p><small>{escape(remark)}</small></p>" for remark in found.remarks)])


def _number(number: Number) -> tuple[str, ...]:
    was, now = ("" if value is None else f"{value:,}" for value in (number.before, number.after))
    words = f"… {number.what}" if number.part else number.what
    return (
        number.journey,
        words,
        was,
        now,
        f"{number.change:+,}" if number.change else "",
        f"{number.other:,}" if number.other else "",
    )


def _table(heads: tuple[str, ...], names: int, rows: Sequence[tuple[str, ...]], sizes: Sequence[int] = ()) -> str:
    """So many columns of names, the others of figures, and a bar for each size."""
    if not rows:
        return ""
    heading = "".join(f"<th>{word}</th>" for word in heads[:names])
    heading += "".join(f'<th class="figure">{word}</th>' for word in heads[names:])
    out = [f"<table><tr>{heading}{'<th></th>' if sizes else ''}</tr>"]
    most = max(sizes, default=0) or 1
    for number, row in enumerate(rows):
        told = "".join(f"<td>{escape(cell)}</td>" for cell in row[:names])
        figures = "".join(f'<td class="figure">{escape(cell)}</td>' for cell in row[names:])
        out.append(f"<tr>{told}{figures}{f'<td>{_bar(sizes[number] / most)}</td>' if sizes else ''}</tr>")
    return "".join([*out, "</table>"])


def _bar(share: float) -> str:
    return f'<svg width="120" height="10"><rect class="earlier" width="{max(2, round(120 * share))}" height="10"/></svg>'


def _more(text: str) -> str:
    return f"<p><small>{escape(text)}</small></p>" if text else ""


def _histogram(shifts: tuple[Shift, ...]) -> str:
    """Bars of what comes earlier and later, a row for each length of shift."""
    most = max(max(shift.earlier, shift.later) for shift in shifts)
    rows = []
    for place, shift in enumerate(shifts):
        y = 20 * place
        early, late = round(_BAR * shift.earlier / most), round(_BAR * shift.later / most)
        rows.append(
            f'<text class="bin" x="330" y="{y + 13}" text-anchor="middle">{shift.bin}</text>'
            f'<rect class="earlier" x="{300 - early}" y="{y + 2}" width="{early}" height="14"/>'
            f'<rect class="later" x="360" y="{y + 2}" width="{late}" height="14"/>'
        )
    label = "how much earlier (left) and later (right) messages are"
    return f'<svg width="660" height="{20 * len(shifts)}" role="img" aria-label="{label}">{"".join(rows)}</svg>'
