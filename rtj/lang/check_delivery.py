"""What the project says of reaching people and programs: consent of channels, addresses of webhooks, caps, quiet hours."""

from __future__ import annotations

import re

from rtj.lang import syntax as s
from rtj.lang.check_actions import whole
from rtj.lang.check_base import Context
from rtj.lang.check_time import check_zone_name
from rtj.lang.check_world import check_twice
from rtj.lang.scope import Report

ADDRESS = re.compile(r"https?://[^\s/?#{}$@]+([/?#]\S*)?")
COUNT_MAX = 1_000_000  # messages or entries that a cap may allow


def check_delivery(cx: Context, project: s.Project) -> None:
    """Report what a gate could not work with."""
    for channel in project.channels:
        _check_consent(cx.report, channel)
    for webhook in project.webhooks:
        _check_address(cx.report, webhook.url)
    check_twice(cx.report, "cap", [cap.name for cap in project.caps])
    for cap in project.caps:
        _check_cap(cx, cap)
    if project.quiet_hours is not None:
        _check_quiet_hours(cx, project.quiet_hours)


def _check_consent(report: Report, channel: s.ChannelDecl) -> None:
    """S7.2: without consent a marketing channel reaches nobody, so it says how consent is known or what holds without it."""
    if channel.whole and channel.purpose == "marketing" and channel.consent is None and channel.default is None:
        message = f"marketing by `{channel.name.text}` needs consent: expected `consent` or `default`"
        hint = "`consent: profile.newsletter` says how it is known, `default: granted` or `default: denied` what holds without it"
        report.error("E401", message, channel.name.span, hint)


def _check_address(report: Report, url: s.Text) -> None:
    """The host is fixed in the text: what is known about a person must never decide where it is sent. A password in an address
    would stand in the repository."""
    if ADDRESS.fullmatch(url.value) is None:
        message = f"expected an address with a fixed host, such as https://crm.example/book; found `{url.value}`"
        hint = "passwords and keys do not stand in addresses" if "@" in url.value.partition("://")[2].partition("/")[0] else ""
        report.error("E105", message, url.span, hint)


def _check_cap(cx: Context, cap: s.CapDecl) -> None:
    limit, name = cap.at_most, cap.name.text
    if limit.count.value == 0:
        hint = "to send nothing, take the channel out; to limit nothing, take the cap out"
        message = f"the cap `{name}` allows 0, which could mean never or always; expected at least 1"
        cx.report.error("E409", message, limit.count.span, hint)
    else:
        whole(cx, limit.count, f"what the cap `{name}` allows", 1, COUNT_MAX)
    if limit.length is None and limit.unit is None:
        message = f"the cap `{name}` counts over a time: expected a length or a period"
        cx.report.error("E346", message, limit.span, "`2 per 24h` rolls, `2 per day` is the calendar's")
    elif limit.length is not None and not (limit.length.ms or limit.length.days or limit.length.months):
        cx.report.error("E331", f"the cap `{name}` counts over a length of nothing", limit.length.span)
    for names, known, what, code in (
        (cap.channels, cx.world.channels, "channel", "E327"),
        (cap.journeys, tuple(cx.world.journeys), "journey", "E345"),
    ):
        for one in names:
            if one.text not in known:
                cx.report.unknown(code, what, one.text, one.span, known)


def _check_quiet_hours(cx: Context, quiet: s.QuietHours) -> None:
    if quiet.start.minutes == quiet.end.minutes:
        message = "quiet hours from a time to the same time could mean none or the whole day; expected two times"
        cx.report.error("E348", message, quiet.end.span)
    if quiet.zone is not None:
        check_zone_name(cx, quiet.zone.value, quiet.zone)
