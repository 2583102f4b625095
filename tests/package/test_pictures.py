"""The pictures that are committed say what the journeys say now."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.package.pictures import ROOT, committed, drawn

pytest.importorskip("pygraphviz", reason="needs the extra graph")
BYTES_MAX = 60_000  # a picture in the repository stays small


def said(document: str) -> list[str]:
    """What a picture says; where it stands is Graphviz's affair."""
    return sorted(re.sub(r"<[^>]*>", "", text) for text in re.findall(r"<text[^>]*>(.*?)</text>", document, re.DOTALL))


@pytest.mark.parametrize("picture", committed(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_committed_picture_is_that_of_its_journey(picture: Path) -> None:
    """`python -m tests.package.pictures` draws them anew."""
    assert picture.stat().st_size < BYTES_MAX
    assert said(picture.read_text(encoding="utf-8")) == said(drawn(picture))


def test_readme_shows_a_picture_that_is_there() -> None:
    shown = re.findall(r'<img src="([^"]+)"|!\[[^\]]*\]\(([^)]+\.svg)\)', (ROOT / "README.md").read_text(encoding="utf-8"))
    assert shown
    assert all((ROOT / (one or other)).is_file() for one, other in shown)
