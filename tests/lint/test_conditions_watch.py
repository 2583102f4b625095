"""W313 to W319, W410: windows, goals, exits, keys and values that cannot be what they look like, or may be missing."""

from __future__ import annotations

import pytest

from tests.lint.cases import PROJECT, found, journey, said

PEOPLE = PROJECT.replace(
    "audiences:\n",
    "  points: {type: number?}\n  score: {type: number, default: 0}\n  ok: {type: bool?}\n"
    "  share: profile.spend_30d / profile.orders\naudiences:\n",
)
SEND = "  - {send: hello, by: email}\n"
ARM = "  - branch:\n      - do: [exit]\n        when: |\n          {}\n"


def told(head: str, nodes: str = SEND, codes: str = "W31") -> list[tuple[str, str, str]]:
    """Code, piece and message of what is said of a journey."""
    reported = found(PEOPLE, journey(nodes, f"journey: one\n{head}\n"))
    assert [d.message for d in reported if d.severity == "error"] == []
    return [(d.code, d.span.text, d.message) for d in reported if d.code.startswith(codes)]


# ---- W314, W315

ON_CART = "enter: {on: add_to_cart, as: cart, when: cart.price >= 30 and profile.orders >= 2 and profile.tier == 'gold'}\n"
ALREADY = "nobody can enter: this {} holds already for everybody who comes in"
REFUSED = [
    (ON_CART + "goal: {when: profile.tier == 'gold'}", ("profile.tier == 'gold'", ALREADY.format("goal"))),
    (ON_CART + "exit: {when: profile.tier != 'bronze'}", ("profile.tier != 'bronze'", ALREADY.format("exit"))),
    (
        ON_CART + "goal: {when: cart.price > 10 or profile.ok, stay: true}",
        ("cart.price > 10 or profile.ok", ALREADY.format("goal")),
    ),
    ("enter: {on: login}\nexit: {when: true}", ("true", ALREADY.format("exit"))),
    ("enter: {on: joining loyal}\ngoal: {when: profile.orders >= 4}", ("profile.orders >= 4", ALREADY.format("goal"))),
    ("enter: {on: joining loyal}\ngoal: {when: audience.loyal}", ("audience.loyal", ALREADY.format("goal"))),
    ("enter: {on: leaving loyal}\nexit: {when: not audience.loyal}", ("not audience.loyal", ALREADY.format("exit"))),
    ("enter: {when: profile.score > 9}\ngoal: {when: profile.score > 5}", ("profile.score > 5", ALREADY.format("goal"))),
    ("enter: {every: day, for: loyal}\nexit: {when: profile.orders > 2}", ("profile.orders > 2", ALREADY.format("exit"))),
    (
        "enter: [{on: login}, {on: purchase, when: profile.tier == 'gold'}]\ngoal: {when: profile.tier == 'gold'}",
        ("profile.tier == 'gold'", "nobody can enter this way: the goal `profile.tier == 'gold'` holds already"),
    ),
    ("enter: {on: login}\ngoal: {when: profile.tier == 'gold'}", None),
    (ON_CART + "goal: {when: profile.orders > 2}", None),
    (ON_CART + "exit: {when: profile.tier == 'gold' and profile.ok}", None),
    ("enter: {on: joining loyal}\nexit: {when: not audience.loyal}", None),
    ("enter: {on: leaving loyal}\ngoal: {when: audience.loyal}", None),
    ("enter: {every: day, for: loyal}\nexit: {when: profile.orders > 20}", None),
    ("enter: {on: login, when: profile.points > 5}\ngoal: {when: profile.points >= 10 or profile.points is missing}", None),
]


@pytest.mark.parametrize(("head", "said_"), REFUSED)
def test_an_entry_that_is_refused(head: str, said_: tuple[str, str] | None) -> None:
    assert told(head, codes="W314") == ([] if said_ is None else [("W314", *said_)])


