"""A journey as a state machine: entries, what ends it, and a flat table of nodes."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from rtj.ir.expr import Expr, Length, Type

Struct = msgspec.Struct


# ---- patterns and entries


class Step(Struct, frozen=True, tag_field="is", tag="step"):
    """One step of a pattern.

    `events` are event types, `any`, `joining NAME`, `leaving NAME`, or a receipt (`opened`); `of_node` narrows a receipt to
    the message of the send with that node id. `count` matches are needed (only in the first step may it be over 1);
    `consecutive`: an event of one of these types that fails `where` starts the count afresh; `absent`: `then not`.
    `within` counts from the first of the n (first step with a count), from the step before, in a goal from the entry.
    `audience`: only profiles in it. `since_entry`: earlier events since the entry count (wait_for only).
    """

    events: tuple[str, ...]
    count: int = 1
    consecutive: bool = False
    absent: bool = False
    where: Expr | None = None
    same: Expr | None = None
    within: Length | None = None
    audience: str | None = None
    bind: str | None = None
    of_node: str | None = None
    since_entry: bool = False


class OnEvents(Struct, frozen=True, tag_field="is", tag="on"):
    """An event (one step, count 1) or a pattern. `entry` is the event that completed it (for `then not`: the last that
    matched); a first step with a count binds a tuple of events."""

    steps: tuple[Step, ...]


class OnCondition(Struct, frozen=True, tag_field="is", tag="when"):
    """As the condition comes to hold (S5.1, language.md: `enter when C`)."""

    condition: Expr


class Moment(Struct, frozen=True, tag_field="is", tag="moment"):
    """A place in time, found when the wait begins (S1.1). One of three shapes:

    clock `HH:MM` (minutes after midnight) with optional `on` (a date or instant) -> `clock`, `on`;
    next day of `days` (0 monday .. 6 sunday) at `clock`; `next`: not today -> `clock`, `days`, `next`;
    any expression of type instant (or date: its first instant) -> `at`.
    `to` is the end of a window `08:00 to 10:00`: now counts when inside it. `zone` gives a zone name (an expression).
    """

    clock: int | None = None
    to: int | None = None
    on: Expr | None = None
    on_is_date: bool = False
    days: tuple[int, ...] = ()
    next: bool = False
    at: Expr | None = None
    at_is_date: bool = False
    zone: Expr | None = None


class OnSchedule(Struct, frozen=True, tag_field="is", tag="schedule"):
    """For each member of `audience`, at most once per profile and local date.

    `unit` day | week | month | year with `every` n, `days` (weekdays, for week), `dates` (days of the month; -1 is the last),
    `nth` ((ordinal 1..4 or -1, weekday), …) for month, `ms` for an exact period (`every 6h`), or `once` at `date`.
    `clock` minutes after midnight in `zone` (a fixed zone name, else the profile's, else the project's);
    `starting` an ISO date that anchors `every n`; for exact periods the anchor is `starting` at `clock`, else the epoch.
    """

    audience: str
    unit: Literal["day", "week", "month", "year", "exact", "once"]
    every: int = 1
    days: tuple[int, ...] = ()
    dates: tuple[int, ...] = ()
    nth: tuple[tuple[int, int], ...] = ()
    ms: int = 0
    clock: int = 0
    zone: str | None = None
    starting: str | None = None
    date: str | None = None


class OnStart(Struct, frozen=True, tag_field="is", tag="start_"):
    """`enter by start`: another journey's `start` node. The bound name is a record of its `with` pairs."""


Trigger: TypeAlias = OnEvents | OnCondition | OnSchedule | OnStart


class Again(Struct, frozen=True, tag_field="is", tag="again"):
    """Re-entry per key (S5.3). `after` counts from the last entry."""

    rule: Literal["never", "always", "after", "exit"] = "after"
    gap: Length = Length(ms=300_000)


