"""Good projects, the places in them where a hand can slip, and slips: for tests that break a project in a known place."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from rtj.base.diagnostic import Diagnostic
from rtj.base.places import grammar_file, journeys_dir
from rtj.base.span import Source, Span
from rtj.ir import expr as ir
from rtj.ir.functions import FUNCTIONS
from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.lang.checked import Checked
from rtj.lang.discover import TEST_SUFFIXES
from rtj.lang.load import Loaded, load_project
from rtj.lang.read_journey import HEADERS
from rtj.lang.read_nodes import CLAUSES
from rtj.lang.types import some
from rtj.lint.lint import Linted, lint
from tests.conftest import GOLDEN, ROOT

OK = GOLDEN / "ok"
KEYS = frozenset(HEADERS) | frozenset(CLAUSES) | frozenset(word for words in CLAUSES.values() for word in words)
DECLARING = frozenset(
    re.findall(
        r"\w+",
        "identity events business_events profile audiences channels webhooks caps foreign_names sources holdout quiet_hours"
        " priority unique normalize from one_of default codes type labels list schema address purpose consent timeout"
        " retries returns at_most per share salt then include",
    )
)
KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a good project: where it stands, what it is, and the codes that a slip in it may have."""

    kind: str
    source: Source
    start: int
    end: int
    codes: tuple[str, ...]

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def within(self, span: Span) -> bool:
        return span.source is self.source and span.start <= self.start and self.end <= span.end


@dataclass(frozen=True)
class Good:
    """A project without an error. `files`: the text of each, by its path; `named`: a single journey of it is checked."""

    folder: Path
    named: tuple[Path, ...]
    linted: Linted

    @property
    def loaded(self) -> Loaded:
        return self.linted.analysis.loaded

    @property
    def checked(self) -> Checked:
        return self.linted.analysis.checked

    def with_texts(self, texts: Mapping[Path, str]) -> list[Diagnostic]:
        """The errors of the project with other texts in the place of some files."""
        content = {path: text.encode("utf-8", "surrogatepass") for path, text in texts.items()}
        loaded = load_project(self.named, self.folder / "rtj.yaml", None, content)
        return [f.diagnostic for f in lint(loaded).findings if f.diagnostic.severity == "error"]

    def path_of(self, source: Source) -> Path:
        return self.loaded.files[source.path].resolve()


@cache
def good_projects() -> dict[str, Good]:
    """Whole projects and single journeys of the corpus, playbooks, examples."""
    folders = [*OK.iterdir(), *journeys_dir().iterdir(), *(ROOT / "examples").iterdir()]
    whole = [(folder, ()) for folder in folders if (folder / "rtj.yaml").is_file()]
    single = [(OK, (path,)) for path in OK.glob("*.journey.yaml")]
    found: dict[str, Good] = {}
    for folder, named in sorted([*whole, *single]):
        linted = lint(load_project(named, folder / "rtj.yaml"))
        if all(finding.diagnostic.severity != "error" for finding in linted.findings):
            found[f"{folder.parent.name}/{folder.name}" + "".join(f"/{path.name}" for path in named)] = Good(
                folder, named, linted
            )
    return found


# ---- where a hand can slip


@cache
def tokens(name: str) -> tuple[Token, ...]:
    """All words of a project at which a slip has one meaning, in the order of the text; each once."""
    good = good_projects()[name]
    project = good.loaded.project
    assert project is not None
    found = [token for tree in (project, *good.loaded.journeys) for token in _Finder(good.checked).of(tree)]
    journeys = {journey.span.source.path: journey.span.source for journey in good.loaded.journeys}
    found += [token for source in journeys.values() for token in _keys(source, KEYS)]
    found += [token for source in good.loaded.sources if source.path not in journeys for token in _keys(source, DECLARING)]
    places = {(t.source.path, t.start): t for t in found if re.fullmatch(r"[A-Za-z]\w{2,}", t.text)}
    return tuple(sorted(places.values(), key=lambda t: (t.source.path, t.start)))


def _keys(source: Source, words: frozenset[str]) -> Iterator[Token]:
    todo: list[y.YamlNode] = list(y.read_documents(source, []))
    while todo:
        node = todo.pop()
        if isinstance(node, y.Sequence):
            todo += node.items
        elif isinstance(node, y.Mapping):
            for pair in node.pairs:
                todo.append(pair.value)
                if pair.key.value in words and pair.key.style == "" and len(pair.key.value) > 3:
                    yield Token("key", source, pair.key.span.start, pair.key.span.end, ("E101",))


