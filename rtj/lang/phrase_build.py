"""From lark's tree of a phrase to the syntax tree, with exact places in the file."""

from __future__ import annotations

import datetime
import math
import re
from typing import TYPE_CHECKING, cast

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Span
from rtj.lang import syntax as s
from rtj.lang.scalar_map import Located

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lark import Token, Tree

UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
UNIT_STEPS = {"day": (1, 0), "week": (7, 0), "month": (0, 1), "quarter": (0, 3), "year": (0, 12)}
DAYS = {"monday": (0,), "tuesday": (1,), "wednesday": (2,), "thursday": (3,), "friday": (4,), "saturday": (5,), "sunday": (6,),
        "weekday": (0, 1, 2, 3, 4), "weekend": (5, 6)}  # fmt: skip
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
LONGEST_MS = 100 * 366 * 86_400_000
LONGEST_MONTHS = 1200
LARGEST_WHOLE = 2**63
ESCAPED = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "t": "\t"}


def ends(tree: Tree[Token]) -> tuple[int, int]:
    """Where the text of a tree begins and ends, with the words of the grammar that are no part of it."""
    meta = tree.meta
    return getattr(meta, "container_start_pos", meta.start_pos), getattr(meta, "container_end_pos", meta.end_pos)


class Builder:
    """Builds the syntax of one phrase; what does not exist (30 February, 25:00) goes to `found`."""

    def __init__(self, located: Located, found: list[Diagnostic]) -> None:
        self.located = located
        self.found = found

    # ---- places and parts

    def span(self, tree: Tree[Token]) -> Span:
        return self.located.piece(*ends(tree))

    def at(self, token: Token) -> Span:
        start = token.start_pos or 0
        return self.located.piece(start, start + len(token))

    def name(self, token: object) -> s.Name:
        word = cast("Token", token)
        return s.Name(self.at(word), str(word))

    def wrong(self, span: Span, message: str, hint: str = "") -> None:
        self.found.append(Diagnostic("E303", message, span, hint))

    # ---- expressions

    def expr(self, tree: Tree[Token]) -> s.Expr:
        kids = cast("list[Tree[Token]]", tree.children)
        match tree.data:
            case "binary":
                return self.binary(tree, self.expr(kids[0]), self.expr(kids[2]))
            case "field":
                return s.Field(self.span(tree), self.expr(kids[0]), self.name(kids[1]))
            case "index":
                return s.Index(self.span(tree), self.expr(kids[0]), self.expr(kids[1]))
            case "call":
                return self.call(tree)
            case "negation":
                op = cast("Token", tree.children[0])
                return s.Unary(self.span(tree), "not" if op == "not" else "-", self.expr(kids[1]))
            case "not_in":
                before, after = self.at(cast("Token", tree.children[1])), self.at(cast("Token", tree.children[2]))
                return s.Binary(self.span(tree), "not in", self.expr(kids[0]), self.expr(kids[3]), before.to(after))
            case "is_missing" | "is_empty":
                return self.test(tree, self.expr(kids[0]))
            case "has_been":
                return s.HasBeen(self.span(tree), self.expr(kids[0]), self.expr(kids[1]), self.length(kids[2]))
            case "choose":
                return s.Choose(self.span(tree), self.expr(kids[0]), self.expr(kids[1]), self.expr(kids[2]))
            case "items":
                return s.Items(self.span(tree), tuple([self.expr(k) for k in kids]))
            case _:
                return self.literal(tree)

    def binary(self, tree: Tree[Token], left: s.Expr, right: s.Expr) -> s.Expr:
        op = cast("Token", tree.children[1])
        return s.Binary(self.span(tree), cast("s.BinaryOp", str(op)), left, right, self.at(op))

    def test(self, tree: Tree[Token], of: s.Expr) -> s.Expr:
        negated = len(tree.children) == 3
        return s.Is(self.span(tree), of, "missing" if tree.data == "is_missing" else "empty", negated)

    def literal(self, tree: Tree[Token]) -> s.Expr:
        token = cast("Token", tree.children[0])
        match tree.data:
            case "name":
                return self.name(token)
            case "number":
                return self.number(token)
            case "text":
                return s.Text(self.at(token), self.unescape(token))
            case "truth":
                return s.Truth(self.at(token), token == "true")
            case "nothing":
                return s.Null(self.at(token))
            case "length":
                return self.length(tree)
            case "date":
                return self.date_or_instant(token)
            case _:
                raise AssertionError(tree.data)

    def call(self, tree: Tree[Token]) -> s.Call:
        kids = cast("list[Tree[Token]]", tree.children[1:])
        args = tuple([self.argument(k) for k in kids if k.data == "arg"])
        window = next((self.window(k) for k in kids if k.data != "arg"), None)
        return s.Call(self.span(tree), self.name(tree.children[0]), args, window)

    def argument(self, tree: Tree[Token]) -> s.Arg:
        kids = cast("list[Tree[Token]]", tree.children)
        item: s.Name | None = None
        over = where = None
        for kid in kids[1:]:
            if kid.data == "each":
                item, over = self.name(kid.children[0]), self.expr(cast("Tree[Token]", kid.children[1]))
            else:
                where = self.expr(cast("Tree[Token]", kid.children[0]))
        return s.Arg(self.span(tree), self.expr(kids[0]), item, over, where)

    def window(self, tree: Tree[Token]) -> s.Window:
        first = tree.children[0]
        match tree.data:
            case "window":
                return s.Window(self.span(tree), over=self.length(cast("Tree[Token]", first)))
            case "window_this":
                return s.Window(self.span(tree), this=cast("s.Unit", str(first).removesuffix("s")))
            case _:
                return s.Window(self.span(tree), since=self.name(first))

    # ---- literals

    def number(self, token: Token) -> s.Number:
        span = self.at(token)
        if len(token) <= 400:
            value = float(token) if "." in token else int(token)
            if math.isfinite(value) and abs(value) < LARGEST_WHOLE:
                return s.Number(span, value)
        self.wrong(span, f"the number {str(token)[:20]}… is too large" if len(token) > 20 else f"the number {token} is too large")
        return s.Number(span, 0)

    def whole(self, token: Token, least: int = 1) -> s.Number:
        number = self.number(token)
        if isinstance(number.value, int) and number.value >= least:
            return number
        self.wrong(number.span, f"expected a whole number, {least} or more; found `{token}`")
        return s.Number(number.span, least)

    def unescape(self, token: Token) -> str:
        inner = str(token)[1:-1]
        if "\\" not in inner:
            return inner
        out: list[str] = []
        for piece in re.finditer(r"\\(.)|[^\\]+", inner):
            if piece[1] is None:
                out.append(piece[0])
            elif piece[1] in ESCAPED:
                out.append(ESCAPED[piece[1]])
            else:
                at = (token.start_pos or 0) + 1 + piece.start()
                self.wrong(self.located.piece(at, at + 2), rf"`{piece[0]}` means nothing in a text", r"known: \\ \' \" \n \t")
        return "".join(out)

    def length(self, tree: Tree[Token]) -> s.Length:
        return self.length_of(cast("Token", tree.children[0]), cast("Sequence[Token]", tree.children[1:]), self.span(tree))

    def length_of(self, amount: Token, unit: Sequence[Token], span: Span) -> s.Length:
        """`90s` (no unit) or a number and a calendar word."""
        if not unit:
            parts = re.findall(r"(\d+)([a-z]+)", str(amount))
            ms = sum(int(n[:20]) * UNIT_MS[u] for n, u in parts)
            if ms > LONGEST_MS:
                self.wrong(span, f"`{str(amount)[:20]}` is longer than 100 years")
                ms = 0
            return s.Length(span, ms=ms)
        days, months = UNIT_STEPS[str(unit[0]).removesuffix("s")]
        count = cast("int", self.whole(amount, 0).value)
        if count * (days / 30 + months) > LONGEST_MONTHS:
            self.wrong(span, f"`{str(amount)[:20]} {unit[0]}` is longer than 100 years")
            count = 0
        return s.Length(span, days=count * days, months=count * months)

    def date_or_instant(self, token: Token) -> s.DateLiteral | s.InstantLiteral:
        span = self.at(token)
        try:
            if "T" in token:
                return s.InstantLiteral(span, datetime.datetime.fromisoformat(str(token)))
            return s.DateLiteral(span, datetime.date.fromisoformat(str(token)))
        except ValueError:
            self.wrong(span, f"there is no `{token}` in the calendar")
            return s.DateLiteral(span, datetime.date(2000, 1, 1))

    def day(self, token: object) -> s.DateLiteral:
        word = cast("Token", token)
        found = self.date_or_instant(word)
        if isinstance(found, s.DateLiteral):
            return found
        self.wrong(found.span, f"expected a date such as 2026-03-01; found `{word}`")
        return s.DateLiteral(found.span, found.value.date())

    def minutes(self, token: Token) -> int:
        hour, minute = int(token[:2]), int(token[3:])
        if hour > 23 or minute > 59:
            self.wrong(self.at(token), f"there is no `{token}` on a clock", "midnight is 00:00")
            return 0
        return hour * 60 + minute
