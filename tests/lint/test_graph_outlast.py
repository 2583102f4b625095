"""W205 and W206: the longest way against `max_duration`, with its sum; and nodes for which even the shortest is too long."""

from __future__ import annotations

import pytest

from tests.lint.cases import PROJECT, journey, said

SEND = "{send: m, by: sms}"
BRANCH = "{branch: [{when: audience.loyal, do: [{id: a, wait: 9d}]}, {else: [{id: b, wait: 20d}]}]}"
DEADLINES = "{id: w, wait_for: [{on: login, do: [{id: b, wait: 8d}]}, {after: 9d}, {after: 5d}]}"
EIGHT = tuple(f"{{id: n{i}, wait: 5d}}" for i in range(8))


def block(*nodes: str) -> str:
    return "".join(f"  - {node}\n" for node in nodes)


def told(*nodes: str, limit: str | None = "30d") -> str:
    head = "journey: one\nenter: {on: add_to_cart, as: cart}\n" + (f"max_duration: {limit}\n" if limit is not None else "")
    found = said(PROJECT, journey(block(*nodes), head), codes="W205 W206 E")
    assert " E" not in found
    return found.strip()


def summed(*nodes: str, limit: str | None = "30d") -> str:
    """Of W205: what the sum is; empty when nothing is said."""
    found = told(*nodes, limit=limit)
    assert found.count("\n") == 0
    return found.partition(f" after {limit or '91d'}: ")[2].partition(" -- ")[0] if " W205 " in found else found


def test_the_place_is_the_length_in_which_the_limit_is_reached() -> None:
    assert told("{id: a, wait: 20d}", SEND, "{id: w, wait_for: [{on: login}, {after: 2 weeks}]}", SEND.replace("m,", "n,")) == (
        "1.journey.yaml:7:45 W205 ['2 weeks'] `w` can outlast `max_duration`, which ends the journey after 30d: "
        "a 20d + w 14d = 34d -- a longer `max_duration`, or shorter waits (ends the journey: 3:15) (up to 20d: 5:19)"
    )


@pytest.mark.parametrize(
    ("nodes", "limit", "expected"),
    [
        (("{id: a, wait: 91d}",), None, "a 91d"),
        (("{id: a, wait: 30d}",), "30d", "a 30d"),
        (("{id: a, wait: 1 month}",), "30d", "a 31d"),
        (("{id: a, wait: 3 months}",), "3 months", "a 92d"),
        (("{id: a, wait: 4 weeks}",), "1 month", "a 28d"),
        (("{id: a, wait: 1 quarter}", "{id: b, wait: 1s}"), "3 months", "a 92d"),
        (("{id: a, wait: 2h}", '{id: b, wait: "until 09:00"}'), "1d", "a 2h + b 1d = 1d2h"),
        (("{id: a, wait: until monday at 10:00}",), "7d", "a 7d"),
        (("{id: a, wait: until next monday at 10:00}",), "7d", "a 7d10h"),
        (("{id: a, wait: until weekend at 10:00 to 12:00}",), "5d", "a 5d22h"),
        (("{id: a, wait: if profile.tier == 'gold' then 1h else 40d}",), "30d", "a 40d"),
        (("{id: r, repeat: 4 times, do: [" + SEND + ", {id: a, wait: 8d}]}",), "30d", "4 × a 8d = 32d"),
        (("{id: r, repeat: 4 times, until: profile.orders > 1, do: [{id: a, wait: 8d}]}",), "30d", "4 × a 8d = 32d"),
        (("{id: r, repeat: 2 times, do: [{id: q, repeat: 2 times, do: [{id: a, wait: 8d}]}]}",), "30d", "4 × a 8d = 32d"),
        (("{id: c, collect: login, for: 40d, as: logins}",), "30d", "c 40d"),
        ((BRANCH, "{id: c, wait: 10d}"), "30d", "b 20d + c 10d = 30d"),
        (("{id: s, split: s, arms: [{arm: x, share: 90%, do: [{id: a, wait: 40d}]}, {arm: y, share: 10%}]}",), "30d", "a 40d"),
        (("{id: a, wait: 20d}", DEADLINES), "30d", "a 20d + w 5d + b 8d = 33d"),
        (("{id: a, wait: until cart.ts + 1d}", "{id: b, wait: 30d}"), "30d", "b 30d and more that nobody can tell"),
        (("{id: w, wait_for: [{on: login}]}", "{id: b, wait: 30d}"), "30d", "b 30d and more that nobody can tell"),
        (EIGHT, "40d", "2 more + n2 5d + n3 5d + n4 5d + n5 5d + n6 5d + n7 5d = 40d"),
        (('{id: w, wait: "until 09:00", do: [{id: a, wait: 40d}], else: [{id: b, wait: 50d}]}',), "30d", "b 50d"),
        (("{id: w, wait: until cart.ts + 1d, do: [exit]}", "{id: a, wait: 40d}"), "30d", "a 40d"),
        (("{send: m, by: sms, else: [{id: a, wait: 40d}]}",), "30d", "a 40d"),
    ],
)  # fmt: skip
def test_the_longest_way(nodes: tuple[str, ...], limit: str | None, expected: str) -> None:
    assert summed(*nodes, limit=limit) == expected


