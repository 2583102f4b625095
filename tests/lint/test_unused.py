"""W411, W910, W911: what is declared or brought and not used, judged only where the whole project was read."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtj.lang.load import load_project
from rtj.lint.lint import lint
from tests.lang.told import told
from tests.lint.cases import PROJECT, found, journey, said

BARE = """\
project: shop
events:
  signed_up: {country: string, timezone: string?}
  purchase: {total: number}
channels:
  email: {}
"""
SEND = "  - {send: m}\n"


def project(**sections: str) -> str:
    return BARE + "".join(f"{name}:\n" + "".join(f"  {line}\n" for line in text.split("; ")) for name, text in sections.items())


def unused(text: str, nodes: str = SEND, head: str = "journey: one\nenter: {on: purchase}\n") -> list[str]:
    """What W910 names as not used; nothing may be wrong."""
    all_found = found(text, journey(nodes, head))
    assert [d for d in all_found if d.severity == "error"] == []
    return [d.span.text for d in all_found if d.code == "W910"]


# ---- W910


def test_what_it_says_and_where() -> None:
    profile = "spend: sum(purchase.total); leads: {type: number}; sums: sum(purchase.total)"
    text = project(profile=profile, audiences="rich: profile.spend > 5")

    assert said(text, journey(SEND, "journey: one\nenter: {on: purchase}\n"), codes="W910") == (
        "rtj.yaml:9:3 W910 ['leads'] attribute `leads` is declared and not used: nothing reads or sets it\n"
        "rtj.yaml:10:3 W910 ['sums'] attribute `sums` is declared and not used: nothing reads it\n"
    )


ONE = "journey: one\nenter: "


@pytest.mark.parametrize(
    ("use", "nodes", "head"),
    [
        ("an entry's when", SEND, ONE + "{on: purchase, when: profile.country == 'DE' and audience.rich}\n"),
        ("joining", "  - {send: m, with: c = profile.country ?? ''}\n", ONE + "{on: joining rich}\n"),
        ("leaving in a case", SEND, ONE + "{on: purchase, key: profile.country ?? ''}\n"),
        ("a schedule", "  - {send: m, with: c = profile.country ?? ''}\n", ONE + "{every: day at 09:00, for: rich}\n"),
        ("for", "  - {set: profile.country = 'DE'}\n" + SEND, ONE + "{on: purchase for rich}\n"),
        ("a goal", SEND, ONE + "{on: purchase}\ngoal: {when: audience.rich and profile.country == 'DE'}\n"),
        ("an exit", SEND, ONE + "{on: purchase, key: profile.country ?? ''}\nexit: {on: leaving rich}\n"),
    ],
)
def test_every_use_counts(use: str, nodes: str, head: str) -> None:
    text = project(profile="country: {from: signed_up.country}", audiences="rich: count(purchase) > 5")
    if use == "leaving in a case":
        nodes = "  - id: w\n    wait_for: [{on: leaving rich}, {after: 1d}]\n" + SEND
    assert unused(text, nodes, head) == []


def test_what_declarations_read_is_used() -> None:
    profile = "a: count(purchase); b: profile.a + 1; mail: {from: signed_up.country}; ok: {type: bool, default: false}"
    text = project(profile=profile, audiences="inner: profile.b > 3; outer: audience.inner")
    text = text.replace("email: {}", "email: {address: profile.mail, consent: profile.ok, purpose: marketing}")

    assert unused(text) == []  # who is in an audience can be asked from outside: what it reads is read


def test_the_zone_is_read_by_the_engine() -> None:
    assert unused(project(profile="timezone: {from: signed_up.timezone}; zone: {from: signed_up.timezone}")) == ["zone"]


def test_what_is_set_is_used_though_nobody_reads_it() -> None:
    assert unused(project(profile="tier: {type: string}"), "  - {set: profile.tier = 'a'}\n" + SEND) == []


def test_event_types_may_be_declared_and_not_read() -> None:
    assert unused(BARE) == []


def test_channels_and_webhooks() -> None:
    two = BARE.replace("email: {}", "email: {}\n  fax: {}") + 'webhooks:\n  crm: {post: "https://a.example"}\n'

    assert unused(two, "  - {send: m, by: email}\n") == ["fax", "crm"]
    assert unused(two, "  - {send: m, by: email else fax}\n  - {call: crm}\n") == []
    assert unused(BARE, "  - {emit: purchase, with: total = 1}\n") == ["email"]


def test_tables_of_which_nobody_looks_up_a_row() -> None:
    tables = {
        "business_events": "priced: {item: string, price: number}",
        "tables": "prices: {key: item, from: priced, fields: {price: number}}",
    }
    assert unused(project(**tables)) == ["prices"]
    for use in ("prices['a'].price > 1", "any(prices[i].price > 1 for i in ['a'])", "prices[entry.id] is missing"):
        assert unused(project(**tables), f'  - branch: [{{when: "{use}", do: [{{send: m}}]}}]\n') == [], use
    assert unused(project(profile="spent: sum(prices[purchase.id].price)", audiences="rich: profile.spent > 5", **tables)) == []


def test_subscriptions_to_which_no_message_belongs() -> None:
    profile = project(profile="ok: {from: signed_up.country}")
    sections = (
        "consents: {subscriptions: {news: profile.ok == 'DE', tips: profile.ok == 'DE'}}\nmessages: {m: {subscription: news}}\n"
    )
    assert unused(profile.replace("email: {}", "email: {purpose: marketing, default: granted}") + sections) == ["tips"]


def test_a_journey_that_nothing_starts() -> None:
    club = "journey: club\nenter: {by: start}\ndo: [{send: n}]\n"
    both = "journey: club\nenter: [{by: start}, {on: signed_up}]\ndo: [{send: n}]\n"
    opener = journey("  - {start: club}\n", "journey: one\nenter: {on: purchase}\n")
    alone = journey(SEND, "journey: one\nenter: {on: purchase}\n")

    assert "journey `club` is declared and not used" in said(BARE, alone, club, codes="W910")
    assert said(BARE, opener, club, codes="W910").strip() == ""
    assert said(BARE, alone, both, codes="W910").strip() == ""


def test_nothing_is_unused_where_something_could_not_be_read() -> None:
    broken = "journey: two\nenter: {on: purchase}\ndo: [{sned: m}]\n"

    assert said(project(profile="leads: {type: number}"), journey(SEND), broken, codes="W910 W411").strip() == ""


def test_nor_where_only_some_journeys_were_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rtj.yaml").write_text(project(profile="orders: count(purchase)"))
    Path("a.journey.yaml").write_text(journey(SEND, "journey: one\nenter: {on: purchase}\n"))
    Path("b.journey.yaml").write_text(journey(SEND, "journey: two\nenter: {on: purchase, when: profile.orders > 1}\n"))

    def codes(*names: str) -> set[str]:
        linted = lint(load_project([Path(name) for name in names]))
        return {finding.diagnostic.code for finding in linted.findings} & {"W910"}

    assert codes("a.journey.yaml") == set()
    Path("b.journey.yaml").unlink()
    assert codes("a.journey.yaml") == codes() == codes(".") == {"W910"}


# ---- W411


def test_what_is_read_and_never_set() -> None:
    text = project(profile="score: {type: number}; plan: {one_of: [free, paid], default: free}")
    arms = "[{when: profile.score > 3 and profile.plan == 'free', do: [{send: m}]}, {else: [{set: profile.plan = 'paid'}]}]"
    head = "journey: one\nenter: {on: purchase, when: profile.score > 1}\n"

    assert said(text, journey(f"  - branch: {arms}\n", head), codes="W411") == (
        "rtj.yaml:8:3 W411 ['score'] attribute `score` is read, and nothing ever sets it: it is always missing"
        " -- an event brings it, such as `from: signed_up.country`, or a `set` in a journey (read here: 2:29) (read here: 4:21)\n"
    )


@pytest.mark.parametrize(
    "profile",
    [
        "score: {from: purchase.total}",
        "score: sum(purchase.total)",
        "score: {type: number}; other: {type: number}",
    ],
)
def test_what_something_sets(profile: str) -> None:
    nodes = "  - {set: profile.score = 3}\n" if "other" in profile else SEND
    head = "journey: one\nenter: {on: purchase, when: profile.score > 1}\n"

    assert said(project(profile=profile), journey(nodes, head), codes="W411").strip() == ""


def test_a_default_is_told() -> None:
    text = project(profile="points: {type: number, default: 7}")
    found_here = said(text, journey(SEND, "journey: one\nenter: {on: purchase, when: profile.points > 1}\n"), codes="W411")

    assert "it is always `7`" in found_here


# ---- W911


def names(nodes: str, head: str = "journey: one\nenter: {on: add_to_cart, as: cart}\n", *, more: str = "") -> list[str]:
    all_found = found(
        PROJECT + 'webhooks:\n  crm: {post: "https://a.example", returns: {slot: string?}}\n', journey(nodes, head) + more
    )
    assert [told([d]) for d in all_found if d.severity == "error"] == []
    return [f"{d.span.text} {d.span.line}" for d in all_found if d.code == "W911"]


USE_CART = "  - {send: m, by: sms, with: item = cart.item}\n"


def test_a_name_that_nobody_reads() -> None:
    assert said(PROJECT, journey("  - {send: m, by: sms}\n"), codes="W911") == (
        "1.journey.yaml:2:30 W911 ['cart'] `cart` is never read -- leave the `as` out\n"
    )


@pytest.mark.parametrize(
    "head",
    [
        "enter: {on: add_to_cart, as: cart, when: cart.price > 3}\n",
        "enter: {on: add_to_cart, as: cart, key: cart.cart_id}\n",
        "enter: {on: add_to_cart, as: cart}\ngoal: {on: purchase, when: event.cart_id == cart.cart_id}\n",
        "enter: {on: add_to_cart, as: cart}\nexit: {on: restocked where event.item == cart.item}\n",
        "enter: {on: add_to_cart as cart then purchase where event.cart_id == cart.cart_id within 1h}\n",
        "enter: {on: add_to_cart as cart then not add_to_cart where event.cart_id == cart.cart_id within 1h}\n",
        'enter: {on: 3 add_to_cart within 1h, as: carts, when: "carts[0].price > 3"}\n',
        "enter: [{on: add_to_cart, as: cart, when: cart.price > 3}, {on: login}]\n",
    ],
)
def test_headers_read_the_name_of_an_entry(head: str) -> None:
    assert names("  - {send: m, by: sms}\n", f"journey: one\n{head}") == []


def test_each_entry_has_a_name_of_its_own() -> None:
    head = "journey: one\nenter:\n  - {on: add_to_cart, as: cart, when: cart.price > 3}\n  - {on: purchase, as: cart}\n"

    assert names("  - {send: m, by: sms}\n", head) == ["cart 4"]


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ("  - {send: m, by: sms, as: mail}\n  - {send: n, by: sms, with: k = mail.key ?? ''}\n", []),
        ("  - {send: m, by: sms, as: mail}\n  - {send: n, by: sms}\n", ["mail 4"]),
        ("  - {call: crm, as: a, else: []}\n  - {branch: [{when: a.slot == 'x', do: [{send: n, by: sms}]}]}\n", []),
        ("  - {call: crm, as: a, else: []}\n", ["a 4"]),
        ("  - {id: c, collect: login, for: 1d, as: logins}\n  - {send: n, by: sms}\n", ["logins 4"]),
        ("  - {id: c, collect: login, for: 1d, as: logins}\n  - {send: n, by: sms, with: k = count(i for i in logins)}\n", []),
        ("  - {id: w, wait_for: [{on: purchase, as: p, when: p.total > 3, do: [exit]}, {after: 1d}]}\n", []),
        ("  - {id: w, wait_for: [{on: purchase, as: p, do: [{send: n, by: sms, with: t = p.total}]}, {after: 1d}]}\n", []),
        ("  - {id: w, wait_for: [{on: purchase, as: p, do: [exit]}, {after: 1d}]}\n", ["p 4"]),
        ("  - {id: w, wait_for: [{on: purchase, as: _p, do: [exit]}, {after: 1d}]}\n", []),
        (
            "  - {id: w, wait_for: [{on: purchase, as: p, when: p.total > 3}, {on: login, as: p}, {after: 1d}]}\n",
            ["p 4"],
        ),
    ],
)
def test_nodes_read_the_names_of_nodes(nodes: str, expected: list[str]) -> None:
    assert names(USE_CART + nodes.replace("send: m", "send: o")) == [one.replace(" 4", " 5") for one in expected]


def test_another_journey_of_the_file_reads_its_own() -> None:
    other = "---\njourney: two\nenter: {on: add_to_cart, as: cart, when: cart.price > 3}\ndo: [{send: m, by: sms}]\n"

    assert names("  - {send: m, by: sms}\n", more=other) == ["cart 2"]


def test_what_start_hands_over() -> None:
    head = "journey: one\nenter: {by: start, as: link}\n"
    assert names("  - {send: m, by: sms}\n", head) == ["link 2"]


def test_a_misspelt_use_is_no_second_finding() -> None:
    """The name is unknown, and that is said; that the right one is not read follows from it."""
    assert said(PROJECT, journey("  - {send: m, by: sms, with: i = crat.item}\n"), codes="W911").strip() == ""
