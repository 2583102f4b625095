"""`rtj validate` looks at the tests of a project too: what they name is there, and no journey is forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtj.lang.load import load_project
from rtj.lint.lint import lint
from tests.lang.told import told
from tests.lint.cases import PROJECT, found, journey

ONE = journey("  - {send: hello, by: email, with: item = cart.item}\n")
TWO = ONE.replace("journey: one", "journey: two")
TEST = """\
journey: one
tests:
  - name: it
    events:
      - +0s add_to_cart: {cart_id: c1, item: tea, price: 3}
    expect: {messages: [hello]}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rtj.yaml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "one.journey.yaml").write_text(ONE, encoding="utf-8")
    return tmp_path


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def said(codes: str = "E6 W603 E1", files: tuple[str, ...] = ()) -> str:
    linted = lint(load_project([Path(file) for file in files], Path()))
    wanted = tuple(codes.split())
    return told(f.diagnostic for f in linted.findings if f.diagnostic.code.startswith(wanted)).strip()


def test_good_tests_are_good(project: Path) -> None:
    (project / "one.test.yaml").write_text(TEST, encoding="utf-8")
    assert said() == ""


def test_a_project_without_tests_is_not_told_to_have_some(project: Path) -> None:
    (project / "two.journey.yaml").write_text(TWO, encoding="utf-8")
    assert said() == ""


def test_a_journey_that_no_test_names(project: Path) -> None:
    (project / "two.journey.yaml").write_text(TWO, encoding="utf-8")
    (project / "one.test.yaml").write_text(TEST, encoding="utf-8")
    assert said() == (
        "two.journey.yaml:1:10 W603 ['two'] no test names `two`, though the project has tests"
        " -- begin a file two.test.yaml with `journey: two`"
    )
    (project / "one.test.yaml").write_text(TEST.replace("journey: one", "journey: [one, two]"), encoding="utf-8")
    assert said() == ""


def test_mistakes_of_tests_are_findings(project: Path) -> None:
    (project / "one.test.yaml").write_text(TEST.replace("[hello]", "[helo]").replace("item: tea", "itm: tea"), encoding="utf-8")
    assert said() == (
        "one.test.yaml:5:40 E602 ['itm'] `add_to_cart` has no field `itm` -- did you mean `item`?\n"
        "one.test.yaml:6:25 E601 ['helo'] nothing sends `helo` -- did you mean `hello`?"
    )


def test_a_broken_journey_brings_no_mistakes_of_its_tests(project: Path) -> None:
    """What cannot be looked into is not judged; what is sure is told beside it."""
    (project / "one.journey.yaml").write_text(ONE.replace("cart.item", "cart.itm"), encoding="utf-8")
    (project / "one.test.yaml").write_text(TEST.replace("[hello]", "[{message: helo, channel: emial}]"), encoding="utf-8")
    assert [line.split(" (")[0].split(" unknown")[0] for line in said("E").splitlines()] == [
        "one.journey.yaml:4:48 E311 ['itm']",
        "one.test.yaml:6:50 E601 ['emial'] there is no channel `emial` -- did you mean `email`?",
    ]


def test_a_broken_project_leaves_the_form_to_be_judged(project: Path) -> None:
    (project / "rtj.yaml").write_text(PROJECT.replace("events:", "evnts:"), encoding="utf-8")
    (project / "one.test.yaml").write_text(TEST.replace("expect", "expct").replace("user_id", "x"), encoding="utf-8")
    assert "E101 ['expct'] unknown key `expct` in a test" in said()
    assert "E601" not in said()
    assert "E602" not in said()


def test_where_only_some_journeys_are_checked_others_may_exist(project: Path) -> None:
    (project / "two.journey.yaml").write_text(TWO, encoding="utf-8")
    (project / "one.test.yaml").write_text(TEST.replace("journey: one", "journey: [one, two]"), encoding="utf-8")
    assert said(files=("one.journey.yaml",)) == ""


def test_tests_of_projects_within_are_theirs(project: Path) -> None:
    (project / "inner").mkdir()
    (project / "inner" / "rtj.yaml").write_text(PROJECT, encoding="utf-8")
    (project / "inner" / "x.test.yaml").write_text("journey: nowhere\ntests: []\n", encoding="utf-8")
    assert said() == ""


def test_texts_have_no_tests_beside_them(project: Path) -> None:
    (project / "one.test.yaml").write_text("journey: nowhere\ntests: []\n", encoding="utf-8")
    assert [d for d in found(PROJECT, ONE) if d.code.startswith(("E6", "W603"))] == []


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "E008"), (b"\xff\xfej", "E007"), (b"a: [", "E001"), (b"#" * (2 * 2**20 + 1), "E005"), (b"[" * 100_000, "E005")],
)  # fmt: skip
def test_any_bytes_are_findings(project: Path, content: bytes, code: str) -> None:
    (project / "one.test.yaml").write_bytes(content)
    assert f" {code} " in said("E")
