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

ALWAYS_MAX = min(IDENTIFIERS_MAX, PEOPLE_MAX)  # identifiers that neither limit can touch, for each is one origin at most

_at, _pos = attrgetter("at"), attrgetter("pos")


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
        return len(ids) == 1 or not (self._nobody or self.roots[ids[0]] in self._open)

    def first_of(self, events: list[Event]) -> list[Event]:
        """The first of some events of the same identifiers, in the order of their positions, that is no copy; none if all are."""
        if not events:
            return events
        if self.dropped and not self.dropped.isdisjoint(map(_pos, events)):
            events = [event for event in events if event.pos not in self.dropped]
        return [min(events, key=_at)] if len(events) > 1 else events
