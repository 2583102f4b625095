"""Names, conditions and events as other tools write them: told once, with what is read here in their place."""

from __future__ import annotations

import pytest

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
    project = PROJECT.replace("profile:\n", "profile:\n  vip: {type: bool?}\n")
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
