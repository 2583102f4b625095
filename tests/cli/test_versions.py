"""The versions that arguments name: commits are read as they were, without a checkout, and what is missing is said."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

import pytest

from rtj.base.errors import InputError, UsageError
from rtj.cli.versions import Version, versions
from rtj.compile.pipeline import compile_project
from rtj.ir.program import canonical

PROJECT = """\
project: shop
events:
  signed_up: {plan: string}
  bought: {total: number}
channels:
  email: {}
"""
WELCOME = """\
journey welcome {
  enter on signed_up
  wait 3d @pause
  send hello by email
}
"""
THANKS = "journey: thanks\nenter: {on: bought}\ndo:\n  - {send: thanks, by: email}\n"


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "protocol.file.allow=always")
    done = subprocess.run(("git", *who, *words), cwd=folder, capture_output=True, check=True)
    return done.stdout.decode().strip()


def put(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def commit(folder: Path, message: str = "as it is") -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a project and one commit, on the branch `main`; the working directory."""
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    put(folder, {"rtj.yaml": PROJECT, "journeys/welcome.journey": WELCOME})
    commit(folder)
    monkeypatch.chdir(folder)
    return folder


def names(version: Version) -> list[str]:
    return [journey.name for journey in version.side.program.journeys]


def test_the_last_commit_is_compared_with_the_working_tree(shop: Path) -> None:
    put(shop, {"journeys/welcome.journey": WELCOME.replace("3d", "1d"), "thanks.journey.yaml": THANKS})

    old, new = versions()

    assert (old.side.name, new.side.name) == ("HEAD", "working tree")
    assert (names(old), names(new)) == (["welcome"], ["thanks", "welcome"])
    assert old.places["journey", "welcome", "node", "pause"].text == "HEAD:journeys/welcome.journey:3:3"
    assert new.places["journey", "welcome", "node", "pause"].text == "journeys/welcome.journey:3:3"
    assert old.remarks == new.remarks == ()
    assert old.side.runnable and new.side.runnable
    assert git(shop, "status", "--porcelain") == "M journeys/welcome.journey\n?? thanks.journey.yaml", "nothing was changed"


def test_one_argument_is_compared_with_the_working_tree(shop: Path) -> None:
    git(shop, "tag", "v1")
    put(shop, {"thanks.journey.yaml": THANKS})
    commit(shop)

    old, new = versions("v1")

    assert (old.side.name, new.side.name) == ("v1", "working tree")
    assert (names(old), names(new)) == (["welcome"], ["thanks", "welcome"])


@pytest.mark.parametrize("ref", ["HEAD~1", "HEAD^", "git:HEAD~1", "main@{1}"])
def test_commits_are_named_as_git_names_them(shop: Path, ref: str) -> None:
    put(shop, {"thanks.journey.yaml": THANKS})
    commit(shop)

    old, new = versions(ref, "main")

    assert (names(old), names(new)) == (["welcome"], ["thanks", "welcome"])


def test_the_upstream_and_a_short_hash_are_commits(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "clone", "-q", str(shop), "copy")
    copy = tmp_path / "copy"
    put(copy, {"thanks.journey.yaml": THANKS})
    commit(copy)
    monkeypatch.chdir(copy)

    old, new = versions("@{u}", git(copy, "rev-parse", "--short", "HEAD"))

    assert (names(old), names(new)) == (["welcome"], ["thanks", "welcome"])


def test_a_range_names_two_commits(shop: Path) -> None:
    git(shop, "checkout", "-q", "-b", "feature/thanks")
    put(shop, {"thanks.journey.yaml": THANKS})
    commit(shop)
    git(shop, "checkout", "-q", "main")
    put(shop, {"more.journey.yaml": THANKS.replace("journey: thanks", "journey: more")})
    commit(shop)

    two = versions("main..feature/thanks")
    three = versions("main...feature/thanks")
    open_end = versions("feature/thanks..")

    assert [names(version) for version in two] == [["more", "welcome"], ["thanks", "welcome"]]
    assert [names(version) for version in three] == [["welcome"], ["thanks", "welcome"]], "from where they parted"
    assert three[0].side.name.endswith("(where feature/thanks left main)")
    assert [names(version) for version in open_end] == [["thanks", "welcome"], ["more", "welcome"]]


