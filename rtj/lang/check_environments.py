"""Environments, checked: names that the project declares, doors that anybody could open, what two would use at once."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from rtj.base.diagnostic import Diagnostic, Label
from rtj.ir.environments import is_loopback
from rtj.lang import syntax as s
from rtj.lang.read_addresses import ENV, SCHEME
from rtj.lang.read_environments import ALL, EVERY
from rtj.lang.scope import Report

APPROVALS_MAX = 100
SENDS_MAX = AWAKE_MAX = LEAST_MAX = 1_000_000_000
RETRIES_MAX = 1_000
TIMEOUT_MAX_MS = IDLE_MAX_MS = OVER_MAX_MS = 86_400_000
OVER_MIN_MS = 1_000
DAY_MS = 86_400_000
MONTH_DAYS = 31  # what is kept for months is kept for the longest ones
STORE_FOLDER = ".rtj"  # beside rtj.yaml: what a run writes if nothing else is said


def check_environments(report: Report, project: s.Project, events: Collection[str], journeys: Collection[str]) -> None:
    """Report what is wrong in environments. `events`: all event types that may come; `journeys`: all that there are."""
    for decl in project.environments:
        check_environment(report, project, decl, events)
        for guard in decl.guardrails:
            for name in guard.journeys:
                if name.text not in journeys:
                    report.unknown("E345", "journey", name.text, name.span, journeys)
    for clash in shared_stores(project):
        report.found.append(clash.told)


def check_environment(report: Report, project: s.Project, decl: s.EnvironmentDecl, events: Collection[str]) -> None:
    """Report what is wrong in one environment, apart from what it has in common with others."""
    for feed in decl.sources:
        _check_source(report, project, feed)
        _check_door(report, feed.at, feed.keys, feed.by)
        _bounds(report, (("`idle`", feed.idle if feed.idle != "never" else None, 1, IDLE_MAX_MS),))
    for sink in decl.channels:
        _check_channel(report, project, sink)
        _bounds(report, (("`timeout`", sink.timeout, 1, TIMEOUT_MAX_MS), ("`retries`", sink.retries, 0, RETRIES_MAX)))
    if decl.serve is not None:
        _check_door(report, decl.serve.at, decl.serve.keys, "http")
    if decl.policies is not None:
        _check_policies(report, decl.policies, events)
    for guard in decl.guardrails:
        _check_guardrail(report, guard)
    _check_fed_twice(report, decl)


def length_ms(length: s.Length) -> int:
    """A length in milliseconds; a day has 24 hours here, and a month 31 days."""
    return length.ms + (length.days + length.months * MONTH_DAYS) * DAY_MS


def place_of(text: s.Text) -> str:
    """What a text names, so that two that name the same are equal: a file from the file in which it stands, all else as it is."""
    if text.value.startswith(ENV) or SCHEME.match(text.value):
        return text.value
    return posixpath.normpath(posixpath.join(posixpath.dirname(text.span.source.path), text.value))


def _check_source(report: Report, project: s.Project, feed: s.FeedDecl) -> None:
    """Where the project declares sources, one of another name is a slip; where it declares none, names are free."""
    known = [source.name.text for source in project.sources]
    if known and feed.name.text not in known:
        report.unknown("E430", "source", feed.name.text, feed.name.span, known)


def _check_channel(report: Report, project: s.Project, sink: s.SinkDecl) -> None:
    name, known = sink.name, [channel.name.text for channel in project.channels]
    if name.text == ALL or name.text in known:
        return
    if name.text.lower() in EVERY:
        hint = 'channels that are not named are `"*"`'
        report.error("E327", f"unknown channel `{name.text}`", name.span, hint)
    else:
        report.unknown("E327", "channel", name.text, name.span, known)


def _check_door(report: Report, at: s.Text | None, keys: s.Text | None, by: str) -> None:
    """Who listens beyond this machine asks for keys."""
    if by != "http" or at is None or keys is not None or at.value.startswith(ENV) or is_loopback(at.value):
        return
    port = at.value.rpartition(":")[2]
    message = f"`{at.value}` can be reached from other machines, and nobody is asked for a key"
    hint = f"add `keys: env:WEB_KEYS`, or listen on 127.0.0.1:{port}"
    report.error("E431", message, at.span, hint)


def _check_policies(report: Report, policies: s.RunPolicies, events: Collection[str]) -> None:
    for name in (*policies.shed, *policies.first):
        if name.text not in events:
            report.unknown("E317", "event type", name.text, name.span, events)
    first = {name.text: name.span for name in policies.first}
    for name in policies.shed:
        if name.text in first:
            label = (Label(first[name.text], "it is let in first here"),)
            report.error("E104", f"`{name.text}` cannot be let go and let in first", name.span, "", label)
    _bounds(
        report,
        (
            ("`approvals`", policies.approvals, 0, APPROVALS_MAX),
            ("`max_immediate_sends`", policies.max_immediate_sends, 0, SENDS_MAX),
            ("`awake`", policies.awake, 1, AWAKE_MAX),
        ),
    )
    if policies.retain is not None and length_ms(policies.retain) == 0:
        message = "a log that is kept for no time could not be replayed; expected a length such as 90d"
        report.error("E331", message, policies.retain.span)


def _check_guardrail(report: Report, guard: s.GuardrailDecl) -> None:
    """What is measured over a moment says nothing, and what is kept of a window has to be kept by the run."""
    _bounds(report, (("`at_least`", guard.at_least, 1, LEAST_MAX),))
    over = guard.over.span if guard.over is not None else guard.rate.span if guard.rate is not None else guard.span
    over_ms = length_ms(guard.over) if guard.over is not None else guard.rate.over_ms if guard.rate is not None else OVER_MIN_MS
    if not OVER_MIN_MS <= over_ms <= OVER_MAX_MS:
        report.error("E331", f"a guardrail looks back from 1s to 1d; got `{over.text}`", over)
    if guard.share == 1_000_000:
        report.error("E348", "no share is above 100%: it would never halt anything", guard.name.span, "for example 5%")


def _bounds(report: Report, found: Iterable[tuple[str, s.Number | s.Length | None, int, int]]) -> None:
    for what, written, least, most in found:
        match written:
            case s.Number() if not least <= written.value <= most:
                message = f"{what} is a whole number from {least:,} to {most:,}; got {written.value}"
                report.error("E348", message, written.span)
            case s.Length() if not least <= length_ms(written) <= most:
                report.error("E331", f"{what} is a length from 1ms to 1d; got `{written.span.text}`", written.span)
            case _:
                pass


# ---- what two would use


def _streams(decl: s.EnvironmentDecl) -> Iterator[tuple[str, s.FeedDecl]]:
    """What each source reads, in words. A door is shared: its path tells the source."""
    for feed in decl.sources:
        match feed.by:
            case "stdin":
                yield "the pipe before it", feed
            case "file" if feed.at is not None:
                yield f"the file {place_of(feed.at)}", feed
            case "kafka" if feed.at is not None and feed.topic is not None:
                yield f"the topic {feed.topic.value}", feed
            case "redis" if feed.at is not None and feed.stream is not None:
                yield f"the stream {feed.stream.value}", feed
            case _:
                pass


def _check_fed_twice(report: Report, decl: s.EnvironmentDecl) -> None:
    """Two sources that read one thing: each event would count twice, or each would get half."""
    seen: dict[tuple[str, str], s.FeedDecl] = {}
    for what, feed in _streams(decl):
        server = feed.at.value if feed.at is not None and feed.by != "file" else ""
        before = seen.setdefault((server, what), feed)
        if before is not feed:
            told = re.sub(r"^(the )(\w+) (.+)$", r"\1\2 `\3`", what) if feed.by != "stdin" else what
            message = f"`{before.name.text}` and `{feed.name.text}` both read {told}"
            label = (Label(before.name.span, "the first stands here"),)
            report.error("E432", message, feed.name.span, "one source reads it; what an event is, its type tells", label)


class Clash(NamedTuple):
    """Two environments that have something in common which they must not, and what is told of it."""

    one: s.EnvironmentDecl
    other: s.EnvironmentDecl
    told: Diagnostic


def shared_stores(project: s.Project) -> Iterator[Clash]:
    """One store holds one environment."""
    root = posixpath.dirname(project.span.source.path)
    seen: dict[str, s.EnvironmentDecl] = {}
    for decl in project.environments:
        default = posixpath.normpath(posixpath.join(root, STORE_FOLDER, f"{decl.name.text}.db"))
        before = seen.setdefault(place_of(decl.store) if decl.store is not None else default, decl)
        if before is not decl:
            span = decl.store.span if decl.store is not None else decl.name.span
            label = Label(before.store.span if before.store is not None else before.name.span, "the other stands here")
            message = f"`{before.name.text}` and `{decl.name.text}` have one store, and a store holds one environment"
            yield Clash(before, decl, Diagnostic("E433", message, span, "give each a store of its own", (label,)))
