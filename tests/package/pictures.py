"""The pictures that are committed: `examples/*/NAME.svg` with what its events did, `journeys/*/NAME.svg` without counts.

python -m tests.package.pictures                         draws those that are there anew
python -m tests.package.pictures journeys/welcome        draws one for every journey of a project, too
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from rtj.cli.graphing import Asked, Canvas, Screen, graph

ROOT = Path(__file__).resolve().parents[2]


def committed() -> list[Path]:
    """The pictures that are there."""
    return sorted([*(ROOT / "examples").glob("*/*.svg"), *(ROOT / "journeys").glob("*/*.svg")])


def drawn(picture: Path) -> str:
    """What the picture should be by now: that of the journey whose name it has."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / picture.name
        draw(picture.stem, picture.parent, str(out))
        return out.read_text(encoding="utf-8")


def draw(journey: str | None, project: Path, out: str) -> None:
    events = (str(project / "events.jsonl"),) if project.parent.name == "examples" else ()
    asked = Asked(journey, project, "svg", out, events=events, canvas=Canvas("auto", "down"))
    assert graph(asked, Screen("never", quiet=True)) == 0


if __name__ == "__main__":
    for name in sys.argv[1:]:
        draw(None, ROOT / name, f"{ROOT / name}/")
    for path in committed():
        path.write_text(drawn(path), encoding="utf-8")
