"""A version of a project as it is compared: its program, and what is known beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rtj.ir.expr import Expr
from rtj.ir.program import Program


@dataclass(frozen=True, slots=True)
class Side:
    """One version. `name` is what people call it (`main`, `working tree`). `program` may lack what does not compile: `lost` are
    journeys that cannot be read, each with the reason. `templates`: the hash of each file of text, by message and then by the
    rest of the file's name; `needs`: by the same names, the values that its text asks for (`{{ name }}`). `texts`: how the author
    wrote expressions."""

    name: str
    program: Program
    templates: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    lost: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[Expr, str] = field(default_factory=dict)
    runnable: bool = True
    needs: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