NEVER = "nobody inside can reach this goal: {}"
OUT = [
    (
        "goal: {on: purchase, when: cart.price < 10}",
        ("cart.price < 10", "`cart.price >= 30` and `cart.price < 10` exclude each other"),
    ),
    (
        "goal: {on: purchase where cart.price < 10}",
        ("cart.price < 10", "`cart.price >= 30` and `cart.price < 10` exclude each other"),
    ),
    (
        "goal: {on: purchase within 2d, when: event.total > 3 and cart.price < 10}",
        ("cart.price < 10", "`cart.price >= 30` and `cart.price < 10` exclude each other"),
    ),
    (
        "goal: {when: profile.orders < 2}",
        ("profile.orders < 2", "`profile.orders >= 2` and `profile.orders < 2` exclude each other"),
    ),
    ("goal: {when: cart.price > 99}", ("cart.price > 99", "`cart.price > 99` reads only what is fixed at the entry")),
    (
        "goal: {when: cart.item == 'tea' and journey.entries > 2}",
        (
            "cart.item == 'tea' and journey.entries > 2",
            "`cart.item == 'tea' and journey.entries > 2` reads only what is fixed at the entry",
        ),
    ),
    ("goal: {when: profile.orders == 2}", None),
    ("goal: {when: profile.tier == 'silver'}", None),  # it may change
    ("goal: {on: purchase, when: event.total < 30}", None),
    ("goal: {when: cart.ts < now() - 3d}", None),
    ("goal: {when: date(cart.ts) == 2026-03-01}", None),  # a day of the person's zone
    ("goal: {when: cart.price > 99 and profile.ok}", None),
    ("goal: {on: purchase, when: event.total < 3 and event.total > 5}", None),  # W311
    ("exit: {on: purchase, when: cart.price < 10}", None),  # W311
]


@pytest.mark.parametrize(("watch", "said_"), OUT)
def test_a_goal_out_of_reach(watch: str, said_: tuple[str, str] | None) -> None:
    assert told(ON_CART + watch, codes="W315") == ([] if said_ is None else [("W315", said_[0], NEVER.format(said_[1]))])


def test_labels_show_both_places() -> None:
    head = "journey: one\nenter: {on: add_to_cart, as: cart, when: cart.price >= 30}\n"

    assert said(PEOPLE, journey(SEND, head + "goal: {on: purchase, when: 10 > cart.price}\n"), codes="W315") == (
        "1.journey.yaml:3:28 W315 ['10 > cart.price'] nobody inside can reach this goal: `cart.price >= 30` and "
        "`10 > cart.price` exclude each other (who is inside came in by this: 2:42)\n"
    )
    assert said(PEOPLE, journey(SEND, head + "exit: {when: cart.price > 3}\n"), codes="W314") == (
        "1.journey.yaml:3:14 W314 ['cart.price > 3'] nobody can enter: this exit holds already for everybody who comes in"
        " -- who enters would be refused as `already` (holds for who comes in: 2:42)\n"
    )


# ---- W319

KEYS = [
    ("enter: {on: purchase, key: event.cart_id}", "event.cart_id"),
    ("enter: {on: purchase, as: p, when: p.total > 3, key: p.cart_id}", "p.cart_id"),
    ("enter: {every: day, for: loyal, key: profile.country}", "profile.country"),
    ("enter: {on: purchase, when: event.cart_id is not missing or profile.ok, key: event.cart_id}", "event.cart_id"),
    ("enter: {on: purchase, key: lower(event.cart_id)}", "lower(event.cart_id)"),
    ("enter: {on: purchase, key: event.cart_id ?? 'none'}", None),
    ("enter: {on: add_to_cart, key: event.cart_id}", None),
    ("enter: {on: purchase, when: event.cart_id is not missing, key: event.cart_id}", None),
    ("enter: {on: purchase, when: event.cart_id != null and profile.ok, key: event.cart_id}", None),
    ("enter: {on: purchase, when: event.cart_id > 'a', key: lower(event.cart_id)}", None),
    ("enter: {on: purchase where event.cart_id is not empty, as: p, key: p.cart_id}", None),
    ("enter: {every: day, for: loyal, when: profile.country == 'DE', key: profile.country}", None),
]


@pytest.mark.parametrize(("head", "piece"), KEYS)
def test_a_key_that_may_miss(head: str, piece: str | None) -> None:
    reported = told(head, codes="W319")

    assert [one[1] for one in reported] == ([] if piece is None else [piece])
    assert all(one[2].startswith(f"the key may be missing: `{piece}` is string?") for one in reported)


