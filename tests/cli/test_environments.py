"""Environments by name, and what runs in one by its store: the program of the last deployment, who is inside of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtj.base.errors import InputError, UsageError
from rtj.cli.environments import find_environment
from rtj.ir.environments import FileSource, HttpSource
from tests.cli.conftest import PROJECT, event
from tests.cli.living import call, deploy, feed

DEV = "environments:\n  dev: {policies: {require: validate}}\n"
ADA = event(1, "signed_up", "2026-03-01T09:00:00Z", "ada", plan="pro")
BOB = event(2, "signed_up", "2026-03-01T09:10:00Z", "bob", plan="free")


def declare(folder: Path, section: str) -> None:
    (folder / "rtj.yaml").write_text(PROJECT + section, encoding="utf-8")


# ---- by name


def test_the_only_one_need_not_be_named(tiny: Path) -> None:
    declare(tiny, DEV)

    assert (
        find_environment(None)
        == find_environment("dev")
        == find_environment("dev", tiny)
        == find_environment("dev", tiny / "rtj.yaml")
    )
    assert find_environment(None).store == str(tiny / ".rtj/dev.db")


def test_of_several_one_is_named(tiny: Path) -> None:
    declare(tiny, "environments: {dev: {}, staging: {}, prod: {store: postgresql://db.example/rtj}}\n")

    assert find_environment("prod").store == "postgresql://db.example/rtj"
    with pytest.raises(UsageError, match=r"3 environments: name one with --env \(dev, prod, staging\)"):
        find_environment(None)
    with pytest.raises(UsageError, match=r"^stagign: no such environment; did you mean staging\?"):
        find_environment("stagign")
    with pytest.raises(UsageError, match=r"^x: no such environment; it has dev, prod, staging"):
        find_environment("x")


def test_none_at_all(tiny: Path) -> None:
    with pytest.raises(UsageError, match=r"no environments; `environments: \{dev: \{\}\}` in rtj.yaml makes one"):
        find_environment(None)
    with pytest.raises(UsageError, match="prod: no such environment: the project has none"):
        find_environment("prod")


def test_files_are_found_from_the_file_that_names_them_wherever_one_stands(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tiny / "ops").mkdir()
    (tiny / "ops/where.yaml").write_text(
        "environments:\n  dev:\n    store: état/dev.db\n    sources: {app: {file: in/a.jsonl}}\n"
    )
    declare(tiny, "include: ops/where.yaml\n")
    monkeypatch.chdir(tiny / "journeys")

    found = find_environment(None)

    assert found.store == str(tiny / "ops/état/dev.db")
    assert found.sources[0].feed == FileSource(str(tiny / "ops/in/a.jsonl"))
    assert found.sinks[0].sink.path == str(tiny / ".rtj/dev.messages.jsonl")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("dev", "told"),
    [
        ("{sources: {app: {http: '0.0.0.0:80'}}}", "E431 .* (rtj.yaml:12:31)"),
        ("{sources: {app: 80}}", "E103 .* (rtj.yaml:12:24)"),
        ("{store: prod.db, serve: 1, policies: {approvals: no}}", "E105 .*, and 1 more"),
        ("{store: prod.db}", "E433 `dev` and `prod` have one store"),
    ],
)
def test_one_with_mistakes_is_not_used(dev: str, told: str, tiny: Path) -> None:
    declare(
        tiny, f"environments:\n  dev: {dev}\n  prod: {{store: prod.db}}\n  good: {{sources: {{app: {{http: 'localhost:80'}}}}}}\n"
    )

    with pytest.raises(InputError, match=f"^the environment dev cannot be used: {told.replace('(', '[(]').replace(')', '[)]')}"):
        find_environment("dev")
    assert find_environment("good").sources[0].feed == HttpSource("localhost:80"), "others are"


def test_a_mistake_elsewhere_is_no_reason(tiny: Path) -> None:
    (tiny / "journeys/odd.journey.yaml").write_text("journey: [")
    declare(tiny, DEV + "profile: {a: {from: nowhere.b}}\n")

    assert find_environment("dev").name == "dev"


def test_a_project_that_cannot_be_read(tiny: Path) -> None:
    (tiny / "rtj.yaml").write_text("- a list\n")

    with pytest.raises(InputError, match=r"the project cannot be read: E103 .* \(rtj.yaml:1:1\)"):
        find_environment("dev")


# ---- out of a store


def test_a_difference_from_what_was_deployed(tiny: Path) -> None:
    """The store has the program; who is inside weighs a change."""
    declare(tiny, DEV)
    code, _, err = call("diff", "env:dev")
    assert (code, err) == (4, "error: env:dev: nothing was deployed there yet; `rtj deploy --env dev` does it\n")

    deploy()
    feed(ADA, BOB, until="2026-03-01T09:30:00Z")
    code, out, _ = call("diff", "env:dev")
    assert (code, out.splitlines()[0]) == (0, "no difference from dev to working tree")

    path = tiny / "journeys/welcome.journey.yaml"
    path.write_text(path.read_text().replace("{id: pause, wait: 1h}", "{id: rest, wait: 1h}"))
    _, out, _ = call("diff", "env:dev")
    assert "journey welcome  BREAKING  2 inside\n" in out
    assert "2 of 2 inside stand here" in out


def test_a_store_is_no_obstacle_where_a_program_is_named(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in CI, which has no password."""
    monkeypatch.delenv("RTJ_STORE", raising=False)
    (tiny / "prod.json").write_text(call("compile", "--all")[1])
    declare(tiny, "environments:\n  prod: {store: env:RTJ_STORE, program: prod.json}\n  bare: {store: env:RTJ_STORE2}\n")

    code, out, err = call("diff", "env:prod")
    assert code == 0
    assert "the variable RTJ_STORE is not set" in out + err and "compared with `program` instead" in out + err
    code, _, err = call("diff", "env:bare")
    assert (code, "the variable RTJ_STORE2 is not set" in err) == (2, True)
