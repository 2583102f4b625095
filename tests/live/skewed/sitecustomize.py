"""The clock of the machine, wrong by `SKEW_MS`, and sinks whose pauses are at most `PAUSE_MAX_MS`, for storms are short: Python
reads this module first when its folder is in PYTHONPATH."""

from __future__ import annotations

import os
import time

SKEW_MS = int(os.environ.get("SKEW_MS", "0"))
PAUSE_MAX_MS = int(os.environ.get("PAUSE_MAX_MS", "0"))

if SKEW_MS:
    _time, _time_ns = time.time, time.time_ns
    time.time = lambda: _time() + SKEW_MS / 1_000
    time.time_ns = lambda: _time_ns() + SKEW_MS * 1_000_000

if PAUSE_MAX_MS:
    from rtj.deliver import file, kafka, webhook

    file.PAUSE_MAX_MS = kafka.PAUSE_MAX_MS = webhook.PAUSE_MAX_MS = PAUSE_MAX_MS
