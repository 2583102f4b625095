"""What decides whether a message goes, and when: channels, consent, caps, quiet hours, the holdout (D162, D155); and webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from rtj.ir.meaning import meant
from rtj.ir.program import Cap, Channel, Holdout, Message, Program, QuietHours, Webhook
from rtj.ir.spelling import duration_text, length_text
from rtj.ir.types import show
from rtj.plan.both import compare_lengths
from rtj.plan.changes import Change, Level, Spot
from rtj.plan.declared import added, counted, matched, names_text, removed
from rtj.plan.roots import Root
from rtj.plan.sides import Side
from rtj.plan.words import Words, clock_text, days_text, share_text

GONE_UNSENT = "nothing is sent by it any more: sends that named it are changed themselves"
PEOPLE_BEFORE = "what was sent or entered before counts too"


def roots_of_gates(old: Side, new: Side) -> Iterator[Root]:
    """The differences between gates, messages and webhooks."""
    was, now = old.program, new.program
    words = Words(was, old.texts), Words(now, new.texts)
    yield from _of_channels(was, now, words)
    yield from _of_consents(was, now, words)
    yield from _of_messages(was, now)
    yield from _of_caps(was, now)
    yield from _of_quiet_hours(was.quiet_hours, now.quiet_hours)
    yield from _of_holdout(was.holdout, now.holdout)
    yield from _of_webhooks(was, now)


def _rule(spot: Spot, what: str, texts: tuple[str, str], reason: str) -> Root:
    """A change of a rule of all. The text "" stands for a rule that is not there."""
    before, after = texts
    was, now = (spot if before else None), (spot if after else None)
    if before == after == "":
        was = now = spot
    change = Change("D162", "behaviour", what, before, after, reason, concerns="everybody", was=was, now=now)
    return Root(change, (spot[:2],), "new" if after else "old")


def _part(spot: Spot, what: str, texts: tuple[str, str], reason: str) -> Root:
    """A change of a part of a declaration that is in both versions."""
    change = Change("D162", "behaviour", what, *texts, reason, concerns="everybody", was=spot, now=spot)
    return Root(change, (spot[:2],))


# ---- channels and consent


def _of_channels(was: Program, now: Program, words: tuple[Words, Words]) -> Iterator[Root]:
    channels = [[(one.name, one) for one in program.channels] for program in (was, now)]
    for name, before, after in matched(channels[0], channels[1]):
        spot: Spot = ("channel", name)
        if before is None:
            yield added(spot, f"channel {name}", reason="nothing was sent by it before")
        elif after is None:
            yield removed(spot, f"channel {name}", reason=GONE_UNSENT)
        else:
            yield from _of_channel(spot, before, after, words)


def _of_channel(spot: Spot, before: Channel, after: Channel, words: tuple[Words, Words]) -> Iterator[Root]:
    parts = [_channel(one, said) for one, said in zip((before, after), words, strict=True)]
    for part, reason in (
        ("address", "messages go to another address, or to nobody who has none"),
        ("purpose", "it is asked otherwise for consent, caps, quiet hours and the holdout"),
        ("consent", "other people count as having agreed"),
        ("default", "people of whom nothing is known are treated otherwise"),
        ("confirmed", "other grants count"),
    ):
        texts = parts[0][part], parts[1][part]
        if texts[0] != texts[1]:
            yield _part((*spot, part), f"channel {spot[1]} {part}", texts, reason)
    if before.cost != after.cost:
        here = (*spot, "cost")
        reason = "what a message costs decides nothing"
        costs = f"{before.cost:g}", f"{after.cost:g}"
        yield Root(Change("D001", "safe", f"channel {spot[1]} cost", *costs, reason, was=here, now=here))


def _channel(channel: Channel, words: Words) -> dict[str, str]:
    return {
        "address": words.expr(channel.address) or (f"profile.{channel.identifier}" if channel.identifier else ""),
        "purpose": channel.purpose,
        "consent": words.expr(channel.consent),
        "default": "granted" if channel.granted else "",
        "confirmed": words.expr(channel.confirmed),
    }


def _of_consents(was: Program, now: Program, words: tuple[Words, Words]) -> Iterator[Root]:
    both = words[0].expr(was.consents.any), words[1].expr(now.consents.any)
    if meant(was.consents.any) != meant(now.consents.any):
        reason = "a no here overrules all others, and a yes stands where they are not known: it is found otherwise"
        yield _rule(("consents",), "consents any", both, reason)
    subscriptions = [
        [(name, said.expr(value)) for name, value in program.consents.subscriptions]
        for program, said in zip((was, now), words, strict=True)
    ]
    for name, before, after in matched(subscriptions[0], subscriptions[1]):
        reason = "other people count as having subscribed"
        yield _rule(("subscription", name), f"subscription {name}", (before or "", after or ""), reason)


def _of_messages(was: Program, now: Program) -> Iterator[Root]:
    messages = [[(one.name, one) for one in program.messages] for program in (was, now)]
    for name, before, after in matched(messages[0], messages[1]):
        spot: Spot = ("message", name)
        plain = Message(name)
        parts = [_message(before or plain), _message(after or plain)]
        if parts[0] == parts[1]:
            yield added(spot, f"message {name}") if before is None else removed(spot, f"message {name}")
        for part, reason in (
            ("purpose", "it is asked otherwise for consent, caps, quiet hours and the holdout"),
            ("category", "other caps count it"),
            ("subscription", "another consent is asked for"),
        ):
            texts = parts[0][part], parts[1][part]
            if texts[0] != texts[1]:
                yield _part((*spot, part), f"message {name} {part}", texts, reason)


def _message(message: Message) -> dict[str, str]:
    return {"purpose": message.purpose, "category": message.category, "subscription": message.subscription}


# ---- caps


def _of_caps(was: Program, now: Program) -> Iterator[Root]:
    caps = [[(cap.name, cap) for cap in program.caps] for program in (was, now)]
    for name, before, after in matched(caps[0], caps[1]):
        texts = cap_text(before), cap_text(after)
        if before is None:
            reason = f"tighter: a further limit; {PEOPLE_BEFORE}"
        elif after is None:
            reason = "looser: the limit is gone"
        else:
            turn = turn_of_cap(before, after)
            reason = {"looser": "looser: more may go", "tighter": f"tighter: fewer may go; {PEOPLE_BEFORE}"}.get(
                turn, "another limit: some may go that did not, others not any more"
            )
        yield _rule(("cap", name), f"cap {name}", texts, reason)


def cap_text(cap: Cap | None) -> str:
    """`2 per 24h, channels: [email]`."""
    if cap is None:
        return ""
    window = length_text(cap.over) if cap.over is not None else f"{cap.unit} in the zone of {cap.zone or 'the person'}"
    scope = (("channels", cap.channels), ("journeys", cap.journeys), ("categories", cap.categories))
    said = [f"{'entries: ' if cap.of == 'entries' else ''}{cap.at_most} per {window}"]
    return ", ".join([*said, *(f"{name}: {names_text(names)}" for name, names in scope if names)])


def turn_of_cap(before: Cap, after: Cap) -> Literal["looser", "tighter", "another"]:
    """Does a cap let more through than before? Its number, its window and what it covers are looked at one by one."""
    turns: set[str] = set()
    if before.at_most != after.at_most:
        turns.add("looser" if after.at_most > before.at_most else "tighter")
    if (before.over, before.unit, before.zone) != (after.over, after.unit, after.zone):
        direction = compare_lengths(before.over, after.over) if before.over is not None and after.over is not None else "another"
        turns.add({"longer": "tighter", "shorter": "looser"}.get(direction, "another"))
    if before.of != after.of:
        turns.add("another")
    for old, new in (
        (before.channels, after.channels),
        (before.journeys, after.journeys),
        (before.categories, after.categories),
    ):
        if set(old) != set(new):
            turns.add("tighter" if _wider(old, new) else "looser" if _wider(new, old) else "another")
    if turns == {"looser"}:
        return "looser"
    return "tighter" if turns == {"tighter"} else "another"


def _wider(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    """Does it cover all that it did, and more? Nothing named covers everything."""
    return not new or (bool(old) and set(old) < set(new))


# ---- quiet hours and the holdout


def _of_quiet_hours(before: QuietHours | None, after: QuietHours | None) -> Iterator[Root]:
    if before == after:
        return
    texts = quiet_text(before), quiet_text(after)
    if before is None:
        reason = "messages wait, or are dropped, at hours at which they went"
    elif after is None:
        reason = "messages go at every hour; what is held now goes when its hour comes"
    else:
        reason = "messages wait at other hours; what is held now goes when its hour comes, and passes the new gates then"
    yield _rule(("quiet_hours",), "quiet_hours", texts, reason)


def quiet_text(quiet_hours: QuietHours | None) -> str:
    """`22:00 to 08:00, zone: Europe/Berlin, channels: [push]`."""
    if quiet_hours is None:
        return ""
    said = [f"{clock_text(quiet_hours.start)} to {clock_text(quiet_hours.end)}", f"zone: {quiet_hours.zone or 'profile'}"]
    said += ["then: drop"] * (quiet_hours.then == "drop")
    said += [f"days: {days_text(quiet_hours.days)}"] * bool(quiet_hours.days)
    said += [f"channels: {names_text(quiet_hours.channels)}"] * bool(quiet_hours.channels)
    return ", ".join(said)


def _of_holdout(before: Holdout | None, after: Holdout | None) -> Iterator[Root]:
    if before == after:
        return
    spot = ("holdout",)
    texts = [f"{share_text(one.share)}, salt: {one.salt}" if one is not None else "" for one in (before, after)]
    level: Level = "behaviour"
    if before is not None and after is not None and before.salt != after.salt:
        level, reason = "breaking", "another salt draws everybody anew: people change sides, and nothing can be compared any more"
    elif after is None:
        reason = "people who got no marketing get it now"
    elif before is None:
        reason = f"{share_text(after.share)} of all people get no marketing any more"
    else:
        more = after.share > before.share
        moved = share_text(abs(after.share - before.share))
        reason = f"{moved} of all people {'get no marketing any more' if more else 'get marketing that they did not get'}"
    was, now = (spot if before is not None else None), (spot if after is not None else None)
    change = Change("D155", level, "holdout", texts[0], texts[1], reason, concerns="everybody", was=was, now=now)
    yield Root(change, (spot,), "new" if after is not None else "old")


# ---- webhooks


def _of_webhooks(was: Program, now: Program) -> Iterator[Root]:
    webhooks = [[(one.name, one) for one in program.webhooks] for program in (was, now)]
    for name, before, after in matched(webhooks[0], webhooks[1]):
        spot: Spot = ("webhook", name)
        if before is None:
            yield added(spot, f"webhook {name}", reason="nothing called it before")
        elif after is None:
            yield removed(spot, f"webhook {name}")
        else:
            yield from _of_webhook(spot, before, after)


def _of_webhook(spot: Spot, before: Webhook, after: Webhook) -> Iterator[Root]:
    parts = [_webhook(before), _webhook(after)]
    for part, reason in (
        ("url", "calls go to another place"),
        ("timeout", "an answer counts as missing after another time"),
        ("retries", "a call that fails is tried more or less often"),
        ("returns", "its answers have other fields"),
    ):
        texts = parts[0][part], parts[1][part]
        if texts[0] != texts[1]:
            yield _part((*spot, part), f"webhook {spot[1]} {part}", texts, reason)


def _webhook(webhook: Webhook) -> dict[str, str]:
    returns = ", ".join(f"{field.name}: {show(field.type)}" for field in webhook.returns)
    return {
        "url": webhook.url,
        "timeout": duration_text(webhook.timeout_ms),
        "retries": counted(webhook.retries, "retry"),
        "returns": f"{{{returns}}}",
    }
