"""Things that both versions may declare, side by side, and how a declaration that is new, gone or only told otherwise is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rtj.plan.changes import Change, Spot
from rtj.plan.roots import Root

T = TypeVar("T")
SHOWN_MAX = 160  # characters of a text that is quoted
LEAD = 20  # characters that are shown of what is alike before a difference


def matched(old: Iterable[tuple[str, T]], new: Iterable[tuple[str, T]]) -> Iterator[tuple[str, T | None, T | None]]:
    """By name, in its order: what is in one version alone, or different in both."""
    was, now = dict(old), dict(new)
    for name in sorted(was.keys() | now.keys()):
        before, after = was.get(name), now.get(name)
        if before != after:
            yield name, before, after


def added(spot: Spot, what: str, text: str = "", reason: str = "nothing used it before") -> Root:
    """A declaration that was not there, and that nothing can have used."""
    return Root(Change("D170", "safe", what, "", quoted(text), reason, now=spot))


def removed(spot: Spot, what: str, text: str = "", reason: str = "") -> Root:
    """A declaration that is gone, and that nothing uses any more."""
    said = reason or "nothing uses it any more: what did is changed itself"
    return Root(Change("D170", "safe", what, quoted(text), "", said, was=spot))


def quiet(spot: Spot, what: str, before: str, after: str, reason: str) -> Root:
    """A change of a declaration that changes nothing of what happens (D170)."""
    return Root(Change("D170", "safe", what, *both_quoted(before, after), reason, was=spot, now=spot))


def quoted(text: str) -> str:
    """A text in one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_MAX else line[: SHOWN_MAX - 1] + "…"


def both_quoted(before: str, after: str) -> tuple[str, str]:
    """Two texts of one thing, each in one line; where they begin alike for longer than is shown, from where they differ."""
    one, other = " ".join(before.split()), " ".join(after.split())
    if quoted(one) != quoted(other) or one == other:
        return quoted(one), quoted(other)
    alike = next(place for place, (a, b) in enumerate(zip(one + "\n", other + "\n", strict=False)) if a != b)
    return quoted(f"…{one[alike - LEAD :]}"), quoted(f"…{other[alike - LEAD :]}")


def names_text(names: Iterable[str]) -> str:
    """`[email, push]`."""
    return f"[{', '.join(names)}]"


def counted(number: int, thing: str) -> str:
    """`1 row`, `1,204 rows`."""
    many = f"{thing[:-1]}ies" if thing.endswith("y") else f"{thing}{'es' if thing.endswith('s') else 's'}"
    return f"{number:,} {thing if number == 1 else many}"
