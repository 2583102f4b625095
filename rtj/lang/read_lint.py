"""Sections of the project file about the linter: `lint:` and `rules:`. Which codes and kinds of things exist is the linter's
business; here only the shape is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import cast

from rtj.base.codes import CODES, RETIRED
from rtj.base.diagnostic import Diagnostic, Label
from rtj.base.span import Span
from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.lang.phrase_forms import FormBuilder
from rtj.lang.phrases import parse_phrase
from rtj.lang.read_privacy import PrivacyReader
from rtj.lang.scalar_map import Located

PATHS_MAX = 200  # patterns of files
LINT = ("select", "ignore", "severity", "paths", "require_reason", "fail_on", "baseline")
LINT_PATH = ("ignore", "severity")
RULE = ("each", "when", "require", "message", "severity")
LEVELS = ("error", "warning", "info", "off")
RULE_LEVELS = ("error", "warning", "info")
FAIL_ON = ("error", "warning", "never")
WORD = "a code or name of a rule"
RULE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
LOOKS_LIKE_CODE = re.compile(r"[EW]\d*")
BRACE = re.compile(r"\{\{|\}\}|[{}]")
QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


class LintReader(PrivacyReader):
    """One method for each section: its node in, its declarations out."""

    def lint(self, node: y.YamlNode) -> s.Lint | None:
        keys = self.keys(node, "the settings of the linter", LINT)
        if keys is None:
            return None
        reason: s.Truth | None = None
        if (value := keys.get("require_reason")) is not None:
            reason = s.Truth(value.span, self.flag(value))
        fail: s.FailLevel | None = None
        if (value := keys.get("fail_on")) is not None:
            word = self.choice(value, FAIL_ON, "error, warning or never")
            fail = s.FailLevel(value.span, cast("s.FailOn", word)) if word is not None else None
        return s.Lint(
            Span(self.source, node.span.start, node.span.start + 1),
            select=self.selectors(self.some(keys.get("select"), WORD)),
            ignore=self.selectors(self.one_or_more(keys.get("ignore"))),
            severity=self.severity(keys.get("severity")),
            paths=tuple(self.paths(keys.get("paths"))),
            require_reason=reason,
            fail_on=fail,
            baseline=self.text(keys.get("baseline"), "a file"),
        )

    def selectors(self, nodes: Sequence[y.YamlNode]) -> tuple[s.Text, ...]:
        """Codes, names of rules, prefixes of codes."""
        read = [self.text(n, WORD) for n in nodes]
        return tuple([text for text in read if text is not None])

    def severity(self, node: y.YamlNode | None) -> tuple[s.Graded, ...]:
        mapping = self.mapping(node, "codes and what they weigh: {W204: error}")
        found: list[s.Graded] = []
        for pair in mapping.pairs if mapping is not None else ():
            level = self.choice(pair.value, LEVELS, "error, warning, info or off")
            if level is not None:
                name = s.Text(pair.key.span, pair.key.value, pair.key.style != "")
                found.append(s.Graded(pair.key.span, name, cast("s.Level", level)))
        return tuple(found)

    def paths(self, node: y.YamlNode | None) -> Iterator[s.LintPath]:
        mapping = self.mapping(node, "patterns of files and what is different there")
        pairs = mapping.pairs if mapping is not None else ()
        if len(pairs) > PATHS_MAX:
            self.report("E005", f"more than {PATHS_MAX} patterns of files", pairs[PATHS_MAX].key.span, "`**` spans folders")
        for pair in pairs[:PATHS_MAX]:
            name = s.Text(pair.key.span, pair.key.value, pair.key.style != "")
            keys = self.keys(pair.value, "a pattern of files", LINT_PATH, pair.key.span)
            if keys is not None:
                ignore, severity = self.selectors(self.one_or_more(keys.get("ignore"))), self.severity(keys.get("severity"))
                yield s.LintPath(pair.key.span, name, ignore, severity)

    # ---- rules

    def rules(self, node: y.YamlNode) -> tuple[s.RuleDecl, ...]:
        mapping = self.mapping(node, "rules by their names")
        read = [self.rule(pair) for pair in mapping.pairs] if mapping is not None else []
        return tuple([rule for rule in read if rule is not None])

    def rule(self, pair: y.Pair) -> s.RuleDecl | None:
        name = self.rule_name(pair.key)
        keys = self.keys(pair.value, "a rule", RULE, pair.key.span)
        if keys is None:
            return None
        each = self.text(keys.need("each", "what the rule looks at: `each: send`"), "a kind of thing such as `send`")
        when, require = self.expr(keys.get("when")), self.expr(keys.get("require"))
        if "when" not in keys and "require" not in keys:
            keys.lacks(("when", "require"), "a rule needs `require`, `when` or both", "`when` alone: there must be no such thing")
        message = self.message(keys.need("message", "say what is wrong and what to do"))
        level = self.choice(keys.get("severity"), RULE_LEVELS, "error, warning or info") or "warning"
        broken = (when is None and "when" in keys) or (require is None and "require" in keys)
        if name is None or each is None or message is None or broken or (when is None and require is None):
            return None
        assert level in RULE_LEVELS
        return s.RuleDecl(name.span, name, each, message, when, require, level)  # type: ignore[arg-type]

    def rule_name(self, key: y.Scalar) -> s.Name | None:
        """Rules are named like codes in settings and comments, so they must not look like one of rtj's own."""
        known = {name: code for code, (name, _) in CODES.items()} | {name: code for code, name in RETIRED.items()}
        if key.value in known or LOOKS_LIKE_CODE.fullmatch(key.value):
            whose = f"the rule {known[key.value]}" if key.value in known else "a code"
            self.report("E106", f"`{key.value}` is {whose} of rtj: a rule of the project needs a name of its own", key.span)
            return None
        if not RULE_NAME.fullmatch(key.value):
            self.report("E106", f"`{key.value}` is not a name", key.span, "names of rules have letters, digits, `_` and `-`")
            return None
        return s.Name(key.span, key.value)

    def message(self, node: y.YamlNode | None) -> s.RuleMessage | None:
        """A text with values in braces: `{send.id} needs an else`; `{{` and `}}` are braces."""
        text = self.text(node, "a message")
        if text is None or not isinstance(node, y.Scalar):
            return None
        located = self.located(node)
        texts, values = [""], list[s.Expr]()
        at = 0
        while (mark := BRACE.search(text.value, at)) is not None:
            texts[-1] += text.value[at : mark.start()]
            at = mark.end()
            if mark[0] in ("{{", "}}"):
                texts[-1] += mark[0][0]
                continue
            end = _closing(text.value, at) if mark[0] == "{" else None
            if end is None:
                why = "is not closed" if mark[0] == "{" else "closes nothing"
                span = located.piece(mark.start(), mark.end())
                self.report("E105", f"this `{mark[0]}` {why}", span, f"the sign itself is `{mark[0] * 2}`")
                return None
            value = parse_phrase(part(located, at, end), "expr", FormBuilder.expr, self.found)
            if value is None:
                return None
            values.append(value)
            texts.append("")
            at = end + 1
        texts[-1] += text.value[at:]
        return s.RuleMessage(text.span, tuple(texts), tuple(values))


