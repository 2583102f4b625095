"""How far a run is, by which it knows its store again after a connection was lost."""

from __future__ import annotations

from typing import NamedTuple

from rtj.base.errors import InputError
from rtj.store.port import Commit


class Far(NamedTuple):
    """How many commits, and of the last one the clock, the last entry, and all dead letters so far."""

    commits: int
    clock: int
    last_entry: int
    letters: int

    def after(self, commit: Commit) -> Far:
        """The same when this is written."""
        last = max(self.last_entry, commit.entries[-1].seq) if commit.entries else self.last_entry
        return Far(self.commits + 1, commit.clock, last, self.letters + len(commit.letters))


def moved(where: str, known: Far, found: Far) -> InputError:
    """What is raised of a store that is not as its run has left it."""
    return InputError(
        f"{where}: the store is not as this run has left it: it has {found.commits} commits in the place of {known.commits}, as"
        " after a failover to a server that did not have all of them; start the run anew, which goes on from what is there"
    )