class Entry(Struct, frozen=True, tag_field="is", tag="entry"):
    """A way in. `when` is tested when the trigger fires, with `event`, what the pattern bound, `profile` and `audience`."""

    trigger: Trigger
    bind: str | None = None
    when: Expr | None = None
    key: Expr | None = None
    again: Again = Again()
    while_inside: Literal["ignore", "restart"] = "ignore"
    backfill: bool = False


class Watch(Struct, frozen=True, tag_field="is", tag="watch"):
    """A goal or an exit, watched wherever the instance stands: an event (`trigger` OnEvents of one step) with `when`, or a
    condition that comes to hold. `within` counts from the entry (goal). `stay`: record the goal but do not end."""

    trigger: OnEvents | OnCondition
    when: Expr | None = None
    within: Length | None = None
    stay: bool = False


# ---- nodes; `next` None means: nothing follows, the instance ends as `completed`


class Pair(Struct, frozen=True):
    """`name = expr` of `with` and `set`; `type` tells how the value is printed."""

    name: str
    value: Expr
    type: Type


class Wait(Struct, frozen=True, tag_field="is", tag="wait"):
    """`length` is an exact or calendar length, `for_` an expression of type duration. One of the two."""

    id: str
    length: Length | None = None
    for_: Expr | None = None
    next: str | None = None


class WaitUntil(Struct, frozen=True, tag_field="is", tag="wait_until"):
    """S6.3. With `block`: `body` (None: an empty block) runs at the moment, and not at all when it is past."""

    id: str
    moment: Moment
    block: bool = False
    body: str | None = None
    otherwise: str | None = None
    has_otherwise: bool = False
    next: str | None = None


class Case(Struct, frozen=True):
    """A case of wait_for: `step` (an event, with `when`), or `condition`, or a timeout (`after` / `for_` / `until`).
    `body` None goes on at the node's `next`."""

    step: Step | None = None
    when: Expr | None = None
    condition: Expr | None = None
    after: Length | None = None
    for_: Expr | None = None
    until: Moment | None = None
    body: str | None = None


class WaitFor(Struct, frozen=True, tag_field="is", tag="wait_for"):
    id: str
    cases: tuple[Case, ...]
    next: str | None = None


class Arm(Struct, frozen=True):
    when: Expr
    body: str | None = None


class Branch(Struct, frozen=True, tag_field="is", tag="branch"):
    """The first arm whose condition holds; `otherwise` (None: go on at `next`)."""

    id: str
    arms: tuple[Arm, ...]
    otherwise: str | None = None
    next: str | None = None


class Share(Struct, frozen=True):
    """An arm of a split: `share` in millionths of the whole; all add up to 1,000,000. `body` None goes on at `next`."""

    name: str
    share: int
    body: str | None = None


class Split(Struct, frozen=True, tag_field="is", tag="split"):
    """By chance(salt, origin), or per entry by (salt, instance id). The arm called `holdout` ends the instance (`holdout`)."""

    id: str
    salt: str
    arms: tuple[Share, ...]
    per_entry: bool = False
    next: str | None = None


class Repeat(Struct, frozen=True, tag_field="is", tag="repeat"):
    """`body` at most `times` rounds; `until` is tested before each round. The last node of the body leads back to this id."""

    id: str
    times: int
    until: Expr | None = None
    body: str | None = None
    next: str | None = None


class Send(Struct, frozen=True, tag_field="is", tag="send"):
    id: str
    message: str
    channels: tuple[str, ...]
    pairs: tuple[Pair, ...] = ()
    bind: str | None = None
    otherwise: str | None = None
    has_otherwise: bool = False
    next: str | None = None


class CallWebhook(Struct, frozen=True, tag_field="is", tag="call_webhook"):
    id: str
    webhook: str
    pairs: tuple[Pair, ...] = ()
    bind: str | None = None
    otherwise: str | None = None
    has_otherwise: bool = False
    next: str | None = None


class Collect(Struct, frozen=True, tag_field="is", tag="collect"):
    """Rest from now until `length`/`until`, keep up to `max` matching events; the entry event counts if it matches."""

    id: str
    step: Step
    bind: str
    length: Length | None = None
    until: Moment | None = None
    max: int = 100
    next: str | None = None


