"""S2: owners, links, moves and merges, as of the instant."""

from __future__ import annotations

from rtj.ir import expr as x
from rtj.ir import journey as j
from rtj.ir.program import Aggregate, Audience, Mapping, Program
from tests.oracle.build import NUMBER, STRING, Maker, attribute, event_type, journey, minutes, of, on, program, that
from tests.semantics.conftest import Play

VIEW = event_type("view", item="string?")
BUY = event_type("buy")
SIGN = event_type("sign", tier="string?")


def plain(**more: object) -> Program:
    return program((VIEW, BUY, SIGN), journey("a", on("view"), j.Wait("w", minutes(30))), **more)


def test_a_cookie_and_a_person_become_one(play: Play) -> None:
    """S2.2, S2.5: the profile born first stays; the identifiers go together from then on."""
    e = Maker(plain())
    events = [e("view", 0, "cookie:c"), e("buy", 5, "user:u"), e("buy", 10, "user:u", "cookie:c"), e("view", 15, "user:u")]
    assert play(e.program, *events) == [
        "0 cookie:c born e1",
        "0 cookie:c entered a e1",
        "0 cookie:c waits a w 30",
        "5 user:u born e2",
        "10 cookie:c merged user:u",
        "15 cookie:c refused a inside",
    ]


def test_an_identifier_without_an_owner_joins(play: Play) -> None:
    """S2.2: best first by priority; the event belongs to the owner of the best."""
    e = Maker(plain())
    events = [e("buy", 0, "cookie:c", "email:m", "user:u"), e("view", 5, "cookie:c")]
    assert play(e.program, *events) == [
        "0 user:u born e1",
        "0 user:u linked email:m",
        "0 user:u linked cookie:c",
        "5 user:u entered a e2",
        "5 user:u waits a w 35",
    ]


def test_a_shared_device_moves_alone(play: Play) -> None:
    """S2.4: two people on one cookie; it belongs to the one who was there last, facts and instances stay."""
    e = Maker(plain())
    events = [e("view", 0, "user:u", "cookie:c"), e("buy", 5, "user:v", "cookie:c"), e("view", 10, "cookie:c")]
    assert play(e.program, *events) == [
        "0 user:u born e1",
        "0 user:u linked cookie:c",
        "0 user:u entered a e1",
        "0 user:u waits a w 30",
        "5 user:v born e2",
        "5 user:v moved cookie:c user:u",
        "10 user:v entered a e3",
        "10 user:v waits a w 40",
    ]


def test_a_person_keeps_what_is_its_own(play: Play) -> None:
    """S2.4: an email stays with its owner, the refusal is told."""
    e = Maker(plain())
    events = [e("buy", 0, "user:u", "email:m"), e("buy", 5, "user:v", "email:m"), e("view", 10, "email:m")]
    assert play(e.program, *events) == [
        "0 user:u born e1",
        "0 user:u linked email:m",
        "5 user:v born e2",
        "5 user:v link_refused email:m user:u",
        "10 user:u entered a e3",
        "10 user:u waits a w 40",
    ]


def test_of_two_instances_the_first_entered_stays(play: Play) -> None:
    """S2.5: even when it is that of the profile that goes."""
    e = Maker(plain())
    events = [e("buy", 0, "cookie:c"), e("view", 5, "user:u"), e("view", 10, "cookie:c"), e("buy", 15, "user:u", "cookie:c")]
    assert play(e.program, *events, until=e.at(60), only="merged left entered refused") == [
        "5 user:u entered a e2",
        "10 cookie:c entered a e3",
        "15 cookie:c merged user:u",
        "15 cookie:c left a merged w",
        "35 cookie:c left a completed",
    ]


