"""Passages, patterns that have begun and messages as plain values, and back, by the numbers of one program."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from rtj.engine.actions import SendMachine
from rtj.engine.calendar import INFINITY
from rtj.engine.machine import Machine
from rtj.engine.mail import NONE_SUPPRESSED, Mail, SentMail
from rtj.engine.state import Instance, Partial, Profile
from rtj.engine.stored_values import Plain, Reading, Writing
from rtj.ir.journey import Send, known_as

PARTS = ("instances", "partials", "schedules", "mail")  # of a profile, in their order in a record

SENDS_MAX = 16_384  # nodes that have sent something, by what they are called, of programs of now and before


class Passages:
    """What of a profile hangs on nodes and entries of one machine. Journeys are built when somebody turns out to be inside."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._places: dict[str, list[int]] = {}  # of all versions of a journey
        for place, journey in enumerate(machine.program.journeys):
            self._places.setdefault(known_as(journey), []).append(place)
        self._sends: dict[tuple[str, str, str], SendMachine] = {}
        self._firsts: list[int] = []
        number = 0
        for journey in machine.program.journeys:
            self._firsts.append(number)
            number += len(journey.entries)

    def write(self, p: Profile, writing: Writing) -> Plain:
        """PARTS of a profile; None when there is nothing of the kind."""
        instances, partials, mail = p.instances, p.partials, p.mail
        schedules = p.schedules
        if not instances and partials is None and schedules is None and mail is None:
            return None
        return (
            [_instance(slot, inst, p, writing) for (slot, _), inst in instances.items()],
            None if partials is None else [_partial(key, one, writing) for key, one in partials.items()],
            schedules,
            None if mail is None else self._mail(mail, p),
        )

    def read(self, p: Profile, told: Plain, reading: Reading) -> None:
        """Undo `write`."""
        if told is None:
            p.instances, p.partials, p.schedules, p.mail = {}, None, None, None
            return
        instances, partials, schedules, mail = told
        found = [self._instance(one, p, reading) for one in instances]
        p.instances = {(told[0], inst.key): inst for told, inst in zip(instances, found, strict=True)}
        p.partials = None if partials is None else dict([self._partial(one, reading) for one in partials])
        p.schedules = schedules
        for gid in schedules or ():
            self._build(gid)
        p.mail = None if mail is None else self._mailed(mail, p, found)

    def _build(self, gid: int) -> None:
        """An entry must be there for whoever has begun to pass it."""
        self._machine.journey(bisect_right(self._firsts, gid if gid >= 0 else -1 - gid) - 1)

    # ---- passages

    def _instance(self, told: Plain, p: Profile, reading: Reading) -> Instance:
        (
            _, place, key, origin, entered, born, serial, trigger, known, node, due, expires, recheck, case, goals, holds, steps,
            steps_at, visits, rounds, names, seen, collected,
        ) = told  # fmt: skip
        journey = self._machine.journey(place)
        inst = Instance(journey, key, p, entered, trigger, reading.names(names))
        if origin is not None:
            inst.origin = origin
        if born is not None:
            inst.born = born
        inst.serial, inst.id = serial, known
        inst.node = None if node is None else journey.nodes[node]
        inst.due = INFINITY if due is None else due
        inst.expires = INFINITY if expires is None else expires
        inst.recheck = INFINITY if recheck is None else recheck
        inst.case, inst.goals, inst.holds, inst.steps, inst.steps_at = case, goals, holds, steps, steps_at
        inst.visits, inst.rounds = visits, rounds
        inst.seen = None if seen is None else {place: reading.event(event) for place, event in seen.items()}
        inst.collected = None if collected is None else [reading.event(event) for event in collected]
        return inst

    # ---- patterns

    def _partial(self, told: Plain, reading: Reading) -> tuple[tuple[int, Any], Partial]:
        gid, value, recent, step, names, due, deadline = told
        self._build(gid)
        partial = Partial()
        partial.recent = [reading.event(event) for event in recent]
        partial.step = step
        partial.names = reading.names(names)
        partial.due = INFINITY if due is None else due
        partial.deadline = INFINITY if deadline is None else deadline
        return (gid, reading.value(value)), partial

    # ---- messages

    def _mail(self, mail: Mail, p: Profile) -> Plain:
        holds: Plain = None
        if mail.holds is not None:
            places = {inst: place for place, inst in enumerate(p.instances.values())}
            holds = [(places[inst], *hold) for inst, hold in mail.holds.items()]
        return (
            [self._sent(one, p) for one in mail.capped],
            [self._sent(one, p) for one in mail.others],
            mail.entries,
            sorted(mail.suppressed),
            mail.withdrawn,
            holds,
        )

    def _mailed(self, told: Plain, p: Profile, instances: list[Instance]) -> Mail:
        capped, others, entries, suppressed, withdrawn, holds = told
        mail = Mail()
        mail.capped = tuple([self._sent_back(one, p) for one in capped])
        mail.others = tuple([self._sent_back(one, p) for one in others])
        mail.entries = entries
        mail.suppressed = frozenset(suppressed) if suppressed else NONE_SUPPRESSED
        mail.withdrawn = withdrawn
        if holds is not None:
            mail.holds = {instances[place]: (first, channel) for place, first, channel in holds}
        return mail

    def _sent(self, sent: SentMail, p: Profile) -> Plain:
        node = sent.node
        return (
            sent.at, sent.journey, None if sent.origin == p.origin else sent.origin, sent.key, sent.entered, sent.trigger,
            node.id, node.spec.message, sent.visit, sent.channel, sent.address, sent.caps, sent.failed, sent.minted,
        )  # fmt: skip

    def _sent_back(self, told: Plain, p: Profile) -> SentMail:
        at, journey, origin, key, entered, trigger, node, message, visit, channel, address, caps, failed, minted = told
        sent = SentMail.__new__(SentMail)
        sent.at, sent.journey, sent.origin, sent.key = at, journey, p.origin if origin is None else origin, key
        sent.entered, sent.trigger, sent.visit, sent.channel = entered, trigger, visit, channel
        sent.address, sent.caps, sent.failed, sent.minted = address, caps, failed, minted
        sent.node = self._send(journey, node, message)
        return sent

    def _send(self, journey: str, name: str, message: str) -> SendMachine:
        """The node that sent a message. A journey or node that is no more leaves one that only knows what it was called."""
        found = self._sends.get((journey, name, message))
        if found is None:
            nodes = [n for place in self._places.get(journey, ()) for n in self._machine.journey(place).nodes]
            mine = (n for n in nodes if n.id == name and isinstance(n, SendMachine) and n.spec.message == message)
            if len(self._sends) >= SENDS_MAX:
                self._sends.clear()
            found = self._sends[journey, name, message] = next(mine, None) or _former(name, message)
        return found


