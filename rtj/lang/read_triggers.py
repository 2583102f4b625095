"""What lets people in and what ends their way: `enter`, `goal`, `exit` from YAML."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal, cast

from rtj.base.diagnostic import Diagnostic, Label
from rtj.base.span import Span
from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.lang.key_fixes import in_braces
from rtj.lang.mending import respelt
from rtj.lang.phrase_forms import FormBuilder
from rtj.lang.shape import Keys, Reader

ENTER = ("on", "every", "once", "by", "when", "for", "as", "key", "again", "while_inside", "backfill")
WHILE_INSIDE = ("ignore", "restart")
GOAL = ("on", "when", "as", "within", "stay")
EXIT = ("on", "when", "as")
NAMED = re.compile(r"audience(?:\s+|\s*[.:]\s*)(\w+)")  # what people write where the name alone belongs


class TriggerReader(Reader):
    """Reads triggers and the clauses beside them."""

    def condition(self, keys: Keys) -> s.Expr | None:
        return self.expr(keys.get("when"), "a condition")

    def pattern(self, keys: Keys) -> s.Pattern | None:
        """The pattern of `on`, with the name that the key `as` gives to its last step."""
        pattern = self.phrase(keys.get("on"), "pattern", FormBuilder.pattern, "an event or pattern")
        bind = self.name(keys.get("as"))
        if pattern is None or bind is None:
            return pattern
        last = max(i for i, step in enumerate(pattern.steps) if not step.absent)
        step = pattern.steps[last]
        if step.bind is not None:
            label = Label(step.bind.span, "it has this name already")
            found = Diagnostic("E104", f"`as` names twice what `{step.bind.text}` names", keys.key_span("as"), "", (label,))
            self.found.append(found)
            return pattern
        named = replace(step, bind=bind)
        return replace(pattern, steps=(*pattern.steps[:last], named, *pattern.steps[last + 1 :]))

    def bare_event(self, node: y.Scalar) -> None:
        """`enter: signed_up` instead of `enter: {on: signed_up}`."""
        fix = in_braces(node, "on")
        self.report("E103", "expected a mapping; found a text", node.span, f"write {{on: {node.value}}}", fix)

    def entry(self, node: y.YamlNode) -> s.Entry | None:
        if isinstance(node, y.Scalar) and not node.empty:
            self.bare_event(node)
            return None
        keys = self.keys(node, "`enter`", ENTER)
        if keys is None:
            return None
        head = keys.only_one(("on", "every", "once", "by")) or ("when" if "when" in keys else None)
        heads = ("on", "every", "once", "by", "when")
        if head in keys.guessed:
            keys.certain(heads)
        if head is None:
            keys.lacks(heads, "an entry says `on`, `every`, `once`, `by` or `when`", "for example on: signed_up")
            return None
        trigger = self.trigger(keys, head)
        when = None if head == "when" else self.condition(keys)
        key = self.expr(keys.get("key"), "a value")
        again = self.phrase(keys.get("again"), "again", FormBuilder.again, "never, always, `after 7d` or `after exit`")
        inside = self.choice(keys.get("while_inside"), WHILE_INSIDE, "ignore or restart")
        backfill = self.flag(keys.get("backfill")) if "backfill" in keys else False
        if trigger is None:
            return None
        rule = cast('Literal["ignore", "restart"] | None', inside)
        return s.Entry(self.head_span(keys, head), trigger, when, key, again, rule, backfill)

    def head_span(self, keys: Keys, head: str) -> Span:
        """The clause that makes the trigger: a short piece to point at."""
        pair = keys.pairs[head]
        return Span(self.source, pair.key.span.start, max(pair.key.span.end, pair.value.span.end))

    def trigger(self, keys: Keys, head: str) -> s.Trigger | None:
        span = self.head_span(keys, head)
        if "for" in keys and head not in ("every", "once"):
            hint = "inside `on`, write it behind the event: restocked for carts_open" if head == "on" else ""
            self.report("E104", f"`for` cannot stand beside `{head}`", keys.key_span("for"), hint)
        if "as" in keys and head not in ("on", "by"):
            self.report("E104", f"`{head}` brings nothing that `as` could name", keys.key_span("as"))
        match head:
            case "on":
                pattern = self.pattern(keys)
                return s.OnPattern(span, pattern) if pattern is not None else None
            case "every" | "once":
                return self.schedule(keys, head, span)
            case "by":
                self.choice(keys.get("by"), ("start",), "`start` (another journey lets in)")
                return s.OnStart(span, self.name(keys.get("as")))
            case _:
                condition = self.condition(keys)
                return s.OnCondition(span, condition) if condition is not None else None

    def schedule(self, keys: Keys, head: str, span: Span) -> s.Trigger | None:
        schedule: s.Schedule | s.Once | None
        if head == "every":
            schedule = self.phrase(keys.get("every"), "schedule", FormBuilder.schedule, "a schedule: monday at 09:00")
        else:
            schedule = self.phrase(keys.get("once"), "once", FormBuilder.once, "a day and time: 2026-12-31 08:00")
        audience = self.audience(keys.need("for", "an audience, or everyone"))
        return s.OnSchedule(span, schedule, audience) if schedule is not None and audience is not None else None

    def audience(self, node: y.YamlNode | None) -> s.Name | None:
        """An audience by its name; `audience readers`, which is reported, is `readers`."""
        found = NAMED.fullmatch(node.value) if isinstance(node, y.Scalar) and not node.empty else None
        if found is None or node is None:
            return self.name(node, "an audience")
        fix = respelt(node.span, found[0], found[1])
        self.report("E106", f"`{found[0]}` is not a name", node.span, f"leave out `audience`: `for: {found[1]}`", fix)
        return s.Name(node.span, found[1])

    def watch(self, node: y.YamlNode, what: str) -> s.Watch | None:
        """A goal or an exit."""
        if isinstance(node, y.Scalar) and not node.empty:
            self.bare_event(node)
            return None
        keys = self.keys(node, f"`{what}`", GOAL if what == "goal" else EXIT)
        if keys is None:
            return None
        if "on" not in keys and "when" not in keys:
            keys.lacks(("on", "when"), f"`{what}` says `on` or `when`")
            return None
        head = "on" if "on" in keys else "when"
        if head in keys.guessed:
            keys.certain(("on", "when"))
        span = self.head_span(keys, head)
        trigger: s.OnPattern | s.OnCondition | None = None
        when = self.condition(keys)
        within = self.length(keys.get("within"))
        stay = self.flag(keys.get("stay")) if "stay" in keys else False
        if head == "on":
            pattern = self.pattern(keys)
            trigger = s.OnPattern(span, pattern) if pattern is not None else None
        elif when is not None:
            if "as" in keys:
                self.report("E104", "`when` brings nothing that `as` could name", keys.key_span("as"))
            trigger, when = s.OnCondition(span, when), None
        if within is not None and head == "on":
            event, length = keys.pairs[head].value, keys.pairs["within"].value
            example = "purchase within 7d"
            if isinstance(event, y.Scalar) and isinstance(length, y.Scalar) and " " not in event.value:
                example = f"{event.value} within {length.value}"
            self.report("E104", "`within` belongs to the pattern", keys.key_span("within"), f"write `on: {example}`")
        return s.Watch(span, trigger, when, within, stay) if trigger is not None else None
