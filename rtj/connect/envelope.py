"""What records of formats other than `rtj` are brought to before the program's schemas look at them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from rtj.connect.identify import RawValue
from rtj.connect.letters import Reason


class MisfitError(Exception):
    """A record that is no event of the format of its source, or one that breaks a rule. Becomes a dead letter."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason: Reason = reason
        self.detail = detail


class Shaped(msgspec.Struct, gc=False):
    """An event of any format but `rtj`. `properties` are decoded; `identifiers` are (namespace index, raw value) in any order;
    `sequence` is its place in the source when the source names a field for it (S1.2)."""

    id: str | int | float
    type: str
    ts: str | int
    properties: Any
    identifiers: tuple[tuple[int, RawValue], ...]
    channel: str | None = None
    received_at: str | int | None = None
    sequence: int | None = None


Shape = Callable[[Any], Shaped]