def test_a_folder_wins_over_a_branch_and_that_is_said(shop: Path, tmp_path: Path) -> None:
    git(shop, "branch", "old")
    put(shop, {"old/rtj.yaml": PROJECT, "old/thanks.journey.yaml": THANKS})

    version, _ = versions("old", "HEAD")
    branch, _ = versions("git:old", "HEAD")

    assert names(version) == ["thanks"]
    assert version.remarks == ("`old` is a folder here; the commit of that name is `git:old`",)
    assert names(branch) == ["welcome"]


def test_a_folder_without_a_project_does_not_hide_a_branch(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(shop, "branch", "journeys")

    assert names(versions("journeys")[0]) == ["welcome"]
    monkeypatch.chdir("journeys")
    with pytest.raises(UsageError, match=r"\.: a folder without rtj\.yaml"):
        versions(".")


def test_two_folders_need_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, {"a b/rtj.yaml": PROJECT, "a b/welcome.journey": WELCOME, "版本/rtj.yaml": PROJECT})
    monkeypatch.chdir(tmp_path)

    old, new = versions("a b", "版本/rtj.yaml")

    assert (names(old), names(new)) == (["welcome"], [])


def test_a_compiled_program_is_known_by_what_stands_in_it(shop: Path) -> None:
    program = compile_project((), shop).program
    put(shop, {"deployed.txt": canonical(program).decode(), "templates/hello.txt": "Hello"})
    (shop / "deployed.gz").write_bytes(gzip.compress(canonical(program)))

    for name in ("deployed.txt", "deployed.gz"):
        old, new = versions(name)

        assert old.side.program == new.side.program == program
        assert (old.analysis, dict(old.places)) == (None, {})
        assert new.side.templates == {}
        assert new.remarks == (f"`{name}` is a compiled program: texts of messages are not compared",)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("hello", "neither a folder"),
        ("{", "no compiled program"),
        ('{"is":"journey","name":"x"}', "one journey is no version"),
        ("", "neither a folder"),
        (PROJECT, "neither a folder"),
    ],
)
def test_what_is_no_program_is_said(shop: Path, content: str, told: str) -> None:
    put(shop, {"what.json": content})

    with pytest.raises(InputError, match=told):
        versions("what.json")


def test_one_file_of_a_project_is_no_version(shop: Path) -> None:
    with pytest.raises(UsageError, match="a version is a whole project"):
        versions("journeys/welcome.journey")


def test_many_ignored_files_are_counted(shop: Path) -> None:
    put(shop, {".gitignore": "made/\n"})
    put(shop, {f"made/{n}.journey.yaml": THANKS.replace("journey: thanks", f"journey: t{n}") for n in range(25)})

    remarks = versions()[1].remarks

    assert len(remarks) == 21
    assert remarks[-1] == "5 more files are read, though git ignores them"


def test_a_damaged_program_is_no_program(shop: Path) -> None:
    program = compile_project((), shop).program
    damaged = canonical(program).replace(b'"next":"hello"', b'"next":"nowhere"')
    (shop / "program.json").write_bytes(damaged)

    with pytest.raises(InputError, match="`welcome` is damaged"):
        versions("program.json")


