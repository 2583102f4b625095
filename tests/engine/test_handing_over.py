"""What a handover does to a person: renames again and again, people without a place, moments that are missing, and events that
are kept, which become those of the new program, as they would be read back under it."""

from __future__ import annotations

from rtj.ir import expr as x
from rtj.ir import journey as j
from rtj.ir.program import Aggregate, Cap, Mapping, Message, Program, Window
from rtj.ir.records import Event, event_classes
from tests.oracle.build import (
    DAY,
    HOUR,
    INSTANT,
    MINUTE,
    NUMBER,
    STRING,
    attribute,
    const,
    event_type,
    journey,
    minutes,
    on,
    program,
    that,
)
from tests.plan.succession import Record, Run

START = 1_772_359_200_000  # 2026-03-01T10:00Z
EVENTS = (
    event_type("sign", due="instant?", item="string?"),
    event_type("buy", total="number", item="string?"),
    event_type("unsubscribed", message="string?"),
)


def happened(*told: tuple[float, str, dict[str, object]], of: Program | None = None) -> list[Event]:
    classes = event_classes(of or program(EVENTS))
    found = []
    for number, (at, kind, props) in enumerate(told):
        ts = START + int(at * MINUTE)
        found.append(Event(ts, 1, number, kind, f"e{number}", ts, ((0, "ada"),), classes[kind](**props)))
    return found


def through(events: list[Event], programs: list[tuple[float, Program]], end: float = 3_000) -> Run:
    """The first program from the start on, each of the others from its minute on."""
    run, last = Run(programs[0][1]), 0
    for at, made in programs[1:]:
        moment = START + int(at * MINUTE)
        run.until(events, last, moment)
        run.run(made, moment)
        last = moment
    run.finish(events, last, START + int(end * MINUTE))
    return run


