"""Who stands where now: every instance of live profiles with what it waits for, and which messages could reach its profile.

The gates are those that decide messages; they are asked, and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from rtj.engine.calendar import INFINITY, find_zone
from rtj.engine.gates import Blocked, Way
from rtj.engine.machine import Machine
from rtj.engine.mail import RECEIPT_MS, Mail
from rtj.engine.nodes import WaitForMachine
from rtj.engine.reporting import instance_id
from rtj.engine.state import Instance, Profile
from rtj.ir.journey import Send, Version
from rtj.ir.program import fingerprint
from rtj.ir.records import Instant
from rtj.ir.standing import Held, Reach, Recent, Shut, Standing, StandingInstance, StandingProfile

EVERYBODY_CARRIES = frozenset(("entry", "first_entry", "journey"))


class Onlooker:
    """Tells of the profiles of one program where they stand. `at` is the instant up to which everything was worked: it may
    move."""

    def __init__(self, machine: Machine, at: int) -> None:
        self._machine = machine
        self.at = at
        self._versions: dict[str, str] = {}

    def standings(self, profiles: Iterable[Profile]) -> Iterator[Standing]:
        """Those who are inside some journey; instances by journey, then in the order of entry."""
        return (self.of(p) for p in profiles if p.instances)

    def of(self, p: Profile) -> Standing:
        """One profile, inside a journey or not."""
        told = (self._instance(p, inst) for inst in p.instances.values())
        return Standing(self._profile(p), tuple(sorted(told, key=lambda one: (one.journey, one.entered, one.id))))

    # ---- an instance

    def _instance(self, p: Profile, inst: Instance) -> StandingInstance:
        journey, node, at = inst.journey, inst.node, self.at
        assert node is not None, "who is inside rests"
        hold = p.mail.holds.get(inst) if p.mail is not None and p.mail.holds else None
        due = _known(inst.due)
        return StandingInstance(
            profile=p.origin,
            journey=journey.name,
            version=self._version(inst),
            id=inst.id or instance_id(journey.name, inst.origin, inst.key, inst.entered, inst.trigger),
            node=node.id,
            entered=Instant(inst.entered),
            since=Instant(inst.steps_at),  # it came in its last step, and rests since
            due=due,
            case=inst.case + 1 if due is not None and isinstance(node, WaitForMachine) else 0,
            expires=_known(inst.expires),
            key=inst.key,
            held=None if hold is None else Held(hold[1], Instant(inst.due if due is not None else at)),
            names=tuple(sorted(inst.names.keys() - EVERYBODY_CARRIES)),
            rounds={journey.nodes[place].id: count for place, count in sorted((inst.rounds or {}).items())},
        )

    def _version(self, inst: Instance) -> str:
        spec = inst.journey.spec
        if isinstance(spec, Version):
            return spec.version
        found = self._versions.get(spec.name)
        if found is None:
            found = self._versions[spec.name] = fingerprint(spec)
        return found

    # ---- its profile

    def _profile(self, p: Profile) -> StandingProfile:
        reach = {channel: Reach(self._shut(p, news), self._shut(p, answer)) for channel, (news, answer) in self._ways.items()}
        return StandingProfile(p.origin, self._zone(p), reach, self._recent(p.mail) if p.mail is not None else ())

    @cached_property
    def _ways(self) -> dict[str, tuple[Way, Way]]:
        """Of every channel that is declared or used: the way of marketing, and that of what answers an act."""
        program, gates = self._machine.program, self._machine.gates
        used = {name for j in program.journeys for node in j.nodes if isinstance(node, Send) for name in node.channels}
        names = sorted(used | {channel.name for channel in program.channels})
        return {name: (gates.reach(name, "marketing"), gates.reach(name, "transactional")) for name in names}

    def _shut(self, p: Profile, way: Way) -> Shut | None:
        verdict = way.judge(self._machine.gates, p, self.at, self.at)
        return Shut(verdict.gate, verdict.rule) if isinstance(verdict, Blocked) else None

    def _zone(self, p: Profile) -> str:
        slot = self._machine.zone_slot
        name = p.attributes[slot] if slot is not None else None
        return name if isinstance(name, str) and find_zone(name) is not None else self._machine.program.timezone

    def _recent(self, mail: Mail) -> tuple[Recent, ...]:
        since = self.at - max(self._machine.gates.keep_ms, RECEIPT_MS)
        messages = self._machine.gates.messages
        found = []
        for sent in mail.capped:
            if sent.at >= since and not sent.failed:
                message = messages.get(sent.node.spec.message)
                found.append(
                    Recent(Instant(sent.at), sent.channel, message.category if message is not None else "", sent.journey)
                )
        return tuple(sorted(found, key=lambda one: (one.at, one.journey, one.channel, one.category)))


def _known(at: int) -> Instant | None:
    return None if at >= INFINITY else Instant(at)
