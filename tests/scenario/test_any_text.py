"""Any text is findings or verdicts, never a crash: a good test file, damaged in every way that hands and tools find."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from rtj.base.diagnostic import Diagnostic
from rtj.base.finding import Finding
from rtj.base.span import Source
from rtj.cli.diagnostics import full
from rtj.cli.verdicts import render_verdict
from rtj.scenario.check import check_suite
from rtj.scenario.judge import judge
from rtj.scenario.read import read_suites
from tests.scenario.cases import KNOWN, PROGRAM, ROOT, STAGE, one

HELLO = (ROOT / "examples" / "hello" / "forgotten_cart.test.yaml").read_text(encoding="utf-8")
GOOD = one(
    "- +0s cart: {cart_id: c1, item: teapot, value: 39}\n- +1h clicked: {message: nudge}\n- {at: +2h, type: rated, user_id: bob}",
    "messages: [{at: +30m, message: reminder, with: {tags: [a, b]}}]\nleft: [came back]\nmore: true\nrefused: []",
    head="start: 2026-03-02T09:00\nperson: {email: a@b.c}",
)
PIECES = [
    *(
        "{",
        "}",
        "[",
        "]",
        ": ",
        "- ",
        "\t",
        "+",
        "~",
        '"',
        "'",
        "#",
        "&a ",
        "*a",
        "|",
        ">",
        "\r",
        "\x00",
        "\u202e",
        "桜",
        "🫖",
        "\n",
    ),
    *(
        "+1d",
        "-1h",
        "2026-03-02",
        "999999999w",
        "null",
        "until: +1h",
        "inside: []",
        "entered: [{}]",
        "---\n",
        "<<: *a",
        "!!int ",
        "{{x}}",
    ),
]
DAMAGE = st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 12), st.sampled_from(["", *PIECES])), max_size=5)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([HELLO, GOOD]), DAMAGE, st.booleans())
def test_any_damage_is_told_or_harmless(text: str, damage: list[tuple[int, int, str]], known: bool) -> None:
    for at, cut, piece in damage:
        place = at % (len(text) + 1)
        text = text[:place] + piece + text[place + cut :]
    found: list[Diagnostic] = []
    source = Source("t.test.yaml", text)
    spaces = [space.name for space in KNOWN.spaces] if known else None
    scripts = [script for suite in read_suites(source, spaces, found) for script in check_suite(suite, KNOWN, found)]
    assert all(0 <= d.span.start <= d.span.end <= len(text) for d in found)
    assert full([Finding(d) for d in found], 80) or not found
    if not any(d.severity == "error" for d in found):
        for script in scripts:
            assert render_verdict(judge(script, STAGE.play(script), PROGRAM.ranked), PROGRAM, 80)


@given(st.text(max_size=200))
def test_any_text_at_all(text: str) -> None:
    found: list[Diagnostic] = []
    for suite in read_suites(Source("t.test.yaml", text), None, found):
        check_suite(suite, KNOWN, found)
