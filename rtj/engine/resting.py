"""Which profiles rest: of many, only those that something has happened to lately are kept unpacked."""

from __future__ import annotations

from rtj.engine.state import Profile

AWAKE_MAX = 4_096  # profiles that one world keeps awake, give or take those of an instant


class Resting:
    """Two generations of profiles that were looked at, `awake` in all. Whoever is in neither rests."""

    awake = AWAKE_MAX

    def __init__(self) -> None:
        self._lately: set[Profile] = set()
        self._before: set[Profile] = set()

    def note(self, p: Profile) -> None:
        """Something has happened to a profile, and the instant is closed: nobody holds parts of it."""
        lately = self._lately
        lately.add(p)
        if len(lately) > self.awake // 2:
            for old in self._before - lately:
                if not old.gone:
                    old.rest()
            self._before, self._lately = lately, set()
