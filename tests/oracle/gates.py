"""Which messages may be sent, read aloud (S7.1-S7.4, S7.7, S2.5): address, suppression, consent, holdout, quiet hours, caps.

Quiet hours are walked through minute by minute, caps count all that was ever sent: slow, and easy to believe."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from rtj.ir import expr as x
from rtj.ir.journey import Send
from rtj.ir.program import Cap, Channel, Message, Program, QuietHours
from rtj.ir.records import Event
from tests.oracle.calendar import DAY, local, rfc3339, shift, unit_start, zone_named
from tests.oracle.moments import parts
from tests.oracle.state import Instance, Profile, Sent, Stamp
from tests.oracle.values import chance, holds, value, zone_of

if TYPE_CHECKING:
    from tests.oracle.interpreter import World

MINUTE = 60_000
PATIENCE = 7 * DAY  # from the first try of a message to the last
HONOURED = 91 * DAY  # from the send to its receipt


@dataclass(frozen=True)
class Verdict:
    """Why a channel does not take a message; with `until`, not yet."""

    gate: str
    rule: str
    until: int | None = None


def channel_named(program: Program, name: str) -> Channel:
    return next((c for c in program.channels if c.name == name), Channel(name))


def message_named(program: Program, name: str) -> Message:
    return next((m for m in program.messages if m.name == name), Message(name))


def hashed(program: Program, address: str) -> str:
    key = program.secret.encode()
    return hashlib.blake2b(address.strip().lower().encode(), digest_size=16, key=key).hexdigest()


def address_of(world: World, p: Profile, channel: Channel) -> str | None:
    """Where the channel reaches somebody; "" for one that needs no address, None if it does not reach them."""
    if channel.address is not None:
        found = value(channel.address, world.sight(p, {}))
        return str(found) if found is not None and str(found).strip() else None
    if channel.identifier:
        owned = [i[1] for i in p.ids if world.program.namespaces[i[0]].name == channel.identifier]
        return min(owned) if owned else None
    return ""


def verdict(world: World, i: Instance, node: Send, name: str) -> Verdict | None:
    """The first gate that is closed for this channel, in the order of S7.1."""
    program, p = world.program, i.profile
    channel, message = channel_named(program, name), message_named(program, node.message)
    address = address_of(world, p, channel)
    if address is None:
        return Verdict("address", "missing")
    digest = hashed(program, address)
    if {(name, digest), ("", digest)} & set(program.suppressed):
        return Verdict("suppression", "list")
    if (name, digest) in p.suppressed:
        return Verdict("suppression", "profile")
    if (message.purpose or channel.purpose) == "transactional":
        return None
    no = refusal(world, p, channel, message)
    if no is not None:
        return Verdict("consent", no)
    if program.holdout is not None and chance(program.holdout.salt, p.origin) * 1_000_000 < program.holdout.share:
        return Verdict("holdout", program.holdout.salt)
    quiet = program.quiet_hours
    if quiet is not None and (not quiet.channels or name in quiet.channels):
        closed = at_night(world, i, quiet)
        if closed is not None:
            return closed
    full = next((cap.name for cap in program.caps if cap.of == "messages" and is_full(world, p, cap, i, name, message)), None)
    return None if full is None else Verdict("cap", full)


# ---- consent


def sources(program: Program, channel: Channel, message: Message) -> list[tuple[str, str, x.Expr | None]]:
    """Who may say yes or no to a send: level, name of the source, its expression."""
    found: list[tuple[str, str, x.Expr | None]] = [("any", "any", program.consents.any)]
    found.append(("channel", f"channel:{channel.name}", channel.consent))
    if message.subscription:
        asked = dict(program.consents.subscriptions).get(message.subscription)
        found.append(("subscription", f"subscription:{message.subscription}", asked))
    return found


def says(world: World, p: Profile, source: str, asked: x.Expr | None) -> bool | None:
    """Yes, no, or not known. A withdrawal is a no until the attribute says yes with a later stamp."""
    now = None if asked is None else value(asked, world.sight(p, {}))
    if source not in p.withdrawn:
        return None if now is None else bool(now)
    return bool(now) and newest(p, asked) > p.withdrawn[source]


def read_by(asked: x.Expr | None) -> set[str]:
    return set() if asked is None else {part.name for part in parts(asked) if isinstance(part, x.Attribute)}


def newest(p: Profile, asked: x.Expr | None) -> Stamp:
    return max((p.attributes[name][0] for name in read_by(asked) if name in p.attributes), default=(-1, 0, 0))


def refusal(world: World, p: Profile, channel: Channel, message: Message) -> str | None:
    """The rule that forbids the message, if one does (S7.2)."""
    asked = sources(world.program, channel, message)
    known = {level: says(world, p, source, one) for level, source, one in asked}
    declared = channel.confirmed is not None or any(one is not None or source in p.withdrawn for _, source, one in asked)
    if (message.purpose or channel.purpose) != "marketing" and not declared:
        return None  # nobody says how it is known
    for level, _, _ in asked:
        if known[level] is False:
            return level
    if True not in known.values() and not channel.granted:
        return "unknown"
    unconfirmed = channel.confirmed is not None and not holds(channel.confirmed, world.sight(p, {}))
    return "unconfirmed" if unconfirmed else None


# ---- quiet hours


def is_quiet(quiet: QuietHours, ms: int, zone: ZoneInfo) -> bool:
    """Does the clock on the wall show a time inside?"""
    wall = local(ms, zone)
    return any(begins_on(quiet, day) and stretch(quiet, day, wall) for day in (wall.date(), wall.date() - timedelta(days=1)))


def begins_on(quiet: QuietHours, day: date) -> bool:
    return not quiet.days or day.weekday() in quiet.days


def stretch(quiet: QuietHours, day: date, wall: datetime) -> bool:
    midnight = datetime.combine(day, time())
    length = quiet.end - quiet.start if quiet.end > quiet.start else quiet.end - quiet.start + 1440
    begin = midnight + timedelta(minutes=quiet.start)
    return begin <= wall < begin + timedelta(minutes=length)


def at_night(world: World, i: Instance, quiet: QuietHours) -> Verdict | None:
    program = world.program
    zone = zone_named(quiet.zone, program.timezone) if quiet.zone is not None else zone_of(program, i.profile)
    if not is_quiet(quiet, world.now, zone):
        return None
    if quiet.then == "drop":
        return Verdict("quiet_hours", "drop")
    last = (world.now if i.tried is None else i.tried) + PATIENCE
    at = world.now // MINUTE * MINUTE
    while at <= last:
        at += MINUTE
        if not is_quiet(quiet, at, zone):
            break
    return Verdict("quiet_hours", "7d") if at > last else Verdict("quiet_hours", "hold", at)


# ---- caps


def stands(world: World, p: Profile, cap: Cap, at: int) -> bool:
    """Does something of that instant still take a place?"""
    zone = zone_named(cap.zone, world.program.timezone) if cap.zone is not None else zone_of(world.program, p)
    if cap.unit is not None:
        return at >= unit_start(world.now, cap.unit, zone)
    assert cap.over is not None
    return shift(at, cap.over, zone) > world.now


def is_full(world: World, p: Profile, cap: Cap, i: Instance, channel: str, message: Message) -> bool:
    if not covers(cap, channel, i.journey.name, message.category):
        return False
    placed = [
        s
        for s in p.sent
        if not s.given_back
        and covers(cap, s.channel, s.journey, s.message.category)
        and (s.message.purpose or channel_named(world.program, s.channel).purpose) != "transactional"
    ]
    return sum(stands(world, p, cap, s.at) for s in placed) >= cap.at_most


def covers(cap: Cap, channel: str, journey: str, category: str) -> bool:
    return all(
        not wanted or got in wanted
        for wanted, got in ((cap.channels, channel), (cap.journeys, journey), (cap.categories, category))
    )


def capped(world: World, p: Profile, journey: str) -> str | None:
    """The cap of entries that has no place left."""
    for cap in world.program.caps:
        if cap.of == "entries" and (not cap.journeys or journey in cap.journeys):
            entries = [at for name, at in p.entered if not cap.journeys or name in cap.journeys]
            if sum(stands(world, p, cap, at) for at in entries) >= cap.at_most:
                return cap.name
    return None


# ---- receipts


def receipt(world: World, p: Profile, event: Event, stamp: Stamp) -> None:
    """`failed`, `complained`, `unsubscribed`: what they say of a message, or of none (S7.7)."""
    if event.type not in ("failed", "complained", "unsubscribed"):
        return
    key = told(event, "message")
    sent = next((s for s in p.sent if s.key == key and world.now - s.at <= HONOURED), None)
    if key is not None and sent is None:
        world.counts["receipt_unknown",] += 1
    elif event.type == "unsubscribed":
        withdraw(world, p, sent, event, stamp)
    elif event.type == "complained" and sent is None:
        for channel in world.program.channels:
            address = address_of(world, p, channel)
            if address is not None:
                suppress(world, p, channel.name, hashed(world.program, address), event)
    elif sent is not None:
        sent.given_back |= event.type == "failed"
        if event.type == "complained" or told(event, "hard"):
            suppress(world, p, sent.channel, sent.address, event)


def told(event: Event, field: str) -> Any:
    got = getattr(event.props, field, None)
    return None if got is msgspec.UNSET else got


def suppress(world: World, p: Profile, channel: str, address: str, event: Event) -> None:
    if (channel, address) not in p.suppressed:
        p.suppressed.add((channel, address))
        world.say(p, "suppressed", channel=channel, cause=event.id)


def withdraw(world: World, p: Profile, sent: Sent | None, event: Event, stamp: Stamp) -> None:
    of = "any"
    if sent is not None:
        of = f"subscription:{sent.message.subscription}" if sent.message.subscription else f"channel:{sent.channel}"
    p.withdrawn[of] = max(stamp, p.withdrawn.get(of, stamp))
    world.say(p, "unsubscribed", of=of, cause=event.id)


# ---- merges


def merge_gates(world: World, stays: Profile, goes: Profile) -> None:
    """What both were sent is united, and a no on either side is a no (S2.5). Before the attributes are."""
    program = world.program
    asked: list[tuple[str, x.Expr | None]] = [("any", program.consents.any)]
    asked += [(f"channel:{c.name}", c.consent) for c in program.channels]
    asked += [(f"subscription:{name}", one) for name, one in program.consents.subscriptions]
    changes: dict[str, tuple[Stamp, Any]] = {}
    raised: dict[str, Stamp] = {}
    for source, one in asked:
        answers = [says(world, p, source, one) for p in (stays, goes)]
        if False not in answers or one is None:
            continue
        if source in stays.withdrawn or source in goes.withdrawn:
            raised[source] = max(newest(stays, one), newest(goes, one))
        if answers != [False, False]:
            no = stays if answers[0] is False else goes
            for name in read_by(one):
                stamps = [p.attributes[name][0] for p in (stays, goes) if name in p.attributes]
                if stamps:
                    changes[name] = (max(stamps), no.attributes[name][1] if name in no.attributes else None)
    for name, change in changes.items():
        stays.attributes[name] = change
        goes.attributes.pop(name, None)
    for source, stamp in goes.withdrawn.items():
        stays.withdrawn[source] = max(stamp, stays.withdrawn.get(source, stamp))
    for source, stamp in raised.items():
        stays.withdrawn[source] = max(stamp, stays.withdrawn[source])
    stays.sent += goes.sent
    stays.entered += goes.entered
    stays.suppressed |= goes.suppressed


def rest_until(world: World, i: Instance, found: Verdict, channel: str) -> None:
    """The message is held: the instance rests at its send (S7.4)."""
    assert found.until is not None and i.node is not None
    i.due, i.holds = found.until, channel
    world.counts["held", i.journey.name, channel] += 1
    world.say(
        i.profile,
        "held",
        journey=i.journey.name,
        instance=i.id,
        node=i.node.id,
        channel=channel,
        until=rfc3339(found.until),
    )