def left(records: list[Record]) -> list[tuple[int, object, object]]:
    return [((at - START) // MINUTE, told["journey"], told["reason"]) for at, _, _, told in records if told["what"] == "left"]


# ---- names


def test_a_journey_that_is_renamed_twice_keeps_its_people_their_messages_and_their_places_in_caps() -> None:
    hello, again = j.Send("hello", "hello", ("email",), next="pause"), j.Send("again", "hello", ("email",))
    nodes = (hello, j.Wait("pause", minutes(100), next="again"), again)

    def named(name: str, formerly: str = "") -> Program:
        cap = Cap("one", 1, x.Length(ms=DAY), journeys=(name,))
        one = journey(name, j.Entry(on("sign"), again=j.Again("never")), *nodes, formerly=formerly)
        return program(EVENTS, one, caps=(cap,), messages=(Message("hello", subscription="news"),))

    events = happened((0, "sign", {}), (40, "sign", {}))
    run = through(events, [(0, named("a")), (10, named("b", "a")), (20, named("c", "b"))], end=90)
    [p] = run.world.profiles
    assert p.mail is not None
    [sent] = p.mail.capped
    keys = [told["key"] for _, _, _, told in run.records if told["what"] == "sent"]
    assert (sent.journey, sent.caps, sent.minted) == ("c", 1, keys[0])
    assert [told["reason"] for _, _, _, told in run.records if told["what"] == "refused"] == ["inside"]
    later = through(events, [(0, named("a")), (10, named("b", "a")), (20, named("c", "b"))])
    assert [told["gate"] for _, _, _, told in later.records if told["what"] == "blocked"] == ["cap"]


def test_what_answers_an_act_takes_no_place_in_a_cap_after_a_handover_either() -> None:
    receipt, news = j.Send("receipt", "receipt", ("email",), next="pause"), j.Send("news", "news", ("email",))
    nodes = (receipt, j.Wait("pause", minutes(100), next="news"), news)
    cap = Cap("one", 1, x.Length(ms=DAY))
    messages = (Message("receipt", purpose="transactional"), Message("news"))

    def titled(title: str) -> Program:
        one = journey("a", j.Entry(on("sign"), again=j.Again("never")), *nodes, title=title)
        return program(EVENTS, one, caps=(cap,), messages=messages)

    run = through(happened((0, "sign", {})), [(0, titled("")), (10, titled("b")), (20, titled("c"))])
    assert [told["node"] for _, _, _, told in run.records if told["what"] == "sent"] == ["receipt", "news"]
    assert not [told for _, _, _, told in run.records if told["what"] == "blocked"]


# ---- people without a place


def test_two_who_lose_their_place_at_one_instant_go_one_after_the_other_with_all_they_cause() -> None:
    def made(*, there: bool) -> Program:
        waits = {name: j.Wait("rest", minutes(50), next="tell") for name in "ab"}
        tell = {name: j.Emit("tell", "buy", (j.Pair("total", const(1), NUMBER),)) for name in "ab"}
        if there:
            journeys = [journey(name, on("sign"), waits[name], tell[name]) for name in "ab"]
        else:
            drop = (j.Dropped("rest", "tell"),)
            journeys = [journey(name, on("sign"), tell[name], dropped=drop) for name in "ab"]
        heard = journey("heard", j.Entry(on("buy"), again=j.Again("always")), j.Send("hello", "hello", ("email",)))
        return program(EVENTS, *journeys, heard)

    run = through(happened((0, "sign", {})), [(0, made(there=True)), (10, made(there=False))])
    told = [(one["what"], one["journey"]) for at, _, _, one in run.records if at == START + 10 * MINUTE]
    before = [("emitted", "a"), ("left", "a"), ("entered", "heard"), ("emitted", "b"), ("left", "b"), ("refused", "heard")]
    assert told == [*before, ("sent", "heard"), ("left", "heard")]


def test_what_one_of_them_causes_may_end_another() -> None:
    def made(*, there: bool) -> Program:
        wait = j.Wait("rest", minutes(50), next="tell")
        tell = j.Emit("tell", "buy", (j.Pair("total", const(1), NUMBER),))
        stay = j.Wait("stay", minutes(9))
        a = (wait, tell) if there else (tell,)
        b = (j.Wait("rest", minutes(50), next="stay"), stay) if there else (stay,)
        first = journey("a", on("sign"), *a, dropped=() if there else (j.Dropped("rest", "tell"),))
        second = journey("b", on("sign"), *b, exits=(j.Watch(on("buy")),), dropped=() if there else (j.Dropped("rest", "stay"),))
        return program(EVENTS, first, second)

    run = through(happened((0, "sign", {})), [(0, made(there=True)), (10, made(there=False))])
    assert left(run.records) == [(10, "a", "completed"), (10, "b", "exit")]


# ---- moments


def until(due: x.Expr, timers: j.OnTimers) -> Program:
    wait = j.WaitUntil("rest", j.Moment(at=due), block=True, body="hello", otherwise="sorry", has_otherwise=True, next=None)
    hello, sorry = j.Send("hello", "hello", ("email",)), j.Send("sorry", "sorry", ("email",))
    due_ = Mapping("due", x.Optional(INSTANT), "sign", "due")
    later = Mapping("later", x.Optional(INSTANT))
    return program(EVENTS, journey("a", on("sign"), wait, hello, sorry, timers=timers), mappings=(due_, later))


def templates(run: Run) -> list[tuple[int, object]]:
    return [((at - START) // MINUTE, told["template"]) for at, _, _, told in run.records if told["what"] == "sent"]


def test_who_waits_for_a_moment_that_is_missing_now_does_what_is_done_without_one() -> None:
    events = happened((0, "sign", {"due": START + 60 * MINUTE}))
    for timers in ("rebase", "restart"):
        run = through(events, [(0, until(attribute("due"), "keep")), (10, until(attribute("later"), timers))])  # type: ignore[arg-type]
        assert templates(run) == [(10, "sorry")]
    kept = through(events, [(0, until(attribute("due"), "keep")), (10, until(attribute("later"), "keep"))])
    assert templates(kept) == [(60, "hello")]


def test_a_moment_that_was_past_when_the_wait_began_is_no_moment() -> None:
    events = happened((0, "sign", {"due": START + 60 * MINUTE}))
    past = x.Const(START - MINUTE, "instant")
    assert templates(through(events, [(0, until(attribute("due"), "keep")), (10, until(past, "rebase"))])) == [(10, "sorry")]
    since = x.Const(START + 5 * MINUTE, "instant")
    assert templates(through(events, [(0, until(attribute("due"), "keep")), (10, until(since, "rebase"))])) == [(10, "hello")]


# ---- events that are kept


def test_events_that_are_kept_are_made_in_the_records_of_the_new_program() -> None:
    show = j.Send("hello", "hello", ("email",), pairs=(j.Pair("item", x.Field(x.Name("entry"), "item", optional=True), STRING),))
    twice = j.Entry(j.OnEvents((j.Step(("buy",), count=3, within=x.Length(ms=HOUR), bind="buys"),)))
    newest = Aggregate("newest", "last", ("buy",), x.Optional(x.EventOf(("buy",))), None, x.Name("event"), Window())

    def made(*events: object) -> Program:
        one = journey("a", on("sign"), j.Wait("rest", minutes(50), next="hello"), show)
        return program(events, one, journey("b", twice, show), aggregates=(newest,))  # type: ignore[arg-type]

    other = (
        event_type("sign", item="string?", tier="string?"),
        event_type("buy", item="string?", total="string", size="number?"),
    )
    old, new = made(*EVENTS), made(*other)
    events = happened((0, "sign", {"item": "tea"}), (1, "buy", {"total": 3, "item": "cup"}), of=old)
    run = Run(old)
    run.until(events, 0, START + 10 * MINUTE)
    run.run(new, START + 10 * MINUTE)
    [p] = run.world.profiles
    classes = event_classes(new)
    [inst] = p.instances.values()
    assert inst.names["entry"] is inst.names["first_entry"]
    assert inst.names["entry"].props == classes["sign"](item="tea", tier=None)
    assert p.partials is not None
    assert [event.props for partial in p.partials.values() for event in partial.recent] == [
        classes["buy"](total=None, item="cup", size=None)  # a number is no text
    ]
    assert p.aggregates[0][1].props == classes["buy"](total=None, item="cup", size=None)
    assert events[0].props == event_classes(old)["sign"](item="tea", due=None)  # which others may share
    run.finish([], START + 10 * MINUTE, START + HOUR)
    assert [told["vars"] for _, _, _, told in run.records if told["what"] == "sent"] == [{"item": "tea"}]


def test_between_programs_with_the_same_events_they_stay_what_they_are() -> None:
    made = program(EVENTS, journey("a", on("sign"), j.Wait("rest", minutes(50))))
    events, run = happened((0, "sign", {})), Run(made)
    run.until(events, 0, START + MINUTE)
    run.run(program(EVENTS, journey("a", on("sign"), j.Wait("rest", minutes(60)))), START + MINUTE)
    [inst] = next(iter(run.world.profiles)).instances.values()
    assert inst.names["entry"] is events[0]


# ---- what is watched


def test_a_program_that_watched_nothing_is_followed_by_one_that_watches() -> None:
    score = Mapping("score", x.Optional(NUMBER), "buy", "total")
    entry = j.Entry(j.OnCondition(that(">", attribute("score"), 5)))
    hello = j.Send("hello", "hello", ("email",))
    old = program(EVENTS, journey("a", on("sign"), hello), mappings=(score,))
    new = program(EVENTS, journey("a", on("sign"), hello), journey("b", entry, hello), mappings=(score,))
    events = happened((0, "buy", {"total": 9}), (20, "buy", {"total": 1}), (30, "buy", {"total": 8}))
    run = through(events, [(0, old), (10, new)])
    assert [(at - START) // MINUTE for at, _, _, told in run.records if told["what"] == "entered"] == [30]
