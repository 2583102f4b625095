"""Passwords that stand in the text of a project: whoever reads the repository has them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rtj.base.diagnostic import Diagnostic
from rtj.lint.facts import Facts

IN_USER = re.compile(r"[\w+.-]+://[^/@:\s]*:(?P<password>[^/\s]+)@")
IN_QUERY = re.compile(r"[?&;](?:password|passwd|pwd)=(?P<password>[^&;\s]+)", re.IGNORECASE)
FILLED = re.compile(r"\$\{.*\}|\$\w+|<.*>|\{.*\}|\*+|%\(.*\)s")  # stands for a password that somebody puts there


def password_in_text(facts: Facts) -> Iterator[Diagnostic]:
    """W425: the address of a database with a password in it. The message does not repeat it."""
    for decl in facts.project.tables:
        text = decl.sql.value if decl.sql is not None else ""
        found = IN_USER.match(text) or IN_QUERY.search(text)
        if found is not None and not FILLED.fullmatch(found["password"]):
            name = f"{decl.name.text.upper()}_URL"
            message = f"the address of the database of `{decl.name.text}` has a password in it, in plain text"
            hint = f"`sql: env:{name}` takes the address from the environment; change the password"
            yield Diagnostic("W425", message, decl.name.span, hint, (), "warning")
