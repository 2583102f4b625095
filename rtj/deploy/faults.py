"""A seam for tests: the process kills itself at a boundary between two steps, as a power cut would.

`RTJ_KILL_AT=publish` kills it (SIGKILL) behind the step of that name; `STEPS` lists them. Without the variable nothing happens.
"""

from __future__ import annotations

import os
import signal
from typing import Literal, TypeAlias, get_args

Boundary: TypeAlias = Literal["lock", "publish", "record", "order", "take", "apply"]
STEPS: tuple[Boundary, ...] = get_args(Boundary)
VARIABLE = "RTJ_KILL_AT"


def reached(boundary: Boundary) -> None:
    """A step is done."""
    if os.environ.get(VARIABLE) == boundary:
        os.kill(os.getpid(), signal.SIGKILL)
