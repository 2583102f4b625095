"""Environments say where a project runs: read with all their slips, joined over files, and no part of what journeys mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtj.compile.pipeline import compile_text
from rtj.ir import environments as e
from rtj.lang.load import load_project, load_text
from rtj.lang.lower_environments import environment_of

PROJECT = "project: shop\nevents: {login: {}}\n"
SHOP = """\
project: shop
events: {purchase: {}, page_view: {}}
channels: {email: {purpose: transactional}, push: {purpose: transactional}, sms: {purpose: transactional, rate: 5 per 2s}}
sources: {web: {}, orders: {}, clicks: {}, bus: {}, pipe: {}}
"""
WELCOME = "journey: welcome\nenter: {on: purchase}\ndo: [{id: rest, wait: 1h}]\n"
PROD = "environments:\n  prod: {program: deployed/prod.json, instances: deployed/prod.jsonl}\n"


WHOLE = """\
environments:
  dev: {}
  bare:
  prod:
    store: env:RTJ_PROD_STORE
    sources:
      web:    {http: "127.0.0.1:8080", keys: env:WEB_KEYS}
      orders: {kafka: "broker:9092", topic: orders, group: rtj-prod, idle: 5s}
      clicks: {file: events/clicks.jsonl}
      bus:    {redis: "redis://127.0.0.1/0", stream: clicks}
      pipe:   stdin
    channels:
      email: {webhook: "https://mail.example/send", secret: env:MAIL_SECRET, rate: 100 per 2s, timeout: 3s, retries: 4}
      push:  {kafka: [one:9092, two:9093], topic: messages, settings: {security.protocol: SASL_SSL, acks: 1}}
      "*":   {file: out/messages.jsonl}
    serve: {http: "127.0.0.1:8090", keys: env:OPS_KEYS}
    policies:
      require: [validate]
      approvals: 1
      confirm: name
      max_immediate_sends: 7
      retain: 30 days
      shed: [page_view]
      first: purchase
      awake: 1000
    guardrails:
      complaints: {opt_outs: 2.5%, over: 1h, at_least: 50, journeys: [welcome], then: tell}
      lost:       {failures: 5%}
      flood:      {messages: 600 per 2m, then: pause}
