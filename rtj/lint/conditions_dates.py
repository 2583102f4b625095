"""W320: a day that comes round every year, compared with today by its year too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rtj.base.diagnostic import Diagnostic, Edit, Fix
from rtj.lang import syntax as s
from rtj.lint.conditions_place import Trees, shorten
from rtj.lint.conditions_windows import children

CODE = "W320"
YEARLY = re.compile(
    r"(?:^|_)(?:birth_?(?:day|date)?|date_?of_?birth|dob|b_?day|born(?:_?(?:on|at))?|anniversary(?:_?date)?"
    r"|geburtstag|geburtsdatum|geboren(?:_?am)?|jahrestag|hochzeitstag|naissance|anniversaire|nacimiento|nascimento|compleanno)$"
)
THIS_YEAR = re.compile(r"(?:^|_)(?:next|this|coming|upcoming|current|last|latest|new|naechster?)(?:_|$)")
WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


def years_compared(tree: s.Expr, trees: Trees) -> Iterator[Diagnostic]:
    """Comparisons of a birthday for being today, in an expression and all below it."""
    todo = [tree]
    while todo:
        one = todo.pop()
        if isinstance(one, s.Binary) and one.op in ("==", "!=") and not trees.is_wrong(one):
            yield from _compared(one, trees)
        todo += children(one)


def _compared(tree: s.Binary, trees: Trees) -> Iterator[Diagnostic]:
    for date, clock in ((tree.left, tree.right), (tree.right, tree.left)):
        day = _attribute(_without_length(date))
        if day is None or not _is_today(_without_length(clock)) or not _comes_round(day.name.text, trees):
            continue
        of_all = (
            "only somebody who is born on that very day meets it" if tree.op == "==" else "nearly everybody meets it, every day"
        )
        message = f"`{shorten(tree)}` compares the year too: {of_all}"
        whole = _without_length(date)
        written = f"anniversary({shorten(whole)})"
        edits = (Edit(whole.span.start, whole.span.start, "anniversary("), Edit(whole.span.end, whole.span.end, ")"))
        plain = whole.span.text.startswith(("profile", "date"))
        fix = Fix(f"write `{written}`", edits) if plain else None
        yield Diagnostic(CODE, message, tree.span, f"`{written}` is the day of this year", (), "warning", fix)
        return


def _without_length(tree: s.Expr) -> s.Expr:
    """A day that lies some length beside it: `today() + 7d`."""
    if isinstance(tree, s.Binary) and tree.op in ("+", "-") and isinstance(tree.right, s.Length):
        return tree.left
    return tree


def _attribute(tree: s.Expr) -> s.Field | None:
    """`profile.birthday`, or `date(profile.birthday)`."""
    match tree:
        case s.Field(base=s.Name(text="profile"), name=s.Name()):
            return tree
        case s.Call(
            function=s.Name(text="date"), args=(s.Arg(value=s.Field(base=s.Name(text="profile"), name=s.Name()) as field),)
        ):
            return field
        case _:
            return None


def _is_today(tree: s.Expr) -> bool:
    match tree:
        case s.Call(function=s.Name(text="today")):
            return True
        case s.Call(function=s.Name(text="date"), args=(s.Arg(value=s.Call(function=s.Name(text="now"))),)):
            return True
        case _:
            return False


def _comes_round(name: str, trees: Trees) -> bool:
    """Does the name of an attribute tell of a day that comes round? A computed one may be this year's already."""
    words = WORDS.sub("_", name).lower()
    attribute = trees.checked.world.attributes.get(name)
    if attribute is None or attribute.formula is not None:
        return False
    return YEARLY.search(words) is not None and THIS_YEAR.search(words) is None
