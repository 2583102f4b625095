"""From a journey and the places of its words to its outline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar, assert_never

from rtj.lang import syntax as s
from rtj.lang.read_versions import OUT
from rtj.layout import phrases as p
from rtj.layout.comment_texts import phrase_comments
from rtj.layout.outline import NOWHERE, Clause, Comment, Kind, Part, Unit
from rtj.layout.phrases import Phrase
from rtj.layout.places import Place

NO_PLACE = Place(NOWHERE, NOWHERE, NOWHERE)
T = TypeVar("T")


def shaped(tree: s.Journey, place: Place) -> Unit:
    """The outline of a journey. Comments within the phrases of YAML values hang on their clauses; all others are not looked
    at."""
    parts = place.parts
    unit = _unit(place, [_clause(place, "journey", (tree.name.text,))])
    if tree.title is not None:
        unit.clauses.append(_clause(place, "title", (tree.title.value,), "text"))
    headers = Part("headers", _headers(tree, place))
    headers.first, headers.column = place.start, 1 if place.column is not None else None
    headers.end = max((one.end for one in headers.units), default=place.start) if headers.column is not None else place.end - 1
    do = _part("do", tree.nodes, parts.get("do"))
    if headers.column is None:
        do.start = NOWHERE  # what has no word cannot be meant by a comment
    unit.parts = [headers, do]
    return unit


# ---- headers


def _headers(tree: s.Journey, place: Place) -> list[Unit]:
    said: list[tuple[str, str | None]] = [
        ("formerly", None if tree.formerly is None else tree.formerly.text),
        ("priority", None if tree.priority is None else str(tree.priority.value)),
        ("runs", None if tree.runs is None else p.period(tree.runs)),
        ("max_duration", None if tree.max_duration is None else p.length(tree.max_duration)),
        ("on_resume", tree.on_resume),
        ("catch_up", None if tree.catch_up is None else p.length(tree.catch_up)),
        ("stability", tree.stability if "stability" in place.parts or tree.stability != "stable" else None),
        ("on_deploy", tree.on_deploy),
        ("timers", tree.timers),
    ]
    units = [_header(place.parts.get(key, NO_PLACE), key, value) for key, value in said if value is not None]
    units += _changes("moved", [(one.old.text, one.new.text) for one in tree.moved], place.parts.get("moved"))
    gone = [(one.old.text, OUT if one.to is None else one.to.text) for one in tree.dropped]
    units += _changes("dropped", gone, place.parts.get("dropped"))
    watched: list[tuple[str, tuple[s.Entry | s.Watch, ...]]] = [
        ("enter", tree.entries),
        ("goal", tree.goals),
        ("exit", tree.exits),
    ]
    for key, triggers in watched:
        where = place.parts.get(key)
        several = [_trigger(one, key, at) for one, at in zip(triggers, _each(where, len(triggers)), strict=True)]
        if several and where is not None and where.items and where.start < several[0].start:
            several[0].lead = where.start
        units += several
    return units


def _header(place: Place, key: str, value: str) -> Unit:
    clause = Clause(key, (value,), "phrase", place.start, place.end)
    _own_comments(clause, place)
    return Unit([clause], [], "", place.start, place.end)


def _changes(word: str, pairs: list[tuple[str, str]], where: Place | None) -> list[Unit]:
    """`moved` and `dropped`: a unit for each node."""
    places: list[Place] = [NO_PLACE] * len(pairs)
    if where is not None:
        written = where.items or tuple(where.parts.values())
        places = list(written) if len(written) == len(pairs) else [where] if len(pairs) == 1 else places
    units = []
    for (old, new), place in zip(pairs, places, strict=True):
        clauses = [Clause("from", (old,), "text", place.start, place.end), Clause("to", (new,), "text")]
        units.append(Unit(clauses, [], word, place.start, place.end))
    if units and where is not None and where.start < units[0].start:
        units[0].lead = where.start
    return units


def _each(place: Place | None, count: int) -> list[Place]:
    """The places of one trigger or of a list of them."""
    if place is None:
        return [NO_PLACE] * count
    if not place.items:
        return [place] if count == 1 else [NO_PLACE] * count
    return list(place.items)


def _trigger(tree: s.Entry | s.Watch, word: str, place: Place) -> Unit:
    clauses = _what(tree.trigger, place)
    if tree.when is not None:
        clauses.append(_clause(place, "when", p.parts(tree.when)))
    if isinstance(tree, s.Watch):
        if tree.within is not None:
            clauses.append(_clause(place, "within", (p.length(tree.within),)))
        if tree.stay:
            clauses.append(_clause(place, "stay", ("true",), "flag"))
    else:
        if tree.key is not None:
            clauses.append(_clause(place, "key", p.parts(tree.key)))
        if tree.again is not None:
            clauses.append(_clause(place, "again", (p.again(tree.again),)))
        if tree.while_inside is not None:
            clauses.append(_clause(place, "while_inside", (tree.while_inside,)))
        if tree.backfill:
            clauses.append(_clause(place, "backfill", ("true",), "flag"))
    return _unit(place, clauses, word)


def _what(tree: s.Trigger, place: Place) -> list[Clause]:
    match tree:
        case s.OnPattern(pattern=pattern):
            return _on(pattern, place)
        case s.OnCondition(condition=condition):
            return [_clause(place, "when", p.parts(condition))]
        case s.OnSchedule(schedule=schedule, audience=audience):
            key, told = ("once", p.once(schedule)) if isinstance(schedule, s.Once) else ("every", p.schedule(schedule))
            return [_clause(place, key, (told,)), _clause(place, "for", (audience.text,))]
        case s.OnStart(bind=bind):
            return [_clause(place, "by", ("start",)), *_as(bind, place)]
        case _:
            assert_never(tree)


def _on(tree: s.Pattern, place: Place) -> list[Clause]:
    """`on`, and the name that its last step brings."""
    bind = tree.steps[-1].bind
    told = p.pattern(tree)
    return [_clause(place, "on", told[:-1] if bind is not None else told), *_as(bind, place)]


def _as(bind: s.Name | None, place: Place) -> list[Clause]:
    return [] if bind is None else [_clause(place, "as", (bind.text,))]


# ---- statements


def _statement(tree: s.Node, place: Place) -> Unit:
    unit = _unit(place, _head(tree, place))
    if tree.id is not None:
        unit.clauses.append(_clause(place, "id", (tree.id.text,)))
    unit.parts = _parts(tree, place.parts)
    return unit


def _head(tree: s.Node, place: Place) -> list[Clause]:
    match tree:
        case s.Wait(length=length):
            return [_clause(place, "wait", p.wait(length))]
        case s.WaitUntil(moment=moment):
            return [_clause(place, "wait", p.wait(moment))]
        case s.WaitFor():
            return [_clause(place, "wait_for", (), "head")]
        case s.Branch():
            return [_clause(place, "branch", (), "head")]
        case s.Split(salt=salt, per_entry=per_entry):
            return [
                _clause(place, "split", (salt.value,), "text"),
                *([_clause(place, "per", ("entry",))] if per_entry else ()),
            ]
        case s.Repeat(times=times, until=until):
            clauses = [_clause(place, "repeat", (f"{times.value} times",))]
            return clauses if until is None else [*clauses, _clause(place, "until", p.parts(until))]
        case s.Collect():
            return _collect(tree, place)
        case s.SetAttributes(assigns=assigns):
            return [_clause(place, "set", p.assigns(assigns))]
        case s.Exit(reason=reason):
            return [_clause(place, "exit", () if reason is None else (reason.value,), "text")]
        case _:
            return _asking(tree, place)


def _collect(tree: s.Collect, place: Place) -> list[Clause]:
    clauses = [_clause(place, "collect", p.collecting(tree.step))]
    if tree.length is not None:
        clauses.append(_clause(place, "for", (p.length(tree.length),)))
    if tree.until is not None:
        clauses.append(_clause(place, "until", p.moment(tree.until)))
    if tree.max is not None:
        clauses.append(_clause(place, "max", (str(tree.max.value),)))
    return clauses + _as(tree.bind, place)


def _asking(tree: s.Send | s.Decide | s.Score | s.CallWebhook | s.Emit | s.StartJourney, place: Place) -> list[Clause]:
    """What begins with the name of something declared."""
    clauses: list[Clause] = []
    bind: s.Name | None = None
    pairs: tuple[s.Pair, ...] = ()
    match tree:
        case s.Send(message=message, channels=channels, pairs=pairs, bind=bind):
            clauses.append(_clause(place, "send", (message.text,)))
            if channels:
                clauses.append(_clause(place, "by", (p.channels(channels),)))
        case s.Decide(decision=decision, take=take, pairs=pairs, bind=bind):
            clauses.append(_clause(place, "decide", (decision.text,)))
            if take is not None:
                clauses.append(_clause(place, "take", (str(take.value),)))
        case s.Score(model=model, bind=bind):
            clauses.append(_clause(place, "score", (model.text,)))
        case s.CallWebhook(webhook=webhook, pairs=pairs, bind=bind):
            clauses.append(_clause(place, "call", (webhook.text,)))
        case s.Emit(event=event, pairs=pairs):
            clauses.append(_clause(place, "emit", (event.text,)))
        case s.StartJourney(journey=journey, pairs=pairs):
            clauses.append(_clause(place, "start", (journey.text,)))
        case _:
            assert_never(tree)
    if pairs:
        clauses.append(_clause(place, "with", p.pairs(pairs)))
    return clauses + _as(bind, place)


# ---- blocks, cases, arms


def _parts(tree: s.Node, at: Mapping[str, Place]) -> list[Part]:
    match tree:
        case s.WaitFor(cases=cases):
            return [_list_part("wait_for", [_case(*one) for one in _paired(cases, at.get("wait_for"))], at.get("wait_for"))]
        case s.Branch(arms=arms, otherwise=otherwise):
            place = at.get("branch")
            units = [_arm(*one) for one in _paired(arms, place)]
            if otherwise is not None:
                units.append(_else_arm(otherwise, place.items[-1] if place is not None and place.items else NO_PLACE))
            return [_list_part("branch", units, place)]
        case s.Split(arms=shares):
            return [_list_part("arms", [_share(*one) for one in _paired(shares, at.get("arms"))], at.get("arms"))]
        case s.Repeat(body=body):
            return [_part("do", body.nodes, at.get("do"))]
        case s.WaitUntil(body=block, otherwise=otherwise):
            return _blocks(at, do=block, otherwise=otherwise)
        case s.Send(otherwise=otherwise) | s.Decide(otherwise=otherwise):
            return _blocks(at, otherwise=otherwise)
        case s.Score(otherwise=otherwise) | s.CallWebhook(otherwise=otherwise):
            return _blocks(at, otherwise=otherwise)
        case _:
            return []


def _blocks(at: Mapping[str, Place], do: s.Block | None = None, otherwise: s.Block | None = None) -> list[Part]:
    named = (("do", do), ("else", otherwise))
    return [_part(key, block.nodes, at.get(key)) for key, block in named if block is not None]


def _paired(trees: tuple[T, ...], place: Place | None) -> list[tuple[T, Place]]:
    places = place.items if place is not None else ()
    return [(tree, places[number] if number < len(places) else NO_PLACE) for number, tree in enumerate(trees)]


def _case(tree: s.Case, place: Place) -> Unit:
    match tree:
        case s.EventCase(pattern=pattern, when=when):
            clauses = _on(pattern, place)
            if when is not None:
                clauses.append(_clause(place, "when", p.parts(when)))
        case s.ConditionCase(condition=condition):
            clauses = [_clause(place, "when", p.parts(condition))]
        case s.AfterCase(length=length):
            clauses = [_clause(place, "after", p.parts(length))]
        case s.UntilCase(moment=moment):
            clauses = [_clause(place, "until", p.moment(moment))]
        case _:
            assert_never(tree)
    return _with_body(place, clauses, tree.body)


def _arm(tree: s.Arm, place: Place) -> Unit:
    return _with_body(place, [_clause(place, "when", p.parts(tree.condition))], tree.body)


def _else_arm(tree: s.Block, place: Place) -> Unit:
    unit = _unit(place, [_clause(place, "else", (), "head")])
    unit.parts = [_part("else", tree.nodes, place.parts.get("else"))]
    unit.parts[0].start = NOWHERE  # its word is that of the unit
    return unit


def _share(tree: s.Share, place: Place) -> Unit:
    clauses = [_clause(place, "share", (p.share(tree.share),)), _clause(place, "arm", (tree.name.text,))]
    return _with_body(place, clauses, tree.body)


def _with_body(place: Place, clauses: list[Clause], body: s.Block | None) -> Unit:
    unit = _unit(place, clauses)
    unit.parts = [] if body is None else [_part("do", body.nodes, place.parts.get("do"))]
    return unit


# ---- pieces


def _unit(place: Place, clauses: list[Clause], word: str = "") -> Unit:
    """A unit whose first clause begins, at the latest, where the unit does."""
    head = clauses[0]
    if head.start == NOWHERE and place.start != NOWHERE:
        head.start, head.end = place.start, place.start + 1
    return Unit(clauses, [], word, place.start, place.end)


def _clause(place: Place, key: str, phrase: Phrase, kind: Kind = "phrase") -> Clause:
    where = place.parts.get(key, NO_PLACE)
    clause = Clause(key, phrase, kind, where.start, where.head if kind == "head" else where.end)
    if kind == "phrase":
        _own_comments(clause, where)
    return clause


def _own_comments(clause: Clause, place: Place) -> None:
    """Comments within the phrase of a YAML value stand above its clause."""
    if place.value is not None and "#" in place.value.value:
        clause.within += [Comment(text) for text in phrase_comments(place.value.value)]


def _part(key: str, nodes: Iterable[s.Node], place: Place | None) -> Part:
    units = [_statement(*one) for one in _paired(tuple(nodes), place)]
    if place is None:
        return Part(key, units, written=False)
    return Part(key, units, place.start, place.first, place.end, place.column)


def _list_part(key: str, units: list[Unit], place: Place | None) -> Part:
    """Cases or arms. Only `arms` has a word of its own."""
    if place is None:
        return Part(key, units, written=False)
    start = place.start if key == "arms" and place.head > place.start else NOWHERE
    return Part(key, units, start, place.first, place.end, place.column)
