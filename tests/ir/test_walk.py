"""Walking over checked expressions: what they read, and trees made anew."""

from __future__ import annotations

from rtj.ir.expr import Attribute, Binary, Call, Const, Each, Expr, Field, History, Name
from rtj.ir.functions import STRING
from rtj.ir.journey import Pair, Send
from rtj.ir.walk import conjunction, event_fields_read, names_read, parts, reads_only_event, renamed, rewrite, walk

ITEM = Field(Name("event"), "item")
TRUE = Const(True, "bool")


def test_names_come_from_outside() -> None:
    """Items of a comprehension are its own, and so is the `event` of a history."""
    each = Each("any", "i", Name("views"), Binary("==", Field(Name("i"), "sku"), Field(Name("cart"), "item")))

    assert names_read(each) == {"views", "cart"}
    assert names_read(History("h1", Binary("==", ITEM, Field(Name("cart"), "item")))) == {"cart"}


def test_only_the_event() -> None:
    assert reads_only_event(Call("hour", (Field(Name("event"), "ts", True),)))
    assert not reads_only_event(Binary("==", ITEM, Attribute("favourite")))
    assert not reads_only_event(Call("today", ()))
    assert not reads_only_event(Call("chance", (Const("x", "string"),)))


def test_fields_of_the_event() -> None:
    assert event_fields_read(Binary("==", ITEM, Field(Name("cart"), "shop"))) == {"item"}
    assert list(walk(ITEM)) == [ITEM, Name("event")]
    assert parts(TRUE) == ()


def test_conjunction() -> None:
    assert conjunction([]) is None
    assert conjunction([TRUE, ITEM, TRUE]) == Binary("and", Binary("and", TRUE, ITEM), TRUE)


def test_trees_are_made_anew() -> None:
    """A tree is rewritten below structs and tuples; what does not change is the same."""
    node = Send("m", "m", ("sms",), (Pair("item", ITEM, STRING),))

    def change(part: object) -> object:
        return Field(part.base, "thing") if isinstance(part, Field) else part

    assert rewrite(node, change).pairs == (Pair("item", Field(Name("event"), "thing"), STRING),)  # type: ignore[arg-type]
    assert rewrite(node, lambda part: part) == node
    assert renamed(ITEM, "event", "entry") == Field(Name("entry"), "item")


def test_every_expression_has_parts() -> None:
    """A new kind of expression is noticed here: `parts` knows all of the union."""
    kinds = {kind.__name__ for kind in Expr.__args__}  # type: ignore[attr-defined]

    assert kinds == {
        "Const", "Now", "Name", "Attribute", "Member", "JourneyFact", "Field", "Item", "Unary", "Binary", "Shift", "Choose",
        "Items", "Call", "Each", "History", "Row", "Held",
    }  # fmt: skip
