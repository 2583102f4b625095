"""The section about tests in the language reference: its tests pass on its journey, and its table is what can be said."""

from __future__ import annotations

import re

from rtj.base.diagnostic import Diagnostic
from rtj.base.places import grammar_file
from rtj.base.span import Source
from rtj.compile import compile_text
from rtj.scenario.check import check_suite
from rtj.scenario.judge import judge
from rtj.scenario.known import REASONS_LEFT, REASONS_REFUSED, known_of
from rtj.scenario.play import Stage
from rtj.scenario.read import read_suites
from rtj.scenario.script import FACTS
from tests.lang.blocks import FENCE, texts
from tests.lang.told import told
from tests.package.readme import README, ROOT

PAGE = grammar_file("README.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("\n## Tests\n")[2].partition("\n## ")[0]
BLOCKS = {m[1]: m[2] for m in FENCE.finditer(SECTION)}


def test_the_tests_of_the_page_pass() -> None:
    compiled = compile_text(*texts("yaml journey", BLOCKS["yaml journey"]))
    assert compiled.program is not None
    program, stage = compiled.program, Stage(compiled.program)
    known = known_of(program)
    found: list[Diagnostic] = []
    suites = read_suites(Source("page.test.yaml", BLOCKS["yaml tests"]), [space.name for space in known.spaces], found)
    scripts = [script for suite in suites for script in check_suite(suite, known, found)]
    assert told(found).strip() == ""
    assert len(scripts) == 3
    for script in scripts:
        assert told(judge(script, stage.play(script), program.ranked).failures).strip() == ""


def test_the_table_is_what_can_be_said() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `([\w ]+)` \|", SECTION, re.MULTILINE))
    assert {kind: set(names.split()) for kind, names in rows.items()} == {kind: set(FACTS[kind]) - {""} for kind in FACTS}


def test_the_reasons_are_those_of_the_program() -> None:
    for words, known in re.findall(r"reason: `([\w …]+)`(, or)?", SECTION):
        named = set(words.replace("…", "").split())
        assert named <= set(REASONS_LEFT) if known else named == set(REASONS_REFUSED)


def test_the_test_that_readme_shows_is_one_of_the_example() -> None:
    shown = next(
        body for body in re.findall(r"^```yaml\n(.*?)^```$", README.read_text(encoding="utf-8"), re.M | re.S) if "expect:" in body
    )
    shipped = (ROOT / "examples" / "hello" / "forgotten_cart.test.yaml").read_text(encoding="utf-8")
    head, _, tests = shown.partition("tests:\n")
    assert tests and tests in shipped and head in shipped
