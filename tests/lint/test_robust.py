"""Hostile files get a named answer, in little time and memory: never a crash, never a traceback, never nothing.

Each case is a whole process with a bound on its memory. What is promised is a second and 200 MB; the test allows more time, for
machines are busy, and no more memory.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MEMORY_MAX_KB = 200 * 1024
SECONDS_MAX = 8  # of the processor
MIB2 = 2 * 2**20 - 1000
DEEP = 100_000
PROJECT = """\
project: shop
events: {login: {}, purchase: {total: number, item: string}}
profile: {orders: count(purchase), tier: {type: string?}}
channels: {email: {purpose: transactional}}
"""
HEAD = "journey: one\nenter: {on: login}\n"
WHEN = "journey: one\nenter:\n  on: login\n  when: "
BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
MERGES = "m0: &m0 {a: b}\n" + "".join(f"m{i}: &m{i} {{<<: [*m{i - 1}, *m{i - 1}, *m{i - 1}]}}\n" for i in range(1, 30))

# name -> (the journey file, a code that must be told; empty: nothing is refused)
JOURNEYS: dict[str, tuple[str | bytes, str]] = {
    "alias bomb": (HEAD + BOMB, "E005"),
    "alias to itself": (HEAD + "do: &a [*a]\n", "E004"),
    "merge keys": (HEAD + MERGES, "E004"),
    "tags that make objects": (HEAD + "do: !!python/object/apply:os.system [x]\n", "E004"),
    "lists in lists": (HEAD + "do: " + "[" * DEEP + "]" * DEEP, "E005"),
    "lists never closed": (HEAD + "do: " + "[" * DEEP, "E005"),
    "mappings in mappings": (HEAD + "do: " + "{a: " * DEEP + "}" * DEEP, "E005"),
    "items in items": (HEAD + "do:\n  " + "- " * DEEP + "x\n", "E005"),
    "keys in keys": (HEAD + "do:\n  " + "? " * DEEP + "x\n", "E005"),
    "more than 2 MiB": (HEAD + "#" * (MIB2 + 2000), "E005"),
    "one word of 2 MiB": (HEAD + "title: " + "x" * MIB2 + "\n", ""),
    "a condition of 2 MiB": (WHEN + "profile.tier == 'a'" + " or profile.tier == 'a'" * (MIB2 // 23) + "\n", "E"),
    "brackets of 2 MiB": (WHEN + "(" * MIB2 + "\n", "E005"),
    "signs of 2 MiB": (WHEN + "$" * MIB2 + "\n", "E005"),
    "a number of 2 MiB": (WHEN + "profile.orders == " + "9" * MIB2 + "\n", "E"),
    "a length of 5,000 digits": (HEAD + "do:\n  - {id: w, wait: " + "9" * 5000 + "d}\n", "E"),
    "deep condition": (WHEN + "not " * 5_000 + "true\n", "E302"),
    "100,000 keys": (HEAD + "".join(f"key{i}: v\n" for i in range(DEEP)), "E"),
    "100,000 equal keys": (HEAD + "k: v\n" * DEEP, "E005"),
    "100,000 items": (HEAD + "do:\n" + "- x\n" * DEEP, "E"),
    "100,000 documents": ("---\n" * DEEP, "E005"),
    "100,000 directives": ("%FOO bar\n" * DEEP + "---\n" + HEAD, "E"),
    "100,000 comments to the linter": (HEAD + "do:\n" + "# rtj: ignore\n" * DEEP + "- {send: a, by: email}\n", "W904"),
    "10,000 events": ("journey: one\nenter:\n  on: login" + " or purchase" * 10_000 + "\ndo: [{send: a, by: email}]\n", "E"),
    "not UTF-8": (b"journey: caf\xe9\n", "E007"),
    "UTF-16": (HEAD.encode("utf-16"), "E007"),
    "UTF-32": (HEAD.encode("utf-32"), "E007"),
    "NUL": (b"journey: a\x00b\n", "E007"),
    "an escape of a terminal": (b"journey: a\x1b[2J\n", "E007"),
    "a lone surrogate": (b"journey: \xed\xa0\x80\n", "E007"),
    "noise": (bytes(range(256)) * 8_000, "E007"),
    "nothing": (b"", "E008"),
    "a mark alone": (b"\xef\xbb\xbf", "E008"),
}
VALID: dict[str, str] = {
    "2,000 sends in a row": HEAD + "do:\n" + "".join(f"- {{send: a{i}, by: email}}\n" for i in range(2_000)),
    "300 branches in a row": HEAD
    + "do:\n"
    + "".join(f"- branch: [{{when: profile.orders > {i}, do: [{{send: a{i}, by: email}}]}}]\n" for i in range(300)),
    "1,000 arms": HEAD + "do:\n- branch:\n" + "".join(f"  - {{when: profile.orders == {i}, do: [exit]}}\n" for i in range(1_000)),
    "1,000 cases": HEAD
    + "do:\n- id: w\n  wait_for:\n"
    + "".join(f"  - {{on: purchase where event.total > {i}, do: [exit]}}\n" for i in range(1_000)),
}


# What a process took is read from inside: what its parent took before it began would count otherwise.
RUN = """
import pathlib, re, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
from rtj.cli.main import main
try:
    main()
