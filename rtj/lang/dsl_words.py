"""The words of the journey language: which begin something, and in which of them a phrase stands."""

from __future__ import annotations

import re

STATEMENTS = (
    "wait", "wait_for", "branch", "split", "repeat", "send", "decide", "score", "call", "collect", "set", "emit", "start", "exit",
)  # fmt: skip
HEADERS = (
    "priority", "runs", "max_duration", "on_resume", "catch_up", "stability", "formerly", "on_deploy", "timers", "moved",
    "dropped", "enter", "goal", "exit",
)  # fmt: skip
ENTRY_CLAUSES = ("when", "key", "again", "while_inside", "backfill")
CASES = ("on", "when", "after", "until", "else")

STATEMENT_TYPES = frozenset(word.upper() for word in STATEMENTS)
HEADER_TYPES = frozenset(word.upper() for word in HEADERS)
# A line that begins with one of these begins something of its own, however broken what stands before it is.
BEGINNINGS = frozenset((*STATEMENTS, *HEADERS, *ENTRY_CLAUSES, *CASES, "journey"))

# A line that begins with one of these goes on with what stands above it.
CONTINUATIONS = frozenset(
    ("with", "by", "as", "where", "within", "same", "then", "zone", "max", "take", "per", "and", "or", "not", "for", "stay")
)

# A word before a phrase -> the start symbol of the phrase; in brackets the words under which this holds.
OPENERS = {
    "WHEN": "expr", "KEY": "expr", "ON": "pattern", "AFTER": "expr", "WITH": "pairs", "BY": "channels", "AGAIN": "again",
    "EVERY": "schedule", "AT": "once",
}  # fmt: skip
UNDER = {
    ("REPEAT", "UNTIL"): "expr", ("WAIT", "UNTIL"): "moment", ("COLLECT", "UNTIL"): "moment", ("LBRACE", "UNTIL"): "moment",
    ("COLLECT", "FOR"): "length", ("GOAL", "WITHIN"): "length",
}  # fmt: skip
ALONE = {
    "WAIT": "wait", "SET": "assigns", "COLLECT": "collecting", "REPEAT": "times", "MAX_DURATION": "length", "CATCH_UP": "length",
    "RUNS": "runs",
}  # fmt: skip
# Words that end a phrase: what may stand behind it in the same statement.
BEHIND = {
    "expr": ("key", "again", "while_inside", "backfill", "within", "stay"),
    "pattern": ("when", "key", "again", "while_inside", "backfill", "stay"),
    "channels": ("with", "as"),
    "pairs": ("as",),
    "again": ("when", "key", "while_inside", "backfill"),
    "schedule": ("for",),
    "once": ("for",),
    "collecting": ("for", "until", "max", "as"),
    "length": ("max", "as", "stay"),
    "moment": ("max", "as"),
    "times": ("until",),
}

# What is typed by habit in place of a sign of the language, character for character.
FULL_WIDTH = {
    "，": ",", "；": ";", "（": "(", "）": ")", "｛": "{", "｝": "}", "［": "[", "］": "]", "【": "[", "】": "]", "＝": "=",
    "＞": ">", "＜": "<", "＋": "+", "－": "-", "＊": "*", "／": "/", "％": "%", "＠": "@", "．": ".", "！": "!", "＃": "#",
    "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "「": '"', "」": '"', "＂": '"', "‘": "'", "’": "'", "‚": "'",
    "＇": "'", "–": "-", "—": "-", "−": "-", "\u00a0": " ", "\u3000": " ", "\u202f": " ", "\u2009": " ",
} | {chr(0xFF10 + digit): str(digit) for digit in range(10)}  # fmt: skip
CLOSING = {"“": "”", "„": "“”", "«": "»", "「": "」", "‘": "’", "‚": "‘’", "＂": "＂", "＇": "＇", "”": "”", "’": "’", "‟": "”"}

# The pieces of a text, so that signs within texts and comments are left alone.
PIECE = re.compile(
    r"""(?P<comment>\#[^\n]*)|(?P<text>'[^'\\\n]*(?:\\.[^'\\\n]*)*'|"[^"\\\n]*(?:\\.[^"\\\n]*)*")|(?P<blank>[ \t\r\n]+)"""
    r"""|(?P<word>[0-9]+(?:\.[0-9]+)?%|@?[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>.)""",
    re.DOTALL | re.VERBOSE,
)
# Blanks and comments before a word. Possessive: else every blank of a large file would be remembered, to be given back.
BLANKS = r"(?:\s++|#[^\n]*+\n)*+"


def begins_line(text: str, at: int) -> bool:
    """Does nothing but blanks stand before it on its line?"""
    return not text[text.rfind("\n", 0, at) + 1 : at].strip()
