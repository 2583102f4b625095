"""Sections of a project for its linter: `lint` and `rules`."""

from __future__ import annotations

from rtj.base.codes import CODES
from rtj.lang.read_lint import FAIL_ON, LEVELS, LINT, LINT_PATH, RULE, RULE_LEVELS
from rtj.lint.rulebook import keeps_from_compiling
from rtj.lint.user_records import RECORDS
from rtj.schema.beginnings import begun
from rtj.schema.parts import Schema, choice, flag, has, lacking, mapping, named, one_or_more, ref, snippets, text

WEIGHTS = {
    "error": "makes a run fail",
    "warning": "is told",
    "info": "is told, and fails no run that does not ask for it",
    "off": "is not told",
}
SECTION = "lint: what counts"
OWN = "rules: of your own"


def definitions() -> dict[str, Schema]:
    """What the sections refer to."""
    loose = {name: f"{code}: {meaning}" for code, (name, meaning) in CODES.items() if not keeps_from_compiling(code)}
    selector = text("a code or name of a rule, or the beginning of codes such as W2")
    return {
        "level": choice(LEVELS, WEIGHTS),
        "selector": snippets(selector, *((name, about, name) for name, about in loose.items())),
        "selectors": one_or_more(ref("selector")),
        "severities": {
            "type": "object",
            "properties": {name: {**ref("level"), "description": about} for name, about in loose.items()},
            "additionalProperties": ref("level"),
            "errorMessage": "expected codes and what they weigh: {W204: error}",
        },
    }


def lint() -> Schema:
    """`lint:`."""
    ignore = (ref("selectors"), "Not these warnings: codes, names, or beginnings of codes.")
    severity = (ref("severities"), "What findings weigh, by code, name, or beginning of codes.")
    elsewhere = mapping(LINT_PATH, {"ignore": ignore, "severity": severity}, section=SECTION)
    fail_on = choice(FAIL_ON, {"error": "errors; so if left out", "warning": "warnings too", "never": "nothing"})
    paths: Schema = {"type": "object", "additionalProperties": elsewhere}
    keys = {
        "select": (one_or_more(ref("selector"), least=1), "Only these warnings; all if left out."),
        "ignore": ignore,
        "severity": severity,
        "paths": (paths, "What is different in some files: patterns relative to this one, `**` spans folders."),
        "require_reason": (flag(), "Ignore comments must say why."),
        "fail_on": (fail_on, "What makes `rtj validate` end with 1."),
        "baseline": (text("a file"), "The file of known findings; `rtj.baseline.json` if left out. *The baseline*"),
    }
    return begun(mapping(LINT, keys, section=SECTION), "lint")


def rules() -> Schema:
    """`rules:`."""
    kinds = {kind: "what can be read of it: " + ", ".join(field.name for field in fields) for kind, fields in RECORDS.items()}
    levels = choice(RULE_LEVELS, {level: WEIGHTS[level] for level in RULE_LEVELS})
    keys = {
        "each": (choice(tuple(RECORDS), kinds), "What the rule looks at, one after the other."),
        "when": (ref("condition"), "At which of them; at all if left out."),
        "require": (ref("condition"), "What must hold; without it there must be no such thing."),
        "message": (text("a message"), "What is told; values stand in braces: `{send.id}`."),
        "severity": (levels, "What it weighs; `warning` if left out."),
    }
    missing = lacking("require", "a rule needs `require`, `when` or both; `when` alone: there must be no such thing")
    rule = mapping(RULE, keys, section=OWN, required=["each", "message"])
    whole: Schema = {"allOf": [rule, {"if": has("when", "require"), "else": missing}]}
    return begun(named(whole, names="rule_name"), "rules")
