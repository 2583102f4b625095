"""Of whom it is certain before the replay that their identifiers only ever come together (S2.2), so that of the events that
nobody reads only the first of the same identifiers can matter.

An event without a reader does nothing but bring identifiers together. What one has joined only five things take apart: a second
value of a unique namespace, more identifiers than a profile holds, an identifier met with too many people, an identifier that
replaces another, and an event that erases. Where all of them are excluded for all who may meet, an event that brings the same
identifiers a second time finds them together.
"""

from __future__ import annotations

from collections import Counter
from operator import attrgetter

from rtj.engine.identity import IDENTIFIERS_MAX, PEOPLE_MAX
from rtj.ir.program import Program
from rtj.ir.records import Event
from rtj.run.components import Identifier, Identifiers
from rtj.run.harvest import Lane

ALWAYS_MAX = min(IDENTIFIERS_MAX, PEOPLE_MAX)  # identifiers that neither limit can touch, for each is one origin at most

_place = attrgetter("at", "pos")


class Settled:
    """Identifiers seen together whose owners only grow, and those that stand alone. `roots`: the best of all whom each may meet;
    `dropped`: positions of copies; `erases`: is anybody forgotten?"""

    def __init__(self, program: Program, roots: dict[Identifier, Identifier], dropped: frozenset[int], *, erases: bool) -> None:
        self.roots, self.dropped = roots, dropped
        self._nobody = erases or any(kind.replaces for kind in program.events)
        self._open: set[Identifier] = set()
        if not self._nobody:
            unique = {place for place, space in enumerate(program.ranked) if space.unique}
            values: set[tuple[int, Identifier]] = set()
            for one, root in roots.items():
                if one[0] in unique:
                    value = one[0], root
                    if value in values:
                        self._open.add(root)
                    values.add(value)
            self._open.update(root for root, count in Counter(roots.values()).items() if count > ALWAYS_MAX)

    def __contains__(self, ids: Identifiers) -> bool:
        root = self.roots.get(ids[0])
        return root is None or not (self._nobody or root in self._open)

    def first_of(self, lane: Lane) -> Event | None:
        """The first event of a lane that nobody reads and that is no copy; None if all are."""
        first = lane.first
        if first is None or first.pos not in self.dropped:
            return first
        return min((event for event in lane.unread() if event.pos not in self.dropped), key=_place, default=None)
