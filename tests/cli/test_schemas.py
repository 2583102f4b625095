"""`rtj schema`: what is printed and written, with whose names, and which files are told to lack the comment."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rtj.base.places import grammar_file
from rtj.cli.main import app
from rtj.schema.schemas import KINDS

ROOT = Path(__file__).resolve().parents[2]
FILES = {f"{kind}.schema.json" for kind in KINDS}
LINE = "# yaml-language-server: $schema="


def call(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["schema", *arguments])
    return done.exit_code, done.stdout, done.stderr


def names(schema: dict[str, object], definition: str) -> list[str]:
    found = schema["definitions"]
    assert isinstance(found, dict)
    return [one["label"] for one in found[definition].get("defaultSnippets", ())]


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is in no project, as the working directory."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def shop(nowhere: Path) -> Path:
    """A project of several folders."""
    (nowhere / "journeys" / "spring").mkdir(parents=True)
    (nowhere / "people").mkdir()
    (nowhere / "rtj.yaml").write_text(
        "project: shop\nevents: {bought: {total: number}}\ninclude: people/who.yaml\n", encoding="utf-8"
    )
    (nowhere / "people" / "who.yaml").write_text("channels: {post: {purpose: transactional}}\n", encoding="utf-8")
    journey = "journey: thanks\nenter: {on: bought}\ndo: [{send: merci, by: post}]\n"
    (nowhere / "journeys" / "thanks.journey.yaml").write_text(journey, encoding="utf-8")
    (nowhere / "journeys" / "spring" / "a.journey.yaml").write_text(journey.replace("thanks", "a"), encoding="utf-8")
    (nowhere / "journeys" / "spring" / "b.journey.yaml").write_text(journey.replace("thanks", "b"), encoding="utf-8")
    (nowhere / "journeys" / "thanks.test.yaml").write_text("journey: thanks\ntests: []\n", encoding="utf-8")
    return nowhere


def test_without_arguments_it_lists_the_kinds(nowhere: Path) -> None:
    code, out, err = call()

    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == list(KINDS)
    assert "*.journey.yaml" in out


@pytest.mark.parametrize("kind", KINDS)
def test_outside_of_projects_it_prints_what_is_published(nowhere: Path, kind: str) -> None:
    code, out, err = call(kind)

    assert (code, err) == (0, "")
    assert out == (grammar_file("schemas") / f"{kind}.schema.json").read_text(encoding="utf-8")


def test_within_a_project_it_knows_its_names(shop: Path) -> None:
    code, out, _ = call("journey")

    assert code == 0
    printed = json.loads(out)
    assert names(printed, "channels") == ["post"]
    assert names(printed, "event") == ["bought"]
    assert names(printed, "message") == ["merci"]
    assert call("journey", "--generic")[1] == (grammar_file("schemas") / "journey.schema.json").read_text(encoding="utf-8")


def test_the_project_may_be_named(shop: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)

    assert names(json.loads(call("journey", "--project", "work")[1]), "channels") == ["post"]
    code, _, err = call("journey", "--project", "nothing")
    assert code == 2
    assert "nothing: no such file" in err


def test_mistakes_of_a_project_are_no_obstacle(shop: Path) -> None:
    (shop / "rtj.yaml").write_text("project: my shop\nevents: {bought: {total: nmber}, seen: {}}\nchanels: 3\n", encoding="utf-8")
    (shop / "journeys" / "broken.journey.yaml").write_text("journey: [\n", encoding="utf-8")

    code, out, err = call("journey")

    assert (code, err) == (0, "")
    assert {"bought", "seen"} <= set(names(json.loads(out), "event"))


def test_it_writes_all_and_tells_which_files_do_not_name_theirs(shop: Path) -> None:
    code, out, err = call("--write")

    assert (code, err) == (0, "")
    assert {path.name for path in (shop / ".rtj").iterdir()} == FILES
    assert names(json.loads((shop / ".rtj" / "journey.schema.json").read_text(encoding="utf-8")), "channels") == ["post"]
    assert out.splitlines() == [
        ".rtj: project.schema.json, journey.schema.json, test.schema.json, with 6 names of the project",
        "6 files name no schema; editors find it by a comment on the first line:",
        f"  journeys/spring/*.journey.yaml  {LINE}../../.rtj/journey.schema.json",
        f"  journeys/*.journey.yaml         {LINE}../.rtj/journey.schema.json",
        f"  journeys/*.test.yaml            {LINE}../.rtj/test.schema.json",
        f"  people/who.yaml                 {LINE}../.rtj/project.schema.json",
        f"  rtj.yaml                        {LINE}.rtj/project.schema.json",
    ]


@pytest.mark.parametrize("comment", [f"{LINE}x.json", "#   yaml-language-server: foo $schema=x", "# $schema: x"])
@pytest.mark.parametrize("before", ["", "\ufeff", "# my shop\r\n"])
def test_files_that_name_theirs_are_not_told(nowhere: Path, before: str, comment: str) -> None:
    (nowhere / "rtj.yaml").write_text(f"{before}{comment}\r\nproject: shop\r\n", encoding="utf-8", newline="")

    assert "every file names its schema" in call("--write")[1]


def test_a_comment_within_the_text_is_none(nowhere: Path) -> None:
    (nowhere / "rtj.yaml").write_text(f"project: shop\nsecret: |\n  {LINE}x\n", encoding="utf-8")

    assert "1 file names no schema" in call("--write")[1]


def test_writing_again_changes_nothing(shop: Path) -> None:
    call("--write")
    before = {path.name: path.read_bytes() for path in (shop / ".rtj").iterdir()}

    assert call("--write")[0] == 0
    assert {path.name: path.read_bytes() for path in (shop / ".rtj").iterdir()} == before


def test_from_below_it_writes_beside_the_project_file(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop / "journeys" / "spring")

    code, out, _ = call("--write")

    assert code == 0
    assert (shop / ".rtj" / "test.schema.json").is_file()
    assert out.startswith(f"{shop / '.rtj'}: project.schema.json")
    assert f"  rtj.yaml                        {LINE}.rtj/project.schema.json" in out


def test_another_folder(shop: Path) -> None:
    code, out, _ = call("--write=tools/schemas é")

    assert code == 0
    assert {path.name for path in (shop / "tools" / "schemas é").iterdir()} == FILES
    assert f"  journeys/*.test.yaml            {LINE}../tools/schemas é/test.schema.json" in out


def test_another_folder_needs_no_project(nowhere: Path) -> None:
    code, out, _ = call("--write=schemas")

    assert (code, out) == (0, "schemas: project.schema.json, journey.schema.json, test.schema.json\n")


def test_what_makes_no_sense(nowhere: Path) -> None:
    assert call("jurney")[::2] == (2, "error: there is no schema `jurney`; did you mean journey?\n")
    assert "there is no schema `xyz`; there are project, journey, test" in call("xyz")[2]
    code, _, err = call("--write")
    assert code == 2
    assert "no rtj.yaml here or above" in err
    code, _, err = call("test", "--write=x")
    assert code == 2
    assert "--write writes all schemas; name none" in err


def test_a_file_in_the_place_of_the_folder(shop: Path) -> None:
    (shop / ".rtj").write_text("", encoding="utf-8")

    code, out, err = call("--write")

    assert (code, out) == (4, "")
    assert ".rtj: file exists" in err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(shop: Path) -> None:
    shop.chmod(0o500)
    try:
        assert call("--write")[0] == 4
    finally:
        shop.chmod(0o700)


def test_a_new_project_has_what_write_would_write(nowhere: Path) -> None:
    assert CliRunner().invoke(app, ["init", "new", "--playbook", "abandoned_cart"]).exit_code == 0
    made = {path.name: path.read_bytes() for path in (nowhere / "new" / ".rtj").iterdir()}
    heads = {
        path.name: path.read_text(encoding="utf-8").split("\n")[0]
        for path in (nowhere / "new").glob("*.yaml")
        if path.name[0] != "."
    }

    assert set(made) == FILES
    assert heads == {
        "rtj.yaml": f"{LINE}.rtj/project.schema.json",
        "abandoned_cart.test.yaml": f"{LINE}.rtj/test.schema.json",
    }
    code, out, _ = call("--write", "--project", "new")
    assert code == 0
    assert "every file names its schema" in out
    assert {path.name: path.read_bytes() for path in (nowhere / "new" / ".rtj").iterdir()} == made


def test_a_bare_project_has_nothing_for_editors(nowhere: Path) -> None:
    assert CliRunner().invoke(app, ["init", "new", "--bare"]).exit_code == 0

    assert not (nowhere / "new" / ".rtj").exists()
    assert "$schema" not in (nowhere / "new" / "rtj.yaml").read_text(encoding="utf-8")


def test_schemas_beside_a_project_are_none_of_its_files(shop: Path) -> None:
    """What lies in `.rtj` is found by nobody who looks for journeys or tests."""
    call("--write")
    shutil.copy(shop / "journeys" / "thanks.journey.yaml", shop / ".rtj" / "copy.journey.yaml")

    assert names(json.loads(call("test")[1]), "journey_name") == ["a", "b", "thanks"]
    assert "6 files name no schema" in call("--write")[1]
