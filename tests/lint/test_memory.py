"""Looking again with a memory finds exactly what looking for the first time does, whatever was edited in between."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtj.base.memory import Is, Memory
from rtj.cli.testing import run as play
from rtj.cli.watch_news import Good, good, to_play, together, touched
from rtj.ir.program import canonical
from rtj.lang.load import Loaded, load_project
from rtj.lang.tree_memory import TreeMemory
from rtj.lint.lint import Linted, lint
from rtj.scenario.judge import Verdict

HEAD = """\
project: shop
timezone: Europe/Berlin
identity:
  user_id: {kind: person, priority: 1, unique: true}
events:
  signed_up: {plan: string}
  bought: {total: number, item: string?}
  nudged: {}
"""
TAIL = """\
profile:
  plan: {from: signed_up.plan, type: string?}
  orders: count(bought)
  seen: {type: string?}
channels:
  email: {purpose: marketing, default: granted}
"""
QUIET = "quiet_hours: {from: 22:00, to: 08:00}\n"
# What each file may hold; None: it is not there. Variants differ in what concerns other files, in mistakes, and in nothing.
VARIANTS: dict[str, tuple[str | None, ...]] = {
    "rtj.yaml": (
        HEAD + TAIL,
        HEAD + "\n# moved down by a line\n" + TAIL,
        HEAD + TAIL + QUIET,
        HEAD + TAIL + "\n# moved\n" + QUIET,
        HEAD + TAIL.replace("count(bought)", "sum(bought.total)"),
        HEAD + TAIL + "audiences:\n  fans: profile.orders > 2\n",
        HEAD.replace("{total: number, item: string?}", "{total: string}") + TAIL,
        HEAD + TAIL.replace("marketing", "transactional"),
        HEAD + TAIL + "include: [more.yaml]\n",
        HEAD + TAIL + "profil: {}\n",
        "project: [",
    ),
    "more.yaml": (None, "audiences:\n  rich: sum(bought.total) > 100\n", "audiences:\n  rich: sum(bought.totl) > 100\n"),
    "a.journey.yaml": (
        None,
        "journey: a\nenter: {on: signed_up as s, again: never}\ndo:\n  - {send: hello, by: email}\n",
        "journey: a\nenter: {on: signed_up as s, again: never}\ndo:\n  - {send: hello, by: email, with: plan = s.plan}\n",
        "# moved\njourney: a\nenter: {on: signed_up as s, again: never}\ndo:\n  - {start: b, with: n = s.plan}\n",
        "journey: a\nenter: {on: signed_up as s, again: never}\ndo:\n  - {start: b, with: n=3}\n  - {set: profile.seen = 'x'}\n",
        "journey: a\nenter: {on: signed_up as s}\ndo:\n  - {emit: nudged}\n  - {wait: 1d}\n  - {send: bye, by: email}\n",
        "journey: a\nenter: {on: sined_up as s}\ndo:\n  - {send: hello, by: email}\n",
        "journey: b\nenter: {on: signed_up}\ndo:\n  - {send: second, by: email}\n",
        "journey: a\nenter: {on: signed_up as s\n",
    ),
    "b.journey.yaml": (
        None,
        "journey: b\nenter: {by: start, as: x}\ndo:\n  - {send: started, by: email, with: n = x.n}\n",
        "journey: b\nenter: {by: start, as: x}\ndo:\n  - {when: x.n > 2, do: [{exit: many}]}\n  - {start: a}\n",
        "journey: b\nenter: {on: bought}\ndo:\n  - branch:\n      - {when: count(bought) over 30d > 2, do: [{exit: much}]}\n",
        "journey: b\nenter: {on: bought}\ngoal: {on: nudged within 8h}\ndo:\n  - {send: thanks, by: email}\n",
        "journey: b\nenter: {on: bought}\ndo:\n  - {send: thanks, by: emial}\n",
    ),
    "c.journey.yaml": (
        None,
        (
            "journey: c\nenter: {on: nudged}\ndo:\n"
            "  - {id: w, wait_for: [{on: any}, {on: bought}, {after: 1d}]}\n  - {send: c, by: email}\n"
        ),
        (
            "journey: c\nenter: {on: bought, when: count(bought) over 30d > 2}\ngoal: {on: bought}\ndo:\n"
            "  - {exit: out}\n  - {send: c}\n"
        ),
        (
            "journey: c\nstability: draft\nenter: {on: nudged}\ndo: # rtj: ignore[W910] -- no\n"
            "  - {id: w, wait_for: [{on: bought}]}\n"
        ),
    ),
    "c.test.yaml": (
        None,
        "journey: c\ntests:\n  - name: one\n    events: [+0s nudged]\n    expect: {messages: [{at: +1d, message: c}]}\n",
        (
            "journey: c\ntests:\n  - name: one\n    events: [+0s nudged, +1h bought]\n    expect: {messages: [c]}\n"
            "  - {name: two, events: [], expect: {}}\n"
        ),
        "journey: nobody\ntests:\n  - {name: two, events: [], expect: {}}\n",
    ),
    "a.test.yaml": (
        None,
        "journey: a\ntests:\n  - name: a\n    events: [{+0s signed_up: {plan: x}}]\n    expect: {messages: [hello]}\n",
        (
            "journey: [a, b]\ntests:\n  - name: a\n    events: [{+0s signed_up: {plan: x}}]\n"
            "    expect: {messages: [{at: +0s, message: started}]}\n"
        ),
    ),
}
EDIT = st.sampled_from([(name, number) for name, variants in VARIANTS.items() for number in range(len(variants))])


def write(folder: Path, name: str, number: int) -> None:
    text = VARIANTS[name][number]
    if text is None:
        (folder / name).unlink(missing_ok=True)
    else:
        (folder / name).write_text(text, encoding="utf-8")


def cold(folder: Path) -> Linted:
    return lint(load_project((), folder))


class Warm:
    """One who looks again and again."""

    def __init__(self) -> None:
        self.trees, self.memory = TreeMemory(), Memory()
        self.good: Good | None = None
        self.verdicts: tuple[Verdict, ...] = ()

    def load(self, folder: Path) -> Loaded:
        self.trees.turn()
        return load_project((), folder, self.trees)

    def look(self, folder: Path) -> Linted:
        self.memory.turn()
        return lint(self.load(folder), memory=self.memory)

    def play(self, linted: Linted) -> None:
        program = linted.analysis.compiled.program
        assert program is not None
        now = good(program, "now", self.memory)
        due = to_play(linted.scripts, self.verdicts, touched(self.good, now))
        self.verdicts = together(linted.scripts, self.verdicts, play(program, due))
        self.good = now


def outcomes(verdicts: tuple[Verdict, ...] | list[Verdict]) -> list[tuple[object, ...]]:
    return [(verdict.script, verdict.failures) for verdict in verdicts]


EDITS = st.lists(st.lists(EDIT, min_size=1, max_size=3), min_size=1, max_size=6)


@settings(max_examples=15, deadline=None)
@given(EDITS)
def test_a_memory_changes_nothing_but_the_time(edits: list[list[tuple[str, int]]]) -> None:
    compare(edits)


@pytest.mark.long
@settings(max_examples=80, deadline=None)
@given(EDITS)
def test_many_edits_change_nothing_but_the_time(edits: list[list[tuple[str, int]]]) -> None:
    compare(edits)


def compare(edits: list[list[tuple[str, int]]]) -> None:
    """Findings with their places, the program, and the verdicts on tests, after every save."""
    warm = Warm()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, number in (("rtj.yaml", 0), ("a.journey.yaml", 2), ("c.journey.yaml", 1), ("c.test.yaml", 1)):
            write(folder, file, number)
        for save in [[], *edits]:
            for file, number in save:
                write(folder, file, number)
            mine, fresh = warm.look(folder), cold(folder)
            assert mine.findings == fresh.findings
            assert mine.ignored == fresh.ignored
            assert mine.scripts == fresh.scripts
            program, other = mine.analysis.compiled.program, fresh.analysis.compiled.program
            assert canonical(program) == canonical(other)
            if program is not None:
                warm.play(mine)
                assert outcomes(warm.verdicts) == outcomes(play(program, fresh.scripts))


def test_reports_point_to_where_declarations_are_now(tmp_path: Path) -> None:
    """A line above a declaration moves the labels of what is said about journeys that nobody touched."""
    for file, number in (("rtj.yaml", 2), ("b.journey.yaml", 4)):
        write(tmp_path, file, number)
    warm = Warm()
    warm.look(tmp_path)
    write(tmp_path, "rtj.yaml", 3)
    mine = warm.look(tmp_path)
    assert "W405" in {finding.diagnostic.code for finding in mine.findings}
    assert mine.findings == cold(tmp_path).findings


def test_only_what_was_saved_is_checked_again(tmp_path: Path) -> None:
    for file, number in (("rtj.yaml", 0), ("a.journey.yaml", 1), ("b.journey.yaml", 3), ("c.journey.yaml", 1)):
        write(tmp_path, file, number)
    warm = Warm()
    before = {j.frame.name: j for j in warm.look(tmp_path).analysis.checked.journeys}
    write(tmp_path, "a.journey.yaml", 2)
    after = {j.frame.name: j for j in warm.look(tmp_path).analysis.checked.journeys}
    assert [name for name in after if after[name] is not before[name]] == ["a"]


def test_a_changed_declaration_lets_nothing_stand(tmp_path: Path) -> None:
    for file, number in (("rtj.yaml", 0), ("a.journey.yaml", 1), ("c.journey.yaml", 1)):
        write(tmp_path, file, number)
    warm = Warm()
    before = warm.look(tmp_path).analysis.checked.journeys
    write(tmp_path, "rtj.yaml", 1)
    after = warm.look(tmp_path).analysis.checked.journeys
    assert [j.frame.name for j in after] == ["a", "c"]
    assert not any(one is other for one in before for other in after)


def test_a_mistake_in_reading_stands_until_the_text_changes(tmp_path: Path) -> None:
    write(tmp_path, "rtj.yaml", 9)
    warm = Warm()
    first, second = warm.load(tmp_path), warm.load(tmp_path)
    assert first.diagnostics == second.diagnostics
    assert [d.code for d in second.diagnostics] == ["E101"]
    assert first.project is second.project


def test_what_is_not_asked_for_is_forgotten_after_a_turn() -> None:
    memory = Memory()
    made = iter(range(10))

    def ask() -> int:
        return memory.recall("number", ("x",), lambda: next(made))

    assert (ask(), ask()) == (0, 0)
    memory.turn()
    assert ask() == 0
    memory.turn()
    memory.turn()
    assert ask() == 1


def test_an_object_as_a_key_is_equal_to_itself_alone() -> None:
    one, other = [1], [1]
    assert Is(one) == Is(one)
    assert Is(one) != Is(other)
    memory = Memory()
    assert memory.same("list", one) is one
    assert memory.same("list", other) is one
    memory.turn()
    assert memory.same("list", other) is one
    memory.turn()
    memory.turn()
    assert memory.same("list", other) is other
