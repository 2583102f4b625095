"""What is proved of conditions is so: held to the engine on random conditions and people, and to a table of examples."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.logic.truths import HOUR_MS, Told

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
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
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


# ---- how much is found: conditions that are never, or always, true, and that a person would see to be so

NEVER = [
    "profile.orders < 0",
    "profile.orders + 1 < 1",
    "profile.orders * 2 < 0",
    "profile.orders > 2 and profile.orders < 3",
    "profile.points > 3 and profile.points < 2",
    "profile.points > 3 and not (profile.points > 2)",
    "profile.points == 1 and profile.points == 2",
    "profile.points == 1 and profile.points != 1",
    "profile.points in [1, 2] and profile.points > 2",
    "profile.points is missing and profile.points > 2",
    "profile.points is missing and profile.points + 1 > 2",
    "(profile.points ?? 0) > 5 and profile.points is missing",
    "(profile.points ?? 0) < 0 and profile.points > 1",
    "-profile.orders > 0",
    "cart.price < cart.value and cart.value < cart.price",
    "cart.price < cart.value and cart.value < profile.points and profile.points < cart.price",
    "cart.price == cart.value and cart.price > 3 and cart.value < 2",
    "cart.price + 1 > 3 and cart.price + 1 < 2",
    "cart.item is missing",
    "profile.tier == 'gold' and profile.tier == 'silver'",
    "profile.tier not in ['gold', 'silver', 'bronze']",
    "profile.tier != 'gold' and profile.tier != 'silver' and profile.tier != 'bronze'",
    "profile.plan == 'free' and cart.plan == 'pro' and profile.plan == cart.plan",
    "profile.word == 'a' and profile.word == 'b'",
    "profile.word < 'a' and profile.word > 'b'",
    "profile.word is empty and profile.word == 'a'",
    "profile.tags is empty and length(profile.tags) > 0",
    "length(cart.item) < 0",
    "profile.ok == true and profile.ok == false",
    "profile.ok and not profile.ok",
    "profile.seen < now() - 30d and profile.seen > now() - 7d",
    "profile.newest > now()",
    "cart.ts > now() + 1h",
    "profile.seen < now() - 2 months and profile.seen > now() - 1 month",
    "profile.born > 2000-01-01 and profile.born < 1990-01-01",
    "profile.born == profile.born + 1 day and profile.born is not missing",
    "hour(now()) >= 22 and hour(now()) < 6",
    "month(now()) == 13",
    "weekday(now()) == 'monday' and weekday(now()) in ['saturday', 'sunday']",
    "chance('a') >= 1",
    "audience.loyal and not audience.loyal",
    "(if profile.ok then profile.orders else 0) < 0",
    "if profile.ok then profile.orders < 0 else profile.orders < -1",
    "min(profile.orders, 3) > 3",
    "max(profile.orders, 3) < 3",
    "abs(profile.orders) < 0",
    "null < 3",
    "1 > 2",
    "cart.price + 1 > 5 and cart.price < 3",
    "cart.price * 2 > 10 and cart.price < 5",
    "length(profile.tags) == 0 and profile.tags[0] == 'a'",
    "profile.share > 1 and profile.orders == 0",
    "starts_with(cart.item, 'a') and cart.item == 'b'",
    "today() > date(now())",
    "round(cart.price) > 10 and cart.price < 9",
    "profile.born > today() and age(profile.born) > 1",
]
ALWAYS = [
    "profile.orders >= 0",
    "profile.tier in ['gold', 'silver', 'bronze']",
    "profile.tier != 'gold' or profile.tier != 'silver'",
    "profile.plan != 'free' or profile.plan != 'pro'",
    "profile.points < 3 or profile.points >= 3 or profile.points is missing",
    "cart.price < 3 or cart.price >= 3",
    "not (profile.points > 3) or not (profile.points < 2)",
    "profile.points == profile.points",
    "profile.ok or not profile.ok",
    "profile.seen < now() - 7d or profile.seen >= now() - 30d or profile.seen is missing",
    "chance('a') < 10",
    "cart.item is not missing",
    "hour(now()) < 24",
    "not (profile.points is missing and profile.points > 3)",
    "(profile.points ?? 1) is not missing",
    "not (audience.loyal and not audience.loyal)",
]
MISSED = {
    "cart.price + 1 > 5 and cart.price < 3",  # sums of doubles are rounded
    "cart.price * 2 > 10 and cart.price < 5",
    "length(profile.tags) == 0 and profile.tags[0] == 'a'",
    "profile.share > 1 and profile.orders == 0",
    "starts_with(cart.item, 'a') and cart.item == 'b'",
    "today() > date(now())",
    "round(cart.price) > 10 and cart.price < 9",
    "profile.born > today() and age(profile.born) > 1",
}


def test_what_people_see_is_found() -> None:
    wanted = dict.fromkeys(NEVER, "never") | dict.fromkeys(ALWAYS, "always")
    told = Told(tuple(wanted))

    assert told.mistakes == []
    found = dict(zip(wanted, told.verdicts(), strict=True))
    assert {text: verdict for text, verdict in found.items() if text not in MISSED} == {
        text: verdict for text, verdict in wanted.items() if text not in MISSED
    }
    assert {text for text, verdict in found.items() if verdict == "open"} == MISSED, "what is found now is missed no more"
