"""What stands as a list or a mapping where one text belongs, and the other way round: how the same is written here."""

from __future__ import annotations

import re
import unicodedata

from rtj.base.diagnostic import Edit, Fix
from rtj.base.span import LINE_END
from rtj.lang import yaml_nodes as y
from rtj.lang.mending import quoted, shortened

NAME = re.compile(r"(profile\.)?[A-Za-z_][A-Za-z0-9_]*")
ITEMS_MAX = 20  # of a list or mapping that is put into words
UNITS = {"ms": "ms", "milliseconds": "ms", "s": "s", "sec": "s", "seconds": "s", "m": "m", "min": "m", "minutes": "m", "h": "h",
         "hours": "h", "d": "d", "days": "d", "w": "w", "weeks": "w"}  # fmt: skip
JOINED = {"channels": " else ", "pattern": " or ", "pairs": ", ", "assigns": ", ", "expr": " and "}
CONDITION = re.compile(r"[<>=]|\b(?:is|in|not|audience)\b")

# What belongs there, as messages call it -> for example. For texts where a mapping belongs.
SHAPES = {
    "a cap": "{at_most: 2 per 24h}",
    "`quiet_hours`": "{from: 22:00, to: 08:00}",
    "`holdout`": "{share: 5%, salt: holdout-2026}",
    "an identifier": "{kind: person, priority: 1}",
    "a channel": "{purpose: transactional}",
    "`consents`": "{any: profile.marketing}",
    "a message": "{purpose: transactional}",
    "subscriptions": "{newsletter: profile.newsletter}",
    "a policy": "{labels: [sensitive], forbid: [marketing]}",
    "a table": "{key: item, file: products.csv, fields: {price: number}}",
    "a webhook": '{post: "https://crm.example/book"}',
    "an arm of `branch`": "{when: profile.plan == 'pro', do: [exit]}",
    "an arm of `split`": "{arm: a, share: 50%}",
    "a case of `wait_for`": "{on: login}",
    "`moved`": "moved: {old_id: new_id}",
    "an item of `moved`": "{from: old_id, to: new_id}",
    "`dropped`": "dropped: {old_id: exit}",
    "an item of `dropped`": "{from: old_id, to: exit}",
    "an environment": "{store: .rtj/prod.db}",
    "policies of an environment": "{approvals: 1}",
    "a guardrail": "{opt_outs: 2%}",
    "guardrails and what must not be more": "{complaints: {opt_outs: 2%}}",
    "sources and what feeds them": '{web: {http: "127.0.0.1:8080"}}',
    "channels and where their messages go": "{email: {file: out/email.jsonl}}",
}


def in_one_text(start: str, node: y.YamlNode) -> str:
    """The phrase (from the start symbol `start`) that a list or mapping was meant to be; "" when that is not clear."""
    match node:
        case y.Sequence(items=items) if start in JOINED and 0 < len(items) <= ITEMS_MAX:
            words = [item.value for item in items if isinstance(item, y.Scalar) and not item.empty]
            if start == "expr" and not all(CONDITION.search(word) for word in words):
                return ""
            return JOINED[start].join(words) if len(words) == len(items) else ""
        case y.Mapping(pairs=pairs) if 0 < len(pairs) <= ITEMS_MAX:
            values = [(p.key.value, p.value.value) for p in pairs if isinstance(p.value, y.Scalar) and not p.value.empty]
            if len(values) < len(pairs):
                return ""
            if start in ("pairs", "assigns") and all(NAME.fullmatch(key) for key, _ in values):
                root = "profile." if start == "assigns" else ""
                return ", ".join(f"{key if key.startswith(root) else root + key} = {value}" for key, value in values)
            return _length(values) if start in ("wait", "length", "expr") else ""
        case _:
            return ""


def _length(values: list[tuple[str, str]]) -> str:
    """`{hours: 1, minutes: 30}` is 1h30m."""
    parts: list[str] = []
    for key, value in values:
        unit = UNITS.get(key.lower()) or UNITS.get(f"{key.lower()}s")
        if unit is None or not re.fullmatch(r"[0-9]{1,6}", value):
            return ""
        parts.append(value + unit)
    return "".join(parts)


def one_text_hint(phrase: str) -> str:
    """How to write a phrase as one value of YAML."""
    return f'write `"{shortened(phrase)}"`' if re.search(r"[,:#\[\]{}]", phrase) else f"write `{shortened(phrase)}`"


def one_text_fix(node: y.YamlNode, phrase: str) -> Fix | None:
    """Put the phrase in the place of a list or mapping in brackets, on one line."""
    text = node.span.text
    if not phrase or text[:1] not in ("[", "{") or text[-1:] not in ("]", "}") or LINE_END.search(text) or "#" in text:
        return None
    value = quoted(phrase) if re.search(r"[^\w .]", phrase) else phrase
    return Fix(f"write {shortened(value)}", (Edit(node.span.start, node.span.end, value),))


def in_brackets(node: y.YamlNode) -> Fix | None:
    """`[…]` around the only item of a list."""
    start, end = node.span.start, node.span.end
    inner = isinstance(node, y.Mapping) and node.flow and node.span.text[-1:] == "}"
    if not inner and not (isinstance(node, y.Scalar) and node.span.text == "exit"):
        return None
    return Fix("put it in brackets", (Edit(start, start, "["), Edit(end, end, "]")))


def without_marks(text: str) -> str:
    """A text in letters without marks, as far as it has such: `größte` is grosste."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
