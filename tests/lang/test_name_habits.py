"""Names, conditions and events as other tools write them: told once, with what is read here in their place."""

from __future__ import annotations

import pytest

from rtj.lang.name_habits import CONSENT_HINT
from tests.lint.cases import PROJECT, found, journey

WHEN = "  - branch: [{when: WHAT, do: [exit]}]\n"
WITH = "  - {send: a, by: email, with: n = WHAT}\n"
WAIT = "  - {id: w, wait: WHAT}\n"
CASE = "  - {id: w, wait_for: [{on: WHAT}, {after: 3d}]}\n"

NODES = """\
WITH | user.country | E310 | user | did you mean `profile`?
WITH | customer.country | E310 | customer | did you mean `profile`?
WITH | trigger.price | E310 | trigger | did you mean `entry`?
WITH | context.cart.price | E310 | context | `cart` is a name of its own; nothing stands before it
WITH | cart.properties.price | E311 | properties | its fields stand right behind it: `cart.price`
WITH | cart.timestamp | E311 | timestamp | did you mean `ts`?
WITH | cart.user_id | E311 | user_id | `user_id` is an identifier, which tells who it is about and cannot be read; a field of another name can
WITH | profile.user_id | E314 | user_id | `user_id` is an identifier, which tells who it is about and cannot be read; a field of another name can
WITH | mail.channel | E310 | mail | `as` gives the answer of a send a name: `{send: welcome, as: mail}`, then `mail.channel`
WITH | add_to_cart.item | E310 | add_to_cart | it is called `cart` here: `cart.item`
WITH | profile.id | E314 | id | who it is about goes along with every message and call, without being named
WITH | count(profile.tags) | E317 | profile | `length(profile.tags)` counts the items of a list
WITH | count(past.items) | E317 | past | `length(list)` counts the items of a list, `count(i.… > 0 for i in list)` those for which it is so
WITH | sum(cart.item) | E317 | cart | `sum(i.… for i in list)` asks a list
WHEN | consent.email | E310 | consent | CONSENT
WHEN | consent == true | E310 | consent | CONSENT
WHEN | permission.email == true | E310 | permission | CONSENT
WITH | Ada | E310 | Ada | a text stands in quotes: `'Ada'`
WITH | profile.shoe_size | E314 | shoe_size | new ones are declared in rtj.yaml, under `profile:`
WHEN | profile.plan == pro | E310 | pro | a text stands in quotes: `'pro'`
WHEN | mail.opened | E310 | mail | receipts are waited for: `wait_for: [{on: mail.opened}, {after: 3d}]`
WHEN | profile.plan == 'pro' or 'free' | E322 | 'free' | write `profile.plan == 'free'`, or `profile.plan in ['pro', 'free']`
WHEN | profile.country == 'a' or 'b' or 'c' | E322 | 'b' | write `profile.country == 'b'`, or `profile.country in ['a', 'b']`
WHEN | profile.vip == 'true' | E321 | 'true' | `true` and `false` stand without quotes
WHEN | profile.orders > 3 and 5 | E322 | 5 | write `profile.orders > 5`
WHEN | "'true'" | E322 | 'true' | `true` stands without quotes
WHEN | profile.last_seen < 30d | E321 | 30d | compare two moments: `profile.last_seen < now() - 30d` is longer ago than that
WHEN | profile.birthday > 7d | E321 | 7d | compare two moments: `profile.birthday < today() - 7d` is longer ago than that
WHEN | sum(purchase.total) in 30d > 5 | E301 | > |
WHEN | (count(purchase) in 30d) > 5 | E321 | 30d | write `count(purchase) over 30d`
WHEN | now - profile.last_seen > 30d | E310 | now | it is a function: `now()`
WHEN | today == 2026-01-01 | E310 | today | it is a function: `today()`
WHEN | weekday == 'monday' | E310 | weekday | it is a function: `weekday(…)`
WHEN | NOW() > profile.last_seen | E316 | NOW | did you mean `now`?
WHEN | weekday(now()) == 'Mon' | E323 | 'Mon' | did you mean `monday`?
WHEN | profile.vip == yes | E310 | yes | did you mean `true`?
WHEN | profile in loyal | E312 | profile | `audience.loyal` asks whether somebody is in it
WHEN | inSegment('loyal') | E316 | inSegment | `audience.loyal` asks whether somebody is in it
WHEN | exists(purchase) | E316 | exists | write `x is not missing`; of events `count(purchase) > 0`
WHEN | profile.country.length > 2 | E325 | length | `length(profile.country)` counts it
WHEN | profile.birthday > '2000-01-01' | E321 | '2000-01-01' | it stands without quotes: `2000-01-01`
WAIT | PT30M | E310 | PT30M | lengths are written 30m, 2h, 7d, 1 month
WAIT | until purchase | E310 | purchase | past events are counted: `count(purchase) over 30d`; one to come is waited for: `wait_for: [{on: purchase}]`
WAIT | -1d | E331 | -1d | `until … - 1d` is so long before a moment
CASE | audience.loyal | E317 | audience.loyal | `joining loyal` or `leaving loyal`
CASE | profile.plan | E317 | profile.plan | a condition is a key of its own: `when: …`
CASE | refunded | E317 | refunded | new ones are declared in rtj.yaml, under `events:`
"""  # noqa: E501


