"""What is remembered of the messages of one profile: those sent, what receipts did, what is held, entries that are capped."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar

from rtj.engine.calendar import DAY_MS
from rtj.engine.state import Instance, Key, Profile, Stamp

if TYPE_CHECKING:
    from rtj.engine.actions import SendMachine

RECEIPTS = frozenset({"complained", "failed", "unsubscribed"})  # those that change what may be sent (S7.7)
RECEIPT_MS = 91 * DAY_MS  # so long after a send its receipts are honoured, that instant included
HISTORY_MAX = 10_000  # sends (entries) of a profile that are remembered; beyond, the oldest is let go

T = TypeVar("T")
NONE_SUPPRESSED: frozenset[tuple[str, str]] = frozenset()  # one for all of whom nothing is

Hold: TypeAlias = tuple[int, str]  # the instant of the first try, the channel
Passage: TypeAlias = tuple[str, str, Key, int, str]  # what an instance id is a hash of: journey, origin, key, entered, trigger


class SentMail:
    """One message, by a node of the passage that began at `entered`. `caps` has a bit for each cap that covers it; `address` is
    where it went ("" by a channel without); `failed`: it has given its place back; `minted` is its key, once a receipt asked."""

    __slots__ = (
        *("address", "at", "caps", "channel", "entered", "failed", "journey", "key", "minted", "node", "origin"),
        *("trigger", "visit"),
    )

    def __init__(self, at: int, inst: Instance, node: SendMachine, channel: str) -> None:
        self.at = at
        self.journey, self.origin, self.key = inst.journey.name, inst.origin, inst.key
        self.entered, self.trigger = inst.entered, inst.trigger
        self.node = node
        self.visit = 1 if inst.visits is None else inst.visits.get(node.index, 1)
        self.channel = channel
        self.address = ""
        self.caps = 0
        self.failed = False
        self.minted: str | None = None

    @property
    def passage(self) -> Passage:
        """What the id of its instance is a hash of."""
        return self.journey, self.origin, self.key, self.entered, self.trigger


class Mail:
    """All that gates remember of a profile; there is none as long as there is nothing to remember.

    `capped`: sends that a cap covers, `others`: those that only receipts may name, both by instant. `entries`: (instant, bits of
    the caps that cover it). `suppressed`: (channel, keyed hash). `withdrawn`: consent source -> place in the order of work.
    `holds`: the instances whose message waits."""

    __slots__ = ("capped", "entries", "holds", "others", "suppressed", "withdrawn")

    def __init__(self) -> None:
        self.capped: tuple[SentMail, ...] = ()
        self.others: tuple[SentMail, ...] = ()
        self.entries: tuple[tuple[int, int], ...] = ()
        self.suppressed = NONE_SUPPRESSED
        self.withdrawn: dict[str, Stamp] = {}
        self.holds: dict[Instance, Hold] | None = None

    @property
    def lets_through(self) -> bool:
        """Is nothing remembered that could stop or free a message?"""
        return not (self.holds or self.suppressed or self.withdrawn)

    def remember(self, sent: SentMail, keep_ms: int) -> bool:
        """Keep a message; forget those of long ago. False when a capped one had to be let go that might still have counted."""
        if not sent.caps:
            self.others, _ = _bounded((*_since(self.others, sent.at - RECEIPT_MS), sent))
            return True
        self.capped, whole = _bounded((*_since(self.capped, sent.at - max(keep_ms, RECEIPT_MS)), sent))
        return whole

    def enter(self, at: int, caps: int, keep_ms: int) -> bool:
        """Keep an entry that caps count; False when an earlier one had to be let go that might still have counted."""
        recent = (entry for entry in self.entries if entry[0] >= at - keep_ms)
        self.entries, whole = _bounded((*recent, (at, caps)))
        return whole

    def hold(self, inst: Instance, hold: Hold) -> None:
        """The message of this instance waits."""
        if self.holds is None:
            self.holds = {}
        self.holds[inst] = hold

    def release(self, inst: Instance) -> Hold | None:
        """The message of this instance waits no more; None when it did not."""
        return self.holds.pop(inst, None) if self.holds else None


def mail_of(p: Profile) -> Mail:
    """What is remembered of a profile, from now on something."""
    if p.mail is None:
        p.mail = Mail()
    return p.mail


def _since(rows: tuple[SentMail, ...], at: int) -> tuple[SentMail, ...]:
    """Without those of long ago, which stand first."""
    if not rows or rows[0].at >= at:
        return rows
    return tuple(sent for sent in rows if sent.at >= at)


def _bounded(rows: tuple[T, ...]) -> tuple[tuple[T, ...], bool]:
    """So many as may be kept, and whether all of them are: the oldest goes."""
    return (rows, True) if len(rows) <= HISTORY_MAX else (rows[1:], False)