HELLO = '  - {{send: hello, by: email, with: "name = {}"}}\n'
MESSAGES = [
    (HELLO.format("profile.country"), "profile.country"),
    (HELLO.format("profile.country ?? 'there'"), None),
    ("  - branch: [{when: profile.country is not missing, do: [{send: hello, by: email, with: a = profile.country}]}]\n", None),
    ("  - branch: [{when: profile.country == 'DE', do: [{send: hello, by: email, with: a = lower(profile.country)}]}]\n", None),
    ("  - branch: [{when: profile.country is missing, do: [exit]}]\n" + HELLO.format("profile.country"), None),
    ("  - branch: [{when: profile.country is missing}]\n" + HELLO.format("profile.country"), "profile.country"),
    (
        "  - branch: [{when: profile.country is missing, do: [exit]}]\n  - {id: w, wait: 1d}\n" + HELLO.format("profile.country"),
        "profile.country",
    ),
    ("  - branch: [{when: p.cart_id is missing, do: [exit]}]\n  - {id: w, wait: 1d}\n" + HELLO.format("p.cart_id"), None),
    (
        "  - branch: [{when: profile.country is missing, do: [{send: who, by: email, with: a = profile.country}]}]\n",
        "profile.country",
    ),
]


@pytest.mark.parametrize(("nodes", "piece"), MESSAGES)
def test_a_value_of_a_message_that_may_miss(nodes: str, piece: str | None) -> None:
    reported = told("enter: {on: purchase, as: p}", nodes, codes="W410")

    assert [one[1] for one in reported] == ([] if piece is None else [piece])
    assert all(one[2].endswith("may be missing: it is string?") for one in reported)


# ---- W316, W318

FRACTIONS = [
    ("profile.spend_30d == 19.99", "=="),
    ("19.99 != profile.spend_30d", "!="),
    ("profile.share in [0.1, 2]", "in"),
    ("profile.share not in [1, 0.3]", "not in"),
    ("cart.price * 1.19 == 11.9", "=="),
    ("avg(purchase.total) over 7d == 9.99", "=="),
    ("(profile.share ?? 0) == 0.1", "=="),
    ("-profile.share == 0.1", "=="),
    ("sum(i.qty for i in last(purchase).items) == 0.3", "=="),
    ("hours_between(cart.ts, now()) == 0.1", "=="),
    ("cart.price == 19.99", None),
    ("profile.share == 0.5", None),
    ("profile.share == 2", None),
    ("round(profile.share, 2) == 0.1", None),
    ("profile.share > 0.1", None),
    ("profile.points == 0.1", None),
    ("profile.orders == 0.1", None),  # never, but exactly
]


@pytest.mark.parametrize(("text", "piece"), FRACTIONS)
def test_a_fraction_compared_exactly(text: str, piece: str | None) -> None:
    reported = told("enter: {on: add_to_cart, as: cart}", ARM.format(text), codes="W316")

    assert [one[1] for one in reported] == ([] if piece is None else [piece])


MISSING = [
    ("profile.points < null", "`profile.points < null` is never true: what is missing is not below, above or beside anything"),
    (
        "null >= profile.points or profile.ok",
        "`null >= profile.points` is never true: what is missing is not below, above or beside anything",
    ),
    ("profile.points / 0 == 3", "`profile.points / 0` is always missing: nothing can be divided by 0"),
    ("(profile.points / 0 + 3) * 2 is missing", "`profile.points / 0` is always missing: nothing can be divided by 0"),
    ("profile.points + null > 3", "`profile.points + null` is always missing: one side is `null`"),
    ("date('2026-02-30') == today()", "`date('2026-02-30')` is always missing: `'2026-02-30'` is no date"),
    ("number('12 €') == profile.points", "`number('12 €')` is always missing: `'12 €'` is no number"),
    ("round(null) == 3", "`round(null)` is always missing: so it is when an argument is"),
    ("['a', 'b'][2] == cart.item", "`['a', 'b'][2]` is always missing"),
    ("count(purchase where event.total / 0 > 3) > 3", "`event.total / 0` is always missing: nothing can be divided by 0"),
    ("profile.points == null", None),
    ("profile.points / profile.orders > 3", None),
    ("date('2024-02-29') == today()", None),
    ("['a', 'b'][-1] == cart.item", None),
]


