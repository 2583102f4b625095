"""Findings in awkward places, and readers that take the places out of every format again."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import NamedTuple

from rtj.base.diagnostic import Diagnostic, Edit, Fix, Label
from rtj.base.finding import Finding
from rtj.base.span import Source, Span
from rtj.report.findings import Examined

BLOCK = Source(
    "journeys/cart.journey.yaml",
    "journey: cart\ndo:\n  - id: nudge\n    wait_for:\n"
    "      - when: >-\n          event.amount > 10\n          and profile.contry == 'NO'\n",
)
WIDE = Source(
    "journeys/お客様.journey.yaml", 'journey: 夏\ndo:\n  - {send: "お客様 👨‍👩‍👧 🎉 {{ nmae }}", by: "e\u0301mail 顧客"}\n'
)
TABS = Source("journeys/tabs, 100%.journey.yaml", "do:\n  - send: a\t\t# x\n  - wait:\t\t'1 fortnight'\n")
CRLF = Source("journeys/crlf.journey.yaml", "journey: a\r\n\r\nenter: {on: 注文}\r\ndo:\r\n  - {exit: nowere}\r\n")
OTHER = Source("rtj.yaml", "project: shop\nprofile:\n  country: {type: string?}\n  顧客: {type: string}\n")
GREEN = "journeys/green.journey.yaml"

EXAMINED = Examined(
    files=(OTHER.path, BLOCK.path, GREEN, WIDE.path, TABS.path, CRLF.path),
    pages={"E314": "# E314 unknown-attribute\n\nAn attribute is read that the project\ndoes not declare.\n\n## Why\n\nNobody.\n"},
    folder="/shop/crm",
    root="/shop",
)


def at(source: Source, culprit: str, nth: int = 1) -> Span:
    start = -1
    for _ in range(nth):
        start = source.text.index(culprit, start + 1)
    return Span(source, start, start + len(culprit))


def swap(span: Span, text: str, *, safe: bool) -> Fix:
    return Fix(f"write `{text}`", (Edit(span.start, span.end, text),), safe)


def findings() -> list[Finding]:
    contry, nmae, client = at(BLOCK, "contry"), at(WIDE, "nmae"), at(WIDE, "顧客")
    label = Label(at(OTHER, "country"), "similar attribute declared here")
    spelling = swap(contry, "country", safe=False)
    lines = at(BLOCK, "event.amount > 10\n          and profile")
    quoted = at(TABS, "'1 fortnight'")
    two = Fix("spell both", (Edit(client.start, client.start, "x"), Edit(nmae.start, nmae.end, "name")))
    diagnostics = [
        Diagnostic("E314", "unknown attribute of profile `contry`", contry, "did you mean `country`?", (label,), fix=spelling),
        Diagnostic("E103", "two lines, a text where a mapping belongs: 100% `a|b` <b>", lines),
        Diagnostic("E310", "unknown name `nmae`", nmae, severity="warning"),
        Diagnostic("E327", "unknown channel `é\u0301mail 顧客`", client, "write it `sms`", severity="info", fix=two),
        Diagnostic("E105", "no length `1 fortnight`", quoted, "write `14d`", fix=swap(quoted, "14d", safe=True)),
        Diagnostic("W206", "nobody comes here", at(TABS, "do:"), severity="warning"),
        Diagnostic("E317", "unknown event `注文`", at(CRLF, "注文")),
        Diagnostic("no-emoji", "a rule of the project", at(CRLF, "nowere"), severity="warning"),
        Diagnostic("E103", "a line with its end", at(CRLF, "  - {exit: nowere}\r\n")),
        Diagnostic("E348", "the attribute `顧客`", at(OTHER, "顧客")),
        Diagnostic("E102", "`identity` is missing", Span(OTHER, 0, 0)),
    ]  # fmt: skip
    places = {"E314": ("cart", "/do/0/wait_for/0/when"), "E327": ("夏", "/do/0/by"), "E348": ("", "/profile/顧客")}
    return [Finding(d, *places.get(d.code, ("", "")), f"{number:032x}") for number, d in enumerate(diagnostics)]


class Spot(NamedTuple):
    path: str
    line: int
    column: int
    code: str


def spot(finding: Finding) -> Spot:
    """Where a finding is, counted anew by hand."""
    span = finding.diagnostic.span
    above = re.split(r"\r\n|\n|\r", span.source.text[: span.start])
    return Spot(span.source.path, len(above), len(above[-1]) + 1, finding.diagnostic.code)


def text_of(path: str) -> str:
    return next(s.text for s in (BLOCK, WIDE, TABS, CRLF, OTHER) if s.path == path)


_PLACE = r"(?P<path>[^\n]+?):(?P<line>\d+):(?P<column>\d+)"
_CODE = r"(?:\w+\[)?(?P<code>[\w-]+)\]?"


def _spots(pattern: str, text: str) -> list[Spot]:
    return [Spot(m["path"], int(m["line"]), int(m["column"]), m["code"]) for m in re.finditer(pattern, text, re.MULTILINE)]


def _from_full(text: str) -> list[Spot]:
    return _spots(rf"^\w+\[(?P<code>[\w-]+)\][^\n]*\n *--> {_PLACE}$", text)


def _from_concise(text: str) -> list[Spot]:
    return _spots(rf"^{_PLACE}: {_CODE} ", text)


def _from_record(one: dict[str, object]) -> Spot:
    start = one["start"]
    assert isinstance(start, dict)
    before = text_of(str(one["file"]))[: start["offset"]]
    assert start["line"] == len(re.split(r"\r\n|\n|\r", before))
    return Spot(str(one["file"]), start["line"], start["column"], str(one["code"]))


def _from_sarif(text: str) -> list[Spot]:
    from urllib.parse import unquote

    found = []
    for result in json.loads(text)["runs"][0]["results"]:
        place = result["locations"][0]["physicalLocation"]
        path = unquote(place["artifactLocation"]["uri"])
        found.append(Spot(_inside(path), place["region"]["startLine"], place["region"]["startColumn"], result["ruleId"]))
    return found


def _inside(path: str) -> str:
    assert path.startswith("crm/")
    return path.removeprefix("crm/")


def unescaped(text: str) -> str:
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Workflow commands as the runner reads them."""
    found = []
    for row in text.splitlines():
        head, message = row.removeprefix("::").split("::", 1)
        name, written = head.split(" ", 1)
        pairs = (pair.split("=", 1) for pair in written.split(","))
        found.append((name, {key: unescaped(value) for key, value in pairs}, unescaped(message)))
    return found


