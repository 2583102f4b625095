"""The effective level of a change is what it does to those who are inside; timers, consent and caps are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import pytest

from rtj.base.errors import InputError
from rtj.compile import compile_text
from rtj.ir.journey import Dropped, Moved
from rtj.ir.program import Program, fingerprint
from rtj.ir.records import Instant
from rtj.ir.standing import Held, Reach, Recent, Shut, Snapshot, Standing, StandingHeader, StandingInstance, StandingProfile
from rtj.plan.changes import Change, Diff, Judged
from rtj.plan.diff import diff
from rtj.plan.evidence import Weighed, weigh
from rtj.plan.ground import grounds
from rtj.plan.sides import Side
from rtj.plan.ways_in import changes_of_ways_in
from rtj.plan.weighed import unweighed, weighed, weighed_by
from tests.run import shop
from tests.run.test_instances import by_trace, read, snapshot

DAY = 86_400_000
PROJECT = """\
project: t
timezone: Europe/Berlin
identity: {u: {kind: person, priority: 1, unique: true}}
events: {go: {n: number?}, bought: {}, asked: {}}
profile: {ok: {type: bool?}}
channels:
  email: {purpose: marketing, default: granted}
  sms: {purpose: marketing, default: granted}
messages:
  receipt: {purpose: transactional}
caps:
  daily: {at_most: 2, per: 24h}
"""
HEAD = "journey: a\nenter: {on: go, as: came, again: always}\n"
OLD = (
    HEAD
    + """\
do:
  - {id: rest, wait: 3 days}
  - {id: hello, send: hello, by: email}
  - {id: answer, wait_for: [{on: bought, do: [{exit: done}]}, {after: 5d}]}
  - {id: late, wait: 1d}
  - {id: bye, send: bye, by: sms}
