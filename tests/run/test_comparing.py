"""Two versions over the same events: what differs is what two separate simulations would show, whoever works it, and mirrored."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from rtj.ir.comparison import Comparison
from rtj.run import comparing, worker
from rtj.run import simulate as replaying
from rtj.run.comparing_person import People
from tests.run.comparisons import Pair, by_hand, counted, mirror, pair, schemas_apart, told

encode = msgspec.json.encode
SMALL = ((replaying, "SPILL_BYTES", 100), (replaying, "SHARD_BYTES", 4_000), (worker, "ROWS_MAX", 20), (worker, "BORN_MAX", 3))


def sums(comparison: Comparison, *, new: bool) -> Counter[tuple[str, ...]]:
    return Counter({
        (t.what, t.journey, *t.detail): n for t in comparison.tallies if (n := t.after if new else t.before)
    })  # fmt: skip


def check(two: Pair, folder: Path) -> Comparison:
    """All that must hold of any two versions."""
    found = two.compared()
    (was, before), (now, after) = two.simulated(two.old, folder), two.simulated(two.new, folder)
    assert told(found) == {place: (n, len(who)) for place, (n, who) in by_hand(before, after).items()}
    for program, messages, new in ((was, before, False), (now, after, True)):
        assert sums(found, new=new) == counted(program)
        sent = Counter((m["journey"], m["template"], m["channel"]) for m in messages)
        assert sent == Counter({(s.journey, s.message, s.channel): s.after if new else s.before for s in found.sent}) - Counter()
    assert found.people == found.same + found.differ == max(was.profiles, now.profiles)
    assert sum(s.earlier for s in found.shifts) == sum(d.count for d in found.differences if d.place.kind == "earlier")
    assert {e.profile for e in found.examples} if found.differ else not found.examples
    back = two.mirrored()
    assert set(back.differences) == set(map(mirror, found.differences))
    assert (back.same, back.differ) == (found.same, found.differ)
    return found


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_what_differs_is_what_two_simulations_show(start: int, tmp_path: Path) -> None:
    differ = 0
    for seed in range(start, start + 20):
        differ += check(pair(seed, tmp_path), tmp_path).differ
    assert differ > 4


@pytest.mark.long
@pytest.mark.parametrize("start", range(1_000, 1_100, 50))
def test_the_same_of_many(start: int, tmp_path: Path) -> None:
    for seed in range(start, start + 50):
        check(pair(seed, tmp_path), tmp_path)


def test_events_that_only_one_version_takes_change_what_they_change_in_simulations(tmp_path: Path) -> None:
    misfits = 0
    for seed in range(40):
        two = schemas_apart(seed, tmp_path, without="identity")
        found = check(two, tmp_path)
        assert not found.apart
        misfits += sum(misfit.count for misfit in found.read.misfits)
        assert {misfit.side for misfit in found.read.misfits} <= {"new"}
        if seed < 5:
            assert encode(two.compared(workers=3)) == encode(found)
    assert misfits > 40


def test_who_merges_otherwise_in_both_versions_is_one_person(tmp_path: Path) -> None:
    """Events that only one version takes may let another of two profiles survive."""
    for seed in range(40):
        two = schemas_apart(seed, tmp_path)
        found = two.compared()
        assert 0 <= found.differ <= found.people
        assert sum(d.count for d in found.differences) == sum(d.count for d in two.mirrored().differences)
    people = People({"a": "b", "c": "d"}, {"b": "a", "d": "b"})
    assert [people.person(name) for name in "abcde"] == ["a", "a", "a", "a", "e"]
    assert people.all_of("a") == ("a", "b", "c", "d")


def test_a_version_does_not_differ_from_itself(tmp_path: Path) -> None:
    for seed in range(40):
        two = pair(seed, tmp_path)
        found = Pair(two.old, two.old, two.one, two.paths).compared()
        assert (found.differ, found.differences, found.examples) == (0, (), ())
        assert found.people == found.same
        assert all(t.before == t.after for t in found.tallies)


def test_neither_workers_nor_the_disk_matter(tmp_path: Path) -> None:
    for seed in range(6):
        two = pair(seed, tmp_path)
        alone = encode(two.compared())
        assert encode(two.compared()) == alone
        assert encode(two.compared(workers=4)) == alone
        with pytest.MonkeyPatch.context() as context:
            for module, name, value in SMALL:
                context.setattr(module, name, value)
            assert encode(two.compared(workers=2)) == alone


def test_replayed_apart_they_differ_in_the_same(tmp_path: Path) -> None:
    """Versions that can be read together, taken as if they could not: the same comes of it, whoever works it."""
    for seed in range(30):
        two = pair(seed, tmp_path)
        together = two.compared()
        with pytest.MonkeyPatch.context() as context:
            context.setattr(comparing, "apart", lambda *_: ("it is asked for",))
            found = two.compared()
            if seed < 3:
                assert encode(two.compared(workers=3)) == encode(found)
        assert found.apart == ("it is asked for",)
        assert encode(msgspec.structs.replace(found, apart=())) == encode(together)
