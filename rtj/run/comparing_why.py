"""Why two versions part for one person: the first records of two traces that differ, in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import takewhile, zip_longest
from typing import Any, TypeAlias

from rtj.connect.versions import WHICH
from rtj.engine.calendar import find_zone
from rtj.ir.comparison import Pair
from rtj.ir.journey import Branch, Case, Node, Split, WaitFor
from rtj.ir.program import Program
from rtj.ir.spelling import Speller, length_text
from rtj.run.comparing_names import Names

Told: TypeAlias = Mapping[str, Any]


class Teller:
    """Knows both versions well enough to say what a record means."""

    def __init__(self, old: Program, new: Program, names: Names) -> None:
        self.names = names
        self._zone = find_zone(new.timezone)
        self._spell = {"old": Speller(old).spell, "new": Speller(new).spell}
        self._nodes = {
            "old": {(j.name, node.id): node for j in old.journeys for node in j.nodes},
            "new": {(j.name, node.id): node for j in new.journeys for node in j.nodes},
        }

    def parting(self, old: Sequence[Told], new: Sequence[Told]) -> tuple[int, Told | None, Told | None] | None:
        """The place of the first records of two traces that do not say the same, and the records. Where one trace has none at
        that instant, the record of the other stands alone."""
        for place in range(max(len(old), len(new))):
            one = old[place] if place < len(old) else None
            other = new[place] if place < len(new) else None
            if one is None or other is None:
                return place, one, other
            if self.names.essence(one, "old") != self.names.essence(other, "new"):
                return place, *self._at_once(old[place:], new[place:])
        return None

    def _at_once(self, old: Sequence[Told], new: Sequence[Told]) -> tuple[Told | None, Told | None]:
        """Of two rests of traces that begin otherwise: both first records, if either stands for the other; or the one that the
        other trace has not at all."""
        one, other = old[0], new[0]
        if one["at"] != other["at"]:
            return (one, None) if str(one["at"]) < str(other["at"]) else (None, other)
        rests = (takewhile(lambda record: record["at"] == one["at"], rest) for rest in (old, new))
        was, now = ([self.names.essence(record, side) for record in rest] for rest, side in zip(rests, WHICH, strict=True))
        if was[0] in now:
            return None, other
        if now[0] in was:
            return one, None
        return one, other

    def sentence(self, old: Told | None, new: Told | None) -> str:
        """What was decided where, and why it is another decision."""
        record = new if new is not None else old
        assert record is not None, "nothing has parted"
        where = f"at node `{record['node']}` " if "node" in record else ""
        when = self._moment(str(record["at"]))
        if old is None:
            return f"{where}{when}: {self._words(record, 'new')}; before, nothing happened then"
        if new is None:
            return f"{where}{when}: before {self._words(old, 'old')}; now nothing happens then"
        if old["what"] == new["what"] == "goes" and self.names.essence(old, "old")["node"] == new["node"]:
            return f"{where}{when}: {self._choice(old, new)}"
        if old["what"] == new["what"] == "waits" and old.get("until") and new.get("until"):
            return f"{where}{when}: waits until {self._moment(new['until'])}, before until {self._moment(old['until'])}"
        return f"{where}{when}: {self._words(new, 'new')}; before {self._words(old, 'old')}"

    def _moment(self, text: str) -> str:
        moment = datetime.fromisoformat(text)
        try:
            local = moment.astimezone(self._zone)
        except OverflowError:
            local = moment
        spare = "minutes" if not (local.second or local.microsecond) else "seconds"
        return local.replace(tzinfo=None).isoformat(" ", spare)

    def _choice(self, old: Told, new: Told) -> str:
        """Why a choice has become another."""
        was, now = self._node(old, "old"), self._node(new, "new")
        to = f"goes to `{new['to']}`"
        match was, now:
            case Branch(), Branch():
                return f"{self._arms((was, str(old['to'])), (now, str(new['to'])))}; {to}"
            case Split(), Split():
                return f"is drawn for `{new['to']}`, before for `{old['to']}`"
            case WaitFor(), WaitFor():
                before, after = self._case(was, str(old["to"]), "old"), self._case(now, str(new["to"]), "new")
                return f"goes on by {after}, before by {before}"
            case _:
                return f"{to}, before to `{old['to']}`"

    def _arms(self, old: tuple[Branch, str], new: tuple[Branch, str]) -> str:
        (was, before), (now, after) = old, new
        place, other = _number(before, "arm "), _number(after, "arm ")
        if place is not None and (other is None or place < other) and place < len(now.arms):
            text, changed = self._spell["old"](was.arms[place].when), self._spell["new"](now.arms[place].when)
            return f"`{text}` no longer holds" if text == changed else f"`{changed}` does not hold, as `{text}` did"
        if other is not None and other < len(was.arms):
            text, changed = self._spell["old"](was.arms[other].when), self._spell["new"](now.arms[other].when)
            return f"`{changed}` holds now" if text == changed else f"`{changed}` holds, as `{text}` did not"
        if other is not None:
            return f"`{self._spell['new'](now.arms[other].when)}` holds, which was not asked before"
        return f"`{self._spell['old'](was.arms[place].when)}` is no longer asked" if place is not None else "no arm holds"

    def _case(self, node: WaitFor, to: str, which: str) -> str:
        place = _number(to, "case ")
        return f"`{to}`" if place is None or place >= len(node.cases) else self._case_words(node.cases[place], which)

    def _case_words(self, case: Case, which: str) -> str:
        if case.step is not None:
            return "`" + " or ".join(case.step.events) + "`"
        if case.condition is not None:
            return f"`{self._spell[which](case.condition)}`"
        return f"the end of {length_text(case.after)}" if case.after is not None else "the end of its time"

    def _node(self, record: Told, which: str) -> Node | None:
        return self._nodes[which].get((str(record.get("journey")), str(record.get("node"))))

    def _words(self, record: Told, which: str) -> str:
        what, journey = str(record["what"]), record.get("journey")
        match what:
            case "entered":
                return f"enters `{journey}`"
            case "refused":
                return f"is not let into `{journey}` ({record['reason']})"
            case "left":
                return f"leaves `{journey}` ({record['reason']})"
            case "goal":
                return f"reaches the goal of `{journey}`"
            case "waits":
                return f"waits until {self._moment(str(record['until']))}" if record.get("until") else "waits"
            case "goes":
                return self._goes(record, which)
            case "sent":
                return f"gets `{record['template']}` by `{record['channel']}`{_pairs(record)}"
            case "blocked":
                return f"`{record['template']}` is stopped by {record['gate']} ({record['rule']})"
            case "held":
                return f"is not sent to by `{record['channel']}` until {self._moment(str(record['until']))}"
            case "called":
                return f"calls `{record['webhook']}`"
            case _:
                return _other_words(what, record)

    def _goes(self, record: Told, which: str) -> str:
        node, to = self._node(record, which), str(record["to"])
        match node:
            case Branch() if (place := _number(to, "arm ")) is not None:
                return f"goes to `{to}`, as `{self._spell[which](node.arms[place].when)}` holds"
            case WaitFor():
                return f"goes on by {self._case(node, to, which)}"
            case _:
                return f"goes to `{to}`"


def _other_words(what: str, record: Told) -> str:
    match what:
        case "joined":
            return f"joins the audience `{record['audience']}`"
        case "left_audience":
            return f"leaves the audience `{record['audience']}`"
        case "set":
            names = ", ".join(f"`{name}`" for name in record.get("attributes", {}))
            return f"is set {names}"
        case "emitted":
            return f"emits `{record['event']}`"
        case "started":
            return f"starts `{record['other']}`"
        case _:
            return f"is {what.replace('_', ' ')}"


def _pairs(record: Told) -> str:
    pairs = record.get("vars") or {}
    return f" with {', '.join(f'{name} = {value}' for name, value in pairs.items())}" if pairs else ""


def _number(to: str, word: str) -> int | None:
    """The place of an arm or case that a trace calls by its number."""
    rest = to.removeprefix(word)
    return int(rest) - 1 if rest != to and rest.isdigit() else None


def paired(old: Sequence[Told], new: Sequence[Told], names: Names) -> list[Pair]:
    """Two traces of one person beside each other: instant by instant, what is the same on both sides first come, first served."""
    pairs: list[Pair] = []
    groups: dict[str, tuple[list[Told], list[Told]]] = {}
    for side, records in enumerate((old, new)):
        for record in records:
            groups.setdefault(str(record["at"]), ([], []))[side].append(record)
    for at in sorted(groups):
        pairs += _at_an_instant(*groups[at], names)
    return pairs


def _at_an_instant(old: list[Told], new: list[Told], names: Names) -> Iterator[Pair]:
    """The longest beginning and the longest end that are the same stand beside each other; between them what is not."""
    was = [names.essence(record, "old") for record in old]
    now = [names.essence(record, "new") for record in new]
    head = next(
        (place for place, (one, other) in enumerate(zip(was, now, strict=False)) if one != other), min(len(was), len(now))
    )
    left = min(len(was), len(now)) - head
    tail = next((n for n in range(left) if was[-1 - n] != now[-1 - n]), left)
    for place in range(head):
        yield Pair(old[place], new[place], same=True)
    middle = (old[head : len(old) - tail], new[head : len(new) - tail])
    for one, other in zip_longest(*middle):
        yield Pair(one, other, same=False)
    for place in range(tail, 0, -1):
        yield Pair(old[-place], new[-place], same=True)
