"""The parts of a journey, each with the declarations that it uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rtj.ir import journey as j
from rtj.ir.expr import Expr, Length
from rtj.ir.facts import Env
from rtj.ir.flows import entered_by, kept_whole, names_of
from rtj.ir.program import Cap, Channel, Message, Program
from rtj.plan.changes import Spot
from rtj.plan.lineage_clock import reads_zone
from rtj.plan.lineage_reads import ZONE, reads

Part = tuple[Spot, Iterable[Spot]]


@dataclass(frozen=True, slots=True)
class Declared:
    """What a program declares, for looking it up. `kept`: the event types of what is kept whole; `listed`: channels on which
    addresses are suppressed, "" for all."""

    program: Program
    kept: Env
    events: frozenset[str]
    channels: Mapping[str, Channel]
    messages: Mapping[str, Message]
    listed: frozenset[str]


def declared_by(program: Program) -> Declared:
    """The declarations of a program."""
    return Declared(
        program,
        kept_whole(program),
        frozenset(kind.name for kind in program.events),
        {channel.name: channel for channel in program.channels},
        {message.name: message for message in program.messages},
        frozenset(channel for channel, _ in program.suppressed),
    )


def parts_of(declared: Declared, journey: j.Journey) -> Iterator[Part]:
    """Each part of a journey with what it uses."""
    view = _View(declared, journey, {**declared.kept, **names_of(journey)})
    yield from view.entries()
    for word, watches in (("goal", journey.goals), ("exit", journey.exits)):
        for number, watch in enumerate(watches):
            yield from view.watch((word, str(number)), watch)
    for node in journey.nodes:
        yield from view.node(node)


@dataclass(frozen=True, slots=True)
class _View:
    """A journey among the declarations of its program. `env`: the event types behind all names."""

    declared: Declared
    journey: j.Journey
    env: Env

    def at(self, *steps: str) -> Spot:
        return ("journey", self.journey.name, *steps)

    def entries(self) -> Iterator[Part]:
        covering = [cap for cap in self.declared.program.caps if cap.of == "entries"]
        for number, entry in enumerate(self.journey.entries):
            here = self.at("entry", str(number))
            own = {**self.env, "event": entered_by(self.journey, entry)}
            yield here, [*self._trigger(entry.trigger), *_entry_caps(covering, self.journey.name)]
            yield (*here, "when"), reads(entry.when, own)
            yield (*here, "key"), reads(entry.key, own)
            yield (*here, "again"), _clock(entry.again)

    def watch(self, steps: Spot, watch: j.Watch) -> Iterator[Part]:
        yield self.at(*steps), [*self._trigger(watch.trigger), *_clock(watch.within)]
        events = watch.trigger.steps[0].events if isinstance(watch.trigger, j.OnEvents) else ()
        yield (*self.at(*steps), "when"), reads(watch.when, {**self.env, "event": events})

    def _trigger(self, trigger: j.Trigger) -> Iterator[Spot]:
        match trigger:
            case j.OnEvents(steps=steps):
                for step in steps:
                    yield from self._step(step)
            case j.OnCondition(condition=condition):
                yield from reads(condition, self.env)
            case j.OnSchedule(audience=audience):
                yield ("audience", audience)
                yield from _clock(trigger)
            case j.OnStart():
                return

    def _step(self, step: j.Step) -> Iterator[Spot]:
        own = {**self.env, "event": step.events}
        for name in step.events:
            if name in self.declared.events:
                yield ("event", name)
            elif " " in name:  # joining NAME, leaving NAME
                yield ("audience", name.split(" ", 1)[1])
        yield from reads(step.where, own)
        yield from reads(step.same, own)
        yield from _clock(step.within)
        if step.audience is not None:
            yield ("audience", step.audience)

    def node(self, node: j.Node) -> Iterator[Part]:
        here = self.at("node", node.id)
        match node:
            case j.WaitFor(cases=cases):
                for number, case in enumerate(cases):
                    yield (*here, "case", str(number)), self._case(case)
            case j.Branch(arms=arms):
                for number, arm in enumerate(arms):
                    yield (*here, "arm", str(number)), reads(arm.when, self.env)
            case j.Split() | j.Exit():
                return
            case j.Wait(length=length, for_=for_):
                yield here, [*_clock(length), *reads(for_, self.env)]
            case j.WaitUntil(moment=moment):
                yield here, self._moment(moment)
            case j.Repeat(until=until):
                yield (*here, "until"), reads(until, self.env)
            case j.Collect(step=step, length=length, until=until_):
                yield here, [*self._step(step), *_clock(length), *self._moment(until_)]
            case j.Send() | j.CallWebhook() | j.SetAttributes() | j.Emit() | j.StartJourney():
                yield from self._action(here, node)

    def _case(self, case: j.Case) -> Iterator[Spot]:
        events = case.step.events if case.step is not None else ()
        if case.step is not None:
            yield from self._step(case.step)
        yield from reads(case.when, {**self.env, "event": events})
        yield from reads(case.condition, self.env)
        yield from reads(case.for_, self.env)
        yield from _clock(case.after)
        yield from self._moment(case.until)

    def _moment(self, moment: j.Moment | None) -> Iterator[Spot]:
        if moment is None:
            return
        for value in (moment.on, moment.at, moment.zone):
            yield from reads(value, self.env)
        yield from _clock(moment)

    def _action(self, here: Spot, node: j.Send | j.CallWebhook | j.SetAttributes | j.Emit | j.StartJourney) -> Iterator[Part]:
        match node:
            case j.Send():
                yield here, gates_of(self.declared, self.journey.name, node)
            case j.CallWebhook(webhook=webhook):
                yield here, [("webhook", webhook)]
            case j.SetAttributes() | j.StartJourney():
                pass
            case j.Emit(event=event):
                yield here, [("event", event)]
        for pair in node.pairs:
            yield (*here, "with", pair.name), reads(pair.value, self.env)


def _clock(value: j.Trigger | j.Moment | j.Again | Length | Expr | None) -> tuple[Spot, ...]:
    return ZONE if reads_zone(value) else ()


def _entry_caps(caps: Iterable[Cap], journey: str) -> Iterator[Spot]:
    return (("cap", cap.name) for cap in caps if not cap.journeys or journey in cap.journeys)


def gates_of(declared: Declared, journey: str, send: j.Send) -> Iterator[Spot]:
    """What decides whether, when and with which text a message goes (S7.1)."""
    program, message = declared.program, declared.messages.get(send.message, Message(send.message))
    yield ("message", send.message)
    yield ("template", send.message)
    for name in send.channels or ("",):
        channel = declared.channels.get(name, Channel(name))
        if name in declared.channels:
            yield ("channel", name)
        if not declared.listed.isdisjoint(("", name)):
            yield ("suppressed",)
        if (message.purpose or channel.purpose) == "transactional":
            continue
        if program.consents.any is not None:
            yield ("consents",)
        if program.holdout is not None:
            yield ("holdout",)
        quiet = program.quiet_hours
        if quiet is not None and (not quiet.channels or name in quiet.channels):
            yield ("quiet_hours",)
        yield from (("cap", cap.name) for cap in program.caps if covers(cap, name, journey, message.category))


def covers(cap: Cap, channel: str, journey: str, category: str) -> bool:
    """Does a cap count such messages (S7.3)?"""
    return (
        cap.of == "messages"
        and (not cap.channels or channel in cap.channels)
        and (not cap.journeys or journey in cap.journeys)
        and (not cap.categories or category in cap.categories)
    )
