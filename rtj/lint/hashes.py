"""Whether the hashes that stand for people can be told from guesses: keyed with a secret, they cannot (S7.5, S10.2)."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.base.diagnostic import Diagnostic
from rtj.ir.masking import PII
from rtj.lint.facts import Facts


def hash_without_secret(facts: Facts) -> Iterator[Diagnostic]:
    """The first kind of identifier that is labelled pii in a project without `secret:`."""
    project = facts.project
    if not facts.complete or (project.secret is not None and project.secret.value):
        return
    for space in project.identity:
        label = next((label for label in space.labels if label.text == PII), None)
        if label is not None:
            name = space.name.text
            message = f"`{name}` is labelled `{PII}`, and without `secret:` whoever guesses a value can test its hash"
            hint = "add `secret:` with a long text that nobody guesses, the same for all runs of the project"
            yield Diagnostic("W424", message, label.span, hint, (), "warning")
            return