@pytest.mark.parametrize("row", NODES.splitlines())
def test_in_a_node(row: str) -> None:
    node, what, code, piece, hint = (cell.strip() for cell in row.split(" |"))
    project = PROJECT.replace("profile:\n", "profile:\n  vip: {type: bool?}\n  tags: {type: [string]}\n")
    hint = CONSENT_HINT if hint == "CONSENT" else hint
    frames = {"WHEN": WHEN, "WITH": WITH, "WAIT": WAIT, "CASE": CASE}

    said = [d for d in found(project, journey(frames[node].replace("WHAT", what))) if d.severity == "error"]

    assert [(d.code, d.span.text, d.hint) for d in said] == [(code, piece, hint)]


def test_a_type_in_place_of_a_formula() -> None:
    project = PROJECT.replace("  orders:", "  size: number\n  orders:")

    assert [(d.code, d.hint) for d in found(project) if d.severity == "error"] == [
        ("E310", "a type stands behind `type`: `{type: number}`")
    ]


def test_a_field_within_the_properties() -> None:
    project = PROJECT.replace("{from: signed_up.country}", "{from: signed_up.properties.country}")

    assert [(d.code, d.span.text, d.hint) for d in found(project) if d.severity == "error"] == [
        ("E351", "country", "write `signed_up.country`")
    ]


def test_a_mistake_in_a_formula_is_told_once() -> None:
    """Who reads the attribute does not hear of it as well."""
    project = PROJECT.replace("  orders: count(purchase)", "  orders: count(purchase) in 30d")

    assert [d.code for d in found(project) if d.severity == "error"] == ["E321"]


def _of(project: str, *journeys: str) -> list[tuple[str, str, str]]:
    return [(d.code, d.span.text, d.hint) for d in found(project, *journeys) if d.severity == "error"]


def test_what_let_in_without_a_name() -> None:
    """An event type before a dot is what let in, where that is no secret; a fix says `entry`."""
    text = journey(WITH.replace("WHAT", "add_to_cart.item"), "journey: one\nenter: {on: add_to_cart}\n")
    [told] = [d for d in found(PROJECT, text) if d.severity == "error"]

    assert told.hint == "what let in is `entry.item`, or give it a name: `enter: {on: add_to_cart, as: a}`"
    assert told.fix is not None
    assert [edit.text for edit in told.fix.edits] == ["entry"]


