"""YAML to syntax: every example parses, every mistake is reported once, where it is.

Modules: shape, read_types, read_sections, read_delivery, read_project, read_triggers, read_nodes, read_journey, syntax_journey,
syntax_project.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rtj.lang import syntax as s
from rtj.lang.load import load_project, load_text
from tests.lang.told import told

CORPUS = Path(__file__).parent / "corpus"
PROJECT = "project: p\n"


def journey(body: str) -> s.Journey:
    loaded = load_text(PROJECT, "journey: j\n" + body)
    assert told(loaded.diagnostics) == "\n"
    return loaded.journeys[0]


def nodes(*lines: str) -> tuple[s.Node, ...]:
    return journey("enter: {on: x}\ndo:\n" + "\n".join(f"  - {line}" for line in lines)).nodes


def test_the_examples_of_the_language_parse() -> None:
    """The pages of the language itself: both its project and all its journeys, in one folder."""
    loaded = load_project((), CORPUS / "rtj.yaml")
    assert told(d for d in loaded.diagnostics if "broken" not in d.span.source.path) == "\n"
    assert [j.name.text for j in loaded.journeys if j.whole] == [
        "cart_abandonment", "welcome", "festival_offers", "event_reminder", "tier_up", "next_best_offer", "page",
        "counted", "consecutive", "absent", "chained", "joined", "news", "weekly", "fortnightly", "once", "linked",
    ]  # fmt: skip
    assert loaded.project is not None
    assert loaded.project.whole


def test_broken_files(golden: Callable[[str, str], None]) -> None:
    """Many mistakes in one file, each reported once: see the golden files."""
    for name in ("c_broken.journey.yaml", "broken_project.yaml"):
        text = (CORPUS / name).read_text(encoding="utf-8")
        loaded = load_text(text) if "project" in name else load_text(PROJECT, text)
        golden(f"lang/{name.removeprefix('c_').split('.')[0]}.out", told(loaded.diagnostics))
        assert loaded.project is not None
        assert loaded.project.whole == ("project" not in name)
        assert not any(j.whole for j in loaded.journeys)


def test_headers() -> None:
    j = journey(
        "title: 'T: t'\npriority: -3\nruns: from 2026-01-01\nmax_duration: 2 weeks\non_resume: leave\ncatch_up: 2h\n"
        "enter: {by: start, as: link}"
    )
    assert j.title is not None
    assert (j.title.value, j.priority and j.priority.value, j.on_resume) == ("T: t", -3, "leave")
    assert j.max_duration is not None
    assert (j.max_duration.days, j.catch_up and j.catch_up.ms) == (14, 7_200_000)
    assert j.span.text == "j"
    assert j.entries[0].trigger == s.OnStart(j.span, s.Name(j.span, "link"))


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ("{on: a or b, when: event.x > 3, key: event.k, again: after exit, while_inside: restart}", s.OnPattern),
        ("{when: profile.points > 1000, again: after 7d}", s.OnCondition),
        ("{every: monday at 09:00 zone 'Europe/Paris', for: readers, again: always}", s.OnSchedule),
        ("{once: 2026-12-31 08:00, for: everyone}", s.OnSchedule),
        ("{by: start}", s.OnStart),
        ("{on: joining vip, backfill: true}", s.OnPattern),
    ],
)
def test_entries(entry: str, kind: type) -> None:
    assert type(journey(f"enter: {entry}").entries[0].trigger) is kind
    assert len(journey(f"enter: [{entry}, {{on: z}}]").entries) == 2


def test_as_names_the_last_step_that_happens() -> None:
    trigger = journey("enter: {on: a then not b within 1d, as: x}").entries[0].trigger
    assert isinstance(trigger, s.OnPattern)
    first, second = trigger.pattern.steps
    assert first.bind is not None
    assert (first.bind.text, second.bind) == ("x", None)


def test_goals_and_exits() -> None:
    j = journey(
        "enter: {on: x}\ngoal:\n  - {on: buy within 7d, when: event.t > 3, stay: true}\n"
        "  - {when: profile.n > 3, within: 2d}\nexit: {on: gone}"
    )
    (bought, reached), (gone,) = j.goals, j.exits
    assert (bought.stay, bought.when is not None, reached.stay) == (True, True, False)
    assert reached.within is not None
    assert (reached.within.ms, reached.when, type(reached.trigger)) == (172_800_000, None, s.OnCondition)
    assert isinstance(gone.trigger, s.OnPattern)


def test_every_node() -> None:
    found = nodes(
        "wait: profile.delay",
        "{id: w, wait: until 09:00, do: [exit], else: [{exit: too late}]}",
        "{id: f, wait_for: [{on: nudge.clicked, as: c, when: c.x, do: [exit]}, {when: a}, {after: 3d}, {until: 09:00}]}",
        "branch: [{when: a, do: [exit]}, {else: []}]",
        "{split: salt, per: entry, arms: [{arm: a, share: 99.5%, do: []}, {arm: holdout, share: 0.5%}]}",
        "{repeat: 3 times, until: a, do: [exit]}",
        "{send: m, by: push else email, with: 'a = 1, b = f(x, y)', as: mail, else: []}",
        "{decide: d, take: 2, with: a = 1, as: picks, else: [exit]}",
        "{score: m, as: likely, else: []}",
        "{call: hook, with: a = 1, as: answer, else: [exit]}",
        "{collect: a or b where event.x, until: 18:00, max: 200, as: items}",
        "{collect: a, for: 1d, as: items}",
        "set: profile.tier = 'gold', profile.x = 1",
        "{emit: e, with: a = 1}",
        "{start: j2, with: a = 1}",
        "exit:",
        "{exit: 'no: more', id: last}",
        "exit",
    )
    assert [type(n) for n in found] == [
        s.Wait, s.WaitUntil, s.WaitFor, s.Branch, s.Split, s.Repeat, s.Send, s.Decide, s.Score, s.CallWebhook, s.Collect,
        s.Collect, s.SetAttributes, s.Emit, s.StartJourney, s.Exit, s.Exit, s.Exit,
    ]  # fmt: skip
    split, last = found[4], found[16]
    assert isinstance(split, s.Split)
    assert [(a.name.text, a.share, a.body is None) for a in split.arms] == [("a", 995_000, False), ("holdout", 5_000, True)]
    assert isinstance(last, s.Exit)
    assert last.reason is not None
    assert (last.word.text, last.id and last.id.text, last.reason.value) == ("exit", "last", "no: more")


def test_a_block_of_its_own_differs_from_none() -> None:
    until, without = nodes("{wait: until 09:00, do: []}", "wait: until 09:00")
    assert isinstance(until, s.WaitUntil)
    assert isinstance(without, s.WaitUntil)
    assert (until.body is not None, without.body) == (True, None)


def test_places_within_every_style_reach_the_syntax() -> None:
    text = "enter:\n  on: x\n  when: >-\n    profile.a\n    > 10\n  key: 'event[''k'']'\n"
    entry = journey(text).entries[0]
    assert isinstance(entry.when, s.Binary)
    assert (entry.when.op_span.line, entry.when.op_span.column, entry.when.right.span.text) == (6, 5, "10")
    assert isinstance(entry.key, s.Index)
    assert entry.key.index.span.text == "''k''"


def test_types() -> None:
    loaded = load_text(
        "events:\n  e: {a: string, b: number?, 'c?': [{d: date, e: {one_of: [x, y]}}], f: {schema: string}}\n"
        "  s: {schema: e.json}\n  n:\n"
    )
    assert told(loaded.diagnostics) == "\n"
    assert loaded.project is not None
    e, with_schema, empty = loaded.project.events
    a, b, c, f = e.fields
    assert isinstance(b.type, s.TypeName)
    assert isinstance(c.type, s.ListType)
    assert isinstance(c.type.item, s.RecordType)
    assert (a.type.optional, b.type.optional, c.name.text, c.type.optional) == (False, True, "c", True)
    assert isinstance(c.type.item.fields[1].type, s.OneOfType)
    assert isinstance(f.type, s.RecordType)
    assert with_schema.schema is not None
    assert (with_schema.schema.value, empty.fields) == ("e.json", ())


def test_project_sections() -> None:
    loaded = load_project((), CORPUS / "rtj.yaml")
    project = loaded.project
    assert project is not None
    spend = next(a for a in project.profile if a.name.text == "spend_30d")
    tier = next(a for a in project.profile if a.name.text == "tier")
    assert isinstance(spend.formula, s.Call)
    assert isinstance(tier.type, s.OneOfType)
    assert tier.source is not None
    assert (tier.source.event.text, tier.source.path[0].text) == ("loyalty", "tier")
    assert [(a.value, b.value) for a, b in tier.codes] == [("1", "bronze"), ("2", "silver")]
    assert [(c.name.text, c.at_most.count.value, c.at_most.unit) for c in project.caps] == [
        ("gentle", 2, None),
        ("one_promo", 1, "week"),
    ]
    assert project.quiet_hours is not None
    assert (project.quiet_hours.start.minutes, project.quiet_hours.end.minutes) == (1320, 480)
    founders = next(a for a in project.audiences if a.name.text == "founders")
    assert founders.members is not None
    assert loaded.file_of(founders.members) == CORPUS / "founders.csv"
    assert [e.name.text for e in project.events if e.business] == ["restocked", "price_changed"]


def test_misspelt_keys_do_not_make_two_reports() -> None:
    loaded = load_text(PROJECT, "journey: j\nentr: {on: x}\n")
    assert [d.code for d in loaded.diagnostics] == ["E101"]
