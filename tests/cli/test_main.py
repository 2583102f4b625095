"""The command line from outside: help, version, usage errors, closed pipes, start-up."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import rtj
from rtj.cli.main import app

ROOT = Path(__file__).resolve().parents[2]


def rtj_process(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        [sys.executable, "-m", "rtj", *arguments], capture_output=True, text=True, env=env, cwd=cwd, timeout=60, check=False
    )


def test_version() -> None:
    done = rtj_process("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"rtj {rtj.__version__}\n", "")


def test_help_names_every_command_and_no_other() -> None:
    shown = CliRunner().invoke(app, ["--help"]).stdout
    commands = re.findall(r"^  (\w+) ", shown.split("Commands:")[1], re.MULTILINE)
    known = [command.name or command.callback.__name__ for command in app.registered_commands]
    assert sorted(commands) == sorted([*known, *(group.name for group in app.registered_groups)])
    assert {"simulate", "validate", "test", "init", "rule", "compile"} <= set(commands)
    for command in commands:
        done = CliRunner().invoke(app, [command, "-h"])
        assert done.exit_code == 0
        assert done.stdout.startswith(f"Usage: root {command}") or f" {command} " in done.stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("simulat",), "simulate"),
        (("simulate",), "--events"),
        (("simulate", "--events", "x", "--order", "chaos"), "chaos"),
        (("simulate", "--events", "x", "--workers", "0"), "workers"),
        (("simulate", "--events", "x", "--workers", "many"), "--workers"),
        (("simulate", "--events", "x", "--until", "soon"), "'soon'"),
        (("simulate", "--events", "x", "--now", "2026-02-30"), "'2026-02-30'"),
        (("simulate", "--events", "x", "--messages", "-", "--trace", "-"), "--messages"),
        (("simulate", "--events", "x", "--messages", ""), "--messages"),
        (("simulate", "--events", "x", "--trace", "x"), "overwritten"),
        (("simulate", "--events", "-", "--events", "-"), "once"),
        (("simulate", "--events", "x", "no/such.journey.yaml"), "no/such.journey.yaml"),
        (("validate", "no/such.journey.yaml"), "no/such.journey.yaml"),
        (("validate", "--format", "sarfi"), "did you mean sarif?"),
        (("validate", "--fail-on", "never"), "never"),
        (("validate", "rtj"), "rtj"),
        (("compile", "--all", "x"), "--all"),
        (("--frobnicate",), "--frobnicate"),
    ],
)
def test_a_wrong_call_names_the_culprit_and_exits_2(arguments: tuple[str, ...], words: str) -> None:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert words in done.stderr
    assert "Traceback" not in done.output


def test_a_reader_that_closes_the_pipe_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m rtj simulate --help | head -c 1",
        shell=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("U", "")


def test_a_full_disk_is_said() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "rtj", "--version"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            timeout=60,
            check=False,
        )
    assert done.returncode != 0
    assert "no space left on device" in done.stderr
    assert "Traceback" not in done.stderr
