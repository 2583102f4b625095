"""The baseline: findings that a project has accepted for now, in a file beside rtj.yaml, so that only new ones are reported.

Findings are told apart by their fingerprints, which know no lines. The file has one finding on a line, sorted, so that its diff
can be reviewed and merged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rtj.base.diagnostic import Diagnostic
from rtj.base.errors import InputError
from rtj.base.finding import Finding
from rtj.base.reading import read_regular
from rtj.base.span import Source, Span
from rtj.lang.load import Loaded, shown
from rtj.lint.rulebook import keeps_from_compiling

FILE = "rtj.baseline.json"
FORMAT = 1
BYTES_MAX = 16 * 1024 * 1024
AGAIN = "`rtj validate --write-baseline` writes it anew"


@dataclass(frozen=True, slots=True)
class Baseline:
    """`known`: what is told of a finding, by its fingerprint."""

    source: Source
    known: Mapping[str, Mapping[str, str]]


def baseline_file(loaded: Loaded) -> Path:
    """Where the baseline of a project stands, whether it is there or not."""
    project = loaded.project
    if project is not None and project.lint is not None and project.lint.baseline is not None:
        return loaded.file_of(project.lint.baseline)
    return loaded.root / FILE


def read_baseline(path: Path) -> Baseline | None:
    """The baseline in a file; None when there is no such file. Raises InputError when it cannot be read or is none."""
    if not path.is_file():
        return None
    try:
        content = read_regular(path, BYTES_MAX)
        if len(content) > BYTES_MAX:
            raise InputError(f"{path}: larger than {BYTES_MAX // 2**20} MiB; {AGAIN}")
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8; {AGAIN}") from error
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON ({error}); {AGAIN}") from error
    return Baseline(Source(shown(path), text), {entry["fingerprint"]: entry for entry in _entries(path, entries)})


def _entries(path: Path, content: Any) -> Iterator[Mapping[str, str]]:
    if not isinstance(content, dict) or not isinstance(content.get("findings"), list):
        raise InputError(f"{path}: no baseline of rtj: `findings` is missing; {AGAIN}")
    if content.get("baseline") != FORMAT:
        raise InputError(f"{path}: a baseline of another form ({content.get('baseline')!r}, expected {FORMAT}); {AGAIN}")
    for entry in content["findings"]:
        if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in ("fingerprint", "code", "message")):
            raise InputError(f"{path}: an entry without fingerprint, code and message; {AGAIN}")
        yield entry


def without_known(findings: Iterable[Finding], baseline: Baseline) -> tuple[tuple[Finding, ...], frozenset[str]]:
    """The findings that are new, and the fingerprints of the others. What keeps the project from compiling is never known."""
    new: list[Finding] = []
    met: set[str] = set()
    for finding in findings:
        if finding.fingerprint in baseline.known and not keeps_from_compiling(finding.diagnostic.code):
            met.add(finding.fingerprint)
        else:
            new.append(finding)
    return tuple(new), frozenset(met)


def stale(baseline: Baseline, met: frozenset[str]) -> Iterator[Finding]:
    """W905 for every entry of which there is no finding any more, at its line."""
    text = baseline.source.text
    for fingerprint, entry in baseline.known.items():
        if fingerprint in met:
            continue
        at = max(text.find(f'"{fingerprint}"'), 0)
        where = entry.get("journey") or entry.get("file") or "the project"
        message = f"{entry['code']} of `{where}` is gone: {entry['message']}"
        span = Span(baseline.source, at, at + len(fingerprint) + 2 if at else 0)
        yield Finding(Diagnostic("W905", message, span, AGAIN, (), "warning"), "", "", f"W905:{fingerprint}")


def baseline_text(findings: Iterable[Finding], path_of: Callable[[str], str]) -> str:
    """The file that accepts these findings, those left out that keep the project from compiling. `path_of`: the path of a
    source within the project."""
    rows = []
    for finding in findings:
        diagnostic = finding.diagnostic
        if not keeps_from_compiling(diagnostic.code):
            rows.append(
                {
                    "code": diagnostic.code,
                    "file": path_of(diagnostic.span.source.path),
                    "journey": finding.journey,
                    "path": finding.path,
                    "message": diagnostic.message,
                    "fingerprint": finding.fingerprint,
                }
            )
    rows.sort(key=lambda row: (row["file"], row["journey"], row["code"], row["path"], row["fingerprint"]))
    lines = ",\n".join(f"    {json.dumps(row, ensure_ascii=False)}" for row in rows)
    return f'{{\n  "baseline": {FORMAT},\n  "findings": [\n{lines}\n  ]\n}}\n' if rows else _EMPTY


_EMPTY = f'{{\n  "baseline": {FORMAT},\n  "findings": []\n}}\n'
