"""Audiences over recorded events: the census of several workers is that of one, an inquiry knows since when a membership holds
that a merge brought, and an explanation does not tell what is labelled pii."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rtj.compile import compile_text
from rtj.engine.explaining import Explainer
from rtj.ir.explained import Part
from rtj.ir.masking import STARS, Masker
from rtj.ir.program import Program
from rtj.report.audiences import would_have_to
from rtj.run.audiences import Wanted, survey
from rtj.run.inquiry import Turn, inquire
from rtj.run.options import SimulateOptions

PROJECT = """
project: t
timezone: UTC
identity:
  user: {kind: person, priority: 1, unique: true}
  cookie: {kind: cookie, priority: 2}
events:
  view: {item: string?, city: string?}
profile:
  item: {from: view.item, type: string?}
  city: {from: view.city, type: string?, labels: [pii]}
audiences:
  tea: profile.item == 'tea' or profile.city == 'Bath'
  recent: count(view) over 1h >= 1
"""
START = 1_772_359_200_000
MINUTE = 60_000


@pytest.fixture
def program() -> Program:
    made = compile_text(PROJECT)
    assert made.program is not None, made.diagnostics
    return made.program


def options(folder: Path, events: list[dict[str, object]]) -> SimulateOptions:
    path = folder / "events.jsonl"
    lines = [
        json.dumps({"id": f"e{n}", "type": "view", "ts": START + n * MINUTE, "properties": {}, **event})
        for n, event in enumerate(events)
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return SimulateOptions(events=(str(path),), now_ms=START + 10**9, until=START + 10**8, workers=1)


def edges(first: int, last: int) -> list[int]:
    return [first, first + 30 * MINUTE, last + 1]


def test_the_census_of_several_workers_is_that_of_one(program: Program, tmp_path: Path) -> None:
    events: list[dict[str, object]] = [
        {"user": f"漱石{n % 7}", "cookie": f"c{n % 5}", "properties": {"item": "tea" if n % 3 else None}} for n in range(40)
    ]
    asked = options(tmp_path, events)
    found = []
    for workers in (1, 2):
        with survey(program, replace(asked, workers=workers), Wanted((), edges)) as (surveyed, _):
            found.append(surveyed.courses)
    assert found[0] == found[1]
    tea, recent = found[0][1], found[0][0]
    assert (recent.size, recent.joined, recent.left + recent.fused) == (0, recent.joined, recent.joined)
    assert tea.size == tea.joined - tea.left - tea.fused
    assert next(span.joined for span in recent.spans) <= recent.joined


def test_a_merge_brings_since_when(program: Program, tmp_path: Path) -> None:
    asked = options(tmp_path, [{"user": "ada"}, {"cookie": "c1", "properties": {"item": "tea"}}, {"user": "ada", "cookie": "c1"}])
    inquiry = inquire(program, asked, "ada")
    ((profile, turns),) = inquiry.found
    assert [turn for turn in turns if turn.audience == "tea"] == [Turn(START + MINUTE, "tea", True)]
    with survey(program, asked, Wanted(("tea",), edges, 5)) as (surveyed, _):
        assert [(stay.name, stay.since) for stay in surveyed.members] == [("user:ada", START + MINUTE)]
    assert profile.members


def test_nobody_of_that_name(program: Program, tmp_path: Path) -> None:
    assert inquire(program, options(tmp_path, [{"user": "ada"}]), "grace").found == ()


def test_what_is_labelled_is_not_told(program: Program, tmp_path: Path) -> None:
    inquiry = inquire(program, options(tmp_path, [{"user": "ada", "properties": {"city": "Leeds"}}]), "ada")
    assert inquiry.machine is not None
    ((profile, _),) = inquiry.found
    why = Explainer(inquiry.machine, Masker(program)).audience("tea", profile, START)
    assert "Leeds" not in repr(why)
    assert STARS in repr(why)
    assert would_have_to(why, wanted=True) == "profile.item == 'tea' or profile.city == 'Bath'"
    open_ = Explainer(inquiry.machine).audience("tea", profile, START)
    assert "Leeds" in repr(open_)


def test_what_would_have_to_differ_is_no_more_than_it_must() -> None:
    def leaf(text: str, holds: bool) -> Part:
        return Part(text, "leaf", holds, opposite=f"not {text}")

    both = Part("a and b", "and", False, parts=(leaf("a", True), leaf("b", False)))
    either = Part("c or d", "or", False, parts=(leaf("c", False), leaf("d", False)))
    whole = Part("…", "and", False, parts=(both, either))
    assert would_have_to(whole, wanted=True) == "b and (c or d)"
    assert would_have_to(Part("not x", "not", False, parts=(leaf("x", True),)), wanted=True) == "not x"
    assert would_have_to(whole, wanted=False) == ""
