"""From an author's files to a program: load, check, flatten, name. `compile_project` is the way in.

The compiler is imported when it is first needed: a program that comes from the cache needs none of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rtj.compile.compiled import Compiled
    from rtj.compile.pipeline import compile_loaded, compile_project, compile_text, journey_machine

__all__ = ["Compiled", "compile_loaded", "compile_project", "compile_text", "journey_machine"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("rtj.compile.pipeline"), name)
