"""Messages that were sent, as another program takes over: they count in the caps of now, and their receipts are still known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rtj.engine.actions import SendMachine
from rtj.engine.journey import JourneyMachine
from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.mail import Mail, SentMail
from rtj.engine.reporting import instance_id, message_key
from rtj.ir.crossing import JourneyCrossing
from rtj.ir.journey import Journey, Version, known_as

KINDS_MAX = 16_384  # of messages, of which it is remembered which caps cover them


class MailHandover:
    """`journeys`: those that both programs have, as the old program says them, with their machine in the new one; `names`: their
    names in the new program by those in the old one."""

    def __init__(
        self,
        old: Machine,
        kernel: Kernel,
        journeys: Iterable[tuple[Journey, JourneyMachine, JourneyCrossing]],
        names: Mapping[str, str],
    ) -> None:
        self._kernel, self._new, self._names = kernel, kernel.machine, names
        self._sends = _moved_sends(journeys)
        self._kinds: dict[tuple[str, str, str], int] = {}
        places = {cap: number for number, cap in enumerate(self._new.program.caps)}
        self._caps = {number: places[cap] for number, cap in enumerate(old.program.caps) if cap in places}

    def take(self, mail: Mail) -> None:
        """All that is remembered of the messages of one profile."""
        for sent in (*mail.capped, *mail.others):
            node = self._sends.get((sent.journey, sent.node.id), sent.node)
            journey = self._names.get(sent.journey, sent.journey)
            if (node.id != sent.node.id or journey != sent.journey) and sent.minted is None:
                # Its receipts name the journey and the id with which it went, under whichever names it goes on.
                sent.minted = message_key(self._kernel.secret, instance_id(*sent.passage), sent.node.id, sent.visit)
            sent.node, sent.journey = node, journey
            sent.caps = self._bits(sent)
        every = sorted((*mail.capped, *mail.others), key=lambda sent: sent.at)
        mail.capped = tuple(sent for sent in every if sent.caps)
        mail.others = tuple(sent for sent in every if not sent.caps)
        mail.entries = tuple((at, moved_bits(bits, self._caps)) for at, bits in mail.entries)

    def _bits(self, sent: SentMail) -> int:
        """The caps of the new program in which a message takes a place: those of its kind, as if it were sent now."""
        kind = sent.journey, sent.node.spec.message, sent.channel
        found = self._kinds.get(kind)
        if found is None:
            if len(self._kinds) >= KINDS_MAX:
                self._kinds.clear()
            found = self._kinds[kind] = self._new.gates.places_of(*kind)
        return found


def _moved_sends(journeys: Iterable[tuple[Journey, JourneyMachine, JourneyCrossing]]) -> dict[tuple[str, str], SendMachine]:
    """The send of each message, by the journey and the node that sent it. Of several versions that have it, the newest."""
    found: dict[tuple[str, str], SendMachine] = {}
    for was, machine, crossing in sorted(journeys, key=lambda one: not isinstance(one[0], Version)):
        nodes = {node.id: node for node in machine.nodes if isinstance(node, SendMachine)}
        found |= {(known_as(was), old): nodes[new] for old, new in crossing.nodes.items() if new in nodes}
    return found


def moved_bits(bits: int, places: Mapping[int, int]) -> int:
    """Bits at other places; those without one are gone."""
    moved = 0
    for was, now in places.items():
        moved |= (bits >> was & 1) << now
    return moved
