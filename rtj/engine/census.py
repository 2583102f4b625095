"""A kernel that tells of audiences and of nothing else: who joined and left when, and who is a member in the end.

Its records: `joined` and `left` with the instant; `fused`: two members have become one; `member`: who is in an audience at the
end, by the name of today. `since` is the instant at which the membership began.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.state import Profile
from rtj.engine.watching import WatchItem


class Census(Kernel):
    """Works as every kernel does, whatever it records."""

    def __init__(self, machine: Machine, recorder: Recorder) -> None:
        super().__init__(machine, recorder, Level.COUNTS)
        self._since: dict[tuple[Profile, int], int] = {}
        self._names = {item.slot: item.name for item in machine.items if item.is_audience}
        self._spaces = [space.name for space in machine.program.ranked]

    def _audience(self, p: Profile, at: int, item: WatchItem) -> None:
        before = p.members
        super()._audience(p, at, item)
        if p.members == before:
            return
        place = (p, item.slot)
        if p.members >> item.slot & 1:
            self._since[place] = at
            self.report(p, at, what="joined", audience=item.name)
        else:
            self.report(p, at, what="left", audience=item.name, since=self._since.pop(place, at))

    def merged(self, stays: Profile, goes: Profile, at: int) -> None:
        """Membership is held if either side held it; it began with the one that began first."""
        super().merged(stays, goes, at)
        for slot, name in self._names.items():
            theirs = self._since.pop((goes, slot), None)
            mine = self._since.get((stays, slot))
            if theirs is not None and mine is not None:
                self.report(stays, at, what="fused", audience=name)
            if theirs is not None and (mine is None or theirs < mine):
                self._since[stays, slot] = theirs

    def erased(self, p: Profile, at: int) -> None:
        """Nobody is in an audience who was erased."""
        super().erased(p, at)
        for slot, name in self._names.items():
            since = self._since.pop((p, slot), None)
            if since is not None:
                self.report(p, at, what="left", audience=name, since=since)

    def tell_members(self, profiles: Iterable[Profile], end: int) -> None:
        """Tell who is in which audience now; then forget them all, for the next people come."""
        for p in profiles:
            if p.members:
                name = self._name(p.identifiers)
                for slot, audience in self._names.items():
                    if p.members >> slot & 1:
                        self.report(p, end, what="member", audience=audience, identifier=name, since=self._since[p, slot])
        self._since.clear()

    def _name(self, identifiers: Sequence[tuple[int, str]]) -> str:
        best = min(identifiers, default=None)
        return "" if best is None else f"{self._spaces[best[0]]}:{best[1]}"
