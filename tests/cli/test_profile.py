"""`rtj profile`: everything about a person in one look, out of the store, with what is labelled pii masked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rtj.cli.environments import find_environment
from rtj.live.peeking import Look
from rtj.store.opening import open_store
from tests.cli.conftest import event
from tests.cli.living import call, deploy, feed

PROJECT = """\
project: tea
timezone: Europe/Berlin
identity:
  user_id: {kind: person, priority: 1, unique: true}
  email:   {kind: person, priority: 2, unique: true, normalize: [trim, lower], labels: [pii]}
  device:  {kind: device, priority: 3}
events:
  signed_up: {name: string, birthday: date?, zone: string?, ok: bool?}
  bought:    {total: number, item: string}
profile:
  name:     {from: signed_up.name, type: string, default: "", labels: [pii]}
  birthday: {from: signed_up.birthday}
  timezone: {from: signed_up.zone, type: string?}
  email_ok: {from: signed_up.ok, type: bool?}
  spent:    sum(bought.total) over 30d
  items:    distinct(bought.item) over 30d
  last:     last(bought.ts)
audiences:
  buyers: profile.spent > 0
channels:
  email: {address: profile.email, purpose: marketing, consent: profile.email_ok}
  post:  {purpose: transactional}
environments:
  dev: {policies: {require: []}}
"""
WELCOME = """\
journey welcome {
  enter on signed_up
  send hello by post
  wait 1h @pause
  send offer by email
  wait 3d @rest
  send last by email
}
"""
ADA = {
    "id": "1", "type": "signed_up", "ts": "2026-03-01T09:00:00Z", "user_id": "ada", "email": "Ada@Tea.example",
    "properties": {"name": "Ada 歓迎", "birthday": "1990-05-17", "zone": "Asia/Tokyo", "ok": True},
}  # fmt: skip
BOB = event(2, "signed_up", "2026-03-01T09:10:00Z", "bob", name="Bob")
BUYS = event(3, "bought", "2026-03-01T09:20:00Z", "ada", total=12.5, item="ほうじ茶")
PHONE = {**event(4, "bought", "2026-03-01T09:30:00Z", "ada", total=1, item="cup"), "device": "d-1"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A deployed project with two people, as of 12:00 in Berlin."""
    folder = tmp_path_factory.mktemp("tea")
    (folder / "rtj.yaml").write_text(PROJECT, encoding="utf-8")
    (folder / "welcome.journey").write_text(WELCOME, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        deploy()
        feed(ADA, BOB, BUYS, PHONE, until="2026-03-01T11:00:00Z")
        yield folder


def test_one_look(shop: Path, golden: Callable[[str, str], None]) -> None:
    code, out, err = call("profile", "ada", "--show-pii")

    assert (code, err) == (0, "")
    golden("cli/profile.out", out)


@pytest.mark.parametrize("who", ["ada", "user_id:ada", "email:ada@tea.example", " ADA@tea.example ", "device:d-1", "d-1"])
def test_a_person_has_many_names(who: str, shop: Path) -> None:
    code, out, _ = call("profile", who, "-f", "json", "--show-pii")

    assert code == 0
    assert json.loads(out)["identifiers"] == ["user_id:ada", "email:ada@tea.example", "device:d-1"]


def test_what_is_labelled_pii_is_masked(shop: Path) -> None:
    for options in ((), ("-f", "json")):
        _, out, _ = call("profile", "ada", *options)
        assert "tea.example" not in out and "歓迎" not in out
        assert "ほうじ茶" in out, "what is not labelled is shown"


def test_as_json(shop: Path) -> None:
    found = json.loads(call("profile", "ada", "-f", "json", "--show-pii")[1])

    assert found["attributes"]["birthday"] == {"value": "1990-05-17", "since": "2026-03-01T09:00:00.000Z"}
    assert (found["computed"]["spent"], found["zone"]) == (13.5, "Asia/Tokyo")
    assert [(one["journey"], one["node"], one["due"]) for one in found["inside"]] == [
        ("welcome", "rest", "2026-03-04T10:00:00.000Z")
    ]
    assert [(one["template"], one["state"]) for one in found["messages"]] == [("offer", "waiting"), ("hello", "waiting")]
    assert [one["name"] for one in found["audiences"]] == ["buyers"]


def test_what_stops_a_message(shop: Path) -> None:
    rows = [" ".join(row.split()) for row in call("profile", "bob")[1].splitlines()]

    assert "can reach email no: no address" in rows


@pytest.mark.parametrize(
    ("who", "told"),
    [("bbo", "did you mean bob?"), ("user_id:adda", "did you mean user_id:ada?"), ("someone entirely else", "known in dev\n")],
)
def test_nobody(who: str, told: str, shop: Path) -> None:
    code, out, err = call("profile", who)

    assert (code, out) == (1, "")
    assert told in err


def test_masked_names_are_not_proposed(shop: Path) -> None:
    _, _, err = call("profile", "aba@tea.example")
    assert "ada@" not in err and "did you mean" not in err

    _, _, err = call("profile", "aba@tea.example", "--show-pii")
    assert "did you mean ada@tea.example?" in err


def test_a_run_goes_on_meanwhile(shop: Path) -> None:
    """Who looks sees what was committed last, and keeps nobody from committing."""
    environment = find_environment(None)
    with closing(open_store(environment.store, environment.name, reading=True)) as store:
        look = Look(store)
        before = look.portrait("eve")
        feed(event(9, "signed_up", "2026-03-01T11:30:00Z", "eve", name="Eve"), until="2026-03-01T11:40:00Z")
        after = look.portrait("eve")

    assert before is None
    assert after is not None and [one.node for one in after.inside] == ["pause"]


def test_where_nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rtj.yaml").write_text("project: p\nenvironments: {dev: {}}\n")
    monkeypatch.chdir(tmp_path)

    code, _, err = call("profile", "ada")
    assert (code, "there is no store yet" in err) == (4, True)
    assert call("profile", "")[0] == 2
    assert not (tmp_path / ".rtj").exists(), "nothing was made"
