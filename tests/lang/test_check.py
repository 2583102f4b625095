"""Each mistake that the checker knows gets its own report, at the right place, with a way out."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from rtj.base.codes import CODES
from rtj.compile import Compiled, compile_project, compile_text
from tests.lang.told import told

ROOT = Path(__file__).resolve().parents[2]
PROJECT = """\
project: shop
timezone: Europe/Berlin
identity:
  user_id: {kind: person, priority: 1, unique: true}
events:
  signed_up: {country: string, birthday: date?, plan: {one_of: [free, pro]}}
  purchase: {cart_id: string?, total: number, at: instant, items: [{sku: string, qty: number}]}
  add_to_cart: {cart_id: string, item: string, price: number}
  login: {}
  promoted: {tier: {one_of: [silver, gold]}, spend: number?}
business_events:
  restocked: {item: string}
profile:
  country: {from: signed_up.country}
  birthday: {from: signed_up.birthday}
  tier: {one_of: [bronze, silver, gold], default: bronze}
  points: {type: number, default: 0}
  next_visit: {type: instant?}
  orders: count(purchase)
  last_seen: last(any.ts)
audiences:
  loyal: profile.orders > 3
webhooks:
  book: {post: "https://crm.example", returns: {slot: instant?}}
channels:
  email: {}
  sms: {}
"""
JOURNEY = """\
journey: one
enter: {on: add_to_cart, as: cart}
do:
"""


def journey(nodes: str, enter: str = "{on: add_to_cart, as: cart}", more: str = "") -> str:
    """A journey around nodes that a case is about."""
    return f"journey: one\nenter: {enter}\n{more}do:\n{nodes}"


def when(condition: str) -> str:
    return journey(f"  - branch:\n      - when: >-\n          {condition}\n        do: []\n")


def also(section: str) -> str:
    """The project with one more section, or more lines in one that it has."""
    head, _, rest = section.partition("\n")
    return PROJECT.replace(f"\n{head}\n", f"\n{head}\n{rest}") if f"\n{head}\n" in PROJECT else PROJECT + section


AFTER_ITS_CASE = """\
  - {id: w, wait_for: [{on: purchase, as: p, do: []}, {after: 1d, do: []}]}
  - {send: m, by: sms, with: t = p.total}