def test_the_project_stands_in_a_folder_of_the_repository(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(shop, {"teams/crm 中文/rtj.yaml": PROJECT, "teams/crm 中文/wie geht's.journey": WELCOME})
    commit(shop)
    put(shop, {"teams/crm 中文/wie geht's.journey": WELCOME + "# more\n"})
    monkeypatch.chdir(shop / "teams/crm 中文")

    old, _ = versions()

    assert old.places["journey", "welcome"].path == "HEAD:teams/crm 中文/wie geht's.journey"


def test_files_that_are_the_same_are_worked_through_once(shop: Path) -> None:
    put(shop, {"thanks.journey.yaml": THANKS})
    commit(shop)
    put(shop, {"thanks.journey.yaml": THANKS.replace("bought", "signed_up")})

    old, new = versions()

    trees = [{tree.name.text: tree for tree in one.analysis.loaded.journeys} for one in (old, new) if one.analysis is not None]
    assert trees[0]["welcome"] is trees[1]["welcome"]
    assert trees[0]["thanks"] is not trees[1]["thanks"]
    assert old.places["journey", "welcome"].path == "journeys/welcome.journey", "it says the same in both"
    assert old.places["journey", "thanks"].path == "HEAD:thanks.journey.yaml"


def test_what_the_project_names_is_read_from_the_commit(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = PROJECT + (
        "include: ../shared/more.yaml\n"
        "audiences:\n  vip: {list: ../people.csv}\n"
        "tables:\n  prices: {key: sku, fields: {price: number}, file: prices.csv}\n"
    )
    put(shop, {"a/rtj.yaml": project, "a/w.journey": WELCOME, "a/prices.csv": "sku,price\nx,1\n", "people.csv": "user_id\nann\n"})
    put(shop, {"shared/more.yaml": "webhooks:\n  crm: {post: https://crm.example/x}\n", ".gitattributes": "* export-ignore\n"})
    commit(shop)
    put(shop, {"a/prices.csv": "sku,price\nx,2\n", "people.csv": "user_id\nbob\n", "shared/more.yaml": "webhooks: {}\n"})
    monkeypatch.chdir(shop / "a")

    old, new = versions()

    assert [a.members for a in old.side.program.audiences if a.members] == [(("user_id", "ann"),)]
    assert [a.members for a in new.side.program.audiences if a.members] == [(("user_id", "bob"),)]
    assert [table.rows for table in old.side.program.tables] == [(("x", (1,), None),)]
    assert [w.name for w in old.side.program.webhooks] == ["crm"]
    assert old.places["webhook", "crm"].path == "HEAD:shared/more.yaml"
    assert old.remarks == ()


def test_what_git_ignores_is_taken_as_it_is_and_said(shop: Path) -> None:
    project = PROJECT + "tables:\n  prices: {key: sku, fields: {price: number}, file: prices.csv}\n"
    put(shop, {"rtj.yaml": project, "prices.csv": "sku,price\nx,1\n", ".gitignore": "prices.csv\nown.journey.yaml\n"})
    commit(shop)
    put(shop, {"own.journey.yaml": THANKS})

    old, new = versions()

    assert old.side.runnable
    assert old.remarks == ("`prices.csv` is not in git at `HEAD`: it is taken as it is in the working tree",)
    assert new.remarks == ("`own.journey.yaml` is read, though git ignores it: no commit has it",)


def test_links_are_followed_within_the_repository(shop: Path) -> None:
    put(shop, {"elsewhere/thanks.txt": THANKS})
    (shop / "journeys/thanks.journey.yaml").symlink_to("../elsewhere/thanks.txt")
    (shop / "journeys/out.journey.yaml").symlink_to("/etc/hostname")
    (shop / "journeys/round.journey.yaml").symlink_to("round.journey.yaml")
    commit(shop)

    old, _ = versions("HEAD", "HEAD")

    assert names(old) == ["thanks", "welcome"]
    assert old.remarks == (
        "`journeys/out.journey.yaml` is a link out of the repository: it is not followed",
        "`journeys/round.journey.yaml` is a link that leads nowhere: it is left out",
    )


def test_submodules_are_read_where_they_are(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "library"
    library.mkdir()
    git(library, "init", "-q", "-b", "main")
    put(library, {"thanks.journey.yaml": THANKS})
    commit(library)
    git(shop, "submodule", "add", "-q", str(library), "library")
    commit(shop)
    put(shop / "library", {"thanks.journey.yaml": THANKS.replace("thanks", "other")})

    old, new = versions()
    git(tmp_path, "clone", "-q", str(shop), "copy")
    monkeypatch.chdir(tmp_path / "copy")
    without, _ = versions()

    assert (names(old), names(new)) == (["thanks", "welcome"], ["other", "welcome"])
    assert names(without) == ["welcome"]
    assert "`library` is a submodule whose commit" in without.remarks[0]


def test_a_pointer_of_lfs_is_what_it_points_to(shop: Path) -> None:
    import hashlib

    text = b"sku,price\nx,1\n"
    name = hashlib.sha256(text).hexdigest()
    project = PROJECT + "tables:\n  prices: {key: sku, fields: {price: number}, file: prices.csv}\n"
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{name}\nsize {len(text)}\n"
    put(shop, {"rtj.yaml": project, "prices.csv": pointer})
    commit(shop)

    without, _ = versions("HEAD", "HEAD")
    kept = shop / ".git/lfs/objects" / name[:2] / name[2:4] / name
    kept.parent.mkdir(parents=True)
    kept.write_bytes(text)
    there, _ = versions("HEAD", "HEAD")

    assert "`prices.csv` is kept by git lfs, and this clone does not have it" in without.remarks[0]
    assert [table.rows for table in there.side.program.tables] == [(("x", (1,), None),)]


def test_texts_of_messages_are_told_apart_by_content_alone(shop: Path) -> None:
    put(shop, {"templates/hello.de.html": "Hallo\n", "templates/hello.txt": "Hello {{ name }}\n", "templates/.swp": ""})
    commit(shop)
    (shop / "templates/hello.de.html").write_bytes(b"Hallo\r\n")
    put(shop, {"templates/hello.txt": "Hello!\n"})

    old, new = versions()

    assert old.side.templates.keys() == {"hello"}
    assert old.side.templates["hello"]["de.html"] == new.side.templates["hello"]["de.html"]
    assert old.side.templates["hello"]["txt"] != new.side.templates["hello"]["txt"]
    assert old.places["template", "hello", "de.html"].text == "HEAD:templates/hello.de.html:1:1"
    assert new.places["template", "hello", "txt"].path == "templates/hello.txt"
    assert old.side.needs["hello"] == {"de.html": frozenset(), "txt": frozenset(("name",))}


# ---- repositories of all kinds


def test_without_commits_everything_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "init", "-q")
    put(tmp_path, {"rtj.yaml": PROJECT, "welcome.journey": WELCOME})
    monkeypatch.chdir(tmp_path)

    old, new = versions()

    assert (names(old), names(new)) == ([], ["welcome"])
    assert old.remarks == ("`HEAD` has no rtj.yaml: everything is new",)


def test_a_worktree_and_a_detached_head_are_repositories(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(shop, "worktree", "add", "-q", "--detach", "../other", "HEAD")
    other = shop.parent / "other"
    put(other, {"thanks.journey.yaml": THANKS})
    monkeypatch.chdir(other)

    old, new = versions()

    assert (names(old), names(new)) == (["welcome"], ["thanks", "welcome"])


def test_a_bare_repository_has_commits(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(shop, {"thanks.journey.yaml": THANKS})
    commit(shop)
    git(shop.parent, "clone", "-q", "--bare", str(shop), "bare.git")
    monkeypatch.chdir(shop.parent / "bare.git")

    old, new = versions("main~1..main")

    assert (names(old), names(new)) == (["welcome"], ["thanks", "welcome"])


def test_a_shallow_clone_says_that_it_is_one(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = git(shop, "rev-parse", "HEAD")
    commit(shop)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{shop}", "shallow")
    monkeypatch.chdir(tmp_path / "shallow")

    for ref in ("HEAD~1", first):
        with pytest.raises(UsageError, match="fetch-depth: 0"):
            versions(ref)


def test_a_project_that_has_moved_is_found_by_its_name(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shop / "crm").mkdir()
    for name in ("rtj.yaml", "journeys"):
        git(shop, "mv", name, f"crm/{name}")
    monkeypatch.chdir(shop / "crm")

    old, new = versions()

    assert names(old) == names(new) == ["welcome"]
    assert old.remarks == ("in `HEAD` the project `shop` stands in `.`, now in `crm`",)


# ---- what cannot be


def test_a_ref_that_is_not_there_is_a_usage_error(shop: Path) -> None:
    git(shop, "branch", "feature")
    git(shop, "tag", "v1.0")

    for ref, near in (("featur", "feature"), ("v1.1", "v1.0"), ("git:mian~2", "main~2")):
        with pytest.raises(UsageError, match=rf"git knows no such commit or branch; did you mean {near}\?"):
            versions(ref)
    with pytest.raises(UsageError, match="no such file or folder, and git knows no such commit"):
        versions("elsewhere/program.json")
    with pytest.raises(UsageError, match=r"`main` is known, `~7` of it is not"):
        versions("main~7")
    with pytest.raises(UsageError, match="git knows no such"):
        versions("--upload-pack=x")


def test_a_branch_that_only_the_remote_has_is_proposed(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "clone", "-q", str(shop), "copy")
    git(tmp_path / "copy", "checkout", "-q", "--detach")
    git(tmp_path / "copy", "branch", "-q", "-D", "main")
    monkeypatch.chdir(tmp_path / "copy")

    with pytest.raises(UsageError, match=r"did you mean origin/main\?"):
        versions("main..HEAD")


def test_without_a_repository_there_is_no_last_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, {"rtj.yaml": PROJECT})
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError, match="in no git repository; name two folders"):
        versions()
    with pytest.raises(UsageError, match="no such file or folder"):
        versions("../nothing")


def test_different_projects_are_not_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, {"a/rtj.yaml": PROJECT, "a/welcome.journey": WELCOME})
    put(tmp_path, {"b/rtj.yaml": PROJECT.replace("shop", "bank"), "b/thanks.journey.yaml": THANKS})
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError, match="is the project `shop`, `b` the project `bank`"):
        versions("a", "b")
    put(tmp_path, {"b/welcome.journey": WELCOME})

    assert versions("a", "b")[1].remarks == ("the project was called `shop` and is called `bank`",)


# ---- versions that do not compile


def test_what_no_longer_compiles_is_left_out_and_said(shop: Path) -> None:
    put(
        shop,
        {
            "bad.journey": "journey bad {\n  enter by start\n  emit nothing_such\n}\n",
            "worse.journey.yaml": "journey: worse\n  x: [\n",
        },
    )
    starter = "journey: starter\nenter: {on: bought}\ndo:\n  - start: bad\n  - start: worse\n"
    put(shop, {"starter.journey.yaml": starter})
    commit(shop)

    old, _ = versions("HEAD", "HEAD")

    assert names(old) == ["starter", "welcome"]
    assert old.side.lost.keys() == {"bad", "worse"}
    assert old.side.lost["bad"].startswith("E317 unknown event type `nothing_such`")
    assert old.side.lost["bad"].endswith("(HEAD:bad.journey:3:8)")
    assert not old.side.runnable
    assert old.remarks == (), "what is left out is told where it would be compared"
    assert {d.span.source.path for d in old.diagnostics} == {"HEAD:bad.journey", "HEAD:worse.journey.yaml"}


def test_declarations_that_are_wrong_take_what_uses_them_along(shop: Path) -> None:
    wrong = PROJECT.replace("signed_up: {plan: string}", "signed_up: {plan: strng}") + "caps:\n  - {at_most: x}\n"
    put(shop, {"rtj.yaml": wrong.replace("  bought: {total: number}\n", ""), "thanks.journey.yaml": THANKS})

    _, new = versions()

    assert names(new) == ["welcome"]
    assert "bought" in new.side.lost["thanks"]
    assert any("of its declarations what is right is compared" in remark for remark in new.remarks)
    assert not new.side.runnable


def test_a_project_file_that_cannot_be_read_is_an_error_with_its_place(shop: Path) -> None:
    put(shop, {"rtj.yaml": "- a\n- b\n"})
    commit(shop)
    put(shop, {"rtj.yaml": PROJECT})

    with pytest.raises(InputError, match=r"HEAD: the project file cannot be read: E\d+ .*\(HEAD:rtj.yaml:1:1\)"):
        versions()


# ---- environments


def test_an_environment_is_what_runs_there(shop: Path) -> None:
    program = compile_project((), shop).program
    declared = "environments:\n  prod: {program: deployed/prod.json, instances: deployed/prod.jsonl}\n  test: {program: t.json}\n"
    put(shop, {"rtj.yaml": PROJECT + declared, "deployed/prod.json": canonical(program).decode(), "deployed/prod.jsonl": ""})
    put(shop, {"thanks.journey.yaml": THANKS})

    old, new = versions("env:prod")

    assert (old.side.name, names(old), names(new)) == ("prod", ["welcome"], ["thanks", "welcome"])
    assert old.instances == shop / "deployed/prod.jsonl"
    with pytest.raises(UsageError, match=r"env:prd: no such environment; did you mean env:prod\?"):
        versions("env:prd")
    with pytest.raises(InputError, match=r"env:test: t\.json is not there: nothing was deployed"):
        versions("env:test")


def test_environments_are_no_part_of_the_program(shop: Path) -> None:
    put(shop, {"rtj.yaml": PROJECT + "environments:\n  prod: {program: prod.json}\n"})

    old, new = versions()

    assert old.side.program == new.side.program
    with pytest.raises(UsageError, match="it has prod"):
        versions("env:something_else")