"""


def environments(text: str) -> dict[str, e.Environment]:
    """What the environments of a project are, by name."""
    loaded = load_text(text)
    assert loaded.project is not None
    return {decl.name.text: environment_of(loaded, decl) for decl in loaded.project.environments}


def test_a_program_and_maybe_instances_say_what_runs_elsewhere() -> None:
    loaded = load_text(PROJECT + PROD + "  test:\n    program: test.json\n")

    assert loaded.diagnostics == ()
    assert loaded.project is not None
    said = [(d.name.text, d.program, d.instances) for d in loaded.project.environments]
    told = [(name, program and program.value, instances and instances.value) for name, program, instances in said]
    assert told == [("prod", "deployed/prod.json", "deployed/prod.jsonl"), ("test", "test.json", None)]


def test_all_of_it_is_read() -> None:
    assert slips(WHOLE) == []
    here = Path.cwd()
    prod = environments(SHOP + WHOLE)["prod"]

    assert prod.store == "env:RTJ_PROD_STORE"
    assert {one.name: (one.feed, one.idle_ms) for one in prod.sources} == {
        "web": (e.HttpSource("127.0.0.1:8080", "env:WEB_KEYS"), 1_000),
        "orders": (e.KafkaSource("broker:9092", "orders", "rtj-prod"), 5_000),
        "clicks": (e.FileSource(str(here / "events/clicks.jsonl")), 1_000),
        "bus": (e.RedisSource("redis://127.0.0.1/0", "clicks"), 1_000),
        "pipe": (e.StdinSource(), 1_000),
    }
    settings = (("security.protocol", "SASL_SSL"), ("acks", "1"))
    assert {one.channel: (one.sink, one.per_second) for one in prod.sinks} == {
        "email": (e.WebhookSink("https://mail.example/send", "env:MAIL_SECRET", 3_000, 4), 50.0),
        "push": (e.KafkaSink("one:9092,two:9093", "messages", settings), 0.0),
        "*": (e.FileSink(str(here / "out/messages.jsonl")), 0.0),
    }
    assert (prod.serve, prod.serve_keys) == ("127.0.0.1:8090", "env:OPS_KEYS")
    assert prod.policies == e.Policies(("validate",), 1, "name", 7, 30 * 86_400_000, ("page_view",), ("purchase",), 1_000)
    assert prod.guardrails == (
        e.Guardrail("complaints", "opt_outs", 25_000, 3_600_000, 50, ("welcome",), "tell"),
        e.Guardrail("lost", "failures", 50_000, 1_800_000, 200, (), "halt"),
        e.Guardrail("flood", "messages", 600, 120_000, 0, (), "pause"),
    )


@pytest.mark.parametrize("name", ["env:SHOP_SECRET", "ENV:x"])
def test_the_secret_of_a_project_is_no_variable(name: str) -> None:
    """Nobody would look it up, and hashes would be keyed with a name that stands in the text."""
    (told,) = slips(f"secret: {name}\n")
    assert told[0] == "E105" and "no variable is looked up" in told[1] and "a long text that nobody guesses" in told[2]


@pytest.mark.parametrize("name", ["dev", "bare"])
def test_nothing_need_be_said(name: str) -> None:
    """Everything stands in one folder beside rtj.yaml then."""
    folder = Path.cwd() / ".rtj"
    rest = e.SinkBinding("*", e.FileSink(str(folder / f"{name}.messages.jsonl")))

    assert environments(SHOP + WHOLE)[name] == e.Environment(name, str(folder / f"{name}.db"), sinks=(rest,))


def test_a_group_and_a_rate_come_from_elsewhere_if_they_are_not_said() -> None:
    where = "environments:\n  prod:\n    sources: {orders: {kafka: 'b:9092', topic: t}}\n    channels: {sms: {file: sms.jsonl}}\n"
    prod = environments(SHOP + where)["prod"]

    assert prod.sources[0].feed == e.KafkaSource("b:9092", "t", "rtj-shop-prod")
    assert [one.per_second for one in prod.sinks] == [2.5, 0.0], "that of the channel, and none"


def slips(section: str) -> list[tuple[str, str, str]]:
    """What is told of a section: code, message, hint."""
    found = compile_text(SHOP + section, WELCOME).diagnostics
    return [(d.code, d.message, d.hint) for d in found if d.code != "W705"]


@pytest.mark.parametrize(
    ("section", "code", "told"),
    [
        ("environments:\n  prod: {program: a, progam: b}\n", "E101", "unknown key `progam`"),
        ("environments:\n  prod: {program: a, instance: b}\n", "E101", "unknown key `instance`"),
        ("environments:\n  prod: {instances: b}\n", "E102", "`program` is missing"),
        ("environments:\n  prod: prod.json\n", "E103", "expected a mapping: an environment"),
        ("environments:\n  prod: {program: [a]}\n", "E103", "expected a compiled program"),
        ("environments:\n  - prod\n", "E103", "environments"),
        ("environment:\n  prod: {program: a}\n", "E101", "unknown key `environment`"),
    ],
)
def test_slips_are_named(section: str, code: str, told: str) -> None:
    [(found, message, hint)] = slips(section)

    assert found == code
    assert told in message
    if code == "E101":
        assert "did you mean" in hint


@pytest.mark.parametrize(
    ("what", "code", "told"),
    [
        # stores
        ("store: mysql://db.example/rtj", "E105", "no store is kept in `mysql`"),
        ("store: postgres://db.example/rtj", "E105", "begins with `postgresql://`"),
        ("store: sqlite:///var/prod.db", "E105", "did you mean `var/prod.db`?"),
        ("store: $STORE", "E105", "write `env:STORE`"),
        ("store: env:1st", "E105", "named by `env:`"),
        # what feeds it
        ("sources: {web: {http: 8080, keys: env:K}}", "E105", "did you mean `127.0.0.1:8080`?"),
        ("sources: {web: {http: ':8080', keys: env:K}}", "E105", "did you mean `0.0.0.0:8080`?"),
        ("sources: {web: {http: 'http://localhost:8080'}}", "E105", "did you mean `localhost:8080`?"),
        ("sources: {web: {http: 'localhost:99999'}}", "E105", "an address such as 127.0.0.1:8080"),
        ("sources: {web: {http: '0.0.0.0:8080'}}", "E431", "`keys: env:WEB_KEYS`"),
        ("sources: {web: {http: '[::]:8080'}}", "E431", "nobody is asked for a key"),
        ("sources: {web: {http: 'shop.example:8080'}}", "E431", "or listen on 127.0.0.1:8080"),
        ("sources: {web: {http: '127.0.0.1:8080', topic: t}}", "E104", "`topic` belongs to `kafka`"),
        ("sources: {web: {htpp: '127.0.0.1:8080'}}", "E101", "did you mean `http`?"),
        ("sources: {web: {idle: 1s}}", "E102", "`web` needs what feeds it"),
        ("sources: {web: {file: a.jsonl, http: '127.0.0.1:1'}}", "E104", "`http` cannot stand beside `file`"),
        ("sources: {web: events.jsonl}", "E103", "write `{file: events.jsonl}`"),
        ("sources: {web: 'redis://h/0'}", "E103", "write `{redis: redis://h/0}`"),
        ("sources: {web: pipe}", "E105", "did you mean `stdin`?"),
        ("sources: {web: {stdin: false}}", "E105", "expected true; found `false`"),
        ("sources: {orders: {kafka: [], topic: t}}", "E102", "expected brokers such as broker:9092"),
        ("sources: {web: {http: 'env:8080'}}", "E105", "named by `env:`"),
        ("sources: {web: kafka}", "E103", "`web` needs what feeds it"),
        ("sources: [web]", "E103", "sources and what feeds them"),
        ("sources: {orders: {kafka: broker, topic: t}}", "E105", "did you mean `broker:9092`?"),
        ("sources: {orders: {kafka: 'broker:9092'}}", "E102", "`topic` is missing"),
        ("sources: {bus: {redis: localhost, stream: s}}", "E105", "did you mean `redis://localhost`?"),
        ("sources: {bus: {redis: 'redis://h/0'}}", "E102", "`stream` is missing"),
        ("sources: {ordres: {file: a.jsonl}}", "E430", "did you mean `orders`?"),
        ("sources: {fax: {file: a.jsonl}}", "E430", "under `sources:`"),
        ("sources: {web: {file: a.jsonl, idle: 2d}}", "E331", "`idle` is a length from 1ms to 1d"),
        ("sources: {web: {file: a.jsonl, idle: sometimes}}", "E301", "a length"),
        # guardrails
        ("guardrails: {opt_outs: 2%}", "E103", "write `{opt_outs: 2%}`"),
        ("guardrails: {g: }", "E102", "`g` needs what must not be more"),
        ("guardrails: {g: {over: 1h}}", "E102", "`g` needs what must not be more"),
        ("guardrails: {g: {opt_outs: 2%, failures: 5%}}", "E104", "cannot stand beside `opt_outs`"),
        ("guardrails: {g: {messages: 5 per 1m, at_least: 3}}", "E104", "`at_least` belongs to"),
        ("guardrails: {g: {opt_outs: 2}}", "E105", "write 2%"),
        ("guardrails: {g: {opt_outs: 100%}}", "E348", "it would never halt anything"),
        ("guardrails: {g: {errors: 1%, over: 2d}}", "E331", "looks back from 1s to 1d"),
        ("guardrails: {g: {messages: 5 per 3d}}", "E331", "looks back from 1s to 1d"),
        ("guardrails: {g: {errors: 1%, at_least: 0}}", "E105", "1 or more"),
        ("guardrails: {g: {errors: 1%, then: stop}}", "E105", "expected halt, pause or tell"),
        ("guardrails: {g: {errors: 1%, journeys: [welcom]}}", "E345", "did you mean `welcome`"),
        ("guardrails: {g: {eror: 1%}}", "E101", "did you mean `errors`?"),
        ("sources: {web: stdin, bus: stdin}", "E432", "both read the pipe before it"),
        ("sources: {web: {file: a.jsonl}, bus: {file: ./x/../a.jsonl}}", "E432", "both read the file `a.jsonl`"),
        ("sources: {web: {kafka: 'b:1', topic: t}, bus: {kafka: 'b:1', topic: t}}", "E432", "both read the topic `t`"),
        # where messages go
        ("channels: {emial: {file: a.jsonl}}", "E327", "did you mean `email`?"),
        ("channels: {default: {file: a.jsonl}}", "E327", 'channels that are not named are `"*"`'),
        ("channels: {email: a.jsonl}", "E103", "write `{file: a.jsonl}`"),
        ("channels: {email: 'https://mail.example'}", "E103", "write `{webhook: https://mail.example}`"),
        ("channels: {email: {webhook: mail.example/send}}", "E105", "did you mean `https://mail.example/send`?"),
        ("channels: {email: {webhook: 'https://ada:geheim@mail.example'}}", "E105", "no user and no password"),
        ("channels: {email: {webhook: 'https://mail.example', secret: [a]}}", "E103", "write `env:MAIL_SECRET`"),
        ("channels: {email: {url: 'https://mail.example'}}", "E101", "did you mean `webhook`?"),
        ("channels: {email: {file: a.jsonl, rate: 100/s}}", "E105", "write `100 per 1s`"),
        ("channels: {email: {file: a.jsonl, rate: 5 per minute}}", "E105", "write `5 per 1m`"),
        ("channels: {email: {file: a.jsonl, rate: fast}}", "E105", "expected a rate such as 100 per 1s"),
        ("channels: {email: {file: a.jsonl, rate: 0 per 1s}}", "E105", "expected a rate such as 100 per 1s"),
        ("channels: {email: {file: a.jsonl, retries: 3}}", "E104", "`retries` belongs to `webhook`"),
        ("channels: {email: {webhook: 'https://mail.example', retries: 5000}}", "E348", "`retries` is a whole number"),
        # the rest
        ("serve: '0.0.0.0:8090'", "E431", "nobody is asked for a key"),
        ("serve: {keys: env:K}", "E102", "`http` is missing"),
        ("serve: {port: '127.0.0.1:1'}", "E101", "did you mean `http`?"),
        ("policies: strict", "E103", "write `{approvals: 1}`"),
        ("sources: stdin", "E103", 'write `{web: {http: "127.0.0.1:8080"}}`'),
        ("channels: out.jsonl", "E103", "write `{email: {file: out/email.jsonl}}`"),
        ("policies: {require: [lint]}", "E105", "expected validate or test"),
        ("policies: {confirm: true}", "E105", "did you mean `yes`?"),
        ("policies: {confirm: sure}", "E105", "expected yes or name"),
        ("policies: {approvers: 2}", "E101", "did you mean `approvals`?"),
        ("policies: {approvals: 101}", "E348", "from 0 to 100"),
        ("policies: {retain: 0s}", "E331", "could not be replayed"),
        ("policies: {shed: [page_vew]}", "E317", "did you mean `page_view`?"),
        ("policies: {shed: [purchase], first: [purchase]}", "E104", "cannot be let go and let in first"),
    ],
)
def test_slips_of_what_an_environment_is_made_of(what: str, code: str, told: str) -> None:
    [(found, message, hint)] = slips(f"environments:\n  prod:\n    {what}\n")

    assert found == code
    assert told in f"{message}; {hint}"
    assert "geheim" not in f"{message}; {hint}", "what may be a password is not repeated"


@pytest.mark.parametrize(
    ("one", "other"),
    [("store: a.db", "store: ./a.db"), ("store: env:S", "store: env:S"), ("policies: {approvals: 0}", "store: .rtj/one.db")],
)
def test_a_store_holds_one_environment(one: str, other: str) -> None:
    [(code, message, _)] = slips(f"environments:\n  one:\n    {one}\n  two:\n    {other}\n")

    assert (code, "`one` and `two` have one store" in message) == ("E433", True)


@pytest.mark.parametrize(
    "what",
    [
        "sources: {web: {http: 'localhost:8080'}, bus: {http: 'localhost:8080'}}",
        "sources: {web: {http: '127.9.9.9:8080'}}",
        "sources: {web: {http: '[::1]:8080'}}",
        "sources: {web: {http: env:LISTEN}}",
        "sources: {orders: {kafka: 'a:1, b:2', topic: t, registry: 'http://registry.example'}}",
        "sources: {pipe: {stdin: true, idle: 2s}}",
        "sources: {web: {file: a.jsonl, idle: never}}",
        "store: postgresql://db.example/rtj",
        "store: 'C:/data/prod.db'",
        "store: Größe 保存/prod.db",
        "serve: 127.0.0.1:8090",
        "policies: {require: [], first: clicked}",
        "policies: {confirm: 'yes'}",
    ],
)
def test_what_may_be_written(what: str) -> None:
    assert slips(f"environments:\n  prod:\n    {what}\n") == []


def test_names_of_sources_are_free_where_the_project_declares_none() -> None:
    text = PROJECT + "environments:\n  dev:\n    sources: {anything: stdin}\n"

    assert compile_text(text).diagnostics == ()


def test_it_is_no_part_of_the_program() -> None:
    journey = "journey: j\nenter: {on: login}\ndo: [exit]\n"

    assert compile_text(PROJECT + PROD, journey).program == compile_text(PROJECT, journey).program is not None


def test_files_are_found_from_the_file_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "ops").mkdir()
    (tmp_path / "rtj.yaml").write_text(PROJECT + "include: ops/where.yaml\n")
    (tmp_path / "ops/where.yaml").write_text(PROD)

    loaded = load_project((), tmp_path)

    assert loaded.project is not None
    program = loaded.project.environments[0].program
    assert program is not None
    assert loaded.file_of(program) == tmp_path / "ops/deployed/prod.json"


def test_an_environment_is_declared_once(tmp_path: Path) -> None:
    (tmp_path / "rtj.yaml").write_text(PROJECT + PROD + "include: more.yaml\n")
    (tmp_path / "more.yaml").write_text(PROD)

    assert [d.code for d in load_project((), tmp_path).diagnostics] == ["E002"]
