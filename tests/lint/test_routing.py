"""W417 tells of conditions on business events that ask everybody, exactly where the engine has no index for them."""

from __future__ import annotations

import pytest

from tests.lint.cases import PROJECT, found

SECTIONS = PROJECT.replace("  restocked: {item: string}\n", "  restocked: {item: string, price: number}\n").replace(
    "  orders: count(purchase)\n",
    "  orders: count(purchase)\n  wanted: last(add_to_cart.item)\n  viewed: distinct(add_to_cart.item)\n",
)


def told(on: str, when: str = "") -> list[str]:
    """The places that W417 names; it only informs."""
    clause = f', when: "{when}"' if when else ""
    every = found(SECTIONS, f'journey: one\nenter: {{on: "{on}", again: never{clause}}}\ndo: [{{send: hi, by: email}}]\n')
    assert [d for d in every if d.severity == "error"] == []
    assert {d.severity for d in every if d.code == "W417"} <= {"info"}
    return [d.span.text.strip('"') for d in every if d.code == "W417"]


@pytest.mark.parametrize(
    ("on", "when"),
    [
        ("restocked", "event.price < profile.spend_30d"),
        ("restocked", "profile.tier != 'gold'"),
        ("restocked", "event.item == profile.wanted or audience.loyal"),
        ("restocked where event.price < profile.orders", ""),
        ("restocked", "contains(profile.wanted ?? '', event.item)"),
    ],
)
def test_everybody_is_asked(on: str, when: str) -> None:
    assert told(on, when) == [when or on]


@pytest.mark.parametrize(
    ("on", "when"),
    [
        ("restocked", ""),  # meant for everybody
        ("restocked", "event.price < 10"),
        ("restocked", "profile.tier == 'gold'"),
        ("restocked for loyal", "profile.tier == 'gold'"),
        ("restocked", "audience.loyal and profile.tier == 'gold'"),
        ("restocked", "event.item == profile.wanted and event.price < profile.spend_30d"),
        ("restocked where event.item in profile.viewed", "profile.tier == 'gold'"),
        ("add_to_cart", "profile.tier == 'gold'"),
    ],
)
def test_an_index_finds_them_or_nothing_is_asked(on: str, when: str) -> None:
    assert told(on, when) == []
