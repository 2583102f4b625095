"""Whatever an author's text looks like: it is read or reported, never a crash, and every report points into the text."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rtj.compile import compile_text
from rtj.lang.load import load_text
from tests.lang.blocks import with_sections

CORPUS = Path(__file__).parent / "corpus"
TEXTS = {p.name: p.read_text(encoding="utf-8") for p in sorted(CORPUS.glob("*.yaml"))}
PIECES = st.sampled_from(
    ["", " ", "\n", "\t", ":", ": ", "- ", "[", "]", "{", "}", "'", '"', "|\n", ">", "#", " #", "&a ", "*a", "!", "%", "@", "`",
     ",", "?", "\\", "\r\n", "---\n", "<<: ", "null", "(", "not ", "9:00", "😀", "\u2028", "\x85", "\ufeff", "\0", "then",
     "where"]
)  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(TEXTS)), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 8), PIECES), min_size=1, max_size=4)
)
def test_mutated_files_are_read_or_reported(name: str, edits: list[tuple[int, int, str]]) -> None:
    text = TEXTS[name]
    for place, cut, piece in edits:
        at = place % (len(text) + 1)
        text = text[:at] + piece + text[at + cut :]
    project, journeys = (text, []) if name in ("rtj.yaml", "broken_project.yaml") else ("project: p\n", [text])
    for found in load_text(project, *journeys).diagnostics:
        assert 0 <= found.span.start <= found.span.end <= len(found.span.source.text)
        assert found.message
        assert found.span.line >= 1


def test_a_local_instant_in_a_zone_that_does_not_exist_is_told_at_the_zone() -> None:
    project = with_sections("").replace("timezone: Europe/Berlin", "timezone: Europe/Berlni")
    journey = "journey: a\nenter: {on: login}\ndo:\n  - {id: w, wait: until 2026-03-01T09:00}\n  - {send: x, by: in_app}\n"

    found = compile_text(project, journey).diagnostics

    assert [(d.code, d.span.text) for d in found if d.severity == "error"] == [("E350", "Europe/Berlni")]
