"""Who may meet: the connected components of all identifiers ever seen together (S2.6)."""

from __future__ import annotations

from collections.abc import Iterable

Identifier = tuple[int, str]
Identifiers = tuple[Identifier, ...]


def components(links: Iterable[Identifiers]) -> dict[Identifier, Identifier]:
    """Every identifier that was seen together with another -> the best identifier of its component."""
    parent: dict[Identifier, Identifier] = {}

    def root_of(one: Identifier) -> Identifier:
        root = one
        while parent[root] != root:
            root = parent[root]
        while parent[one] != root:  # shorten the way for the next time
            parent[one], one = root, parent[one]
        return root

    for ids in links:
        for one in ids:
            parent.setdefault(one, one)
        first = root_of(ids[0])
        for one in ids[1:]:
            other = root_of(one)
            if other != first:
                first, other = min(first, other), max(first, other)
                parent[other] = first
    return {one: root_of(one) for one in parent}
