"""The schemas and the readers say the same of the structure of a file: over everything in the repository, and over mutants of it.

Always: what rtj takes, the schema takes. And what rtj refuses for its structure (E101 to E106), the schema refuses, except for
what stands in `ONLY_THE_CHECKER` with its reason.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source
from rtj.lang.load import load_text
from rtj.lint.lint import lint
from rtj.lint.settings import LintOptions
from rtj.scenario.check import check_suite
from rtj.scenario.known import Known
from rtj.scenario.read import read_suites
from tests.lang.blocks import CLUB, with_sections
from tests.schema.corpus import File, corpus
from tests.schema.editor import ONLY_THE_CHECKER, documents, refused, reported, structural, unreadable
from tests.schema.mutants import mutant

MANY = 1_500


def disagreement(kind: str, text: str) -> str | None:
    """How the schema and rtj differ over a file; None when they do not, or when it is no YAML for rtj."""
    found = reported(kind, text)
    if unreadable(found):
        return None
    against = refused(kind, text)
    missed = structural(found)
    if missed and not against:
        return f"rtj alone refuses it: {[(d.code, d.message, d.span.line) for d in missed]}\n{text}"
    if against and not found and not any(d.severity == "error" for d in whole(kind, text)):
        return f"the schema alone refuses it: {against}\n{text}"
    return None


def whole(kind: str, text: str) -> Iterator[Diagnostic]:
    """Everything that is said of a file that could be read, names and types too; asked only where the schema refuses it."""
    match kind:
        case "project":
            files = (text,)
        case "journey":
            files = (with_sections(""), text, CLUB)
        case _:
            known = Known(journeys={}, events={}, spaces=(), channels=(), timezone="UTC", complete=False)
            found: list[Diagnostic] = []
            for suite in read_suites(Source("a.test.yaml", text), None, found):
                check_suite(suite, known, found)
            yield from found
            return
    for finding in lint(load_text(*files), LintOptions()).findings:
        yield finding.diagnostic


@pytest.mark.parametrize("file", [pytest.param(file, id=file.place) for file in corpus()])
def test_the_repository(file: File) -> None:
    assert disagreement(file.kind, file.text) is None


def test_the_corpus_has_both_kinds_of_every_kind() -> None:
    verdicts = {(file.kind, bool(structural(reported(file.kind, file.text)))) for file in corpus()}

    assert verdicts >= {(kind, wrong) for kind in ("project", "journey") for wrong in (True, False)} | {("test", False)}
    assert len(corpus()) > 400


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 2**32))
def test_mutants(seed: int) -> None:
    kind, text = mutant(random.Random(seed))

    assert disagreement(kind, text) is None


@pytest.mark.long
def test_very_many_mutants() -> None:
    chance = random.Random(20260301)
    verdicts = {True: 0, False: 0}
    for _ in range(MANY):
        kind, text = mutant(chance)
        assert (told := disagreement(kind, text)) is None, told
        verdicts[bool(structural(reported(kind, text)))] += 1

    assert min(verdicts.values()) > MANY / 10


JOURNEY = "journey: a\nenter: {on: login}\n"
TESTS = "tests: [{{name: n, events: [{}], expect: {{left: []}}}}]\n"
ODD = {
    "on is a key": ("journey", "journey: a\nenter: {on: login}\n", True),
    "yes is a text": ("journey", JOURNEY + "title: yes\n", True),
    "numbers are texts": ("journey", JOURNEY + "title: 12\npriority: 60\ndo:\n  - {id: x, repeat: 3, do: [exit]}\n", True),
    "quoted numbers": ("journey", JOURNEY + "priority: '060'\n", True),
    "a sexagesimal is none": ("project", "quiet_hours: {from: 22:00, to: 08:00}\n", True),
    "a date is a text": ("test", "journey: a\nstart: 2026-03-02\n" + TESTS.format("+0s x"), True),
    "true is a name": ("journey", "journey: true\nenter: {on: login, as: false}\n", True),
    "null is nothing": ("journey", JOURNEY + "title: ~\n", False),
    "NULL too": ("journey", JOURNEY + "title: NULL\n", False),
    "quoted it is a text": ("journey", JOURNEY + "title: 'null'\n", True),
    "an empty block": ("journey", JOURNEY + "do:\n", True),
    "an empty section": ("project", "project: a\nevents:\nchannels:\n  email:\n", True),
    "a block of text": ("journey", JOURNEY + "do:\n  - send: hello\n    with: |\n      # why\n      a = 1,\n      b = 2\n", True),
    "folded": ("journey", JOURNEY + "max_duration: >-\n  3\n  days\n", True),
    "a name with a line end": ("journey", "journey: |\n  a\nenter: {on: login}\n", False),
    "CRLF": ("journey", JOURNEY.replace("\n", "\r\n") + "tile: x\r\n", False),
    "a byte order mark": ("journey", "\ufeff" + JOURNEY, True),
    "two documents": ("journey", JOURNEY + "---\n" + JOURNEY.replace("login", "logout") + "tile: x\n", False),
    "right to left": ("journey", JOURNEY + "title: עגלה נטושה\ndo:\n  - exit: لا شيء\n", True),
    "digits of another script": ("journey", JOURNEY + "max_duration: ٣h\n", None),
    "an alias": ("journey", JOURNEY + "goal: &g {on: purchase}\nexit: *g\n", True),
    "an emoji as a key": ("journey", JOURNEY + "🎉: x\n", False),
    "a text in the place of an event": ("test", "journey: a\n" + TESTS.format("login"), False),
    "infinity": ("project", "identity: {user_id: {kind: person, priority: .inf}}\n", False),
    "a hundred percent": ("project", "holdout: {share: 100.0%, salt: a}\n", True),
    "more than that": ("project", "holdout: {share: 100.1%, salt: a}\n", False),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_texts(case: str) -> None:
    """Everyday input that YAML readers differ about. None: refused, but not for what a schema must refuse."""
    kind, text, right = ODD[case]

    assert bool(refused(kind, text)) is (right is not True)
    assert bool(structural(reported(kind, text))) is (right is False)
    assert disagreement(kind, text) is None


def test_every_exception_is_one() -> None:
    """Each row of the table is needed: rtj refuses this, and the schema takes it."""
    arms = "do:\n  - branch:\n      - else: []\n      - {when: true, do: []}\n"
    cases = [
        ("project", "lint: {require_reason: True}\n"),
        ("journey", JOURNEY + "priority: 1e3\n"),
        ("project", "profile: {a: {one_of: [3, '3']}}\n"),
        ("project", "rules: {a: {each: send, require: send.has_else, message: 'a { b'}}\n"),
        ("test", "journey: a\n" + TESTS.format("2026-02-30 login")),
        ("test", "journey: a\n" + TESTS.format("{+1m a: {b: c}, +2m a: {b: c}}")),
        ("journey", JOURNEY + arms),
        ("journey", "journey: a\nenter: {on: login as x, as: y}\n"),
        ("project", "rules: {no-timeout: {each: send, require: send.has_else, message: a}}\n"),
        ("project", "project: a\n---\nproject: b\n"),
    ]
    told = [[d for d in reported(kind, text) if d.code in ("E103", "E104", "E105", "E106")] for kind, text in cases]

    assert all(told)
    assert [text for kind, text in cases if refused(kind, text)] == []
    assert [text for (_, text), found in zip(cases, told, strict=True) if structural(found)] == []
    assert len(cases) == len(ONLY_THE_CHECKER)
    assert all(documents(text) for _, text in cases)
