"""Who may meet: the connected components of all identifiers ever seen together (S2.6)."""

from __future__ import annotations

from collections.abc import Iterable

Identifier = tuple[int, str]
Identifiers = tuple[Identifier, ...]


def components(links: Iterable[Identifiers]) -> dict[Identifier, Identifier]:
    """Every identifier that was seen together with another -> the best identifier of its component."""
    together: dict[Identifier, list[Identifier]] = {}  # all of a component share one list, whose first is the best
    for ids in links:
        mine = together.get(ids[0])
        if mine is None:
            mine = together[ids[0]] = [ids[0]]
        for one in ids[1:]:
            theirs = together.get(one)
            if theirs is None:
                together[one] = mine
                mine.append(one)
                if one < mine[0]:
                    mine[0], mine[-1] = one, mine[0]
            elif theirs is not mine:
                mine = _united(together, mine, theirs)
    return {one: members[0] for one, members in together.items()}


def _united(together: dict[Identifier, list[Identifier]], mine: list[Identifier], theirs: list[Identifier]) -> list[Identifier]:
    """Put the smaller component into the larger one, so that nobody is moved more often than sizes double."""
    if len(theirs) > len(mine):
        mine, theirs = theirs, mine
    for one in theirs:
        together[one] = mine
    first = len(mine)
    mine += theirs
    if mine[first] < mine[0]:
        mine[0], mine[first] = mine[first], mine[0]
    return mine
