"""What people inside carry is held against what the new version reads ahead of them, and nothing else is told."""

from __future__ import annotations

import pytest

from rtj.plan.both import side_by_side
from rtj.plan.carried import changes_of_carried
from rtj.plan.catalogue import CHANGES
from rtj.plan.changes import Change
from tests.plan.shops import PROJECT, QUIET, level_with, side

PATH = """\
journey: path
enter: {on: signed_up}
do:
  - send: hello
    by: push
  - wait_for:
      - on: purchase
        as: bought
        do:
          - wait: 1d
            id: rest
          - send: thanks
            by: push
            with: total = bought.total
      - after: 3d
    id: buys
  - wait: 1d
    id: pause
  - branch:
      - when: profile.tier == 'gold'
        do:
          - send: last
            by: push
"""
ENTRY = "enter: {on: signed_up}"
LAST = "profile.tier == 'gold'"


def carried(old: str, new: str, project: str = PROJECT, later: str | None = None) -> list[Change]:
    """What is different in what instances of the one journey carry. `later`: the project of the new version."""
    sides = level_with(side("old", project, old), side("new", project if later is None else later, new))
    (was,), (now,) = (one.program.journeys for one in sides)
    return list(changes_of_carried(side_by_side(*sides, was, now)))


def short(changes: list[Change]) -> list[tuple[str, str, str]]:
    return [(change.code, change.level, change.what) for change in changes]


BOUND = PATH.replace(ENTRY, "enter: {on: signed_up, as: who}")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (PATH, PATH, []),
        (PATH, PATH.replace("bought", "buy"), [
            ("D144", "safe", "name bought"),
            ("D133", "needs-migration", "thanks with total"),
        ]),
        (PATH, BOUND, [("D141", "safe", "name who")]),
        (BOUND, PATH, [("D144", "safe", "name who")]),
        (PATH, BOUND.replace(LAST, "who.tier == 'gold'"), [("D142", "needs-migration", "name who")]),
        (PATH, BOUND.replace(LAST, "(who.tier ?? 'basic') == 'gold'"), [("D142", "behaviour", "name who")]),
        (BOUND, BOUND.replace(LAST, "who.tier == 'gold'"), []),
        (PATH, PATH.replace(LAST, "entry.tier == 'gold'"), []),
    ],
)  # fmt: skip
def test_names_that_are_read_ahead_must_be_carried(old: str, new: str, expected: list[tuple[str, str, str]]) -> None:
    found = carried(old, new)
    assert short(found) == expected
    assert all(change.level in CHANGES[change.code].levels for change in found)


def test_what_is_missing_says_where_and_what_to_write() -> None:
    (change,) = carried(PATH, BOUND.replace(LAST, "who.tier == 'gold'"))
    assert change.notes == ("read at `branch arm 1`",)
    assert (change.suggest, change.node, change.concerns) == ("who ?? …", "branch", "ahead")
    assert change.now == ("journey", "path", "node", "branch", "arm", "0")


def test_a_name_that_only_newcomers_read_is_no_concern_of_those_inside() -> None:
    new = BOUND.replace("    by: push\n  - wait_for", "    by: push\n    with: name = who.name\n  - wait_for")
    assert short(carried(PATH, new)) == [("D141", "safe", "name who")]
    held = PROJECT + QUIET
    assert short(carried(PATH, new, held)) == [("D133", "needs-migration", "hello with name")], "people may be held at `hello`"


def test_a_name_that_a_node_ahead_binds_is_there_when_it_is_read() -> None:
    asks = PATH.replace("  - branch", "  - call: crm\n    as: answer\n  - branch")
    project = PROJECT.replace("timeout: 5s", "timeout: 5s, returns: {score: number}")
    new = asks.replace(LAST, "answer.score > 3")
    assert short(carried(PATH, new, project)) == [("D141", "safe", "name answer")]
    before = asks.replace("  - call: crm\n    as: answer\n", "").replace(
        "  - wait: 1d\n    id: pause\n", "  - call: crm\n    as: answer\n  - wait: 1d\n    id: pause\n"
    )
    beyond = before.replace(LAST, "answer.score > 3")
    assert short(carried(PATH, beyond, project)) == [("D142", "needs-migration", "name answer")], (
        "who rests at `pause` has passed it"
    )


