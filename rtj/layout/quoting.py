"""Texts as YAML scalars: plain where YAML allows it, else in quotes."""

from __future__ import annotations

import re

from rtj.lang.yaml_nodes import NOTHING

UNPRINTABLE = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
BEGINS = re.compile(r"[,\[\]{}#&*!|>'\"%@`]|[-?:](?:\s|$)")
BREAKS_OFF = re.compile(r":\s|\s#|:$")
FLOW = re.compile(r"[,\[\]{}?]")  # YAML 1.2 takes a `?` there, tools of YAML 1.1 do not
# What tools of YAML 1.1 take for something else than a text.
TYPED = re.compile(
    r"(?i:true|false|yes|no|on|off|y|n)|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|[-+]?\.[0-9_]+"
    r"|0[xob][0-9a-fA-F_]+|(?i:[-+]?\.inf|\.nan)|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?|=|<<"
)
ESCAPES = {
    "\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0", "\x1b": "\\e", "\x85": "\\N", "\u2028": "\\L",
    "\u2029": "\\P",
}  # fmt: skip


def scalar(text: str, *, flow: bool, phrase: bool) -> str:
    """A text as a scalar that means it. `flow`: within `{…}` or `[…]`. `phrase`: it is read as a phrase, whatever it looks like;
    a text that looks like a number or `yes` is quoted, for other tools."""
    if UNPRINTABLE.search(text) is not None:
        return f'"{"".join([_escaped(sign) for sign in text])}"'
    if _is_plain(text, flow=flow) and (phrase or TYPED.fullmatch(text) is None):
        return text
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def folds(text: str) -> bool:
    """May the text stand below `>-`? There are no escapes there."""
    return UNPRINTABLE.search(text) is None


def _is_plain(text: str, *, flow: bool) -> bool:
    if text in NOTHING or text != text.strip(" "):
        return False
    if BEGINS.match(text) is not None or BREAKS_OFF.search(text) is not None:
        return False
    return not (flow and FLOW.search(text) is not None)


def _escaped(sign: str) -> str:
    if sign in ESCAPES:
        return ESCAPES[sign]
    if UNPRINTABLE.match(sign) is None:
        return sign
    code = ord(sign)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
