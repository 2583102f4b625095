"""From lark's tree to the nodes of a journey: statements, cases, arms, blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from rtj.base.diagnostic import Diagnostic, Label
from rtj.base.span import Span
from rtj.lang import syntax as s
from rtj.lang.dsl_words import PIECE
from rtj.lang.phrase_forms import FormBuilder

if TYPE_CHECKING:
    from lark import Token, Tree

WHOLE = 1_000_000  # millionths
# What a statement may say once -> as messages call it.
ONCE = {
    "channels": "`by`", "with_pairs": "`with`", "bind": "`as`", "take": "`take`", "max": "`max`", "id": "`@id`",
    "collect_for": "the end of `collect`", "collect_until": "the end of `collect`", "PER_ENTRY": "`per entry`",
}  # fmt: skip


def kids_of(tree: Tree[Token]) -> list[Tree[Token]]:
    """The sub-trees without the words between them."""
    return [kid for kid in cast("list[Any]", tree.children) if not isinstance(kid, str)]


class Parts:
    """What a statement has besides its name, by rule; and its tokens."""

    def __init__(self, tree: Tree[Token]) -> None:
        self.tokens = [cast("Token", kid) for kid in cast("list[Any]", tree.children) if isinstance(kid, str)]
        self.kids = {str(kid.data): kid for kid in kids_of(tree)}

    def first(self, rule: str) -> Any:
        """The first child of the part of that rule; None when the statement does not have it."""
        kid = self.kids.get(rule)
        return None if kid is None else kid.children[0]


class NodeBuilder(FormBuilder):
    """Builds statements."""

    def node(self, tree: Tree[Token]) -> s.Node:
        at = self.statement(tree)
        self.check_once(tree)
        parts = Parts(tree)
        match tree.data:
            case "wait_node":
                return s.Wait(*at, self.expr(parts.first("wait_for_length")))
            case "wait_until_node":
                moment = next(kid for kid in kids_of(tree) if kid.data not in ("id", "block", "otherwise"))
                return s.WaitUntil(*at, self.moment(moment), self.block_of(parts.kids.get("block")), self.otherwise(parts))
            case "wait_for":
                return self.wait_for(tree, at)
            case "branch":
                return self.branch(tree, at)
            case "split":
                return self.split(tree, parts, at)
            case "repeat":
                return self.repeat(tree, at)
            case "collect":
                return self.collect(parts, at)
            case "set":
                return s.SetAttributes(*at, self.assigns(parts.kids["assigns"]))
            case "exit":
                return s.Exit(*at, self.quoted_text(parts.tokens[0]) if parts.tokens else None)
            case _:
                return self.naming(str(tree.data), parts, at)

    def check_once(self, tree: Tree[Token]) -> None:
        """Clauses of a statement come in any order, each once."""
        seen: dict[str, Span] = {}
        for kid in cast("list[Any]", tree.children):
            rule = cast("Token", kid).type if isinstance(kid, str) else str(kid.data)
            if rule not in ONCE:
                continue
            span = self.at(cast("Token", kid)) if isinstance(kid, str) else self.span(kid)
            if (first := seen.setdefault(ONCE[rule], span)) is not span:
                label = Label(first, "the first stands here")
                self.found.append(Diagnostic("E304", f"{ONCE[rule]} stands twice", span, "", (label,)))

    def statement(self, tree: Tree[Token]) -> tuple[Span, Span, s.Name | None]:
        """Span, word and id, as all nodes begin."""
        span = self.span(tree)
        word = PIECE.match(self.located.text, span.start)
        assert word is not None
        own = next((kid for kid in kids_of(tree) if kid.data == "id"), None)
        return span, Span(span.source, span.start, word.end()), self.id(own) if own is not None else None

    def id(self, tree: Tree[Token]) -> s.Name:
        token = cast("Token", tree.children[0])
        span = self.at(token)
        return s.Name(Span(span.source, span.start + 1, span.end), str(token)[1:])

    def quoted_text(self, token: Token) -> s.Text:
        return s.Text(self.at(token), self.unescape(token))

    def block(self, tree: Tree[Token]) -> s.Block:
        return s.Block(self.span(tree), tuple([self.node(kid) for kid in kids_of(tree)]))

    def block_of(self, tree: Tree[Token] | None) -> s.Block | None:
        return None if tree is None else self.block(tree)

    def otherwise(self, parts: Parts) -> s.Block | None:
        kid = parts.kids.get("otherwise")
        return None if kid is None else self.block(kids_of(kid)[0])

    # ---- waiting

    def wait_for(self, tree: Tree[Token], at: tuple[Span, Span, s.Name | None]) -> s.Node:
        cases = tuple([self.case(kid) for kid in kids_of(tree) if kid.data != "id"])
        if not cases:
            self.lacks("`wait_for` has no case", at, "for example `after 3d { }`")
        return s.WaitFor(*at, cases)

    def case(self, tree: Tree[Token]) -> s.Case:
        span, kids = self.span(tree), kids_of(tree)
        body = self.block(kids[-1]) if kids[-1].data == "block" else s.Block(Span(span.source, span.end, span.end), ())
        match tree.data:
            case "event_case":
                when = self.expr(kids_of(kids[1])[0]) if len(kids) == 3 else None
                return s.EventCase(span, self.pattern(kids_of(kids[0])[0]), when, body)
            case "condition_case":
                return s.ConditionCase(span, self.expr(kids_of(kids[0])[0]), body)
            case "after_case":
                return s.AfterCase(span, self.expr(kids[0]), body)
            case _:
                return s.UntilCase(span, self.moment(kids[0]), body)

    def collect(self, parts: Parts, at: tuple[Span, Span, s.Name | None]) -> s.Node:
        bind = parts.first("bind")
        if parts.first("collect_until") is None and parts.first("collect_for") is None:
            self.lacks("`collect` says `for` how long or `until` when", at, "for example `until 18:00`")
        if bind is None:
            self.lacks("`as` is missing", at, "a name for the list of events: `… as items`")
        until, length = parts.first("collect_until"), parts.first("collect_for")
        most = parts.first("max")
        return s.Collect(
            *at,
            self.collecting(parts.kids["collecting"]),
            self.name(bind) if bind is not None else None,
            self.length(length) if length is not None else None,
            self.moment(until) if until is not None else None,
            self.whole(most) if most is not None else None,
        )

    # ---- choosing

    def branch(self, tree: Tree[Token], at: tuple[Span, Span, s.Name | None]) -> s.Node:
        arms: list[s.Arm] = []
        otherwise: s.Block | None = None
        for kid in kids_of(tree):
            if kid.data == "arm":
                when, body = kids_of(kid)
                arms.append(s.Arm(self.span(kid), self.expr(kids_of(when)[0]), self.block(body)))
            elif kid.data == "otherwise":
                otherwise = self.block(kids_of(kid)[0])
        if not arms:
            self.lacks("`branch` has no arm", at, "for example `when profile.tier == 'gold' { … }`")
        return s.Branch(*at, tuple(arms), otherwise)

    def split(self, tree: Tree[Token], parts: Parts, at: tuple[Span, Span, s.Name | None]) -> s.Node:
        shares = [kid for kid in kids_of(tree) if kid.data == "share"]
        arms = [arm for kid in shares if (arm := self.share(kid)) is not None]
        if not shares:
            self.lacks("`split` has no arm", at, "for example `50% a { … } 50% b { … }`")
        salt = self.quoted_text(parts.tokens[0])
        whole = len(arms) == len(shares) and not self.told_within(at[0])
        return s.Split(*at, salt, tuple(arms), len(parts.tokens) > 1, whole)

    def share(self, tree: Tree[Token]) -> s.Share | None:
        percent, name = cast("list[Token]", tree.children[:2])
        whole, _, rest = str(percent)[:-1].partition(".")
        millionths = int(whole) * 10_000 + int(rest.ljust(4, "0"))
        where = self.at(percent)
        if millionths > WHOLE:
            hint = "from 0% to 100%, at most four decimals"
            self.found.append(Diagnostic("E105", f"expected a share such as 45%; found `{percent}`", where, hint))
            return None
        body = self.block_of(next(iter(kids_of(tree)), None))
        return s.Share(self.span(tree), self.name(name), millionths, where, body)

    def repeat(self, tree: Tree[Token], at: tuple[Span, Span, s.Name | None]) -> s.Node:
        kids = [kid for kid in kids_of(tree) if kid.data != "id"]
        until = self.expr(kids[1]) if len(kids) > 2 else None
        return s.Repeat(*at, self.times(kids[0]), self.block(kids[-1]), until)

    # ---- asking the world

    def naming(self, word: str, parts: Parts, at: tuple[Span, Span, s.Name | None]) -> s.Node:
        """Statements that begin with the name of something declared."""
        named = self.name(parts.tokens[0])
        given, bind, take = parts.first("with_pairs"), parts.first("bind"), parts.first("take")
        pairs = self.pairs(given) if given is not None else ()
        bound = self.name(bind) if bind is not None else None
        match word:
            case "send":
                by = self.channels(parts.kids["channels"]) if "channels" in parts.kids else ()
                return s.Send(*at, named, by, pairs, bound, self.otherwise(parts))
            case "decide":
                return s.Decide(*at, named, self.whole(take) if take is not None else None, pairs, bound, self.otherwise(parts))
            case "score":
                return s.Score(*at, named, bound, self.otherwise(parts))
            case "call_node":
                return s.CallWebhook(*at, named, pairs, bound, self.otherwise(parts))
            case "emit":
                return s.Emit(*at, named, pairs)
            case _:
                return s.StartJourney(*at, named, pairs)

    def lacks(self, message: str, at: tuple[Span, Span, s.Name | None], hint: str) -> None:
        """Report what a statement lacks, unless a mistake within it was told of: it may be what was meant."""
        span, word, _ = at
        if not self.told_within(span):
            self.found.append(Diagnostic("E102", message, word, hint))

    def told_within(self, span: Span) -> bool:
        return any(span.start <= d.span.start <= span.end for d in self.found)
