"""Phrases, names and types as definitions of a schema. Their patterns refuse only what the grammar refuses whatever the project
is; most of a phrase is not looked at: `rtj validate` reads it."""

from __future__ import annotations

from rtj.lang.read_gates import UNITS
from rtj.lang.read_lint import LOOKS_LIKE_CODE, RULE_NAME
from rtj.lang.read_types import TYPE_NAMES
from rtj.lang.shape import IDENTIFIER
from rtj.schema.parts import Schema, ref, scalar, text

NAME = IDENTIFIER.pattern
GAP = r"(?:[ \t\r\n]|#[^\n]*(?:\n|$))*"  # blanks and comments, which phrases may have everywhere
END = r"(?![A-Za-z0-9_])"
DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
CLOCK = "[0-9]{2}:[0-9]{2}"
UNIT = f"(?:{'|'.join(UNITS)})s?"
LENGTH = f"(?:(?:[0-9]+(?:ms|[smhdw]))+{END}|[0-9]+{END}{GAP}{UNIT}{END})"
SHARE = r"(?:0?[0-9]{1,2}(?:\.[0-9]{1,4})?|100(?:\.0{1,4})?)%"
COUNT = r"[0-9]+(?:\.[0-9]+)?"
BY = f"{NAME}(?:{GAP}else{END}{GAP}{NAME})*"
ASSIGN = rf"{NAME}(?:{GAP}\.{GAP}{NAME})+{GAP}=(?!=)"
PATH = rf"{NAME}(?:{GAP}\.{GAP}{NAME})+"
A_LENGTH = "a length: exact as 90s, 30m, 1h30m, 7d, or of the calendar as 1 day, 2 weeks"
ON = "an event or pattern, such as `purchase` or `add_to_cart then not purchase within 30m`"

TYPE_MEANINGS = {
    "string": "a text",
    "number": "a number: whole ones stay exact",
    "bool": "true or false",
    "instant": "a moment in time; in events RFC 3339 with a zone, or whole epoch milliseconds",
    "date": "a day of the calendar",
    "duration": "an exact length; in events whole milliseconds",
}


def entirely(body: str) -> str:
    """The pattern of a phrase that is this and nothing else."""
    return f"^{GAP}(?:{body}){GAP}$"


def begins(body: str) -> str:
    """The pattern of a phrase that begins so."""
    return f"^{GAP}(?:{body})"


def a_name() -> Schema:
    """A name; an editor takes `true` for no text."""
    return scalar("a name: letters, digits and `_`, no digit first", besides=("boolean",), pattern=f"^{NAME}$")


def definitions() -> dict[str, Schema]:
    """What the schemas of all kinds of files have in common, without names of a project."""
    code = LOOKS_LIKE_CODE.pattern.replace(r"\d", "[0-9]")
    return {
        "name": a_name(),
        "key_name": {
            "pattern": f"^{NAME}$",
            "patternErrorMessage": "names here have letters, digits and `_`; sources may spell them otherwise: `foreign_names`",
        },
        "rule_name": {
            "pattern": f"^(?!(?:{code})$){RULE_NAME.pattern}$",
            "patternErrorMessage": "names of rules have letters, digits, `_` and `-`, and do not look like codes of rtj",
        },
        "value": text("a value, such as `cart.item` or `profile.first_name ?? 'there'`"),
        "condition": scalar("a condition, such as `profile.tier == 'gold'`", besides=("boolean",)),
        "length": scalar(A_LENGTH, pattern=entirely(LENGTH)),
        "share": scalar("a share such as 45% or 12.5%", pattern=f"^{SHARE}$"),
        "clock": scalar("a time such as 22:00", pattern=entirely(rf"{CLOCK}(?:{GAP}to{GAP}{CLOCK})?")),
        "at_most": scalar("a limit: 1 per 30d, 2 per week, 500 in total", pattern=begins(rf"{COUNT}{GAP}(?:per|in){END}")),
        "pairs": scalar("pairs such as `gift = g, left = 3`", pattern=begins(f"{NAME}{GAP}=(?!=)")),
        "moment": scalar("a moment such as 09:00, `friday at 10:00` or `10:00 on cart.ts + 1 day`"),
        "types": _types(),
        "field_name": {"pattern": r"^(?!\??$)", "patternErrorMessage": "a field needs a name"},
        "fields": {
            "type": "object",
            "additionalProperties": ref("types"),
            "propertyNames": ref("field_name"),
            "errorMessage": "expected fields and their types: {item: string, price: number?}",
        },
        "one_of": {
            "type": "array",
            "minItems": 1,
            "items": text(),
            "errorMessage": "expected values to choose from, such as [bronze, silver]",
        },
    }


def _types() -> Schema:
    """The type of a field: its name, a list of one, a record, or `{one_of: […]}`."""
    names = [*TYPE_NAMES, *(f"{name}?" for name in TYPE_NAMES)]
    told = [TYPE_MEANINGS[name] for name in TYPE_NAMES]
    message = "expected string, number, bool, instant, date or duration; with a `?` behind it if it may be missing"
    kind = {"enum": names, "enumDescriptions": [*told, *(f"{one}; may be missing" for one in told)], "errorMessage": message}
    one_item: Schema = {"items": ref("types"), "minItems": 1, "maxItems": 1}
    closed = {"required": ["one_of"], "maxProperties": 1, "properties": {"one_of": {"type": "array"}}}
    record: Schema = {"if": closed, "then": {"properties": {"one_of": ref("one_of")}}, "else": ref("fields")}
    return {
        "if": {"type": "array"},
        "then": one_item,
        "else": {"if": {"type": "object"}, "then": record, "else": kind},
    }
