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
RELATIONS = ("==", "!=", "<", "<=", ">", ">=")

number = st.one_of(
    st.sampled_from(NUMBERS),
    st.integers(-1, 4).map(str),
    st.sampled_from(["0.5", "2.5"]),
    st.builds("{} {} {}".format, st.sampled_from(NUMBERS), st.sampled_from("+-*/"), st.integers(0, 2)),
    st.builds("({} ?? {})".format, st.sampled_from(NUMBERS), st.integers(0, 3)),
    st.sampled_from(["length(profile.tags)", "length(cart.item)", "hour(now())", "round(cart.price)", "abs(profile.orders)"]),
    st.sampled_from(["-profile.points", "-profile.orders", "min(profile.orders, 2)", "max(profile.orders, cart.price)"]),
    st.sampled_from(["days_between(profile.born, cart.day)", "age(profile.born)", "(if profile.ok then cart.price else 1)"]),
    st.sampled_from(["profile.orders * 2", "profile.orders * -1", "mod(profile.orders, 2)", "floor(cart.price)", "null"]),
)
text = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from(["''", "'a'", "'b'", "'here'"]),
    st.just("(profile.word ?? 'a')"),
    st.just("lower(cart.item)"),
)
instant = st.one_of(
    st.sampled_from(INSTANTS),
    st.sampled_from(["2026-03-01T10:00Z", "2026-02-28T10:00Z"]),
    st.builds(
        "{} {} {}".format,
        st.sampled_from(INSTANTS),
        st.sampled_from("+-"),
        st.sampled_from(["0h", "1h", "1d", "1 day", "1 month"]),
    ),
)
date = st.one_of(
    st.sampled_from(DATES),
    st.sampled_from(["2026-03-01", "2026-02-01"]),
    st.builds("{} {} {}".format, st.sampled_from(DATES), st.sampled_from("+-"), st.sampled_from(["1 day", "2d", "1 month"])),
)
comparison = st.one_of(
    st.builds("{} {} {}".format, number, st.sampled_from(RELATIONS), number),
    st.builds("{} {} {}".format, text, st.sampled_from(RELATIONS), text),
    st.builds("{} {} {}".format, instant, st.sampled_from(RELATIONS), instant),
    st.builds("{} {} {}".format, date, st.sampled_from(RELATIONS), date),
    st.builds(
        "{} {} {}".format,
        number,
        st.sampled_from(["in", "not in"]),
        st.sampled_from(["[1, 2]", "[0, null]", "[profile.score, 3]"]),
    ),
    st.builds("profile.tier {} '{}'".format, st.sampled_from(["==", "!="]), st.sampled_from(["bronze", "silver", "gold"])),
    st.builds("profile.plan {} '{}'".format, st.sampled_from(["==", "!="]), st.sampled_from(["free", "pro"])),
    st.builds("profile.tier {} ['gold', 'silver']".format, st.sampled_from(["in", "not in"])),
    st.sampled_from(["cart.plan == profile.plan", "cart.plan != 'free'", "cart.plan == 'pro'"]),
)
leaf = st.one_of(
    comparison,
    comparison,
    st.builds("{} is {}".format, st.one_of(number, text, instant, date), st.sampled_from(["missing", "not missing"])),
    st.builds("{} is {}".format, st.sampled_from((*TEXTS, "profile.tags")), st.sampled_from(["empty", "not empty"])),
    st.sampled_from(["profile.ok", "profile.yes", "cart.paid", "audience.loyal", "profile.ok == true", "profile.ok == false"]),
    st.sampled_from(
        ["profile.ok == profile.yes", "profile.ok != cart.paid", "(profile.ok ?? true)", "(profile.ok ?? profile.yes)"]
    ),
    st.sampled_from(
        ["contains(cart.item, 'a')", "(profile.points > 1) == profile.yes", "(profile.points > 1) != profile.ok", "true"]
    ),
    st.sampled_from(
        [
            "weekday(now()) == 'sunday'",
            "weekday(profile.seen) in ['sunday', 'monday']",
            "null == null",
            "any(t == 'a' for t in profile.tags)",
        ]
    ),
)
condition = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not ({})".format, inner),
        st.builds("(if {} then {} else {})".format, inner, inner, inner),
    ),
    max_leaves=5,
)
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
@given(st.lists(condition, min_size=8, max_size=12, unique=True), worlds)
def test_what_is_proved_is_so(texts: list[str], people: list[dict[str, Any]]) -> None:
    holds_to_the_engine(texts, people)


@pytest.mark.long
@settings(max_examples=2_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(condition, min_size=8, max_size=12, unique=True), worlds)
def test_what_is_proved_is_so_at_length(texts: list[str], people: list[dict[str, Any]]) -> None:
    holds_to_the_engine(texts, people)


def holds_to_the_engine(texts: list[str], people: list[dict[str, Any]]) -> None:
    """Nobody contradicts what is said of each condition, and of each two of them."""
    told = Told(tuple(texts))
    bad = {d.span.text for d in told.analysis.compiled.diagnostics if d.severity == "error"}
    if bad:  # a comparison that the checker refuses
        told = Told(tuple(t for t in texts if not any(d.mistakes for d in [Told((t,))])))
        if not told.texts:
            return
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
