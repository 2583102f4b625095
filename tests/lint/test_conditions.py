"""W311, W312: what is always or never so is said where it stands, once and with the reason; what may be either way is not."""

from __future__ import annotations

import pytest

from rtj.base.diagnostic import Diagnostic
from tests.lint.cases import HEAD, PROJECT, found, journey, said

ARM = "  - branch:\n      - do: [exit]\n        when: |\n          {}\n"
PEOPLE = PROJECT + "  push: {purpose: transactional}\n"
PEOPLE = PEOPLE.replace(
    "audiences:\n",
    "  points: {type: number?}\n  score: {type: number, default: 0}\n  ok: {type: bool?}\n"
    "  tags: {type: [string]}\n  first: {type: string?}\naudiences:\n",
)


def told(*nodes: str, head: str = HEAD, codes: str = "W31") -> list[tuple[str, str, str]]:
    """Code, piece and message of what is said of a journey."""
    reported = found(PEOPLE, journey("".join(nodes), head))
    assert [d.message for d in reported if d.severity == "error"] == []
    return [(d.code, d.span.text, d.message) for d in reported if d.code.startswith(codes)]


def of_condition(text: str) -> list[tuple[str, str]]:
    return [(piece, message) for _, piece, message in told(ARM.format(text), codes="W311")]


BY_ITSELF = [
    ("profile.orders < 0", "profile.orders < 0", "is never true: a count is 0 or more"),
    ("profile.orders >= 0", "profile.orders >= 0", "is always true: a count is 0 or more"),
    ("-1 >= profile.orders", "-1 >= profile.orders", "is never true: a count is 0 or more"),
    ("hour(now()) >= 24", "hour(now()) >= 24", "is never true: an hour is 0 to 23"),
    ("month(profile.birthday) == 13", "month(profile.birthday) == 13", "is never true: a month is 1 to 12"),
    ("chance('p') < 10", "chance('p') < 10", "is always true: a chance is at least 0 and below 1"),
    ("length(cart.item) >= 0", "length(cart.item) >= 0", "is always true: a length is 0 or more"),
    ("cart.item is missing", "cart.item is missing", "is never true: it is always there"),
    ("cart.price == cart.price", "cart.price == cart.price", "is always true: both sides are the same"),
    ("cart.price < cart.price", "cart.price < cart.price", "is never true: both sides are the same"),
    ("1 < 2", "1 < 2", "is always true: both sides are fixed"),
    ("profile.tier in ['gold', 'silver', 'bronze']", None, "is always true: it is `'bronze'`, `'gold'` or `'silver'`"),
    ("cart.type == 'login'", "cart.type == 'login'", "is never true: it is `'add_to_cart'`"),
    ("profile.last_seen > now()", "profile.last_seen > now()", "is never true: what has happened lies in the past"),
    ("not profile.last_seen > now() + 1d", "profile.last_seen > now() + 1d", "is never true: what has happened lies in the past"),
    ("profile.country < ''", "profile.country < ''", "is never true: no text stands before the empty one"),
    ("any(t == t for t in profile.tags)", "t == t", "is always true: both sides are the same"),
    (
        "count(purchase where event.total != event.total) > 3",
        "event.total != event.total",
        "is never true: both sides are the same",
    ),
    ("(if profile.orders < 0 then 1 else 2) == profile.points", "profile.orders < 0", "is never true: a count is 0 or more"),
    ("profile.ok and (true or profile.ok)", "true", "is always true"),
]


@pytest.mark.parametrize(("text", "piece", "message"), BY_ITSELF, ids=[case[0] for case in BY_ITSELF])
def test_by_itself(text: str, piece: str | None, message: str) -> None:
    piece = piece or text
    assert of_condition(text) == [(piece, f"`{piece}` {message}")]


