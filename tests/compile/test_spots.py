"""Every address of a part leads to the text that says it, in both spellings; only what is asked for is looked through."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtj.base.places import journeys_dir
from rtj.compile import spots as of_journeys
from rtj.compile.pipeline import Analysis, analyse
from rtj.compile.spots import Spot, spots
from rtj.ir import journey as j
from rtj.ir.program import Program
from rtj.lang.load import load_project, load_text

PROJECT = """\
project: shop
timezone: Europe/Berlin
identity:
  user_id: {kind: person, priority: 1}
events:
  signed_up: {plan: string, from: string?}
  bought: {total: number}
profile:
  plan: {from: signed_up.plan, type: string?, labels: [sensitive]}
  spent: sum(bought.total) over 30d
audiences:
  rich: profile.spent > 100
channels:
  email: {consent: profile.plan == 'x'}
  sms: {}
caps:
  - {name: weekly, at_most: 2 per 7d, channels: [email]}
quiet_hours: {from: "21:00", to: "08:00"}
policies:
  none: {labels: [sensitive], forbid: [marketing]}
"""
DSL = """\
journey welcome "Willkommen 你好" {
  priority 3
  enter on signed_up as who when who.plan == 'pro' key who.plan again never
  enter when profile.spent > 5
  goal on bought where event.total > 1 within 7d
  exit when profile.plan is missing
  wait 3d @pause
  wait_for @reply {
    on bought where event.total > 10 { }
    after 2d { exit "late" @late }
  }
  branch @which {
    when profile.spent > 50 { send rich by email else sms with sum = profile.spent }
    else { split "ab" @ab { 40% a { } 60% b { } } }
  }
  set profile.plan = 'old' @mark
}
"""
YAML = """\
journey: welcome
title: "Willkommen 你好"
priority: 3
enter:
  - {on: signed_up, as: who, when: who.plan == 'pro', key: who.plan, again: never}
  - {when: profile.spent > 5}
goal: {on: bought where event.total > 1 within 7d}
exit: {when: profile.plan is missing}
do:
  - {id: pause, wait: 3d}
  - id: reply
    wait_for:
      - {on: bought where event.total > 10, do: []}
      - {after: 2d, do: [{id: late, exit: late}]}
  - id: which
    branch:
      - when: profile.spent > 50
        do:
          - {send: rich, by: email else sms, with: sum = profile.spent}
      - else: [{id: ab, split: ab, arms: [{arm: a, share: 40%, do: []}, {arm: b, share: 60%, do: []}]}]
  - {id: mark, set: profile.plan = 'old'}
