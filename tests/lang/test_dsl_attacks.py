"""Journeys as they look while they are typed, after one slip, or when somebody means harm: told with places, never a crash, the
rest read, and in a time that grows with the text."""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections import Counter

import pytest

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source
from rtj.lang import syntax as s
from rtj.lang.dsl_outline import outline
from rtj.lang.dsl_words import PIECE
from rtj.lang.read_dsl import read_dsl
from tests.lang.slips import corpus, sampled

WORST_S = 2.0  # for one short text: no tight bound, but one against growing without one
KEYSTROKES = 1_200  # prefixes that are read in one run: a step that leaves none of the places out for ever
SLIPS = 700
STRANGE = (
    "when", "on", "{", "}", "@x", "else", "wait", "send", "journey", "exit", "'", '"', "“", "：", "45%", "as", "with", "=", ",",
    "(", ")", "\n", "#", "\\", "enter", "goal", "for", "until", "😀", "\u202e", "\t", "\r\n", ";", "if", "not", "12:60", "@", "%",
    "2026-13-01", "9" * 20 + "d", "a.b.c", "[", "]", "\u2028", "\x00", "\ufeff", "//", "- ", "id:",
)  # fmt: skip


def read(text: str) -> tuple[list[s.Journey], list[Diagnostic], float]:
    """What was read and told, and how long that took; places are within the text, and every message says something."""
    found: list[Diagnostic] = []
    source = Source("a.journey", text)
    begin = time.process_time()
    journeys = read_dsl(source, found)
    took = time.process_time() - begin
    for one in found:
        assert 0 <= one.span.start <= one.span.end <= len(text)
        assert one.message
        assert "__" not in one.message
        assert one.span.line >= 1
        for edit in one.fix.edits if one.fix is not None else ():
            assert 0 <= edit.start <= edit.end <= len(text)
    return journeys, found, took


