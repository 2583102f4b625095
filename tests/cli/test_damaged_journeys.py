"""Files of the journey language with slips, on the command line: mended by fixes, left alone by the rest, never a traceback;
beside YAML in one project they are told of alike."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rtj.base.span import Source
from rtj.cli.main import app
from rtj.lang.read_dsl import read_dsl
from tests.lang.slips import ROOT, corpus, sampled

PROJECT = """\
project: p
identity: {user_id: {kind: person, priority: 1, unique: true}}
events: {login: {}, bought: {total: number, item: string}}
profile: {spent: sum(bought.total)}
channels: {email: {purpose: transactional}, sms: {purpose: transactional}}
"""
RIGHT = """\
# about the whole
journey a "A title" {
  priority 5 # first
  enter on bought as it when it.total >= 3 and it.item != 'x'
  # above the wait
  wait 2h @hold # beside it
  send hello by email else sms with item = it.item, total = it.total
  split "s" @s {
    50% one { send first by email }
    50% two { send second by sms } # the other
  }
}
"""
YAML = "journey: b\nenter: {on: login}\ndo:\n  - {id: c, wait: 1h}\n  - {send: hi, by: sms}\n"
# What is right -> the slip that its fix takes back.
FIXABLE = (
    ("  send hello by", "  sned hello by"),
    ("  wait 2h", "  wiat 2h"),
    ("  enter on", "  entre on"),
    ('journey a "', 'jorney a "'),
    ("when it.total", "wehn it.total"),
    ("with item", "wiht item"),
    ("else sms", "els sms"),
    ("and it.item", "&& it.item"),
    ("!= 'x'", "<> 'x'"),
    ("50% one", "50 one"),
    ("@hold", "hold"),
    ("@hold", "id: hold"),
    ("it.item, total", "it.item total"),
    ("it.item, total", "it.item， total"),
    ('"A title" {', '“A title” {'),
    ('"A title" {', '"A title" {{'),
    ("send second by sms }", "send second by sms ；}"),
    ("first by email }", "first By email }"),
)  # fmt: skip


def call(*arguments: str, text: str | None = None) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, arguments, input=text)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code in (0, 1, 2)
    assert "Traceback" not in done.stdout + done.stderr
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a journey in each spelling."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("rtj.yaml", PROJECT), ("a.journey", RIGHT), ("b.journey.yaml", YAML)):
        Path(name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("right", "wrong"), FIXABLE)
def test_a_slip_is_taken_back_and_nothing_else_changes(mixed: Path, right: str, wrong: str) -> None:
    assert RIGHT.count(right) == 1
    (mixed / "a.journey").write_text(RIGHT.replace(right, wrong), encoding="utf-8")
    assert call("validate")[0] == 1

    call("validate", "--fix", "--unsafe-fixes")

    text = (mixed / "a.journey").read_text(encoding="utf-8")
    assert re.sub(r"[ ;]+", " ", text) == re.sub(r"[ ;]+", " ", RIGHT)
    assert call("validate")[0] == 0


@pytest.mark.long
def test_fixes_keep_comments_and_never_make_it_worse() -> None:
    from rtj.lint.fixing import apply_edits

    for _, slip in sampled(400, seed=5):
        source = Source("a.journey", slip.text)
        found = []
        read_dsl(source, found)
        fixes = [d.fix for d in found if d.fix is not None]
        if len(found) != 1 or not fixes:
            continue
        mended = apply_edits(slip.text, fixes[0].edits)
        again = []
        read_dsl(Source("a.journey", mended), again)
        assert len(again) <= 1
        assert [line.split("#")[-1] for line in mended.split("\n") if "#" in line][:1] == [
            line.split("#")[-1] for line in slip.text.split("\n") if "#" in line
        ][:1]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_no_command_breaks_on_damaged_files(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(seed)
    shutil.copytree(ROOT / "examples" / "shop", tmp_path / "shop")
    monkeypatch.chdir(tmp_path / "shop")
    path = dice.choice(sorted(Path("journeys").glob("*.journey")))
    whole = path.read_text(encoding="utf-8")
    for _ in range(8):
        text = whole
        for _ in range(dice.randrange(1, 4)):
            at = dice.randrange(len(text))
            text = (
                text[:at]
                + dice.choice(("{", "}", "'", '"', "@", "：", "\x00", "\r", "😀", "", "as"))
                + text[at + dice.randrange(9) :]
            )
        path.write_text(text, encoding="utf-8", newline="")
        commands = (
            ("validate", "--format", "json"), ("validate", "--diff", "--unsafe-fixes"), ("fmt", "--diff"), ("fmt", "--check"),
            ("convert", str(path)), ("graph", "--as", "text"), ("graph", "--as", "mermaid", "-o", "out/"), ("compile",),
        )  # fmt: skip
        for command in commands:
            call(*command)
        call("validate", "-", "--stdin-filename", str(path), text=text)
        call("fmt", "-", "--stdin-filename", str(path), text=text)
        assert path.read_bytes() == text.encode("utf-8")  # none of them writes into it


def test_one_journey_in_both_spellings_is_told(mixed: Path) -> None:
    (mixed / "c.journey").write_text("journey b { enter on login send hi by sms }\n", encoding="utf-8")

    code, out, _ = call("validate", "--format", "json")

    told = json.loads(out)
    assert code == 1
    assert "declared twice" in out
    assert {"b.journey.yaml", "c.journey"} <= set(re.findall(r"[bc]\.journey(?:\.yaml)?", json.dumps(told)))


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("x.journey", "journey: d\nenter: {on: login}\ndo:\n  - {send: hi, by: sms}\n", "this is YAML"),
        ("x.journey", '{"journey": "d",\n "enter": {"on": "login"},\n "do": [{"send": "hi"}]}\n', "this is JSON"),
        ("x.journey", '[\n  {"type": "canvas", "nodes": []}\n]\n', "this is JSON"),
        ("x.journey.yaml", RIGHT.replace("journey a", "journey d"), "this is the journey language"),
        ("x.journey", "", "the file is empty"),
        ("x.journey", "journey d { enter on login\r\n", "is not closed"),
    ],
)
def test_what_is_pasted_into_the_other_kind_of_file_is_told_once(mixed: Path, name: str, text: str, told: str) -> None:
    code, out, _ = call("validate", "-", "--stdin-filename", name, "--format", "concise", text=text)

    assert code == 1
    assert told in out
    assert len(out.splitlines()) == 1


def test_ignores_baseline_and_changes_work_in_both_spellings(mixed: Path) -> None:
    idle = "  wait 1h @idle\n}\n"
    (mixed / "a.journey").write_text(RIGHT.removesuffix("}\n") + idle, encoding="utf-8")
    (mixed / "b.journey.yaml").write_text(YAML + "  - {id: idle, wait: 1h}\n", encoding="utf-8")
    told = call("validate", "--format", "concise", "--select", "W207")[1]
    assert [line.split(":")[0] for line in told.splitlines()] == ["a.journey", "b.journey.yaml"]

    subprocess.run(("git", "init", "-q"), check=True)
    subprocess.run(("git", "add", "."), check=True)
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(("git", *who, "commit", "-qm", "all"), check=True)
    with (mixed / "a.journey").open("a", encoding="utf-8") as file:
        file.write("# another line\n")
    changed = call("validate", "--changed", "--format", "concise", "--select", "W207")[1]
    assert [line.split(":")[0] for line in changed.splitlines()] == ["a.journey"]

    call("validate", "--add-ignores", "--select", "W207")
    assert call("validate", "--format", "concise", "--select", "W207")[1] == ""
    assert "# rtj: ignore[W207]" in (mixed / "a.journey").read_text(encoding="utf-8")
    assert call("fmt")[0] == 0
    assert call("validate", "--format", "concise", "--select", "W207")[1] == ""


def test_the_corpus_is_there() -> None:
    assert len(corpus()) > 10
