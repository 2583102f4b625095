"""A diagnostic with its place in the project: what reports, baselines and other programs are told."""

from __future__ import annotations

from dataclasses import dataclass

from rtj.base.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True)
class Finding:
    """`journey`: the journey in which it stands, empty outside one. `path`: the place in the document as a JSON pointer, such as
    `/do/0/wait_for/1/when`. `fingerprint` names the finding without any line number, so that it survives edits elsewhere."""

    diagnostic: Diagnostic
    journey: str = ""
    path: str = ""
    fingerprint: str = ""