BESIDE = [
    (
        "profile.score > 10 and profile.score < 5",
        "profile.score < 5",
        "is never true beside `profile.score > 10`: no number is both above `10` and below `5`",
    ),
    (
        "profile.orders > 2 and profile.ok and profile.orders < 3",
        "profile.orders < 3",
        "is never true beside `profile.orders > 2`: no whole number is both above `2` and below `3`",
    ),
    (
        "profile.country == 'DE' and profile.country == 'AT'",
        "profile.country == 'AT'",
        "is never true beside `profile.country == 'DE'`: it cannot be both",
    ),
    (
        "profile.birthday >= 2000-01-01 and profile.birthday < 1990-01-01",
        "profile.birthday < 1990-01-01",
        "is never true beside `profile.birthday >= 2000-01-01`: no date is both at or after `2000-01-01` and before `1990-01-01`",
    ),
    (
        "profile.last_seen < now() - 30d and profile.last_seen > now() - 7d",
        "profile.last_seen > now() - 7d",
        "is never true beside `profile.last_seen < now() - 30d`: no moment is both before `now() - 30d` and after `now() - 7d`",
    ),
    (
        "profile.last_seen < now() - 2 months and profile.last_seen > now() - 1 month",
        "profile.last_seen > now() - 1 month",
        (
            "is never true beside `profile.last_seen < now() - 2 months`: "
            "no moment is both before `now() - 2 months` and after `now() - 1 month`"
        ),
    ),
    (
        "profile.plan != 'free' or profile.plan != 'pro'",
        "profile.plan != 'pro'",
        "is true whenever `profile.plan != 'free'` is not: one of them always holds",
    ),
    (
        "profile.points < 5 or profile.points >= 5 or profile.points is missing",
        "profile.points is missing",
        "is true whenever `profile.points < 5` and `profile.points >= 5` are not: one of them always holds",
    ),
    (
        "profile.score < 5 or profile.score >= 5",
        "profile.score >= 5",
        "is true whenever `profile.score < 5` is not: one of them always holds",
    ),
    (
        "profile.tier != 'gold' and profile.tier != 'silver' and profile.tier != 'bronze'",
        "profile.tier != 'bronze'",
        "is never true beside `profile.tier != 'gold'` and `profile.tier != 'silver'`",
    ),
    (
        "profile.score > 10 and profile.score > 5",
        "profile.score > 5",
        "makes no difference: it is true whenever `profile.score > 10` is",
    ),
    (
        "profile.score > 5 and profile.score > 10",
        "profile.score > 5",
        "makes no difference: it is true whenever `profile.score > 10` is",
    ),
    (
        "profile.score > 10 or profile.score > 5",
        "profile.score > 10",
        "makes no difference: `profile.score > 5` is true whenever it is",
    ),
    (
        "profile.score > 5 or profile.score > 10",
        "profile.score > 10",
        "makes no difference: `profile.score > 5` is true whenever it is",
    ),
    (
        "(profile.points ?? 0) > 5 and profile.points is missing",
        "profile.points is missing",
        "is never true beside `(profile.points ?? 0) > 5`",
    ),
    (
        "profile.score > 10 and (profile.ok or profile.score < 5)",
        "profile.score < 5",
        "is never true beside `profile.score > 10`: no number is both above `10` and below `5`",
    ),
    (
        "cart.price < profile.score and profile.score < cart.price",
        "profile.score < cart.price",
        "is never true beside `cart.price < profile.score`",
    ),
    (
        "if profile.score > 3 then profile.score < 2 else profile.ok",
        "profile.score < 2",
        "is never true beside `profile.score > 3`: no number is both above `3` and below `2`",
    ),
    (
        "profile.tags is empty and length(profile.tags) > 2",
        "length(profile.tags) > 2",
        "is never true beside `profile.tags is empty`",
    ),
    (
        "profile.tier has been 'gold' for 7d and not (profile.tier has been 'gold' for 3d)",
        "not (profile.tier has been 'gold' for 3d)",
        "is never true beside `profile.tier has been 'gold' for 7d`",
    ),
    (
        "profile.orders > count(purchase) and profile.ok",
        "profile.orders > count(purchase)",
        "is never true: both sides are the same",
    ),
    ("count(purchase) over 7d > count(purchase) over 30d", "count(purchase) over 7d > count(purchase) over 30d", "is never true"),
]


