"""What two versions of a program do with the same recorded events: how it differs, for how many people, and examples.

Everything is told under the names that the newer version gives journeys and nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import msgspec

Struct = msgspec.Struct

DifferenceKind: TypeAlias = Literal[
    "more", "fewer", "earlier", "later", "content", "channel", "arm", "entry", "goal", "exit", "blocked", "call"
]
"""Of messages: `more`, `fewer`; `earlier`, `later`; with other `content` (variables or text); by another `channel`. Of people:
drawn for another `arm` of a split; other entries (`entry`), goals (`goal`) or ends (`exit`) of passages; sends that a gate
stopped (`blocked`), and calls of webhooks (`call`), that are others or at other times."""
KINDS: tuple[DifferenceKind, ...] = (
    *("more", "fewer", "earlier", "later", "content", "channel", "arm"),
    *("entry", "goal", "exit", "blocked", "call"),
)
BINS: tuple[tuple[str, int], ...] = (
    ("1m", 60_000),
    ("10m", 600_000),
    ("1h", 3_600_000),
    ("6h", 6 * 3_600_000),
    ("1d", 86_400_000),
    ("3d", 3 * 86_400_000),
    ("7d", 7 * 86_400_000),
    ("more", 1 << 62),
)
"""The bins of a histogram of shifts: name, and up to how many ms a shift of the bin lasts."""
Side: TypeAlias = Literal["old", "new"]


class Place(Struct, frozen=True, order=True):
    """What differs, where. `message` is the message, the node of a split (`arm`), the webhook (`call`), or "" where the kind
    concerns the passage. `before` and `after`: the channels of a message ("" where there is none), the arms of a split, or ""."""

    kind: DifferenceKind
    journey: str
    message: str = ""
    before: str = ""
    after: str = ""


class Difference(Struct, frozen=True):
    """How often something differs: `count` times, for so many `people`. For `earlier` and `later` the least, the median and the
    greatest shift, in ms (whole seconds below an hour, minutes below a day, hours below 30 days, days above); else 0."""

    place: Place
    count: int
    people: int
    least_ms: int = 0
    median_ms: int = 0
    most_ms: int = 0


class Shift(Struct, frozen=True):
    """A bin of the histogram of time shifts: how many messages are so much `earlier`, how many so much `later`."""

    bin: str
    earlier: int
    later: int


class Sent(Struct, frozen=True):
    """How many messages of a journey were sent by a channel."""

    journey: str
    message: str
    channel: str
    before: int
    after: int


class Tally(Struct, frozen=True):
    """A number of a journey: `what` is `entered`, `goal`, `left` (`detail`: the reason), `blocked` (channel, gate), `held`
    (channel), `refused` (the reason), or `inside`, who are still there at the end."""

    journey: str
    what: str
    detail: tuple[str, ...]
    before: int
    after: int


class Cost(Struct, frozen=True):
    """What the messages of a channel cost, in the currency of each version."""

    channel: str
    before: float
    after: float


class Costs(Struct, frozen=True):
    """What all messages cost, in all and per 1,000 of the people compared."""

    before: float
    after: float
    before_per_1000: float
    after_per_1000: float
    before_currency: str
    after_currency: str
    channels: tuple[Cost, ...]


class Misfit(Struct, frozen=True):
    """Events of a type that are dead letters for one version only: why, how many, and the one that was read first. Copies are not
    counted, nor what lies behind the end."""

    side: Side
    type: str
    why: str
    count: int
    example: str


class Read(Struct, frozen=True):
    """What was read. `dead`: dead letters of each version by reason; `unknown`: events of types that a version does not declare.
    Instants are ms since the epoch, None when nothing was read."""

    events: int
    duplicates: int
    first_ts: int | None
    last_ts: int | None
    end: int | None
    old_dead: tuple[tuple[str, int], ...]
    new_dead: tuple[tuple[str, int], ...]
    old_unknown: tuple[tuple[str, int], ...]
    new_unknown: tuple[tuple[str, int], ...]
    misfits: tuple[Misfit, ...] = ()
    interrupted: bool = False


class Example(Struct, frozen=True):
    """Somebody for whom something differs, in these `places`. `old` and `new` are the first records of the trace that differ
    (None: that version has none then), `why` says in a sentence what was decided there. What is pii is masked."""

    profile: str
    places: tuple[Place, ...]
    why: str
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None


class Comparison(Struct, frozen=True):
    """What two versions do with the same events. `people` were compared, of whom `same` get the same from both and `differ` do
    not. `apart`: why the events could not be read once for both, each reason a clause; empty: they could. `remarks`: what else
    is to be known of how the comparison was made. Half of the messages that are earlier are so by at most `median_earlier_ms`,
    half of those that are later by at most `median_later_ms` (rounded as in `Difference`); 0 where there is none."""

    people: int
    same: int
    differ: int
    differences: tuple[Difference, ...]
    shifts: tuple[Shift, ...]
    sent: tuple[Sent, ...]
    tallies: tuple[Tally, ...]
    costs: Costs
    read: Read
    examples: tuple[Example, ...]
    apart: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    median_earlier_ms: int = 0
    median_later_ms: int = 0


class Pair(Struct, frozen=True):
    """Records of one person's traces beside each other: `same` where both decide the same at the same instant; None where one
    version has nothing."""

    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    same: bool


class Lives(Struct, frozen=True):
    """One person's traces under both versions, in the order of time. `first` is the place of the first pair that differs, None
    where all are the same, and `why` what was decided there. `interrupted`: not everything was read."""

    pairs: tuple[Pair, ...]
    first: int | None
    why: str
    apart: tuple[str, ...] = ()
    interrupted: bool = False
