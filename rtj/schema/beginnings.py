"""Snippets: what an editor offers to begin with. They are data, in `grammar/snippets.yaml`, by the place where they fit."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from rtj.base.places import grammar_file
from rtj.schema.parts import Schema, snippets

FILE = "snippets.yaml"


@cache
def beginnings() -> dict[str, list[dict[str, Any]]]:
    """All snippets by place: `label`, `about`, `body`. Every scalar is a text, as an editor inserts it."""
    text = grammar_file(FILE).read_text(encoding="utf-8")
    found: dict[str, list[dict[str, Any]]] = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - BaseLoader makes texts alone
    return found


def begun(schema: Schema, place: str) -> Schema:
    """The schema with the snippets of that place."""
    return snippets(schema, *((one["label"], one["about"], one["body"]) for one in beginnings()[place]))
