"""What became of identifiers over recorded events: people, links, and what each kind of identifier brought and cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of labelled identifiers: `both` in one cluster and of one person, `found` in one cluster, `true` of one person."""

    both: int
    found: int
    true: int

    @property
    def precision(self) -> float | None:
        """Of the pairs found, the share that is true; None without any."""
        return self.both / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Of the true pairs, the share that was found; None without any."""
        return self.both / self.true if self.true else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall; None where neither pairs were found nor are there true ones."""
        return 2 * self.both / (self.found + self.true) if self.found + self.true else None


@dataclass(frozen=True, slots=True)
class Cluster:
    """A profile at the end: its origin, its identifiers as `namespace:value`, how many profiles became one in it."""

    origin: str
    identifiers: tuple[str, ...]
    merged: int


@dataclass(frozen=True, slots=True)
class Incident:
    """A link refused, an identifier moved, let go, or found out to be junk. `of`: whom it stays with, or came from."""

    what: str
    identifier: str
    profile: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """What one namespace does. `values`: different identifiers; `merges`: profiles that it made one; `alone`: how many more
    people there would be without it (None: not tried; the best kind is whose events are). `without` and `only`: pairs if it did
    nothing, and if nothing else linked the labelled identifiers (None without a truth file, or for the kind that is labelled).

    What speaks against it where there are no labels: `refused`, links that it asked for and that stayed undone; `moved`, values
    that went from one person to another; `disagree`, merges of two profiles that both had a person's identifier of another kind
    and shared none of it. These are signs, not errors: people have two addresses, and families share one."""

    namespace: str
    values: int
    merges: int
    alone: int | None = None
    without: Pairs | None = None
    only: Pairs | None = None
    refused: int = 0
    moved: int = 0
    disagree: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to the identifiers of one person: at which instant (RFC 3339), what, to the profile of which origin, which
    identifier, who else was concerned (the owner, the one it came from, the profile that merged), by which event of which
    type."""

    at: str
    what: str
    profile: str
    identifier: str
    of: str
    event: str
    type: str


@dataclass(frozen=True, slots=True)
class Identified:
    """What `rtj identity` tells. `sizes`: (identifiers of a profile, how many have so many); `incidents`: the first of each kind,
    `counts` all of them; `labelled`: identifiers of the truth file, `unseen`: those of them that no event brought;
    `duplicates`: copies of events, which are not worked; `story`: of the one person who was asked for."""

    events: int
    dead: dict[str, int]
    identifiers: int
    profiles: int
    merged: int
    sizes: tuple[tuple[int, int], ...]
    biggest: tuple[Cluster, ...]
    shares: tuple[Share, ...]
    counts: dict[str, int]
    incidents: tuple[Incident, ...]
    pairs: Pairs | None = None
    labelled: int = 0
    unseen: int = 0
    duplicates: int = 0
    interrupted: bool = False
    story: tuple[Step, ...] = ()
