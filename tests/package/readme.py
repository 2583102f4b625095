"""Read the commands of a Markdown page, run them, and write what they print back into it.

A block marked `console` shows commands after `$ ` and what they print; a block marked `sh` shows commands alone. A shown line
that is only `…` stands for any number of lines.

    python -m tests.package.readme        runs README's commands and puts their present output in
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
SECONDS_MAX = 60
BLOCK = re.compile(r"^```(console|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What differs from run to run and from machine to machine: how long it took, how fast that is, by how many workers.
PACE = re.compile(r"[\d.]+ m?s, [\d,]+ a second(?:[, ·]*\d+ workers?)?|(?<=\()[\d.]+ s(?=\))")


@dataclass(frozen=True, slots=True)
class Command:
    """`shown` is None where the page shows no output."""

    text: str
    shown: str | None

    @property
    def is_slow(self) -> bool:
        """Whether it makes an environment of its own."""
        return "venv" in self.text

    @property
    def finds_something(self) -> bool:
        """Whether it is shown because the answer is no."""
        return "examples/broken" in self.text or "summary: 1 breaking" in (self.shown or "")

    @property
    def never_ends(self) -> bool:
        return "tail -f" in self.text


def commands(page: str) -> list[Command]:
    """All commands of a page, in order. A line that ends in a backslash goes on."""
    found: list[Command] = []
    for kind, body in BLOCK.findall(page):
        if kind == "sh":
            lines = body.replace("\\\n", "").splitlines()
            found += [Command(line, None) for line in lines if line and not line.startswith("#")]
            continue
        for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
            text, _, shown = part.replace("\\\n", "").partition("\n")
            found.append(Command(text, shown))
    return found


def environment(folder: Path) -> dict[str, str]:
    """Make `rtj` in `folder`/bin mean this checkout under this Python, whatever is installed; plain screens of 120 columns."""
    shim = folder / "bin" / "rtj"
    shim.parent.mkdir(parents=True, exist_ok=True)
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "from rtj.cli.main import main; main()" "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    hidden = {"PYTHONPATH": str(ROOT), "PATH": f"{shim.parent}{os.pathsep}{os.environ['PATH']}"}
    return {**os.environ, **hidden, "COLUMNS": "120", "NO_COLOR": "1", "TERM": "dumb"}


def copy_examples(folder: Path) -> Path:
    """A place to run commands in: what README names, and nothing that can be spoiled."""
    place = folder / "rtj"
    for name in ("examples", "journeys"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns(".rtj"))
    return place


def run(command: str, place: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one line of a shell; stderr is shown as a terminal shows it."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=place,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def plain(text: str) -> str:
    """The text without what is different at each run."""
    return "\n".join(PACE.sub("N s, N a second", line).rstrip() for line in text.splitlines())


def agrees(shown: str, printed: str) -> bool:
    """Whether `printed` is what the page shows; `…` on a line of its own stands for anything."""
    pieces = re.split(r"^…$\n?", plain(shown) + "\n", flags=re.MULTILINE)
    return re.fullmatch(".*?".join(re.escape(piece) for piece in pieces), plain(printed) + "\n", re.DOTALL) is not None


def refresh(page: str) -> str:
    """The page with the present output of every quick command; what is cut short by `…` is left to the author."""
    with tempfile.TemporaryDirectory() as folder:
        place, variables = copy_examples(Path(folder)), environment(Path(folder))
        for command in commands(page):
            if command.shown is None or command.is_slow or command.never_ends:
                continue
            printed = run(command.text, place, variables).stdout
            if not agrees(command.shown, printed) and not re.search(r"^…$", command.shown, re.MULTILINE):
                page = page.replace(f"$ {command.text}\n{command.shown}", f"$ {command.text}\n{plain_ends(printed)}")
    return page


def plain_ends(text: str) -> str:
    return "".join(line.rstrip() + "\n" for line in text.splitlines())


if __name__ == "__main__":
    README.write_text(refresh(README.read_text(encoding="utf-8")), encoding="utf-8")
