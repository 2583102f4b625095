"""The table of what rules can read is that of the program, every field is a word that expressions take, and every thing has
exactly the fields of its record."""

from __future__ import annotations

import re

import pytest

from rtj.base.places import grammar_file
from rtj.compile.pipeline import analyse
from rtj.lang.load import load_text
from rtj.lint.facts import Facts, gather
from rtj.lint.user_records import IN_JOURNEYS, NODES, RECORDS
from rtj.lint.user_things import Survey
from tests.lint.cases import found

PAGE = grammar_file("README.md")
TABLE = re.compile(r"(?<=<!-- records -->\n).*?(?=<!-- end of records -->)", re.DOTALL)
PROJECT = """\
project: whole
timezone: Europe/Berlin
events:
  bought: {total: number?, item: string}
  login: {}
profile:
  spent: sum(bought.total)
  tier: {from: bought.item, type: string, default: none, labels: [pii]}
audiences:
  rich: profile.spent > 1
channels:
  email: {purpose: marketing, default: granted, rate: 10 per 1s}
  sms: {purpose: transactional}
webhooks:
  crm: {post: "https://crm.example", timeout: 5s, retries: 2, returns: {slot: instant?}}
caps:
  gentle: {at_most: 2, per: 24h, channels: [email]}
quiet_hours: {from: 22:00, to: 08:00}
sources:
  shop: {format: segment, lateness: 1h}
"""
JOURNEY = """\
journey: all
title: 全部
stability: beta
runs: from 2026-01-01 to 2026-12-31
max_duration: 2 weeks
enter: {on: bought where event.total > 1 as b, key: b.item, again: always}
goal: {on: bought within 7d, when: event.total > 1}
exit: {on: unsubscribed}
do:
  - {id: w, wait: 1 month}
  - id: u
    wait: until 10:00
    else: []
  - id: f
    wait_for:
      - {on: login or bought}
      - {after: 3d, do: [{send: late, by: sms}]}
      - {after: 2d}
  - id: br
    branch:
      - {when: profile.spent > 1, do: [{id: c, call: crm, with: a = 1, as: r}]}
      - else: []
  - id: s
    split: salt
    arms: [{arm: a, share: 12.5%}, {arm: holdout, share: 87.5%}]
  - id: rp
    repeat: 3
    until: profile.spent > 9
    do: [{id: w2, wait: 1h}]
  - {id: m, send: hello, by: email else sms, with: a = 1, as: mail}
  - {id: col, collect: bought, for: 2h, max: 5, as: items}
  - set: profile.tier = 'x'
  - {emit: bought, with: item = 'x'}
  - {start: other, with: x = 1}
  - exit: done
"""
OTHER = "journey: other\nenter: {by: start, as: link}\n"
BARE = "journey: bare\nenter: {every: day at 10:00, for: rich}\ndo:\n  - {send: x, by: sms}\n"


def facts() -> Facts:
    gathered = gather(analyse(load_text(PROJECT, JOURNEY, OTHER, BARE)))
    assert gathered is not None
    return gathered


def record_table() -> str:
    rows = ["| `each` | what can be read of it |", "|---|---|"]
    shared = len(RECORDS["node"])
    for kind, fields in RECORDS.items():
        own = fields[shared:] if kind in NODES and kind != "node" else fields
        told = "<br>".join(f"`{f.name}`: {f.type}" + (f" ({f.meaning})" if f.meaning else "") for f in own)
        plus = "as `node`, and<br>" if kind in NODES and kind != "node" else ""
        rows.append(f"| `{kind}` | {plus}{told} |".replace(" | ", " \\| ").replace(f"| `{kind}` \\| ", f"| `{kind}` | "))
    return "\n".join(rows) + "\n"


def test_the_table_of_the_page_is_that_of_the_program(request: pytest.FixtureRequest) -> None:
    page = PAGE.read_text(encoding="utf-8")
    if request.config.getoption("--update-golden"):
        page = TABLE.sub(lambda _: record_table(), page)
        PAGE.write_text(page, encoding="utf-8", newline="")

    table = TABLE.search(page)

    assert table is not None
    assert table[0] == record_table(), "pytest --update-golden writes it"


def test_the_project_of_this_test_compiles() -> None:
    assert [
        d.message for d in analyse(load_text(PROJECT, JOURNEY, OTHER, BARE)).compiled.diagnostics if d.severity == "error"
    ] == []


@pytest.mark.parametrize("kind", RECORDS)
def test_things_have_the_fields_of_their_record(kind: str) -> None:
    every = list(Survey(facts(), str).things(kind))

    assert every, "the project above has one of each"
    for thing in every:
        assert set(thing.values) == {field.name for field in RECORDS[kind]}
        assert (thing.journey is not None) == (kind in IN_JOURNEYS)


@pytest.mark.parametrize("kind", RECORDS)
def test_every_field_can_be_read_and_printed(kind: str) -> None:
    """A rule that always fires and quotes every field: each is a word that expressions take, of the type that is told."""
    quoted = " ".join(f"{{{kind}.{field.name}}}" for field in RECORDS[kind])
    rule = f"rules:\n  own:\n    each: {kind}\n    when: project.caps == 1\n    message: '{quoted}'\n"

    said = [d for d in found(PROJECT + rule, JOURNEY, OTHER, BARE) if d.code == "own" or d.span.source.path == "rtj.yaml"]

    assert "own" in {d.code for d in said}
    assert [d.message for d in said if d.severity == "error"] == []


def printed(kind: str, field: str) -> list[str]:
    rule = f"rules:\n  own:\n    each: {kind}\n    when: project.caps == 1\n    message: '{{{kind}.{field}}}'\n"
    return [d.message for d in found(PROJECT + rule, JOURNEY, OTHER, BARE) if d.code == "own"]


@pytest.mark.parametrize(
    ("kind", "field", "values"),
    [
        ("journey", "title", ["全部", "nothing", "nothing"]),
        ("journey", "max_duration", ["2w", "nothing", "nothing"]),
        ("journey", "runs_to", ["2026-12-31", "nothing", "nothing"]),
        ("journey", "channels", ["sms, email", "", "sms"]),
        ("journey", "events", ["bought", "", ""]),
        ("enter", "on", ["event", "start", "schedule"]),
        ("enter", "again", ["always", "after", "after"]),
        ("goal", "within", ["1w"]),
        ("wait", "length", ["4w2d", "1h"]),
        ("wait", "in_repeat", ["false", "true"]),
        ("wait_for", "timeout", ["2d"]),
        ("wait_for", "events", ["login, bought"]),
        ("split", "arms", ["{name: a, percent: 12.5}, {name: holdout, percent: 87.5}"]),
        ("send", "channels", ["sms", "email, sms", "sms"]),
        ("send", "depth", ["1", "0", "0"]),
        ("call", "values", ["a"]),
        ("set", "attributes", ["tier"]),
        ("exit", "last", ["true"]),
        ("attribute", "type", ["number", "string"]),
        ("channel", "purpose", ["marketing", "transactional"]),
        ("event", "optional", ["total", ""]),
        ("cap", "per", ["1d"]),
        ("webhook", "retries", ["2"]),
    ],
)
def test_values(kind: str, field: str, values: list[str]) -> None:
    assert printed(kind, field) == values
