"""What the linter proves of conditions is so: held to the engine on random conditions and people, and to a table of examples."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lint.truths import HOUR_MS, Told

NOW = 1_772_359_200_000  # 2026-03-01T10:00Z, a sunday
DAY_MS = 24 * HOUR_MS

NUMBERS = ("profile.points", "profile.score", "profile.orders", "cart.price", "cart.value", "profile.spend", "profile.share")
TEXTS = ("profile.word", "profile.city", "cart.item", "profile.tags[0]")
INSTANTS = ("now()", "profile.seen", "cart.due", "profile.newest", "cart.ts")
DATES = ("profile.born", "cart.day", "today()")
relation = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
MADE_NUMBERS = [
    *("length(profile.tags)", "length(cart.item)", "hour(now())", "round(cart.price)", "abs(profile.orders)", "null"),
    *("-profile.points", "-profile.orders", "min(profile.orders, 2)", "max(profile.orders, cart.price)", "floor(cart.price)"),
    *("days_between(profile.born, cart.day)", "age(profile.born)", "(if profile.ok then cart.price else 1)"),
    *("profile.orders * 2", "profile.orders * -1", "mod(profile.orders, 2)", "sum(i for i in [profile.orders, 1])"),
]
TRUTHS = [
    *("profile.ok", "profile.yes", "cart.paid", "audience.loyal", "profile.ok == true", "profile.ok == false", "true"),
    *("profile.ok == profile.yes", "profile.ok != cart.paid", "(profile.ok ?? true)", "(profile.ok ?? profile.yes)"),
    *("contains(cart.item, 'a')", "(profile.points > 1) == profile.yes", "(profile.points > 1) != profile.ok", "null == null"),
    *("weekday(now()) == 'sunday'", "weekday(profile.seen) in ['sunday', 'monday']", "any(t == 'a' for t in profile.tags)"),
    *("cart.plan == profile.plan", "cart.plan != 'free'", "cart.plan == 'pro'", "profile.tier in ['gold', 'silver']"),
    *("profile.tier not in ['gold', 'silver']", "profile.tier == 'gold'", "profile.tier != 'gold'", "profile.plan != 'free'"),
    *("profile.plan == 'pro'", "cart.type == 'add_to_cart'"),
]


def few(terms: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    """Conditions about few things meet each other."""
    return st.lists(st.sampled_from(terms), min_size=1, max_size=2, unique=True)


def moved(terms: list[str], lengths: list[str]) -> st.SearchStrategy[str]:
    return st.builds("{} {} {}".format, st.sampled_from(terms), st.sampled_from("+-"), st.sampled_from(lengths))


def compared(value: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds("{} {} {}".format, value, relation, value)


@st.composite
def conditions(draw: st.DrawFn) -> list[str]:
    """Some conditions about the same few things."""
    numbers, texts, instants, dates = draw(few(NUMBERS)), draw(few(TEXTS)), draw(few(INSTANTS)), draw(few(DATES))
    number = st.one_of(
        st.sampled_from(numbers),
        st.sampled_from(["0", "1", "2", "3", "2.5"]),
        st.builds("{} {} {}".format, st.sampled_from(numbers), st.sampled_from("+-*/"), st.integers(0, 2)),
        st.builds("({} ?? {})".format, st.sampled_from(numbers), st.integers(0, 3)),
        st.sampled_from(draw(few(tuple(MADE_NUMBERS)))),
    )
    text = st.sampled_from([*texts, "''", "'a'", "'b'", "'here'", f"({texts[0]} ?? 'a')"])
    instant = st.sampled_from([*instants, "2026-03-01T10:00Z"]) | moved(instants, ["0h", "1h", "1d", "1 day", "1 month"])
    date = st.sampled_from([*dates, "2026-03-01", "2026-02-01"]) | moved(dates, ["1 day", "2d", "1 month"])
    lists = st.sampled_from(["[1, 2]", "[0, null]", f"[{numbers[0]}, 3]"])
    leaf = st.one_of(
        *(compared(value) for value in (number, number, instant, date)),
        st.builds("{} {} {}".format, st.sampled_from(texts), relation, text),
        st.builds("{} {} {}".format, number, st.sampled_from(["in", "not in"]), lists),
        st.builds("{} is {}".format, number | text | instant | date, st.sampled_from(["missing", "not missing"])),
        st.builds("{} is {}".format, st.sampled_from([*texts, "profile.tags"]), st.sampled_from(["empty", "not empty"])),
        st.sampled_from(draw(few(tuple(TRUTHS)))),
    )
    condition = st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.builds("({} and {})".format, inner, inner),
            st.builds("({} or {})".format, inner, inner),
            st.builds("not ({})".format, inner),
            st.builds("(if {} then {} else {})".format, inner, inner, inner),
        ),
        max_leaves=4,
    )
    return draw(st.lists(condition, min_size=8, max_size=12, unique=True))


small = st.one_of(st.integers(-1, 4), st.sampled_from([0.5, 2.5, 1.0]))
some_text = st.sampled_from(["", "a", "b", "here"])
some_instant = st.integers(-2, 2).map(lambda n: NOW + n * DAY_MS) | st.just(NOW + HOUR_MS)
some_day = st.integers(20_483, 20_514)
world = st.fixed_dictionaries(
    {
        "word": st.none() | some_text,
        "city": st.none() | some_text,
        "tier": st.sampled_from([None, "bronze", "silver", "gold"]),
        "plan": st.sampled_from([None, "free", "pro"]),
        "points": st.none() | small,
        "score": st.none() | small,
        "ok": st.sampled_from([None, True, False]),
        "yes": st.sampled_from([None, True, False]),
        "born": st.none() | some_day,
        "seen": st.none() | some_instant,
        "tags": st.sampled_from([None, (), ("a",), ("b", "a")]),
        "orders": st.integers(0, 4),
        "spend": small,
        "newest": st.none() | st.integers(-2, 0).map(lambda n: NOW + n * DAY_MS),
        "loyal": st.booleans(),
        "cart.item": some_text,
        "cart.price": small,
        "cart.value": st.none() | small,
        "cart.plan": st.sampled_from(["free", "pro"]),
        "cart.paid": st.sampled_from([None, True, False]),
        "cart.due": st.none() | some_instant,
        "cart.day": st.none() | some_day,
    }
)
worlds = st.lists(world, min_size=20, max_size=40)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(conditions(), worlds)
def test_what_is_proved_is_so(texts: list[str], people: list[dict[str, Any]]) -> None:
    holds_to_the_engine(texts, people)


@pytest.mark.long
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(conditions(), worlds)
def test_what_is_proved_is_so_at_length(texts: list[str], people: list[dict[str, Any]]) -> None:
    holds_to_the_engine(texts, people)


def holds_to_the_engine(texts: list[str], people: list[dict[str, Any]]) -> None:
    """Nobody contradicts what is said of each condition, and of each two of them."""
    told = Told(tuple(texts))
    assert told.mistakes == []
    answers = [told.engine.answers(person, NOW) for person in people]
    said = told.verdicts()
    for number, text_ in enumerate(told.texts):
        seen = {row[number] for row in answers}
        assert said[number] != "never" or True not in seen, text_
        assert said[number] != "always" or False not in seen, text_
    yes, no = list(told.formulas(holds=True)), list(told.formulas(holds=False))
    for one in range(len(told.texts) - 1):
        both = {(row[one], row[one + 1]) for row in answers}
        for a in (True, False):
            for b in (True, False):
                formulas = ((yes if a else no)[one], (yes if b else no)[one + 1])
                assert (a, b) not in both or told.together(*formulas), (told.texts[one], a, told.texts[one + 1], b)
