"""How diagnostics are written down in the tests of this folder: one line each, place and piece exact."""

from __future__ import annotations

from collections.abc import Iterable

from rtj.base.diagnostic import Diagnostic


def told(found: Iterable[Diagnostic]) -> str:
    lines = []
    for d in found:
        line = f"{d.span.source.path}:{d.span.line}:{d.span.column} {d.code} [{d.span.text!r}] {d.message}"
        line += f" -- {d.hint}" if d.hint else ""
        line += "".join(f" ({label.text}: {label.span.line}:{label.span.column})" for label in d.labels)
        lines.append(line)
    return "\n".join(lines) + "\n"