class SetAttributes(Struct, frozen=True, tag_field="is", tag="set"):
    """`set profile.NAME = …`: pairs name the attributes; all values are computed first, then assigned."""

    id: str
    pairs: tuple[Pair, ...]
    next: str | None = None


class Emit(Struct, frozen=True, tag_field="is", tag="emit"):
    id: str
    event: str
    pairs: tuple[Pair, ...] = ()
    next: str | None = None


class StartJourney(Struct, frozen=True, tag_field="is", tag="start"):
    id: str
    journey: str
    pairs: tuple[Pair, ...] = ()
    next: str | None = None


class Exit(Struct, frozen=True, tag_field="is", tag="exit"):
    """Leave with `reason` (`exit` when the author gave none)."""

    id: str
    reason: str = "exit"


Node: TypeAlias = (
    Wait
    | WaitUntil
    | WaitFor
    | Branch
    | Split
    | Repeat
    | Send
    | CallWebhook
    | Collect
    | SetAttributes
    | Emit
    | StartJourney
    | Exit
)


class Moved(Struct, frozen=True):
    """A node that an earlier version called `old`: whoever rests there rests at `new` from now on (S12)."""

    old: str
    new: str


class Dropped(Struct, frozen=True):
    """A node of an earlier version that is gone: whoever rests there goes on at the node `to`, or leaves (None)."""

    node: str
    to: str | None = None


OnDeploy: TypeAlias = Literal["migrate", "pin", "boundary"]
OnTimers: TypeAlias = Literal["keep", "rebase", "restart"]


class Journey(Struct, frozen=True, tag_field="is", tag="journey"):
    """`nodes` in the order of the text. `first` None is a journey without nodes. `runs_from`/`runs_to` are ISO dates in the
    project's zone, both included: outside them nobody enters.

    What a new version means for people inside (S12): `formerly` is the name of the journey in earlier versions, "" for the same;
    `on_deploy` whether they go over to it at once (`migrate`), finish on the version they entered (`pin`), or go over when they
    next come to the first node (`boundary`); `timers` what becomes of a length that they wait for and that has changed: their
    date stays (`keep`), is counted anew from when they came (`rebase`), or from the change on (`restart`)."""

    name: str
    entries: tuple[Entry, ...]
    nodes: tuple[Node, ...]
    first: str | None
    title: str = ""
    priority: int = 0
    goals: tuple[Watch, ...] = ()
    exits: tuple[Watch, ...] = ()
    max_duration: Length = Length(ms=91 * 86_400_000)
    runs_from: str | None = None
    runs_to: str | None = None
    on_resume: Literal["go", "leave"] = "go"
    catch_up_ms: int = 3_600_000
    formerly: str = ""
    moved: tuple[Moved, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    on_deploy: OnDeploy = "migrate"
    timers: OnTimers = "keep"


class Boundary(Struct, frozen=True):
    """How people go over to another version of their journey as they come to the first node: `to` is its name in the program;
    `nodes`: (id of the old version, that of the new one), whose visits are counted on; `watches`: (number among goals, then
    exits, in the old version, the same in the new one)."""

    to: str
    nodes: tuple[tuple[str, str], ...] = ()
    watches: tuple[tuple[int, int], ...] = ()


WHOLE = 1_000_000  # the shares of a split, and of people whom versions admit, add up to it


class Version(Journey, frozen=True, tag_field="is", tag="version"):
    """One of several versions of a journey in one program (S12.2). `name` tells it from the others; `of` is the name of the
    journey, for people, records, ids and caps; `version` names what it says. It admits those whose hash (of the journey and the
    origin, in millionths) is in [`admits`): nobody by default. `over`: people leave it for another version at the first node."""

    of: str = ""
    version: str = ""
    admits: tuple[int, int] = (0, 0)
    over: Boundary | None = None


def known_as(journey: Journey) -> str:
    """The name of a journey that all of its versions have."""
    return journey.of if isinstance(journey, Version) else journey.name
