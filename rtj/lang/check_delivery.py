"""What the project says of reaching programs: addresses of webhooks."""

from __future__ import annotations

import re

from rtj.lang import syntax as s
from rtj.lang.check_base import Context
from rtj.lang.scope import Report

ADDRESS = re.compile(r"https?://[^\s/?#{}$@]+([/?#]\S*)?")


def check_delivery(cx: Context, project: s.Project) -> None:
    """Report what could not be called."""
    for webhook in project.webhooks:
        _check_address(cx.report, webhook.url)


def _check_address(report: Report, url: s.Text) -> None:
    """The host is fixed in the text: what is known about a person must never decide where it is sent. A password in an address
    would stand in the repository."""
    if ADDRESS.fullmatch(url.value) is None:
        message = f"expected an address with a fixed host, such as https://crm.example/book; found `{url.value}`"
        hint = "passwords and keys do not stand in addresses" if "@" in url.value.partition("://")[2].partition("/")[0] else ""
        report.error("E105", message, url.span, hint)