"""
TEXTS = {
    ("journey", "welcome"): "welcome",
    ("journey", "welcome", "entry", "0", "when"): "who.plan == 'pro'",
    ("journey", "welcome", "entry", "0", "key"): "who.plan",
    ("journey", "welcome", "entry", "0", "on"): "signed_up",
    ("journey", "welcome", "entry", "1", "when"): "profile.spent > 5",
    ("journey", "welcome", "goal", "0", "where"): "event.total > 1",
    ("journey", "welcome", "goal", "0", "within"): "7d",
    ("journey", "welcome", "exit", "0", "when"): "profile.plan is missing",
    ("journey", "welcome", "node", "pause", "length"): "3d",
    ("journey", "welcome", "node", "pause", "id"): "pause",
    ("journey", "welcome", "node", "reply", "case", "0", "where"): "event.total > 10",
    ("journey", "welcome", "node", "reply", "case", "1", "after"): "2d",
    ("journey", "welcome", "node", "which", "arm", "0", "when"): "profile.spent > 50",
    ("journey", "welcome", "node", "rich", "message"): "rich",
    ("journey", "welcome", "node", "rich", "channels"): "email else sms",
    ("journey", "welcome", "node", "rich", "with", "sum"): "sum = profile.spent",
    ("journey", "welcome", "node", "ab", "share", "b"): "60%",
    ("journey", "welcome", "node", "mark", "with", "plan"): "profile.plan = 'old'",
    ("timezone",): "Europe/Berlin",
    ("event", "signed_up", "field", "from"): "from",
    ("attribute", "spent", "formula"): "sum(bought.total) over 30d",
    ("audience", "rich", "condition"): "profile.spent > 100",
    ("channel", "email", "consent"): "profile.plan == 'x'",
    ("cap", "weekly", "channels"): "email",
    ("policy", "none", "forbids"): "marketing",
}


@pytest.mark.parametrize("journey", [DSL, YAML], ids=["dsl", "yaml"])
def test_addresses_lead_to_what_they_name(journey: str) -> None:
    analysis = analyse(load_text(PROJECT, journey))
    assert analysis.compiled.program is not None, analysis.compiled.diagnostics

    places = spots(analysis)

    wrong = {spot: places[spot].text if spot in places else None for spot in TEXTS}
    assert {spot: text for spot, text in wrong.items() if text is None or not text.startswith(TEXTS[spot])} == {}
    assert ("journey", "welcome", "node", "nothing") not in places
    assert ("journey", "nothing") not in places
    assert len(places) == len(list(places)) > len(TEXTS)


def playbooks() -> list[Path]:
    return sorted(file.parent for file in journeys_dir().glob("*/rtj.yaml"))


def expected(program: Program) -> dict[Spot, str]:
    """What must have a place in any project, and what its text begins with ("" for anything)."""
    found: dict[Spot, str] = {}
    for event in program.events:
        found["event", event.name] = event.name
        found |= {("event", event.name, "field", field.name): field.name for field in event.fields}
    found |= {("audience", audience.name): audience.name for audience in program.audiences}
    found |= {("attribute", mapping.name): mapping.name for mapping in program.mappings}
    found |= {("channel", channel.name): channel.name for channel in program.channels}
    found |= {("table", table.name): table.name for table in program.tables}
    found |= {("message", message.name): message.name for message in program.messages}
    for journey in program.journeys:
        here = "journey", journey.name
        found[here] = journey.name
        for word, parts in (("entry", journey.entries), ("goal", journey.goals), ("exit", journey.exits)):
            found |= {(*here, word, str(number)): "" for number, _ in enumerate(parts)}
        for node in journey.nodes:
            found |= {(*here, "node", node.id, *part): text for part, text in of_node(node).items()}
    return found


def of_node(node: j.Node) -> dict[Spot, str]:
    found: dict[Spot, str] = {(): {"set": "set", "start_": "start"}.get(node.__struct_config__.tag, "")}
    match node:
        case j.WaitFor(cases=cases):
            found |= {("case", str(number)): "" for number, _ in enumerate(cases)}
        case j.Branch(arms=arms):
            found |= {("arm", str(number), "when"): "" for number, _ in enumerate(arms)}
        case j.Split(arms=shares):
            found |= {("share", share.name): "" for share in shares}
        case j.Send(message=message, channels=channels, pairs=pairs):
            found |= {(): "send", ("message",): message, ("channels",): channels[0]}
            found |= {("with", pair.name): pair.name for pair in pairs}
        case j.Emit(pairs=pairs) | j.CallWebhook(pairs=pairs) | j.StartJourney(pairs=pairs):
            found |= {("with", pair.name): pair.name for pair in pairs}
        case _:
            pass
    return found


@pytest.mark.parametrize("folder", playbooks(), ids=lambda folder: folder.name)
def test_every_part_of_a_playbook_has_its_place(folder: Path) -> None:
    analysis = analyse(load_project((), folder))
    assert analysis.compiled.program is not None

    places = spots(analysis)
    wanted = {
        s: t for s, t in expected(analysis.compiled.program).items() if s not in (("event", "any"), ("audience", "everyone"))
    }

    missing = [spot for spot in wanted if spot not in places and not built_in(spot)]
    assert missing == []
    odd = {s: places[s].text for s, t in wanted.items() if s in places and not places[s].text.strip("'\"").startswith(t)}
    assert odd == {}


def built_in(spot: Spot) -> bool:
    """Receipts are events that no project declares."""
    return spot[0] == "event" and spot[1] in ("delivered", "opened", "clicked", "failed", "complained", "unsubscribed")


def test_only_the_journey_that_is_asked_for_is_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [DSL.replace("journey welcome ", f"journey welcome{n} ") for n in range(5)]
    analysis: Analysis = analyse(load_text(PROJECT, *many))
    looked: list[str] = []
    whole = of_journeys.journey_spots

    def counted(tree, ids):  # type: ignore[no-untyped-def]
        looked.append(tree.name.text)
        return whole(tree, ids)

    monkeypatch.setattr(of_journeys, "journey_spots", counted)
    places = spots(analysis)

    assert bool(places) and looked == []
    assert places["journey", "welcome3", "priority"].text == "3"
    assert ("journey", "welcome3", "node", "pause") in places
    assert looked == ["welcome3"]


def test_the_first_of_two_journeys_with_one_name_counts() -> None:
    analysis = analyse(load_text(PROJECT, DSL, DSL.replace("wait 3d", "wait 4d")))

    places = spots(analysis)

    assert places["journey", "welcome", "node", "pause", "length"].text == "3d"
