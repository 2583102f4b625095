"""The promise of `rtj validate`: a mistake is one error, at its very token, with a way out; of several each is told, and
nothing else. Good projects are broken at a known place and checked."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source, Span
from rtj.lang import syntax as s
from rtj.lang.likeness import slips
from tests.lint.mistakes import Good, Token, good_projects, slip, tokens
from tests.lint.restyling import STYLES, moved, phrases, written

SLOW = settings(deadline=None, suppress_health_check=list(HealthCheck))
NAMES = st.deferred(lambda: st.sampled_from(sorted(name for name in good_projects() if len(tokens(name)) > 10)))
DICE = st.integers(0, 2**32).map(Random)
Place = tuple[str, int, int]


def placed(found: list[Diagnostic]) -> list[Place]:
    return [(d.span.source.path, d.span.start, d.span.end) for d in found]


def told(found: list[Diagnostic]) -> str:
    return "\n".join(
        f"{d.span.source.path}:{d.span.line}:{d.span.column} {d.code} [{d.span.text}] {d.message} -- {d.hint}" for d in found
    )


def shown(token: Token, start: int, word: str) -> Place:
    """The place of the report: texts are marked with their quotes."""
    quotes = token.kind == "choice"
    return token.source.path, start - quotes, start + len(word) + quotes


def proposes(found: Diagnostic, token: Token, word: str) -> bool:
    """Does the hint name what stood there, or something that is as near?"""
    names = [name.rsplit(".", 1)[-1] for name in found.hint.split("`")[1::2]]
    return any(name == token.text or slips(word, name) <= slips(word, token.text) for name in names)


def test_there_is_enough_to_break() -> None:
    every = [token for name in good_projects() for token in tokens(name)]

    kinds = {token.kind for token in every}

    assert len(every) > 3_000
    assert kinds >= {
        "key",
        "event",
        "field",
        "attribute",
        "audience",
        "channel",
        "webhook",
        "function",
        "name",
        "root",
        "send",
        "choice",
    }


# ---- one slip


def check_one_slip(name: str, number: int, dice: Random) -> None:
    good = good_projects()[name]
    token = tokens(name)[number % len(tokens(name))]
    word = slip(good, token.text, dice)
    assume(word is not None)
    assert word is not None
    text = token.source.text[: token.start] + word + token.source.text[token.end :]

    found = good.with_texts({good.path_of(token.source): text})

    assert placed(found) == [shown(token, token.start, word)], told(found)
    assert found[0].code in token.codes
    assert proposes(found[0], token, word), told(found)


@settings(SLOW, max_examples=60)
@given(NAMES, st.integers(0, 10**6), DICE)
def test_one_slip_is_one_error_at_its_word(name: str, number: int, dice: Random) -> None:
    check_one_slip(name, number, dice)


@pytest.mark.long
@settings(SLOW, max_examples=250)
@given(NAMES, st.integers(0, 10**6), DICE)
def test_one_slip_anywhere_is_one_error_at_its_word(name: str, number: int, dice: Random) -> None:
    check_one_slip(name, number, dice)


# ---- in every style of YAML


def check_style(name: str, number: int, style: str, crlf: bool, dice: Random) -> None:
    good = good_projects()[name]
    mine = phrases(name)
    assume(mine)
    phrase = mine[number % len(mine)]
    token, at = dice.choice(phrase.tokens)
    word = slip(good, token.text, dice)
    assume(word is not None and "\r" not in phrase.source.text)
    assert word is not None
    before = phrase.before if dice.random() < 0.7 else ""
    value = before + phrase.scalar.value[:at] + word + phrase.scalar.value[at + len(token.text) :].rstrip()
    out = written(value, style, phrase, dice)
    assume(out is not None)
    assert out is not None
    head = "# 日本語\t😀 e\u0301\n" if dice.random() < 0.5 else ""
    begin = len(head) + phrase.scalar.span.start
    text = head + phrase.source.text[: phrase.scalar.span.start] + out.text + phrase.source.text[phrase.scalar.span.end :]
    first, last = out.places[len(before) + at], out.places[len(before) + at + len(word) - 1]
    start, end = begin + first[0], begin + last[1]
    if token.kind == "choice":
        start, end = begin + out.places[len(before) + at - 1][0], begin + out.places[len(before) + at + len(word)][1]
    if crlf:
        start, end, text = moved(text, start), moved(text, end), text.replace("\n", "\r\n")

    found = good.with_texts({good.path_of(token.source): text})

    assert placed(found) == [(token.source.path, start, end)], f"{told(found)}\n{text[max(0, start - 200) : end + 50]}"


@settings(SLOW, max_examples=80)
@given(NAMES, st.integers(0, 10**6), st.sampled_from(STYLES), st.booleans(), DICE)
def test_the_place_is_exact_in_every_style(name: str, number: int, style: str, crlf: bool, dice: Random) -> None:
    check_style(name, number, style, crlf, dice)


@pytest.mark.long
@settings(SLOW, max_examples=250)
@given(NAMES, st.integers(0, 10**6), st.sampled_from(STYLES), st.booleans(), DICE)
def test_the_place_is_exact_in_every_style_everywhere(name: str, number: int, style: str, crlf: bool, dice: Random) -> None:
    check_style(name, number, style, crlf, dice)


# ---- several at once

HIDING = dict.fromkeys(("event", "journey", "type", "name", "key", "field"), frozenset({"field", "choice"}))
HIDING |= dict.fromkeys(("attribute", "root"), frozenset({"choice"}))


def independent(one: Token, other: Token) -> bool:
    """Can both be seen? Of an event that is not there no field is known, and `profle.ordes` says one thing."""
    beside = one.source is other.source and (abs(one.end - other.start) < 2 or abs(other.end - one.start) < 2)
    hidden = other.kind in HIDING.get(one.kind, ()) or one.kind in HIDING.get(other.kind, ())
    return not beside and not hidden


def check_several(name: str, count: int, dice: Random) -> None:
    good = good_projects()[name]
    picked: list[tuple[Token, str]] = []
    for token in dice.sample(tokens(name), min(20, len(tokens(name)))):
        word = slip(good, token.text, dice)
        if word is not None and len(picked) < count and all(independent(token, other) for other, _ in picked):
            picked.append((token, word))
    assume(len(picked) > 1)
    texts: dict[Path, str] = {}
    expected: list[Place] = []
    for source in {token.source.path: token.source for token, _ in picked}.values():
        texts[good.path_of(source)] = _broken(source, [(t, w) for t, w in picked if t.source is source], expected)

    found = good.with_texts(texts)

    assert sorted(placed(found)) == sorted(expected), told(found)


def _broken(source: Source, mine: list[tuple[Token, str]], expected: list[Place]) -> str:
    text, shift = source.text, 0
    for token, word in sorted(mine, key=lambda pair: pair[0].start):
        text = text[: token.start + shift] + word + text[token.end + shift :]
        expected.append(shown(token, token.start + shift, word))
        shift += len(word) - len(token.text)
    return text


@settings(SLOW, max_examples=50)
@given(NAMES, st.integers(2, 5), DICE)
def test_of_several_mistakes_each_is_told_and_nothing_else(name: str, count: int, dice: Random) -> None:
    check_several(name, count, dice)


@pytest.mark.long
@settings(SLOW, max_examples=200)
@given(NAMES, st.integers(2, 5), DICE)
def test_of_several_mistakes_anywhere_each_is_told_and_nothing_else(name: str, count: int, dice: Random) -> None:
    check_several(name, count, dice)


# ---- values of another type


def misfits(tree: Any) -> list[tuple[Span, str, str]]:
    """Literals that can be made to misfit: (what is written anew, with what, the code)."""
    found: list[tuple[Span, str, str]] = []
    match tree:
        case s.Binary(op="==" | "!=" | "<" | "<=" | ">" | ">=", right=s.Number() | s.Length() as right):
            found.append((right.span, "'many'", "E321"))
        case s.Binary(op="==" | "!=", right=s.Text() as right):
            found.append((right.span, "7", "E321"))
        case s.Binary(op="and" | "or", right=right):
            found.append((right.span, "7", "E322"))
        case s.Repeat(times=times):
            found.append((times.span, "0", "E303"))
    for field in dataclasses.fields(tree):
        value = getattr(tree, field.name)
        for part in value if isinstance(value, tuple) else (value,):
            if dataclasses.is_dataclass(part) and not isinstance(part, Span):
                found += misfits(part)
    return found


def every_misfit() -> list[tuple[Good, Span, str, str]]:
    return [
        (good, *one)
        for good in good_projects().values()
        for tree in (good.loaded.project, *good.loaded.journeys)
        for one in misfits(tree)
    ]


def check_misfit(good: Good, span: Span, text: str, code: str) -> None:
    source = span.source

    found = good.with_texts({good.path_of(source): source.text[: span.start] + text + source.text[span.end :]})

    assert [(d.code, d.span.start, d.span.end) for d in found] == [(code, span.start, span.start + len(text))], told(found)


@settings(SLOW, max_examples=30)
@given(st.integers(0, 10**6))
def test_a_value_that_does_not_fit_is_told_at_the_value(number: int) -> None:
    every = every_misfit()
    check_misfit(*every[number % len(every)])


@pytest.mark.long
def test_every_value_that_does_not_fit_is_told_at_the_value() -> None:
    for good, span, text, code in every_misfit():
        check_misfit(good, span, text, code)
