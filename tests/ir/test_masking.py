"""What is labelled pii does not reach print, by whatever way it went; what is not labelled does."""

from __future__ import annotations

import msgspec

from rtj.compile.pipeline import compile_text
from rtj.ir.masking import STARS, WITHHELD, Masker
from rtj.ir.program import Program

PROJECT = """
project: shop
secret: pepper
identity:
  email: {kind: person, priority: 1, unique: true}
  device: {kind: device, priority: 2}
events:
  signed_up: {name: string, plan: string}
  bought: {note: string, total: number}
profile:
  name: {from: signed_up.name, labels: [pii]}
  plan: {from: signed_up.plan}
  shout: upper(profile.name ?? 'x')
  latest: last(signed_up.name)
  nickname: {type: string?}
channels:
  mail: {purpose: transactional}
"""
JOURNEY = """
journey: hello
enter: {on: signed_up, as: s}
do:
  - set: profile.nickname = s.name
  - send: hi
    id: hi
    by: mail
    with: name = s.name, loud = profile.shout, plan = s.plan, last = profile.latest, nick = profile.nickname
"""


def program(project: str = PROJECT) -> Program:
    compiled = compile_text(project, JOURNEY)
    assert compiled.program is not None, compiled.diagnostics
    return labelled(compiled.program)


def labelled(made: Program) -> Program:
    """With its e-mail addresses labelled."""
    spaces = tuple(msgspec.structs.replace(n, labels=("pii",) if n.name == "email" else ()) for n in made.namespaces)
    return msgspec.structs.replace(made, namespaces=spaces)


def test_labels_follow_values_through_attributes_history_and_set() -> None:
    masker = Masker(program())
    shown = masker.pairs("hello", "hi", {"name": "Ada", "loud": "ADA", "plan": "pro", "last": "Ada", "nick": None})
    assert shown == {"name": STARS, "loud": STARS, "plan": "pro", "last": STARS, "nick": None}
    assert masker.value("nickname", "Ada") == STARS
    assert masker.field("signed_up", "name", "Ada") == STARS
    assert masker.field("signed_up", "plan", "pro") == "pro"


def test_identifiers_keep_people_apart_and_hang_on_the_secret() -> None:
    masker, made = Masker(program()), program()
    ada, bob = masker.identifier("email:ada@example.org"), masker.identifier("email:bob@example.org")
    assert ada.startswith("email:~") and len(ada) == len("email:~") + 16
    assert ada != bob and ada == Masker(made).identifier("email:ada@example.org")
    assert ada != Masker(msgspec.structs.replace(made, secret="salt")).identifier("email:ada@example.org")
    assert masker.identifier("device:d-1") == "device:d-1"
    assert "ada" not in masker.identifier("email:ada:x#2") + masker.identifier("email:😀ada")


def test_a_record_is_masked_in_all_its_parts() -> None:
    record = {
        "profile": "email:ada@x", "what": "merged", "other": "email:b@x",
        "journey": "hello", "node": "hi", "vars": {"name": "Ada"},
    }  # fmt: skip
    text = repr(Masker(program()).record(record))
    assert "ada" not in text and "b@x" not in text and "Ada" not in text


def test_a_broken_line_shows_keys_and_what_nobody_labelled() -> None:
    masker = Masker(program())
    line = '{"id":"e1","type":"signed_up","email":"ada@x","properties":{"name":"Ada","plan":7,"more":["Ada"]},"x":{"y":"Ada"}}'
    shown = masker.broken_line(line)
    assert "ada" not in shown.lower() and '"plan":7' in shown and '"id":"e1"' in shown and '"y":"***"' in shown
    assert masker.broken_line("ada@x, 7") == f"8 characters {WITHHELD}"
    assert masker.detail("Invalid enum value 'ada@x'") == "Invalid enum value ***"


def test_nothing_is_masked_where_nothing_is_labelled_or_all_is_asked_for() -> None:
    for masker in (Masker(program(), show=True), Masker(msgspec.structs.replace(program(), namespaces=(), mappings=()))):
        assert not masker.active
        assert masker.identifier("email:ada@x") == "email:ada@x"
        assert masker.broken_line("ada") == "ada" and masker.detail("'ada'") == "'ada'"


OF_FIELDS = """
project: shop
secret: pepper
identity:
  user_id: {kind: person, priority: 1, unique: true}
  name_key: {kind: person, priority: 9, derive: {signed_up: lower(event.name)}}
events:
  signed_up: {name: {type: string, labels: [pii]}, mail: {type: string?, labels: [pii, contact]}, plan: string}
  bought: {note: {type: string, labels: pii}, total: number}
profile:
  mail: {from: signed_up.mail}
  newest: last(bought)
channels:
  mail: {purpose: transactional}
"""


def test_what_an_event_field_is_labelled_goes_with_it() -> None:
    journey = """
journey: hello
enter: {on: signed_up, as: s}
do:
  - {emit: bought, with: "note = s.name, total = 1"}
  - send: hi
    by: mail
    with: whole = s, plan = s.plan, last = last(bought).note ?? '', sum = last(bought).total ?? 0, all = distinct(bought.note)
"""
    compiled = compile_text(OF_FIELDS, journey)
    assert compiled.program is not None, compiled.diagnostics
    masker = Masker(compiled.program)
    sent = {"whole": {"name": "Ada"}, "plan": "pro", "last": "tea", "sum": 1, "all": ["tea"]}
    assert masker.pairs("hello", "hi", sent) == {"whole": STARS, "plan": "pro", "last": STARS, "sum": 1, "all": STARS}
    assert masker.value("mail", "ada@example.org") == STARS and masker.value("newest", {}) == STARS
    assert masker.field("bought", "note", "tea") == STARS and masker.field("bought", "total", 1) == 1
    assert masker.identifier("user_id:7") == "user_id:7"
    assert "ada" not in masker.identifier("name_key:ada")
    line = '{"type": "bought", "ts": "yesterday", "properties": {"note": "tea", "total": 3}}'
    assert "tea" not in masker.broken_line(line) and '"total":3' in masker.broken_line(line)
