"""Reading the shape of YAML: which keys a mapping may have, which kind a value must be. What is wrong is collected."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from rtj.base.diagnostic import Diagnostic, Fix, Label
from rtj.base.span import LINE_END, Source, Span
from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.lang.guesses import Kind, close_words, closest, known_here
from rtj.lang.key_fixes import blank_behind, joined, respelt_key
from rtj.lang.key_habits import choice_meant, told
from rtj.lang.kind_habits import SHAPES, in_brackets, in_one_text, one_text_fix, one_text_hint, without_marks
from rtj.lang.mending import Change, mended, respelt
from rtj.lang.phrase_forms import FormBuilder
from rtj.lang.phrases import parse_phrase
from rtj.lang.scalar_map import Located, locate
from rtj.lang.yaml_errors import BLOCK_STYLE
from rtj.lang.yaml_fixes import swallowed

if TYPE_CHECKING:
    from lark import Token, Tree

T = TypeVar("T")
CUT = "`,` ends a value inside {…}"
NAME_SHOWN = 40  # characters of a name that is proposed
UNKNOWN_MAX = 100  # keys of one mapping that are told
PHRASES_MAX = 100_000  # characters of all phrases of a file
BROKEN_MAX = 1_000  # phrases of a file that the grammar does not take; for the first of them ways out are looked for
SLIPS_MAX = 100  # so many
TOO_MANY = f"more than {PHRASES_MAX:,} characters of phrases in one file"
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SHARE = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,4}))?%")
TRUTH = {"yes": "true", "on": "true", "y": "true", "true": "true", "no": "false", "off": "false", "n": "false", "false": "false"}
WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
KINDS = {y.Scalar: "a text", y.Mapping: "a mapping", y.Sequence: "a list", y.Broken: "a mistake"}


class Keys:
    """A mapping whose keys are known to be legal."""

    def __init__(self, reader: Reader, node: y.Mapping, kind: Kind, head: Span | None) -> None:
        self.reader, self.node = reader, node
        self.pairs = {p.key.value: p for p in node.pairs if p.key.value in kind.legal}
        self.head = head or (node.pairs[0].key.span if node.pairs else node.span)
        self.unknown = [p for p in node.pairs if p.key.value not in kind.legal][: UNKNOWN_MAX + 1]
        self.meant = {kind.meant(p.key.value, self.pairs) for p in self.unknown}
        self.reported: dict[int, str] = {}  # places in `reader.found` -> the unknown keys reported there
        self.guessed: set[str] = set()  # keys that stand there misspelt, which is reported; their values are read all the same
        for pair in self.unknown:
            key = None if isinstance(pair.value, y.Scalar) and pair.value.empty else kind.sure(pair.key.value, self.pairs)
            if key is not None and key not in self.pairs:
                self.pairs[key] = pair
                self.guessed.add(key)

    def __contains__(self, key: str) -> bool:
        return key in self.pairs

    def get(self, key: str) -> y.YamlNode | None:
        """The value; None when the key is not there. A key without a value is reported here."""
        pair = self.pairs.get(key)
        if pair is None or isinstance(pair.value, y.Broken):
            return None
        if isinstance(pair.value, y.Scalar) and pair.value.empty:
            self.reader.report("E102", f"`{key}` has no value", pair.key.span)
            return None
        return pair.value

    def need(self, key: str, hint: str = "") -> y.YamlNode | None:
        """The value of a key that must be there."""
        if key not in self.pairs:
            self.lacks((key,), f"`{key}` is missing", hint)
        elif key in self.guessed:
            self.certain((key,))
        return self.get(key)

    def lacks(self, keys: Sequence[str], message: str, hint: str = "") -> None:
        """Report that none of `keys` is there, unless a misspelt one was reported already: then there is no doubt what it is."""
        if self.meant.isdisjoint(keys):
            self.reader.report("E102", message, self.head, hint)
        else:
            self.certain(keys)

    def certain(self, keys: Sequence[str]) -> None:
        """One of `keys` must be there, and none is but for a misspelt one: its fix is safe if it can be no other."""
        guilty = [place for place, word in self.reported.items() if close_words(word, keys)]
        if len(guilty) == 1 and len(meant := close_words(self.reported[guilty[0]], keys)) == 1 and meant <= self.meant:
            self.reader.make_sure(guilty[0])

    def key_span(self, key: str) -> Span:
        return self.pairs[key].key.span

    def only_one(self, keys: Sequence[str]) -> str | None:
        """The one of `keys` that is there; the first when there are several, which is reported."""
        there = [k for k in self.pairs if k in keys and k not in self.guessed]
        if not there and (guessed := [k for k in self.pairs if k in keys]):
            self.certain(keys)
            return guessed[0]
        if len(there) > 1:
            label = Label(self.key_span(there[0]), "the first stands here")
            message = f"`{there[1]}` cannot stand beside `{there[0]}`"
            self.reader.found.append(Diagnostic("E104", message, self.key_span(there[1]), "", (label,)))
        return there[0] if there else None


class Reader:
    """Reads nodes of one file. Methods return None for what they have reported."""

    def __init__(self, source: Source, found: list[Diagnostic]) -> None:
        self.source = source
        self.found = found
        self.seen = self.wrong = 0  # of `found`: how many were looked at, and how many of these are errors
        self.read = self.slips = 0  # characters of phrases, and phrases that the grammar did not take

    def report(self, code: str, message: str, span: Span, hint: str = "", fix: Fix | None = None) -> None:
        self.found.append(Diagnostic(code, message, span, hint, fix=fix))

    def make_sure(self, place: int) -> None:
        """The fix of what was reported there is the only one that there can be."""
        found = self.found[place]
        if found.fix is not None:
            self.found[place] = replace(found, fix=replace(found.fix, safe=True))

    def errors(self) -> int:
        """How many errors there are so far."""
        self.wrong += sum(d.severity == "error" for d in islice(self.found, self.seen, None))
        self.seen = len(self.found)
        return self.wrong

    # ---- mappings and lists

    def keys(self, node: y.YamlNode | None, what: str, legal: Sequence[str], head: Span | None = None) -> Keys | None:
        """A mapping with keys out of `legal`; unknown ones are reported and left out. `head`: where to report missing keys."""
        return self.keys_of(node, Kind(what, legal), head)

    def keys_of(self, node: y.YamlNode | None, kind: Kind, head: Span | None = None) -> Keys | None:
        """The same of a kind of mapping."""
        mapping = self.mapping(node, kind.what)
        if mapping is None:
            return None
        keys = Keys(self, mapping, kind, head)
        for pair in keys.unknown[:UNKNOWN_MAX]:
            if not kind.foreign(pair.key.value):  # what other tools call so is only guessed
                keys.reported[len(self.found)] = pair.key.value
            self.unknown_key(pair, mapping, kind)
        for pair in keys.unknown[UNKNOWN_MAX:]:
            message = f"more than {UNKNOWN_MAX} unknown keys in {kind.what}: the rest is not looked at"
            self.report("E101", message, pair.key.span)
        return keys

    def unknown_key(self, pair: y.Pair, mapping: y.Mapping, kind: Kind) -> None:
        key, value, what, legal = pair.key, pair.value, kind.what, kind.legal
        bare = mapping.flow and isinstance(value, y.Scalar) and value.style == "" and value.span.start == value.span.end
        bare = bare and not self.source.text[key.span.end : key.span.end + 80].lstrip().startswith(":")
        if bare and re.match(r"\w+:\S", key.value):
            fix = blank_behind(pair, mapping, legal)
            self.report("E101", f"unknown key `{key.value}` in {what}", key.span, "`:` needs a blank behind it", fix)
            return
        if bare and self.source.text[max(0, key.span.start - 80) : key.span.start].rstrip().endswith(","):
            message = f"{CUT}, so `{key.value}` became a key"
            self.report("E101", message, key.span, BLOCK_STYLE, joined(pair, mapping))
            return
        others = {p.key.value for p in mapping.pairs if p is not pair}
        foreign, meant = told(what, key.value), kind.meant(key.value, others)
        if foreign is not None:
            self.report("E101", f"unknown key `{key.value}` in {what}", key.span, foreign.hint)
            return
        hint = (
            f"did you mean `{meant}`?"
            if meant is not None
            else known_here([k for k in dict.fromkeys(kind.fitting) if k not in others])
        )
        if key.value in ("true", "True") and "on" in legal:
            hint = "it was `on:` until a YAML 1.1 tool rewrote it: write `on:`"
        elif key.value in ("y", "yes", "no", "n", "false"):
            hint += "; a YAML 1.1 tool may have rewritten it"
        fix = respelt_key(self.located(key), mapping, meant)
        self.report("E101", f"unknown key `{key.value}` in {what}", key.span, hint, fix)

    def mapping(self, node: y.YamlNode | None, what: str) -> y.Mapping | None:
        if node is None or isinstance(node, y.Broken):
            return None
        if isinstance(node, y.Mapping):
            return node
        hint = f"write `{SHAPES[what]}`" if what in SHAPES and isinstance(node, y.Scalar) else ""
        self.wrong_kind(node, f"a mapping: {what}", hint)
        return None

    def items(self, node: y.YamlNode | None, what: str) -> tuple[y.YamlNode, ...]:
        """The items of a list."""
        if node is None or isinstance(node, y.Broken):
            return ()
        if isinstance(node, y.Sequence):
            return node.items
        fix = in_brackets(node)
        self.wrong_kind(node, f"a list: {what}", "a list has brackets, `[…]`" if fix else "begin each item with `- `", fix)
        return ()

    def one_or_more(self, node: y.YamlNode | None) -> tuple[y.YamlNode, ...]:
        """The items of a list, or the one thing that stands in its place."""
        if node is None or isinstance(node, y.Broken):
            return ()
        return node.items if isinstance(node, y.Sequence) else (node,)

    def some(self, node: y.YamlNode | None, what: str) -> tuple[y.YamlNode, ...]:
        """The same, where an empty list would say nothing; it is reported."""
        if isinstance(node, y.Sequence) and not node.items:
            self.report("E102", f"the list is empty; expected {what}", y.opening(node), "name one, or leave the key out")
        return self.one_or_more(node)

    def wrong_kind(self, node: y.YamlNode, wanted: str, hint: str = "", fix: Fix | None = None) -> None:
        span = node.span if isinstance(node, y.Scalar) else y.opening(node)
        self.report("E103", f"expected {wanted}; found {KINDS[type(node)]}", span, hint, fix)

    # ---- scalars

    def text(self, node: y.YamlNode | None, what: str = "a text") -> s.Text | None:
        if node is None or isinstance(node, y.Broken):
            return None
        if not isinstance(node, y.Scalar):
            hint = "quote it if it is a text that begins with a bracket or brace" if node.span.text[:1] in ("[", "{") else ""
            self.wrong_kind(node, what, hint)
            return None
        if node.empty:
            self.report("E102", f"expected {what}; found nothing", node.span)
            return None
        return s.Text(node.span, node.value, node.style != "")

    def name(self, node: y.YamlNode | None, what: str = "a name", hint: str = "") -> s.Name | None:
        text = self.text(node, what)
        if text is None:
            return None
        if IDENTIFIER.fullmatch(text.value):
            span = text.span
            if text.quoted and isinstance(node, y.Scalar):
                span = self.located(node).piece(0, len(text.value))
            return s.Name(span, text.value)
        meant = re.sub(r"[^A-Za-z0-9]+", "_", without_marks(text.value)).strip("_").lower()
        better = f": `{meant}`" if IDENTIFIER.fullmatch(meant) and len(meant) <= NAME_SHOWN else ""
        letters = "letters" if text.value.isascii() else "letters from a to z"
        told = f"names have {letters}, digits and `_`{better}" + (f"; {hint}" if hint else "")
        self.report("E106", f"`{text.value}` is not a name", text.span, told)
        return None

    def name_or_raw(self, node: y.YamlNode | None, what: str, hint: str = "") -> s.Name | None:
        """A name; one that is none is reported and taken as it stands, so that what it names is looked at all the same."""
        name = self.name(node, what, hint)
        if name is None and isinstance(node, y.Scalar) and not node.empty:
            return s.Name(node.span, node.value)
        return name

    def names(self, node: y.YamlNode | None, what: str = "a name") -> tuple[s.Name, ...]:
        return tuple([n for item in self.some(node, what) if (n := self.name(item, what)) is not None])

    def choice(self, node: y.YamlNode | None, options: Sequence[str], what: str) -> str | None:
        text = self.text(node, what)
        if text is None:
            return None
        if text.value in options:
            return text.value
        meant = choice_meant(text.value, options) or closest(text.value, options)
        fix = respelt(text.span, text.value, meant, safe=text.value.lower() == meant) if meant is not None else None
        hint = f"did you mean `{meant}`?" if meant is not None else known_here(options)
        self.report("E105", f"expected {what}; found `{text.value}`", text.span, hint, fix)
        return None

    def flag(self, node: y.YamlNode | None) -> bool:
        """`true` or `false`; False for what is neither."""
        text = self.text(node, "true or false")
        if text is None:
            return False
        if text.value not in ("true", "false"):
            meant = TRUTH.get(text.value.lower())
            fix = respelt(text.span, text.value, meant, safe=True) if meant is not None else None
            hint = "YAML 1.2 has only these two" if meant is not None else ""
            self.report("E105", f"expected true or false; found `{text.value}`", text.span, hint, fix)
        return text.value == "true"

    def whole(self, node: y.YamlNode | None, least: int = 0) -> s.Number | None:
        text = self.text(node, "a whole number")
        if text is None:
            return None
        if WHOLE_NUMBER.fullmatch(text.value) and int(text.value) >= least:
            return s.Number(text.span, int(text.value))
        at_least = f", {least} or more" if least > 0 else ""
        self.report("E105", f"expected a whole number{at_least}; found `{text.value}`", text.span)
        return None

    def share(self, node: y.YamlNode | None) -> int | None:
        """A percentage, in millionths of the whole."""
        text = self.text(node, "a share such as 45%")
        if text is None:
            return None
        match = SHARE.fullmatch(text.value)
        if match is not None and (millionths := int(match[1]) * 10_000 + int((match[2] or "").ljust(4, "0"))) <= 1_000_000:
            return millionths
        if re.fullmatch(r"0?\.\d{1,4}", text.value):
            hint = f"shares are percentages: {float(text.value) * 100:g}%"
            self.report("E105", f"expected a share such as 45%; found `{text.value}`", text.span, hint)
            return None
        bare = re.fullmatch(r"(\d{1,2}(?:\.\d{1,4})?)\s*[%％]?", text.value)
        fix: Fix | None = None
        if bare is not None and isinstance(node, y.Scalar):  # 0 and 1 may be meant as none and all
            edits = mended(self.located(node), [Change(len(bare[1]), len(text.value), "%")])
            fix = Fix(f"write {bare[1]}%", edits, safe=float(bare[1]) > 1) if edits else None
        hint = f"write {bare[1]}%" if bare is not None else "from 0% to 100%, at most four decimals"
        self.report("E105", f"expected a share such as 45%; found `{text.value}`", text.span, hint, fix)
        return None

    # ---- phrases

    def located(self, node: y.Scalar) -> Located:
        return locate(self.source, node.span, node.value, node.style, properties=node.properties)

    def phrase(self, node: y.YamlNode | None, start: str, build: Callable[[FormBuilder, Tree[Token]], T], what: str) -> T | None:
        """A phrase read from the start symbol `start`; `what` it is, for a value of the wrong kind."""
        if isinstance(node, y.Mapping | y.Sequence) and (meant := in_one_text(start, node)):
            self.wrong_kind(node, what, one_text_hint(meant), one_text_fix(node, meant))
            return None
        if self.text(node, what) is None or not isinstance(node, y.Scalar):
            return None
        before = len(self.found)
        if self.too_much(node):
            return None
        result = parse_phrase(self.located(node), start, build, self.found, mend=self.slips < SLIPS_MAX)
        self.slips += result is None
        if result is None and len(self.found) > before and "found the end" in self.found[before].message:
            self.comment_behind(node, before)
            self.cut_by_comma(node, before)
        return result

    def cut_by_comma(self, node: y.Scalar, number: int) -> None:
        """A phrase that breaks off where `,` ended it inside {…} was told of there."""
        behind = re.compile(r"\s*,\s*").match(self.source.text, node.span.end)
        if behind is not None and any(d.span.start == behind.end() and d.message.startswith(CUT) for d in self.found[:number]):
            del self.found[number]

    def too_much(self, node: y.Scalar) -> bool:
        """Are there more phrases in this file than are read, or more that cannot be? It is told once."""
        if self.read > PHRASES_MAX:
            return True
        self.read += len(node.value)
        if self.read > PHRASES_MAX:
            self.report("E005", f"{TOO_MANY}: what follows is not read", node.span, "split it into several files")
        elif self.slips >= BROKEN_MAX:
            message = f"more than {BROKEN_MAX:,} phrases in one file that cannot be read: what follows is not read"
            self.report("E005", message, node.span)
            self.read = PHRASES_MAX + 1
        return self.read > PHRASES_MAX

    def comment_behind(self, node: y.Scalar, number: int) -> None:
        """A phrase that breaks off where ` #` begins a comment was probably meant to go on."""
        if node.style == "" and re.match(r"[ \t]+#", self.source.text[node.span.end : node.span.end + 80]):
            first = self.found[number]
            hint = "` #` begins a comment in YAML: quote the whole value"
            line_end = LINE_END.search(self.source.text, node.span.end)
            comment = Span(self.source, node.span.end, line_end.start() if line_end else len(self.source.text))
            fix = swallowed(node.span.start, comment) if not node.properties else None
            self.found[number] = replace(first, hint=hint, fix=fix)

    def expr(self, node: y.YamlNode | None, what: str = "a condition or value") -> s.Expr | None:
        return self.phrase(node, "expr", FormBuilder.expr, what)

    def length(self, node: y.YamlNode | None) -> s.Length | None:
        return self.phrase(node, "length", FormBuilder.length, "a length such as 30m or 2 weeks")

    def pairs(self, node: y.YamlNode | None) -> tuple[s.Pair, ...] | None:
        return self.phrase(node, "pairs", FormBuilder.pairs, "pairs such as `gift = g, left = 3`")


def to_json(node: y.YamlNode) -> str:
    """Canonical JSON of a node, with the scalars of YAML 1.2: plain null, true, false and numbers are what they look like."""
    return json.dumps(_plain(node), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(node: y.YamlNode) -> object:
    match node:
        case y.Mapping():
            return {p.key.value: _plain(p.value) for p in node.pairs}
        case y.Sequence():
            return [_plain(item) for item in node.items]
        case y.Broken():
            return None
    if node.style:
        return node.value
    if node.empty:
        return None
    if node.value in ("true", "false"):
        return node.value == "true"
    if re.fullmatch(r"[-+]?\d{1,18}", node.value):
        return int(node.value)
    if re.fullmatch(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d{1,2})?", node.value) and len(node.value) < 40:
        return float(node.value)
    return node.value