def test_goals_are_watched_wherever_people_stand() -> None:
    new = BOUND.replace("do:\n", "goal: {on: purchase, when: event.item == who.name}\ndo:\n", 1)
    (change,) = carried(PATH, new)
    assert (change.code, change.level, change.concerns) == ("D142", "needs-migration", "inside")


# ---- fields of what is carried


def test_a_field_that_was_declared_is_kept_though_nothing_read_it() -> None:
    assert carried(PATH, PATH.replace(LAST, "entry.name == 'Ada'")) == []


@pytest.mark.parametrize(
    ("field", "condition", "expected"),
    [
        ("city: string", "entry.city == 'Rome'", [("D142", "needs-migration", "name entry.city")]),
        ("city: string?", "entry.city == 'Rome'", [("D142", "behaviour", "name entry.city")]),
        ("city: string", "profile.tier == 'gold'", []),
    ],
)
def test_events_lack_what_was_declared_later(field: str, condition: str, expected: list[tuple[str, str, str]]) -> None:
    later = PROJECT.replace("news: bool?}", f"news: bool?, {field}}}")
    assert short(carried(PATH, PATH.replace(LAST, condition), PROJECT, later)) == expected


@pytest.mark.parametrize(
    ("kind", "condition", "expected"),
    [
        ("string", "entry.age == '7'", [("D143", "breaking", "name entry.age")]),
        ("string", "profile.tier == 'gold'", []),
        ("number", "entry.age == 7", [("D143", "breaking", "name entry.age")]),
    ],
)
def test_values_of_another_type_do_not_fit_where_they_are_read(
    kind: str, condition: str, expected: list[tuple[str, str, str]]
) -> None:
    later = PROJECT.replace("age: number?", f"age: {kind}")
    assert short(carried(PATH, PATH.replace(LAST, condition), PROJECT, later)) == expected


def test_wider_types_are_safe() -> None:
    later = PROJECT.replace("[basic, gold]", "[basic, gold, iron]")
    new = PATH.replace(LAST, "entry.tier == 'gold'")
    assert short(carried(PATH, new, PROJECT, later)) == [("D143", "safe", "name entry.tier")]


def test_one_event_is_no_list_of_events() -> None:
    old = PATH.replace(ENTRY, "enter: {on: purchase, as: bought_first}")
    new = PATH.replace(ENTRY, "enter: {on: 2 purchase within 1d, as: bought_first}").replace(
        LAST, "count(b for b in bought_first) > 1"
    )
    found = carried(old, new)
    assert ("D143", "breaking", "name bought_first") in short(found)
    assert ("D143", "safe", "name bought_first") in short(carried(old, new.replace("count(b for b in bought_first) > 1", LAST)))


def test_another_event_lets_in_and_the_old_one_has_no_such_field() -> None:
    new = PATH.replace(ENTRY, "enter: {on: page_view}").replace(LAST, "entry.path == '/'")
    assert short(carried(PATH, new)) == [("D142", "needs-migration", "name entry.path")]


# ---- moved and dropped nodes


def test_people_who_are_moved_carry_what_they_had() -> None:
    new = PATH.replace("id: pause", "id: break").replace(LAST, "entry.tier == 'gold'") + "moved: {pause: break}\n"
    assert carried(PATH, new) == []


# ---- what is remembered since the entry

LATER = """\
  - wait_for:
      - on: purchase since entry
      - after: 2d
    id: later
"""


def test_nobody_has_remembered_for_a_case_that_is_new() -> None:
    new = PATH.replace("  - branch", LATER + "  - branch")
    (change,) = carried(PATH, new)
    assert (change.code, change.level, change.what, change.after) == (
        "D142",
        "behaviour",
        "later case 1",
        "on purchase since entry",
    )
    assert carried(new, new.replace("after: 2d", "after: 5d")) == []
    assert carried(new, PATH) == []


def test_cases_that_only_newcomers_meet_need_no_memory() -> None:
    first = PATH.replace("do:\n  - send", "do:\n" + LATER + "  - send", 1)
    assert carried(PATH, first) == []