finally:
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        pathlib.Path("took").write_text(re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text())[1])
"""


def validate(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run `rtj validate` as a process of its own. Its memory and time are held to their bounds."""
    done = subprocess.run(
        [sys.executable, "-c", RUN.replace("SECONDS", str(SECONDS_MAX)), "validate", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache"), "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in err and "internal error" not in err, err[-2000:]
    assert done.returncode >= 0, f"ended by signal {-done.returncode}"
    took = folder / "took"
    if took.exists():
        assert int(took.read_text()) <= MEMORY_MAX_KB
    return done.returncode, out, err


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "rtj.yaml").write_text(PROJECT, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", JOURNEYS)
def test_a_hostile_journey_has_a_named_answer(name: str, place: Path) -> None:
    text, code = JOURNEYS[name]
    (place / "one.journey.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    result, out, err = validate(place, "--format", "json-lines")
    found = [json.loads(line) for line in out.splitlines()]
    told = {one["code"] for one in found}
    assert any(one.startswith(code) for one in told) or not code, (told, err)
    assert result == (1 if any(one["severity"] == "error" for one in found) else 0)


@pytest.mark.long
@pytest.mark.parametrize("name", VALID)
def test_rules_keep_their_bounds_over_large_journeys(name: str, place: Path) -> None:
    (place / "one.journey.yaml").write_text(VALID[name], encoding="utf-8")
    result, _, err = validate(place, "--format", "json-lines")
    assert result == 0, err


@pytest.mark.parametrize("name", ["x.journey.yaml", "x.test.yaml", "members.csv", "events.json"])
def test_a_pipe_called_like_a_file_is_not_waited_for(name: str, place: Path) -> None:
    os.mkfifo(place / name)
    (place / "rtj.yaml").write_text(
        "project: shop\nevents: {login: {}, bought: {schema: events.json}}\naudiences: {founders: {list: members.csv}}\n",
        encoding="utf-8",
    )
    result, out, err = validate(place)
    assert result in (1, 4)
    assert name in out + err


def test_links_in_a_circle(place: Path) -> None:
    (place / "inner").mkdir()
    (place / "inner" / "again").symlink_to(place)
    (place / "inner" / "a.journey.yaml").write_text(HEAD + "do: [{send: a, by: email}]\n", encoding="utf-8")
    assert validate(place)[0] == 0
    (place / "x.journey.yaml").symlink_to("x.journey.yaml")
    result, _, err = validate(place)
    assert (result, "x.journey.yaml" in err) == (4, True)


@pytest.mark.parametrize("form", ["full", "concise", "github", "markdown", "junit", "sarif"])
def test_a_name_cannot_move_the_cursor_or_forge_a_line(form: str, place: Path) -> None:
    """Names of files are authors' texts too: in whatever format, no control character and no line of their own."""
    name = "a\x1b[2J\u202e\n::error::forged.journey.yaml"
    (place / name).write_text(HEAD + "do: [{send: a, by: emial}]\n", encoding="utf-8")
    result, out, _ = validate(place, "--format", form)
    assert result == 1
    assert "E327" in out
    assert "\x1b" not in out and "\u202e" not in out
    assert not any(line.startswith("::error::forged") for line in out.splitlines())