@pytest.mark.long
def test_half_typed_files_are_read_at_every_keystroke(capsys: pytest.CaptureFixture[str]) -> None:
    every = [(text, end) for text in corpus().values() for end in range(len(text))]
    step = max(1, len(every) // KEYSTROKES)
    times: list[float] = []
    for text, end in every[random.Random(len(every)).randrange(step) :: step]:
        journeys, found, took = read(text[:end])
        assert found or journeys
        times.append(took)

    with capsys.disabled():
        median, worst = statistics.median(times) * 1000, max(times) * 1000
        sys.stdout.write(f"\n{len(times):,} of {len(every):,} keystrokes: median {median:.1f} ms, worst {worst:.0f} ms\n")
    assert max(times) < WORST_S


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_damaged_files_are_read_or_told(seed: int) -> None:
    dice, texts = random.Random(seed), list(corpus().values())
    for _ in range(250):
        pieces = [match.group() for match in PIECE.finditer(dice.choice(texts))]
        begin = dice.randrange(len(pieces))
        pieces = pieces[begin : begin + dice.randrange(5, 400)] if dice.random() < 0.5 else pieces
        for _ in range(dice.randrange(1, 6)):
            place = dice.randrange(len(pieces) + 1)
            pieces[place : place + dice.randrange(2)] = [dice.choice(STRANGE)] if dice.random() < 0.7 else []
        text = "".join(pieces)
        journeys, found, took = read(text)
        outline(Source("a.journey", text))
        assert found or journeys
        assert took < WORST_S


@pytest.mark.long
def test_one_slip_is_told_once_with_its_hint() -> None:
    told: Counter[str] = Counter()
    for _, slip in sampled(SLIPS, seed=7):
        found = [d for d in read(slip.text)[1] if d.severity == "error"]
        told["silent" if not found else "once" if len(found) == 1 else "cascade"] += 1
        told["hint"] += bool(found) and bool(found[0].hint or found[0].fix)

    assert told["cascade"] <= 0.03 * SLIPS  # 11% before repairs were tried
    assert told["silent"] <= 0.03 * SLIPS  # another journey that is right, such as one without its `else`
    assert told["hint"] >= 0.9 * SLIPS


@pytest.mark.long
def test_one_damaged_statement_loses_no_journey() -> None:
    many = {name: text for name, text in corpus().items() if text.count("\njourney ") > 1}
    assert many
    for name, slip in sampled(SLIPS, seed=11):
        if name in many:
            names = {journey.name.text for journey in read(slip.text)[0]}
            right = {journey.name.text for journey in read(many[name])[0]}
            assert len(names) == len(right), slip
            assert len(right & names) >= len(right) - 1


THREE = "".join(f"journey {name} {{\n  enter on x\n  send first by email\n  SLIP\n  send last by email\n}}\n" for name in "abc")


@pytest.mark.parametrize("slip", ["sned x by y", "wait 2h)", "branch {", "}", "{", "exit 'a", "@", "enter on y", "else {", "”"])
@pytest.mark.parametrize("where", [0, 1, 2])
def test_the_journeys_beside_a_damaged_one_are_whole(slip: str, where: int) -> None:
    parts = THREE.split("SLIP")
    lines = ["", "", ""]
    lines[where] = slip
    text = parts[0] + "".join(line + part for line, part in zip(lines, parts[1:], strict=True))

    journeys, found, _ = read(text)

    assert [journey.name.text for journey in journeys] == ["a", "b", "c"]
    assert found
    for at, journey in enumerate(journeys):
        sent = [node.message.text for node in journey.nodes if isinstance(node, s.Send)]
        assert at == where or sent == ["first", "last"]


HEAD = "journey a { enter on x "
BOMBS = {  # text, and how it begins to be told; "" for not at all
    "brackets": ("{" * 100_000, "E005"),
    "brackets_within": (HEAD + "{" * 100_000, "E005"),
    "closing": ("}" * 100_000, "E010"),
    "long_text": (HEAD + 'exit "' + "x" * 1_000_000 + '" }', ""),
    "long_open_text": (HEAD + 'exit "' + "x" * 1_000_000, "E301"),
    "comments": (HEAD + "\n# c\n" * 20_000 + "}", ""),
    "quotes": ("“" * 50_000, "E010"),
    "at": ("@" * 50_000, "E010"),
    "backslashes": ("\\" * 50_000, "E010"),
    "long_phrase": (HEAD + "when " + "1+" * 30_000 + "= > 0 }", "E005"),
    "deep_phrase": (HEAD + "when " + "not " * 5_000 + "true }", "E302"),
    "round": (HEAD + "when " + "(" * 20_000, "E3"),
    "words": (HEAD + "send " * 20_000, "E010"),
    "notes": (HEAD + "// a comment\n" * 5_000, "E005"),
    "open_texts": (HEAD + "\n" + "exit 'a\n" * 5_000, "E"),
    "clauses": (HEAD + "again never " * 2_000 + "}", "E304"),
    "mistakes": (HEAD + "sned m by email\n" * 5_000 + "}", "E005"),
    "deepest": (HEAD + "branch { when true { " * 31 + "exit" + "}}" * 31 + "}", ""),
}


@pytest.mark.long
@pytest.mark.parametrize("name", BOMBS)
def test_texts_that_mean_harm_are_told_in_time(name: str) -> None:
    text, told = BOMBS[name]

    found, took = read(text)[1:]

    assert took < 10 * WORST_S
    assert len(found) <= 2_100
    first = min((d.code for d in found if d.code != "E010"), default="") or next((d.code for d in found), "")
    assert first.startswith(told) if told else first == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\ufeffjourney a { enter on x }", None),
        ("journey a {\r\n enter on x # hi\r\n send m by email\r\n}\r\n", None),
        ("journey a '\u05e9\u05dc\u05d5\u05dd 😀👩\u200d👧' { # \u202e 😀\n enter on x exit '😀\u2028' }", None),
        ("journey a { # one\u2028 still one\n enter on x }", None),
        ("journey a {\u00a0enter on x }", "E010"),
        ("journey a { \x0b enter on x }", "E0"),
        ("journey a { \x00 enter on x }", "E007"),
        ("journey a {\u202e enter on x }", "E010"),
    ],
)
def test_signs_of_all_scripts(text: str, told: str | None) -> None:
    from rtj.lang.load import load_text

    found = [d for d in read(text.removeprefix("\ufeff"))[1] if d.severity == "error"]
    loaded = load_text("project: p\n", text)

    assert loaded is not None
    assert (found[0].code[: len(told)] if found else None) == told
