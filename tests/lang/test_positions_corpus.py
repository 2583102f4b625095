"""The places of characters over a large generated corpus: what PyYAML writes of any texts, in every style, width, indentation and
line end, with anchors and tags, nested and in keys."""

from __future__ import annotations

import re
from random import Random

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lang.test_positions import BLANKS, WORDS, check

SLOW = settings(deadline=None, suppress_health_check=list(HealthCheck))
ALPHABETS = (
    "abc",
    "æøåß",
    "日本語の客",
    "😀👨‍👩‍👧🎉",
    "e\u0301a\u0308",
    "עברית",
    "ｆｕｌｌ",
    "\u00a0\u2003",
    'it\'s "x"',
    "#:-{}[],&*!|>%@`",
    "\\n\\t",
)
KEYS = ("when", "on", "日本", "e\u0301", "a key", "x" * 60)
STYLES = ("'", '"', "|", ">", None)
DICE = st.integers(0, 2**32).map(Random)


def words(dice: Random) -> str:
    """A text of words and blanks, some of them line ends."""
    parts = []
    for _ in range(dice.randint(1, 14)):
        word = dice.choice(WORDS) if dice.random() < 0.5 else "".join(dice.choices(dice.choice(ALPHABETS), k=dice.randint(1, 9)))
        parts += [word, dice.choice(BLANKS)]
    text = "".join(parts)
    return text if dice.random() < 0.3 else text.strip()


def document(dice: Random) -> str:
    """Some texts, dumped in a random way."""
    values = [words(dice) for _ in range(3)]
    nested: object = {dice.choice(KEYS): values[0], "list": [values[1], {"deep": {dice.choice(KEYS): [values[2]]}}]}
    text = yaml.dump(
        nested,
        default_style=dice.choice(STYLES),
        default_flow_style=dice.random() < 0.2,
        allow_unicode=dice.random() < 0.8,
        width=dice.choice((10, 20, 40, 80, 1_000)),
        indent=dice.choice((2, 3, 4, 8)),
        sort_keys=False,
    )
    if dice.random() < 0.3:
        text = with_properties(text, dice)
    if dice.random() < 0.3:
        text = f"# 日本 😀\n---\n{text}"
    return text.replace("\n", "\r\n") if dice.random() < 0.3 else text


def with_properties(text: str, dice: Random) -> str:
    """Anchors and tags before some values."""
    number = iter(range(1_000))

    def put(match: re.Match[str]) -> str:
        found = dice.choice((f"&a{next(number)} ", "!!str ", f"!!str &a{next(number)} ", f"&a{next(number)} !!str "))
        return match[0] + found if dice.random() < 0.5 else match[0]

    return re.sub(r"(?:: |- )(?=['\"|>])", put, text)


@settings(SLOW, max_examples=200)
@given(DICE)
def test_places_are_exact(dice: Random) -> None:
    check(document(dice))


@pytest.mark.long
@settings(SLOW, max_examples=3_000)
@given(DICE)
def test_places_are_exact_in_thousands_of_documents(dice: Random) -> None:
    check(document(dice))
