"""Every playbook keeps what the library promises: no finding, green tests, a simulation, texts in two languages, a page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from rtj.base.places import journeys_dir
from rtj.cli.main import app
from rtj.cli.starting import playbooks
from rtj.compile import compile_project
from rtj.ir import expr as ir
from rtj.ir.journey import Send

liquid = pytest.importorskip("liquid", reason="templates are checked with python-liquid (extra `test`)")

PLAYBOOKS = sorted(path.parent.name for path in journeys_dir().glob("*/rtj.yaml"))
LANGUAGES = ("en", "zh")
FRONT = {  # what a channel shows beside the body; the body is the mail or what stands in the app
    "email": ("subject", "preheader"),
    "push": ("push_title", "push_text"),
    "sms": ("sms_text",),
    "in_app": ("title", "button", "link"),
}
LONGEST = {"subject": 70, "preheader": 110, "push_title": 50, "push_text": 120, "sms_text": 160, "title": 50, "button": 20}
SMS_ZH = 70  # characters of one text message that is not written in Latin letters
FULL_WIDTH = "，。！？；：（）“”"
PARTS = ("rtj.yaml", "events.jsonl", "README.md", "templates")
PEOPLE, ZONES = 5, 3  # that a simulation shows at least


@dataclass(frozen=True, slots=True)
class Message:
    """What the sends of a message give it. `always`: names that all of them give; `empty`: whose value may be `''`."""

    name: str
    channels: frozenset[str]
    always: frozenset[str]
    samples: dict[str, Any]
    empty: frozenset[str]


@cache
def messages(playbook: str) -> tuple[Message, ...]:
    """The messages that a playbook sends."""
    program = compile_project([], journeys_dir() / playbook).program
    assert program is not None
    sends: dict[str, list[Send]] = {}
    for journey in program.journeys:
        for node in journey.nodes:
            if isinstance(node, Send):
                sends.setdefault(node.message, []).append(node)
    return tuple(message(name, nodes) for name, nodes in sorted(sends.items()))


def message(name: str, sends: list[Send]) -> Message:
    pairs = {pair.name: pair for send in sends for pair in send.pairs}
    return Message(
        name,
        frozenset(channel for send in sends for channel in send.channels),
        frozenset.intersection(*(frozenset(pair.name for pair in send.pairs) for send in sends)),
        {name: sample(pair.type) for name, pair in pairs.items()},
        frozenset(name for name, pair in pairs.items() if may_be_empty(pair.value)),
    )


def may_be_empty(value: ir.Expr) -> bool:
    """Is it written `… ?? ''`?"""
    return isinstance(value, ir.Binary) and value.op == "??" and value.right == ir.Const("", "string")


def sample(kind: ir.Type) -> Any:
    match kind:
        case ir.Scalar(name="number"):
            return 5
        case ir.Scalar(name="bool"):
            return True
        case ir.Scalar(name="string") | ir.OneOf():
            return "Noor"
        case _:
            return "2026-03-12 19:00"


CASES = [(playbook, found.name, language) for playbook in PLAYBOOKS for found in messages(playbook) for language in LANGUAGES]


def told(playbook: str, name: str) -> Message:
    (found,) = (found for found in messages(playbook) if found.name == name)
    return found


def template(playbook: str, name: str, language: str) -> tuple[dict[str, str], str]:
    """Front matter and body of a template, as they were written."""
    text = (journeys_dir() / playbook / "templates" / f"{name}.{language}.liquid").read_text(encoding="utf-8")
    found = re.fullmatch(r"---\n(.*?)^---\n(.*)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, "front matter between two lines `---`, then the body"
    front = yaml.safe_load(found[1])
    assert all(isinstance(value, str) for value in front.values())
    return front, found[2]


def rendered(parts: dict[str, str], values: dict[str, Any]) -> dict[str, str]:
    environment = liquid.Environment(undefined=liquid.StrictUndefined)
    return {key: environment.from_string(text).render(**values).strip() for key, text in parts.items()}


def call(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, arguments)
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture(autouse=True)
def _plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


# ---- the library


def test_each_playbook_stands_in_one_group() -> None:
    assert sorted(playbook.name for playbook in playbooks()) == PLAYBOOKS


def test_the_page_of_the_library_leads_to_each() -> None:
    page = (journeys_dir() / "README.md").read_text(encoding="utf-8")
    for playbook in playbooks():
        assert f"- [{playbook.name}]({playbook.name}/README.md): {playbook.summary}\n" in page
        assert f"\n## {playbook.group}\n" in page


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_playbook_has_all_its_parts(playbook: str) -> None:
    folder = journeys_dir() / playbook
    for part in (*PARTS, f"{playbook}.journey", f"{playbook}.test.yaml"):
        assert (folder / part).exists(), part
    assert not list(folder.rglob("*.journey.y*ml")), "playbooks are written in the journey language"
    assert f"\nproject: {playbook}\n" in (folder / "rtj.yaml").read_text(encoding="utf-8")


# ---- it runs


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_nothing_is_found(playbook: str) -> None:
    """Not even a hint: who begins with it shall see what their own changes bring."""
    code, out, err = call("validate", "--project", str(journeys_dir() / playbook))
    assert (code, out) == (0, "")
    assert err.startswith("no errors in ")


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_it_is_laid_out_in_the_one_way(playbook: str) -> None:
    assert call("fmt", "--check", str(journeys_dir() / playbook))[:2] == (0, "")


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_what_is_promised_is_kept(playbook: str) -> None:
    code, out, err = call("test", "--project", str(journeys_dir() / playbook))
    assert (code, out) == (0, "")
    assert int(err.split()[0]) >= 8, "the happy path, the goal, the exits, the gates, the edges"


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_every_message_is_promised_somewhere(playbook: str) -> None:
    suite = (journeys_dir() / playbook / f"{playbook}.test.yaml").read_text(encoding="utf-8")
    tests = yaml.load(suite, Loader=yaml.BaseLoader)["tests"]
    lines = [line for test in tests for line in test["expect"].get("messages", ())]
    sent = {line if isinstance(line, str) else line.get("message") for line in lines}
    assert {found.name for found in messages(playbook)} <= sent
    assert "zone" in suite or re.search(r"\d[+-]\d\d:00", suite), "somebody's clock is another"


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_simulation_shows_it(playbook: str, tmp_path: Path) -> None:
    """Several people in several zones; every message goes out to one of them, and nothing is broken or unknown."""
    folder = journeys_dir() / playbook
    out = tmp_path / "messages.jsonl"
    code, told_, _ = call("simulate", "--project", str(folder), "--events", str(folder / "events.jsonl"), "--messages", str(out))
    assert code == 0
    assert re.search(r"dead letters +0\n", told_)
    assert re.search(r"late +0\n", told_)
    assert "unknown types" not in told_
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len({event["user_id"] for event in events if "user_id" in event}) >= PEOPLE
    assert len({event["properties"].get("timezone") for event in events} - {None}) >= ZONES
    sent = {json.loads(line)["template"] for line in out.read_text(encoding="utf-8").splitlines()}
    assert {found.name for found in messages(playbook)} <= sent


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_init_copies_all_of_it(playbook: str, tmp_path: Path) -> None:
    """All files but the page, which becomes part of the project's own; the copy validates and keeps its promises."""
    code, _, err = call("init", str(tmp_path / "shop"), "--playbook", playbook)
    assert (code, err) == (0, "")
    for path in (journeys_dir() / playbook).rglob("*"):
        if path.is_file() and path.name != "README.md":
            assert (tmp_path / "shop" / path.relative_to(journeys_dir() / playbook)).is_file(), path
    assert call("validate", "--project", str(tmp_path / "shop"))[:2] == (0, "")
    assert call("test", "--project", str(tmp_path / "shop"))[:2] == (0, "")


