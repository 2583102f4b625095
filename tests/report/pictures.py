"""Journeys to draw: one with every node, generated ones of any size, and pictures of them."""

from __future__ import annotations

import random
from typing import Any

import yaml

from rtj.cli.graph_words import wordings
from rtj.compile.pipeline import analyse
from rtj.lang.load import load_text
from rtj.report.picture import Picture
from rtj.report.picture_build import draw

PROJECT = """\
project: club
timezone: Europe/Berlin
identity: {user_id: {kind: person, priority: 1, unique: true}}
events:
  booked: {item: string, seats: number, starts_at: instant}
  paid: {total: number}
  promoted: {}
profile:
  tier: {type: string?}
  points: {type: number?}
channels:
  email: {purpose: transactional}
  push: {purpose: transactional}
  wechat: {purpose: transactional}
webhooks:
  advisor: {post: "https://crm.example/book", returns: {slot: instant?}}
"""
EVERYTHING = """\
journey: everything
title: 会员旅程：每个节点一次 🎁
priority: 5
runs: from 2026-01-01 to 2026-12-31
max_duration: 30d
enter:
  - {on: booked, as: trip, when: trip.seats >= 2, key: trip.item, again: after 7d, while_inside: restart}
  - {by: start, as: link}
goal: {on: paid within 2d, when: event.total > 0, stay: true}
exit: {when: profile.tier == '金卡'}
do:
  - {id: pause, wait: 1h30m}
  - id: eve
    wait: until 10:00 on now() + 1 day
    do: [{send: eve_note, by: email}]
    else: [{send: too_late, by: email}]
  - {send: ask, by: push else wechat else email, with: "greeting = '您好', seats = 2", else: [{exit: 联系不上}]}
  - id: answer
    wait_for:
      - {on: ask.clicked, do: [{exit: came back}]}
      - on: paid
        as: bill
        when: bill.total > 10 and bill.total < 1000
        do: [{set: "profile.tier = 'مميز', profile.points = 3"}]
      - {when: profile.points > 9}
      - {until: friday at 18:00, do: [{id: half_a_day, wait: 12h}]}
      - {after: 3d}
  - branch:
      - {when: "profile.tier in ['gold', 'silver'] and profile.points is not missing", do: [{emit: promoted}]}
      - {when: profile.points > 100, do: [{call: advisor, with: seats = 2, as: slot, else: [{send: we_call_you, by: email}]}]}
  - id: test
    split: salt-2026
    arms:
      - {arm: short, share: 49.5%, do: [{send: short_mail, by: email}]}
      - {arm: nothing_more, share: 49.5%}
      - {arm: holdout, share: 1%}
  - id: again
    repeat: 3
    until: profile.tier == 'gold'
    do: [{id: day, wait: 1 day}, {send: nudge, by: push}]
  - {id: digest, collect: paid where event.total > 5, for: 1d, max: 20, as: bills}
  - {start: sequel, with: many = sum(b.total for b in bills)}
"""
SEQUEL = """\
journey: sequel
enter: [{by: start, as: link}, {on: promoted}]
do: [{send: thanks, by: email}]
"""
_FORKS = ("wait_for", "branch", "split", "repeat", "sendelse", "until")


def pictures(*journeys: str, project: str = PROJECT) -> dict[str, Picture]:
    """The picture of each journey, by name."""
    analysis = analyse(load_text(project, *journeys))
    program = analysis.compiled.program
    assert program is not None, [d.message for d in analysis.compiled.diagnostics]
    words = wordings(analysis)
    return {journey.name: draw(program, journey, words[journey.name]) for journey in program.journeys}


def everything() -> Picture:
    return pictures(EVERYTHING, SEQUEL)["everything"]


def generated(nodes: int, seed: int) -> Picture:
    """A journey of about so many nodes, nested up to three deep."""
    return pictures(yaml.safe_dump(_Maker(nodes, seed).journey(), sort_keys=False, allow_unicode=True))["generated"]


class _Maker:
    def __init__(self, nodes: int, seed: int) -> None:
        self._left = nodes
        self._chance = random.Random(seed)
        self._ids = 0

    def journey(self) -> dict[str, Any]:
        do = []
        while self._left > 0:
            do.append(self._node(0))
        return {"journey": "generated", "title": "Made up", "enter": {"on": "booked"}, "goal": {"on": "paid"}, "do": do}

    def _block(self, depth: int) -> list[dict[str, Any]]:
        return [self._node(depth + 1) for _ in range(self._chance.randint(1, 3)) if self._left > 0] or [self._node(9)]

    def _node(self, depth: int) -> dict[str, Any]:
        self._left -= 1
        self._ids += 1
        name = f"n{self._ids}"
        flat = ("wait", "send", "set", "exit")
        kind = self._chance.choice(flat if depth > 2 else ("wait", "send", "send", "set", *_FORKS))
        return {"id": name, **self._body(kind, depth)}

    def _body(self, kind: str, depth: int) -> dict[str, Any]:
        match kind:
            case "wait":
                return {"wait": self._chance.choice(("30m", "3 days", "until weekday at 10:00"))}
            case "send" | "sendelse":
                message = self._chance.choice(("hello", "a_message_whose_name_is_too_long_for_one_line_of_a_box"))
                sent: dict[str, Any] = {"send": message, "by": self._chance.choice(("email", "push else wechat else email"))}
                return {**sent, "else": self._block(depth)} if kind == "sendelse" else sent
            case "set":
                return {"set": "profile.tier = '金卡会员，享有全部权益'"}
            case "exit":
                return {"exit": self._chance.choice(("done", "已经联系过了"))}
            case "until":
                moment = "until 10:00 on entry.starts_at - 1 day"
                return {"wait": moment, "do": self._block(depth), "else": self._block(depth)}
            case "wait_for":
                long = "profile.tier == 'gold' and count(paid where event.total > 50) over 30d >= 3"
                first = {"on": "paid", "do": self._block(depth)}
                return {"wait_for": [first, {"when": long, "do": self._block(depth)}, {"after": "1 day"}]}
            case "branch":
                arms = [{"when": f"profile.points > {n}", "do": self._block(depth)} for n in range(self._chance.randint(1, 3))]
                return {"branch": arms}
            case "split":
                arms = [{"arm": "a", "share": "60%", "do": self._block(depth)}, {"arm": "holdout", "share": "40%"}]
                return {"split": "salt", "arms": arms}
            case _:
                return {"repeat": 3, "do": self._block(depth)}