class _Finder:
    def __init__(self, checked: Checked) -> None:
        self.checked = checked

    def of(self, tree: Any) -> Iterator[Token]:
        yield from self._own(tree)
        for field in dataclasses.fields(tree):
            value = getattr(tree, field.name)
            for part in value if isinstance(value, tuple) else (value,):
                if dataclasses.is_dataclass(part) and not isinstance(part, Span):
                    yield from self.of(part)

    def _own(self, tree: Any) -> Iterator[Token]:
        match tree:
            case s.EventRef(name=name, of=None, kind="event"):
                yield _token("event", name, "E317")
            case s.EventRef(name=name, of=None):
                yield _token("audience", name, "E315")
            case s.EventRef(of=s.Name() as of):
                yield _token("send", of, "E319")
            case s.Step(audience=s.Name() as name) | s.OnSchedule(audience=name):
                yield _token("audience", name, "E315")
            case s.Window(since=s.Name() as name):
                yield _token("event", name, "E317")
            case s.Send(channels=channels):
                yield from (_token("channel", channel, "E327") for channel in channels)
            case s.CallWebhook(webhook=name):
                yield _token("webhook", name, "E328")
            case s.StartJourney(journey=name):
                yield _token("journey", name, "E345")
            case s.Emit(event=name, pairs=pairs):
                yield _token("event", name, "E317")
                yield from (_token("field", pair.name, "E311") for pair in pairs)
            case _:
                yield from self._value(tree)

    def _value(self, tree: Any) -> Iterator[Token]:
        match tree:
            case s.Assign(path=(_, s.Name() as name)):
                yield _token("attribute", name, "E314")
            case s.Field():
                yield from self._field(tree)
            case s.Name():
                typed = self.checked.of(tree)
                if typed is not None and isinstance(typed.expr, ir.Name):
                    yield _token("name", tree, "E310")
            case s.EventField(event=event, path=path):
                yield _token("event", event, "E317")
                yield _token("field", path[0], "E311")
            case s.TypeName() if not tree.optional:
                yield Token("type", tree.span.source, tree.span.start, tree.span.end, ("E105",))
            case s.CapDecl(channels=channels):
                yield from (_token("channel", channel, "E327") for channel in channels)
            case s.Call(function=name) if name.text in FUNCTIONS:
                yield _token("function", name, "E316")
            case s.Binary(op="==" | "!=", left=left, right=s.Text() as text):
                typed = self.checked.of(left)
                if typed is not None and isinstance(some(typed.type), ir.OneOf):
                    yield Token("choice", text.span.source, text.span.start + 1, text.span.end - 1, ("E323",))

    def _field(self, tree: s.Field) -> Iterator[Token]:
        base, typed = tree.base, self.checked.of(tree.base)
        if isinstance(base, s.Name) and base.text in ("profile", "audience", "journey"):
            yield _token("root", base, "E310")
            codes = {"profile": "E314", "audience": "E315", "journey": "E311"}
            yield _token("attribute", tree.name, codes[base.text])
        elif typed is not None and isinstance(some(typed.type), ir.EventOf | ir.Record):
            yield _token("field", tree.name, "E311")


def _token(kind: str, name: s.Name, *codes: str) -> Token:
    return Token(kind, name.span.source, name.span.start, name.span.end, codes)


# ---- slips


@cache
def _words(folder: Path) -> frozenset[str]:
    """All words of a project and of the language: a slip that gives one of them may mean something."""
    texts = [
        path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.suffix in (".yaml", ".json", ".csv", ".bytes")
    ]
    texts.append(grammar_file("expr.lark").read_text(encoding="utf-8"))
    return frozenset(word for text in texts for word in re.findall(r"\w+", text)) | frozenset(FUNCTIONS)


def slip(good: Good, word: str, dice: Random) -> str | None:
    """The word with one slip of the hand; None if each of those that were tried is a word."""
    for _ in range(20):
        at = dice.randrange(1, len(word))
        row = next((keys for keys in KEYBOARD if word[at].lower() in keys), "")
        beside = row[(row.index(word[at].lower()) + 1) % len(row)] if row else "x"
        slipped = dice.choice(
            (
                word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
                word[:at] + beside + word[at + 1 :],
            )
        )
        if (
            slipped != word
            and len(slipped) > 1
            and slipped not in _words(good.folder)
            and not TEST_SUFFIXES[0].startswith(slipped)
        ):
            return slipped
    return None