# ---- its texts


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_there_is_a_text_for_each_message_and_no_other(playbook: str) -> None:
    there = {path.name for path in (journeys_dir() / playbook / "templates").iterdir()}
    assert there == {f"{found.name}.{language}.liquid" for found in messages(playbook) for language in LANGUAGES}


@pytest.mark.parametrize(("playbook", "name", "language"), CASES)
def test_a_text_has_what_its_channels_show(playbook: str, name: str, language: str) -> None:
    front, body = template(playbook, name, language)
    channels = told(playbook, name).channels
    assert set(front) == {key for channel in channels for key in FRONT[channel]}
    assert bool(body.strip()) == bool(channels & {"email", "in_app"})


@pytest.mark.parametrize(("playbook", "name", "language"), CASES)
def test_a_text_uses_only_what_it_is_given(playbook: str, name: str, language: str) -> None:
    """Every send of the message gives every name that its text uses; nothing is given for nothing."""
    found = told(playbook, name)
    front, body = template(playbook, name, language)
    used = set(liquid.Environment().from_string("\n".join((*front.values(), body))).analyze().globals)
    assert used <= found.always
    everywhere = "".join("".join((*each.values(), text)) for each, text in (template(playbook, name, code) for code in LANGUAGES))
    assert all(re.search(rf"\b{given}\b", everywhere) for given in found.samples), "a value is given that no text uses"