@pytest.mark.parametrize(("text", "piece", "message"), BESIDE, ids=[case[0] for case in BESIDE])
def test_beside_another(text: str, piece: str, message: str) -> None:
    assert of_condition(text) == [(piece, f"`{piece}` {message}")]


SILENT = [
    "true",
    "false",
    "profile.ok",
    "profile.points < 5 or profile.points >= 5",  # neither of who has none
    "not (profile.points < 5) and profile.points is missing",
    "profile.points != 3 or profile.points == 3 and profile.ok",
    "profile.first != 'Ada' and profile.first is missing",
    "profile.first is not missing and profile.first != 'Ada'",
    "profile.points is not missing and profile.points > 5",
    "profile.points != null and profile.points > 5",
    "profile.last_seen is missing or profile.last_seen < now() - 30d",
    "profile.score > 5 and profile.score < 10",
    "profile.score > 5 or profile.score < 3",
    "profile.orders > 2 and profile.orders < 4",
    "cart.price + 0.1 > 5 and cart.price < 5",
    "profile.plan == 'free' or profile.plan == 'pro'",
    "profile.plan != 'free' and profile.plan != 'pro'",  # who has no plan
    "profile.last_seen < now() - 30d and profile.last_seen > now() - 90d",
    "profile.birthday + 1 day == profile.birthday",  # null is null
    "profile.points / 2 > 3 and profile.points < 7",
    "cart.price == profile.score and cart.price > 3",
    "hour(now()) >= 22 or hour(now()) < 6",
    "hour(now()) == 10 and hour(cart.ts) == 11",
    "weekday(now()) == 'monday' and weekday(cart.ts) == 'tuesday'",
    "any(t == 'a' for t in profile.tags) and any(t == 'b' for t in profile.tags)",
    "profile.tags[0] == 'a' and profile.tags[1] == 'b'",
    "count(purchase where event.total > 5) > 3 and count(purchase where event.total > 50) < 3",
    "count(purchase) over 7d == count(purchase) over 30d",
    "profile.tier has been 'gold' for 7d and profile.tier has been 'silver' for 3d",
    "count(i for i in last(purchase).items) > 1 or count(t for t in profile.tags) == 0",  # how many there are
    "audience.loyal and profile.orders <= 3",  # membership is that of the last look
    "profile.spend_30d >= 0",  # a refund may be below nothing
    "sum(purchase.total) == 0 or profile.spend_30d != 0",
    "contains(cart.item, 'tea') and not contains(cart.item, 'tee')",
    "date(now()) == today() and date(cart.ts) != today()",
    "chance('a') < 0.5 and chance('b') >= 0.5",
    "lower(cart.item) == 'tea' and cart.item == 'TEA'",
]


@pytest.mark.parametrize("text", SILENT)
def test_what_may_be_either_way_is_passed_over(text: str) -> None:
    assert told(ARM.format(text)) == []


def test_a_mistake_in_a_condition_leaves_the_others() -> None:
    nodes = ARM.format("profile.scor > 3 and profile.orders < 0") + ARM.format("profile.orders < 0")

    reported = found(PEOPLE, journey(nodes))

    assert [(d.code, d.span.line) for d in reported if d.code in ("E314", "W311")] == [("E314", 7), ("W311", 11)]


