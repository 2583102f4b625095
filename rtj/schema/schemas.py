"""The schemas of all kinds of files, whole: what `rtj schema` prints and writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import PurePosixPath

from rtj.lang.discover import PROJECT_FILE, TEST_SUFFIXES, YAML_SUFFIXES
from rtj.schema import journey, names, phrases, project, suites
from rtj.schema.names import Names
from rtj.schema.parts import DEFINITIONS, Schema

DRAFT = "http://json-schema.org/draft-07/schema#"
FOLDER = ".rtj"  # beside rtj.yaml
ENDING = ".schema.json"
KINDS = {
    "project": f"{PROJECT_FILE} and the files that it includes",
    "journey": f"*{YAML_SUFFIXES[0]}",
    "test": f"*{TEST_SUFFIXES[0]}",
}
MODELINE = "# yaml-language-server: $schema="


def schema(kind: str, known: Names = Names()) -> Schema:  # noqa: B008 - frozen
    """The schema of one kind of file. `known`: names that editors may propose."""
    every = {**phrases.definitions(), **names.definitions(known)}
    match kind:
        case "project":
            every |= project.definitions()
            root = project.project(known.events)
        case "journey":
            every |= journey.definitions()
            root = journey.journey()
        case _:
            assert kind == "test"
            every |= suites.definitions(names.happenings(known))
            root = suites.suite()
    needed = _needed(root, every)
    return {
        "$schema": DRAFT,
        "$comment": "Made by `rtj schema`; do not edit.",
        "title": f"rtj {kind}",
        **root,
        "definitions": {name: every[name] for name in sorted(needed)},
    }


def _needed(root: Schema, every: dict[str, Schema]) -> set[str]:
    """The definitions that are referred to, by others too."""
    found: set[str] = set()
    todo = [root]
    while todo:
        for name in _named(todo.pop()):
            if name not in found:
                found.add(name)
                todo.append(every[name])
    return found


def _named(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].removeprefix(DEFINITIONS).split("/")[0]
        for inner in value.values():
            yield from _named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner)


def as_json(found: Schema) -> str:
    """The text of a schema: the same schema gives the same bytes."""
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def file_name(kind: str) -> str:
    """`journey.schema.json`."""
    return kind + ENDING


def kind_of(place: str) -> str | None:
    """The kind of a file by its name, perhaps with folders; None for one that an `include` would have to name."""
    name = PurePosixPath(place).name
    if name == PROJECT_FILE:
        return "project"
    return "journey" if name.endswith(YAML_SUFFIXES) else "test" if name.endswith(TEST_SUFFIXES) else None


def modeline(kind: str, place: str) -> str:
    """The comment by which editors find the schema of a file. `place`: the file, relative to the folder of rtj.yaml, with `/`."""
    up = "../" * (len(PurePosixPath(place).parts) - 1)
    return f"{MODELINE}{up}{FOLDER}/{file_name(kind)}"
