"""The clock of the machine, wrong by `SKEW_MS`: Python reads this module first when its folder is in PYTHONPATH."""

from __future__ import annotations

import os
import time

SKEW_MS = int(os.environ.get("SKEW_MS", "0"))

if SKEW_MS:
    _time, _time_ns = time.time, time.time_ns
    time.time = lambda: _time() + SKEW_MS / 1_000
    time.time_ns = lambda: _time_ns() + SKEW_MS * 1_000_000