def test_places_in_every_style_of_yaml() -> None:
    nodes = (
        "  - branch:\n"
        "      - when: >-\n"
        "          profile.first == '日本 🍵'\n"
        "          and profile.first == '中国'\n"
        "        do: [exit]\n"
        "  - branch: [{when: \"profile.first == 'é' and profile.first == '\\u00e9é'\", do: [exit]}]\n"
    )

    assert said(PEOPLE, journey(nodes), codes="W311") == (
        "1.journey.yaml:7:15 W311 [\"profile.first == '中国'\"] `profile.first == '中国'` is never true beside "
        "`profile.first == '日本 🍵'`: it cannot be both (this holds: 6:11)\n"
        "1.journey.yaml:9:47 W311 [\"profile.first == '\\\\u00e9é'\"] `profile.first == '\\u00e9é'` is never true beside "
        "`profile.first == 'é'`: it cannot be both (this holds: 9:22)\n"
    )


# ---- what is known from elsewhere

WAY_IN = "journey: one\nenter: {on: add_to_cart, as: cart, when: cart.price >= 30 and profile.score > 3}\n"
LATER = "  - {id: later, wait: 2h}\n"
HERE = "is never true here, where"

HISTORY = [
    "enter: {on: add_to_cart, as: cart, when: count(add_to_cart where event.item == cart.item) over 30d > 3}\n",
    "enter: {on: add_to_cart, as: cart, when: cart.price < (last(add_to_cart where event.item == cart.item).price ?? 0)}\n",
    "enter: {on: add_to_cart}\nexit: {on: add_to_cart as again, when: count(add_to_cart where event.item == again.item) > 3}\n",
]


@pytest.mark.parametrize("ways", HISTORY)
def test_past_events_are_others_than_the_one_that_lets_in(ways: str) -> None:
    """Within an aggregate `event` is each past event in turn, not the event of the pattern around it."""
    assert told(LATER, head=f"journey: one\n{ways}", codes="W311") == []


