"""Rows that are not there (W317), passwords and secrets in the text (W425, W426), channels without a sink (W427), history that
is kept too short wherever it is asked (W422)."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtj.base.diagnostic import Diagnostic
from rtj.lang.load import load_project
from rtj.lint.lint import lint
from tests.lang.told import told
from tests.lint.cases import said

PROJECT = """\
project: teahouse
events: {bought: {item: string}}
business_events: {stock_level: {item: string, units: number}}
tables:
  products: {key: item, file: products.csv, fields: {price: number}}
  sizes: {key: cm, file: sizes.csv, fields: {cm: number, name: string}}
  days: {key: day, file: days.csv, fields: {day: date, name: string}}
  stock: {key: item, from: stock_level, fields: {units: number}}
profile:
  last: last(bought.item)
channels: {email: {purpose: transactional}}
"""
FILES = {
    "products.csv": "item,price\nsencha,12\nほうじ茶,9\n",
    "sizes.csv": "cm,name\n10,small\n2.5,tiny\n",
    "days.csv": "day,name\n2026-02-03,節分\n",
}


def looked(folder: Path, when: str, project: str = PROJECT) -> list[Diagnostic]:
    (folder / "rtj.yaml").write_text(project, encoding="utf-8")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    journey = f'journey: j\nenter: {{on: bought, again: never, when: "{when}"}}\ndo: [{{send: hi}}]\n'
    (folder / "j.journey.yaml").write_text(journey, encoding="utf-8")
    every = [finding.diagnostic for finding in lint(load_project((), folder)).findings]
    assert [d for d in every if d.severity == "error"] == []
    return every


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("products['senca'].price > 1", "['\\'senca\\''] `products` has no row `senca` -- did you mean `sencha`?"),
        ("products['Sencha'].price > 1", "`products` has no row `Sencha` -- did you mean `sencha`?"),
        ("products[''].price > 1", "`products` has no row ``"),
        ("sizes[11].name == 'x'", "['11'] `sizes` has no row `11` -- what it gives is always missing; the file has 2 keys"),
        ("days[2026-02-04] is missing", "['2026-02-04'] `days` has no row `2026-02-04`"),
        ("(products['x'] ?? products['sencha']).price > 1", "no row `x`"),
    ],
)
def test_a_key_that_no_row_has(when: str, words: str, tmp_path: Path) -> None:
    (one,) = [d for d in looked(tmp_path, when) if d.code == "W317"]
    assert words.replace("['\\'senca\\'']", "[\"'senca'\"]") in told([one])


@pytest.mark.parametrize(
    "when",
    [
        "products['sencha'].price > 1",
        "products['ほうじ茶'].price > 1",
        "products[event.item].price > 1",
        "products[profile.last].price > 1",
        "sizes[10].name == 'x' or sizes[10.0].name == 'y' or sizes[2.5].name == 'z'",
        "days[2026-02-03] is missing",
        "stock['never heard of'].units > 0",
    ],
)
def test_a_key_that_some_row_has_or_may_have(when: str, tmp_path: Path) -> None:
    assert [d for d in looked(tmp_path, when) if d.code == "W317"] == []


# ---- W425


@pytest.mark.parametrize(
    ("url", "many"),
    [
        ("postgresql://reader:geheim@db.example/crm", 1),
        ("postgresql+psycopg://reader:p%40ss@db.example:5432/crm?sslmode=require", 1),
        ("mysql://db.example/crm?user=a&password=geheim", 1),
        ("mssql://db.example/crm?PWD=geheim", 1),
        ("postgresql://reader@db.example/crm", 0),
        ("postgresql://reader:@db.example/crm", 0),
        ("postgresql://db.example:5432/a@b", 0),
        ("postgresql://reader:${DB_PASSWORD}@db.example/crm", 0),
        ("postgresql://reader:***@db.example/crm", 0),
        ("sqlite://", 0),
        ("env:CRM_URL", 0),
    ],
)
def test_a_password_in_the_address_of_a_database(url: str, many: int, tmp_path: Path) -> None:
    table = f'  crm: {{key: id, sql: "{url}", query: select 1 as id, fields: {{id: string}}}}\n'
    (tmp_path / "rtj.yaml").write_text(f"project: a\ntables:\n{table}")
    found = [f.diagnostic for f in lint(load_project((), tmp_path)).findings if f.diagnostic.code == "W425"]
    assert len(found) == many
    assert "geheim" not in told(found) and all("env:CRM_URL" in d.hint for d in found)


def test_passwords_of_environments(tmp_path: Path) -> None:
    """W425: stores, servers and registries."""
    (tmp_path / "rtj.yaml").write_text(
        "project: a\nenvironments:\n  prod:\n    store: postgresql://rtj:geheim@db/rtj\n    sources:\n"
        "      bus: {redis: 'redis://:geheim@h/0', stream: s}\n      hot: {redis: 'redis://h/0', stream: s}\n"
        "  dev: {store: 'postgresql://rtj@db/rtj'}\n  test: {store: env:GEHEIM}\n"
    )
    found = [f.diagnostic for f in lint(load_project((), tmp_path)).findings if f.diagnostic.code == "W425"]

    assert [d.hint.split("`")[1] for d in found] == ["store: env:PROD_STORE", "redis: env:BUS_URL"]
    assert "geheim" not in told(found)


@pytest.mark.parametrize(
    ("where", "variable"),
    [
        ("sources: {web: {http: '127.0.0.1:1', keys: geheim}}", "PROD_WEB_KEYS"),
        ("sources: {a: {kafka: 'b:1', topic: t, settings: {sasl.password: geheim}}}", "PROD_A_SASL_PASSWORD"),
        ("channels: {'*': {webhook: 'https://m.example', secret: geheim}}", "PROD_SECRET"),
        ("channels: {'*': {kafka: 'b:1', topic: t, settings: {ssl.key.password: geheim}}}", "PROD_SSL_KEY_PASSWORD"),
        ("serve: {http: '127.0.0.1:1', keys: geheim}", "PROD_SERVE_KEYS"),
        ("serve: {http: '127.0.0.1:1', keys: env:GEHEIM}", ""),
        ("serve: {http: '127.0.0.1:1', keys: <keys>}", ""),
        ("sources: {a: {kafka: 'b:1', topic: t, settings: {sasl.username: me, ssl.key.location: a.pem}}}", ""),
    ],
)
def test_secrets_of_environments(where: str, variable: str, tmp_path: Path) -> None:
    """W426: what is no variable; the message does not repeat it."""
    (tmp_path / "rtj.yaml").write_text(f"project: a\nenvironments:\n  prod:\n    {where}\n")
    found = [f.diagnostic for f in lint(load_project((), tmp_path)).findings if f.diagnostic.code == "W426"]

    assert len(found) == bool(variable)
    assert all(f"for example `env:{variable}`" in d.hint for d in found)
    assert "geheim" not in told(found)


# ---- W427


@pytest.mark.parametrize(
    ("channels", "lost"),
    [
        ("{email: {file: a.jsonl}}", "`push`, `sms`: those messages go to .rtj/prod.messages.jsonl"),
        ("{email: {file: a.jsonl}, push: {file: a.jsonl}, sms: {file: a.jsonl}}", ""),
        ("{email: {file: a.jsonl}, '*': {file: b.jsonl}}", ""),
        ("{}", ""),
    ],
)
def test_channels_without_a_sink(channels: str, lost: str, tmp_path: Path) -> None:
    kinds = "".join(f"  {name}: {{purpose: transactional}}\n" for name in ("email", "push", "sms"))
    (tmp_path / "rtj.yaml").write_text(f"project: a\nchannels:\n{kinds}environments:\n  prod:\n    channels: {channels}\n")
    found = [f.diagnostic for f in lint(load_project((), tmp_path)).findings if f.diagnostic.code == "W427"]

    assert [lost in d.message for d in found] == ([True] if lost else [])


# ---- W422


@pytest.mark.parametrize(
    ("profile", "audience", "when", "told_"),
    [
        ("n: count(seen) over 90d", "profile.n > 1", "true", ["n"]),
        ("n: count(seen) over 90d > 3", "profile.n", "true", ["count(seen) over 90d"]),
        ("n: count(seen) over 30d", "count(seen) over 31d > 1", "true", ["count(seen) over 31d"]),
        (
            "n: count(seen) over 30d",
            "profile.n > 1",
            "count(seen where event.page == entry.page) over 60d > 1",
            ["count(seen where …"],
        ),
        ("n: count(seen) over 30d", "profile.n > 1", "first(seen.page) == 'x'", ["first(seen.page)"]),
        ("n: count(seen) over 30d", "profile.n > 1", "last(seen.page) == 'x' and previous(seen.page) == 'y'", []),
        ("n: last(seen.page)", "profile.n == 'x'", "true", ["n"]),
        ("n: count(seen) over 30d", "profile.n > 1", "count(seen) over 30d > 1 and count(other) over 300d > 1", []),
        ("n: count(seen) over 30d", "count(seen) over this month > 1", "count(seen) since other > 1", []),
    ],
)
def test_all_history_is_compared_with_how_long_its_events_are_kept(
    profile: str, audience: str, when: str, told_: list[str]
) -> None:
    project = (
        f"project: a\nevents: {{seen: {{page: string}}, other: {{}}}}\nprofile:\n  {profile}\naudiences:\n  a: {audience}\n"
        "channels: {email: {purpose: transactional}}\nretention: {seen: 30d}\n"
    )
    journey = f'journey: j\nenter: {{on: seen, again: never}}\ndo:\n  - branch: [{{when: "{when}", do: [{{send: hi}}]}}]\n'
    said_ = said(project, journey, codes="E W422").strip().splitlines()
    assert len(said_) == len(told_), said_
    for line, words in zip(said_, told_, strict=True):
        assert words.removesuffix("…") in line
