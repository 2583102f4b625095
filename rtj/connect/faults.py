"""Why a line could not be decoded, in the words of dead letters (S1.9)."""

from __future__ import annotations

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


def why_properties(error: Exception) -> tuple[Reason, str]:
    """The same of what kept its properties from being decoded."""
    reason, text = why(error)
    return ("properties" if reason in ("fields", "ts") else reason), text.replace("`$", "`$.properties")
