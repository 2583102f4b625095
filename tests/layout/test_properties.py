"""What holds for every journey in every spelling: the layout keeps its meaning and its comments, stays as it is, and the way to
the other spelling and back ends where the layout does."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source
from rtj.lang.yaml_nodes import read_documents
from rtj.layout.formatting import Read, Spelling, format_text, read_file, spelling_of, stops, written
from rtj.layout.yaml_files import has_properties
from tests.layout import growing

ROOT = Path(__file__).parents[2]
NAMES: dict[Spelling, str] = {"dsl": "x.journey", "yaml": "x.journey.yaml"}
OTHER: dict[Spelling, Spelling] = {"dsl": "yaml", "yaml": "dsl"}


def read(text: str, spelling: Spelling) -> Read:
    found: list[Diagnostic] = []
    done = read_file(Source(NAMES[spelling], text), spelling, found)
    assert done is not None, [d.message for d in found]
    return done


def holds(text: str, spelling: Spelling) -> None:
    """All that is promised of one file."""
    before = read(text, spelling)
    one, other = written(before.outline, spelling), written(before.outline, OTHER[spelling])
    formatted, moved = read(one, spelling), read(other, OTHER[spelling])
    for after in (formatted, moved):
        assert after.trees == before.trees
        assert after.comments == before.comments
    assert written(formatted.outline, spelling) == one
    assert written(moved.outline, OTHER[spelling]) == other
    assert written(moved.outline, spelling) == one
    assert written(formatted.outline, OTHER[spelling]) == other
    assert one.endswith("\n") and not one.endswith("\n\n") and "\n\n\n" not in one
    assert not any(line != line.rstrip(" \t\r") for line in one.split("\n"))


@pytest.mark.parametrize("seed", range(10))
def test_of_journeys_that_chance_wrote(seed: int) -> None:
    holds(growing.dsl(seed), "dsl")
    holds(growing.yaml(seed), "yaml")


@pytest.mark.long
@pytest.mark.parametrize("start", range(1000, 2000, 250))
def test_of_many_journeys_that_chance_wrote(start: int) -> None:
    for seed in range(start, start + 50):
        holds(growing.dsl(seed, remarks=0.02 + seed % 7 / 40), "dsl")
        holds(growing.yaml(seed, remarks=seed % 9 / 30), "yaml")


def corpus() -> list[Path]:
    """All journeys of this repository that can be read."""
    folders = (ROOT / "examples", ROOT / "journeys", ROOT / "tests" / "golden" / "ok")
    return sorted(path for folder in folders for path in folder.rglob("*.journey*") if path.is_file() and spelling_of(path.name))


@pytest.mark.parametrize("path", corpus(), ids=lambda path: str(path.relative_to(ROOT)))
def test_of_the_journeys_of_this_repository(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    spelling = spelling_of(path.name)
    assert spelling is not None
    source = Source(path.name, text)
    if spelling == "yaml" and has_properties(source, read_documents(source, [])):
        pytest.skip("has anchors, which the journey language has not")
    holds(text, spelling)


def test_there_is_a_corpus() -> None:
    assert len(corpus()) > 30


@pytest.mark.parametrize("spelling", ["dsl", "yaml"])
def test_half_typed_files_are_left_alone_and_never_crash(spelling: Spelling) -> None:
    text = growing.dsl(4, size=6) if spelling == "dsl" else growing.yaml(4, size=6)
    for end in range(0, len(text), max(1, len(text) // 60)):
        done = format_text(Source(NAMES[spelling], text[:end]))
        assert (done.text is None) == any(stops(d) for d in done.found)
        assert done.reason == ""


@pytest.mark.parametrize("seed", range(5))
def test_yaml_that_comes_out_is_read_by_stricter_readers(seed: int) -> None:
    """PyYAML without libyaml reads YAML 1.1 and takes less than libyaml does."""
    out = written(read(growing.dsl(seed), "dsl").outline, "yaml")
    strict = list(yaml.load_all(out, yaml.SafeLoader))
    assert len(strict) == out.count("\n---\n") + 1
