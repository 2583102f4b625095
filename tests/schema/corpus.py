"""Every YAML file that the repository has or tells of: examples, playbooks, the corpora of the linter, blocks of its pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rtj.base.places import grammar_file
from rtj.lint.pages import pages
from rtj.schema.schemas import kind_of
from tests.conftest import ROOT
from tests.lang.blocks import FENCE, files

FOLDERS = (
    "tests/golden/err",
    "tests/golden/ok",
    "examples",
    *sorted(path.parent.relative_to(ROOT).as_posix() for path in ROOT.glob("journeys/*/rtj.yaml")),
)
PAGE = "grammar/README.md"


@dataclass(frozen=True, slots=True)
class File:
    """`place`: where it comes from; `kind`: the schema that it is held to."""

    place: str
    kind: str
    text: str


@cache
def corpus() -> tuple[File, ...]:
    """All of them that are text, each text once."""
    once: dict[tuple[str, str], File] = {}
    for place, name, content in (*_of_folders(), *_of_the_page(), *_of_rules()):
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            continue
        kind = kind_of(name) or "project"
        once.setdefault((kind, text), File(place, kind, text))
    return tuple(once.values())


def _of_folders() -> Iterator[tuple[str, str, bytes]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.y*ml")):
            if not any(part.startswith(".") for part in path.relative_to(ROOT).parts):
                yield path.relative_to(ROOT).as_posix(), path.name, path.read_bytes()


def _of_the_page() -> Iterator[tuple[str, str, bytes]]:
    page = grammar_file("README.md").read_text(encoding="utf-8")
    for block in FENCE.finditer(page):
        place = f"{PAGE}:{page[: block.start()].count(chr(10)) + 1}"
        if block[1] == "yaml tests":
            yield place, "a.test.yaml", block[2].encode()
        elif block[1].split()[0] in ("yaml", "conditions", "values"):
            for name, content in files(block[1], block[2]).items():
                yield f"{place} {name}", name, content


def _of_rules() -> Iterator[tuple[str, str, bytes]]:
    for page in pages():
        for example in (*page.bad, *page.good):
            for name, content in files(example.info, example.body).items():
                if Path(name).suffix in (".yaml", ".yml"):
                    yield f"{page.code}:{example.line} {name}", name, content
