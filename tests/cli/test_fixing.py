"""`rtj validate --fix` and `--diff`: what is written, what never is, and what is said about it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rtj.cli import fixing
from rtj.cli.main import app

WELCOME = "journeys/welcome.journey.yaml"
Break = Callable[[str, str], None]


def call(*arguments: str, stdin: bytes | None = None) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, arguments, input=stdin)
    return done.exit_code, done.stdout, done.stderr


def content(path: str = WELCOME) -> bytes:
    return Path(path).read_bytes()


def test_safe_fixes_are_written_and_what_is_left_is_told(tiny: Path, break_journey: Break) -> None:
    before = content()
    break_journey("wait: 1h", "wait: 1 hour")
    break_journey("start.plan", "start.paln")
    code, out, err = call("validate", "--fix", "-f", "concise")

    assert code == 1
    assert [row.split(":")[1] for row in out.splitlines()] == ["7"]
    assert "[~]" in out
    assert err.startswith("fixed 1 problem in 1 file\n1 error in 1 of 3 files")

    code, out, err = call("validate", "--fix", "--unsafe-fixes")
    assert (code, out) == (0, "")
    assert err.startswith("fixed 1 problem in 1 file\nno errors in 2 journeys in 3 files")
    assert content() == before


def test_a_good_project_is_not_touched(tiny: Path) -> None:
    stamp = Path(WELCOME).stat().st_mtime_ns
    code, out, err = call("validate", "--fix", "--unsafe-fixes")
    assert (code, out) == (0, "")
    assert err.startswith("nothing to fix\n")
    assert call("validate", "--diff")[:2] == (0, "")
    assert Path(WELCOME).stat().st_mtime_ns == stamp


def test_mode_line_ends_mark_and_comments_survive(tiny: Path, break_journey: Break) -> None:
    path = Path(WELCOME)
    good = b"\xef\xbb\xbf" + content().replace(b"wait: 1h}", b"wait: 1h}  # a cup of  tea").replace(b"\n", b"\r\n").rstrip()
    path.write_bytes(good.replace(b"1h", b"1 hour"))
    path.chmod(0o640)
    assert call("validate", "--fix")[0] == 0
    assert content() == good
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in path.parent.iterdir()) == ["big_spenders.journey.yaml", "welcome.journey.yaml"]


def test_links_stay_links(tiny: Path, break_journey: Break) -> None:
    break_journey("wait: 1h", "wait: 1 hour")
    real = tiny / "elsewhere.yaml"
    Path(WELCOME).rename(real)
    Path(WELCOME).symlink_to(real)
    assert call("validate", "--fix")[0] == 0
    assert Path(WELCOME).is_symlink()
    assert b"wait: 1h}" in real.read_bytes()


def test_diff_writes_nothing_and_can_be_applied(tiny: Path, break_journey: Break) -> None:
    good = content()
    break_journey("wait: 1h", "wait: 1 hour")
    Path(WELCOME).write_bytes(b"\xef\xbb\xbf" + content().replace(b"\n", b"\r\n").rstrip())
    broken = content()
    code, out, err = call("validate", "--diff")

    assert code == 1
    assert content() == broken
    assert out.startswith(f"--- {WELCOME}\n+++ {WELCOME}\n@@ ")
    assert "-  - {id: pause, wait: 1 hour}" in out
    assert "+  - {id: pause, wait: 1h}" in out
    assert err == "would fix 1 problem in 1 file\n"
    assert call("validate", "--diff", "--exit-zero")[0] == 0
    if (patch := shutil.which("patch")) is not None:
        patch_text = CliRunner().invoke(app, ("validate", "--diff")).stdout_bytes
        subprocess.run([patch, "--binary", "-p0"], input=patch_text, check=True, capture_output=True)
        assert content() == b"\xef\xbb\xbf" + good.replace(b"\n", b"\r\n").rstrip()


def test_diff_has_colours_and_no_control_characters_for_people(tiny: Path, break_journey: Break) -> None:
    break_journey("wait: 1h}", "wait: 1 hour}  # \u202e")
    out = call("validate", "--diff", "--color", "always")[1]
    assert "\x1b[32m+  - {id: pause, wait: 1h}  # ?\x1b[0m\n" in out
    assert "\u202e" not in out
    assert "\u202e" in call("validate", "--diff", "--color", "never")[1]


def test_a_missing_last_line_end_is_told_as_usual(tiny: Path) -> None:
    path = Path("journeys/big_spenders.journey.yaml")
    path.write_bytes(path.read_bytes().replace(b">=", b"=>").rstrip())
    assert call("validate", "--diff")[1].endswith("-  - {send: thanks, by: email}\n") is False
    out = call("validate", "--diff")[1]
    assert "+enter: {on: bought, when: event.total >= 100}\n" in out
    assert out.endswith("   - {send: thanks, by: email}\n\\ No newline at end of file\n")


def test_stdin_goes_to_stdout_mended_or_not(tiny: Path, break_journey: Break) -> None:
    good = content()
    broken = good.replace(b"wait: 1h", b"wait: 1 hour")
    for text, expected, words in ((broken, good, "fixed 1 problem in 1 file"), (good, good, "nothing to fix")):
        done = CliRunner().invoke(app, ("validate", "-", "--stdin-filename", WELCOME, "--fix"), input=text)
        assert done.exit_code == 0
        assert done.stdout_bytes == expected
        assert done.stderr.startswith(words)
    assert content() == good


def test_findings_of_stdin_go_to_stderr_beside_the_text(tiny: Path) -> None:
    broken = content().replace(b"start.plan", b"start.paln").replace(b"wait: 1h", b"wait: 1 hour")
    done = CliRunner().invoke(app, ("validate", "-", "--stdin-filename", WELCOME, "--fix", "-f", "concise"), input=broken)
    assert done.exit_code == 1
    assert done.stdout_bytes == broken.replace(b"1 hour", b"1h")
    assert "E311" in done.stderr
    code, out, err = call("validate", "-", "--stdin-filename", WELCOME, "--fix", "-f", "json", stdin=broken)
    assert (code, out) == (2, "")
    assert "stdout is the text" in err


def test_only_stdin_is_mended_not_the_files_around_it(tiny: Path, break_journey: Break) -> None:
    project = Path("rtj.yaml").read_text(encoding="utf-8").replace("unique: true,", "unique: yes,")
    Path("rtj.yaml").write_text(project, encoding="utf-8")
    done = CliRunner().invoke(app, ("validate", "-", "--stdin-filename", WELCOME, "--fix"), input=content())
    assert done.stdout_bytes == content()
    assert Path("rtj.yaml").read_text(encoding="utf-8") == project


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--unsafe-fixes",), "add --fix to apply them, or --diff to see them"),
        (("--fix", "--diff"), "choose one"),
        (("--fix", "--add-ignores=why"), "mend first"),
        (("--diff", "--write-baseline="), "mend first"),
    ],
)
def test_options_that_say_nothing_together(tiny: Path, options: tuple[str, ...], words: str) -> None:
    code, out, err = call("validate", *options)
    assert (code, out) == (2, "")
    assert words in err


def test_a_file_that_changes_meanwhile_is_not_overwritten(
    tiny: Path, break_journey: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_journey("wait: 1h", "wait: 1 hour")
    other = Path("journeys/big_spenders.journey.yaml")
    other.write_bytes(other.read_bytes().replace(b">=", b"=>"))
    untouched = other.read_bytes()
    mend = fixing.mend

    def slow(*arguments: object, **options: object) -> object:
        mended = mend(*arguments, **options)  # type: ignore[arg-type]
        Path(WELCOME).write_bytes(content() + b"# mine\n")
        return mended

    monkeypatch.setattr(fixing, "mend", slow)
    code, out, err = call("validate", "--fix")
    assert (code, out) == (4, "")
    assert f"{WELCOME}: changed while it was checked; nothing was written" in err
    assert content().endswith(b"# mine\n")
    assert other.read_bytes() == untouched


def test_a_read_only_file_is_an_error_and_nothing_is_written(tiny: Path, break_journey: Break) -> None:
    break_journey("wait: 1h", "wait: 1 hour")
    broken = content()
    Path(WELCOME).chmod(0o444)
    code, out, err = call("validate", "--fix")
    assert (code, out) == (4, "")
    assert "read-only" in err
    assert content() == broken
    assert call("validate", "--diff")[0] == 1


def test_only_what_was_named_is_mended(tiny: Path, break_journey: Break) -> None:
    break_journey("wait: 1h", "wait: 1 hour")
    other = Path("journeys/big_spenders.journey.yaml")
    broken = other.read_bytes().replace(b">=", b"=>")
    other.write_bytes(broken)
    assert call("validate", WELCOME, "--fix")[0] == 0
    assert other.read_bytes() == broken
    assert b"wait: 1h}" in content()


def test_several_projects_that_share_a_file_mend_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shared = "events:\n  bought: {total: nmber, n: numbr}\n"
    Path("shared.yaml").write_text(shared, encoding="utf-8")
    for name in ("a", "b"):
        os.mkdir(name)
        Path(name, "rtj.yaml").write_text(f"project: {name}\ninclude: ../shared.yaml\n", encoding="utf-8")
        Path(name, "x.journey.yaml").write_text(f"journey: {name}\nenter: {{on: bought}}\ndo: [exit]\n", encoding="utf-8")
    code, _, err = call("validate", "a", "b", "--fix", "--unsafe-fixes")
    assert code == 0
    assert "fixed 2 problems in 1 file" in err
    assert Path("shared.yaml").read_text(encoding="utf-8") == shared.replace("nmber", "number").replace("numbr", "number")


def test_what_was_taken_back_is_told(tiny: Path, break_journey: Break) -> None:
    break_journey("{on: bought}", "{on: bougt where event.plan == 'x' and event.since == 'y'}")
    broken = content()
    code, _, err = call("validate", "--fix", "--unsafe-fixes")
    assert code == 1
    assert err.startswith(f"not fixed: {WELCOME}:4:13: E317 it would bring E311 in {WELCOME}:4:")
    assert "\nnothing to fix\n" in err
    assert content() == broken
