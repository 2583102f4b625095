"""What can stand in the place of a file, and files with content that is none. Name -> (how to put it there, what is told)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tests.lint.hostile_texts import PROJECT, times

Write = Callable[[Path], None]
JOURNEY, TEST, LIST, SCHEMA, BASELINE = "x.journey.yaml", "x.test.yaml", "x.csv", "x.json", "rtj.baseline.json"
SUITE = "journey: good\ntests:\n"


def write_project(folder: Path, project: str, *journeys: str) -> None:
    (folder / "rtj.yaml").write_text(project, encoding="utf-8")
    for number, text in enumerate(journeys, 1):
        (folder / f"{number}.journey.yaml").write_text(text, encoding="utf-8")


def holds(name: str, content: bytes | str) -> Write:
    """A file with this content; a list or schema is named by the project."""

    def write(folder: Path) -> None:
        _name(folder, name)
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

    return write


def is_pipe(name: str) -> Write:
    def write(folder: Path) -> None:
        _name(folder, name)
        os.mkfifo(folder / name)

    return write


def is_folder(name: str) -> Write:
    def write(folder: Path) -> None:
        _name(folder, name)
        (folder / name).mkdir()

    return write


def links(name: str, to: str) -> Write:
    def write(folder: Path) -> None:
        _name(folder, name)
        os.symlink(to, folder / name)

    return write


def includes(*names: str, **files: str) -> Write:
    """The project includes these; `files`: by name without its ending, what they hold."""

    def write(folder: Path) -> None:
        quoted = ", ".join(f'"{name}"' for name in names)
        (folder / "rtj.yaml").write_text(f"{PROJECT}include: [{quoted}]\n", encoding="utf-8")
        for name, text in files.items():
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")

    return write


def called(name: str) -> Write:
    """A broken journey of this name."""

    def write(folder: Path) -> None:
        (folder / name).write_text("journey: [\n", encoding="utf-8")

    return write


def _name(folder: Path, name: str) -> None:
    more = {LIST: "audiences:\n  people: {list: x.csv}\n", SCHEMA: ""}.get(name, "")
    project = PROJECT.replace("events:\n", "events:\n  other: {schema: x.json}\n") if name == SCHEMA else PROJECT
    (folder / "rtj.yaml").write_text(project + more, encoding="utf-8")


CHAIN = {f"a{number}": f"include: [a{number + 1}.yaml]\n" for number in range(300)}
LAYERS = {f"a{n}": f"include: [a{n + 1}.yaml, ./a{n + 1}.yaml, ././a{n + 1}.yaml]\n" for n in range(30)} | {
    "a30": "events: {x: {}}\n"
}
FILES: dict[str, tuple[Write, str]] = {
    # bytes
    "latin 1": (holds(JOURNEY, "journey: café\n".encode("latin-1")), "E007"),
    "utf-16": (holds(JOURNEY, "journey: x\n".encode("utf-16")), "E007"),
    "utf-16 without its mark": (holds(JOURNEY, "journey: x\n".encode("utf-16-be")), "E007"),
    "utf-32": (holds(JOURNEY, "journey: x\n".encode("utf-32")), "E007"),
    "nul": (holds(JOURNEY, b"journey: a\0b\n"), "E007"),
    "nothing but nul": (holds(JOURNEY, b"\0" * 2_000_000), "E007"),
    "half a pair": (holds(JOURNEY, b"journey: \xed\xa0\x80\n"), "E007"),
    "half a pair, escaped": (holds(JOURNEY, 'journey: "\\ud800"\n'), "E001"),
    "beyond Unicode": (holds(JOURNEY, 'journey: "\\U00110000"\n'), "E001"),
    "overlong": (holds(JOURNEY, b"journey: \xc0\xaf\n"), "E007"),
    "an escape code": (holds(JOURNEY, b"journey: \x1b[31m\n"), "E007"),
    "compressed": (holds(JOURNEY, b"\x1f\x8b\x08\x00" + bytes(range(256))), "E007"),
    "a mark alone": (holds(JOURNEY, b"\xef\xbb\xbf"), "E008"),
    "two marks": (holds(JOURNEY, b"\xef\xbb\xbf\xef\xbb\xbfjourney: x\n"), "E102"),
    "nothing": (holds(JOURNEY, b""), "E008"),
    "more than 2 MiB": (holds(JOURNEY, b"#" * (2 * 2**20 + 1)), "E005"),
    "50 MB": (holds(JOURNEY, b"#" * 50_000_000), "E005"),
    "a project of nul": (holds("rtj.yaml", b"\0"), "E007"),
    "a project of nothing": (holds("rtj.yaml", b""), "E008"),
    "a project that is a list": (holds("rtj.yaml", b"- a\n"), "E103"),
    "a deep project": (holds("rtj.yaml", b"project: " + b"[" * 100_000), "E005"),
    "a zone that is a path": (holds("rtj.yaml", PROJECT + "timezone: ../../../etc/passwd\n"), "E350"),
    "a zone with nul": (holds("rtj.yaml", PROJECT + 'timezone: "a\\0b"\n'), "E350"),
    # what is no file
    "a pipe": (is_pipe(JOURNEY), "exit 4"),
    "a pipe of tests": (is_pipe(TEST), "exit 4"),
    "a pipe of people": (is_pipe(LIST), "E352"),
    "a pipe of a schema": (is_pipe(SCHEMA), "E353"),
    "a pipe of a baseline": (is_pipe(BASELINE), "exit 0"),
    "a folder": (is_folder(JOURNEY), "exit 0"),
    "a folder of tests": (is_folder(TEST), "exit 0"),
    "a folder of people": (is_folder(LIST), "E352"),
    "a folder of a baseline": (is_folder(BASELINE), "exit 0"),
    "a link to itself": (links(JOURNEY, JOURNEY), "exit 4"),
    "a link to nowhere": (links(JOURNEY, "nowhere"), "exit 4"),
    "a link to the folder around": (links("loop", "."), "exit 0"),
    "a link to all zeros": (links(JOURNEY, "/dev/zero"), "exit 4"),
    "a link to no journey": (links(JOURNEY, "/etc/passwd"), "E103"),
    "people out of a device": (links(LIST, "/dev/zero"), "E352"),
    # included files
    "included by itself": (includes("rtj.yaml"), "E107"),
    "included in a circle": (includes("a.yaml", a="include: [b.yaml]\n", b="include: [a.yaml]\n"), "E107"),
    "included 300 deep": (includes("a0.yaml", **CHAIN), "E107"),
    "included in layers": (includes("a0.yaml", **LAYERS), "exit 0"),
    "included 20,000 times": (includes(*["a.yaml"] * 20_000, a="events: {x: {}}\n"), "exit 0"),
    "20,000 that are not there": (includes(*[f"a{n}.yaml" for n in range(20_000)]), "E107"),
    "included with nul": (includes("a\\0b"), "E107"),
    "included with a long name": (includes("a" * 5_000), "E107"),
    "included from Windows": (includes("C:\\\\a\\\\b.yaml", "\\\\\\\\host\\\\share"), "E107"),
    "a device included": (includes("/dev/zero"), "E107"),
    # files of other kinds
    "people of bytes": (holds(LIST, bytes(range(256)) * 100), "E352"),
    "a quote that is never closed": (holds(LIST, b'user_id\n"' + b"x" * 3_000_000), "E352"),
    "three million columns": (holds(LIST, b"user_id\n" + b"," * 3_000_000), "exit 0"),
    "half a million people": (holds(LIST, "user_id\n" + times(500_000, "u{0}\n")), "exit 0"),
    "more people than may be": (holds(LIST, b"user_id\n" + b"u\n" * 4_000_000), "E352"),
    "a deep schema": (holds(SCHEMA, "[" * 1_000_000), "E353"),
    "a schema of itself": (holds(SCHEMA, '{"$ref": "#"}'), "E353"),
    "a schema with a long number": (holds(SCHEMA, '{"type": ' + "9" * 100_000 + "}"), "E353"),
    "a schema of other types": (holds(SCHEMA, '{"type":["object","null"],"properties":[],"required":3}'), "E353"),
    "a baseline of nothing": (holds(BASELINE, b""), "exit 4"),
    "a deep baseline": (holds(BASELINE, b"[" * 1_000_000), "exit 4"),
    "a baseline of bytes": (holds(BASELINE, bytes(range(256))), "exit 4"),
    "a baseline with a long number": (holds(BASELINE, b"9" * 100_000), "exit 4"),
    "a baseline of 60 MB": (holds(BASELINE, b" " * 60_000_000), "exit 4"),
    "deep tests": (holds(TEST, "journey: " + "[" * 100_000), "E005"),
    "tests of bytes": (holds(TEST, bytes(range(128, 256))), "E007"),
    "5,000 tests": (holds(TEST, SUITE + times(5_000, "- {{name: t{0}, events: [], expect: {{messages: [a]}}}}\n")), "E005"),
    "times beyond all": (
        holds(
            TEST, SUITE + "- {name: t, events: ['+99999999999999999999d login', 9999-99-99 login: {}], expect: {messages: []}}\n"
        ),
        "E105",
    ),
    # names
    "a name of two lines": (called("a\nb\r.journey.yaml"), "E001"),
    "a name that colours": (called("a\x1b[31mred\x1b]0;title\x07.journey.yaml"), "E001"),
    "a name from right to left": (called("a\u202egnp.journey.yaml"), "E001"),
    "a long name": (called("x" * 240 + ".journey.yaml"), "E001"),
    "a name of Windows": (called("C:\\x\\y.journey.yaml"), "E001"),
}
