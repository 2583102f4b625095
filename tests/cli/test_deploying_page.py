"""The section about deployments in the language reference: its commands do what it says, one after the other, and its tables name
every stage and every check."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import get_args

import pytest

from rtj.base.places import grammar_file
from rtj.cli.planning import WAIVABLE
from rtj.plan.stages import Pause, Resume, Stage
from tests.cli.deployments import FILE, edit, told, write_shop

SECTION = grammar_file("README.md").read_text(encoding="utf-8").partition("\n## Deploying\n")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"^```console deploy\n(.*?)^```$", SECTION, re.M | re.S)


def test_the_commands_of_the_page_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_shop(tmp_path, "{approvals: 1}")
    first, *others = BLOCKS
    assert len(others) == 4
    for number, block in enumerate((first.replace("deploy ", "deploy --no-approvals "), *others)):
        for line in block.splitlines():
            words = shlex.split(line.removeprefix("$ rtj "))
            waived = ["--no-approvals"] if words[0] in ("pause", "resume", "rollback") else []
            told(*words, *waived)
        if number == 0:
            edit(("5 days", "6 days"), file=tmp_path / FILE)
        if number == 2:
            edit(("6 days", "5 days"), file=tmp_path / FILE)  # what the rollback brings back, so that nothing drifts


def test_its_tables_name_every_stage_and_every_check() -> None:
    stages = {one.__struct_config__.tag.replace("_", " ") for one in get_args(Stage) if one not in (Pause, Resume)}
    named = {
        name
        for row in re.findall(r"^\| (`[a-z ]+`(?:, `[a-z ]+`)*) \| ", SECTION, re.M)
        for name in re.findall("`([a-z ]+)`", row)
    }
    assert stages == named
    assert {f"--no-{name}" for name in WAIVABLE} <= set(re.findall(r"--no-\w+", SECTION))
