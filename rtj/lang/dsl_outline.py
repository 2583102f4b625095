"""A file of the journey language as the nodes that the same journey has in YAML, with its places in the file: for comments that
cover a node, and for paths to what is found, which are the same in both spellings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

from rtj.base.span import Source, Span
from rtj.lang import yaml_nodes as y
from rtj.lang.dsl_nodes import kids_of
from rtj.lang.dsl_parse import parse_journeys
from rtj.lang.dsl_words import PIECE
from rtj.lang.phrase_build import ends

if TYPE_CHECKING:
    from lark import Token, Tree

# Rules of clauses -> their keys, where the first word of the clause is not the key.
CLAUSES = {"otherwise": "else", "runs_header": "runs", "exit_header": "exit", "bind": "as", "once_at": "once"}
LISTS = {"wait_for": "wait_for", "branch": "branch", "split": "arms"}
ITEMS = frozenset(("arm", "share", "event_case", "condition_case", "after_case", "until_case"))


def outline(source: Source) -> list[y.YamlNode]:
    """One mapping for each journey."""
    tree = parse_journeys(source, [])
    if tree is None:
        return []
    reader = _Outline(source)
    return [reader.journey(kid) for kid in kids_of(tree)]


def texts(source: Source) -> Iterator[tuple[int, int]]:
    """Where texts stand, in which `#` begins no comment."""
    return (match.span() for match in PIECE.finditer(source.text) if match.lastgroup == "text")


class _Outline:
    def __init__(self, source: Source) -> None:
        self.source = source

    def span(self, tree: Tree[Token]) -> Span:
        return Span(self.source, *ends(tree))

    def scalar(self, start: int, end: int) -> y.Scalar:
        return y.Scalar(Span(self.source, start, end), self.source.text[start:end], style="'")

    def key(self, start: int, name: str = "") -> y.Scalar:
        """The word at a place, as the key that it is."""
        word = PIECE.match(self.source.text, start)
        end = word.end() if word is not None else start
        return y.Scalar(Span(self.source, start, end), name or self.source.text[start:end])

    def journey(self, tree: Tree[Token]) -> y.Mapping:
        name, *rest = cast("list[Any]", tree.children)
        pairs = [y.Pair(self.key(self.span(tree).start, "journey"), self.scalar(name.start_pos, name.end_pos))]
        statements: list[Tree[Token]] = []
        for kid in rest:
            if isinstance(kid, str):
                token = cast("Token", kid)
                value = self.scalar((token.start_pos or 0) + 1, (token.end_pos or 1) - 1)
                pairs.append(y.Pair(y.Scalar(Span(self.source, value.span.start, value.span.start), "title"), value))
            elif kid.data in NODES:
                statements.append(kid)
            elif kid.data in CHANGES:
                self.change(pairs, kid)
            elif kid.data in LISTED and pairs[-1].key.value == self.header(kid):
                pairs[-1] = self.joined(pairs[-1], self.clause(kid))
            else:
                pairs.append(self.clause(kid))
        if statements:
            # the key stands behind the headers, so that a comment above the first statement covers that statement alone
            pairs.append(self.block(max(pair.value.span.end for pair in pairs), statements, "do"))
        return y.Mapping(self.span(tree), tuple(pairs))

    def clause(self, tree: Tree[Token]) -> y.Pair:
        """A header, or what belongs to a statement: its word and what stands behind it."""
        span, rule = self.span(tree), str(tree.data)
        key = self.key(span.start, CLAUSES.get(rule, ""))
        if rule in ("enter", "goal", "exit_header"):
            return y.Pair(key, self.mapping(tree, key.span.end))
        return y.Pair(key, self.rest(key.span.end, span.end))

    def clauses(self, tree: Tree[Token]) -> Iterator[y.Pair]:
        """A clause, and those that YAML may have beside it: the name of what happened, the audience of a schedule."""
        whole = self.clause(tree)
        last = kids_of(kids_of(tree)[0])[-1:] if tree.data == "on_pattern" else kids_of(tree)[-1:]
        beside = [kid for step in last for kid in kids_of(step) if kid.data == "bind"] if tree.data == "on_pattern" else []
        if tree.data in ("every", "once_at"):
            beside = last
        if not beside:
            yield whole
            return
        start = self.span(beside[0]).start
        yield y.Pair(whole.key, self.rest(whole.key.span.end, start))
        yield y.Pair(self.key(start), self.rest(self.key(start).span.end, self.span(beside[0]).end))
        if (behind := self.rest(self.span(beside[0]).end, whole.value.span.end)).value:
            yield y.Pair(y.Scalar(Span(self.source, behind.span.start, behind.span.start), whole.key.value), behind)

    def change(self, pairs: list[y.Pair], tree: Tree[Token]) -> None:
        """`moved a to b`: a pair of the mapping that several such lines are."""
        key = self.key(self.span(tree).start)
        old, new = (self.scalar(token.start_pos, token.end_pos) for token in cast("list[Any]", tree.children))
        made = y.Pair(old, new)
        before = pairs[-1]
        if before.key.value == key.value and isinstance(before.value, y.Mapping):
            both = (*before.value.pairs, made)
            pairs[-1] = y.Pair(before.key, y.Mapping(before.value.span.to(new.span), both))
        else:
            pairs.append(y.Pair(key, y.Mapping(old.span.to(new.span), (made,))))

    def header(self, tree: Tree[Token]) -> str:
        return CLAUSES.get(str(tree.data), str(tree.data))

    def joined(self, before: y.Pair, after: y.Pair) -> y.Pair:
        """Several ways in, goals or exits are a list."""
        if isinstance(before.value, y.Sequence):
            head, items = before.key, before.value.items
        else:  # the words are within the items, so that nothing stands before the first
            head, items = (
                y.Scalar(Span(self.source, before.key.span.start, before.key.span.start), before.key.value),
                (_item(before),),
            )
        both = (*items, _item(after))
        return y.Pair(head, y.Sequence(Span(self.source, both[0].span.start, both[-1].span.end), both))

    def rest(self, start: int, end: int) -> y.Scalar:
        """The text between two places, without blanks around it."""
        text = self.source.text[start:end]
        return self.scalar(start + len(text) - len(text.lstrip()), max(start, start + len(text.rstrip())))

    def mapping(self, tree: Tree[Token], start: int) -> y.Mapping:
        pairs = tuple([pair for kid in kids_of(tree) for pair in self.clauses(kid)])
        return y.Mapping(Span(self.source, pairs[0].key.span.start if pairs else start, self.span(tree).end), pairs)

    def block(self, start: int, statements: Iterable[Tree[Token]], key: str) -> y.Pair:
        items = tuple([self.node(kid) for kid in statements])
        end = items[-1].span.end if items else start
        head = y.Scalar(Span(self.source, start, start), key)
        return y.Pair(head, y.Sequence(Span(self.source, items[0].span.start if items else start, end), items))

    def node(self, tree: Tree[Token]) -> y.Mapping:
        """A statement: its word with what stands behind it, its clauses, its blocks, its cases or arms."""
        span, rule = self.span(tree), str(tree.data)
        inner = kids_of(tree)
        key = self.key(span.start)
        begin = min((self.span(kid).start for kid in inner if kid.data in BEHIND), default=span.end)
        pairs = [y.Pair(key, self.rest(key.span.end, min(begin, self._brace(key.span.end, span.end))))]
        listed: list[Tree[Token]] = []
        for kid in inner:
            if kid.data in ITEMS or (kid.data == "otherwise" and rule == "branch"):
                listed.append(kid)
            elif kid.data == "block":
                pairs.append(self.block(self.span(kid).start + 1, kids_of(kid), "do"))
            elif kid.data == "otherwise":
                pairs.append(self.block(self.span(kid).start, kids_of(kids_of(kid)[0]), "else"))
            elif kid.data == "id":
                at = self.span(kid)
                pairs.append(y.Pair(y.Scalar(Span(self.source, at.start, at.start), "id"), self.scalar(at.start + 1, at.end)))
            elif kid.data == "channels":
                at = self.span(kid)
                pairs.append(y.Pair(y.Scalar(Span(self.source, at.start, at.start), "by"), self.scalar(at.start, at.end)))
            elif kid.data in ("bind", "with_pairs", "take", "max", "collect_for", "collect_until"):
                pairs.append(self.clause(kid))
        if listed:
            items = tuple([self.item(kid) for kid in listed])
            where = Span(self.source, items[0].span.start, items[-1].span.end)
            brace = self._brace(key.span.end, where.start)  # before a comment that is about the first item
            pairs.append(y.Pair(y.Scalar(Span(self.source, brace, brace), LISTS[rule]), y.Sequence(where, items)))
        return y.Mapping(span, tuple(pairs))

    def item(self, tree: Tree[Token]) -> y.Mapping:
        """A case or an arm."""
        span, kids = self.span(tree), kids_of(tree)
        if tree.data == "otherwise":
            return y.Mapping(span, (self.block(span.start, kids_of(kids[0]), "else"),))
        if tree.data == "share":
            percent, name = cast("list[Token]", tree.children[:2])
            head = y.Scalar(Span(self.source, name.start_pos or 0, name.start_pos or 0), "arm")
            share = y.Scalar(Span(self.source, percent.start_pos or 0, percent.start_pos or 0), "share")
            pairs = [
                y.Pair(share, self.scalar(percent.start_pos or 0, percent.end_pos or 0)),
                y.Pair(head, self.scalar(name.start_pos or 0, name.end_pos or 0)),
            ]
        elif tree.data in ("after_case", "until_case"):
            pairs = [
                y.Pair(
                    self.key(span.start),
                    self.rest(self.key(span.start).span.end, self.span(kids[-1]).start if len(kids) == 2 else span.end),
                )
            ]
        else:
            pairs = [pair for kid in kids[:-1] for pair in self.clauses(kid)]
        if kids and kids[-1].data == "block":
            pairs.append(self.block(self.span(kids[-1]).start + 1, kids_of(kids[-1]), "do"))
        return y.Mapping(span, tuple(pairs))

    def _brace(self, start: int, end: int) -> int:
        """The first bracket of a block between two places, outside of texts."""
        for match in PIECE.finditer(self.source.text, start, end):
            if match.group() == "{":
                return match.start()
        return end


def _item(pair: y.Pair) -> y.YamlNode:
    """What stands behind a word, from that word on."""
    value = pair.value
    assert isinstance(value, y.Mapping)
    return y.Mapping(pair.key.span.to(value.span), value.pairs)


LISTED = frozenset(("enter", "goal", "exit_header"))
CHANGES = frozenset(("moved", "dropped"))
# What may stand behind the value of a statement's word.
BEHIND = ITEMS | {
    "otherwise", "block", "id", "bind", "with_pairs", "take", "max", "collect_for", "collect_until", "channels",
}  # fmt: skip
NODES = frozenset(
    (
        "wait_node", "wait_until_node", "wait_for", "branch", "split", "repeat", "send", "decide", "score", "call_node",
        "collect", "set", "emit", "start", "exit",
    )
)  # fmt: skip
