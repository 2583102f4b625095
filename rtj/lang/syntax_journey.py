"""The syntax tree of journeys: triggers, headers, nodes. `rtj.lang.syntax` re-exports all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from rtj.base.span import Span
from rtj.lang.syntax_phrases import (
    Again,
    Assign,
    Expr,
    Length,
    Moment,
    Name,
    Number,
    Once,
    Pair,
    Pattern,
    Period,
    Schedule,
    Spanned,
    Step,
    Text,
)

# ---- triggers and headers


@dataclass(frozen=True, slots=True)
class OnPattern(Spanned):
    """`on …`."""

    pattern: Pattern


@dataclass(frozen=True, slots=True)
class OnCondition(Spanned):
    """`when …` without `on`: as the condition comes to hold."""

    condition: Expr


@dataclass(frozen=True, slots=True)
class OnSchedule(Spanned):
    """`every …` or `once at …`, for the members of an audience."""

    schedule: Schedule | Once
    audience: Name


@dataclass(frozen=True, slots=True)
class OnStart(Spanned):
    """`by start as link`."""

    bind: Name | None


Trigger: TypeAlias = OnPattern | OnCondition | OnSchedule | OnStart


@dataclass(frozen=True, slots=True)
class Entry(Spanned):
    """`enter …`. `when` is the clause beside a trigger; None where the trigger itself is the condition. The name that `as`
    gives stands in the pattern's step or in `OnStart`."""

    trigger: Trigger
    when: Expr | None = None
    key: Expr | None = None
    again: Again | None = None
    while_inside: Literal["ignore", "restart"] | None = None
    backfill: bool = False


@dataclass(frozen=True, slots=True)
class Watch(Spanned):
    """`goal …` or `exit on …`. `within`: of a goal that is a condition; for events it stands in the pattern's step."""

    trigger: OnPattern | OnCondition
    when: Expr | None = None
    within: Length | None = None
    stay: bool = False


# ---- nodes