"""
)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text + "+00:00").timestamp() * 1000)


NOW = at("2026-03-30T12:00")


def side(journeys: str | Sequence[str], project: str = PROJECT, name: str = "old", **headers: Any) -> Side:
    texts = (journeys,) if isinstance(journeys, str) else journeys
    done = compile_text(project, *texts)
    assert done.program is not None, [d.message for d in done.diagnostics]
    made = tuple(msgspec.structs.replace(journey, **headers) for journey in done.program.journeys)
    return Side(name, msgspec.structs.replace(done.program, journeys=made))


def person(number: int, *instances: StandingInstance, **more: Any) -> Standing:
    name = f"u:{number:03}"
    given = {"zone": "Europe/Berlin", "reach": {"email": Reach(), "sms": Reach()}, **more}
    return Standing(StandingProfile(name, **given), tuple(msgspec.structs.replace(one, profile=name) for one in instances))


def inside(node: str, old: Side, journey: str = "a", **more: Any) -> StandingInstance:
    version = next((fingerprint(one) for one in old.program.journeys if one.name == journey), "")
    given = {"version": version, "entered": Instant(NOW - 2 * DAY), "since": Instant(NOW - 2 * DAY), **more}
    return StandingInstance(profile="", journey=journey, id="id", node=node, **given)


@dataclass
class Case:
    """Both versions, and what is different."""

    old: Side
    new: Side

    @property
    def changes(self) -> list[Change]:
        found = [judged.change for judged in diff(self.old, self.new).every]
        for ground in grounds(self.old.program.journeys, self.new.program.journeys):
            if ground.new is not None:
                found += changes_of_ways_in(self.old, self.new, ground.old, ground.new)
        return found

    def weigh(self, *standings: Standing) -> Weighed:
        return weigh(self.changes, self.old, self.new, standings, NOW)

    def judged(self, code: str, *standings: Standing) -> Judged:
        return next(one for one in self.weigh(*standings).judged if one.change.code == code)


def case(before: str, after: str, *, times: int = 1, **headers: Any) -> Case:
    assert before in OLD
    old = side(OLD)
    return Case(old, side(OLD.replace(before, after, times), name="new", **headers))


def people(old: Side, **where: int) -> list[Standing]:
    """So many at each node."""
    spots = [node for node, count in where.items() for _ in range(count)]
    return [person(number, inside(node, old)) for number, node in enumerate(spots)]


Row: TypeAlias = tuple[str, str, dict[str, Any], str, dict[str, int], int, str, str]
REST = "  - {id: rest, wait: 3 days}\n"
LATE = "  - {id: late, wait: 1d}\n"
# before, after, headers of the new version -> code, who is inside, here, effective level, a part of what is told
TABLE: tuple[Row, ...] = (
    (LATE, "", {}, "D102", {}, 0, "safe", "nobody is inside"),
    (LATE, "", {}, "D102", {"rest": 3}, 0, "safe", "0 of 3 inside stand here"),
    (LATE, "", {}, "D102", {"rest": 3, "late": 2}, 2, "breaking", "2 of 5 inside stand here"),
    ("id: late", "id: later", {"moved": "late later"}, "D103", {"late": 2}, 2, "needs-migration", "stand at `later`"),
    ("id: late", "id: later", {"moved": "late later"}, "D103", {"rest": 2}, 0, "safe", "0 of 2"),
    (LATE, "", {"dropped": "late bye"}, "D107", {"late": 1}, 1, "needs-migration", "they go on at `bye`"),
    (LATE, "", {"dropped": "late"}, "D107", {"late": 1}, 1, "needs-migration", "they leave"),
    ("send: bye", "send: ciao", {}, "D131", {"late": 4}, 4, "behaviour", "4 of 4 inside stand here or can still come here"),
    ("send: hello", "send: hi", {}, "D131", {"answer": 4, "late": 1}, 0, "safe", "0 of 5"),
    ("send: hello", "send: hi", {}, "D131", {"answer": 4, "rest": 1}, 1, "behaviour", "1 of 5"),
    ("wait: 3 days", "wait: 5 days", {}, "D121", {"rest": 2, "late": 1}, 0, "safe", "`timers: keep`: 2 wait here and keep"),
    ("after: 5d", "after: 6d", {}, "D121", {"rest": 2, "answer": 3}, 2, "behaviour", "2 of 5 inside can still come here"),
    ("after: 5d", "after: 1d", {"timers": "rebase"}, "D122", {"answer": 3}, 3, "needs-migration", "3 of 3 are overdue"),
    ("after: 5d", "after: 4d", {"timers": "rebase"}, "D122", {"answer": 3}, 3, "behaviour", "0 of 3 are overdue"),
    ("after: 5d", "after: 1d", {"timers": "rebase"}, "D122", {"late": 3}, 0, "safe", "0 of 3"),
    ("after: 5d", "after: 1d", {"timers": "restart"}, "D122", {"answer": 3}, 3, "behaviour", "3 begin to wait anew (in force)"),
    ("journey: a\n", "journey: a\nmax_duration: 1d\n", {}, "D153", {"rest": 2}, 2, "behaviour", "2 have been inside for longer"),
    ("journey: a\n", "journey: a\nmax_duration: 4d\n", {}, "D153", {"rest": 2}, 2, "behaviour", "2 of 2 inside are concerned"),
    ("journey: a\n", "journey: a\nexit: {on: asked}\n", {}, "D153", {"rest": 2}, 2, "behaviour", "--events"),
    ("journey: a\n", "journey: a\nexit: {on: asked}\n", {}, "D153", {}, 0, "safe", "nobody is inside"),
    ("send: bye", "send: ciao", {"on_deploy": "pin"}, "D131", {"late": 4}, 0, "safe", "`on_deploy: pin`"),
    ("send: bye", "send: ciao", {"on_deploy": "boundary"}, "D131", {"late": 4}, 4, "behaviour", "`on_deploy: boundary`"),
    ("send: bye", "send: ciao", {"on_deploy": "pin"}, "D181", {"late": 4}, 4, "needs-migration", "4 of 4"),
    ("again: always", "again: never", {}, "D152", {"late": 4}, 0, "behaviour", ""),
)


def with_headers(headers: dict[str, Any]) -> dict[str, Any]:
    """Those of the table as the compiled journey holds them."""
    found = dict(headers)
    if "moved" in found:
        found["moved"] = (Moved(*found["moved"].split()),)
    if "dropped" in found:
        found["dropped"] = (Dropped(*found["dropped"].split()),)
    return found


@pytest.mark.parametrize("row", TABLE)
def test_the_table(row: Row) -> None:
    before, after, headers, code, where, here, level, said = row
    one = case(before, after, **with_headers(headers))
    judged = one.judged(code, *people(one.old, **where))
    assert judged.evidence is not None
    assert (judged.effective, judged.evidence.here, judged.evidence.inside) == (level, here, sum(where.values()))
    assert said in "; ".join(judged.evidence.told)


def test_what_is_not_known_stays_as_it_is() -> None:
    """Without evidence every level is the static one; but who finishes on the old version is safe in any case."""
    one = case("send: bye", "send: ciao")
    found = diff(one.old, one.new)
    assert unweighed(found, one.new) == found
    assert {judged.effective for judged in found.every} == {"behaviour"}
    pinned = side(OLD.replace("send: bye", "send: ciao"), on_deploy="pin")
    by_code = {judged.change.code: judged.effective for judged in unweighed(diff(one.old, pinned), pinned).every}
    assert by_code["D131"] == "safe"


def test_a_deadline_that_was_not_there_must_be_decided_on() -> None:
    """D123: how many wait without it, and what each policy does to them; under `rebase`, who would go on at once."""
    bare = OLD.replace(", {after: 5d}", ", {on: asked}")
    for policy, level in (("keep", "needs-migration"), ("rebase", "needs-migration"), ("restart", "behaviour")):
        one = Case(side(bare), side(bare.replace(", {on: asked}", ", {on: asked}, {after: 1d}"), timers=policy))
        waiting = [person(n, inside("answer", one.old, since=Instant(NOW - n * DAY))) for n in range(4)]
        judged = one.judged("D123", *waiting)
        assert judged.evidence is not None and judged.effective == level, policy
        told = "; ".join(judged.evidence.told)
        assert "4 wait here and wait on without a deadline" in told and "2 of 4 are overdue" in told
        assert judged.evidence.overdue == (2 if policy == "rebase" else 0)
        assert one.judged("D123", *people(one.old, late=2)).effective == "safe"


def test_calendar_lengths_are_counted_on_the_clock_of_each_person() -> None:
    """Two days that began at 12:30 on the 28th of March are 47 hours where the clock goes forward on the 29th; so they are over
    at 10:30 UTC in Berlin, at 12:30 UTC where no clock changes, and not over in New York."""
    one = case("wait: 3 days", "wait: 2 days", timers="rebase")
    since = Instant(at("2026-03-28T12:30"))
    over = {
        zone: one.judged("D122", person(1, inside("rest", one.old, since=since), zone=zone)).evidence
        for zone in ("Europe/Berlin", "Asia/Kathmandu", "America/New_York", "")
    }
    assert {zone: found.overdue for zone, found in over.items() if found is not None} == {
        "Europe/Berlin": 1, "Asia/Kathmandu": 0, "America/New_York": 0, "": 1,
    }  # fmt: skip


@pytest.mark.parametrize("channel", ["sms", "push"])
def test_another_channel_asks_for_consent_anew(channel: str) -> None:
    """D132: who could not be sent to by it, and of whom nobody knows; transactional messages pass by consent."""
    project = PROJECT.replace("messages:", "  push: {purpose: marketing, default: granted}\nmessages:")
    old, new = side(OLD), side(OLD.replace("send: hello, by: email", f"send: hello, by: {channel}"), project)
    one = Case(old, new)
    no = Reach(marketing=Shut("consent", "unknown"))
    found = [
        person(1, inside("rest", old), reach={"email": Reach(), "sms": no}),
        person(2, inside("rest", old), reach={"email": no, "sms": Reach(Shut("address", "missing"), Shut("address", "missing"))}),
        person(3, inside("rest", old)),
        person(4, inside("late", old), reach={"email": Reach(), "sms": no}),
    ]
    judged = one.judged("D132", *found)
    assert judged.evidence is not None and judged.evidence.here == 3 and judged.effective == "behaviour"
    told = "; ".join(judged.evidence.told)
    if channel == "push":
        assert judged.evidence.blocked == () and "of 3 it is not known whether they can be sent to by `push`" in told
        return
    assert judged.evidence.blocked == (("address", 1), ("consent", 1))
    assert "2 of them could not be sent to by `sms` now (address 1, consent 1)" in told
    assert "1 of these can be sent to as it was" in told


def test_a_receipt_passes_by_consent() -> None:
    old = side(OLD.replace("send: hello", "send: receipt"))
    one = Case(old, side(OLD.replace("send: hello, by: email", "send: receipt, by: sms")))
    no = Reach(marketing=Shut("consent", "unknown"))
    judged = one.judged("D132", person(1, inside("rest", old), reach={"email": Reach(), "sms": no}))
    assert judged.evidence is not None and (judged.evidence.here, judged.evidence.blocked) == (1, ())


def test_a_tighter_cap_is_full_for_some() -> None:
    """D162: of those who have a covered message ahead, for how many profiles it is full now and was not before."""
    old, new = side(OLD), side(OLD, PROJECT.replace("at_most: 2", "at_most: 1"))
    change = Change("D162", "behaviour", "cap daily", "2", "1", concerns="everybody", was=("cap", "daily"), now=("cap", "daily"))

    def sent(*hours: int) -> tuple[Recent, ...]:
        return tuple(Recent(Instant(NOW - hour * 3_600_000), "email", "", "a") for hour in hours)

    found = [
        person(1, inside("rest", old), inside("late", old), recent=sent(1)),
        person(2, inside("rest", old), recent=sent(25)),
        person(3, inside("rest", old), recent=sent(1, 2)),
        person(4, inside("bye", old), recent=sent(3)),
    ]
    judged = weigh([change], old, new, found, NOW).judged[0]
    assert judged.evidence is not None and judged.evidence.blocked == (("cap", 2),)
    assert judged.evidence.told == (
        "4 profiles inside have a message ahead that it covers", "for 3 of them it would be full now, for 2 it is not full today",
    )  # fmt: skip
    nobody = weigh([change], old, new, [], NOW).judged[0]
    assert nobody.effective == "safe"  # of a rule of the whole project nobody who is inside is left to notice


def test_journeys_that_are_gone_or_have_another_name() -> None:
    old = side((OLD, OLD.replace("journey: a", "journey: b")))
    gone = Case(old, side(OLD.replace("journey: a", "journey: b")))
    assert gone.judged("D003", *people(old, rest=2)).effective == "breaking"
    assert gone.judged("D003", person(1, inside("rest", old, "b"))).effective == "safe"
    renamed = Case(side(OLD), side(OLD.replace("journey: a", "journey: z"), formerly="a"))
    found = renamed.weigh(*people(renamed.old, rest=2))
    assert dict(found.inside) == {"z": 2}
    assert {judged.change.code: judged.effective for judged in found.judged}["D004"] == "needs-migration"


def test_a_key_that_is_gone() -> None:
    old = side(OLD.replace("again: always", "key: text(came.n), again: always"))
    one = Case(old, side(OLD))
    twice = person(1, inside("rest", old, key="1"), inside("rest", old, key="2"), inside("rest", old, key="3"))
    told = one.judged("D154", twice, person(2, inside("rest", old, key="1"))).evidence
    assert told is not None and told.told[-1] == "1 profile is inside more than once"


def test_what_nobody_knows_is_told() -> None:
    """A snapshot of another program: people are counted where names agree; where nobody knows the place, everything is ahead."""
    one = case("send: bye", "send: ciao")
    standings = [
        person(1, inside("rest", one.old, version="other")),
        person(2, inside("nowhere", one.old)),
        person(3, inside("rest", one.old, "stranger")),
    ]
    found = one.weigh(*standings)
    assert (found.instances, found.profiles, dict(found.inside)) == (3, 3, {"a": 2})
    evidence = found.judged[0].evidence
    assert evidence is not None and (evidence.here, evidence.inside) == (2, 2)
    assert found.remarks == (
        "1 instance not weighed: old does not have the journeys `stranger`",
        "`a`: 1 instance at nodes that old does not have, counted as if everything lay ahead",
        "1 instance entered another version of their journey than that of old",
    )


# ---- whole differences, and files


def lines(old: Side, standings: Iterable[Standing], program: str = "", **more: Any) -> Iterable[bytes]:
    yield msgspec.json.encode(StandingHeader("0", program or fingerprint(old.program), None, **more)).replace(
        b'"at":null', b'"at":"2026-03-30T12:00:00Z"'
    )

    def text(value: object) -> str:
        assert isinstance(value, Instant)
        return datetime.fromtimestamp(value / 1000, tz=UTC).isoformat()

    encode = msgspec.json.Encoder(enc_hook=text).encode
    for standing in standings:
        yield encode(standing.profile)
        yield from map(encode, standing.instances)


def test_a_whole_difference_is_weighed_and_put_in_order() -> None:
    """The most harmful first, by what it is in effect; how many are inside of each journey, and of all."""
    one = case("send: bye", "send: ciao")
    new = side(OLD.replace("send: bye", "send: ciao").replace(REST, ""), name="new")
    found = diff(one.old, new)
    assert [judged.change.code for judged in found.every] == ["D102", "D131", "D105"]
    by_all = weighed(found, one.old, new, Snapshot(iter(lines(one.old, people(one.old, late=3)))))
    assert [(judged.change.code, judged.effective) for judged in by_all.every] == [
        ("D131", "behaviour"), ("D102", "safe"), ("D105", "safe"),
    ]  # fmt: skip
    assert (by_all.instances, by_all.journeys[0].inside, by_all.remarks, by_all.level) == (3, 3, (), "behaviour")
    live = weighed_by(found, one.old, new, people(one.old, late=3), NOW)
    assert live == by_all


def test_what_is_wrong_with_a_snapshot_is_said() -> None:
    one = case("send: bye", "send: ciao")
    broken = list(lines(one.old, people(one.old, late=2), "another", interrupted=True))
    broken[3:3] = [b"", b"{", b'{"what":"instance"}', b'{"x":' + b"[" * 99_999, broken[0], b'{"what":"profile","profile":"\xff"}']
    found = weighed(diff(one.old, one.new), one.old, one.new, Snapshot(iter(broken), "s.jsonl"))
    assert found.instances == 2
    program, cut, bad = found.remarks
    assert program == "s.jsonl is of another program (another) than old: people are counted where names agree"
    assert "broken off" in cut
    assert bad.startswith("s.jsonl, line 5: left out: ") and bad.endswith(", and 4 more")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "no snapshot of instances"),
        (b"ada@x.org", "no snapshot of instances"),
        (b'{"what":"header","rtj":"0","program":"p","at":null,"format":9}', "a snapshot of format 9; this rtj reads format 1"),
        (b'{"what":"profile","profile":"u:1"}', "the first line is no header"),
    ],
)
def test_what_is_no_snapshot(text: bytes, why: str) -> None:
    with pytest.raises(InputError, match=why):
        Snapshot(iter(text.splitlines()))


def test_lines_of_instances_alone_are_enough() -> None:
    """Somebody has picked some lines: what is said of profiles is missing, and so not known."""
    one = case("send: hello, by: email", "send: hello, by: sms")
    picked = [line for line in lines(one.old, people(one.old, rest=2)) if b'"profile",' not in line]
    found = weighed(diff(one.old, one.new), one.old, one.new, Snapshot(iter(picked)))
    evidence = found.every[0].evidence
    assert evidence is not None and evidence.told[-1] == "of 2 it is not known whether they can be sent to by `sms`"


def test_a_large_snapshot_streams() -> None:
    """Nothing is kept of a profile once it is counted."""
    one = case("send: bye", "send: ciao")
    taken = 0

    def many() -> Iterable[Standing]:
        nonlocal taken
        for number in range(20_000):
            taken = number
            yield person(number, inside("late", one.old))

    source = many()
    result = one.weigh(*islice(source, 1))
    assert (result.instances, taken) == (1, 0)
    whole = weigh(one.changes, one.old, one.new, many(), NOW)
    assert whole.instances == 20_000 and whole.judged[0].evidence is not None and whole.judged[0].evidence.here == 20_000


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_a_trace(tmp_path: Path, seed: int) -> None:
    """Who stands where by a snapshot of a simulation, weighed, is what `rtj graph --counts` reads from its trace."""
    program: Program = shop.program()
    path = shop.write(tmp_path / "events.jsonl", shop.stream(seed))
    _, standings = read(snapshot(tmp_path, program, path))
    gone = tuple(msgspec.structs.replace(journey, nodes=(), first=None) for journey in program.journeys)
    old, new = Side("old", program), Side("new", msgspec.structs.replace(program, journeys=gone))
    changes = [judged.change for judged in diff(old, new).every]
    here: dict[str, Counter[str]] = {}
    for judged in weigh(changes, old, new, standings, shop.START).judged:
        if judged.change.code == "D102" and judged.change.concerns == "here" and judged.evidence is not None:
            here.setdefault(judged.change.journey, Counter())[judged.change.node] = judged.evidence.here
    assert {name: +counts for name, counts in here.items() if counts.total()} == by_trace(tmp_path)


def test_no_difference_is_none(tmp_path: Path) -> None:
    old = side(OLD)
    found = weighed(diff(old, old), old, old, Snapshot(iter(lines(old, people(old, rest=2)))))
    assert isinstance(found, Diff) and found.every == () and found.instances == 2


def test_messages_that_are_held_as_quiet_hours_change() -> None:
    old, new = side(OLD), side(OLD, PROJECT + "quiet_hours: {from: 22:00, to: 08:00}\n")
    change = Change("D162", "behaviour", "quiet_hours", concerns="everybody", now=("quiet_hours",))
    held = inside("bye", old, held=Held("sms", Instant(NOW + DAY)), due=Instant(NOW + DAY))
    judged = weigh([change], old, new, [person(1, held), *people(old, rest=2)], NOW).judged[0]
    assert judged.effective == "behaviour" and judged.evidence is not None
    assert judged.evidence.told == ("1 message is held now and decided again when the old quiet hours end",)


def test_who_has_no_way_out_any_more() -> None:
    """D124 that leaves nothing to wait for: stranded are those who stand there or still come there."""
    one = case("send: bye", "send: ciao")
    gone = Change("D124", "breaking", "answer timeout", journey="a", node="answer", concerns="ahead",
                  was=("journey", "a", "node", "answer", "case", "1"))  # fmt: skip
    found = [
        weigh([gone], one.old, one.new, people(one.old, **where), NOW).judged[0]
        for where in ({"answer": 2, "rest": 1}, {"late": 1})
    ]
    assert [(judged.effective, judged.evidence.here) for judged in found if judged.evidence] == [("breaking", 3), ("safe", 0)]
    assert found[0].evidence is not None and "they would be stranded: no way out is left" in found[0].evidence.told