@pytest.mark.parametrize(("text", "message"), MISSING)
def test_what_is_always_missing_is_said_once(text: str, message: str | None) -> None:
    reported = told("enter: {on: add_to_cart, as: cart}", ARM.format(text))

    assert [one[2] for one in reported] == ([] if message is None else [message])


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ("carts[2]", None),
        ("carts[-3]", None),
        ("carts[3]", "`carts[3]` is always missing: `carts` has 3 items, counted from 0"),
        ("carts[-4]", "`carts[-4]` is always missing: `carts` has 3 items, counted from 0"),
        ("kept[4]", None),
        ("kept[5]", "`kept[5]` is always missing: `kept` has at most 5 items, counted from 0"),
    ],
)
def test_an_item_behind_the_end(index: str, message: str | None) -> None:
    nodes = "  - {id: c, collect: purchase, for: 1d, max: 5, as: kept}\n" + ARM.format(f"{index}.id == 'a'")

    reported = told("enter: {on: 3 add_to_cart within 1h, as: carts}", nodes, codes="W318")

    assert [one[2] for one in reported] == ([] if message is None else [message])


# ---- W313

NOTHING = "`within` of nothing: "
WINDOWS = [
    ("enter: {on: 3 login within 0s}", "0s", NOTHING + "3 events would have to come at the very same millisecond"),
    ("enter: {on: login then purchase within 0h}", "0h", NOTHING + "only what happens at the very same millisecond counts"),
    (
        "enter: {on: login}\ngoal: {on: purchase within 92d}",
        "92d",
        "the end of `92d` is never reached: a journey that says no `max_duration` ends after 91d",
    ),
    (
        "enter: {on: login}\ngoal: {on: purchase within 4 months}",
        "4 months",
        "the end of `4 months` is never reached: a journey that says no `max_duration` ends after 91d",
    ),
    (
        "enter: {on: login}\nmax_duration: 2 weeks\ngoal: {when: profile.ok, within: 17d}",
        "17d",
        "the end of `17d` is never reached: `max_duration` ends the journey after 2 weeks",
    ),
    (
        "enter: {on: login}\ngoal: {on: purchase within 0s}",
        "0s",
        "a goal `within` nothing: it would have to be reached at the instant of the entry",
    ),
    (
        "runs: to 2026-03-31\nenter: {once: 2026-05-01, for: loyal}",
        "2026-05-01",
        "nobody enters on 2026-05-01: the journey ends on 2026-03-31",
    ),
    (
        "runs: from 2026-03-31\nenter: {once: 2026-02-01, for: loyal}",
        "2026-02-01",
        "nobody enters on 2026-02-01: the journey begins on 2026-03-31",
    ),
    (
        "runs: to 2026-03-31\nenter: {every: 2 weeks on monday starting 2026-05-04, for: loyal}",
        "2026-05-04",
        "nobody enters on 2026-05-04: the journey ends on 2026-03-31",
    ),
    ("enter: {on: 1 login within 0s}", "", ""),
    ("enter: {on: login}\ngoal: {on: purchase within 91d}", "", ""),
    ("enter: {on: login}\ngoal: {on: purchase within 3 months}", "", ""),
    ("enter: {on: login}\nmax_duration: 1 year\ngoal: {on: purchase within 92d}", "", ""),
    ("runs: to 2026-03-31\nenter: {once: 2026-03-31, for: loyal}", "", ""),
    ("runs: from 2026-03-31\nenter: {every: 2 weeks on monday starting 2026-01-05, for: loyal}", "", ""),
]


@pytest.mark.parametrize(("head", "piece", "message"), WINDOWS)
def test_times_that_nobody_reaches(head: str, piece: str, message: str) -> None:
    assert told(head, codes="W313") == ([("W313", piece, message)] if message else [])


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("count(purchase) since purchase > 2", "since purchase"),
        ("last(purchase.total) since purchase is missing", "since purchase"),
        ("count(purchase or login) since purchase > 2", None),
        ("count(add_to_cart) since purchase > 2", None),
    ],
)
def test_windows_that_hold_nothing(text: str, piece: str | None) -> None:
    reported = told("enter: {on: login}", ARM.format(text), codes="W31")

    assert [(one[0], one[1]) for one in reported] == ([] if piece is None else [("W313", piece)])


def test_windows_of_computed_attributes() -> None:
    project = PEOPLE.replace("  share:", "  again: count(purchase) since purchase\n  share:")

    assert [d.span.text for d in found(project) if d.code == "W313"] == ["since purchase"]
