"""`rtj diff` over real repositories: which versions are compared, how levels are weighed, when it fails, what rtj.accept does,
and that every format tells the same."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rtj.cli.main import app
from rtj.plan.catalogue import CHANGES
from tests.package.readme import ROOT

Golden = Callable[[str, str], None]
FORMATS = ("text", "json", "markdown", "github", "html")
WELCOME = "journeys/welcome.journey.yaml"
SHORTER = ("wait: 1h", "wait: 30m")
RENAMED = ("id: pause", "id: breathe")
GOLD = ("with: plan = start.plan", "with: plan = 'gold'")


def call(*arguments: str) -> Result:
    done = CliRunner().invoke(app, ["diff", *arguments])
    assert "Traceback" not in done.stderr
    return done


def told(*arguments: str, code: int = 0) -> str:
    """What goes to stdout."""
    done = call(*arguments)
    assert done.exit_code == code, done.output
    return done.stdout


def found(*arguments: str, code: int = 0) -> dict[str, tuple[str, str]]:
    """By code, what is different: the static and the effective level."""
    diff = json.loads(told("-f", "json", *arguments, code=code))
    changes = [*diff["project"], *(change for journey in diff["journeys"] for change in journey["changes"])]
    return {change["id"]: (change["static_level"], change["level"]) for change in changes}


def git(*words: str) -> str:
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    return subprocess.run(("git", *who, *words), capture_output=True, check=True, text=True).stdout.strip()


def commit(message: str) -> None:
    git("add", "-A")
    git("commit", "-qm", message)


def edit(*edits: tuple[str, str], file: str = WELCOME) -> None:
    text = Path(file).read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    Path(file).write_text(text, encoding="utf-8")


@pytest.fixture
def shop(tiny: Path) -> Path:
    """The tiny project as a repository with a commit on `main`; nothing is edited yet."""
    git("init", "-q", "-b", "main")
    commit("as it is")
    return tiny


# ---- which versions


def test_alone_it_compares_the_last_commit_with_the_working_tree(shop: Path, golden: Golden) -> None:
    edit(SHORTER, RENAMED)

    golden("cli/diff_renamed.out", told(code=1))


def test_layout_comments_order_of_keys_and_spelling_are_no_difference(shop: Path) -> None:
    text = (shop / WELCOME).read_text(encoding="utf-8")
    edit(("do:\n  - {id: pause, wait: 1h}", "# ours\ndo:\n  - wait: 60m  # a while\n    id: pause"))
    edit(("enter: {on: signed_up as start}\ngoal:  {on: bought}", "goal: {on: bought}\nenter:\n  on: signed_up as start"))
    assert (shop / WELCOME).read_text(encoding="utf-8") != text

    assert told() == "no difference from HEAD to working tree\n"
    assert CliRunner().invoke(app, ["convert", "--write", WELCOME]).exit_code == 0
    assert told("--fail-on", "safe") == "no difference from HEAD to working tree\n"


def test_refs_ranges_and_the_way_back(shop: Path) -> None:
    edit(RENAMED)
    commit("renamed")
    git("tag", "v2")
    edit(SHORTER)
    there = {"D101": ("safe", "safe"), "D102": ("breaking", "breaking"), "D105": ("safe", "safe")}

    assert found() == {"D122": ("safe", "safe")}, "whoever waits at the first node keeps the date"
    assert found("HEAD~1", "v2", code=1) == there
    assert found("main~1..v2", code=1) == found("git:main~1...v2", code=1) == there
    assert found("v2", "HEAD~1", code=1) == there, "what was added is removed, and the other way round"
    assert found("HEAD~1", code=1) == there
    assert found("--against", "HEAD~1", code=1) == found("HEAD~1", code=1)
    assert told("v2", "main") == "no difference from v2 to main\n"


def test_folders_and_compiled_programs_need_no_repository(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    before = tmp_path_factory.mktemp("versions") / "before"
    shutil.copytree(tiny, before)
    program = before.parent / "before.json"
    program.write_text(CliRunner().invoke(app, ["compile", "--all"]).stdout, encoding="utf-8")
    packed = before.parent / "before.json.gz"
    packed.write_bytes(gzip.compress(program.read_bytes()))
    edit(GOLD)

    by_folder = found(str(before), str(tiny))
    assert by_folder == {"D131": ("behaviour", "behaviour")}
    assert [found(str(old)) for old in (before, program, packed, before / "rtj.yaml")] == [by_folder] * 4
    assert told(str(program), str(before)).startswith("no difference from ")
    for here in (".", str(tiny), "rtj.yaml"):
        itself = call(here)
        assert (itself.exit_code, itself.stdout) == (2, "")
        assert "this is the working tree itself" in itself.stderr
    alone = call()
    assert (alone.exit_code, alone.stdout) == (2, "")
    assert "is in no git repository" in alone.stderr


def test_an_environment_brings_its_people(shop: Path) -> None:
    program = CliRunner().invoke(app, ["compile", "--all"]).stdout
    Path("deployed").mkdir()
    Path("deployed/prod.json").write_text(program, encoding="utf-8")
    simulate = ["simulate", "--events", "events.jsonl", "--until", "2026-03-01T09:25Z", "--instances", "deployed/inside.jsonl"]
    assert CliRunner().invoke(app, simulate).exit_code == 0
    edit(
        ("channels:", "environments:\n  prod: {program: deployed/prod.json, instances: deployed/inside.jsonl}\nchannels:"),
        file="rtj.yaml",
    )
    edit(RENAMED)

    assert "3 of 3 inside stand here" in told("env:prod", code=1)
    assert "did you mean env:prod?" in call("env:prdo").stderr
    Path("deployed/inside.jsonl").unlink()
    assert "nobody knows who is inside" in told("env:prod", code=1)


# ---- who is inside, and what people would get


def test_people_inside_lower_a_level_or_bear_it_out(shop: Path, golden: Golden) -> None:
    for name, until in (("before", "2026-03-01T09:25Z"), ("after", "2026-03-03")):
        done = CliRunner().invoke(app, ["simulate", "--events", "events.jsonl", "--until", until, "--instances", f"{name}.jsonl"])
        assert done.exit_code == 0, done.output
    edit(RENAMED)

    assert found("--instances", "before.jsonl", code=1)["D102"] == ("breaking", "breaking")
    golden("cli/diff_nobody_inside.out", told("--instances", "after.jsonl"))


def test_what_people_would_get(shop: Path, golden: Golden) -> None:
    edit(SHORTER, GOLD)

    golden("cli/diff_events.out", told("--events", "events.jsonl"))
    assert told("--events", "events.jsonl", "--workers", "2") == told("--events", "events.jsonl", "--workers", "1")


def test_that_nothing_differs_is_a_result(shop: Path) -> None:
    text = told("--events", "events.jsonl")

    assert text.startswith("no difference from HEAD to working tree\n\nbehaviour  no difference in 8 events of 3 people\n")


def test_one_person_under_both(shop: Path) -> None:
    edit(SHORTER)

    text = told("--events", "events.jsonl", "--profile", "ada")
    assert text.count("gets hello by email") == 2
    assert text.index("HEAD") < text.index("working tree")
    nobody = call("--events", "events.jsonl", "--profile", "zoe")
    assert (nobody.exit_code, nobody.stdout) == (1, "")
    assert "nobody called zoe appears" in nobody.stderr


# ---- when it fails


@pytest.mark.parametrize(
    ("edits", "level"),
    [
        ([("title: Welcome 歓迎", "title: Hello")], "safe"),
        ([GOLD], "behaviour"),
        ([RENAMED, ("enter: {on: signed_up", "moved: {pause: breathe}\nenter: {on: signed_up")], "needs-migration"),
        ([RENAMED], "breaking"),
    ],
)
def test_it_fails_from_the_level_that_was_asked_for(shop: Path, edits: list[tuple[str, str]], level: str) -> None:
    levels = ["safe", "behaviour", "needs-migration", "breaking"]
    edit(*edits)

    codes = {bound: call("--fail-on", bound).exit_code for bound in (*levels, "never")}

    assert codes == {bound: int(levels.index(bound) <= levels.index(level)) for bound in levels} | {"never": 0}
    assert call().exit_code == codes["breaking"]
    assert json.loads(told("-f", "json", "--fail-on", "never"))["level"] == level


def test_what_is_accepted_fails_no_more_until_it_is_edited_again(shop: Path, golden: Golden) -> None:
    edit(("title: Welcome 歓迎", "title: Hello"), GOLD)

    accepted = call("--accept", "agreed with CRM", "--fail-on", "behaviour")
    assert accepted.exit_code == 0, accepted.output
    assert accepted.stderr == "rtj.accept: 1 change accepted\n"
    lines = [line for line in Path("rtj.accept").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert [line.split()[:2] for line in lines] == [["welcome", "D131"]]
    assert lines[0].endswith(" -- agreed with CRM")
    golden("cli/diff_waived.out", told("--fail-on", "behaviour"))

    edit(("with: plan = 'gold'", "with: plan = 'iron'"))
    again = call("--fail-on", "behaviour")
    assert again.exit_code == 1
    assert "rtj.accept: D131" in again.stderr
    assert "has been edited since" in again.stderr
    assert call("--fail-on", "behaviour", "--accept", "again").exit_code == 0
    after = [line for line in Path("rtj.accept").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert len(after) == len(lines), "a line that counts no more gives its place to the new one"

    git("checkout", "-q", WELCOME)
    gone = call()
    assert (gone.exit_code, gone.stdout) == (0, "no difference from HEAD to working tree\n")
    assert gone.stderr.count("is no change any more: the line can go") == len(lines)


# ---- how it is told


@pytest.mark.parametrize("layout", FORMATS)
def test_every_format_tells_of_the_same_and_a_file_has_what_stdout_has(shop: Path, layout: str) -> None:
    edit(SHORTER, GOLD)

    text = told("-f", layout, "--events", "events.jsonl")
    assert told("-f", layout, "-o", f"{layout}=there", "--events", "events.jsonl") == text
    assert told("-o", f"{layout}=-", "--events", "events.jsonl") == text
    if layout != "text":  # which is laid out for a file: no lines are broken
        assert (shop / "there").read_text(encoding="utf-8") == text
    for code in ("D122", "D131"):
        assert code in (shop / "there").read_text(encoding="utf-8"), code


def test_all_formats_at_once(shop: Path) -> None:
    edit(RENAMED)

    told(*(word for layout in FORMATS for word in ("-o", f"{layout}=diff.{layout}")), code=1)

    assert all((shop / f"diff.{layout}").stat().st_size > 0 for layout in FORMATS)


def test_quiet_keeps_remarks_from_stderr_and_colour_is_asked_for(shop: Path) -> None:
    edit(SHORTER)
    Path("rtj.accept").write_text("welcome D114 entry 1 0123456789abcdef -- long ago\n", encoding="utf-8")

    assert "no change any more" in call().stderr
    assert call("--quiet").stderr == ""
    plain, coloured = told("--quiet", "--color", "never"), told("--quiet", "--color", "always")
    assert "\x1b[" not in plain
    assert "\x1b[" in coloured
    assert told("--quiet") == plain, "a pipe has no colour"


def test_in_actions_lines_are_annotated_and_the_summary_is_filled(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(shop / "summary.md"))
    edit(RENAMED)

    done = call()

    assert done.exit_code == 1
    assert "::error title=rtj D102 breaking in welcome::" in done.stderr
    assert f"file={WELCOME},line=6," in done.stderr
    assert "D102" in (shop / "summary.md").read_text(encoding="utf-8")
    assert "::error" not in call("-f", "json").stderr, "who chooses a format gets that alone"


def test_codes_are_explained_without_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert told("--explain", "D122").startswith("D122 shorter\n")
    assert [line.split()[0] for line in told("--explain", "all").splitlines()] == list(CHANGES)
    unknown = call("--explain", "D999")
    assert (unknown.exit_code, unknown.stdout) == (2, "")
    html = call("--explain", "D122", "-f", "html")
    assert (html.exit_code, html.stdout) == (2, "")


def test_the_help_is_whole_at_eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    text = told("--help")

    assert all(len(line) <= 80 for line in text.splitlines())
    assert "…" not in text
    for code in ("0", "1", "2"):
        assert f"{code}: " in " ".join(text.split())


def test_the_shop_of_the_first_page_has_no_difference_from_itself() -> None:
    here = str(ROOT / "examples" / "shop")

    assert told(here, here) == f"no difference from {here} to {here}\n"
