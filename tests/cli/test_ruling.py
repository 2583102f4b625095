"""`rtj rule`: pages of rules on the terminal, in pipes and for programs; what is asked for is found or guessed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rtj.base.codes import CODES, RETIRED
from rtj.cli.main import app
from rtj.lint.pages import FIXABLE, page
from rtj.lint.rulebook import Rulebook


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["rule", *arguments])


def test_a_page_is_laid_out_for_reading(golden: Callable[[str, str], None]) -> None:
    golden("cli/rule.out", run("E304", "message-may-miss").stdout)


def test_colours_set_off_headings_code_and_announcements() -> None:
    shown = run("E340", "--color", "always").stdout

    assert shown.startswith("\x1b[1;31mE340\x1b[0m\x1b[1m needs-id\x1b[0m\n")
    assert "\x1b[1mWhy\x1b[0m\n" in shown
    assert "\x1b[1;31m# E340\x1b[0m\n" in shown
    assert "\x1b[1;36m`wait`\x1b[0m" in shown


def test_a_pipe_gets_plain_text_without_trailing_blanks() -> None:
    lines = run("E340").stdout.splitlines()

    assert lines == [line.rstrip() for line in lines]
    assert "\x1b" not in "".join(lines)


def test_a_name_in_any_spelling_finds_the_page() -> None:
    assert run("unknown-field").stdout == run("E311").stdout == run("e311").stdout == run("Unknown_Field").stdout


def test_all_rules_in_a_table() -> None:
    lines = run().stdout.splitlines()

    assert [line[:4] for line in lines] == list(CODES)
    assert len({line.index(CODES[line[:4]][1]) for line in lines}) == 1, "meanings stand below each other"
    assert all((" fix " in line) == (line[:4] in FIXABLE) for line in lines)


def test_the_beginning_of_a_code_lists_its_family() -> None:
    assert [line.split()[:3] for line in run("W70").stdout.splitlines()] == [
        [code, name, "info"] for code, (name, _) in CODES.items() if code.startswith("W70")
    ]


def test_programs_get_the_same_shape_whatever_is_asked() -> None:
    (one,) = json.loads(run("E311", "--format", "json").stdout)
    family = json.loads(run("E90", "--format", "json").stdout)

    assert one.keys() == family[0].keys()
    assert (one["code"], one["name"], one["severity"]) == ("E311", "unknown-field", "error")
    assert one["meaning"] == CODES["E311"][1]
    assert one["bad"][0]["kind"] == "yaml nodes"
    assert "# E311" in one["bad"][0]["text"]
    assert [each["code"] for each in family] == ["E901", "E902", "E903", "E905"]


def test_documents_get_the_page_as_it_is() -> None:
    first, second = page("E311"), page("E340")
    assert first is not None
    assert second is not None

    assert run("E311", "E340", "-f", "markdown").stdout == f"{first.markdown}\n{second.markdown}"


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("unknwn-field", "there is no rule `unknwn-field`; did you mean `unknown-field`?"),
        ("E399", "there is no rule `E399`; did you mean `E3"),
        ("zzzzzz", "there is no rule `zzzzzz`; `rtj rule` lists all"),
    ],
)
def test_what_is_no_rule_is_a_wrong_call(word: str, meant: str) -> None:
    result = run("E311", word)

    assert result.exit_code == 2
    assert meant in result.stderr
    assert result.stdout == "", "nothing is shown in part"


def test_a_narrow_terminal_breaks_prose_and_never_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtj.cli.ruling.columns", lambda _: 60)

    lines = run("E311").stdout.splitlines()

    assert max(len(line) for line in lines if not line.startswith("    ")) <= 60
    assert "    goal: {on: purchase, when: event.cart == cart.cart_id}               # E311" in lines


def test_every_page_can_be_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # no project is needed
    for code in CODES:
        if page(code) is not None:
            shown = run(code)
            assert shown.exit_code == 0, code
            assert shown.stdout.startswith(f"{code} {CODES[code][0]}\n")


@pytest.mark.parametrize("word", ["W701", "w701", "caps-not-applied", "caps_not_applied"])
def test_a_retired_code_is_told_to_be_one(word: str) -> None:
    shown = run(word)

    assert shown.exit_code == 2
    assert "W701 caps-not-applied is retired" in shown.stderr


def test_no_code_is_ever_used_again() -> None:
    assert not RETIRED.keys() & CODES.keys()
    assert not set(RETIRED.values()) & {name for name, _ in CODES.values()}


def test_settings_may_still_name_what_is_retired() -> None:
    assert Rulebook().meant("W701") == ("W701",)
    assert Rulebook().meant("caps-not-applied") == ("caps-not-applied",)
