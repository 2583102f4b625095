"""What a project declares is compared by meaning: each difference has its code, its level by who uses it, and its sentence."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest

from rtj.base.places import journeys_dir
from rtj.compile import compile_project
from rtj.ir.aligned import aligned
from rtj.ir.program import Program
from rtj.plan.catalogue import CHANGES
from rtj.plan.changes import Change
from rtj.plan.project import changes_of_project
from rtj.plan.project_texts import names_needed
from rtj.plan.sides import Side
from tests.plan.shops import PROJECT, QUIET, WELCOME, changed, level_with, side, sides, told

replace = msgspec.structs.replace
RULES = """\
caps: {gentle: {at_most: 2 per 24h, channels: [email, push]}}
quiet_hours: {from: 22:00, to: 08:00, zone: profile, channels: [push]}
holdout: {share: 5%, salt: tea}
retention: {purchase: 1 year}
policies: {no_names: {labels: [private], forbid: [push]}}
dedupe: 24h
late: {purchase: reject}
replaces: {signed_up: email}
foreign_names: {purchase: [bought]}
consents: {any: profile.news, subscriptions: {tips: profile.news}}
sources:
  web: {map: {type: kind}}
"""
FULL = PROJECT + RULES
Row = tuple[str, str, str, str, str, str]
CASES: list[Row] = [  # what is replaced by what, then code, level, journey, part
    # event types
    ("page_view: {path: string}", "page_view: {path: string}\n  left: {}", "D170", "safe", "", "event left"),
    ("item: string}\n  page", "item: string, note: string?}\n  page", "D161", "safe", "", "purchase.note"),
    ("item: string}\n  page", "item: string, at: instant}\n  page", "D161", "breaking", "", "purchase.at"),
    ("item: string}\n  page", "item: string, at: instant}\n  page", "D171", "breaking", "welcome", "event purchase → goal 1"),
    ("why: string}", "why: string, at: instant}", "D161", "safe", "", "went.at"),
    ("path: string}", "path: string, at: instant}", "D161", "breaking", "", "page_view.at"),  # an audience reads it
    (", item: string}\n  page", "}\n  page", "D161", "safe", "", "purchase.item"),
    ("item: string}\n  page", "item: number}\n  page", "D161", "breaking", "", "purchase.item"),
    ("total: number", "total: number?", "D161", "safe", "", "purchase.total"),
    ("[basic, gold]", "[basic, gold, iron]", "D161", "safe", "", "signed_up.tier"),
    ("[basic, gold]", "[gold]", "D161", "breaking", "", "signed_up.tier"),
    ("[basic, gold]", "[gold]", "D171", "breaking", "welcome", "event signed_up → entry 1"),
    ("late: {purchase: reject}", "late: {purchase: facts}", "D161", "behaviour", "", "event purchase late"),
    ("replaces: {signed_up: email}", "replaces: {went: email}", "D161", "behaviour", "", "event signed_up replaces"),
    ("replaces: {signed_up: email}", "replaces: {went: email}", "D161", "safe", "", "event went replaces"),
    ("purchase: [bought]", "purchase: [bought, paid]", "D161", "behaviour", "", "event purchase spelled"),
    ("purchase: [bought]", "purchase: [paid]", "D161", "breaking", "", "event purchase spelled"),
    # attributes, audiences, tables
    ("over 30d", "over 60d", "D164", "behaviour", "", "attribute spent"),
    ("over 30d", "over 60d", "D171", "behaviour", "welcome", "attribute spent → audience loyal → branch arm 1"),
    ("tier == 'gold'", "tier in ['gold', 'basic']", "D164", "behaviour", "", "audience vip"),
    ("over 7d == 0", "over 14d == 0", "D170", "safe", "", "audience idle"),
    ("note:    {type: string?", "note:    {type: number?", "D170", "safe", "", "attribute note"),
    ("  idle:  count(page_view) over 7d == 0\n", "", "D170", "safe", "", "audience idle"),
    ("{price: number}}", "{}}", "D170", "safe", "", "table products fields"),
    # gates
    ("at_most: 2", "at_most: 3", "D162", "behaviour", "", "cap gentle"),
    ("at_most: 2", "at_most: 3", "D171", "behaviour", "welcome", "cap gentle → thanks"),
    ("22:00", "21:00", "D162", "behaviour", "", "quiet_hours"),
    ("channels: [push]}\nholdout", "channels: [email]}\nholdout", "D162", "behaviour", "", "quiet_hours"),
    ("share: 5%", "share: 10%", "D155", "behaviour", "", "holdout"),
    ("salt: tea", "salt: pot", "D155", "breaking", "", "holdout"),
    ("salt: tea", "salt: pot", "D171", "breaking", "welcome", "the holdout → thanks"),
    ("consent: profile.news", "consent: profile.tier == 'gold'", "D162", "behaviour", "", "channel email consent"),
    ("consent: profile.news", "consent: profile.tier == 'gold'", "D171", "safe", "welcome", "channel email → hello"),
    ("receipt: {purpose: transactional}", "receipt: {category: paper}", "D162", "safe", "", "message receipt category"),
    ("receipt:", "thanks: {category: love}\n  receipt:", "D162", "behaviour", "", "message thanks category"),
    ("timeout: 5s", "timeout: 9s", "D162", "safe", "", "webhook crm timeout"),
    ("any: profile.news", "any: profile.tier == 'gold'", "D162", "behaviour", "", "consents any"),
    ("subscriptions: {tips: profile.news}", "subscriptions: {tips: profile.spent > 3}", "D162", "safe", "", "subscription tips"),
    ("consent: profile.news}", "consent: profile.news, cost: 0.02}", "D001", "safe", "", "channel email cost"),
    # rules of all
    ("Europe/Berlin", "UTC", "D162", "behaviour", "", "timezone"),
    ("dedupe: 24h", "dedupe: 48h", "D163", "behaviour", "", "dedupe"),
    ("type: kind", "type: sort", "D163", "behaviour", "", "source web map"),
    ("unique: true", "unique: false", "D154", "breaking", "", "identifier user_id unique"),
    ("priority: 2", "priority: 3", "D170", "safe", "", "identifier email priority"),
    ("priority: 2", "priority: 0", "D154", "breaking", "", "identifier email priority"),
    ("1 year", "2 years", "D170", "safe", "", "retention of purchase"),
    ("forbid: [push]", "forbid: [email]", "D170", "safe", "", "policy no_names"),
    ("project: shop", "project: shop\nsecret: a-secret-of-the-shop-0001", "D134", "breaking", "", "secret"),
    ("project: shop", "project: store", "D001", "safe", "", "project"),
    ("project: shop", "project: shop\ncurrency: EUR", "D001", "safe", "", "currency"),
]  # fmt: skip


@pytest.mark.parametrize("row", CASES, ids=[f"{row[2]} {row[5]}: {row[1]}"[:70] for row in CASES])
def test_a_difference_has_its_code_level_and_part(row: Row) -> None:
    before, after, *expected = row
    found = changed(before, after, FULL)
    assert tuple(expected) in [told(change) for change in found]
    for change in found:
        assert change.level in CHANGES[change.code].levels, change
        assert change.reason
        assert change.was or change.now


@pytest.mark.parametrize("row", CASES, ids=[f"{row[2]} {row[5]}: {row[1]}"[:70] for row in CASES])
def test_what_is_added_one_way_is_removed_the_other(row: Row) -> None:
    old, new = sides(FULL, FULL.replace(row[0], row[1]), WELCOME)
    there = {(c.was, c.now, c.before, c.after) for c in changes_of_project(old, new) if not c.journey}
    back = {(c.now, c.was, c.after, c.before) for c in changes_of_project(new, old) if not c.journey}
    assert there == back


@pytest.mark.parametrize("name", ["abandoned_cart", "fraud_alert", "welcome"])
def test_equal_projects_do_not_differ(name: str) -> None:
    program = compile_project([], journeys_dir() / name).program
    assert program is not None
    assert list(changes_of_project(Side("a", program), Side("b", program))) == []


def test_every_part_of_a_program_is_looked_at() -> None:
    """A new field of Program must be compared too; it then gets a row above and a name here."""
    compared = {
        "project", "timezone", "namespaces", "events", "mappings", "aggregates", "audiences", "channels", "webhooks", "sources",
        "tables", "consents", "messages", "caps", "quiet_hours", "holdout", "suppressed", "policies", "retention", "dedupe_ms",
        "max_skew_ms", "secret", "currency",
    }  # fmt: skip
    elsewhere = {"journeys", "trackers", "format"}  # journeys by their own; trackers with who reads them; the form of the file
    assert set(Program.__struct_fields__) - compared - elsewhere <= {"environments"}


def only(changes: list[Change], code: str) -> Change:
    (found,) = [change for change in changes if change.code == code]
    return found


# ---- who is named, and who is not


def test_readers_of_a_narrower_field_are_named() -> None:
    change = only(changed("[basic, gold]", "[gold]"), "D161")
    assert change.notes == ("used by `attribute tier`, `attribute news`, `entry 1 of welcome`",)


def test_the_way_from_the_cause_is_told() -> None:
    change = only(changed("tier == 'gold'", "tier in ['gold', 'basic']"), "D171")
    assert change.what == "audience vip → audience loyal → branch arm 1"
    assert change.causes == (("audience", "vip"),)
    assert (change.node, change.concerns) == ("branch", "ahead")
    assert change.reason == "looser: more people belong to it"


def test_a_condition_that_means_the_same_is_none() -> None:
    change = only(changed("audience.vip and profile.spent > 100", "profile.spent > 100 and audience.vip"), "D170")
    assert change.reason == "it is written otherwise and means the same"


def test_a_cap_that_is_looser_in_one_way_and_tighter_in_another_is_another() -> None:
    change = only(changed("at_most: 2 per 24h", "at_most: 3 per 48h", FULL), "D162")
    assert change.reason.startswith("another limit")
    looser = only(changed("at_most: 2 per 24h", "at_most: 3 per 24h", FULL), "D162")
    assert looser.reason.startswith("looser")
    assert (looser.before, looser.after) == ("2 per 1d, channels: [email, push]", "3 per 1d, channels: [email, push]")
    narrower = only(changed("channels: [email, push]}}", "channels: [push]}}", FULL), "D162")
    assert narrower.reason.startswith("looser")


def test_a_further_cap_is_felt_where_it_counts_and_nowhere_else() -> None:
    mails = only(changed("webhooks:", "caps: {mails: {at_most: 1 per day, channels: [email]}}\nwebhooks:"), "D171")
    assert (mails.level, mails.concerns) == ("safe", "entrants"), "the mail goes as people enter"
    other = "journey: other\nenter: {on: purchase}\ndo: [{wait: 1d, id: pause}]\n"
    caps = "caps: {other: {at_most: 1 per day, journeys: [other]}}\nwebhooks:"
    assert [told(c)[:3] for c in changed("webhooks:", caps, PROJECT, WELCOME, other)] == [("D162", "safe", "")]


def test_a_transactional_message_passes_by_the_rules() -> None:
    project = PROJECT.replace("  receipt:", "  thanks: {purpose: transactional}\n  receipt:")
    found = changed("webhooks:", QUIET + "webhooks:", project)
    assert [told(change) for change in found] == [("D162", "safe", "", "quiet_hours")]


def test_quiet_hours_that_are_gone_are_felt_by_those_who_were_held() -> None:
    change = only(changed("quiet_hours: {from: 22:00, to: 08:00, zone: profile, channels: [push]}\n", "", FULL), "D171")
    assert (change.level, change.now) == ("behaviour", ("journey", "welcome", "node", "thanks"))


# ---- what must not be shown


def test_a_secret_is_never_shown() -> None:
    old = "project: shop\nsecret: first-secret-of-the-shop-0001"
    found = changed(old, "project: shop\nsecret: other-secret-of-the-shop-0002", PROJECT.replace("project: shop", old))
    change = only(found, "D134")
    assert (change.level, change.before, change.after) == ("breaking", "(hidden)", "(hidden)")
    assert "secret-of" not in repr(found)


def test_of_addresses_and_rows_only_numbers_are_told() -> None:
    old, new = sides(PROJECT, PROJECT, WELCOME)
    stock = (("tea", (3.0,), None), ("pot", (9.0,), None)), (("tea", (4.0,), None), ("cup", (2.0,), None), ("jug", (5.0,), None))
    refused = (("email", "aa"), ("email", "bb")), (("email", "bb"), ("email", "cc"), ("email", "dd"))
    programs = [
        replace(one.program, tables=(replace(one.program.tables[0], event=None, rows=rows),), suppressed=suppressed)
        for one, rows, suppressed in zip((old, new), stock, refused, strict=True)
    ]
    found = list(changes_of_project(Side("old", programs[0]), Side("new", programs[1])))
    rows_changed = only(found, "D170")
    assert rows_changed.reason == "nothing in a journey uses it"
    assert (rows_changed.before, rows_changed.after) == ("2 rows", "3 rows")
    assert only(found, "D162").reason == "2 addresses get nothing any more; 1 address may be written to again"
    assert "cc" not in repr(found)


# ---- texts


def test_a_text_that_is_another_is_felt_where_it_is_sent() -> None:
    old = side("old", PROJECT, WELCOME, templates={"thanks": {"push.en.liquid": "1", "zh.liquid": "2"}, "other": {"": "1"}})
    new = side("new", PROJECT, WELCOME, templates={"thanks": {"push.en.liquid": "9", "zh.liquid": "2", "de.txt": "3"}})
    found = list(changes_of_project(*level_with(old, new)))
    assert [(c.code, c.level, c.what, c.reason) for c in found if not c.journey] == [
        ("D165", "safe", "text other", "nothing in a journey uses it"),
        ("D165", "behaviour", "text thanks.de.txt", "the message has a text of its own in de now"),
        ("D165", "behaviour", "text thanks.push.en.liquid", "the message reads otherwise by push in en"),
    ]
    felt = only(found, "D171")
    assert (felt.journey, felt.what, felt.level) == ("welcome", "text thanks → thanks", "behaviour")


def test_a_value_that_a_text_newly_needs_must_be_given() -> None:
    names = {"thanks": {"en.liquid": frozenset(("first_name",))}, "hello": {"en.liquid": frozenset(("first_name",))}}
    old, new = side("old", PROJECT, WELCOME), side("new", PROJECT, WELCOME, needs=names)
    found = [(c.code, c.level, c.journey, c.what) for c in changes_of_project(*level_with(old, new))]
    assert found == [
        ("D133", "safe", "welcome", "hello with first_name"),
        ("D133", "needs-migration", "welcome", "thanks with first_name"),
    ]
    given = WELCOME.replace("  - send: hello\n", "  - send: hello\n    with: first_name = entry.name\n").replace(
        "          - send: thanks\n", "          - send: thanks\n            with: first_name = entry.name\n"
    )
    assert list(changes_of_project(*level_with(old, side("new", PROJECT, given, needs=names)))) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Dear {{ first_name }}, {{- total | money }} of {{ order.items[0].sku }}", {"first_name", "total", "order"}),
        ("{{ first_name | default: 'you' }} {% if code %}{{ code }}{% endif %} {{ 'text' }} {{ 3 }}", {"code"}),
        ("{% for item in items %}{{ item.name }} {{ forloop.index }}{% endfor %}", {"items"}),
        ("{% assign sum = total | times: 2 %}{{ sum }} {% capture line %}{{ who }}{% endcapture %}{{ line }}", {"total", "who"}),
        ("---\r\nsubject: 你好 {{ 名字 }}\r\n---\r\n{# none #}", {"名字"}),
        ("{% raw %}{{ shown }}{% endraw %}{% comment %}{{ old }}{% endcomment %} no {{ end", set()),
    ],
)
def test_the_names_that_a_text_needs(text: str, names: set[str]) -> None:
    assert names_needed(text) == names


# ---- readers that are gone with what they read


def test_what_is_taken_away_from_its_readers_breaks_and_names_them() -> None:
    lighter = WELCOME.replace(", when: event.total > 10", "").replace("audience.loyal", "audience.vip")
    project = PROJECT.replace("{total: number, item", "{item")
    for gone in ("  spent:   sum(purchase.total) over 30d\n", "  loyal: audience.vip and profile.spent > 100\n"):
        project = project.replace(gone, "")
    found = list(changes_of_project(*level_with(side("old", PROJECT, WELCOME), side("new", project, lighter))))
    assert [told(change) for change in found] == [
        ("D161", "breaking", "", "purchase.total"),
        ("D170", "safe", "", "attribute spent"),
        ("D170", "safe", "", "audience loyal"),
    ]
    assert found[0].notes == ("used by `attribute spent`, `goal 1 when of welcome`",)


def test_what_is_computed_anew_says_from_when_on_it_is_right() -> None:
    (change,) = changed("  spent: ", "  visits:  count(page_view) over 14d\n  spent: ")
    expected = "filled from the log as far as it is kept there; else it is right 14d after the new version has begun"
    assert (change.code, change.level, change.notes) == ("D170", "safe", (expected,))


def test_all_playbooks_against_the_next_one_mirror_each_other() -> None:
    programs = [compile_project([], file.parent).program for file in sorted(journeys_dir().glob("*/rtj.yaml"))]
    for one, other in pairwise(programs):
        assert one is not None and other is not None
        was, now = (Side(program.project, program) for program in aligned(one, other))
        there = [change for change in changes_of_project(was, now) if not change.journey]
        back = [change for change in changes_of_project(now, was) if not change.journey]
        assert {(c.was, c.now, c.before, c.after) for c in there} == {(c.now, c.was, c.after, c.before) for c in back}
        assert all(change.level in CHANGES[change.code].levels and change.reason for change in (*there, *back))
        assert len(there) > 5


@pytest.mark.parametrize("name", ["abandoned_cart", "advisor_appointment", "welcome"])
def test_the_texts_of_playbooks_are_given_what_they_need(name: str) -> None:
    program = compile_project([], journeys_dir() / name).program
    assert program is not None
    needs: dict[str, dict[str, frozenset[str]]] = {}
    for file in sorted((journeys_dir() / name / "templates").iterdir()):
        message, _, rest = file.name.partition(".")
        needs.setdefault(message, {})[rest] = names_needed(file.read_text(encoding="utf-8"))
    assert any(names for of in needs.values() for names in of.values())
    assert list(changes_of_project(Side("a", program), Side("b", program, needs=needs))) == []