def _instance(slot: int, inst: Instance, p: Profile, writing: Writing) -> Plain:
    node, seen, collected = inst.node, inst.seen, inst.collected
    return (
        slot,
        inst.journey.index,
        inst.key,
        None if inst.origin == p.origin else inst.origin,
        inst.entered,
        None if inst.born == p.born else inst.born,
        inst.serial,
        inst.trigger,
        inst.id,
        None if node is None else node.index,
        None if inst.due == INFINITY else inst.due,
        None if inst.expires == INFINITY else inst.expires,
        None if inst.recheck == INFINITY else inst.recheck,
        inst.case,
        inst.goals,
        inst.holds,
        inst.steps,
        inst.steps_at,
        inst.visits,
        inst.rounds,
        writing.names(inst.names),
        None if seen is None else {place: writing.event(event) for place, event in seen.items()},
        None if collected is None else [writing.event(event) for event in collected],
    )


def _partial(key: tuple[int, Any], one: Partial, writing: Writing) -> Plain:
    return (
        key[0],
        writing.value(key[1]),
        [writing.event(event) for event in one.recent],
        one.step,
        writing.names(one.names),
        None if one.due == INFINITY else one.due,
        None if one.deadline == INFINITY else one.deadline,
    )


def _former(name: str, message: str) -> SendMachine:
    """A node of a former program: receipts ask its id, caps and receipts the name of its message."""
    node = SendMachine.__new__(SendMachine)
    node.index, node.id, node.next = -1, name, None
    node.spec = Send(name, message, ())
    return node
