"""What is remembered of the messages of one profile: those sent, what receipts did, what is held, entries that are capped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from rtj.engine.calendar import DAY_MS
from rtj.engine.state import Instance, Key, Profile, Stamp

if TYPE_CHECKING:
    from rtj.engine.actions import SendMachine

RECEIPTS = frozenset({"complained", "failed", "unsubscribed"})  # those that change what may be sent (S7.7)
RECEIPT_MS = 91 * DAY_MS  # so long after a send its receipts are honoured, that instant included
HISTORY_MAX = 10_000  # sends (entries) of a profile that are remembered; beyond, the oldest is let go

Hold: TypeAlias = tuple[int, str]  # the instant of the first try, the channel
Passage: TypeAlias = tuple[str, str, Key, int, str]  # what an instance id is a hash of: journey, origin, key, entered, trigger


class SentMail:
    """One message. `caps` has a bit for each cap that covers it; `address` is where it went ("" by a channel without);
    `failed`: it has given its place back; `key` is minted when a receipt asks for it."""

    __slots__ = ("address", "at", "caps", "channel", "failed", "key", "node", "passage", "visit")

    def __init__(self, at: int, inst: Instance, node: SendMachine, channel: str) -> None:
        self.at = at
        self.passage: Passage = (inst.journey.name, inst.origin, inst.key, inst.entered, inst.trigger)
        self.node = node
        self.visit = (inst.visits or {}).get(node.index, 1)
        self.channel = channel
        self.address = ""
        self.caps = 0
        self.failed = False
        self.key: str | None = None


class Mail:
    """All that gates remember of a profile; there is none as long as there is nothing to remember.

    `capped`: sends that a cap covers, `others`: those that only receipts may name, both by instant. `entries`: (instant, bits of
    the caps that cover it). `suppressed`: (channel, keyed hash). `withdrawn`: consent source -> place in the order of work.
    `holds`: the instances whose message waits."""

    __slots__ = ("capped", "entries", "holds", "others", "suppressed", "withdrawn")

    def __init__(self) -> None:
        self.capped: list[SentMail] = []
        self.others: list[SentMail] = []
        self.entries: list[tuple[int, int]] = []
        self.suppressed: frozenset[tuple[str, str]] = frozenset()  # one for all who have none
        self.withdrawn: dict[str, Stamp] = {}
        self.holds: dict[Instance, Hold] = {}

    def remember(self, sent: SentMail, keep_ms: int) -> bool:
        """Keep a message; forget those of long ago. False when a capped one had to be let go that might still have counted."""
        rows = self.capped if sent.caps else self.others
        _forget(rows, sent.at - (max(keep_ms, RECEIPT_MS) if sent.caps else RECEIPT_MS))
        rows.append(sent)
        return not (_let_go(rows) and sent.caps)

    def enter(self, at: int, caps: int, keep_ms: int) -> bool:
        """Keep an entry that caps count; False when an earlier one had to be let go that might still have counted."""
        entries = self.entries
        place = 0
        while place < len(entries) and entries[place][0] < at - keep_ms:
            place += 1
        del entries[:place]
        entries.append((at, caps))
        return not _let_go(entries)


def mail_of(p: Profile) -> Mail:
    """What is remembered of a profile, from now on something."""
    if p.mail is None:
        p.mail = Mail()
    return p.mail


def _forget(rows: list[SentMail], before: int) -> None:
    place = 0
    while place < len(rows) and rows[place].at < before:
        place += 1
    del rows[:place]


def _let_go(rows: list[Any]) -> bool:
    """Keep the bound: the oldest goes."""
    if len(rows) <= HISTORY_MAX:
        return False
    del rows[0]
    return True
