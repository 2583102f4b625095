"""How often the cyclic garbage collector looks at millions of objects that form no cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

COLLECT_SELDOM = (200_000, 20, 100)  # thresholds of the collector while people are run


@contextmanager
def quiet_collector() -> Iterator[None]:
    """Without cyclic garbage collection: to look at millions of events would cost much. What the block made should be let go
    before its end, since restoring the collector looks at everything."""
    was, threshold = gc.isenabled(), gc.get_threshold()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*threshold)
        if was:
            gc.enable()


def collect_seldom() -> None:
    """From now on collect now and then, and leave alone what there is. For use inside `quiet_collector`."""
    gc.freeze()
    gc.set_threshold(*COLLECT_SELDOM)
    gc.enable()
