"""Every command that README and the examples show works, and prints what README shows."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.package.readme import README, ROOT, SECONDS_MAX, Command, agrees, commands, copy_examples, environment, plain, run

# The guide of examples/operations is walked through by a test of its own, with a run beside it.
EXAMPLES = [path for path in sorted((ROOT / "examples").glob("*/README.md")) if path.parent.name != "operations"]
PAGES = [README, *EXAMPLES, *sorted((ROOT / "journeys").glob("[!s]*/README.md"))]
COMMANDS = [
    pytest.param(command, id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    for number, command in enumerate(commands(page.read_text(encoding="utf-8")), start=1)
]
QUICK = [each for each in COMMANDS if not each.values[0].is_slow and not each.values[0].never_ends]
SLOW = [each for each in COMMANDS if each.values[0].is_slow]
ENDLESS = [each for each in COMMANDS if each.values[0].never_ends]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One copy for all: the commands of a page are read in order, and so they are run."""
    return copy_examples(tmp_path_factory.mktemp("newcomer"))


def test_the_pages_show_commands() -> None:
    assert len(QUICK) >= 5
    assert len(SLOW) == 2, "README gives one line that runs the main job and one that passes the tests"
    assert ENDLESS, "README shows a pipe that does not end"


@pytest.mark.parametrize("command", QUICK)
def test_command_prints_what_the_page_shows(command: Command, place: Path) -> None:
    done = run(command.text, place, environment(place.parent))
    assert done.returncode == (1 if command.finds_something else 0), done.stdout
    assert "Traceback" not in done.stdout
    if command.shown is not None:
        assert agrees(command.shown, done.stdout), f"run `python -m tests.package.readme`; now it prints:\n{plain(done.stdout)}"


def test_the_journeys_that_are_shown_are_those_that_ship() -> None:
    shown = re.findall(r"^```journey\n# (\S+)\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(shown) >= 2
    for path, text in shown:
        assert text == (ROOT / path).read_text(encoding="utf-8"), path


def test_what_is_shown_of_a_project_stands_in_it() -> None:
    """The settings of examples/people, word for word but for comments and the rows left out."""
    (shown,) = re.findall(r"^```yaml\n(identity:.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    there = {bare(line) for line in (ROOT / "examples/people/rtj.yaml").read_text(encoding="utf-8").splitlines()}
    assert {bare(line) for line in shown.splitlines()} <= there


def bare(line: str) -> str:
    """A line of YAML without its comment."""
    return line.partition(" #")[0].rstrip()


@pytest.mark.parametrize("command", ENDLESS)
def test_a_pipe_that_does_not_end_shows_messages_meanwhile(command: Command, place: Path) -> None:
    """A line must come out although the input stays open."""
    shell = subprocess.Popen(
        ["bash", "-c", command.text.replace("tail -f", "tail -n +1 -f")],
        cwd=place,
        env=environment(place.parent),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    patience = threading.Timer(SECONDS_MAX, os.killpg, (shell.pid, signal.SIGKILL))
    patience.start()
    with shell:
        try:
            assert shell.stdout is not None
            assert '"template"' in shell.stdout.readline()
            assert shell.poll() is None
        finally:
            patience.cancel()
            os.killpg(shell.pid, signal.SIGKILL)


@pytest.mark.long
@pytest.mark.parametrize("command", SLOW)
def test_one_line_on_a_fresh_machine(command: Command, tmp_path: Path) -> None:
    """The line as it stands, in a copy of the repository, with a Python that has nothing but its standard library.

    Of the line that runs the tests only a few are run: all of them would run this test again."""
    clone = tmp_path / "rtj"
    shutil.copytree(ROOT, clone, ignore=shutil.ignore_patterns(".git", ".venv", "*_cache", "__pycache__", ".hypothesis"))
    line = command.text.replace("/pytest -q -n auto", "/pytest -q -n auto tests/package/test_examples.py")
    python = Path(sys.base_prefix) / "bin"
    bare = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=clone,
        env={**bare, "PATH": f"{python}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout or "abandoned_cart" in done.stdout
