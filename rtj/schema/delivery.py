"""Sections of a project about what is sent, asked and held back: channels, consents, webhooks, caps, quiet hours, holdout."""

from __future__ import annotations

from rtj.lang.read_delivery import DECISION, MODEL, OFFER, WEBHOOK
from rtj.lang.read_gates import (
    CAP,
    CAPPED,
    CHANNEL,
    CONSENTS,
    DEFAULTS,
    HOLDOUT,
    MESSAGE,
    PURPOSES,
    QUIET_HOURS,
    QUIET_THEN,
    UNITS,
)
from rtj.schema.beginnings import begun
from rtj.schema.parts import (
    Schema,
    amount,
    choice,
    has,
    list_of,
    mapping,
    named,
    one_or_more,
    only,
    or_nothing,
    ref,
    scalar,
    text,
    whole,
)
from rtj.schema.phrases import COUNT, DATE, END, GAP, LENGTH, NAME, begins, entirely

CHANNELS = "channels and webhooks"
HELD = "consents, messages, suppressions, caps, quiet_hours, holdout"
LATER = "What is refused or not applied yet"


def definitions() -> dict[str, Schema]:
    """What the sections refer to."""
    return {"cap_keys": _cap_keys()}


def channels() -> Schema:
    """`channels:`."""
    purposes = {"marketing": "needs a permission", "transactional": "about something that the person did"}
    keys = {
        "address": (
            ref("value"),
            "Where it reaches a person: an attribute or an identifier. Who has none is not reached. (S7.1)",
        ),
        "purpose": (choice(PURPOSES, purposes), "What it is for; `marketing` says `consent` or `default` too (E401)."),
        "consent": (
            ref("condition"),
            "Whether the person allows it: true a grant, false a withdrawal, missing not known. (S7.2)",
        ),
        "confirmed": (ref("condition"), "Double opt-in: a grant only counts once this is true. (S7.2)"),
        "default": (choice(DEFAULTS, {"granted": "allowed", "denied": "not allowed"}), "What holds of people who have not said."),
        "cost": (amount("an amount such as 0.06"), "What one message costs, in the project's `currency`; 0 if left out."),
        "rate": (ref("at_most"), "At most so many at a time, to spare a system; a simulation does not wait (W705)."),
    }
    return begun(named(or_nothing(mapping(CHANNEL, keys, section=CHANNELS))), "channels")


def consents() -> Schema:
    """`consents:`."""
    keys = {
        "any": (ref("condition"), "Consent to everything: false overrules every other, true stands where others are not known."),
        "subscriptions": (named(ref("condition")), "Consent by subscription, for the messages that belong to it."),
    }
    return begun(mapping(CONSENTS, keys, section=HELD), "consents")


def messages() -> Schema:
    """`messages:`."""
    purposes = {"marketing": "needs a permission", "transactional": "about something that the person did"}
    keys = {
        "purpose": (choice(PURPOSES, purposes), "What it is for; that of its channel if left out."),
        "category": (ref("name"), "What caps may count apart."),
        "subscription": (ref("name"), "The subscription that it belongs to."),
    }
    return begun(named(mapping(MESSAGE, keys, section=HELD)), "messages")


def webhooks() -> Schema:
    """`webhooks:`."""
    keys = {
        "post": (text("an address"), "The address. A simulation calls nobody. (S6.5)"),
        "timeout": (ref("length"), "How long an answer may take: an exact length."),
        "retries": (whole(0), "How often it is tried again."),
        "returns": (ref("fields"), "The fields of its answer."),
    }
    return begun(named(mapping(WEBHOOK, keys, section=CHANNELS, required=["post"])), "webhooks")


