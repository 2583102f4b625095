"""Identifiers as the world writes them: spellings of one person, placeholders, devices and mailboxes that everybody shares, names
in every script. Whatever they are, each way of running gives the same bytes.
"""

from __future__ import annotations

import time
import tracemalloc
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from rtj.base.errors import MissingExtra
from rtj.compile import compile_text
from rtj.connect.identify import Reader
from rtj.ir.program import Namespace, Program
from rtj.run.identities import Asked, identify
from tests.run.shop import Ran, event, run, write

PROJECT = """\
project: bad
dedupe: 1h
identity:
  user:   {kind: person, priority: 1, unique: true, normalize: trim}
  email:  {kind: person, priority: 2, normalize: [trim, lower]}
  phone:  {kind: person, priority: 3, normalize: e164, region: DE}
  device: {kind: device, priority: 4}
  cookie: {kind: cookie, priority: 5}
  name_birth: {kind: person, priority: 6, derive: {signed_up: "fold(event.name) + '|' + event.born"}}
events:
  seen: {}
  signed_up: {name: string?, born: string?}
  silent: {}
profile: {times: count(seen)}
channels: {push: {purpose: transactional}}
"""
JOURNEY = """\
journey: hello
enter: {on: seen, again: never}
do:
  - {id: rest, wait: 1h}
  - {send: hello, by: push}
"""


@cache
def program(text: str = PROJECT) -> Program:
    compiled = compile_text(text, JOURNEY)
    assert compiled.program is not None, compiled.diagnostics
    return compiled.program


def every_way(folder: Path, records: list[dict[str, Any]], text: str = PROJECT) -> Ran:
    """Run by one worker, by three, and in the order of arrival: traces and messages are the same."""
    path = write(folder / "events.jsonl", records)
    first, *others = (
        run(folder, path, project=program(text), drain=True, **way) for way in ({}, {"workers": 3}, {"order": "arrival"})
    )
    for other in others:
        assert other.trace == first.trace
        assert other.messages == first.messages
        assert other.result.counts == first.result.counts
    return first


def reader(**more: Any) -> Reader:
    return Reader((Namespace("x", 1, **more),))


@pytest.mark.parametrize("raw", ["ada@x.org", " Ada@X.org", "ADA@X.ORG \t", "\u00a0ada@x.ORG\n"])
def test_mail_with_spaces_and_capitals(raw: str) -> None:
    assert reader(normalize=("trim", "lower")).identify(raw) == ((0, "ada@x.org"),)


@pytest.mark.parametrize(
    "raw",
    ["+49 30 901820", "0049 (30) 90-1820", "030/901820", "(030) 90 18 20", "+49 (0)30 901820", "tel:+49-30-901820", "03090 1820"],
)
def test_one_telephone_in_many_notations(raw: str) -> None:
    assert reader(normalize=("e164",), region="DE").identify(raw) == ((0, "+4930901820"),)


@pytest.mark.parametrize(
    ("raw", "kept"), [("1", "1"), ("call me", "callme"), ("+1 (212) 555-0100", "+12125550100"), ("٠٣٠٩٠١٨٢٠", "+4930901820")]
)
def test_what_is_no_telephone_of_the_region(raw: str, kept: str) -> None:
    """Another country's number is taken as such; what is no number at all is kept as without a region."""
    assert reader(normalize=("e164",), region="DE").identify(raw) == ((0, kept),)


def test_without_a_region_the_simple_rule_stands() -> None:
    assert reader(normalize=("e164",)).identify("030/90 18-20") == ((0, "030901820"),)


def test_a_region_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "phonenumbers", None)
    with pytest.raises(MissingExtra, match=r"rtj\[phone\]"):
        reader(normalize=("e164",), region="DE")


@pytest.mark.parametrize(
    "raw",
    ["null", " NULL ", "undefined", "Anonymous", "", "   ", "0", "00000000-0000-0000-0000-000000000000", 0, 0.0, "x" * 2_000],
)
def test_placeholders_are_nobody(raw: str | int | float) -> None:
    assert reader().identify(raw) == ()
    assert reader(normalize=("trim", "lower")).identify(raw) == ()


def test_names_in_every_script(tmp_path: Path) -> None:
    """CJK, emoji, right to left, a lone surrogate's neighbours: each is one person, found again by another spelling."""
    names = ["山田 太郎", "👩‍🚀 Ada", "محمد علي", "שרה לוי", "Zoë Ünal", "นภา", "ａｄａ ｆｕｌｌ"]
    records = [event(n, "signed_up", n, {"name": name, "born": "1990"}, cookie=f"c{n}") for n, name in enumerate(names)]
    records += [
        event(100 + n, "signed_up", 100 + n, {"name": f"  {name.upper()} ", "born": "1990"}, cookie=f"other{n}")
        for n, name in enumerate(names)
    ]
    records += [event(200 + n, "seen", 200 + n, user=f"{name}\u202e", cookie=f"c{n}") for n, name in enumerate(names)]
    done = every_way(tmp_path, records)

    assert done.result.profiles == len(names)
    assert len(done.messages) == len(names)


def test_an_identifier_found_out_to_be_junk_is_so_in_every_way_of_running(tmp_path: Path) -> None:
    """A device shared by 60 people, a cookie let go, an event that nothing reads of somebody who was let go."""
    records = [event(n, "seen", n, user=f"u{n}", device="kiosk", cookie=f"c{n}") for n in range(60)]
    records += [event(100 + n, "seen", 100 + n, device="kiosk", **({"cookie": "c3"} if n % 2 else {})) for n in range(6)]
    records += [event(200 + n, "seen", 200 + n, user="collector", cookie=f"own{n}") for n in range(70)]
    records += [event(300 + n, kind, 300 + n, cookie="own1") for n, kind in enumerate(("silent", "silent", "seen", "silent"))]
    done = every_way(tmp_path, records)

    assert done.result.counts["junk", "device"] == 1
    assert done.result.counts["only_junk",] == 3
    assert done.result.counts["let_go", "cookie"] == 21
    assert b'"cookie:own1#2"' in done.trace


@pytest.mark.long
def test_one_device_shared_by_ten_thousand_people(tmp_path: Path) -> None:
    """Twice the people take about twice the time and memory."""
    spent: list[tuple[float, int]] = []
    for people in (5_000, 10_000):
        records = [event(n, "seen", n, user=f"u{n}", device="shared") for n in range(people)]
        path = write(tmp_path / "events.jsonl", records)
        tracemalloc.start()
        began = time.process_time()
        done = run(tmp_path, path, project=program())
        spent.append((time.process_time() - began, tracemalloc.get_traced_memory()[1]))
        tracemalloc.stop()
        assert done.result.profiles == people
        assert done.result.counts["junk", "device"] == 1
    (time_of_half, memory_of_half), (time_of_all, memory_of_all) = spent
    assert time_of_all < 3.5 * time_of_half
    assert memory_of_all < 2.6 * memory_of_half


@pytest.mark.long
def test_an_identifier_that_links_a_hundred_thousand_profiles(tmp_path: Path) -> None:
    """An attack, or a bug: fifty are fused before it is found out, everybody else stays apart."""
    people = 100_000
    text = PROJECT.replace(", unique: true", "")
    path = write(tmp_path / "events.jsonl", [event(n, "seen", n, user=f"u{n}", email="test@test.test") for n in range(people)])
    began = time.process_time()
    found = identify(program(text), Asked((path,), now_ms=1 << 41))

    assert found.profiles == people - 49
    assert found.counts["junk"] == 1
    assert time.process_time() - began < 60
