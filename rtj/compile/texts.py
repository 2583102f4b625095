"""The author's own words for expressions of a program: for who explains a condition by the text that stands in the project."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rtj.base.span import Span
from rtj.compile.naming import name_aggregates, name_trackers, rename
from rtj.ir.expr import Expr
from rtj.lang import syntax as s
from rtj.lang.checked import Checked

NAMED = re.compile(r"profile\.\w+")
UNSURE = ("\\", "''", '""', "#", ">-")  # marks of YAML within a piece of text: it may not be what was meant


@dataclass(frozen=True, slots=True)
class Texts:
    """`audiences`: by name, what the expressions of its condition are called there; `formulas`: those of computed attributes."""

    audiences: Mapping[str, Mapping[Expr, str]] = field(default_factory=dict)
    formulas: Mapping[Expr, str] = field(default_factory=dict)

    def within(self, audience: str) -> Mapping[Expr, str]:
        """The texts that count where an audience is explained."""
        return {**self.formulas, **self.audiences.get(audience, {})}


def texts_of_project(journeys: Sequence[Path] = (), project: Path | None = None) -> Texts:
    """The texts of a project that compiles; none for one that does not."""
    from rtj.compile.pipeline import analyse
    from rtj.lang.load import load_project

    loaded = load_project(journeys, project)
    found = analyse(loaded)
    return Texts() if found.compiled.program is None or loaded.project is None else texts_of(loaded.project, found.checked)


def texts_of(project: s.Project, checked: Checked) -> Texts:
    """What the project's audiences and computed attributes call the expressions that they are made of."""
    names = name_trackers(checked.trackers, name_aggregates(checked)[1])[1]
    conditions = {decl.name.text: decl.condition.span for decl in project.audiences if decl.condition is not None}
    formulas = [decl.formula.span for decl in project.profile if decl.formula is not None]
    trees = [(tree, rename(typed.expr, names)) for tree, typed in checked.typed.values()]
    return Texts(
        {name: _called((tree, expr) for tree, expr in trees if _is_in(tree.span, (span,))) for name, span in conditions.items()},
        _called((tree, expr) for tree, expr in trees if _is_in(tree.span, formulas)),
    )


def wordings(checked: Checked) -> dict[Expr, str]:
    """What the author called every expression of the project and its journeys, by the expression as the program has it."""
    names = name_trackers(checked.trackers, name_aggregates(checked)[1])[1]
    final: dict[Expr, Expr] = {}  # most parts of expressions stand in a project many times
    for _, typed in checked.typed.values():
        if typed.expr not in final:
            final[typed.expr] = rename(typed.expr, names)
    return _called((tree, final[typed.expr]) for tree, typed in checked.typed.values())


def _called(trees: Iterable[tuple[s.Expr, Expr]]) -> dict[Expr, str]:
    """Of two texts for one expression the name of an attribute counts, then the shorter."""
    found: dict[Expr, str] = {}
    for tree, expr in trees:
        text = " ".join(tree.span.text.split())
        if any(mark in text for mark in UNSURE):
            continue
        found[expr] = min(text, found.get(expr, text), key=_rank)
    return found


def _rank(text: str) -> tuple[bool, int]:
    return not NAMED.fullmatch(text), len(text)


def _is_in(span: Span, others: Sequence[Span]) -> bool:
    return any(span.source is other.source and other.start <= span.start and span.end <= other.end for other in others)
