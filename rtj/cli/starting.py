"""`rtj init`: a project that validates, simulates and tests green at once, made of a playbook and of what stands around it."""

from __future__ import annotations

import os
import re
import shlex
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from string import Template
from typing import NamedTuple, TypeAlias

import yaml

from rtj.base.errors import OutputError, UsageError
from rtj.base.places import journeys_dir, starter_dir
from rtj.base.plain import one_line
from rtj.cli.outcome import OK
from rtj.cli.screen import Line, Piece, Screen, line, width
from rtj.lang.discover import DSL_SUFFIX, PROJECT_FILE
from rtj.lang.load import load_project
from rtj.report.moments import counted
from rtj.schema.names import names_of
from rtj.schema.schemas import FOLDER, KINDS, as_json, file_name, kind_of, modeline, schema

__all__ = ["Asked", "Screen", "init", "list_playbooks"]

DEFAULT_PLAYBOOK = "welcome"
NAME_MAX = 60  # characters of a project's name made from a folder's
NAMED_MAX = 6  # files in the way that are named; the rest is counted
README = "README.md"
GROUPS = "groups.yaml"  # beside the playbooks: group -> names
ENVIRONMENTS = """\
environments:                            # where it runs: `rtj deploy` brings it there, `rtj run` lets it live
  dev:                                   # the store and the messages are files in .rtj, which git ignores
    sources:
      app: {file: live.jsonl}            # what is appended; others: {http: "127.0.0.1:8080"}, {kafka: …}, {redis: …}, stdin
"""
_PROJECT = re.compile(r"^project:.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line as it was typed; see `rtj.cli.arguments` for the meaning of each."""

    folder: Path = Path()
    playbook: str | None = None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Playbook:
    """A shipped journey. `summary`: what it does, in one sentence. `group`: where it stands in the list."""

    name: str
    folder: Path
    summary: str
    group: str


class NewFile(NamedTuple):
    """A file of the new project: its place in it, with `/`, and its text."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be made: a project of this name from this playbook."""

    project: str
    playbook: Playbook


Part: TypeAlias = Callable[[Plan], Iterator[NewFile]]


def init(asked: Asked, screen: Screen) -> int:
    """Write a new project and say how to go on. Nothing that exists is touched."""
    playbook = find_playbook(asked.playbook or DEFAULT_PLAYBOOK)
    plan = Plan(project_name(asked.folder, playbook.name), playbook)
    files = [file for part in PROJECT_PARTS for file in part(plan)]
    if not asked.bare:
        files = [_naming_its_schema(file) for file in files] + [file for part in HOUSE_PARTS for file in part(plan)]
    _check(asked.folder, files)
    _write(asked.folder, files)
    screen.answer(_next_steps(asked.folder, plan, files))
    return OK


def list_playbooks(screen: Screen) -> int:
    """Print the playbooks that ship with rtj, in groups."""
    found = playbooks()
    names = max(width(playbook.name) for playbook in found)
    lines: list[Line] = []
    for group, members in groupby(found, key=attrgetter("group")):
        lines += [()] if lines else []
        lines.append(line(Piece(group, "strong")))
        lines += [line(Piece(f"  {playbook.name:<{names}}", "name"), f"  {playbook.summary}") for playbook in members]
    screen.answer(lines)
    return OK


def playbooks() -> list[Playbook]:
    """Every shipped playbook, in the order of the list. Its summary is the comment that its journey begins with."""
    groups: dict[str, list[str]] = yaml.safe_load((journeys_dir() / GROUPS).read_text(encoding="utf-8"))
    found: list[Playbook] = []
    for group, names in groups.items():
        for name in names:
            folder = journeys_dir() / name
            head = (folder / f"{name}{DSL_SUFFIX}").read_text(encoding="utf-8").split("\n", 1)[0]
            found.append(Playbook(name, folder, head.lstrip("# "), group))
    return found


def find_playbook(name: str) -> Playbook:
    """The playbook of that name. Raises UsageError."""
    found = {playbook.name: playbook for playbook in playbooks()}
    if name in found:
        return found[name]
    close = get_close_matches(name.replace("-", "_"), sorted(found), n=1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(found)}"
    raise UsageError(f"{name}: no such playbook; {hint} (rtj init --list tells what each does)")


def project_name(folder: Path, otherwise: str) -> str:
    """A name made from that of the folder: its letters without accents, digits and `_`; `otherwise` where none is left."""
    bare = unicodedata.normalize("NFKD", folder.resolve().name.casefold())
    words = re.findall(r"[a-z0-9_]+", "".join(c for c in bare if not unicodedata.combining(c)))
    name = "_".join(words).strip("_")[:NAME_MAX]
    if not re.search(r"[a-z]", name):
        return otherwise
    return name if not name[0].isdigit() else f"p_{name}"


# ---- what is written; who has more to write adds a part


def _project_files(plan: Plan) -> Iterator[NewFile]:
    """The playbook's own files, those in its folders too, with the name of the project in rtj.yaml."""
    root = plan.playbook.folder
    for path in sorted(root.rglob("*")):
        place = path.relative_to(root).as_posix()
        if path.is_file() and place != README and not any(part.startswith(".") for part in path.relative_to(root).parts):
            text = path.read_text(encoding="utf-8")
            if place == PROJECT_FILE:
                text = f"{_PROJECT.sub(f'project: {plan.project}', text, count=1).rstrip()}\n\n{ENVIRONMENTS}"
            yield NewFile(place, text)


def _house_files(plan: Plan) -> Iterator[NewFile]:
    """What stands around a project: README, CI, hooks, editor."""
    about = (plan.playbook.folder / README).read_text(encoding="utf-8")
    names = {"project": plan.project, "journey": plan.playbook.name, "about": re.sub(r"^#", "##", about, flags=re.MULTILINE)}
    root = starter_dir()
    for path in sorted(root.rglob("*")):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            place = path.relative_to(root).as_posix()
            yield NewFile(place, Template(text).substitute(names).rstrip() + "\n" if place == README else text)


def _schema_files(plan: Plan) -> Iterator[NewFile]:
    """What editors read to complete and explain what is typed."""
    loaded = load_project((), plan.playbook.folder)
    names = names_of(loaded.project, loaded.journeys)
    for kind in KINDS:
        yield NewFile(f"{FOLDER}/{file_name(kind)}", as_json(schema(kind, names)))


def _naming_its_schema(file: NewFile) -> NewFile:
    """The file with a first line by which editors find its schema."""
    kind = kind_of(file.place)
    return file if kind is None else NewFile(file.place, f"{modeline(kind, file.place)}\n{file.text}")


PROJECT_PARTS: tuple[Part, ...] = (_project_files,)
HOUSE_PARTS: tuple[Part, ...] = (_house_files, _schema_files)


def _check(folder: Path, files: list[NewFile]) -> None:
    """Refuse to touch what is there. Raises UsageError."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: not a folder")
    there = [file.place for file in files if os.path.lexists(folder / file.place)]
    if there:
        more = f" and {len(there) - NAMED_MAX:,} more" if len(there) > NAMED_MAX else ""
        verb = "exists" if len(there) == 1 else "exist"
        hint = "" if PROJECT_FILE in there else "; --bare writes the project alone, another folder is `rtj init DIR`"
        raise UsageError(f"{', '.join(there[:NAMED_MAX])}{more} {verb} in {folder} already; nothing was written{hint}")
    for file in files:
        for above in (folder / file.place).parents:
            if above != folder and folder in above.parents and os.path.lexists(above) and not above.is_dir():
                raise UsageError(f"{above}: not a folder, but {file.place} belongs into it; nothing was written")


def _write(folder: Path, files: list[NewFile]) -> None:
    """Write all files or none. Raises OutputError."""
    written: list[Path] = []
    try:
        for file in files:
            path = folder / file.place
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as out:
                written.append(path)
                out.write(file.text)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        name = error.filename or folder
        raise OutputError(f"{name}: {(error.strerror or str(error)).lower()}; nothing was written") from error


def _next_steps(folder: Path, plan: Plan, files: list[NewFile]) -> list[Line]:
    """What was made, and the next commands."""
    here = folder.resolve() == Path.cwd()
    where = "this folder" if here else one_line(os.fspath(folder))
    head = f"{where}: project {plan.project}, {counted(len(files), 'file')}, from the playbook {plan.playbook.name}"
    commands = [
        ("rtj validate", "is anything wrong or doubtful?"),
        ("rtj test", "does the journey keep its promises?"),
        ("rtj simulate --events events.jsonl", "who would have got what, and when?"),
        ("rtj deploy --yes", "it may live: `rtj run` reads what you append to live.jsonl"),
    ]
    cells = max(len(command) for command, _ in commands)
    lines = [line(Piece(head, "strong")), line(Piece(one_line(plan.playbook.summary), "dim")), ()]
    if not here:
        lines.append(line(f"  cd {shlex.quote(os.fspath(folder))}"))
    lines += [line(f"  {command:<{cells}}", Piece(f"  # {why}", "dim")) for command, why in commands]
    return lines
