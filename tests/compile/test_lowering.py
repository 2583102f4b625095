"""What becomes of patterns, names, history and calls on the way to the program."""

from __future__ import annotations

from rtj.compile import compile_text
from rtj.ir.expr import Attribute, Binary, Call, Const, Expr, Field, History, Items, Name, Now
from rtj.ir.journey import Branch, Entry, Journey, OnEvents, Send, Step, WaitFor
from rtj.ir.program import Program
from tests.lang.told import told

PROJECT = """\
project: x
events:
  a: {item: string, shop: string, n: number}
  b: {item: string, shop: string, m: number}
  c: {thing: string, shop: string}
  opened: {campaign: string}
business_events:
  d: {item: string}
profile:
  total: sum(a.n) over 30d
  same_total: sum(a.n) over 30d
  share: profile.total / 7
  h1: {type: number?}
channels: {sms: {}}
"""


def program(*journeys: str, project: str = PROJECT) -> Program:
    compiled = compile_text(project, *journeys)
    assert told(d for d in compiled.diagnostics if d.severity == "error") == "\n"
    assert compiled.program is not None
    return compiled.program


def one(enter: str, nodes: str = "  []", more: str = "") -> Journey:
    return program(f"journey: one\nenter:\n{enter}\n{more}do:\n{nodes}").journeys[0]


def steps(pattern: str) -> tuple[Step, ...]:
    trigger = one(f'  on: "{pattern}"').entries[0].trigger
    assert isinstance(trigger, OnEvents)
    return trigger.steps


def field(name: str, of: str = "event") -> Field:
    return Field(Name(of), name)


# ---- patterns


def test_equality_becomes_same() -> None:
    """S5.6: the equality leaves `where` and becomes a key of each step, whichever side it was written on."""
    for equality in ("event.item == v.item", "v.item == event.item"):
        first, second = steps(f"a as v then b where {equality} and event.m > v.n")

        assert first.same == second.same == field("item")
        assert second.where == Binary(">", field("m"), field("n", "v"))


def test_two_equalities_are_one_key() -> None:
    first, second = steps("a as v then b where event.item == v.item and event.shop == v.shop")

    assert first.same == second.same == Items((field("item"), field("shop")))
    assert second.where is None


def test_key_runs_through_a_chain() -> None:
    """The third step may compare with the first or with the second."""
    for last in ("v", "w"):
        first, second, third = steps(f"a as v then b where event.item == v.item as w then c where event.thing == {last}.item")

        assert (first.same, second.same, third.same) == (field("item"), field("item"), field("thing"))
        assert third.where is None


def test_key_that_a_step_lacks_stays_a_condition() -> None:
    first, second, third = steps("a as v then b then c where event.thing == v.item")

    assert (first.same, second.same, third.same) == (None, None, None)
    assert third.where == Binary("==", field("thing"), field("item", "v"))


def test_killers_share_the_key() -> None:
    first, second = steps("a as v then not (a or b) where event.item == v.item within 1h")

    assert first.same == second.same == field("item")
    assert second.absent
    assert second.events == ("a", "b")


# ---- names


def test_watched_event_is_called_event() -> None:
    """A goal's own name is put aside: its `when` reads the event."""
    goal = one("  on: a", more="goal: {on: b within 7d as x, when: x.m > entry.n}\n").goals[0]

    assert goal.when == Binary(">", field("m"), field("n", "entry"))
    assert isinstance(goal.trigger, OnEvents)
    assert goal.trigger.steps == (Step(("b",)),)
    assert goal.within is not None


def test_receipts_name_their_send() -> None:
    """A receipt of one send; a type that the author declared keeps its fields."""
    nodes = "  - {id: nudge, send: m}\n  - id: w\n    wait_for: [{on: nudge.opened or nudge.clicked, do: []}]"
    whole = program(f"journey: one\nenter: {{on: a}}\ngoal: {{on: nudge.clicked, stay: true}}\ndo:\n{nodes}")
    node = whole.journeys[0].nodes[1]

    assert isinstance(node, WaitFor)
    assert node.cases[0].step == Step(("clicked", "opened"), of_node="nudge")
    assert {e.name: [f.name for f in e.fields] for e in whole.events if e.name in ("opened", "clicked")} == {
        "clicked": ["message"],
        "opened": ["campaign"],
    }


