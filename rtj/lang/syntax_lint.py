"""The syntax tree of what a project says to its linter: the sections `lint:` and `rules:`. `rtj.lang.syntax` re-exports it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from rtj.lang.syntax_phrases import Expr, Name, Spanned, Text, Truth

Level: TypeAlias = Literal["off", "info", "warning", "error"]
FailOn: TypeAlias = Literal["error", "warning", "never"]


@dataclass(frozen=True, slots=True)
class Graded(Spanned):
    """`W204: error`: how much a code, a name or a prefix of codes weighs."""

    name: Text
    level: Level


@dataclass(frozen=True, slots=True)
class LintPath(Spanned):
    """What is different in the files that match `name`, a pattern relative to the file in which it stands."""

    name: Text
    ignore: tuple[Text, ...] = ()
    severity: tuple[Graded, ...] = ()


@dataclass(frozen=True, slots=True)
class FailLevel(Spanned):
    """`fail_on: warning`: what makes a run fail."""

    value: FailOn


@dataclass(frozen=True, slots=True)
class Lint(Spanned):
    """`lint:`. `select` and `ignore` are codes, names of rules or prefixes of codes (`W2`); `select` empty: all. `baseline`:
    the file of known findings, relative to the file that names it."""

    select: tuple[Text, ...] = ()
    ignore: tuple[Text, ...] = ()
    severity: tuple[Graded, ...] = ()
    paths: tuple[LintPath, ...] = ()
    require_reason: Truth | None = None
    fail_on: FailLevel | None = None
    baseline: Text | None = None


@dataclass(frozen=True, slots=True)
class RuleMessage(Spanned):
    """`{send.id} needs an else`: `texts` with a value between each two of them."""

    texts: tuple[str, ...]
    values: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleDecl(Spanned):
    """A rule of the project's own: for each thing of the kind `each` for which `when` holds (None: all), `require` must hold
    (None: there must be no such thing)."""

    name: Name
    each: Text
    message: RuleMessage
    when: Expr | None = None
    require: Expr | None = None
    severity: Literal["info", "warning", "error"] = "warning"
