"""Dead letters (S1.9): what could not be read, where and why. Counted always, kept only when somebody wants them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from rtj.ir.masking import Masker

TEXT_MAX = 2_000  # characters of a broken line that are kept

Reason = Literal["json", "encoding", "fields", "ts", "ahead", "identifier", "properties", "too_long", "format"]
# json: not JSON, or nested too deep · encoding: not UTF-8 · fields: an envelope field is missing or of a wrong type ·
# ts: no instant · ahead: more than max_skew ahead of its arrival (S1.10) · identifier: none that is usable ·
# properties: fails the schema of its type · too_long: longer than the bound · format: not a record of the source's format


class DeadLetter(msgspec.Struct, frozen=True, array_like=True):
    """One line that is no event. `line` is 1-based; `text` its first 2,000 characters."""

    line: int
    reason: str
    detail: str
    text: str


class Letters:
    """The dead letters of one source, or of one slice of it: counts by reason, and each of the first `most` to `keep`."""

    __slots__ = ("_keep", "_left", "counts")

    def __init__(self, keep: Callable[[DeadLetter], None], most: int) -> None:
        self.counts: dict[str, int] = {}
        self._keep, self._left = keep, most

    def add(self, line: int, reason: Reason, detail: str, raw: bytes) -> None:
        """Count and keep one. Lines must come in ascending order."""
        self.counts[reason] = self.counts.get(reason, 0) + 1
        if self._left:
            self._left -= 1
            text = raw[: TEXT_MAX * 4].decode("utf-8", "replace")[:TEXT_MAX].rstrip("\r\n")
            self._keep(DeadLetter(line, reason, detail, text))


def letter_words(letter: DeadLetter, masker: Masker) -> str:
    """Why a line is no event."""
    return f"{letter.reason}: {masker.detail(letter.detail)}" if letter.detail else letter.reason


def letter_record(source: str, letter: DeadLetter, masker: Masker) -> dict[str, Any]:
    """The JSON of a dead letter as `--dead-letters` writes it. Masked, its text is what may be read of the line; source and line
    tell where the whole of it stands."""
    text = masker.broken_line(letter.text)
    return {"source": source, "line": letter.line, "reason": letter_words(letter, masker), "text": text}