def test_names_of_one_entry_are_missing_after_another() -> None:
    """A name that not every entry brings may be null; one that all bring is what they have in common."""
    enter = "  - {on: a, as: l, when: l.n > 1}\n  - {on: b, as: m}\n"
    nodes = "  - branch: [{when: l.n > 1 and m.m > 1 and entry.item == 'x', do: []}]"
    node = one(enter, nodes).nodes[0]

    assert isinstance(node, Branch)
    left, item = parts(node.arms[0].when)
    assert parts(left)[0] == Binary(">", Field(Name("l", True), "n"), Const(1, "number"))
    assert item == Binary("==", Field(Name("entry"), "item"), Const("x", "string"))


def parts(expr: Expr) -> tuple[Expr, Expr]:
    assert isinstance(expr, Binary)
    return expr.left, expr.right


def test_started_journey_knows_what_it_is_given() -> None:
    """The record of `enter by start` has the fields of all starts; what one of them leaves out may be missing."""
    first = "journey: first\nenter: {on: a}\ndo:\n  - start: last\n    with: n = entry.n, item = entry.item"
    second = "journey: second\nenter: {on: b}\ndo: [{start: last, with: n = entry.m}]"
    last = "journey: last\nenter: {by: start, as: link}\ndo:\n  - send: m\n    with: n = link.n + 1, item = link.item ?? '-'"
    journeys = {j.name: j for j in program(last, second, first).journeys}
    node = journeys["last"].nodes[0]

    assert isinstance(node, Send)
    assert node.pairs[0].value == Binary("+", field("n", "link"), Const(1, "number"))
    assert node.pairs[1].value == Binary("??", Field(Name("link"), "item", False, True), Const("-", "string"))
    assert journeys["last"].entries == (Entry(journeys["last"].entries[0].trigger, "link"),)


# ---- history


def asked(condition: str) -> tuple[Program, Expr]:
    head = "journey: one\nenter: {on: a}\ndo:\n  - branch:\n      - do: []\n        when: >-\n"
    whole = program(f"{head}          {condition}\n")
    node = whole.journeys[0].nodes[0]
    assert isinstance(node, Branch)
    return whole, node.arms[0].when


def test_equal_history_is_shared() -> None:
    """With an attribute that has the same; each attribute keeps its own."""
    whole, condition = asked("sum(a.n) over 30d > count(b) and count(b) > 1")

    assert [a.name for a in whole.aggregates] == ["h2", "same_total", "total"]
    assert parts(parts(condition)[0]) == (History("same_total"), History("h2"))


def test_open_conditions_are_asked_when_read() -> None:
    """What needs only the event is tested as it happens; the rest keeps the fields that it reads."""
    whole, condition = asked("count(b where event.m > 3 and event.item == entry.item and event.ts > now() - 1h) > 1")
    aggregate = next(a for a in whole.aggregates if a.name.startswith("h"))
    history = parts(condition)[0]

    assert aggregate.where == Binary(">", field("m"), Const(3, "number"))
    assert aggregate.keep == ("item", "ts")
    assert isinstance(history, History)
    since = Binary(">", Field(Name("event"), "ts", True), Binary("-", Now(), Const(3_600_000, "duration")))
    assert history.where == Binary("and", Binary("==", field("item"), field("item", "entry")), since)


def test_formula_is_put_in_place() -> None:
    """A computed attribute that is not one aggregate is written out where it is read."""
    whole, condition = asked("profile.share > 1")

    assert parts(condition)[0] == Binary("/", Attribute("total"), Const(7, "number"))
    assert "share" not in {a.name for a in whole.aggregates}


# ---- calls and time


def test_calendar_functions_get_dates() -> None:
    _, condition = asked("weekday(now()) == 'monday'")

    assert parts(condition)[0] == Call("weekday", (Call("date", (Now(),)),))


def test_difference_of_dates_is_a_length() -> None:
    _, condition = asked("2026-03-02 - 2026-03-01 == 1d")
    days = Call("days_between", (Const(20513, "date"), Const(20514, "date")))

    assert condition == Binary("==", Binary("*", days, Const(86_400_000, "number")), Const(86_400_000, "duration"))


def test_instants_without_zone_are_the_projects() -> None:
    """2026-07-01T09:00 in Berlin is 07:00 UTC."""
    project = PROJECT.replace("project: x\n", "project: x\ntimezone: Europe/Berlin\n")
    texts = ["2026-07-01T09:00", "2026-07-01T07:00Z", "2026-07-01T09:00+02:00"]
    journeys = [f'journey: j{i}\nenter: {{on: a}}\ndo: [{{id: w, wait: "until {text}"}}]' for i, text in enumerate(texts)]
    moments = {node.moment for j in program(*journeys, project=project).journeys for node in j.nodes}  # type: ignore[union-attr]

    assert len(moments) == 1
