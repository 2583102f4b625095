"""The highlighting grammar colours what the parser reads: the same words are keywords, the same signs are texts and numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rtj.base.places import grammar_file
from rtj.lang.dsl_words import HEADER_TYPES, PIECE, STATEMENT_TYPES
from rtj.lang.phrase_grammar import journey_parser
from tests.lang.blocks import FENCE

ROOT = Path(__file__).parents[2]
GRAMMAR = grammar_file("journey.tmLanguage.json")
SCOPES = {
    "STRING": "string.quoted",
    "ID": "entity.name.label",
    "PERCENT": "constant.numeric.share",
    "DURATION": "constant.numeric.duration",
    "DATE": "constant.numeric.date",
    "TIME": "constant.numeric.time",
    "NUMBER": "constant.numeric",
    "JOURNEY": "storage.type",
    "WHEN": "keyword",
    "WHERE": "keyword",
    "BY": "keyword",
    "AGAIN": "keyword",
    "ELSE_BLOCK": "keyword.control",
    **dict.fromkeys(STATEMENT_TYPES, "keyword.control"),
    **dict.fromkeys(HEADER_TYPES - STATEMENT_TYPES, "keyword.other.header"),
}


def corpus() -> Iterator[tuple[str, str]]:
    """Every text in the journey language that the project has, by its name."""
    for folder in ("examples", "journeys", "tests/golden/ok"):
        for path in sorted((ROOT / folder).glob("**/*.journey")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
    for page in ("grammar/README.md", "tests/lang/both_spellings.md"):
        for number, (info, body) in enumerate(FENCE.findall((ROOT / page).read_text(encoding="utf-8"))):
            if info == "journey" and "# E" not in body:
                yield f"{page}#{number}", body


@pytest.fixture(scope="module")
def language() -> Any:
    pytest.importorskip(
        "textmate_grammar.parsers.base", reason="textmate-grammar-python is not installed (pip install 'rtj[test]')"
    )
    from textmate_grammar.parsers.base import LanguageParser

    class Journey(LanguageParser):
        """The grammar of the project, as the library wants it."""

        def __init__(self) -> None:
            super().__init__(json.loads(GRAMMAR.read_text(encoding="utf-8")))

    return Journey()


def scopes(language: Any, text: str) -> dict[tuple[int, int], tuple[str, list[str]]]:
    """(line, column) -> the piece that begins there, and its scopes."""
    parsed = language.parse_string(text)
    return {place: (content, names) for place, content, names in parsed.flatten()}


@pytest.mark.parametrize(("name", "text"), [pytest.param(name, text, id=name) for name, text in corpus()])
def test_what_the_parser_reads_is_coloured_as_such(language: Any, name: str, text: str) -> None:
    found = scopes(language, text)
    parser = journey_parser().parse_interactive(text)

    wrong = []
    for token in parser.iter_parse():
        wanted = SCOPES.get(token.type)
        place = (token.line - 1, token.column - 1)
        _, names = found.get(place, ("", []))
        if wanted is not None and not any(name.startswith(wanted) for name in names):
            wrong.append(f"{token.line}:{token.column} {token.type} `{token}` has {names}")
    for match in PIECE.finditer(text):
        if match.lastgroup == "comment":
            line, begin = text.count("\n", 0, match.start()), text.rfind("\n", 0, match.start()) + 1
            if not any(scope.startswith("comment") for scope in found.get((line, match.start() - begin), ("", []))[1]):
                wrong.append(f"{line + 1}: the comment `{match.group()[:20]}`")
    assert wrong == []


def test_every_word_of_the_grammar_is_coloured_somewhere() -> None:
    """A new word of the language that nobody adds here would look like a name."""
    shown = GRAMMAR.read_text(encoding="utf-8")
    words = [t.pattern.value.removesuffix(r"(?!\w)") for t in journey_parser().terminals if t.pattern.value.endswith(r"(?!\w)")]

    plain = [word for word in words if word.isidentifier()]
    assert len(plain) > 50
    assert [word for word in plain if word not in shown] == []
