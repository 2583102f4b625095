"""The wheel carries everything: installed elsewhere, with no checkout in sight, it runs."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from rtj import __version__

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from this checkout by the backend itself, without an environment of its own."""
    pytest.importorskip("hatchling", reason="the build backend is not installed (extra `test`)")
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (found,) = out.glob("*.whl")
    return found


def test_wheel_carries_grammar_playbooks_starter_types_and_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in sorted(path for room in ("grammar", "journeys") for path in (ROOT / room).rglob("*")):
        if name.is_file() and "__pycache__" not in name.parts:
            room, *rest = name.relative_to(ROOT).parts
            assert "/".join(("rtj", f"_{room}", *rest)) in names
    assert "rtj/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith(("tests/", "examples/")) for name in names)


def test_wheel_describes_itself(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        (metadata,) = (name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
        (entries,) = (name for name in opened.namelist() if name.endswith(".dist-info/entry_points.txt"))
        text, points = opened.read(metadata).decode(), opened.read(entries).decode()
    assert f"Version: {__version__}" in text
    assert "License-Expression: Apache-2.0" in text
    assert "Requires-Python: >=3.11" in text
    required = [line for line in text.splitlines() if line.startswith("Requires-Dist:") and "extra ==" not in line]
    assert len(required) == 6, "base dependencies stay few"
    assert "rtj = rtj.cli.main:main" in points


@pytest.mark.long
def test_wheel_runs_elsewhere(wheel: Path, tmp_path: Path) -> None:
    """Installed into an environment of its own, run from another directory, on a copy of the example."""
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True, timeout=120)
    binaries = tmp_path / "venv" / "bin"
    subprocess.run([binaries / "pip", "install", "-q", "--disable-pip-version-check", str(wheel)], check=True, timeout=300)
    project = tmp_path / "hello"
    project.mkdir()
    for name in (ROOT / "examples" / "hello").iterdir():
        (project / name.name).write_bytes(name.read_bytes())
    done = subprocess.run(
        [binaries / "rtj", "simulate", "--project", str(project), "--events", str(project / "events.jsonl")],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "forgotten_cart" in done.stdout
    for arguments in (["init", "new"], ["validate", "-p", "new"], ["test", "-p", "new"], ["rule", "W603"]):
        done = subprocess.run(
            [binaries / "rtj", *arguments], cwd=tmp_path, check=False, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
    version = subprocess.run([binaries / "rtj", "--version"], check=True, capture_output=True, text=True, timeout=60)
    assert __version__ in version.stdout