def _cap_keys() -> Schema:
    expected = "expected a whole number, or a limit: 2 per 24h, 1 per week, 500 in total"
    at_most: Schema = {
        "type": ["integer", "string"],
        "minimum": 0,
        "maximum": 10**18 - 1,
        "pattern": begins(rf"\+?[0-9]+$|{COUNT}{GAP}(?:per|in){END}"),
        "errorMessage": expected,
        "patternErrorMessage": expected,
    }
    per = scalar(
        "a length such as 24h, or day, week, month, quarter, year", pattern=f"^(?:{'|'.join(UNITS)})$|{entirely(LENGTH)}"
    )
    of = choice(CAPPED, {"messages": "what is sent; so if left out", "entries": "ways in"})
    keys = {
        "name": (ref("name"), "The cap's name."),
        "at_most": (at_most, "How many: a number with `per` beside it, or `2 per 24h`."),
        "per": (per, "`24h` rolls, `day` is the calendar's."),
        "zone": (text("a zone"), "Where the calendar is read: `profile`, and so if left out, or a name such as Europe/Berlin."),
        "of": (of, "What is counted."),
        "channels": (one_or_more(ref("channel"), least=1), "Only by these channels."),
        "journeys": (one_or_more(ref("journey_name"), least=1), "Only of these journeys."),
        "categories": (one_or_more(ref("name"), least=1), "Only of these categories."),
    }
    return mapping(CAP, keys, section=HELD)


def caps() -> Schema:
    """`caps:`: a list of caps with names, or a mapping from names to caps."""
    bare: Schema = {"properties": {"at_most": {"pattern": "^[+-]?[0-9]{1,18}$"}}, "required": ["at_most"]}
    beside: Schema = {"required": ["per"], "errorMessage": "beside a number stands `per`: 24h rolls, day is the calendar's"}
    alone: Schema = {"properties": {"per": False}, "errorMessage": "`per` stands beside a whole number"}
    per: Schema = {"if": has("at_most"), "then": {"if": bare, "then": beside, "else": alone}}
    listed: Schema = {"type": "object", "allOf": [only("cap_keys", *CAP, required=["name", "at_most"]), per]}
    by_name: Schema = {"type": "object", "allOf": [only("cap_keys", *CAP[1:], required=["at_most"]), per]}
    return begun({"if": {"type": "array"}, "then": {"items": listed}, "else": named(by_name)}, "caps")


def quiet_hours() -> Schema:
    """`quiet_hours:`."""
    then = choice(QUIET_THEN, {"hold": "sent afterwards; so if left out", "drop": "not sent"})
    keys = {
        "from": (ref("clock"), "When it begins to be quiet."),
        "to": (ref("clock"), "When it ends."),
        "zone": (text("a zone"), "`profile`: where the person is, and so if left out; or a name such as Europe/Berlin."),
        "then": (then, "What becomes of a message."),
        "days": (
            one_or_more(scalar("days: monday, tuesday or weekend"), least=1),
            "The days on which it begins to be quiet; all if left out.",
        ),
        "channels": (one_or_more(ref("channel"), least=1), "Only for these channels."),
    }
    return begun(mapping(QUIET_HOURS, keys, section=HELD, required=["from", "to"]), "quiet_hours")


def holdout() -> Schema:
    """`holdout:`."""
    keys = {
        "share": (ref("share"), "How many of the people."),
        "salt": (text(), "Chance is a hash of it and of the person. (S9.1)"),
    }
    return begun(mapping(HOLDOUT, keys, section=HELD, required=["share", "salt"]), "holdout")


def not_yet() -> dict[str, Schema]:
    """Sections that this version reads and refuses."""
    valid = scalar("dates: 2026-03-01 to 2026-06-30", pattern=begins(f"{DATE}|to{END}"))
    rows = scalar("rows such as `products as p`", pattern=entirely(f"{NAME}{GAP}as{END}{GAP}{NAME}"))
    offer = {
        "when": (ref("condition"), "Who may get it."),
        "priority": (whole(0), "Which comes first."),
        "score": (ref("value"), "How good it is."),
        "valid": (valid, "When it may be given."),
        "at_most": (one_or_more(ref("at_most")), "How often."),
        "each": (rows, "One for each row of a table."),
        "placements": (one_or_more(ref("name"), least=1), "Where it may stand."),
    }
    decision = {
        "groups": (
            list_of(one_or_more(ref("name"), least=1), "groups of offers: [[a, b], [c]]"),
            "Offers, the best group first.",
        ),
        "placement": (ref("name"), "Where it stands."),
        "fallback": (ref("name"), "What is given when nothing fits."),
    }
    model = {"file": (text("a file"), "The file of the model."), "inputs": (named(ref("value")), "What it is given.")}
    return {
        "offers": named(mapping(OFFER, offer, section=LATER)),
        "decisions": named(mapping(DECISION, decision, section=LATER, required=["groups"])),
        "models": named(mapping(MODEL, model, section=LATER, required=["file"])),
    }
