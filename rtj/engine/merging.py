"""Two profiles become one (S2.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtj.engine.admission import KEYS_MAX
from rtj.engine.calendar import INFINITY
from rtj.engine.consent import before_merge
from rtj.engine.receipts import merge_mail
from rtj.engine.state import Profile
from rtj.engine.windows import stamp_of

if TYPE_CHECKING:
    from rtj.engine.kernel import Kernel


def merge(k: Kernel, stays: Profile, goes: Profile, at: int) -> None:
    """Unite `goes` into `stays`, which was born first. Both have closed every instant before `at`. Again changes nothing."""
    if not _begin(k, stays, goes, at):
        return
    refusing = before_merge(k.machine.gates.declared, stays, goes, at)
    merge_mail(stays, goes)
    _facts(stays, goes)
    for aggregate in k.machine.aggregates.values():
        aggregate.merge(stays, goes, at)
    for refuse in refusing:
        refuse(stays)
    stays.members |= goes.members
    stays.conditions |= goes.conditions
    _held(stays, goes)
    for slot, entered in goes.last_entries.items():
        stays.last_entries[slot] = max(entered, stays.last_entries.get(slot, -INFINITY))
    for journey, count in (goes.entries or {}).items():
        stays.entries = stays.entries or {}
        stays.entries[journey] = stays.entries.get(journey, 0) + count
    if stays.partials or goes.partials:
        _partials(k, stays, goes, at)
    if goes.schedules:
        _schedules(stays, goes)
    if goes.sends:
        stays.sends = [*(stays.sends or ()), *goes.sends]
    stays.serial = max(stays.serial, goes.serial)
    stays.written = max(stays.written, goes.written)
    if goes.instances:
        _instances(k, stays, goes, at)
    if stays.next_changes is not None or goes.next_changes is not None:
        if stays.next_changes is None:
            k.first_look(stays, at)
        stays.next_changes = [at] * len(stays.next_changes or ())
        stays.recheck = at
    if k.machine.zone_slot is not None and stays.schedules:
        k.zone_changed(stays, at)
    stays.due = min(stays.due, goes.due, at)
    k.merged(stays, goes, at)


def take_over(k: Kernel, stays: Profile, goes: Profile, at: int) -> None:
    """The same where `goes` is born by the very event that merges it, so that nothing is known of it but its identifiers."""
    if not _begin(k, stays, goes, at):
        return
    k.look_at_lists(stays, at)
    k.merged(stays, goes, at)


def _begin(k: Kernel, stays: Profile, goes: Profile, at: int) -> bool:
    """Say that two become one; False when they are already."""
    if goes.gone:
        return False
    goes.gone = True
    k.count("merged")
    if k.tracing:
        k.report(stays, at, what="merged", other=goes.origin)
    return True


def _facts(stays: Profile, goes: Profile) -> None:
    """By latest (ts, source, position); a missing value never overwrites."""
    if stays.stamps is None or goes.stamps is None:
        return
    for slot, (old, new) in enumerate(zip(stays.stamps, goes.stamps, strict=True)):
        if new is not None and (old is None or new > old):
            stays.attributes[slot] = goes.attributes[slot]
            stays.stamps[slot] = new


def _held(stays: Profile, goes: Profile) -> None:
    if goes.held is None:
        return
    if stays.held is None:
        stays.held = list(goes.held)
        return
    for slot, since in enumerate(goes.held):
        mine = stays.held[slot]
        if since is not None and (mine is None or since < mine):
            stays.held[slot] = since


def _partials(k: Kernel, stays: Profile, goes: Profile, at: int) -> None:
    """No pattern fires by a merge; of two waiting matches the older stays. Those whose time has passed are none."""
    for p in (stays, goes):
        if p.partials:
            p.partials = {key: one for key, one in p.partials.items() if not one.step or one.due >= at}
    for key, theirs in (goes.partials or {}).items():
        if stays.partials is None:
            stays.partials = {}
        mine = stays.partials.get(key)
        if mine is not None and not mine.step and not theirs.step:
            united = sorted([*mine.recent, *theirs.recent], key=stamp_of)
            mine.recent = united[1 - k.machine.count_of(key[0]) :]
        elif mine is None or stamp_of(theirs.recent[0]) < stamp_of(mine.recent[0]):
            stays.partials[key] = theirs


def _schedules(stays: Profile, goes: Profile) -> None:
    for gid, theirs in (goes.schedules or {}).items():
        if stays.schedules is None:
            stays.schedules = {}
        mine = stays.schedules.get(gid)
        earlier = theirs if mine is None or theirs[0] < mine[0] else mine
        fired = theirs[1] if mine is None else max(theirs[1], mine[1])
        stays.schedules[gid] = (earlier[0], fired, earlier[2])


def _instances(k: Kernel, stays: Profile, goes: Profile, at: int) -> None:
    """Of two with one key the first entered stays, the other leaves as `merged`; over ten, the newest leave."""
    lost = []
    for slot, theirs in goes.instances.items():
        mine = stays.instances.get(slot)
        if mine is None or theirs.order < mine.order:
            stays.instances[slot] = theirs
        if mine is not None:
            lost.append(max(mine, theirs, key=lambda inst: inst.order))
    for inst in sorted(lost, key=lambda inst: inst.order):
        k.let_go(stays, inst, at, "merged")
    stays.instances = dict(sorted(stays.instances.items(), key=lambda item: item[1].order))
    counts: dict[int, int] = {}
    for inst in list(stays.instances.values()):
        counts[inst.journey.slot] = counts.get(inst.journey.slot, 0) + 1
        if counts[inst.journey.slot] > KEYS_MAX:
            k.leave(stays, inst, at, "merged")