@dataclass(frozen=True, slots=True)
class Block(Spanned):
    """`do: […]` or `else: […]`: nodes in order, maybe none."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Statement(Spanned):
    """What all nodes have: `span` is the whole statement, `word` its word (`wait`, `send`), where reports point."""

    word: Span = field(compare=False, repr=False)
    id: Name | None


@dataclass(frozen=True, slots=True)
class Wait(Statement):
    """`wait 30m`: `length` is a `Length` or any expression of type duration."""

    length: Expr


@dataclass(frozen=True, slots=True)
class WaitUntil(Statement):
    """`wait until …`. `body` None: no block was written."""

    moment: Moment
    body: Block | None = None
    otherwise: Block | None = None


@dataclass(frozen=True, slots=True)
class EventCase(Spanned):
    """`on … when … { }`."""

    pattern: Pattern
    when: Expr | None
    body: Block


@dataclass(frozen=True, slots=True)
class ConditionCase(Spanned):
    """`when … { }` in wait_for."""

    condition: Expr
    body: Block


@dataclass(frozen=True, slots=True)
class AfterCase(Spanned):
    """`after 3d { }`: `length` is a `Length` or any expression of type duration."""

    length: Expr
    body: Block


@dataclass(frozen=True, slots=True)
class UntilCase(Spanned):
    """`until … { }`."""

    moment: Moment
    body: Block


Case: TypeAlias = EventCase | ConditionCase | AfterCase | UntilCase


@dataclass(frozen=True, slots=True)
class WaitFor(Statement):
    """`wait_for { … }`: cases in order."""

    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Arm(Spanned):
    """`when … { }` of a branch."""

    condition: Expr
    body: Block


@dataclass(frozen=True, slots=True)
class Branch(Statement):
    """`branch { when … { } … else { } }`."""

    arms: tuple[Arm, ...]
    otherwise: Block | None = None


@dataclass(frozen=True, slots=True)
class Share(Spanned):
    """An arm of a split: `share` in millionths of the whole; `share_span` is where the percentage stands."""

    name: Name
    share: int
    share_span: Span = field(compare=False, repr=False)
    body: Block | None = None


@dataclass(frozen=True, slots=True)
class Split(Statement):
    """`split "salt" [per entry] { 45% a { } … }`. `whole`: every arm could be read."""

    salt: Text
    arms: tuple[Share, ...]
    per_entry: bool = False
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Repeat(Statement):
    """`repeat 3 times until C { … }`."""

    times: Number
    body: Block
    until: Expr | None = None


@dataclass(frozen=True, slots=True)
class Send(Statement):
    """`send message by push else email with a = b as mail else { }`. `whole`: every channel could be read."""

    message: Name
    channels: tuple[Name, ...] = ()
    pairs: tuple[Pair, ...] = ()
    bind: Name | None = None
    otherwise: Block | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Decide(Statement):
    """`decide next_best take 2 with … as picks else { }`."""

    decision: Name
    take: Number | None = None
    pairs: tuple[Pair, ...] = ()
    bind: Name | None = None
    otherwise: Block | None = None


@dataclass(frozen=True, slots=True)
class Score(Statement):
    """`score propensity as likely else { }`."""

    model: Name
    bind: Name | None = None
    otherwise: Block | None = None


@dataclass(frozen=True, slots=True)
class CallWebhook(Statement):
    """`call book_advisor with item = i as booking else { }`."""

    webhook: Name
    pairs: tuple[Pair, ...] = ()
    bind: Name | None = None
    otherwise: Block | None = None


@dataclass(frozen=True, slots=True)
class Collect(Statement):
    """`collect activity where C until 18:00 max 200 as items`. `step` has events and `where` only; one of `length` and
    `until` is set."""

    step: Step
    bind: Name | None
    length: Length | None = None
    until: Moment | None = None
    max: Number | None = None


@dataclass(frozen=True, slots=True)
class SetAttributes(Statement):
    """`set profile.tier = 'gold', …`."""

    assigns: tuple[Assign, ...]


@dataclass(frozen=True, slots=True)
class Emit(Statement):
    """`emit promoted with tier = 'gold'`. `whole`: its values could be read."""

    event: Name
    pairs: tuple[Pair, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class StartJourney(Statement):
    """`start tier_welcome with spend = profile.spend_30d`. `whole`: its values could be read."""

    journey: Name
    pairs: tuple[Pair, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Exit(Statement):
    """`exit "reason"`."""

    reason: Text | None = None


Node: TypeAlias = (
    Wait
    | WaitUntil
    | WaitFor
    | Branch
    | Split
    | Repeat
    | Send
    | Decide
    | Score
    | CallWebhook
    | Collect
    | SetAttributes
    | Emit
    | StartJourney
    | Exit
)


@dataclass(frozen=True, slots=True)
class Moved(Spanned):
    """`moved nudge to nudge_sms`: what earlier versions call `old` is the node `new` now."""

    old: Name
    new: Name


@dataclass(frozen=True, slots=True)
class Dropped(Spanned):
    """`dropped survey to exit`: what earlier versions call `old` is gone. People go on at the node `to`; None: they leave."""

    old: Name
    to: Name | None = None


@dataclass(frozen=True, slots=True)
class Journey(Spanned):
    """A journey; `span` is the name where it is declared. What an author left out is None or empty.
    `whole` False: something of it could not be read, so a name that is missing may have been meant.
    `stability` speaks to the linter alone: it is no part of what the journey means."""

    name: Name
    entries: tuple[Entry, ...] = ()
    goals: tuple[Watch, ...] = ()
    exits: tuple[Watch, ...] = ()
    nodes: tuple[Node, ...] = ()
    title: Text | None = None
    priority: Number | None = None
    runs: Period | None = None
    max_duration: Length | None = None
    on_resume: Literal["go", "leave"] | None = None
    catch_up: Length | None = None
    whole: bool = True
    stability: Literal["draft", "beta", "stable"] = "stable"
    formerly: Name | None = None
    moved: tuple[Moved, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    on_deploy: Literal["migrate", "pin", "boundary"] | None = None
    timers: Literal["keep", "rebase", "restart"] | None = None
