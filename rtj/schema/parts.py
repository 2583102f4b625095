"""Pieces of JSON Schema, draft-07, as editors read them: with descriptions for hovering, snippets, and messages of their own.

rtj reads every scalar as a text; an editor reads `60` as a number and `true` as a truth. So whatever takes a text takes these
too. Where one of several forms is meant, a word decides by `if` and `then`: an editor that must choose between forms by `anyOf`
explains the wrong one. A mapping takes its keys from the reader that reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

REFERENCE = re.compile(r"\(S\d+\.\d+\)|\*[^*]+\*$")  # a rule of semantics.md, or a section of the reference
DEFINITIONS = "#/definitions/"

_MARKS = re.compile(r"[`*]")


def described(schema: Schema, about: str) -> Schema:
    """The schema with a description: Markdown for editors that show it, plain for the others."""
    return {**schema, "description": _MARKS.sub("", about), "markdownDescription": about}


def ref(name: str, about: str = "") -> Schema:
    """What `definitions` call `name`; `about` what it is here."""
    found = {"$ref": DEFINITIONS + name}
    return described(found, about) if about else found


def scalar(expected: str, *, besides: Sequence[str] = (), pattern: str = "") -> Schema:
    """A text that matches `pattern`, or what an editor takes for one of `besides`. `expected`: what an author should write."""
    message = f"expected {expected}"
    known: Schema = {"type": "string", "errorMessage": message}
    if pattern:
        known |= {"pattern": pattern, "patternErrorMessage": message}
    # Not `type: [string, boolean]`: editors would propose `true` and `false` everywhere.
    return valued({"if": {"type": list(besides)}, "else": known}) if besides else known


def valued(schema: Schema) -> Schema:
    """The same, so that editors put a `:` behind the key: without a type they do so where they see some `anyOf`."""
    return {"anyOf": [schema]}


def text(expected: str = "a text", *, pattern: str = "") -> Schema:
    """Any scalar but nothing."""
    return scalar(expected, besides=("number", "boolean"), pattern=pattern)


def choice(options: Sequence[str], meanings: Mapping[str, str]) -> Schema:
    """One of the words that a reader takes, each with its meaning."""
    assert set(options) == set(meanings), f"{options} are explained as {list(meanings)}"
    told = [meanings[word] for word in options]
    return {"enum": list(options), "enumDescriptions": told, "errorMessage": f"expected {listed(options)}"}


def flag() -> Schema:
    """`true` or `false`, quoted or not."""
    return {"enum": [True, False, "true", "false"], "errorMessage": "expected true or false"}


def whole(least: int) -> Schema:
    """A whole number of at most 18 digits, quoted or not."""
    digits = {0: r"\+?[0-9]{1,18}|-0{1,18}", 1: r"\+?(?=[0-9]{1,18}$)0*[1-9][0-9]*"}.get(least, "[+-]?[0-9]{1,18}")
    message = "expected a whole number" + (f", {least} or more" if least >= 0 else "")
    return {
        "type": ["integer", "string"],
        "minimum": least,
        "maximum": 10**18 - 1,
        "pattern": f"^(?:{digits})$",
        "patternErrorMessage": message,
        "errorMessage": message,
    }


def amount(expected: str) -> Schema:
    """A number of 0 or more, quoted or not."""
    message = f"expected {expected}"
    return {
        "type": ["number", "string"],
        "minimum": 0,
        "pattern": r"^\+?(?:[0-9]{1,18}(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?$",
        "patternErrorMessage": message,
        "errorMessage": message,
    }


# ---- collections


def mapping(
    legal: Sequence[str], keys: Mapping[str, tuple[Schema, str]], *, section: str, required: Iterable[str] = ()
) -> Schema:
    """A mapping with keys out of `legal`, those of the reader. `keys`: the value of each, and what it is for; where that names no
    rule, `section` of the reference tells more."""
    assert set(legal) == set(keys), f"not both read and described: {sorted(set(legal) ^ set(keys))}"
    found = {key: described(keys[key][0], referred(keys[key][1], section)) for key in legal}
    schema: Schema = {"type": "object", "properties": found, "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema


def referred(about: str, section: str) -> str:
    """The text with a reference at its end."""
    return about if REFERENCE.search(about) else f"{about} *{section}*"


def only(name: str, *keys: str, required: Iterable[str] = ()) -> Schema:
    """The mapping that `definitions` call `name`, with no other keys than these."""
    found: Schema = {key: ref(f"{name}/properties/{key}") for key in keys}
    schema: Schema = {"type": "object", "properties": found, "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema


def named(value: Schema, *, names: str = "key_name", known: Iterable[str] = ()) -> Schema:
    """A mapping from names to what they are. `names`: the definition of a name; `known`: names that an editor may propose."""
    schema: Schema = {"type": "object", "additionalProperties": value, "propertyNames": ref(names)}
    proposed = dict.fromkeys(known, value)
    return {**schema, "properties": proposed} if proposed else schema


def one_or_more(item: Schema, *, least: int = 0) -> Schema:
    """One, or a list of them, of at least so many."""
    items: Schema = {"items": item, "minItems": least} if least else {"items": item}
    return valued({"if": {"type": "array"}, "then": items, "else": item})


def list_of(item: Schema, what: str, *, least: int = 0) -> Schema:
    """A list. `what` it lists, for the message."""
    schema: Schema = {"type": "array", "items": item, "errorMessage": f"expected a list: {what}"}
    return {**schema, "minItems": least} if least else schema


def or_nothing(schema: Schema) -> Schema:
    """The same, where an author may also write nothing behind the key."""
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return valued({"if": {"not": {"type": "null"}}, "then": schema})


# ---- one of several forms


def has(*words: str) -> Schema:
    """Is one of these keys there? To stand behind `if`."""
    if len(words) == 1:
        return {"type": "object", "required": list(words)}
    return {"type": "object", "anyOf": [{"required": [word]} for word in words]}


def by_word(forms: Mapping[str, Schema], unmade: Schema, *, form: str, missing: str) -> Schema:
    """A mapping that one of several words makes into what it is, each word with the form that it demands. `unmade`: what may
    stand there while none does; `form` says what is expected in the place of a text, `missing` that a word is."""
    rules: list[Schema] = [{"if": has(word), "then": inner} for word, inner in forms.items()]
    said: Schema = {
        "anyOf": [{"type": ["string", "number", "boolean", "array"]}, has(*forms)]
    }  # nothing at all is still to be said
    none: Schema = {"if": said, "else": {"allOf": [unmade, lacking(next(iter(forms)), missing)]}}
    return {"type": "object", "errorMessage": form, "allOf": [*rules, none]}


def alone(word: str, others: Iterable[str], schema: Schema) -> dict[str, Schema]:
    """The form of a word that counts only where none of the others is there."""
    return {word: {"if": {"anyOf": [{"required": [other]} for other in others]}, "else": schema}}


def lacking(word: str, message: str) -> Schema:
    """Refuses a mapping without `word`, with a message."""
    return {"required": [word], "errorMessage": message}


def snippets(schema: Schema, *found: tuple[str, str, Any]) -> Schema:
    """The schema with texts to begin with: label, what it does, and the body with `${1:places}` to fill."""
    made = [{"label": label, "description": about, "body": body} for label, about, body in found]
    return {**schema, "defaultSnippets": [*schema.get("defaultSnippets", ()), *made]} if made else schema


def listed(words: Sequence[str]) -> str:
    """`a, b or c`."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
