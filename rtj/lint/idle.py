"""Caps, quiet hours and holdouts that concern no message of the project: they read as a promise and do nothing (S7.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Span
from rtj.lang import syntax as s
from rtj.lint.facts import Facts
from rtj.lint.sends import Sent, counts, every_send, of_journey, purpose_by

FREE = "transactional messages pass without it"


def idle_gate(facts: Facts) -> Iterator[Diagnostic]:
    """W416: what holds back messages by channel, journey or category, and there is none such. Channels that nothing is sent by
    and messages that nothing sends are told as that (W910)."""
    project = facts.project
    gates = project.caps or project.quiet_hours is not None or project.holdout is not None
    if not gates or not facts.complete or not project.whole:
        return
    ways = [(sent, channel) for sent in every_send(facts) for channel in sent.channels]
    if not ways:
        return
    channels = {decl.name.text: decl for decl in project.channels}
    held = [way for way in ways if way[1] in channels and purpose_by(way[0], channels[way[1]]) != "transactional"]
    for cap in project.caps:
        if cap.of == "messages" and not any(counts(cap, *way) for way in held) and not _told_elsewhere(cap, ways):
            why = _why(cap, ways)
            yield _idle(f"the cap `{cap.name.text}` counts no message: {why}", cap.name.span)
    hours = project.quiet_hours
    if hours is not None:
        named = {name.text for name in hours.channels} or set(channels)
        if not any(channel in named for _, channel in held) and any(channel in named for _, channel in ways):
            yield _idle(f"quiet hours hold no message: {FREE}", hours.start.span)
    if project.holdout is not None and not held:
        yield _idle(f"the holdout keeps nothing from anybody: {FREE}", project.holdout.salt.span)


def _idle(message: str, span: Span) -> Diagnostic:
    return Diagnostic("W416", message, span, "leave it out, or say which messages it is about", (), "warning")


def _told_elsewhere(cap: s.CapDecl, ways: Sequence[tuple[Sent, str]]) -> bool:
    """Are all that it names channels that nothing is sent by, or categories of messages that nothing sends?"""
    unused = cap.channels and not {name.text for name in cap.channels} & {channel for _, channel in ways}
    unsent = cap.categories and not {name.text for name in cap.categories} & {sent.category for sent, _ in ways}
    return bool(unused or unsent)


def _why(cap: s.CapDecl, ways: Sequence[tuple[Sent, str]]) -> str:
    if any(counts(cap, *way) for way in ways):
        return FREE
    if not any(of_journey(cap, sent.journey.name) for sent, _ in ways):
        many = len(cap.journeys) > 1
        return f"{'these journeys send' if many else f'`{cap.journeys[0].text}` sends'} nothing"
    return "none is of all that it names at once"