def fillings(found: Message) -> Iterator[dict[str, Any]]:
    """Sample values: each text that may be empty with something in it and with nothing."""
    names = sorted(found.empty)
    for choice in product((True, False), repeat=len(names)):
        yield found.samples | {name: "" for name, full in zip(names, choice, strict=True) if not full}


@pytest.mark.parametrize(("playbook", "name", "language"), CASES)
def test_a_text_reads_well_whatever_is_missing(playbook: str, name: str, language: str) -> None:
    front, body = template(playbook, name, language)
    for values in fillings(told(playbook, name)):
        for key, text in rendered(front | {"body": body}, values).items():
            assert "{" not in text
            assert key == "body" or text, key
            assert not re.search(r"(?m) {2}|^[,，、.]| [,.!?]|[,，、][!！.。]|\(\)|（）|“”|\*\*\*\*", text), text
            assert not re.search(r"(?m)^#* *[a-z]", text) or key == "link", f"a sentence begins small: {text}"
            longest = SMS_ZH if (key, language) == ("sms_text", "zh") else LONGEST.get(key)
            assert longest is None or len(text) <= longest, text


@pytest.mark.parametrize(("playbook", "name", "language"), CASES)
def test_a_text_is_in_its_language(playbook: str, name: str, language: str) -> None:
    """By script and punctuation; what is linked is the same in both."""
    front, body = template(playbook, name, language)
    texts = [re.sub(r"\{[{%].*?[}%]\}", "", text) for text in (*(front[key] for key in front if key != "link"), body)]
    for text in filter(str.strip, texts):
        if language == "zh":
            assert re.search(r"[\u4e00-\u9fff]", text) or len(text) < 12, text
            assert not re.search(r"[\u4e00-\u9fff][,;:!?]", text), f"half-width: {text}"
            assert not re.search(r"\w\*\*[《“（]|[》”）%]\*\*\w", text), f"Markdown sees no emphasis there: {text}"
        else:
            assert not re.search(rf"[\u4e00-\u9fff{FULL_WIDTH[:5]}]", text), text
    links = [sorted(re.findall(r"https?://[^\s)]+", template(playbook, name, code)[1])) for code in LANGUAGES]
    assert links[0] == links[1]


# ---- its page


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_its_page_tells_it(playbook: str) -> None:
    page = (journeys_dir() / playbook / "README.md").read_text(encoding="utf-8")
    assert page.startswith("# ")
    assert page.split("\n\n")[1].startswith("Use it ")
    for found in messages(playbook):
        assert f"`{found.name}`" in page, found.name
    for part in ("| when | message | by | who |", "| it needs | why |", "What to change first: ", "What it measures: "):
        assert part in page, part
    assert all(len(line) <= 170 for line in page.splitlines())


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_its_page_shows_it(playbook: str) -> None:
    """A picture of each journey, told for those who cannot see it. `rtj graph --as svg -o FOLDER` draws them."""
    folder = journeys_dir() / playbook
    page = (folder / "README.md").read_text(encoding="utf-8")
    program = compile_project([], folder).program
    assert program is not None
    for journey in program.journeys:
        assert re.search(rf"!\[[^\]]{{20,}}\]\({journey.name}\.svg\)", page), journey.name
        picture = (folder / f"{journey.name}.svg").read_text(encoding="utf-8")
        for node in journey.nodes:
            assert not isinstance(node, Send) or f">{node.message}<" in picture, node.message
