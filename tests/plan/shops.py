"""A small shop in versions: what a change of its project or of a journey is called is asked of two of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rtj.compile import compile_text
from rtj.ir.aligned import aligned
from rtj.plan.changes import Change
from rtj.plan.project import changes_of_project
from rtj.plan.sides import Side

PROJECT = """\
project: shop
timezone: Europe/Berlin
identity:
  user_id: {kind: person, priority: 1, unique: true}
  email:   {kind: person, priority: 2}
events:
  signed_up: {name: string, tier: {one_of: [basic, gold]}, age: number?, news: bool?}
  purchase:  {total: number, item: string}
  page_view: {path: string}
  went: {why: string}
business_events:
  restocked: {item: string, price: number}
profile:
  tier:    {from: signed_up.tier}
  news:    {from: signed_up.news}
  note:    {type: string?, labels: [private]}
  spent:   sum(purchase.total) over 30d
audiences:
  vip:   profile.tier == 'gold'
  loyal: audience.vip and profile.spent > 100
  idle:  count(page_view) over 7d == 0
tables:
  products: {key: item, from: restocked, fields: {price: number}}
channels:
  email: {purpose: marketing, consent: profile.news}
  push:  {purpose: marketing, default: granted}
webhooks:
  crm: {post: "https://crm.example.org/in", timeout: 5s}
messages:
  receipt: {purpose: transactional}
"""
WELCOME = """\
journey: welcome
enter: {on: signed_up}
goal: {on: purchase, when: event.total > 10}
do:
  - send: hello
    by: email
  - wait: 3d
    id: pause
  - branch:
      - when: audience.loyal
        do:
          - send: thanks
            by: push
"""
QUIET = "quiet_hours: {from: 22:00, to: 08:00, zone: profile, channels: [push]}\n"


def side(name: str, project: str, *journeys: str, **more: Any) -> Side:
    """A version of a project."""
    found = compile_text(project, *journeys)
    assert found.program is not None, [diagnostic.message for diagnostic in found.diagnostics]
    return replace(Side(name, found.program), **more)


def sides(old: str, new: str, *journeys: str) -> tuple[Side, Side]:
    """Two versions of a project around the same journeys."""
    return level_with(side("old", old, *journeys), side("new", new, *journeys))


def level_with(old: Side, new: Side) -> tuple[Side, Side]:
    """The same with programs under the same names."""
    was, now = aligned(old.program, new.program)
    return replace(old, program=was), replace(new, program=now)


def told(change: Change) -> tuple[str, str, str, str]:
    """What a change is, in short: its code, its level, the journey and the part."""
    return change.code, change.level, change.journey, change.what


def changed(before: str, after: str, project: str = PROJECT, *journeys: str) -> list[Change]:
    """The changes of a project in which one piece of text is another."""
    assert before in project
    return list(changes_of_project(*sides(project, project.replace(before, after), *(journeys or (WELCOME,)))))