KNOWN = [
    ("what let in", WAY_IN, [LATER, ARM.format("cart.price < 20")], f"`cart.price < 20` {HERE} `cart.price >= 30` holds"),
    ("by its other name", WAY_IN, [ARM.format("entry.price < 20")], f"`entry.price < 20` {HERE} `cart.price >= 30` holds"),
    ("at once", WAY_IN, [ARM.format("profile.score < 2")], f"`profile.score < 2` {HERE} `profile.score > 3` holds"),
    ("no more after a rest", WAY_IN, [LATER, ARM.format("profile.score < 2")], None),
    ("no more after a set", WAY_IN, ["  - {set: profile.score = 0}\n", ARM.format("profile.score < 2")], None),
    (
        "again",
        WAY_IN,
        [ARM.format("profile.score > 3")],
        "`profile.score > 3` is always true here: it was asked before, and holds",
    ),
    (
        "an arm",
        HEAD,
        ["  - branch: [{when: profile.tier == 'gold', do: [{branch: [{when: profile.tier == 'silver', do: [exit]}]}]}]\n"],
        f"`profile.tier == 'silver'` {HERE} `profile.tier == 'gold'` holds",
    ),
    (
        "the else",
        HEAD,
        ["  - branch: [{when: profile.ok, do: [exit]}, {else: [{branch: [{when: profile.ok, do: [exit]}]}]}]\n"],
        "`profile.ok` is never true here: it was asked before, and does not hold",
    ),
    (
        "whoever was left",
        HEAD,
        ["  - branch: [{when: profile.score < 5, do: [exit]}]\n", ARM.format("profile.score < 3")],
        f"`profile.score < 3` {HERE} `profile.score < 5` does not hold",
    ),
    ("not those who were not", HEAD, ["  - branch: [{when: profile.score < 5}]\n", ARM.format("profile.score < 3")], None),
    (
        "a case",
        HEAD,
        ["  - id: w\n    wait_for: [{on: purchase, as: p, when: p.total > 9, do: [{branch: [{when: p.total < 5}]}]}]\n"],
        f"`p.total < 5` {HERE} `p.total > 9` holds",
    ),
    (
        "not another event",
        HEAD,
        [
            (
                "  - id: w\n    wait_for:\n      - on: purchase\n        when: event.total > 9\n        do:\n          - id: v\n"
                "            wait_for: [{on: purchase, when: event.total < 5}, {after: 1d}]\n"
            )
        ],
        None,
    ),
    (
        "one of two ways in",
        "journey: one\nenter: [{on: add_to_cart, when: event.price > 5}, {on: purchase, when: event.total > 5}]\n",
        [ARM.format("entry.type == 'purchase'")],
        None,
    ),
    (
        "both ways in",
        "journey: one\nenter: [{on: add_to_cart, when: event.price > 5}, {on: add_to_cart, when: event.price > 9}]\n",
        [ARM.format("entry.price < 4")],
        f"`entry.price < 4` {HERE} `event.price > 5 or event.price > 9` holds",
    ),
    (
        "a schedule's audience",
        "journey: one\nenter: {every: day, for: loyal}\n",
        [ARM.format("not audience.loyal")],
        f"`not audience.loyal` {HERE} `for loyal` holds",
    ),
    (
        "a round before",
        HEAD,
        [
            (
                "  - id: r\n    repeat: 3 times\n    until: profile.score > 5\n    do:\n"
                "      - branch: [{when: profile.score > 7, do: [exit]}]\n"
            )
        ],
        f"`profile.score > 7` {HERE} `profile.score > 5` does not hold",
    ),
    (
        "no more in the second round",
        WAY_IN,
        ["  - id: r\n    repeat: 3 times\n    do:\n      - branch: [{when: profile.score < 2}]\n      - {id: w, wait: 1d}\n"],
        None,
    ),
    (
        "the exit",
        WAY_IN + "exit: {on: purchase, when: cart.price < 9}\n",
        [LATER],
        f"`cart.price < 9` {HERE} `cart.price >= 30` holds",
    ),
    (
        "an earlier step",
        "journey: one\nenter: {on: add_to_cart where event.price > 9 as a then purchase within 1h}\n",
        [LATER, ARM.format("a.price < 5")],
        f"`a.price < 5` {HERE} `event.price > 9` holds",
    ),
    (
        "how many there are",
        "journey: one\nenter: {on: 3 add_to_cart within 1h, as: carts}\n",
        [ARM.format("length(carts) > 3")],
        "`length(carts) > 3` is never true: the length of this list is 3",
    ),
    (
        "how many may be kept",
        HEAD,
        ["  - {id: c, collect: purchase, for: 1d, max: 5, as: all_of_it}\n", ARM.format("length(all_of_it) > 5")],
        "`length(all_of_it) > 5` is never true: the length of this list is 0 to 5",
    ),
]


@pytest.mark.parametrize(("head", "nodes", "message"), [case[1:] for case in KNOWN], ids=[case[0] for case in KNOWN])
def test_what_is_known(head: str, nodes: list[str], message: str | None) -> None:
    assert [m for code, _, m in told(*nodes, head=head) if code == "W311"] == ([] if message is None else [message])


def test_what_follows_from_a_dead_arm_is_not_said() -> None:
    """Below an arm that nobody takes everything would be true and false at once."""
    inner = "{branch: [{when: cart.price < 15}, {when: cart.price > 40}, {when: cart.price < 5}, {else: [exit]}]}"
    nodes = f"  - branch: [{{when: cart.price < 20, do: [{inner}]}}]\n"

    assert [m for _, _, m in told(nodes, head=WAY_IN)] == [f"`cart.price < 20` {HERE} `cart.price >= 30` holds"]


def test_of_audiences_and_attributes() -> None:
    project = PEOPLE.replace("audiences:\n", "  odd: count(purchase where event.total < event.total)\naudiences:\n")
    project = project.replace("  loyal: profile.orders > 3\n", "  loyal: profile.orders > 3\n  none: profile.orders < 0\n")

    assert [d.message for d in found(project) if d.code == "W311"] == [
        "`event.total < event.total` is never true: both sides are the same",
        "`profile.orders < 0` is never true: a count is 0 or more",
    ]


