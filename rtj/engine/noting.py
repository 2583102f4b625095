"""A kernel that notes what guardrails measure: messages, passages that end, and opt-outs, each with the version of the journey.

What it notes follows from its input like all else, but nothing hangs on it: whoever drives the kernel takes it away, and decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from rtj.engine.calendar import INFINITY
from rtj.engine.containing import ERROR, ContainingKernel
from rtj.engine.functions import chance
from rtj.engine.receipts import source_of
from rtj.engine.state import Instance, Profile
from rtj.ir.journey import WHOLE, Version, known_as

if TYPE_CHECKING:
    from rtj.engine.mail import Mail, SentMail

Kind: TypeAlias = Literal["sent", "left", "failed", "opt_out"]


class Noted(NamedTuple):
    """Something that was noted at an instant. `version`: the journey's name in the program; `failed`: a passage ended as the
    engine failed; of an opt-out `since`: when its message was sent; `sure`: the version is the right one if nobody was let into
    another one since then."""

    kind: Kind
    version: str
    at: int
    since: int = 0
    sure: int = -INFINITY


class NotingKernel(ContainingKernel):
    """`noted` None: nothing is noted."""

    noted: list[Noted] | None = None

    def left(self, p: Profile, inst: Instance, at: int, reason: str, node: str | None) -> None:
        """And it is noted, and whether it failed."""
        super().left(p, inst, at, reason, node)
        if self.noted is not None:
            self.noted.append(Noted("failed" if reason == ERROR else "left", inst.journey.spec.name, at))

    def opted_out(self, p: Profile, sent: SentMail | None, at: int) -> None:
        """An opt-out that names no message is of the last one that the person got. Who has opted out already does not do so
        again."""
        mail = p.mail
        if self.noted is None or mail is None:
            return
        sent = sent or _last(mail)
        if sent is not None and not self._is_out(mail, sent):
            version, sure = self._version_of(p, sent)
            self.noted.append(Noted("opt_out", version, at, sent.at, sure))

    def _is_out(self, mail: Mail, sent: SentMail) -> bool:
        if source_of(self, None) in mail.withdrawn or source_of(self, sent) in mail.withdrawn:
            return True
        return (sent.channel, self.machine.gates.hashed(sent.address)) in mail.suppressed

    def _version_of(self, p: Profile, sent: SentMail) -> tuple[str, int]:
        """Whose message it was, and since when that is sure. Of whom has left it is known into which version they would be let
        in now, which is the one they were in if they entered since that was last changed."""
        for inst in p.instances.values():
            if (inst.journey.name, inst.key, inst.entered) == (sent.journey, sent.key, sent.entered):
                return inst.journey.spec.name, -INFINITY
        versions = [one for one in self.machine.program.journeys if known_as(one) == sent.journey]
        if len(versions) == 1:
            return versions[0].name, -INFINITY
        drawn = chance(f"ramp {sent.journey}", sent.origin) * WHOLE
        for one in versions:
            low, high = one.admits if isinstance(one, Version) else (0, WHOLE)
            if low <= drawn < high:
                return one.name, sent.entered
        return sent.journey, sent.entered


def _last(mail: Mail) -> SentMail | None:
    newest = [rows[-1] for rows in (mail.capped, mail.others) if rows]
    return max(newest, key=lambda sent: sent.at, default=None)
