"""E310 for a name that the journey brings elsewhere: where it is known, and a second place that brings it."""

from __future__ import annotations

import pytest

from tests.lint.cases import PROJECT, journey, said

READ = "{send: m, by: sms, with: x = p.id}"


def told(nodes: str, head: str = "journey: one\nenter: {on: add_to_cart}\n") -> str:
    return said(PROJECT, journey(nodes, head), codes="E").strip()


IN_A_CASE = "  - {id: w, wait_for: [{on: login, as: p}, {after: 1d, do: [LAST]}]}\n"
IN_AN_ARM = "  - {branch: [{when: true, do: [{id: n, send: n, by: sms, as: p}]}]}\n"


@pytest.mark.parametrize(
    ("nodes", "where", "place"),
    [
        (IN_A_CASE.replace("LAST", READ), "inside the case in line 4", "4:40"),
        (IN_A_CASE.replace("LAST", "exit") + f"  - {READ}\n", "inside the case in line 4", "4:40"),
        (f"  - {READ}\n  - {{id: n, send: n, by: sms, as: p}}\n", "below the `send` in line 5", "5:35"),
        (f"  - {READ}\n  - {{id: n, collect: login, for: 1h, as: p}}\n", "below the `collect` in line 5", "5:42"),
        (IN_AN_ARM + f"  - {READ}\n", "below the `send` in line 4", "4:63"),
    ],
)
def test_a_name_is_known_where_it_is_brought(nodes: str, where: str, place: str) -> None:
    found = told(nodes)

    assert f"E310 ['p'] `p` is not known in this node, only {where} " in found
    assert found.endswith(f": {place})")
    assert found.count("E310") == 1


def test_below_its_node_a_name_is_known() -> None:
    assert "E310" not in told(f"  - {{id: n, send: n, by: sms, as: p}}\n  - {READ.replace('p.id', 'p.key')}\n")


def test_the_name_of_a_goal_and_of_another_entry() -> None:
    goal = "journey: one\nenter: {on: add_to_cart}\ngoal: {on: purchase, as: p, when: p.total > 3}\n"
    entries = "journey: one\nenter: [{on: login, as: p}, {on: purchase, when: p.id == 'x'}]\n"

    assert "only to the goal in line 3" in told(f"  - {READ}\n", goal)
    assert "only inside the journey and to the entry in line 2" in told("  - {send: m, by: sms}\n", entries)


def test_a_name_that_nothing_brings_is_unknown_as_before() -> None:
    assert "unknown name `q` in this node" in told("  - {send: m, by: sms, with: x = q}\n")
