"""Zones come from the package whose version a trace names, not from the system of the host.

Module: base.zones.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import tzdata


def test_the_database_of_the_system_is_not_read(tmp_path: Path) -> None:
    """A host that says Berlin is on UTC changes nothing."""
    (tmp_path / "Europe").mkdir()
    utc = Path(tzdata.__file__).parent / "zoneinfo" / "UTC"
    (tmp_path / "Europe" / "Berlin").write_bytes(utc.read_bytes())
    say = "from rtj.engine.calendar import find_zone, local; print(local(0, find_zone('Europe/Berlin')).hour)"

    done = subprocess.run(
        [sys.executable, "-c", say],
        env={"PYTHONTZPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        cwd=Path.cwd(),
    )

    assert done.stdout == "1\n"
