"""Where people stand in the old version of a journey, and what lies ahead of them from there in both versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from rtj.ir import journey as j
from rtj.ir.crossing import heirs
from rtj.plan.changes import Change
from rtj.plan.flow import Ids, ahead, index, reached
from rtj.plan.pairing import Pairing, pair

RESTING = (j.Wait, j.WaitUntil, j.WaitFor, j.Collect, j.Send, j.CallWebhook)  # the kinds at which somebody may be told to stand


class Ground:
    """One journey in two versions; `new` is None when it is gone."""

    def __init__(self, old: j.Journey, new: j.Journey | None) -> None:
        self.old, self.new = old, new
        self.was = index(old)
        self.now = index(new) if new is not None else {}
        self.pairing: Pairing | None = pair(old, new) if new is not None else None
        self._arriving: dict[tuple[str, str], Ids] = {}

    @property
    def name(self) -> str:
        """What its changes call it."""
        return self.old.name if self.new is None else self.new.name

    @property
    def is_pinned(self) -> bool:
        """Do those who are inside finish on the version that they entered?"""
        return self.new is not None and self.new.on_deploy == "pin"

    @cached_property
    def _before(self) -> dict[str, frozenset[str]]:
        """What lies ahead of each place, by old ids."""
        return {node.id: ahead(self.was, (node.id,)) for node in self.old.nodes if isinstance(node, RESTING)}

    @cached_property
    def _after(self) -> dict[str, frozenset[str]]:
        """The same in the new version, by new ids. Who is dropped goes on elsewhere."""
        found: dict[str, frozenset[str]] = {}
        if self.pairing is not None:
            for place in self._before:
                here = self.pairing.nodes.get(place)
                dropped = self.pairing.dropped.get(place)
                found[place] = ahead(self.now, (here,)) if here is not None else reached(self.now, (dropped,))
        return found

    def arriving(self, node: str, new_node: str) -> Ids:
        """The places (old ids) from which people may come to a node; "" for an id that it does not have."""
        known = self._arriving.get((node, new_node))
        if known is None:
            found = (place for place in self._before if node in self._before[place] or new_node in self._after.get(place, ()))
            known = self._arriving[node, new_node] = frozenset(found)
        return known

    def there(self, node: str, new_node: str) -> Ids:
        """The same, and the place itself."""
        here = {node} if node in self.was else {old for old, new in self._pairs() if new == new_node}
        return self.arriving(node, new_node) | here

    def _pairs(self) -> Iterable[tuple[str, str]]:
        return () if self.pairing is None else self.pairing.nodes.items()

    def nodes_of(self, change: Change) -> tuple[str, str]:
        """The node of a change by its ids in both versions, "" where there is none."""
        spots = (spot[3] if spot is not None and len(spot) > 3 and spot[2] == "node" else "" for spot in (change.was, change.now))
        old, new = spots
        if not old:
            old = change.node or next((one for one, other in self._pairs() if other == new), "")
        if not new and self.pairing is not None:
            new = self.pairing.nodes.get(old, "")
        return old, new


def grounds(old: Sequence[j.Journey], new: Sequence[j.Journey]) -> Iterator[Ground]:
    """The journeys of the old version, each with what it is in the new one."""
    now = {journey.name: journey for journey in new}
    names = heirs(old, new)
    for journey in old:
        yield Ground(journey, now[names[journey.name]] if journey.name in names else None)
