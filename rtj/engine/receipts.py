"""What comes back of a message: places given back, addresses that must not be written to, consent withdrawn (S7.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtj.engine.consent import ANY, of_channel, of_subscription
from rtj.engine.mail import RECEIPT_MS, Mail, SentMail, mail_of
from rtj.engine.reporting import instance_id, message_key
from rtj.engine.state import Profile
from rtj.engine.windows import stamp_of
from rtj.ir.records import Event

if TYPE_CHECKING:
    from rtj.engine.kernel import Kernel


def work_receipt(k: Kernel, p: Profile, event: Event) -> None:
    """Work a receipt with the facts of its event. It answers a message of this profile, or none."""
    key = getattr(event.props, "message", None)
    sent: SentMail | None = None
    if isinstance(key, str):
        sent = _answered(k, p.mail, key, event.at)
        if sent is None:
            k.count("receipt_unknown")
            return
    match event.type:
        case "failed" if sent is not None:
            sent.failed = True
            if getattr(event.props, "hard", None) is True:
                _suppress(k, p, event, sent.channel, sent.address)
        case "complained" if sent is not None:
            k.opted_out(p, sent, event.at)
            _suppress(k, p, event, sent.channel, sent.address)
        case "complained":
            k.opted_out(p, None, event.at)
            _suppress_all(k, p, event)
        case "unsubscribed":
            k.opted_out(p, sent, event.at)
            _withdraw(k, p, event, source_of(k, sent))
        case _:
            pass  # of nothing in particular, nothing can be given back


def _answered(k: Kernel, mail: Mail | None, key: str, at: int) -> SentMail | None:
    """The message with that key, if it was sent to this profile and not too long ago. The newest are the likeliest."""
    if mail is None:
        return None
    for rows in (mail.others, mail.capped):
        for sent in reversed(rows):
            if sent.at < at - RECEIPT_MS:
                break
            if sent.minted is None:
                sent.minted = message_key(k.secret, instance_id(*sent.passage), sent.node.id, sent.visit)
            if sent.minted == key:
                return sent
    return None


def _suppress(k: Kernel, p: Profile, event: Event, channel: str, address: str) -> None:
    """Nothing more goes to this address by this channel."""
    mail, entry = mail_of(p), (channel, k.machine.gates.hashed(address))
    if entry in mail.suppressed:
        return
    mail.suppressed |= {entry}
    if k.tracing:
        k.report(p, event.at, what="suppressed", channel=channel, cause=event.id)


def _suppress_all(k: Kernel, p: Profile, event: Event) -> None:
    """A complaint about no message in particular: the present addresses of all channels."""
    book = k.machine.gates
    for name in sorted(book.channels):
        address_of = book.addresses[name]
        address = "" if address_of is None else address_of(p, event.at)
        if address is not None and (address_of is None or address.strip()):
            _suppress(k, p, event, name, address)


def source_of(k: Kernel, sent: SentMail | None) -> str:
    """What is unsubscribed from: the subscription of the message, else its channel; without a message everything."""
    if sent is None:
        return ANY
    message = k.machine.gates.messages.get(sent.node.spec.message)
    return of_subscription(message.subscription) if message is not None and message.subscription else of_channel(sent.channel)


def _withdraw(k: Kernel, p: Profile, event: Event, source: str) -> None:
    mail, stamp = mail_of(p), stamp_of(event)
    mail.withdrawn[source] = max(stamp, mail.withdrawn.get(source, stamp))
    if k.tracing:
        k.report(p, event.at, what="unsubscribed", of=source, cause=event.id)


def merge_mail(stays: Profile, goes: Profile) -> None:
    """What is remembered of either is remembered of both; of two withdrawals the later counts."""
    theirs = goes.mail
    if theirs is None:
        return
    mine = stays.mail
    goes.mail = None
    if mine is None:
        stays.mail = theirs
        return
    mine.capped = tuple(sorted((*mine.capped, *theirs.capped), key=lambda one: one.at))
    mine.others = tuple(sorted((*mine.others, *theirs.others), key=lambda one: one.at))
    mine.entries = tuple(sorted((*mine.entries, *theirs.entries)))
    mine.suppressed |= theirs.suppressed
    for inst, hold in (theirs.holds or {}).items():
        mine.hold(inst, hold)
    for source, stamp in theirs.withdrawn.items():
        mine.withdrawn[source] = max(stamp, mine.withdrawn.get(source, stamp))