@pytest.mark.parametrize(
    ("nodes", "limit"),
    [
        (("{id: a, wait: 90d}",), None),
        (("{id: a, wait: 29d}",), "30d"),
        (("{id: a, wait: 2 months}",), "3 months"),
        (("{id: a, wait: 27d}",), "1 month"),
        (('{id: a, wait: "until 09:00"}',), "25h"),
        (("{id: a, wait: until weekday at 10:00}",), "4d"),
        (("{id: w, wait_for: [{on: login}, {after: 40d}, {after: 5d}]}",), "30d"),
        (("{branch: [{when: audience.loyal, do: [{id: a, wait: 20d}]}, {else: [{id: b, wait: 20d}]}]}",), "30d"),
        (("{branch: [{when: audience.loyal, do: [{id: a, wait: 20d}, exit]}]}", "{id: b, wait: 20d}"), "30d"),
        (("{id: r, repeat: 40 times, do: [" + SEND + ', {id: a, wait: "until 09:00"}]}',), "30d"),
        (("{id: r, repeat: 5 times, do: [{id: a, wait: 20d}, exit]}",), "30d"),
        (("{id: a, wait: until cart.ts + 90d}",), "30d"),
        (("{id: w, wait_for: [{on: login}]}",), "30d"),
        ((SEND,), "1s"),
    ],
)
def test_what_stays_within_its_time(nodes: tuple[str, ...], limit: str | None) -> None:
    assert told(*nodes, limit=limit) == ""


# ---- W206


def test_a_node_that_nobody_reaches_in_time() -> None:
    nodes = ("{id: a, wait: 20d}", "{id: b, wait: 1 month}", SEND, SEND.replace("m,", "n,"))

    assert told(*nodes) == (
        "1.journey.yaml:7:6 W206 ['send'] nobody gets here: `max_duration` ends the journey after 30d, and this takes at least "
        "a 20d + b 28d = 48d -- a longer `max_duration`, or shorter waits (ends the journey: 3:15) (at least 20d: 5:19)"
        " (at least 28d: 6:19)"
    )


@pytest.mark.parametrize(
    ("nodes", "line"),
    [
        (("{id: a, wait: 30d}", SEND), 6),
        (("{id: w, wait_for: [{after: 30d}]}", SEND), 6),
        (("{id: c, collect: login, for: 30d, as: logins}", SEND), 6),
        (("{branch: [{when: audience.loyal, do: [{id: a, wait: 30d}]}, {else: [{id: b, wait: 40d}]}]}", SEND), 6),
        (("{branch: [{when: audience.loyal, do: [{id: a, wait: 30d}, " + SEND + "]}]}",), 5),
        (("{id: r, repeat: 3 times, do: [{id: a, wait: 10d}]}", SEND), 6),
        (("{id: w, wait_for: [{on: login, do: [exit]}, {after: 30d}]}", SEND), 6),
        (("{id: a, wait: if profile.tier == 'gold' then 30d else 40d}", SEND), 6),
    ],
)
def test_the_shortest_way_is_too_long(nodes: tuple[str, ...], line: int) -> None:
    found = told(*nodes)
    assert found.startswith(f"1.journey.yaml:{line}:")
    assert found.count(" W206 ") == 1
    assert " W205 " not in found, "said once"


@pytest.mark.parametrize(
    "nodes",
    [
        ("{id: w, wait_for: [{on: login}, {after: 30d}]}", SEND),
        ("{id: w, wait_for: [{when: audience.loyal}, {after: 30d}]}", SEND),
        ("{branch: [{when: audience.loyal, do: [{id: a, wait: 30d}]}]}", SEND),
        ("{id: r, repeat: 3 times, until: profile.orders > 1, do: [{id: a, wait: 10d}]}", SEND),
        ("{id: a, wait: if profile.tier == 'gold' then 1d else 40d}", SEND),
        ("{id: a, wait: until next monday at 10:00}", "{id: b, wait: 29d}", SEND),
        ("{id: a, wait: 1 month}", SEND),
        ("{id: a, wait: 20d}", SEND, "{id: b, wait: 20d}"),
    ],
)
def test_a_node_that_somebody_may_reach(nodes: tuple[str, ...]) -> None:
    assert " W206 " not in told(*nodes)


def test_nested_rounds_are_looked_at_once() -> None:
    """A repeat within a repeat, many deep: no way is gone twice."""
    nested = "{id: a, wait: 1d}"
    for depth in range(20):
        nested = f"{{id: r{depth}, repeat: 2 times, do: [{nested}]}}"

    assert summed(nested) == "1048576 × a 1d = 1048576d"