"""
FED = "environments:\n  prod: {{sources: {{{}}}}}\n"
# code -> (what, project, journey): every case reports the code, and its golden file shows the whole report


def rows(count: int, formula: str) -> str:
    """A project with attributes of which each reads the next (`{1}`)."""
    formulas = "".join(f"  a{number}: {formula.format(number, number + 1)}\n" for number in range(count))
    return also(f"profile:\n{formulas}  a{count}: {{type: number, default: 0}}\n")


CASES: dict[str, tuple[str, str]] = {
    "E105 address": (PROJECT.replace("https://crm.example", "https://ada:secret@crm.example"), journey("  []")),
    "E201 two": (
        PROJECT,
        journey("  - {start: two}", "{by: start, again: always}")
        + "\n---\n"
        + journey("  - {start: one}", "{by: start, again: always}").replace("one\n", "two\n", 1),
    ),
    "E310 wrong scope": (PROJECT, when("country == 'DE'")),
    "E310 typing": (PROJECT, when("crat.price > 3")),
    "E310 field of a binding": (PROJECT, when("price > 3")),
    "E310 after its case": (
        PROJECT,
        journey(AFTER_ITS_CASE),
    ),
    "E310 event type": (PROJECT, when("purchase == 3")),
    "E311 of event": (PROJECT, when("cart.prise > 3")),
    "E311 of journey": (PROJECT, when("journey.nam == 'one'")),
    "E312 event": (PROJECT, when("event.price > 3")),
    "E312 entry": (PROJECT, journey("  - {send: m, by: sms, with: t = entry.id}", "{every: day, for: loyal}")),
    "E312 alone": (PROJECT, when("profile == 3")),
    "E313 root": (PROJECT, journey("  []", "{on: login, as: profile}")),
    "E313 event type": (PROJECT, journey("  []", "{on: login, as: login}")),
    "E313 bound": (PROJECT, journey("  - {id: w, wait_for: [{on: login, as: cart, do: []}]}")),
    "E313 item": (PROJECT, when("any(cart.qty > 1 for cart in profile.orders)")),
    "E314 attribute": (PROJECT, when("profile.contry == 'DE'")),
    "E314 audience": (PROJECT, when("profile.loyal")),
    "E315 audience": (PROJECT, when("audience.loyle")),
    "E316 function": (PROJECT, when("lenght(cart.item) > 3")),
    "E316 each": (PROJECT, when("any(profile.orders)")),
    "E317 event": (PROJECT, journey("  []", "{on: purchas}")),
    "E317 audience": (PROJECT, journey("  []", "{on: loyal}")),
    "E317 history": (PROJECT, when("count(purchas) over 30d > 1")),
    "E317 late": (also("late: {purchas: reject}\n"), journey("  []")),
    "E318 arms": (PROJECT, journey("  - {id: s, split: x, arms: [{arm: a, share: 50%}, {arm: a, share: 50%}]}")),
    "E318 journeys": (PROJECT, journey("  []") + "\n---\n" + journey("  []")),
    "E318 pairs": (PROJECT, journey('  - {send: m, by: sms, with: "a = 1, a = 2"}')),
    "E319 send": (PROJECT, journey("  - {send: m, by: sms}\n  - {id: w, wait_for: [{on: n.opened, do: []}]}")),
    "E320 pattern of a function": (PROJECT, when("round(cart.item) > 3")),
    "E320 attribute": (PROJECT, journey("  - {set: profile.points = cart.item}")),
    "E320 moment": (PROJECT, journey("  - {id: w, wait: until 3h}")),
    "E321 number and text": (PROJECT, when("cart.price > '3'")),
    "E321 date and instant": (PROJECT, when("profile.last_seen > 2026-01-01")),
    "E321 in": (PROJECT, when("'a' in cart.item")),
    "E321 chained types": (PROJECT, when("cart.price == 30m")),
    "E322 condition": (PROJECT, when("cart.price")),
    "E322 not": (PROJECT, when("not cart.item")),
    "E323 equal": (PROJECT, when("profile.tier == 'golden'")),
    "E323 in": (PROJECT, when("profile.tier in ['gold', 'sliver']")),
    "E323 set": (PROJECT, journey("  - {set: profile.tier = 'god'}")),
    "E323 field": (PROJECT, journey("  - {emit: promoted, with: tier = 'bronze'}")),
    "E324 arguments": (PROJECT, when("lower() == 'a'")),
    "E325 arithmetic": (PROJECT, when("cart.price + cart.item > 3")),
    "E325 list": (PROJECT, journey("  - {id: w, wait_for: [{on: purchase, when: event.items.sku == 'x', do: []}]}")),
    "E325 hours of a date": (PROJECT, when("today() + 3h > profile.birthday")),
    "E325 empty": (PROJECT, when("cart.price is empty")),
    "E326 length": (PROJECT, journey("  - {id: w, wait: now() - profile.next_visit}")),
    "E326 field": (PROJECT, journey("  - {emit: promoted, with: tier = (if cart.price > 3 then 'gold' else null)}")),
    "E327 channel": (PROJECT, journey("  - {send: m, by: emial else sms}")),
    "E328 webhook": (PROJECT, journey("  - {call: bok}")),
    "E329 field": (PROJECT, journey("  - {emit: promoted}")),
    "E330 function of now": (also("audiences:\n  odd: hours_between(profile.last_seen, now()) > 3\n"), journey("  []")),
    "E330 both sides": (PROJECT, journey("  []", "{when: 'now() + 1h > min(now(), profile.last_seen)'}")),
    "E330 value": (PROJECT, when("sum(purchase.total * hour(now())) > 3")),
    "E331 calendar": (PROJECT, when("1 month > 30d")),
    "E331 header": (PROJECT, journey("  []", more="catch_up: 1 day\n")),
    "E332 moment": (PROJECT, journey("  - {id: w, wait: until profile.next_visit}")),
    "E332 case": (PROJECT, journey("  - {id: w, wait_for: [{until: profile.next_visit, do: []}]}")),
    "E333 event": (PROJECT, when("sum(purchase) > 3")),
    "E333 more": (PROJECT, when("sum(purchase.total * profile.points) > 3")),
    "E333 two": (PROJECT, when("sum(purchase.total - add_to_cart.price) > 3")),
    "E333 business": (PROJECT, when("count(restocked) > 3")),
    "E334 names": (PROJECT, when("cart.item has been 'x' for 7d")),
    "E302 attributes": (rows(210, "profile.a{1} + 1"), journey("  []")),
    "E302 circle": (
        also(f"profile:\n  a: {'not ' * 80}profile.b\n  b: {'not ' * 80}profile.c\n  c: {'not ' * 80}profile.a\n"),
        journey("  []"),
    ),
    "E005 attributes": (rows(20, "profile.a{1} + profile.a{1}"), journey("  []")),
    "E005 read": (rows(9, "profile.a{1} + profile.a{1}"), when(" or ".join(["profile.a0 > 3"] * 150))),
    "E336 attribute": (also("profile:\n  a: profile.b + 1\n  b: profile.a + 1\n"), journey("  []")),
    "E336 audience": (also("audiences:\n  a: not audience.b\n  b: not audience.a\n"), journey("  []")),
    "E340 wait": (PROJECT, journey("  - {wait: 30m}")),
    "E340 split": (PROJECT, journey("  - {split: x, arms: [{arm: a, share: 100%}]}")),
    "E341 ids": (PROJECT, journey("  - {id: w, wait: 30m}\n  - {id: w, wait: 40m}")),
    "E341 names": (PROJECT, journey("  - {send: m, by: sms}\n  - {send: m, by: email}")),
    "E342 shares": (PROJECT, journey("  - {id: s, split: x, arms: [{arm: a, share: 50%}, {arm: b, share: 45.5%}]}")),
    "E343 channel": (PROJECT, journey("  - {send: m}")),
    "E344 computed": (PROJECT, journey("  - {set: profile.orders = 3}")),
    "E344 not an attribute": (PROJECT, journey("  - {set: cart.price = 3}")),
    "E345 unknown": (PROJECT, journey("  - {start: tow}")),
    "E345 no entry by start": (PROJECT, journey("  - {start: one}")),
    "E346 case": (PROJECT, journey("  - {id: w, wait_for: [{on: login then purchase, do: []}]}")),
    "E346 not without time": (PROJECT, journey("  []", "{on: login then not purchase}")),
    "E346 since entry": (PROJECT, journey("  []", "{on: login since entry}")),
    "E346 same": (PROJECT, journey("  []", "{on: 2 login same profile.tier within 1h}")),
    "E346 backfill": (PROJECT, journey("  []", "{on: login, backfill: true}")),
    "E346 business": (PROJECT, journey("  - {emit: restocked, with: item = 'x'}")),
    "E346 holdout": (PROJECT, journey("  - {id: s, split: x, arms: [{arm: holdout, share: 100%, do: [exit]}]}")),
    "E346 exit within": (PROJECT, journey("  []", more="exit: {on: login within 7d}\n")),
    "E347 entry": (PROJECT, journey("  []", "[]")),
    "E348 rounds": (PROJECT, journey("  - {id: r, repeat: 5000 times, do: []}")),
    "E348 count": (PROJECT, journey("  []", "{on: 2000 login within 1d}")),
    "E331 cap": (also("caps:\n  gentle: {at_most: 2 per 0s}\n"), journey("  []")),
    "E346 cap": (also("caps:\n  gentle: {at_most: 500 in total}\n"), journey("  []")),
    "E348 cap": (also("caps:\n  gentle: {at_most: 1.5 per day}\n"), journey("  []")),
    "E348 quiet": (also('quiet_hours: {from: "22:00", to: "22:00"}\n'), journey("  []")),
    "E350 quiet": (also('quiet_hours: {from: "22:00", to: "08:00", zone: Mars/Base}\n'), journey("  []")),
    "E350 project": (PROJECT.replace("Europe/Berlin", "Europe/Berln"), journey("  []")),
    "E350 schedule": (PROJECT, journey("  []", "{every: \"day at 09:00 zone 'Mars/Base'\", for: loyal}")),
    "E351 default": (also("profile:\n  age: {type: number, default: old}\n"), journey("  []")),
    "E351 codes": (also("profile:\n  age: {type: number, codes: {a: 1}}\n"), journey("  []")),
    "E352 list": (also("audiences:\n  vips: {list: no_such.csv}\n"), journey("  []")),
    "E353 schema": (also("events:\n  order: {schema: no_such.json}\n"), journey("  []")),
    "E401 consent": (PROJECT.replace("email: {}", "email: {purpose: marketing}"), journey("  []")),
    "E409 cap": (also("caps:\n  - {name: never, at_most: 0, per: day}\n  - {name: nor, at_most: 0 per 24h}\n"), journey("  []")),
    "E410 category": (
        also("messages:\n  m: {category: news}\ncaps:\n  c: {at_most: 1 per day, categories: [nwes]}\n"),
        journey("  []"),
    ),
    "E410 no categories": (also("caps:\n  c: {at_most: 1 per day, categories: news}\n"), journey("  []")),
    "E411 subscription": (
        also("consents: {subscriptions: {news: profile.points > 0}}\nmessages:\n  m: {subscription: nwes}\n"),
        journey("  []"),
    ),
    "E102 region": (PROJECT.replace("unique: true}", "unique: true, region: DE}"), journey("  []")),
    "E420 label": (also("policies: {quiet: {labels: [secret], forbid: [email]}}\n"), journey("  []")),
    "E421 use": (
        PROJECT.replace("signed_up.country}", "signed_up.country, labels: [home]}")
        + "policies: {p: {labels: [home], forbid: [emial]}}\n",
        journey("  []"),
    ),
    "E412 suppressions": (also("suppressions: no_such.csv\n"), journey("  []")),
    "E104 lanes": (
        also("environments:\n  prod: {policies: {shed: login, first: [purchase, login]}}\n"),
        journey("  []"),
    ),
    "E430 source": (also("sources: {orders: {}}\n" + FED.format("ordres: stdin")), journey("  []")),
    "E431 door": (also(FED.format('web: {http: "0.0.0.0:80"}')), journey("  []")),
    "E432 pipe": (also(FED.format("web: stdin, shop: stdin")), journey("  []")),
    "E433 store": (also("environments: {dev: {store: a.db}, prod: {store: b/../a.db}}\n"), journey("  []")),
    "E346 confirmed": (PROJECT.replace("email: {}", "email: {confirmed: profile.points > 0}"), journey("  []")),
    "E346 entries": (also("caps:\n  c: {at_most: 1 per day, of: entries, channels: email}\n"), journey("  []")),
    "E346 zone": (also("caps:\n  c: {at_most: 1 per 24h, zone: Europe/Berlin}\n"), journey("  []")),
    "E346 transactional": (
        also(
            "consents: {subscriptions: {news: profile.points > 0}}\n"
            "messages:\n  m: {purpose: transactional, subscription: news}\n"
        ),
        journey("  []"),
    ),
    "E327 quiet channel": (also('quiet_hours: {from: "22:00", to: "08:00", channels: [emial]}\n'), journey("  []")),
    "E322 consent": (also("consents: {any: profile.points}\n"), journey("  []")),
    "E320 address": (PROJECT.replace("email: {}", "email: {address: profile.points}"), journey("  []")),
    "E901 decide": (PROJECT, journey("  - {decide: x, as: gift, else: [exit]}\n  - {send: m, by: sms, with: g = gift.name}")),
    "E902 score": (PROJECT, journey("  - {score: x, as: likely}\n  - branch: [{when: likely.value < 0.2, do: [exit]}]")),
    "E903 offers": (also("offers:\n  free: {when: audience.loyal}\n"), journey("  []")),
    "E354 tables": (also("tables:\n  shops: {key: id, from: login, fields: {id: string}}\n"), when("shops['a'].id == 'a'")),
    "E905 models": (also("models:\n  m: {file: m.onnx, inputs: {n: profile.orders}}\n"), journey("  []")),
    "E348 cost": (PROJECT.replace("email: {}", "email: {cost: -0.05}"), journey("  []")),
    "E348 cost without end": (PROJECT.replace("email: {}", "email: {cost: 1e400}"), journey("  []")),
    "E105 cost": (PROJECT.replace("email: {}", "email: {cost: '0,06 €'}"), journey("  []")),
    "E105 currency": (also("currency: eur\n"), journey("  []")),
    "E501 moved": (PROJECT, journey("  - {send: sms_nudge, by: sms}", more="moved: {sms_nudge: nudge}\n")),
    "E501 dropped": (PROJECT, journey("  - exit", more="dropped: {exit: exit}\n")),
    "E502 to one": (PROJECT, journey("  - {send: m, by: sms}", more="moved: {a: m, b: m}\n")),
    "E502 twice": (PROJECT, journey("  - {send: m, by: sms}", more="moved: [{from: a, to: m}, {from: a, to: m}]\n")),
    "E502 moved and dropped": (PROJECT, journey("  - {send: m, by: sms}", more="moved: {a: m}\ndropped: {a: exit}\n")),
    "E503 moved": (PROJECT, journey("  - {send: reminder, by: sms}", more="moved: {nudge: remidner}\n")),
    "E503 dropped": (PROJECT, journey("  - {send: reminder, by: sms}", more="dropped: {nudge: exti, offer: ofer}\n")),
    "E503 moved out": (PROJECT, journey("  - {send: reminder, by: sms}", more="moved: {nudge: exit}\n")),
    "E503 moved on": (PROJECT, journey("  - {send: c, by: sms}", more="moved: {a: b, b: c}\n")),
    "E504 own name": (PROJECT, journey("  []", more="formerly: one\n")),
    "E504 still there": (PROJECT, journey("  []", more="formerly: two\n") + "\n---\njourney: two\nenter: {on: login}\n"),
    "E504 two claims": (
        PROJECT,
        journey("  []", more="formerly: old\n") + "\n---\njourney: two\nformerly: old\nenter: {on: login}\n",
    ),
    "W705 rate": (PROJECT.replace("email: {}", "email: {rate: 100 per 1s}"), journey("  []")),
}


@pytest.mark.parametrize("case", CASES)
def test_report(case: str, golden: Callable[[str, str], None]) -> None:
    """The code is reported; the golden file has the words. An error leaves no program, a warning does."""
    compiled = compile_text(*CASES[case])

    code = case.split(maxsplit=1)[0]
    assert code in {d.code for d in compiled.diagnostics}, told(compiled.diagnostics)
    assert (compiled.program is None) == code.startswith("E")
    golden(f"check/{case.replace(' ', '_')}.out", told(compiled.diagnostics))


REPORTING = (
    "check",
    "check_actions",
    "check_base",
    "check_calls",
    "check_declared",
    "check_delivery",
    "check_environments",
    "check_gates",
    "check_expr",
    "check_formulas",
    "check_history",
    "check_identity",
    "check_journey",
    "check_names",
    "check_tables",
    "check_versions",
    "check_nodes",
    "check_ops",
    "check_pattern",
    "check_privacy",
    "check_time",
    "check_world",
    "node_ids",
    "scope",
)


@pytest.mark.parametrize("module", [*(f"lang/{name}" for name in REPORTING), "compile/__init__", "compile/files"])
def test_every_code_has_a_case(module: str) -> None:
    """All codes that a module of the checker uses are published and have a case here."""
    used = set(re.findall(r'"([EW]\d{3})"', (ROOT / "rtj" / f"{module}.py").read_text(encoding="utf-8")))

    assert used - set(CODES) == set()
    assert used - {case.split()[0] for case in CASES} == set()


def test_no_module_is_left_out() -> None:
    """The list above has all of them."""
    assert {path.stem for path in (ROOT / "rtj/lang").glob("check*.py")} - {"checked"} <= set(REPORTING)


def test_mistakes_do_not_hide_each_other() -> None:
    """Independent mistakes are all reported, in the order of the text, once each."""
    compiled = compile_text(
        PROJECT, journey("  - {send: a, by: emial}\n  - {wait: 3h}\n  - {set: profile.tier = 'x'}\n  - {call: bok}")
    )

    assert [d.code for d in compiled.diagnostics] == ["E327", "E340", "E323", "E328"]


def test_no_echo_of_what_could_not_be_read() -> None:
    """A broken `enter` is one report: the names that it would have brought are not reported as unknown."""
    compiled = compile_text(PROJECT, journey("  - {send: m, by: sms, with: i = cart.item}", "{on: add_to_cart wher x, as: cart}"))

    assert [d.code for d in compiled.diagnostics] == ["E301"]


def test_unknown_event_is_one_report() -> None:
    """What an unknown event would have brought is not reported again."""
    compiled = compile_text(
        PROJECT, journey("  - {send: m, by: sms, with: i = c.item}", "{on: ad_to_cart, as: c, when: c.price > 3}")
    )

    assert [d.code for d in compiled.diagnostics] == ["E317"]


def clean(compiled: Compiled) -> bool:
    assert told(compiled.diagnostics) == "\n"
    return compiled.program is not None


WATCHED = [
    "profile.last_seen >= now() - 30d",
    "now() > profile.last_seen + 30d",
    "now() - profile.last_seen > 60d",
    "profile.next_visit - now() < 1d",
    "profile.last_seen + 1 month <= now()",
    "profile.last_seen < now() - 1 month",
    "anniversary(profile.birthday) == today()",
    "weekday(now()) in ['saturday', 'sunday']",
    "hour(now()) >= 18 and hour(now()) < 20",
    "days_between(profile.last_seen, now()) > 30",
    "date(now()) == 2026-03-01",
    "age(profile.birthday) >= 18",
    "count(purchase where event.total > 50) over 30d > 2",
    "count(purchase) over this week == 0",
    "profile.tier has been 'gold' for 7d",
    "audience.loyal has been true for 1 month",
    "count(purchase where event.total > profile.points) over 30d > 2",
]


@pytest.mark.parametrize("condition", WATCHED)
def test_what_can_be_watched(condition: str) -> None:
    """S4.2: conditions whose next change can be computed stand in audiences, entries, goals, exits and waits."""
    project = also(f'audiences:\n  watched: "{condition}"\n')
    nodes = f'  - {{id: w, wait_for: [{{when: "{condition}", do: []}}]}}'
    more = f'goal: {{when: "{condition}"}}\nexit: {{when: "{condition}"}}\n'

    assert clean(compile_text(project, journey(nodes, f'{{when: "{condition}"}}', more)))


FREE = [
    "hours_between(profile.last_seen, now()) > 3",
    "min(now(), cart.ts) == cart.ts",
    "now() - cart.ts > 3h",
    "cart.cart_id == entry.cart_id and first_entry.item != 'x'",
    "profile.country != 'US'",
    "profile.birthday is not missing and length(cart.item) > 3",
    "count(purchase where event.cart_id == cart.cart_id and event.total > 3) since login > 0",
    "count(purchase or add_to_cart) over 1 month > 3",
    "(if cart.price > 3 then 'a' else 'b') == 'a'",
    "cart.price ?? 0 + 3 > 3 or not audience.loyal",
    "any(i.qty > 1 and i.sku == cart.item for i in last(purchase).items)",
    "top(add_to_cart.item) over 30d == cart.item and cart.item in distinct(add_to_cart.item)",
    "journey.entries > 3 and journey.entered_at < now() and journey.name == 'one'",
    "cart['item'] == 'x' and cart.received_at is missing",
    "last(purchase).total > 3 and first(purchase.items)[0].qty == 1",
    "round(cart.price / 3, 2) < 3 and mod(cart.price, 2) == 0",
    "2026-03-01 - 2026-02-01 == 28d and today() + 1 month > 2026-01-01",
    "text(now()) == '' or split(cart.item, ',')[0] == 'a'",
]


@pytest.mark.parametrize("condition", FREE)
def test_what_nodes_may_ask(condition: str) -> None:
    """Expressions of a branch see the clock, the names of the journey and all history."""
    assert clean(compile_text(PROJECT, journey(f'  - branch: [{{when: "{condition}", do: []}}]')))


def test_real_projects_compile() -> None:
    """The examples and playbooks of this repository."""
    for file in sorted({*ROOT.glob("examples/[!b]*/rtj.yaml"), *ROOT.glob("journeys/*/rtj.yaml")}):
        compiled = compile_project([], file.parent)
        assert compiled.program is not None, told(compiled.diagnostics)


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://crm.example/book?a=1#b", True),
        ("http://localhost:8080", True),
        ("https://預約.example/予約", True),
        ("crm.example/book", False),
        ("ftp://crm.example", False),
        ("https://", False),
        ("https://{{ profile.host }}/x", False),
        ("https://ada:secret@crm.example/x", False),
        ("https://crm.example/a b", False),
    ],
)
def test_a_webhook_has_an_address_with_a_fixed_host(address: str, good: bool) -> None:
    project = PROJECT.replace("https://crm.example", address)
    codes = [d.code for d in compile_text(project, journey("  - {call: book, else: [exit]}\n")).diagnostics]
    assert codes == ([] if good else ["E105"])