# ---- W312

ARMS = [
    (
        "{when: profile.score > 10}, {when: profile.score > 20}",
        "profile.score > 20",
        "`profile.score > 10` above holds whenever `profile.score > 20` does",
    ),
    ("{when: profile.ok}, {when: profile.ok}", "profile.ok", "`profile.ok` stands above already"),
    (
        "{when: profile.score > 10}, {when: profile.ok}, {when: profile.score <= 10}, {when: profile.tier == 'gold'}",
        "profile.tier == 'gold'",
        "one of `profile.score > 10` and `profile.score <= 10` above holds whenever `profile.tier == 'gold'` does",
    ),
    ("{when: true}, {when: profile.ok}", "profile.ok", "`true` above takes everybody"),
    (
        "{when: \"profile.tier in ['gold', 'silver']\"}, {when: profile.tier == 'gold' and profile.ok}",
        "profile.tier == 'gold' and profile.ok",
        "`profile.tier in ['gold', 'silver']` above holds whenever `profile.tier == 'gold' and profile.ok` does",
    ),
]


@pytest.mark.parametrize(("arms", "piece", "message"), ARMS)
def test_an_arm_that_nobody_takes(arms: str, piece: str, message: str) -> None:
    assert told(f"  - branch: [{arms}]\n") == [("W312", piece, f"nobody takes this arm: {message}")]


@pytest.mark.parametrize(
    "arms",
    [
        "{when: profile.tier == 'gold'}, {when: profile.tier == 'silver'}, {when: profile.tier == 'bronze'}, {else: [exit]}",
        "{when: profile.score < 1}, {when: profile.score >= 1}, {else: [exit]}",
        "{when: profile.ok}, {when: not profile.ok},   # or else: 🍵\n      {else: [exit]}",
        "{when: true, do: [exit]}, {else: [exit]}",
    ],
)
def test_an_else_that_nobody_takes(arms: str) -> None:
    assert [one for one in told(f"  - branch: [{arms}]\n") if one[0] == "W312"] == [
        ("W312", "else", "nobody takes this `else`: the arms above take everybody")
    ]


@pytest.mark.parametrize(
    "arms",
    [
        "{when: profile.points < 1}, {when: profile.points >= 1}, {else: [exit]}",  # who has none
        "{when: profile.plan == 'free'}, {when: profile.plan == 'pro'}, {else: [exit]}",
        "{when: profile.score > 20}, {when: profile.score > 10}",
        "{when: profile.score > 10 and profile.ok}, {when: profile.score > 20}",
        "{when: profile.orders < 0}, {when: profile.orders < -1}",  # W311 has said it
    ],
)
def test_arms_that_somebody_takes(arms: str) -> None:
    assert [m for m in told(f"  - branch: [{arms}]\n") if m[0] == "W312"] == []


CASES = [
    ("{on: purchase, when: event.total > 10}, {on: purchase, as: p, when: p.total > 20}", "p.total > 20"),
    (
        "{on: purchase where event.total > 10}, {on: purchase, when: event.total > 20 and profile.ok}",
        "event.total > 20 and profile.ok",
    ),
    ("{on: purchase or login, when: profile.score > 1}, {on: login, when: profile.score > 2}", "profile.score > 2"),
    ("{when: profile.score > 1}, {when: profile.score > 2}", "profile.score > 2"),
    ("{on: purchase since entry where event.total > 10}, {on: purchase since entry where event.total > 20}", "event.total > 20"),
    ("{on: purchase, when: event.total > 20}, {on: purchase, when: event.total > 10}", None),
    ("{on: purchase, when: event.total > 10}, {on: login, when: profile.score > 1}", None),
    ("{on: purchase, when: event.total > 10}, {on: purchase or login, when: profile.score > 20}", None),
    ("{on: purchase where event.total > 10}, {on: purchase since entry where event.total > 20}", None),
    ("{on: purchase for loyal where event.total > 10}, {on: purchase, when: event.total > 20}", None),
    ("{on: purchase where event.total > 10}, {when: profile.score > 20}", None),
    ("{on: purchase, when: event.total > 10}, {on: purchase, when: event.total > 10}", None),  # W209
    ("{on: purchase}, {on: purchase, when: event.total > 10}", None),  # W209
]


