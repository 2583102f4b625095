"""What is brought and declared and not used, looked up in one list of everything that is read."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.base.diagnostic import Diagnostic
from rtj.lint.facts import Facts
from rtj.lint.unused_declared import never_set, unused_declaration
from rtj.lint.unused_names import unused_name
from rtj.lint.unused_reads import reads


def unused(facts: Facts) -> Iterator[Diagnostic]:
    """W411, W910, W911."""
    found = reads(facts)
    yield from never_set(facts, found)
    yield from unused_declaration(facts, found)
    yield from unused_name(facts, found)
