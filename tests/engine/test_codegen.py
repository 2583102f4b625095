"""Null rules and precedence of generated code, and that deep expressions neither fail nor recurse away."""

from __future__ import annotations

from typing import Any

import pytest

from rtj.engine.machine import Machine
from rtj.engine.state import Profile
from rtj.ir.expr import Attribute, Binary, Choose, Const, Expr, Item, Items, Name, Unary
from rtj.ir.program import Namespace, Program

NULL = Const(None, "null")
ONE, TWO = Const(1, "number"), Const(2, "number")
TRUE, FALSE = Const(True, "bool"), Const(False, "bool")


def value(expr: Expr, names: dict[str, Any] | None = None) -> Any:
    machine = Machine(Program("p", "UTC", (Namespace("u", 1),), (), (), (), (), (), ()))
    return machine.value(expr)(Profile("u:x", (0, True, 0, 0), 0, 0), 0, None, {} if names is None else names)


@pytest.mark.parametrize(
    ("expr", "result"),
    [
        (Binary("==", NULL, NULL), True),
        (Binary("!=", NULL, ONE), True),
        (Binary("<", NULL, ONE), False),
        (Binary(">=", ONE, NULL), False),
        (Binary("+", NULL, ONE), None),
        (Binary("*", NULL, ONE), None),
        (Binary("/", ONE, Const(0, "number")), None),
        (Binary("/", Const(6, "number"), TWO), 3),
        (Binary("/", ONE, TWO), 0.5),
        (Binary("and", NULL, TRUE), False),
        (Binary("or", NULL, TRUE), True),
        (Unary("not", NULL), True),
        (Binary("??", NULL, TWO), 2),
        (Binary("??", ONE, TWO), 1),
        (Unary("missing", NULL), True),
        (Unary("empty", Const("", "string")), True),
        (Unary("empty", Items(())), True),
        (Unary("-", TWO), -2),
        (Binary("in", TWO, Items((ONE, TWO))), True),
        (Binary("in", TWO, NULL), False),
        (Item(Items((ONE, TWO)), Const(-1, "number")), 2),
        (Item(Items((ONE, TWO)), TWO), None),
        (Item(NULL, ONE), None),
        (Choose(NULL, ONE, TWO), 2),
        (Binary("*", Const(1e308, "number"), Const(1e308, "number")), None),
        (Binary("+", Const(10**400, "number"), Const(0.5, "number")), None),
        (Binary("+", Const(2**53, "number"), ONE), 2**53 + 1),
    ],
)
def test_null_and_number_rules(expr: Expr, result: Any) -> None:
    found = value(expr)

    assert (found, type(found)) == (result, type(result))


def test_a_default_reads_its_left_side_once() -> None:
    class Counter(dict[str, int]):
        reads = 0

        def get(self, key: str, default: object = None) -> int:  # type: ignore[override]
            self.reads += 1
            return 7

    names = Counter()

    assert value(Binary("??", Name("x", optional=True), ONE), names) == 7
    assert names.reads == 1


def test_deep_expressions_are_cut_into_functions() -> None:
    expr: Expr = Name("x")
    for _ in range(190):
        expr = Binary("+", expr, ONE)

    assert value(expr, {"x": 0}) == 190


def test_attributes_read_their_default() -> None:
    from rtj.ir.expr import Scalar
    from rtj.ir.program import Mapping

    program = Program(
        "p", "UTC", (Namespace("u", 1),), (), (Mapping("tier", Scalar("string"), default="bronze"),), (), (), (), ()
    )
    p = Profile("u:x", (0, True, 0, 0), 1, 0)
    read = Machine(program).value(Attribute("tier"))

    assert read(p, 0, None, {}) == "bronze"
    p.attributes[0] = "gold"
    assert read(p, 0, None, {}) == "gold"
