"""From lark's tree of a file to journeys: headers, and what lets people in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from rtj.base.diagnostic import Diagnostic, Label
from rtj.base.span import Span
from rtj.lang import syntax as s
from rtj.lang.dsl_nodes import NodeBuilder, kids_of
from rtj.lang.read_versions import OUT

if TYPE_CHECKING:
    from lark import Token, Tree

LEAST_PRIORITY = -(10**9)
SHOWN = {"again_clause": "again", "runs_header": "runs", "exit_header": "exit"}


class JourneyBuilder(NodeBuilder):
    """Builds the journeys of one file. What is wrong goes to `found`."""

    def journeys(self, tree: Tree[Token]) -> list[s.Journey]:
        broken = [d.span for d in self.found if d.severity == "error" and d.span.source is self.located.span.source]
        return [self.journey(kid, broken) for kid in kids_of(tree)]

    def journey(self, tree: Tree[Token], broken: list[Span]) -> s.Journey:
        """`broken`: where the file has mistakes that were told of."""
        before = len(self.found)
        name = self.name(tree.children[0])
        headers: dict[str, list[Tree[Token]]] = {}
        nodes: list[s.Node] = []
        title: s.Text | None = None
        for kid in cast("list[Any]", tree.children[1:]):
            if isinstance(kid, str):
                title = self.title(cast("Token", kid))
            elif kid.data in HEADER_RULES:
                headers.setdefault(str(kid.data), []).append(kid)
            else:
                nodes.append(self.node(kid))
        entries = [self.entry(kid) for kid in headers.pop("enter", ())]
        goals = [self.watch(kid) for kid in headers.pop("goal", ())]
        exits = [self.watch(kid) for kid in headers.pop("exit_header", ())]
        moved = [self.moved(kid) for kid in headers.pop("moved", ())]
        dropped = [self.dropped(kid) for kid in headers.pop("dropped", ())]
        once = {rule: self.one(rule, kids) for rule, kids in headers.items()}
        whole = self.span(tree)
        lost = any(whole.start <= span.start <= whole.end for span in broken)
        if not entries and not lost:
            hint = "nobody could enter; for example `enter on signed_up`"
            self.found.append(Diagnostic("E102", "`enter` is missing", name.span, hint))
        on_resume, stability = self.word_of(once.get("on_resume")), self.word_of(once.get("stability")) or "stable"
        on_deploy, timers = self.word_of(once.get("on_deploy")), self.word_of(once.get("timers"))
        return s.Journey(
            name.span,
            name,
            tuple(entries),
            tuple(goals),
            tuple(exits),
            tuple(nodes),
            title,
            self.priority(once["priority"]) if "priority" in once else None,
            self.runs(kids_of(once["runs_header"])[0]) if "runs_header" in once else None,
            self.length(kids_of(once["max_duration"])[0]) if "max_duration" in once else None,
            cast('Literal["go", "leave"] | None', on_resume),
            self.length(kids_of(once["catch_up"])[0]) if "catch_up" in once else None,
            not lost and len(self.found) == before,
            cast('Literal["draft", "beta", "stable"]', stability),
            self.name(once["formerly"].children[0]) if "formerly" in once else None,
            tuple(moved),
            tuple(dropped),
            cast('Literal["migrate", "pin", "boundary"] | None', on_deploy),
            cast('Literal["keep", "rebase", "restart"] | None', timers),
        )

    def title(self, token: Token) -> s.Text:
        return s.Text(self.at(token), self.unescape(token))

    def one(self, rule: str, kids: list[Tree[Token]]) -> Tree[Token]:
        """A header or clause that can be said once."""
        for again in kids[1:]:
            label = Label(self.span(kids[0]), "the first stands here")
            message = f"`{SHOWN.get(rule, rule)}` stands twice"
            self.found.append(Diagnostic("E304", message, self.span(again), "", (label,)))
        return kids[0]

    def word_of(self, tree: Tree[Token] | None) -> str | None:
        return None if tree is None else str(tree.children[0])

    def priority(self, tree: Tree[Token]) -> s.Number:
        tokens = cast("list[Token]", kids_of(tree)[0].children)
        number = self.whole(tokens[-1], 0)
        value = -number.value if len(tokens) == 2 else number.value
        span = self.at(tokens[0]).to(number.span)
        if abs(value) > -LEAST_PRIORITY:
            self.found.append(Diagnostic("E105", f"a priority goes from {LEAST_PRIORITY:,} to {-LEAST_PRIORITY:,}", span))
            value = 0
        return s.Number(span, value)

    # ---- versions

    def moved(self, tree: Tree[Token]) -> s.Moved:
        old, new = [self.name(kid) for kid in tree.children]
        return s.Moved(self.span(tree), old, new)

    def dropped(self, tree: Tree[Token]) -> s.Dropped:
        old, to = [self.name(kid) for kid in tree.children]
        return s.Dropped(self.span(tree), old, None if to.text == OUT else to)

    # ---- triggers

    def entry(self, tree: Tree[Token]) -> s.Entry:
        head, *others = kids_of(tree)
        clauses: dict[str, list[Tree[Token]]] = {}
        for kid in others:
            clauses.setdefault(str(kid.data), []).append(kid)
        once = {rule: self.one(rule, kids) for rule, kids in clauses.items()}
        inner = {rule: kids_of(kid) for rule, kid in once.items()}
        return s.Entry(
            self.span(head),
            self.trigger(head),
            self.expr(inner["when"][0]) if "when" in inner else None,
            self.expr(inner["key"][0]) if "key" in inner else None,
            self.again(inner["again_clause"][0]) if "again_clause" in inner else None,
            cast('Literal["ignore", "restart"] | None', self.word_of(once.get("while_inside"))),
            "backfill" in once,
        )

    def trigger(self, tree: Tree[Token]) -> s.Trigger:
        span, kids = self.span(tree), kids_of(tree)
        match tree.data:
            case "on_pattern":
                return s.OnPattern(span, self.pattern(kids[0]))
            case "every":
                return s.OnSchedule(span, self.schedule(kids[0]), self.members(kids[1]))
            case "once_at":
                return s.OnSchedule(span, self.once(kids[0]), self.members(kids[1]))
            case "by_start":
                return s.OnStart(span, self.name(kids[0].children[0]) if kids else None)
            case _:
                return s.OnCondition(span, self.expr(kids[0]))

    def members(self, tree: Tree[Token]) -> s.Name:
        return self.name(tree.children[0])

    def watch(self, tree: Tree[Token]) -> s.Watch:
        """A goal or an exit."""
        head, *others = kids_of(tree)
        span = self.span(head)
        trigger = self.trigger(head)
        assert isinstance(trigger, s.OnPattern | s.OnCondition)
        clauses = {str(kid.data): kids_of(kid) for kid in others}
        when = self.expr(clauses["when"][0]) if "when" in clauses else None
        within = self.length(clauses["goal_within"][0]) if "goal_within" in clauses else None
        stay = any(isinstance(kid, str) for kid in tree.children)
        return s.Watch(span, trigger, when, within, stay)


HEADER_RULES = frozenset(
    (
        "priority", "runs_header", "max_duration", "on_resume", "catch_up", "stability", "formerly", "on_deploy", "timers",
        "moved", "dropped", "enter", "goal", "exit_header",
    )
)  # fmt: skip
