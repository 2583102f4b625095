"""The section `environments` from YAML: where the project runs, what feeds it, where messages go, what a deployment respects."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypeAlias, cast

from rtj.base.diagnostic import Edit, Fix, Label
from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.lang.mending import Change, mended
from rtj.lang.read_addresses import AddressReader
from rtj.lang.shape import Keys

ENVIRONMENT = ("store", "sources", "channels", "serve", "policies", "guardrails", "program", "instances")
FEEDS: dict[str, tuple[str, ...]] = {
    "file": (),
    "stdin": (),
    "http": ("keys",),
    "kafka": ("topic", "group", "registry", "settings"),
    "redis": ("stream", "field"),
}
SINKS: dict[str, tuple[str, ...]] = {"file": (), "webhook": ("secret", "timeout", "retries"), "kafka": ("topic", "settings")}
FEED = (*FEEDS, "keys", "topic", "group", "registry", "stream", "field", "settings", "idle")
SINK = (*SINKS, "topic", "secret", "timeout", "retries", "settings", "rate")
SERVE = ("http", "keys")
RUN_POLICIES = ("require", "approvals", "confirm", "max_immediate_sends", "retain", "shed", "first", "awake")
SHARES = ("opt_outs", "failures", "errors")
GUARDS: dict[str, tuple[str, ...]] = {**dict.fromkeys(SHARES, ("over", "at_least")), "messages": ()}
GUARD = (*GUARDS, "over", "at_least", "journeys", "then")
HALTS = ("halt", "pause", "tell")
REQUIRED, CONFIRM = ("validate", "test"), ("yes", "name")
ALL = "*"  # in `channels`: those that are not named
EVERY = ("all", "any", "default", "everything", "every", "others", "other", "rest", "else")
STDIN = "stdin"
PIPES = ("-", "pipe", "STDIN", "in", "input", "/dev/stdin")
A_FEED = "what feeds it: `{file: …}`, `{http: …}`, `{kafka: …}`, `{redis: …}` or `stdin`"
A_SINK = "where messages go: `{file: …}`, `{webhook: …}` or `{kafka: …}`"
A_GUARD = "what must not be more: `{opt_outs: 2%}`, `{failures: 5%}`, `{errors: 1%}` or `{messages: 600 per 1m}`"
RATE_EXACT = "[1-9][0-9]{0,8} per [1-9][0-9]{0,8}(?:ms|[smhdw])"
RATE = re.compile(r"\s*([0-9]{1,9})\s*(?:/|per|a|in)\s*([0-9]{0,9})\s*([A-Za-z]+)\s*")
RATE_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
RATE_WORDS = {"sec": "s", "secs": "s", "second": "s", "seconds": "s", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
              "hour": "h", "hours": "h", "day": "d", "days": "d", "week": "w", "weeks": "w"}  # fmt: skip

Form: TypeAlias = tuple[str, Keys]


class EnvironmentReader(AddressReader):
    """Reads `environments:`, each with all its slips: what can be read of one is read."""

    def environments(self, node: y.YamlNode) -> tuple[s.EnvironmentDecl, ...]:
        """Names and environments; nothing behind a name is one that has nothing of its own."""
        return tuple([e for name, value in self.declared(node, "environments") if (e := self.environment(name, value))])

    def environment(self, name: s.Name, node: y.YamlNode) -> s.EnvironmentDecl | None:
        if isinstance(node, y.Scalar) and node.empty:
            return s.EnvironmentDecl(name.span, name)
        before = self.errors()
        keys = self.keys(node, "an environment", ENVIRONMENT, name.span)
        if keys is None:
            return None
        found = s.EnvironmentDecl(
            name.span,
            name,
            program=self.text(keys.get("program"), "a compiled program"),
            instances=self.text(keys.get("instances"), "a file that says who is inside"),
            store=self.store(keys.get("store")),
            sources=self.feeds(keys.get("sources")),
            channels=self.sinks(keys.get("channels")),
            serve=self.serve(keys.get("serve")),
            policies=self.run_policies(keys.get("policies")),
            guardrails=self.guardrails(keys.get("guardrails")),
        )
        if found.instances is not None and "program" not in keys:
            keys.lacks(("program",), "`program` is missing", "`instances` says who is inside of a compiled `program`")
        return replace(found, whole=self.errors() == before)

    # ---- what feeds it

    def feeds(self, node: y.YamlNode | None) -> tuple[s.FeedDecl, ...]:
        found: list[s.FeedDecl] = []
        for name, value in self.declared(node, "sources and what feeds them") if node is not None else ():
            if isinstance(value, y.Scalar):
                if value.value in (STDIN, *PIPES):
                    if value.value != STDIN:
                        self.misread(value, f"{STDIN} for the pipe before it", STDIN)
                    found.append(s.FeedDecl(name.span, name, "stdin"))
                else:
                    self.bare(value, f"`{name.text}` needs {A_FEED}", FEEDS)
                continue
            form = self.form(value, name, ("a source", FEED, FEEDS, A_FEED))
            if form is not None and (feed := self.feed(name, *form)) is not None:
                found.append(feed)
        return tuple(found)

    def feed(self, name: s.Name, by: str, keys: Keys) -> s.FeedDecl | None:
        idle = self.idle(keys.get("idle"))
        match by:
            case "file":
                path = self.text(keys.get("file"), "a file")
                return s.FeedDecl(name.span, name, "file", path, idle=idle) if path is not None else None
            case "stdin":
                value = keys.get("stdin")
                if isinstance(value, y.Scalar) and value.value == "false":
                    self.report("E105", "expected true; found `false`", value.span, "leave the source out")
                elif value is not None:
                    self.flag(value)
                return s.FeedDecl(name.span, name, "stdin", idle=idle)
            case "http":
                at, secret = self.listen(keys.get("http")), self.secret(keys.get("keys"), "WEB_KEYS")
                return s.FeedDecl(name.span, name, "http", at, keys=secret, idle=idle) if at is not None else None
            case "kafka":
                at, topic = self.brokers(keys.get("kafka")), self.text(keys.need("topic", "for example topic: orders"), "a topic")
                group, registry = self.text(keys.get("group"), "a consumer group"), self.url(keys.get("registry"), "http")
                settings = self.settings(keys.get("settings"))
                if at is None or topic is None:
                    return None
                kafka = s.FeedDecl(name.span, name, "kafka", at, topic=topic, group=group, registry=registry)
                return replace(kafka, settings=settings, idle=idle)
            case _:
                at, stream = self.url(keys.get("redis"), "redis"), self.text(keys.need("stream", "for example stream: clicks"))
                field = self.text(keys.get("field"), "the field of an entry")
                if at is None or stream is None:
                    return None
                return s.FeedDecl(name.span, name, "redis", at, stream=stream, field=field, idle=idle)

    def idle(self, node: y.YamlNode | None) -> s.Length | Literal["never"] | None:
        return "never" if isinstance(node, y.Scalar) and node.value == "never" else self.length(node)

    # ---- where messages go

    def sinks(self, node: y.YamlNode | None) -> tuple[s.SinkDecl, ...]:
        found: list[s.SinkDecl] = []
        mapping = self.mapping(node, "channels and where their messages go")
        for pair in mapping.pairs if mapping is not None else ():
            every = pair.key.value == ALL
            name = s.Name(pair.key.span, ALL) if every else self.name(pair.key, "a channel")
            if name is None or isinstance(pair.value, y.Broken):
                continue
            if isinstance(pair.value, y.Scalar):
                self.bare(pair.value, f"`{name.text}` needs {A_SINK}", SINKS)
                continue
            form = self.form(pair.value, name, ("a sink", SINK, SINKS, A_SINK))
            if form is not None and (sink := self.sink(name, *form)) is not None:
                found.append(sink)
        return tuple(found)

    def sink(self, name: s.Name, by: str, keys: Keys) -> s.SinkDecl | None:
        rate = self.rate(keys.get("rate"))
        match by:
            case "file":
                path = self.text(keys.get("file"), "a file")
                return s.SinkDecl(name.span, name, "file", path, rate=rate) if path is not None else None
            case "webhook":
                at, secret = self.url(keys.get("webhook"), "http"), self.secret(keys.get("secret"), "MAIL_SECRET")
                timeout, retries = self.length(keys.get("timeout")), self.whole(keys.get("retries"))
                if at is None:
                    return None
                hook = s.SinkDecl(name.span, name, "webhook", at, secret=secret, timeout=timeout, retries=retries)
                return replace(hook, rate=rate)
            case _:
                at, topic = self.brokers(keys.get("kafka")), self.text(keys.need("topic", "for example topic: messages"))
                settings = self.settings(keys.get("settings"))
                if at is None or topic is None:
                    return None
                return s.SinkDecl(name.span, name, "kafka", at, topic=topic, settings=settings, rate=rate)

    def rate(self, node: y.YamlNode | None) -> s.MessageRate | None:
        """`100 per 1s`."""
        text = self.text(node, "a rate such as 100 per 1s")
        if text is None or not isinstance(node, y.Scalar):
            return None
        form = RATE.fullmatch(text.value)
        unit = form[3].lower() if form is not None else ""
        unit = RATE_WORDS.get(unit, unit)
        count, length = (int(form[1]), int(form[2] or 1)) if form is not None else (0, 0)
        if form is None or unit not in RATE_UNITS or not count or not length:
            self.report("E105", f"expected a rate such as 100 per 1s; found `{text.value[:60]}`", text.span)
            return None
        plain = f"{count} per {length}{unit}"
        if text.value != plain:
            edits = mended(self.located(node), [Change(0, len(text.value), plain)])
            fix = Fix(f"write {plain}", edits, safe=True) if edits else None
            message = f"expected a rate such as 100 per 1s; found `{text.value}`"
            self.report("E105", message, text.span, f"write `{plain}`", fix)
        return s.MessageRate(text.span, count, length * RATE_UNITS[unit])

    # ---- what both have

    def form(
        self, node: y.YamlNode, name: s.Name, about: tuple[str, Sequence[str], dict[str, tuple[str, ...]], str]
    ) -> Form | None:
        """Which of several words a mapping has, and its keys. `about`: what it is, all keys, the words and what may stand beside
        each, what is expected."""
        what, legal, forms, expected = about
        keys = self.keys(node, what, legal, name.span)
        if keys is None:
            return None
        word = keys.only_one(tuple(forms))
        if word is None:
            keys.lacks(tuple(forms), f"`{name.text}` needs {expected}")
            return None
        for key in keys.pairs:
            whose = [other for other, own in forms.items() if key in own]
            if whose and word not in whose:
                label = Label(keys.key_span(word), f"`{word}` stands here")
                message = f"`{key}` belongs to {' and '.join(f'`{w}`' for w in whose)}, and cannot stand beside `{word}`"
                self.report("E104", message, keys.key_span(key))
                self.found[-1] = replace(self.found[-1], labels=(label,))
        return word, keys

    def bare(self, node: y.Scalar, message: str, forms: dict[str, tuple[str, ...]]) -> None:
        """A text alone: by what it looks like, the word that it lacks."""
        value = node.value
        words: list[str] = [w for w in ("webhook", "http") if w in forms] if re.match(r"https?://", value) else []
        words = words or (["redis"] if "redis" in forms and re.match(r"rediss?://", value) else [])
        words = words or (["file"] if re.search(r"[/\\.]", value) and "://" not in value else [])
        hint = f"write `{{{words[0]}: {value}}}`" if words else ""
        fix: Fix | None = None
        if words == ["file"] and re.fullmatch(r"[\w./-]+", value) and node.style == "":
            fix = _in_braces(node, words[0])
        code = "E102" if node.empty else "E103"
        self.report(code, message, node.span, hint, fix)

    # ---- what must not happen

    def guardrails(self, node: y.YamlNode | None) -> tuple[s.GuardrailDecl, ...]:
        found: list[s.GuardrailDecl] = []
        for name, value in self.declared(node, "guardrails and what must not be more") if node is not None else ():
            if isinstance(value, y.Scalar):
                self._bare_guard(value, name.text)
                continue
            form = self.form(value, name, ("a guardrail", GUARD, GUARDS, A_GUARD))
            if form is not None and (guard := self.guardrail(name, *form)) is not None:
                found.append(guard)
        return tuple(found)

    def guardrail(self, name: s.Name, by: str, keys: Keys) -> s.GuardrailDecl | None:
        rate = self.rate(keys.get("messages")) if by == "messages" else None
        share = self.share(keys.get(by)) if by != "messages" else None
        found = s.GuardrailDecl(
            name.span,
            name,
            cast('Literal["opt_outs"]', by),
            share,
            rate,
            self.length(keys.get("over")) if by != "messages" else None,
            self.whole(keys.get("at_least"), 1) if by != "messages" else None,
            self.names(keys.get("journeys"), "a journey"),
            cast('Literal["halt"] | None', self.choice(keys.get("then"), HALTS, "halt, pause or tell")),
        )
        return found if share is not None or rate is not None else None

    def _bare_guard(self, node: y.Scalar, name: str) -> None:
        """A bound alone: where its name is what can be measured, that is meant."""
        plain = name in GUARDS and node.style == "" and not node.empty
        hint = f"write `{{{name}: {node.value}}}`" if plain else ""
        fix = _in_braces(node, name) if plain else None
        self.report("E102" if node.empty else "E103", f"`{name}` needs {A_GUARD}", node.span, hint, fix)

    # ---- the rest

    def serve(self, node: y.YamlNode | None) -> s.ServeDecl | None:
        """`{http: "127.0.0.1:8090", keys: env:OPS_KEYS}`, or the address alone."""
        if isinstance(node, y.Scalar):
            at = self.listen(node)
            return s.ServeDecl(at.span, at) if at is not None else None
        keys = self.keys(node, "`serve`", SERVE)
        if keys is None:
            return None
        listen = self.listen(keys.need("http", 'for example http: "127.0.0.1:8090"'))
        secret = self.secret(keys.get("keys"), "OPS_KEYS")
        return s.ServeDecl(listen.span, listen, secret) if listen is not None else None

    def run_policies(self, node: y.YamlNode | None) -> s.RunPolicies | None:
        keys = self.keys(node, "policies of an environment", RUN_POLICIES)
        if keys is None:
            return None
        require: tuple[Literal["validate", "test"], ...] | None = None
        if (wanted := keys.get("require")) is not None:
            words = [self.choice(n, REQUIRED, "validate or test") for n in self.one_or_more(wanted)]
            require = tuple(cast('Literal["validate"]', w) for w in dict.fromkeys(words) if w is not None)
        return s.RunPolicies(
            keys.head,
            require,
            approvals=self.whole(keys.get("approvals")),
            confirm=cast('Literal["yes"] | None', self.choice(keys.get("confirm"), CONFIRM, "yes or name")),
            max_immediate_sends=self.whole(keys.get("max_immediate_sends")),
            retain=self.length(keys.get("retain")),
            shed=self.names(keys.get("shed"), "an event type"),
            first=self.names(keys.get("first"), "an event type"),
            awake=self.whole(keys.get("awake"), 1),
        )


def _in_braces(node: y.Scalar, word: str) -> Fix:
    text = f"{{{word}: {node.value}}}"
    return Fix(f"write {text}", (Edit(node.span.start, node.span.end, text),))
