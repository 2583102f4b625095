"""Nodes of a journey from YAML: the word, its clauses, its blocks, its cases and arms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from rtj.base.span import Span
from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.lang.guesses import Kind, close_words, closest, known_here, likely, near
from rtj.lang.key_fixes import blank_behind, blank_within, respelt_key
from rtj.lang.key_habits import node_meant
from rtj.lang.phrase_forms import FormBuilder
from rtj.lang.read_triggers import TriggerReader
from rtj.lang.shape import Keys

T = TypeVar("T")

CLAUSES: dict[str, tuple[str, ...]] = {
    "wait": ("do", "else"),
    "wait_for": (),
    "branch": (),
    "split": ("per", "arms"),
    "repeat": ("until", "do"),
    "send": ("by", "with", "as", "else"),
    "decide": ("take", "with", "as", "else"),
    "score": ("as", "else"),
    "call": ("with", "as", "else"),
    "collect": ("for", "until", "max", "as"),
    "set": (),
    "emit": ("with",),
    "start": ("with",),
    "exit": (),
}
CASE = ("on", "as", "when", "after", "until", "do")
ARM = ("when", "do", "else")
SHARE_ARM = ("arm", "share", "do")
PER = ("entry",)
CLAUSE_WORDS = frozenset({"id"}.union(*CLAUSES.values()))


class NodeReader(TriggerReader):
    """Reads blocks. What cannot be read is left out and reported."""

    def block(self, node: y.YamlNode | None, word: Span) -> s.Block:
        """The nodes of `do` or `else`. `word`: the place of an empty block."""
        if node is None or (isinstance(node, y.Scalar) and node.empty):
            return s.Block(word, ())
        return s.Block(node.span, self.nodes(node))

    def nodes(self, node: y.YamlNode | None) -> tuple[s.Node, ...]:
        return tuple([n for item in self.items(node, "nodes") if (n := self.node(item)) is not None])

    def node(self, node: y.YamlNode) -> s.Node | None:
        if isinstance(node, y.Scalar) and node.value == "exit":
            return s.Exit(node.span, node.span, None)
        if not isinstance(node, y.Mapping):
            if not isinstance(node, y.Broken):
                hint = f"write `{node.value}: …`" if isinstance(node, y.Scalar) and node.value in CLAUSES else ""
                fix = blank_within(node, CLAUSES) if isinstance(node, y.Scalar) else None
                self.wrong_kind(node, "a node such as `send: welcome`", "`:` needs a blank behind it" if fix else hint, fix)
            return None
        words = [p for p in node.pairs if p.key.value in CLAUSES]
        if not words:
            guessed = self.no_word(node)
            if guessed is None:
                return None
            node, words = guessed
        word = words[0]
        clauses = [clause for pair in words for clause in CLAUSES[pair.key.value]]
        legal = ("id", word.key.value, *CLAUSES[word.key.value])
        kind = Kind(f"`{word.key.value}`", ("id", *CLAUSES, *clauses), legal)
        keys = self.keys_of(node, kind, word.key.span)
        if keys is None:
            return None
        for pair in node.pairs:
            if pair.key.value in CLAUSES and pair.key.value not in legal:
                hint = "each node is an item of its own: begin it with `- `"
                self.report("E104", f"`{pair.key.value}` cannot stand beside `{word.key.value}`", pair.key.span, hint)
        return self.by_word(word.key.value, keys)

    def no_word(self, node: y.Mapping) -> tuple[y.Mapping, list[y.Pair]] | None:
        """Report a node without its word; if it is only misspelt, the node and its pair as they are meant."""
        if not node.pairs:
            self.report("E102", "an empty node", node.span, near("", CLAUSES))
            return None
        glued = [
            p for p in node.pairs if p.key.value.split(":")[0] in CLAUSES and blank_behind(p, node, tuple(CLAUSES)) is not None
        ]
        for pair in glued:
            fix = blank_behind(pair, node, tuple(CLAUSES))
            self.report("E101", f"no node begins with `{pair.key.value}`", pair.key.span, "`:` needs a blank behind it", fix)
        if glued:
            return None
        names = [p.key for p in node.pairs if p.key.value not in CLAUSE_WORDS] or [p.key for p in node.pairs]
        key = next((k for k in names if node_meant(k.value) is not None), names[0])
        meant = node_meant(key.value)
        if meant is not None:
            fix = respelt_key(self.located(key), node, meant.renames or None)
            self.report("E101", f"no node begins with `{key.value}`", key.span, meant.hint, fix)
            return None
        guesses = [k for k in names if k.value not in CLAUSE_WORDS and closest(k.value, CLAUSES) is not None]
        key = guesses[0] if guesses else key
        others = {p.key.value for p in node.pairs if p.key is not key}
        fitting = [word for word in close_words(key.value, CLAUSES) if others <= {"id", *CLAUSES[word]}]
        sure = len(guesses) == 1 and len(fitting) == 1
        word = fitting[0] if sure else closest(key.value, CLAUSES) if guesses else None
        hint = near(key.value, fitting if sure else CLAUSES) if guesses else known_here(tuple(CLAUSES))
        fix = respelt_key(self.located(key), node, word)
        fix = replace(fix, safe=sure) if fix is not None else None
        self.report("E101", f"no node begins with `{key.value}`", key.span, hint, fix)
        likely_word = word if sure else likely(key.value, CLAUSES) if guesses else None
        if likely_word is None:
            return None
        pairs = [y.Pair(replace(p.key, value=likely_word), p.value) if p.key is key else p for p in node.pairs]
        return replace(node, pairs=tuple(pairs)), [p for p in pairs if p.key.value == likely_word]

    def by_word(self, word: str, keys: Keys) -> s.Node | None:
        at = self.statement(word, keys)
        match word:
            case "wait":
                return self.wait(keys, *at)
            case "wait_for":
                return self.wait_for(keys, *at)
            case "branch":
                return self.branch(keys, *at)
            case "split":
                return self.split(keys, *at)
            case "repeat":
                return self.repeat(keys, *at)
            case "send" | "decide" | "score" | "call":
                return self.asking(word, keys, at)
            case "collect":
                return self.collect(keys, *at)
            case "set":
                assigns = self.phrase(keys.get("set"), "assigns", FormBuilder.assigns, "assignments: profile.tier = 'gold'")
                return s.SetAttributes(*at, assigns) if assigns else None
            case "emit" | "start":
                return self.naming(word, keys, at)
            case _:
                return self.leave(keys, *at)

    def statement(self, word: str, keys: Keys) -> tuple[Span, Span, s.Name | None]:
        """Span, word and id, as all nodes begin."""
        name = self.name_or_raw(keys.get("id"), "an id") if "id" in keys else None
        return keys.node.span, keys.key_span(word), name

    def leave(self, keys: Keys, span: Span, word: Span, name: s.Name | None) -> s.Node:
        value = keys.pairs["exit"].value
        empty = isinstance(value, y.Scalar) and value.empty
        return s.Exit(span, word, name, None if empty else self.text(value, "a reason"))

    # ---- waiting

    def wait(self, keys: Keys, span: Span, word: Span, name: s.Name | None) -> s.Node | None:
        what = self.phrase(keys.get("wait"), "wait", FormBuilder.wait, "a length such as 2h, or `until 09:00`")
        body, otherwise = self.optional_block(keys, "do"), self.optional_block(keys, "else")
        if what is None:
            return None
        if isinstance(what, s.ClockMoment | s.DayMoment | s.ExprMoment):
            return s.WaitUntil(span, word, name, what, body, otherwise)
        for key in ("do", "else"):
            if key in keys:
                hint = "nodes behind a wait just follow it"
                self.report("E104", f"`{key}` belongs to `wait: until …`", keys.key_span(key), hint)
        return s.Wait(span, word, name, what)

    def optional_block(self, keys: Keys, key: str) -> s.Block | None:
        return self.block(keys.pairs[key].value, keys.key_span(key)) if key in keys else None

    def wait_for(self, keys: Keys, span: Span, word: Span, name: s.Name | None) -> s.Node | None:
        items = self.items(keys.get("wait_for"), "cases such as `- {on: login, do: […]}`")
        if not items:
            if "wait_for" in keys and isinstance(keys.pairs["wait_for"].value, y.Sequence):
                self.report("E102", "`wait_for` has no case", word, "for example `- after: 3d`")
            return None
        cases = [case for item in items if (case := self.case(item)) is not None]
        return s.WaitFor(span, word, name, tuple(cases))

    def case(self, node: y.YamlNode) -> s.Case | None:
        keys = self.keys(node, "a case of `wait_for`", CASE)
        if keys is None:
            return None
        head = keys.only_one(("on", "after", "until")) or ("when" if "when" in keys else None)
        if head in keys.guessed:
            keys.certain(("on", "when", "after", "until"))
        if head is None:
            keys.lacks(("on", "when", "after", "until"), "a case says `on`, `when`, `after` or `until`")
            return None
        body = self.optional_block(keys, "do") or s.Block(keys.key_span(head), ())
        span = keys.node.span
        if head != "on":
            self.alone(keys, head, ("as", *(() if head == "when" else ("when",))))
        match head:
            case "on":
                pattern, when = self.pattern(keys), self.condition(keys)
                return s.EventCase(span, pattern, when, body) if pattern is not None else None
            case "when":
                condition = self.condition(keys)
                return s.ConditionCase(span, condition, body) if condition is not None else None
            case "after":
                length = self.expr(keys.get("after"), "a length such as 3d")
                return s.AfterCase(span, length, body) if length is not None else None
            case _:
                moment = self.moment(keys.get("until"))
                return s.UntilCase(span, moment, body) if moment is not None else None

    def moment(self, node: y.YamlNode | None) -> s.Moment | None:
        return self.phrase(node, "moment", FormBuilder.moment, "a moment such as 09:00 or `friday at 10:00`")

    def collect(self, keys: Keys, span: Span, word: Span, name: s.Name | None) -> s.Node | None:
        step = self.phrase(keys.get("collect"), "collecting", FormBuilder.collecting, "events, maybe with `where`")
        bind = self.name(keys.need("as", "a name for the list of events"))
        end = keys.only_one(("for", "until"))
        length = self.length(keys.get("for")) if end == "for" else None
        until = self.moment(keys.get("until")) if end == "until" else None
        if end is None:
            keys.lacks(("for", "until"), "`collect` says `for` how long or `until` when")
        most = self.whole(keys.get("max"), 1)
        if step is None or (length is None and until is None):
            return None
        return s.Collect(span, word, name, step, bind, length, until, most)

    # ---- choosing

    def branch(self, keys: Keys, span: Span, word: Span, name: s.Name | None) -> s.Node | None:
        arms: list[s.Arm] = []
        otherwise: s.Block | None = None
        items = self.items(keys.get("branch"), "arms such as `- {when: …, do: […]}`")
        for number, item in enumerate(items):
            arm = self.keys(item, "an arm of `branch`", ARM)
            if arm is None:
                continue
            if "else" in arm:
                self.alone(arm, "else", ("when", "do"))
                if number < len(items) - 1:
                    self.report("E104", "`else` is the last arm", arm.key_span("else"), "what stands behind it is never reached")
                otherwise = self.optional_block(arm, "else")
                continue
            condition = self.expr(arm.need("when"), "a condition")
            body = self.optional_block(arm, "do") or s.Block(arm.head, ())
            if condition is not None:
                arms.append(s.Arm(arm.node.span, condition, body))
        if not items and "branch" in keys and isinstance(keys.pairs["branch"].value, y.Sequence):
            self.report("E102", "`branch` has no arm", word)
        return s.Branch(span, word, name, tuple(arms), otherwise) if arms else None

    def split(self, keys: Keys, span: Span, word: Span, name: s.Name | None) -> s.Node | None:
        salt, listed = self.salt(keys)
        per = self.choice(keys.get("per"), PER, "`entry` (or no `per`)") if "per" in keys else None
        arms: list[s.Share] = []
        items = self.items(listed, "arms such as `- {arm: plain, share: 50%}`")
        if isinstance(listed, y.Sequence) and not items:
            self.report("E102", "`split` has no arm", word)
        for item in items:
            arm = self.keys(item, "an arm of `split`", SHARE_ARM)
            if arm is None:
                continue
            arm_name, share_node = self.name(arm.need("arm")), arm.need("share")
            share = self.share(share_node)
            body = self.optional_block(arm, "do")
            if arm_name is not None and share is not None and share_node is not None:
                arms.append(s.Share(arm.node.span, arm_name, share, share_node.span, body))
        whole = len(arms) == len(items)
        return s.Split(span, word, name, salt, tuple(arms), per is not None, whole) if salt is not None and arms else None

    def salt(self, keys: Keys) -> tuple[s.Text | None, y.YamlNode | None]:
        """The salt of a split and its arms, wherever they stand."""
        value = keys.pairs["split"].value
        if isinstance(value, y.Sequence) and "arms" not in keys:
            hint = "behind `split` stands the name of the test, below it `arms:`"
            self.wrong_kind(value, "a salt, such as the name of the test", hint)
            return None, value
        if isinstance(value, y.Scalar) and value.empty:
            hint = "the name of the test, such as `split: subject-2026`: chance is a hash of it and of the person"
            self.report("E102", "`split` has no value", keys.key_span("split"), hint)
            return None, keys.need("arms")
        return self.text(value, "a salt, such as the name of the test"), keys.need("arms")

    def repeat(self, keys: Keys, span: Span, word: Span, name: s.Name | None) -> s.Node | None:
        times = self.phrase(keys.get("repeat"), "times", FormBuilder.times, "a number of rounds such as `3 times`")
        until = self.expr(keys.get("until"), "a condition")
        keys.need("do")
        body = self.optional_block(keys, "do")
        return s.Repeat(span, word, name, times, body, until) if times is not None and body is not None else None

    # ---- asking the world

    def asking(self, word: str, keys: Keys, at: tuple[Span, Span, s.Name | None]) -> s.Node | None:
        """send, decide, score, call: a name, what goes with it, a name for the answer, what if it cannot be done."""
        hint = {"send": "texts are in its template", "call": "addresses stand in `webhooks:`"}.get(word, "")
        read = self.name_or_raw if word == "send" else self.name  # any name is a message; the others are declared
        named = read(keys.get(word), f"what to {word}", hint)
        pairs = (self.pairs(keys.get("with")) or ()) if "with" in keys else ()
        bind = self.name(keys.get("as"))
        otherwise = self.optional_block(keys, "else")
        if word == "send":
            by = self.phrase(keys.get("by"), "channels", FormBuilder.channels, "channels such as `push else email`")
            whole = by is not None or "by" not in keys
            return s.Send(*at, named, by or (), pairs, bind, otherwise, whole) if named is not None else None
        if word == "decide":
            take = self.whole(keys.get("take"), 1)
            return s.Decide(*at, named, take, pairs, bind, otherwise) if named is not None else None
        if named is None:
            return None
        if word == "score":
            return s.Score(*at, named, bind, otherwise)
        return s.CallWebhook(*at, named, pairs, bind, otherwise)

    def naming(self, word: str, keys: Keys, at: tuple[Span, Span, s.Name | None]) -> s.Node | None:
        named = self.name(keys.get(word), "an event" if word == "emit" else "a journey")
        pairs = self.pairs(keys.get("with")) if "with" in keys else ()
        if named is None:
            return None
        made = s.Emit if word == "emit" else s.StartJourney
        return made(*at, named, pairs or (), pairs is not None)

    def alone(self, keys: Keys, head: str, others: Sequence[str]) -> None:
        """Report keys that have no meaning beside `head`."""
        for key in others:
            if key in keys and key not in keys.guessed:
                self.report("E104", f"`{key}` cannot stand beside `{head}`", keys.key_span(key))
