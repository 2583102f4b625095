"""What is known beside the program of a version: its texts of messages, the author's words, where everything stands; and programs
that were compiled before."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from rtj.base.diagnostic import Diagnostic
from rtj.base.errors import InputError
from rtj.base.reading import read_regular
from rtj.base.span import Source, Span
from rtj.compile.pipeline import Analysis
from rtj.compile.spots import spots
from rtj.compile.texts import wordings
from rtj.ir.expr import Expr
from rtj.ir.program import FORMAT, Program, read_program
from rtj.lang.load import shown
from rtj.lang.tree_cache import TreeCache
from rtj.plan.changes import Spot
from rtj.plan.project_texts import names_needed
from rtj.report.diff_places import Where

PROGRAM_MAX = 256 * 1024 * 1024  # bytes of a compiled program
TEMPLATES_MAX = 20_000  # files of texts
TEMPLATE_MAX = 16 * 1024 * 1024  # bytes of one
TEMPLATES = "templates"
GZIP = b"\x1f\x8b"
MAKES = "`rtj compile --all` makes one"

NO_PROGRAM = Program("", "UTC", (), (), (), (), (), (), ())
"""What there was before the first version."""


def program_in(path: Path) -> Program:
    """The compiled program in a file, packed by gzip or not. Raises InputError when it is none."""
    try:
        content = read_regular(path, PROGRAM_MAX)
        if content.startswith(GZIP):
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
                content = packed.read(PROGRAM_MAX + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > PROGRAM_MAX:
        raise InputError(f"{path}: larger than {PROGRAM_MAX // 2**20} MiB")
    if not content.lstrip().startswith(b"{"):
        raise InputError(f"{path}: neither a folder with rtj.yaml nor a compiled program; {MAKES}")
    try:
        program = read_program(content)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        if b'"journeys"' not in content and b'"is":"journey"' in content:
            raise InputError(f"{path}: one journey is no version of a project: `rtj compile --all` prints all of it") from error
        raise InputError(f"{path}: no compiled program of this version of rtj: {error}; {MAKES}") from error
    if program.format != FORMAT:
        raise InputError(f"{path}: compiled by another version of rtj (form {program.format}, expected {FORMAT}); {MAKES}")
    _sound(path, program)
    return program


def _sound(path: Path, program: Program) -> None:
    """Raises InputError where a program says what no compiler says."""
    for journey in program.journeys:
        ids = [node.id for node in journey.nodes]
        targets = {part for node in journey.nodes for part in _targets(node)} | {journey.first}
        if len(set(ids)) != len(ids) or not targets - {None} <= set(ids):
            raise InputError(
                f"{path}: the journey `{journey.name}` is damaged: its nodes lead nowhere, or are there twice; {MAKES}"
            )
    names = [journey.name for journey in program.journeys]
    if len(set(names)) != len(names):
        raise InputError(f"{path}: a journey is there twice; {MAKES}")


def _targets(node: msgspec.Struct) -> Iterator[str | None]:
    plain = msgspec.structs.asdict(node)
    yield from (plain.get(key) for key in ("next", "body", "otherwise"))
    for inner in (*plain.get("cases", ()), *plain.get("arms", ())):
        yield inner.body


class Texts(NamedTuple):
    """What is known of the files of text of messages, by message and then by the rest of the file's name: the hash of each, and
    the values that it names. `folder`: how their folder is shown."""

    hashes: dict[str, dict[str, str]]
    needs: dict[str, dict[str, frozenset[str]]]
    folder: str


def texts_in(root: Path, called: str = "") -> Texts:
    """The texts of the project in a folder, which is shown as `called`. Ends of lines do not count, for git may write them in its
    own way. Raises InputError when a file cannot be read."""
    folder = root / TEMPLATES
    found = Texts({}, {}, f"{called}{TEMPLATES}" if called else shown(folder))
    if not folder.is_dir():
        return found
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if len(files) > TEMPLATES_MAX:
        raise InputError(f"{shown(folder)}: more than {TEMPLATES_MAX:,} files of texts")
    for path in files:
        try:
            content = read_regular(path, TEMPLATE_MAX)
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}") from error
        if len(content) > TEMPLATE_MAX:
            raise InputError(f"{path}: larger than {TEMPLATE_MAX // 2**20} MiB")
        message, _, rest = path.name.partition(".")
        plain = content.replace(b"\r\n", b"\n")
        found.hashes.setdefault(message, {})[rest] = hashlib.blake2b(plain, digest_size=8).hexdigest()
        found.needs.setdefault(message, {})[rest] = names_needed(plain.decode("utf-8", "replace"))
    return found


class Wordings(Mapping[Expr, str]):
    """How an author wrote expressions, found out when somebody asks."""

    def __init__(self, analysis: Analysis) -> None:
        self._make: Callable[[], Mapping[Expr, str]] = lambda: wordings(analysis.checked)

    @cached_property
    def _known(self) -> Mapping[Expr, str]:
        return self._make()

    def __getitem__(self, expr: Expr) -> str:
        return self._known[expr]

    def __iter__(self) -> Iterator[Expr]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def __bool__(self) -> bool:
        return True  # who asks whether there are any does not need them yet


class SharedTrees:
    """Trees of texts that stand in both versions under one name are read once, and are the same objects, so that what they mean
    is found out once. `kept`: what this account has kept of former times."""

    def __init__(self, kept: TreeCache | None) -> None:
        self.kept = kept
        self._known: dict[tuple[str, Source], tuple[Any, tuple[Diagnostic, ...]]] = {}

    def get(self, kind: str, source: Source) -> tuple[Any, tuple[Diagnostic, ...]] | None:
        """The tree of a text, and what is wrong in it; None when nobody has read it."""
        found = self._known.get((kind, source))
        if found is None and self.kept is not None and (found := self.kept.get(kind, source)) is not None:
            self._known[kind, source] = found
        return found

    def put(self, kind: str, source: Source, tree: Any, found: tuple[Diagnostic, ...]) -> None:
        """Remember the tree of a text."""
        self._known[kind, source] = tree, found
        if self.kept is not None:
            self.kept.put(kind, source, tree, found)

    def save(self) -> None:
        """Keep what is new for times to come."""
        if self.kept is not None:
            self.kept.save()


class _Places(Mapping[Spot, Where]):
    """Where parts stand, as reports tell it; of a text of a message, that is its file."""

    def __init__(self, known: Mapping[Spot, Span], texts: Texts) -> None:
        self._known = known
        self._texts = {
            ("template", message, rest): Where(f"{texts.folder}/{message}{f'.{rest}' if rest else ''}", 1, 1, 1, 1)
            for message, files in texts.hashes.items()
            for rest in files
        }

    def __getitem__(self, spot: Spot) -> Where:
        if spot in self._texts:
            return self._texts[spot]
        span = self._known[spot]
        return Where(span.source.path, span.line, span.column, *span.end_line_col)

    def __contains__(self, spot: object) -> bool:
        return spot in self._texts or spot in self._known

    def __iter__(self) -> Iterator[Spot]:
        yield from self._texts
        yield from self._known

    def __len__(self) -> int:
        return len(self._texts) + len(self._known)

    def __bool__(self) -> bool:
        return True


def lazy_places(analysis: Analysis, texts: Texts) -> Mapping[Spot, Where]:
    """Where the parts of a version stand; what nobody asks for is not looked up."""
    return _Places(spots(analysis), texts)
