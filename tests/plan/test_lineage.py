"""Who uses a declaration is found through whatever stands between: attributes, audiences, history, tables, gates, clocks."""

from __future__ import annotations

import pytest

from rtj.plan.changes import Spot
from rtj.plan.lineage import Lineage, lineage
from rtj.plan.told import listed, placed, told
from tests.plan.shops import PROJECT, WELCOME, side


def lines(project: str, *journeys: str) -> Lineage:
    return lineage(side("one", project, *journeys).program)


def parts(found: Lineage, *start: Spot) -> dict[str, list[str]]:
    return {placed(part): [told(step) for step in way[:-1]] for part, way in sorted(found.ways(start).items())}


WATCHER = """\
journey: watcher
enter: {when: count(purchase where event.item == 'tea') over 7d >= 2}
exit: {on: leaving vip}
do:
  - wait: until next monday at 09:00
    id: morning
  - branch:
      - when: profile.tier has been 'gold' for 2d
        do:
          - set: "profile.note = if products['tea'].price > 3 then 'dear' else 'cheap'"
  - call: crm
    with: spent = profile.spent
"""


@pytest.fixture(scope="module")
def found() -> Lineage:
    return lines(PROJECT, WELCOME, WATCHER)


def test_a_field_is_followed_through_attribute_and_audiences(found: Lineage) -> None:
    ways = parts(found, ("event", "signed_up", "field", "tier"))
    assert ways["branch arm 1 of welcome"] == ["signed_up.tier", "attribute tier", "audience vip", "audience loyal"]
    assert ways["exit 1 of watcher"] == ["signed_up.tier", "attribute tier", "audience vip"]


def test_what_the_compiler_has_lifted_out_is_not_shown(found: Lineage) -> None:
    ways = parts(found, ("event", "purchase", "field", "item"))
    assert ways == {"entry 1 of watcher": ["purchase.item"]}
    ways = parts(found, ("attribute", "tier"))
    assert ways["branch arm 1 of watcher"] == ["attribute tier"]


def test_who_listens_uses_the_type_and_not_its_fields(found: Lineage) -> None:
    assert "goal 1 of welcome" in parts(found, ("event", "purchase"))
    assert "goal 1 of welcome" not in parts(found, ("event", "purchase", "field", "total"))
    assert "goal 1 when of welcome" in parts(found, ("event", "purchase", "field", "total"))


def test_rows_lead_from_their_events_to_those_who_look_them_up(found: Lineage) -> None:
    ways = parts(found, ("event", "restocked"))
    assert [way for part, way in ways.items() if part.startswith("set")] == [["event restocked", "table products"]]


def test_calls_sends_and_clocks_are_used_where_they_stand(found: Lineage) -> None:
    assert parts(found, ("webhook", "crm")) == {"crm of watcher": ["webhook crm"]}
    assert parts(found, ("channel", "push")) == {"thanks of welcome": ["channel push"]}
    assert parts(found, ("timezone",)) == {"morning of watcher": ["the project's timezone"]}


def test_consent_leads_from_an_attribute_to_the_messages_that_ask_for_it(found: Lineage) -> None:
    assert parts(found, ("attribute", "news")) == {"hello of welcome": ["attribute news", "channel email"]}


def test_what_nothing_uses_leads_nowhere(found: Lineage) -> None:
    assert found.ways([("audience", "idle")]) == {}
    assert found.readers([("attribute", "note")]) == ()


def test_direct_readers_are_named_across_what_is_lifted(found: Lineage) -> None:
    readers = [placed(reader) for reader in found.readers([("event", "purchase")])]
    assert readers == ["attribute spent", "goal 1 of welcome", "entry 1 of watcher"]


def test_long_lists_are_cut() -> None:
    assert listed(["a", "b"]) == "`a`, `b`"
    assert listed([str(number) for number in range(2000)]) == "`0`, `1`, `2`, `3` and 1,996 more"