def _closing(text: str, at: int) -> int | None:
    """Where the value that begins at `at` ends, texts in quotes stepped over."""
    while at < len(text):
        if (quoted := QUOTED.match(text, at)) is not None:
            at = quoted.end()
        elif text[at] == "}":
            return at
        else:
            at += 1
    return None


def part(located: Located, start: int, end: int) -> Located:
    """The characters [start, end) of a located text."""
    text, span = located.text[start:end], located.span
    if not located.exact:
        return Located(text, span, exact=False)
    pieces = located.pieces[start:end] if located.pieces is not None else None
    return Located(text, located.piece(start, end), pieces)


# ---- what several files say


def merged_lint(mine: s.Lint, theirs: s.Lint, found: list[Diagnostic]) -> s.Lint:
    """The settings of two files: lists are joined; what can be said once must not be said twice."""

    def once(key: str, a: s.Spanned | None, b: s.Spanned | None) -> None:
        if a is not None and b is not None:
            found.append(Diagnostic("E104", f"`{key}` is said twice", b.span, "", (Label(a.span, "the first stands here"),)))

    once("require_reason", mine.require_reason, theirs.require_reason)
    once("fail_on", mine.fail_on, theirs.fail_on)
    once("baseline", mine.baseline, theirs.baseline)
    graded = {one.name.value: one for one in mine.severity}
    for one in theirs.severity:
        once(one.name.value, graded.get(one.name.value), one)
    return s.Lint(
        mine.span,
        mine.select + theirs.select,
        mine.ignore + theirs.ignore,
        mine.severity + theirs.severity,
        mine.paths + theirs.paths,
        mine.require_reason or theirs.require_reason,
        mine.fail_on or theirs.fail_on,
        mine.baseline or theirs.baseline,
    )