def test_facts_unite(play: Play) -> None:
    """S2.5: attributes by latest, counters added, membership held if either held it, then looked at again."""
    mapping = Mapping("tier", x.Optional(STRING), "sign", "tier")
    views = Aggregate("views", "count", ("view",), NUMBER)
    audiences = (
        Audience("gold", that("==", attribute("tier"), "gold")),
        Audience("one", that("==", attribute("views"), 1)),
        Audience("two", that("==", attribute("views"), 2)),
    )
    told = program((VIEW, SIGN), mappings=(mapping,), aggregates=(views,), audiences=audiences)
    e = Maker(told)
    events = [
        e("view", 0, "cookie:c"),
        e("sign", 1, "cookie:c", tier="silver"),
        e("view", 2, "user:u"),
        e("sign", 3, "user:u", tier="gold"),
        e("sign", 4, "user:u", "cookie:c"),
    ]
    assert play(told, *events) == [
        "0 cookie:c born e1",
        "0 cookie:c joined one",
        "2 user:u born e3",
        "2 user:u joined one",
        "3 user:u joined gold",
        "4 cookie:c merged user:u",
        "4 cookie:c left_audience one",
        "4 cookie:c joined two",
    ]


def test_no_pattern_fires_by_a_merge(play: Play) -> None:
    """S2.5: two views on either side are four; the fifth makes three in a row."""
    three = j.OnEvents((j.Step(("view",), count=3, within=minutes(60)),))
    e = Maker(program((VIEW, BUY), journey("a", three)))
    events = [e("view", 0, "user:u"), e("view", 1, "cookie:c"), e("view", 2, "user:u"), e("view", 3, "cookie:c")]
    events += [e("buy", 4, "user:u", "cookie:c"), e("view", 5, "user:u")]
    assert play(e.program, *events, only="entered merged") == ["4 user:u merged cookie:c", "5 user:u entered a e6"]


def test_the_later_last_entry_counts(play: Play) -> None:
    """S2.5, S5.3."""
    entry = j.Entry(on("view"), again=j.Again("after", minutes(10)))
    e = Maker(program((VIEW, BUY), journey("a", entry)))
    events = [e("view", 0, "user:u"), e("view", 8, "cookie:c"), e("buy", 9, "user:u", "cookie:c")]
    events += [e("view", 17, "user:u"), e("view", 18, "user:u")]
    assert play(e.program, *events, only="entered refused") == [
        "0 user:u entered a e1",
        "8 cookie:c entered a e2",
        "17 user:u refused a again",
        "18 user:u entered a e5",
    ]


def test_business_events_are_offered_to_everybody_there_is(play: Play) -> None:
    """S5.2: who is born later was not there; it changes no facts and is not `any`."""
    restock = event_type("restock", business=True, item="string?")
    same = that("==", of("event", "item"), of("entry", "item"))
    wait = j.WaitFor("f", (j.Case(j.Step(("restock",), where=same)), j.Case(after=minutes(60))))
    e = Maker(program((VIEW, restock), journey("a", on("view"), wait)))
    events = [e("view", 0, "user:u", item="x"), e("view", 0, "user:v", item="y")]
    events += [e("restock", 5, item="x"), e("view", 6, "user:w", item="x")]
    assert play(e.program, *events, only="goes left") == ["5 user:u goes a f case 1", "5 user:u left a completed"]


def test_order_of_entry_after_a_merge_of_the_same_instant(play: Play) -> None:
    """S1.4: by instant, then birth of the profile, though the instance of who was born later was there first."""
    keyed = j.Entry(on("view"), key=of("event", "item"))
    e = Maker(program((VIEW, BUY, SIGN), journey("a", keyed, j.Wait("w", minutes(30)), goals=(j.Watch(on("buy")),))))
    events = [
        e("sign", 0, "user:u"),
        e("sign", 5, "cookie:c"),
        e("view", 10, "cookie:c", item="later"),
        e("view", 10, "user:u", "cookie:c", item="first"),
        e("buy", 15, "user:u"),
    ]
    assert play(e.program, *events, only="left") == ["15 user:u left a first goal w", "15 user:u left a later goal w"]


def test_the_match_that_began_first_stays(play: Play) -> None:
    """S2.5: of two waiting matches the older stays, also when it has come further since."""
    steps = j.OnEvents((j.Step(("sign",)), j.Step(("view",)), j.Step(("buy",))))
    e = Maker(program((VIEW, BUY, SIGN), journey("a", steps, j.Wait("w", minutes(30)))))
    events = [
        e("sign", 0, "user:u"),
        e("sign", 5, "cookie:c"),
        e("view", 10, "user:u"),
        e("buy", 12, "user:u", "cookie:c"),
    ]
    assert play(e.program, *events, only="entered") == ["12 user:u entered a e4"]
