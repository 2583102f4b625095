"""YAML as editors read it: plain scalars by the core schema of YAML 1.2, so `on` is a text, `60` a number, `22:00` a text.

And the verdicts of the two that are compared: the schema's, by a validator with regular expressions as JavaScript has them, and
that of rtj's readers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml
from jsonschema import Draft7Validator, ValidationError
from jsonschema.validators import extend

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source
from rtj.lang.read_journey import read_journeys
from rtj.lang.read_project import read_project
from rtj.scenario.read import read_suites
from rtj.schema.schemas import schema

OTHERWISE_SPELLED = (
    r"^expected a whole number.*; found `(?:0x[0-9A-Fa-f]+|0o[0-7]+|[+-]?[0-9]*(?=[.eE])[0-9.eE+-]+|[+-]?0[0-9]{18,})`"
)
STRUCTURE = frozenset({"E101", "E102", "E103", "E104", "E105", "E106"})

# What a schema cannot tell: code, message, and why. Everything else must be refused by both or by none.
ONLY_THE_CHECKER = (
    ("E105", r"^expected true or false; found `(True|TRUE|False|FALSE)`", "an editor reads these as true and false too"),
    ("E105", OTHERWISE_SPELLED, "an editor reads 1e3, 0x10 and 6.0 as whole numbers too"),
    ("E105", r"^`.*` stands twice", "3 and 3.0 are two texts, and equal numbers for an editor: `uniqueItems` would refuse them"),
    ("E105", r"^this `[{}]` (is not closed|closes nothing)", "the values in a message may have quotes with braces in them"),
    ("E105", r"^`[0-9]{4}-[0-9]{2}-[0-9]{2}.*` is not a time", "a day or time of day that does not exist"),
    ("E104", r"^`else` is the last arm", "draft-07 has no word for the last item of a list"),
    ("E104", r"^`as` names twice what", "the other name stands inside a phrase"),
    ("E106", r" is the rule \w+ of rtj", "the names of the rules are not repeated in a pattern"),
    ("E103", r"^expected the \S+ \S.* of a person; found", "of two keys that are times, draft-07 cannot tell the second"),
    ("E103", r"^a project file is one document", "an editor looks at one document at a time"),
)


class CoreLoader(yaml.CSafeLoader):
    """Plain scalars by the core schema of YAML 1.2; keys are texts."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own form

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = True) -> dict[Any, Any]:
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}  # type: ignore[no-untyped-call]


def _resolve(tag: str, pattern: str, first: str) -> None:
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first) or [""])


_resolve("null", r"^(?:~|null|Null|NULL|)$", "~nN")
CoreLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^$"), [""])
_resolve("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF")
_resolve("int", r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", "-+0123456789")
_resolve(
    "float",
    r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
    "-+.0123456789",
)


def _int(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> int | str:
    text = node.value
    if text.startswith("0x"):
        return int(text, 16)
    return int(text[2:], 8) if text.startswith("0o") else int(text) if len(text) < 1000 else text


def _float(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> float:
    text = node.value.lower()
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


CoreLoader.add_constructor("tag:yaml.org,2002:int", _int)
CoreLoader.add_constructor("tag:yaml.org,2002:float", _float)
CoreLoader.add_constructor("tag:yaml.org,2002:map", lambda loader, node: loader.construct_mapping(node))


def documents(text: str) -> list[Any]:
    """The documents of a text that is YAML."""
    return [one for one in yaml.load_all(text.removeprefix("\ufeff"), Loader=CoreLoader) if one is not None]


# ---- the schema's verdict


def _matches(pattern: str, text: str) -> bool:
    """As JavaScript does: `$` is the very end."""
    return re.search(re.sub(r"(\\.)|\$", lambda found: found[1] or r"\Z", pattern), text) is not None


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _matches(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: dict[str, Any], instance: Any, schema: Any) -> Iterator[ValidationError]:
    for pattern, inner in patterns.items() if isinstance(instance, dict) else ():
        for key, value in instance.items():
            if _matches(pattern, key):
                yield from validator.descend(value, inner, path=key, schema_path=pattern)


def _additional(validator: Any, additional: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    known = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    for key, value in instance.items():
        if key not in known and not any(_matches(pattern, key) for pattern in patterns):
            if additional is False:
                yield ValidationError(f"{key!r} is not allowed")
            else:
                yield from validator.descend(value, additional, path=key)


Editor = extend(
    Draft7Validator,
    {"pattern": _pattern, "patternProperties": _pattern_properties, "additionalProperties": _additional},
)


@cache
def validator(kind: str) -> Any:
    return Editor(schema(kind))


def refused(kind: str, text: str) -> list[str]:
    """What the schema says against a file."""
    found = [error for one in documents(text) for error in validator(kind).iter_errors(one)]
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in found]


# ---- rtj's verdict


def reported(kind: str, text: str) -> list[Diagnostic]:
    """What rtj's reader says against a file."""
    found: list[Diagnostic] = []
    source = Source(f"a.{kind}.yaml", text)
    match kind:
        case "project":
            read_project(source, found)
        case "journey":
            read_journeys(source, found)
        case _:
            read_suites(source, None, found)
    return [d for d in found if d.severity == "error"]


def unreadable(found: list[Diagnostic]) -> bool:
    """Is the file no YAML for rtj? Then nobody looks at its structure."""
    return any(d.code.startswith("E00") for d in found)


def structural(found: list[Diagnostic]) -> list[Diagnostic]:
    """What a schema must refuse too."""
    return [
        d
        for d in found
        if d.code in STRUCTURE and not any(d.code == code and re.search(m, d.message) for code, m, _ in ONLY_THE_CHECKER)
    ]