def test_another_event_than_the_one_that_let_in() -> None:
    assert _of(PROJECT, journey(WITH.replace("WHAT", "purchase.total"))) == [
        (
            "E310",
            "purchase",
            "past events are counted: `count(purchase) over 30d`; one to come is waited for: `wait_for: [{on: purchase}]`",
        )
    ]


def test_a_collected_list_is_counted_by_its_length() -> None:
    nodes = "  - {id: c, collect: login, for: 1h, as: logins}\n" + WITH.replace("WHAT", "ASKED")
    told = [_of(PROJECT, journey(nodes.replace("ASKED", asked))) for asked in ("count(logins)", "count(logins.ts)")]

    assert told == [[("E317", "logins", "`length(logins)` counts the items of a list")]] * 2
    assert _of(PROJECT, journey(nodes.replace("ASKED", "length(logins)"))) == []


def test_an_answer_without_fields() -> None:
    """What a call brings is declared beside the webhook; taken at its word the hint mends the mistake."""
    webhook = 'webhooks:\n  book: {post: "https://crm.example/book"}\n'
    nodes = "  - {id: c, call: book, as: booking, else: []}\n" + WITH.replace("WHAT", "booking.slot ?? 'none'")

    assert _of(PROJECT + webhook, journey(nodes)) == [
        ("E311", "slot", "what a call brings is declared in rtj.yaml: `webhooks: {book: {returns: {slot: string?}}}`")
    ]
    declared = webhook.replace('book"}', 'book", returns: {slot: string?}}')
    assert _of(PROJECT + declared, journey(nodes)) == []


@pytest.mark.parametrize(
    ("source", "piece", "hint"),
    [
        ("any.ts", "any", "of all events it is computed: `seen: last(any.ts)`"),
        ("event.birthday", "event", "an attribute comes from one type of event, by its name: `from: signed_up.birthday`"),
        ("any.tier", "any", "an attribute comes from one type of event, by its name: `from: promoted.tier`"),
        ("event.shoe_size", "event", "an attribute comes from one type of event, by its name: `from: signed_up.birthday`"),
    ],
)
def test_where_an_attribute_comes_from(source: str, piece: str, hint: str) -> None:
    assert _of(PROJECT.replace("profile:\n", f"profile:\n  seen: {{from: {source}}}\n")) == [("E317", piece, hint)]


@pytest.mark.parametrize("written", ["audience loyal", "audience.loyal", "audience: loyal", "'audience loyal'"])
def test_the_audience_of_a_schedule(written: str) -> None:
    """Told once, and read as the audience that is meant."""
    quoted = f"'{written}'" if ": " in written else written
    text = f"journey: one\nenter: {{every: monday at 09:00, for: {quoted}}}\ndo: [{{send: a, by: email}}]\n"
    [told] = [d for d in found(PROJECT, text) if d.severity == "error"]

    assert (told.code, told.hint) == ("E106", "leave out `audience`: `for: loyal`")
    assert told.fix is not None


def test_the_audience_of_a_schedule_in_the_journey_language() -> None:
    """What the reader tells is not told again; the word alone is."""
    text = "journey one {\n  enter every monday at 09:00 for WHO\n  send a by email\n}\n"

    assert [d.code for d in found(PROJECT, text.replace("WHO", "audience.loyal")) if d.code == "E315"] == []
    assert [d.hint for d in found(PROJECT, text.replace("WHO", "audience"))] == ["its name alone: `for everyone`"]


def test_the_zone_of_a_schedule_may_be_left_out() -> None:
    text = "journey: one\nenter: {every: monday at 09:00 zone profile.timezone, for: loyal}\ndo: [{send: a, by: email}]\n"

    assert _of(PROJECT, text) == [("E350", "profile.timezone", "without `zone` it is the person's")]


def test_else_is_no_condition() -> None:
    assert _of(PROJECT, journey(WHEN.replace("WHAT", "else"))) == [
        ("E310", "else", "`else` is an arm of its own, without `when`")
    ]
