"""Why a line could not be decoded, in the words of dead letters (S1.9)."""

from __future__ import annotations

import re

import msgspec

from rtj.connect.letters import Reason

BROKEN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def why(error: Exception) -> tuple[Reason, str]:
    """The class and the words of what kept a line from being decoded."""
    text = str(error).replace("$[0]", "$")
    match error:
        case UnicodeDecodeError():
            return "encoding", "not UTF-8"
        case RecursionError():
            return "json", "nested too deep"
        case msgspec.ValidationError():
            return ("ts" if "`ts`" in text or "$.ts" in text else "fields"), text
        case _:
            return "json", text


MISSING = re.compile(r"missing required field `([^`]+)`(?: - at `\$`)?$")


def why_properties(error: Exception, line: bytes = b"") -> tuple[Reason, str]:
    """The same of what kept its properties from being decoded. `line`: the record as it came, in which a field may stand beside
    `properties` in place of inside."""
    reason, text = why(error)
    missing = MISSING.search(text)
    if missing is not None and missing[1] in _top(line):
        text += f': it stands beside `properties`, and fields stand in it: {{"properties": {{"{missing[1]}": …}}}}'
    return ("properties" if reason in ("fields", "ts") else reason), text.replace("`$", "`$.properties")


def _top(line: bytes) -> dict[str, object]:
    """The keys of a record."""
    try:
        return msgspec.json.decode(line, type=dict[str, object])
    except BROKEN:
        return {}
