"""One layout for a file, and the same journeys in the other spelling. Nothing is given back that was not proven first: read again
it gives the same trees and the same comments, and laid out again it stays as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source
from rtj.lang import syntax as s
from rtj.lang.discover import DSL_SUFFIX, YAML_SUFFIXES, is_dsl
from rtj.lang.read_dsl import read_dsl_tree
from rtj.lang.read_journey import read_journeys
from rtj.lang.yaml_nodes import read_documents
from rtj.layout.as_dsl import dsl_text
from rtj.layout.as_yaml import yaml_text
from rtj.layout.comments import dsl_comments, hang, yaml_comments
from rtj.layout.outline import Outline, Unit
from rtj.layout.places import places_of_nodes, places_of_tree
from rtj.layout.sameness import same
from rtj.layout.shaping import shaped
from rtj.layout.yaml_files import has_properties, stops, tidy_yaml

Spelling: TypeAlias = Literal["dsl", "yaml"]
SUFFIXES: dict[Spelling, str] = {"dsl": DSL_SUFFIX, "yaml": YAML_SUFFIXES[0]}
LANGUAGES: dict[Spelling, str] = {"dsl": "the journey language", "yaml": "YAML"}


@dataclass(frozen=True, slots=True)
class Laid:
    """`text`: the file in its layout, None when it is left alone: then `found` has errors, or `reason` says why it cannot be
    done. `remark`: what is different, though it means the same."""

    text: str | None
    found: tuple[Diagnostic, ...] = ()
    reason: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """A file of journeys, read without errors: its trees, its outline with all comments hung, and the texts of its comments."""

    trees: tuple[s.Journey, ...]
    outline: Outline
    comments: Counter[str]


def spelling_of(path: str) -> Spelling | None:
    """How a file of this name spells journeys; None when it holds none: it is the project's, or tests."""
    if is_dsl(path):
        return "dsl"
    return "yaml" if path.endswith(YAML_SUFFIXES) else None


def format_text(source: Source) -> Laid:
    """The one layout of a file: journeys in either spelling, by the name of the file, or any other YAML file of a project. A file
    of journeys with anchors keeps them, and is only tidied: they are a way to write a file, and no part of a journey."""
    spelling = spelling_of(source.path)
    if spelling is None:
        return _tidied(source)
    found: list[Diagnostic] = []
    read = read_file(source, spelling, found)
    if read is None:
        return Laid(None, tuple(found))
    if spelling == "yaml" and has_properties(source, read_documents(source, [])):
        return _tidied(source)
    return _proven(read, spelling, source.path)


def convert_text(source: Source, to: Spelling) -> Laid:
    """The journeys of a file in the spelling `to`, comments included. What stands in it already is formatted."""
    spelling = spelling_of(source.path)
    if spelling is None:
        return Laid(None, (), f"no file of journeys: their names end in {DSL_SUFFIX} or {YAML_SUFFIXES[0]}")
    if spelling == to:
        return format_text(source)
    found: list[Diagnostic] = []
    read = read_file(source, spelling, found)
    if read is None:
        return Laid(None, tuple(found))
    laid = _proven(read, to, source.path.removesuffix(SUFFIXES[spelling]) + SUFFIXES[to])
    if laid.text is not None and spelling == "yaml" and has_properties(source, read_documents(source, [])):
        return replace(laid, remark="what anchors name is written out: the journey language has none")
    return laid


def read_file(source: Source, spelling: Spelling, found: list[Diagnostic]) -> Read | None:
    """Read a file of journeys; None when there are errors, which are in `found` then."""
    before = len(found)
    trees, tree = read_dsl_tree(source, found) if spelling == "dsl" else (read_journeys(source, found), None)
    if any(map(stops, found[before:])) or not trees:
        return None
    if tree is not None:
        places, comments = places_of_tree(tree), dsl_comments(source)
    else:
        documents = read_documents(source, [])
        places, comments = [places_of_nodes(source, one) for one in documents], yaml_comments(source, documents)
    outline = Outline([shaped(*one) for one in zip(trees, places, strict=True)])
    texts = Counter([comment.text for comment in comments])
    texts.update([comment.text for unit in units(outline) for clause in unit.clauses for comment in clause.within])
    hang(source, outline, comments)
    return Read(tuple(trees), outline, texts)


def units(outline: Outline) -> Iterator[Unit]:
    """All units of a file."""
    todo = list(outline.journeys)
    while todo:
        unit = todo.pop()
        yield unit
        for part in unit.parts:
            todo += part.units


def written(outline: Outline, spelling: Spelling) -> str:
    return dsl_text(outline) if spelling == "dsl" else yaml_text(outline)


def _proven(read: Read, spelling: Spelling, path: str) -> Laid:
    """The text of what was read, if it can be read again as the same."""
    text = written(read.outline, spelling)
    found: list[Diagnostic] = []
    again = read_file(Source(path, text), spelling, found)
    if again is None:
        why = found[0].message if found else "nothing stands there"
        return Laid(None, (), f"cannot be written in {LANGUAGES[spelling]}: {why}")
    if not same(again.trees, read.trees):
        return Laid(None, (), f"would not mean the same in {LANGUAGES[spelling]}")
    if again.comments != read.comments:
        return Laid(None, (), "a comment would be lost")
    if written(again.outline, spelling) != text:
        return Laid(None, (), "has no layout that stays as it is")
    return Laid(text)


def _tidied(source: Source) -> Laid:
    found: list[Diagnostic] = []
    text = tidy_yaml(source, found)
    if text is None:
        reason = "" if found else "has no layout that means the same"
        return Laid(None, tuple(found), reason)
    return Laid(text)
