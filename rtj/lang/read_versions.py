"""Headers of a journey from YAML about versions: former names, and what a new version means for people inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rtj.base.diagnostic import Edit, Fix
from rtj.base.span import LINE_END
from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.lang.guesses import Kind
from rtj.lang.read_nodes import NodeReader

ON_DEPLOY = ("migrate", "pin", "boundary")
TIMERS = ("keep", "rebase", "restart")
MOVE = ("from", "to")
OUT = "exit"  # where `dropped` says it, people leave, whatever nodes are called
OLD, NEW = "the id of a node in earlier versions", "the id of a node"


class VersionReader(NodeReader):
    """One method for each header: its value in, its trees out."""

    def moved(self, node: y.YamlNode | None) -> tuple[s.Moved, ...]:
        """`moved: {nudge: nudge_sms}`."""
        return tuple([s.Moved(old.span, old, new) for old, new in self.changes(node, "moved")])

    def dropped(self, node: y.YamlNode | None) -> tuple[s.Dropped, ...]:
        """`dropped: {survey: exit, offer: wait_reply}`."""
        found = self.changes(node, "dropped")
        return tuple([s.Dropped(old.span, old, None if to.text == OUT else to) for old, to in found])

    def changes(self, node: y.YamlNode | None, key: str) -> Iterator[tuple[s.Name, s.Name]]:
        """Old ids and what stands behind them: a mapping from these to those, or `{from: …, to: …}`, one or a list."""
        if isinstance(node, y.Sequence):
            for item in node.items:
                yield from self.change(item, f"an item of `{key}`")
            return
        mapping = self.mapping(node, f"`{key}`")
        if mapping is not None and {pair.key.value for pair in mapping.pairs} == set(MOVE):
            yield from self.change(mapping, f"an item of `{key}`")
            return
        for pair in mapping.pairs if mapping is not None else ():
            yield from self.change_of(pair.key, pair.value)

    def change(self, item: y.YamlNode, what: str) -> Iterator[tuple[s.Name, s.Name]]:
        if isinstance(item, y.Mapping) and (pair := _bare(item, what)) is not None:
            hint, fix = _spelt_out(item, pair)
            self.report("E101", f"unknown key `{pair.key.value}` in {what}", pair.key.span, hint, fix)
            yield from self.change_of(pair.key, pair.value)
            return
        keys = self.keys(item, what, MOVE)
        if keys is not None:
            yield from self.change_of(keys.need("from", "the id that it had"), keys.need("to", "where people are now"))

    def change_of(self, old: y.YamlNode | None, new: y.YamlNode | None) -> Iterator[tuple[s.Name, s.Name]]:
        before, after = self.name(old, OLD), self.name(new, NEW)
        if before is not None and after is not None:
            yield before, after


def _bare(item: y.Mapping, what: str) -> y.Pair | None:
    """The only pair of `- nudge: nudge_sms`, unless its key may be one of those that belong there."""
    if len(item.pairs) != 1 or not isinstance(item.pairs[0].value, y.Scalar) or item.pairs[0].value.empty:
        return None
    pair = item.pairs[0]
    known: Sequence[str] = MOVE
    return None if pair.key.value in known or Kind(what, known).meant(pair.key.value, ()) is not None else pair


def _spelt_out(item: y.Mapping, pair: y.Pair) -> tuple[str, Fix | None]:
    """How to write `- nudge: nudge_sms`."""
    value = pair.value
    assert isinstance(value, y.Scalar)
    text = f"{{from: {pair.key.value}, to: {value.value}}}"
    start, end = (item.span.start, item.span.end) if item.flow else (pair.key.span.start, value.span.end)
    plain = not (pair.key.style or value.style or pair.key.properties or value.properties)
    one_line = LINE_END.search(item.span.source.text, start, end) is None
    fix = Fix(f"write {text}", (Edit(start, end, text),)) if plain and one_line else None
    return f"write `{text}`", fix
