"""`rtj diff` into files: a page and a comment with graphs that count people, annotations by paths that the forge knows."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from typer.testing import CliRunner

from rtj.cli.main import app
from tests.cli.conftest import PROJECT

JOURNEY = """\
journey: win_back
title: Win back 你好 مرحبا
enter: {on: signed_up as start}
goal:  {on: bought}
do:
  - {id: pause, wait: 1h}
  - {id: nudge, wait: 2d}
  - id: ask_them
    wait_for:
      - on: bought
        do: [{send: thanks, by: email}]
      - {after: 3d}
  - {id: hello, send: hello, by: email}
"""
EDITED = (
    JOURNEY.replace("wait: 1h", "wait: 3h")
    .replace("{id: nudge, wait: 2d}", "{id: nudge_later, wait: 2d}")
    .replace("enter:", "moved: {nudge: nudge_later}\nenter:", 1)
)
EDITED = EDITED[: EDITED.index("  - id: ask_them")] + "  - {id: hello, send: hello, by: email}\n"
NAME = "journeys/win_back.journey.yaml"


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    subprocess.run(("git", *who, *words), cwd=folder, capture_output=True, check=True)


def call(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [*arguments])
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in a folder of a repository, committed and then edited, with who was inside before; the working directory."""
    folder = tmp_path / "marketing" / "shop"
    (folder / "journeys").mkdir(parents=True)
    (folder / "rtj.yaml").write_text(PROJECT, "utf-8")
    (folder / NAME).write_text(JOURNEY, "utf-8")
    signed = [
        {
            "id": f"{n}",
            "type": "signed_up",
            "ts": f"2026-03-0{1 + n % 2}T09:00:00Z",
            "user_id": f"u{n}",
            "email": f"u{n}@example.org",
        }
        for n in range(9)
    ]
    lines = [json.dumps({**one, "properties": {"plan": "pro"}}) for one in signed]
    (folder / "events.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "as it was")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    until = ("--until", "2026-03-03T12:00Z")
    assert call("simulate", "--events", "events.jsonl", "--instances", str(tmp_path / "inside.jsonl"), *until)[0] == 0
    (folder / NAME).write_text(EDITED, "utf-8")
    return folder


def told(*arguments: str) -> str:
    """What goes to stdout."""
    code, out, err = call("diff", "--fail-on", "never", *arguments)
    assert code == 0, err
    return out


def test_the_comment_draws_what_has_changed_and_who_stands_there(shop: Path) -> None:
    comment = told("--instances", "../../inside.jsonl", "--format", "markdown")
    graph = re.findall(r"```mermaid\n(.*?)```\n", comment, re.DOTALL)

    assert len(graph) == 1
    assert graph[0].startswith("flowchart TD\n")
    assert 'pause["~ Wait: 3 hours<br/>was 1 hour<br/>@pause"]:::wait' in graph[0]
    assert "was @nudge<br/>@nudge_later<br/>4 stand here" in graph[0]
    assert 'was_ask_them{{"-\u00a0Wait for: what comes first<br/>@ask_them<br/>5 stand here"}}:::wait' in graph[0]
    assert re.search(r"linkStyle [\d,]+ stroke:#d1342c,stroke-width:2px,stroke-dasharray:5 5", graph[0])
    assert comment.count("<details>") == comment.count("</details>") == 2


def test_what_stands_in_a_summary_is_read_as_it_was_written(shop: Path) -> None:
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(told("--format", "markdown"))
    summaries = [html.unescape(re.sub(r"<.*?>", "", one)) for one in re.findall(r"<summary>(.*?)</summary>", page)]

    assert summaries == ["🔴 journey win_back: breaking", "Graph of win_back"]
    assert "<table>" in page and 'class="language-mermaid"' in page


def test_the_page_draws_the_same(shop: Path) -> None:
    pytest.importorskip("pygraphviz")
    page = told("--instances", "../../inside.jsonl", "--format", "html")
    figure = page[page.index("<figure>") : page.index("</figure>")]

    assert "people who stand there" in page
    assert "Win back 你好 مرحبا" in figure
    assert 'class="k-wait m-changed"' in figure
    assert '<tspan class="count">5</tspan> stand here' in figure and '<tspan class="count">4</tspan> stand here' in figure
    assert 'class="k-wait m-removed"' in figure and 'class="link m-removed"' in figure
    assert not re.search(r"<(script|img|iframe)|\bsrc=", page)


def test_without_the_extra_the_page_is_whole_and_the_extra_is_named(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    code, _, err = call("diff", "--fail-on", "never", "-o", "html=../../page.html")
    page = (shop / "../../page.html").read_text("utf-8")

    assert code == 0
    assert "pip install 'rtj[graph]'" in err
    assert page.endswith("</body></html>\n") and "ask_them" in page and "<figure>" not in page


def test_without_a_difference_nothing_is_drawn_nor_asked_for(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    (shop / NAME).write_text(JOURNEY, "utf-8")
    code, _, err = call("diff", "-o", "html=../../page.html", "-o", "markdown=../../comment.md")

    assert (code, err) == (0, "")
    assert "mermaid" not in (shop / "../../comment.md").read_text("utf-8")


def test_annotations_name_files_from_the_root_of_the_repository(shop: Path) -> None:
    lines = told("--format", "github").splitlines()
    files = {found[1] for line in lines if (found := re.search(r"file=([^,]*)", line))}

    assert files == {f"marketing/shop/{NAME}"}
    assert all(re.match(r"::(error|warning|notice) title=rtj D\d\d\d [a-z ]+ in win_back[,:]", line) for line in lines)