@pytest.mark.parametrize(("cases", "piece"), CASES)
def test_cases(cases: str, piece: str | None) -> None:
    reported = told(f"  - id: w\n    wait_for: [{cases}, {{after: 1d}}]\n", codes="W312")

    assert [one[1] for one in reported] == ([] if piece is None else [piece])
    assert all(message.startswith("nobody takes this case: `") for *_, message in reported)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("profile.birthday == today()", "anniversary(profile.birthday) == today()"),
        ("today() == profile.birthday", "today() == anniversary(profile.birthday)"),
        ("profile.birthday != today()", "anniversary(profile.birthday) != today()"),
        ("profile.birthday == date(now())", "anniversary(profile.birthday) == date(now())"),
        ("profile.birthday - 7d == today()", "anniversary(profile.birthday) - 7d == today()"),
        ("profile.orders > 1 and profile.birthday == today()", "profile.orders > 1 and anniversary(profile.birthday) == today()"),
        ("profile.dateOfBirth == today()", "anniversary(profile.dateOfBirth) == today()"),
        ("profile.member_anniversary == today()", "anniversary(profile.member_anniversary) == today()"),
        ("profile.birthday == today() + 7d", "anniversary(profile.birthday) == today() + 7d"),
        ("date(profile.geburtstag) == today()", "anniversary(date(profile.geburtstag)) == today()"),
    ],
)  # fmt: skip
def test_a_birthday_is_compared_by_its_year(text: str, meant: str) -> None:
    [reported] = [d for d in _of_dates(text) if d.code == "W320"]

    assert reported.fix is not None
    assert not reported.fix.safe
    assert _mended(reported, text) == meant
    assert not [d for d in _of_dates(meant) if d.code == "W320"]


@pytest.mark.parametrize(
    "text",
    [
        "anniversary(profile.birthday) == today()",
        "profile.birthday == 1990-07-04",
        "profile.birthday < today()",
        "profile.birthday is missing",
        "profile.next_birthday == today()",
        "profile.birthday_mail == today()",
        "profile.born_here == today()",
        "profile.party == today()",
        "month(profile.birthday) == month(today()) and day(profile.birthday) == day(today())",
    ],
)
def test_dates_that_may_be_today(text: str) -> None:
    assert not [d for d in _of_dates(text) if d.code == "W320"]


def _of_dates(text: str) -> list[Diagnostic]:
    """What is said of a condition about attributes that are dates; `party` is computed."""
    dates = ["dateOfBirth", "member_anniversary", "next_birthday", "birthday_mail", "born_here"]
    declared = "".join(f"  {name}: {{type: date?}}\n" for name in dates)
    declared += "  geburtstag: {type: string?}\n  anniversary_party: anniversary(profile.birthday)\n"
    project = PEOPLE.replace("audiences:\n", f"{declared}audiences:\n")
    reported = found(project, journey(ARM.format(text.replace("profile.party", "profile.anniversary_party"))))
    assert [d.message for d in reported if d.severity == "error"] == []
    return reported


def _mended(reported: Diagnostic, text: str) -> str:
    assert reported.fix is not None
    whole = reported.span.source.text
    start = whole.index(text)
    for edit in sorted(reported.fix.edits, key=lambda edit: -edit.start):
        whole = whole[: edit.start] + edit.text + whole[edit.end :]
    return whole[start:].splitlines()[0]