def _from_github(text: str) -> list[Spot]:
    found = []
    for _, properties, message in commands(text):
        told = _from_concise(message)[0]
        assert int(properties["line"]) == told.line
        assert _inside(properties["file"]) == told.path
        if "col" in properties:
            assert int(properties["col"]) == told.column
            assert int(properties["endColumn"]) >= int(properties["col"])
        assert ("col" in properties) == (properties["line"] == properties["endLine"])  # GitHub refuses anything else
        found.append(told)
    return found


def _from_gitlab(text: str) -> list[Spot]:
    found = []
    for issue in json.loads(text):
        begin = issue["location"]["positions"]["begin"]
        assert begin["line"] == issue["location"]["lines"]["begin"]
        found.append(Spot(_inside(issue["location"]["path"]), begin["line"], begin["column"], issue["description"].split(":")[0]))
    return found


def _from_junit(text: str) -> list[Spot]:
    return [
        each
        for case in ET.fromstring(text).iter("testcase")
        for inside in case
        for each in _from_concise(inside.text or "")
        if each.path == case.get("name")
    ]


def _from_checkstyle(text: str) -> list[Spot]:
    return [
        Spot(str(file.get("name")), int(error.attrib["line"]), int(error.attrib["column"]), error.attrib["source"][4:])
        for file in ET.fromstring(text).iter("file")
        for error in file
    ]


def _from_rdjson(text: str) -> list[Spot]:
    """Columns are bytes there, and are turned back by the text."""
    found = []
    for one in json.loads(text)["diagnostics"]:
        path, start = one["location"]["path"], one["location"]["range"]["start"]
        row = re.split(r"\r\n|\n|\r", text_of(path))[start["line"] - 1]
        column = len(row.encode()[: start["column"] - 1].decode()) + 1
        found.append(Spot(path, start["line"], column, one["code"]["value"]))
    return found


def _from_markdown(text: str) -> list[Spot]:
    return _spots(rf"^\| \w+ \| `{_PLACE}` \| `(?P<code>[\w-]+)`", text)


READERS: dict[str, Callable[[str], list[Spot]]] = {
    "full": _from_full,
    "concise": _from_concise,
    "json": lambda text: [_from_record(one) for one in json.loads(text)],
    "json-lines": lambda text: [_from_record(json.loads(row)) for row in text.splitlines()],
    "sarif": _from_sarif,
    "github": _from_github,
    "gitlab": _from_gitlab,
    "junit": _from_junit,
    "checkstyle": _from_checkstyle,
    "rdjson": _from_rdjson,
    "markdown": _from_markdown,
}
