"""Files of text that are another (D165), and values that they newly need (D133)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rtj.ir.journey import Send
from rtj.plan.changes import Change
from rtj.plan.declared import matched
from rtj.plan.roots import Root, Users
from rtj.plan.sides import Side

LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?")


def roots_of_texts(old: Side, new: Side) -> Iterator[Root]:
    """The differences between the texts of messages: a change for each file."""
    channels = frozenset(channel.name for side in (old, new) for channel in side.program.channels)
    files = [
        [((message, rest), found) for message, of in side.templates.items() for rest, found in of.items()] for side in (old, new)
    ]
    named = [[("\0".join(name), found) for name, found in one] for one in files]
    for name, before, after in matched(named[0], named[1]):
        message, rest = name.split("\0")
        spot = ("template", message, rest)
        which = which_text(rest, channels)
        what = f"text {message}.{rest}" if rest else f"text {message}"
        reason = (
            {
                (True, False): f"the message has no text of its own {which} any more",
                (False, True): f"the message has a text of its own {which} now",
                (True, True): f"the message reads otherwise {which}",
            }[before is not None, after is not None]
            .replace("  ", " ")
            .strip()
        )
        change = Change(
            "D165", "behaviour", what, before or "", after or "", reason, concerns="everybody",
            was=spot if before is not None else None, now=spot if after is not None else None,
        )  # fmt: skip
        yield Root(change, (spot[:2],), "new" if after is not None else "old")


def which_text(rest: str, channels: frozenset[str]) -> str:
    """`by email in zh`, from the rest of the name of a file: `email.zh.liquid`; "" where it says nothing."""
    words = rest.split(".")
    by = next((word for word in words if word in channels), "")
    language = next((word for word in words if word != by and LANGUAGE.fullmatch(word) and word not in FORMATS), "")
    return " ".join((f"by {by}",) * bool(by) + (f"in {language}",) * bool(language))


FORMATS = frozenset(("txt", "md", "mjml", "htm", "xml", "tpl"))  # ends of names that look like languages


def needs_of_texts(users: Users) -> Iterator[Change]:
    """D133: what a text names now, and named in no file of the message before, that a send of it does not give."""
    for message, files in sorted(users.new.needs.items()):
        before = _needed(users.old.needs.get(message, {}))
        fresh = {name: rest for rest, names in sorted(files.items()) for name in sorted(names - before)}
        for journey, (_, after) in sorted(users.pairs.items()) if fresh else ():
            for node in after.nodes:
                if isinstance(node, Send) and node.message == message:
                    given = {pair.name for pair in node.pairs}
                    for name in sorted(fresh.keys() - given):
                        yield _needed_at(users, journey, node, name, f"{message}.{fresh[name]}")


def _needed(files: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*files.values())


def _needed_at(users: Users, journey: str, node: Send, name: str, file: str) -> Change:
    now = ("journey", journey, "node", node.id, "with", name)
    inside = users.concerned(now)
    both = users.both(journey)
    before = {new: old for old, new in both.pairing.nodes.items()}.get(node.id, "")
    reason = f"`{file}` names it, and the send does not give it" + (
        "" if inside else "; only those who enter from now on come there"
    )
    return Change(
        "D133", "needs-migration" if inside else "safe", f"{node.id} with {name}", "", name, reason, journey=journey, node=before,
        concerns="ahead" if inside else "entrants", now=now, suggest=f"with {{{name}: …}}",
    )  # fmt: skip


# ---- what a text asks for

_MARK = re.compile(r"\{\{-?([^{}]*)\}\}|\{%-?([^{}%]*)%\}")  # a brace ends the search, so that it is short in every text
_TAG = re.compile(r"\s*(\w+)")
_NAME = re.compile(r"\s*([^\W\d]\w*)")
_MADE = re.compile(r"\s*(?:assign|capture|for)\s+([^\W\d]\w*)")
_USED = re.compile(r"\s*(?:assign\s+\w+\s*=|for\s+\w+\s+in)\s*([^\W\d]\w*)")
_DEFAULT = re.compile(r"\|\s*default\b")
_WORDS = frozenset(("true", "false", "nil", "null", "empty", "blank", "forloop"))


def names_needed(text: str) -> frozenset[str]:
    """The values that a text in the manner of Liquid prints or goes through, without those that have a default of their own, or
    that the text itself makes. A mere test (`if`) needs nothing: what is missing is false."""
    made: set[str] = set()
    used: set[str] = set()
    hidden = ""  # the tag in whose block nothing is worked
    for mark in _MARK.finditer(text):
        printed, tag = mark[1], mark[2] or ""
        word = _TAG.match(tag)
        if hidden or (word is not None and word[1] in ("raw", "comment")):
            hidden = "" if word is not None and word[1] == f"end{hidden}" else hidden or (word[1] if word is not None else "")
            continue
        found = _USED.match(tag) if printed is None else _NAME.match(printed)
        if found is not None and not _DEFAULT.search(mark[0]):
            used.add(found[1])
        name = _MADE.match(tag)
        if name is not None:
            made.add(name[1])
    return frozenset(used - made - _WORDS)
