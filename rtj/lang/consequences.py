"""Which reports would only repeat another one: of a name that may stand in what could not be read.

A name is brought by few words (`as cart`, `id: nudge`, `purchase: {…}`), so the author's text tells whether the part that could
not be read may have brought it. A name that nothing brings is a mistake of its own and stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rtj.base.diagnostic import Diagnostic
from rtj.lang import syntax as s
from rtj.lang.discover import SUFFIXES
from rtj.lang.load import Loaded

DECLARED = frozenset({"E311", "E314", "E315", "E317", "E327", "E328", "E430"})  # unknown names of the project
BOUND = frozenset({"E310", "E312", "E319", "E347", "E503"})  # unknown names of a journey
UNREAD = frozenset({"E005", "E007", "E107", "E353"})  # mistakes that leave nothing of a file to look at

_BINDS = {"E310": r"\b(?:as\b\W{{1,8}}|for\s+){}\b", "E319": r"\b(?:id|send)\s*['\"]?\s*:\s*['\"]?{}\b"}
_DECLARES = r"(?<!\w){}\??['\"]?\s*:"
_JOURNEY = r"\bjourney\s*:\s*['\"]?{}\b"


def of_a_journey(tree: s.Journey, found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """What is left of the reports about one journey."""
    if tree.whole:
        return list(found)
    text = tree.span.source.text
    return [d for d in found if d.code not in BOUND or (d.code in _BINDS and not _brings(text, _BINDS[d.code], d))]


def of_a_project(loaded: Loaded, found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """What is left of the reports about a whole project."""
    left = list(found)
    errors = [d for d in loaded.diagnostics if d.severity == "error"]
    unread = any(d.code in UNREAD for d in errors)
    if errors:
        everything = "\n".join(source.text for source in loaded.sources)
        left = [d for d in left if d.code != "E345" or not (unread or _brings(everything, _JOURNEY, d))]
    project = loaded.project
    if project is None or (unread and not project.whole):
        return [d for d in left if d.code not in DECLARED | BOUND]
    if not project.whole:
        files = [source.text for source in loaded.sources if not source.path.endswith(SUFFIXES)]
        declarations = "\n".join(files)
        left = [d for d in left if d.code not in DECLARED or not _brings(declarations, _DECLARES, d)]
    return left


def _brings(text: str, how: str, d: Diagnostic) -> bool:
    """May the text bring the name that a report misses?"""
    name = d.span.text.strip("'\"")
    return re.search(how.format(re.escape(name)), text) is not None
