"""A checked journey -> its picture. Blocks are found again in the flat table of nodes: each ends where its owner goes on."""

from __future__ import annotations

import re
from dataclasses import replace

from rtj.base.plain import one_line
from rtj.ir import journey as j
from rtj.ir.expr import Length
from rtj.ir.program import Program
from rtj.ir.spelling import length_text
from rtj.report.moments import counted
from rtj.report.picture import END, WORDS, Box, Flow, Kind, Line, Picture, Stop, Way, goes_on, stops
from rtj.report.picture_words import EntryWords, NodeWords, WatchWords, Wording, spelled_out

HOLDOUT = "holdout"
_WHOLE = 1_000_000
_USUAL_STAY = Length(ms=91 * 86_400_000)  # what the language gives where the author says nothing
_NUMBERED = re.compile(r"(?:branch|set|exit)(?:_\d+)?")
_ELSE = (Line("else", ""),)


def draw(program: Program, journey: j.Journey, wording: Wording) -> Picture:
    """The picture of a journey of the program, in the words of its author. Pure; the same journey gives the same picture."""
    end = Box(END, "end", WORDS["end"], "nothing is left to do")
    watches = (
        *(
            _watch(watch, "goal", place, words)
            for place, (watch, words) in enumerate(zip(journey.goals, wording.goals, strict=True), 1)
        ),
        *(
            _watch(watch, "leave", place, words)
            for place, (watch, words) in enumerate(zip(journey.exits, wording.exits, strict=True), 1)
        ),
    )
    ways_in = _Entries(program, journey)
    entries = tuple(
        ways_in.box(place, entry, words)
        for place, (entry, words) in enumerate(zip(journey.entries, wording.entries, strict=True), 1)
    )
    flow = _Flows(program, journey, wording).flow(journey.first, None)
    drawn = {stop.box.id for stop in stops(flow)}
    lost = sum(node.id not in drawn for node in journey.nodes)
    return Picture(journey.name, one_line(journey.title), entries, watches, flow, end, _facts(journey, lost))


def _facts(journey: j.Journey, lost: int) -> tuple[Line, ...]:
    """What holds for the whole journey, as far as the author has said it, and how many nodes nobody can reach."""
    facts: list[Line] = []
    if journey.priority:
        facts.append(Line("priority", str(journey.priority)))
    if journey.runs_from or journey.runs_to:
        ends = [f"from {journey.runs_from}" if journey.runs_from else "", f"to {journey.runs_to}" if journey.runs_to else ""]
        facts.append(Line("runs", " ".join(filter(None, ends))))
    if journey.max_duration != _USUAL_STAY:
        facts.append(Line("stays at most", spelled_out(length_text(journey.max_duration))))
    if lost:
        facts.append(Line("", f"not drawn: {counted(lost, 'node')} that nobody reaches"))
    return tuple(facts)


def _watch(watch: j.Watch, kind: Kind, place: int, words: WatchWords) -> Box:
    lines = [words.trigger]
    if words.when:
        lines.append(Line("when", words.when))
    if words.within:
        lines.append(Line("within", spelled_out(words.within)))
    if watch.stay:
        lines.append(Line("stays", "in the journey"))
    first, *rest = lines
    return Box(f"{kind}:{place}", kind, WORDS[kind], first.whole, lines=tuple(rest))


class _Entries:
    """The ways into a journey."""

    def __init__(self, program: Program, journey: j.Journey) -> None:
        self._program = program
        self._journey = journey

    def box(self, place: int, entry: j.Entry, words: EntryWords) -> Box:
        lines = []
        if words.when:
            lines.append(Line("when", words.when))
        if words.key:
            lines.append(Line("key", words.key))
        if isinstance(entry.trigger, j.OnStart):
            lines += [Line("by", name) for name in starters(self._program, self._journey.name)]
        hints = [] if entry.again == j.Again() else [Line("again", _again(entry.again))]
        if entry.while_inside == "restart":
            hints.append(Line("while inside", "starts anew"))
        if entry.backfill:
            hints.append(Line("backfill", "those who are in it already enter too"))
        return Box(f"enter:{place}", "enter", WORDS["enter"], words.trigger.whole, lines=(*lines, *hints))


def _again(again: j.Again) -> str:
    match again.rule:
        case "after":
            return f"after {spelled_out(length_text(again.gap))}"
        case "exit":
            return "after exit"
        case rule:
            return rule


def starters(program: Program, name: str) -> tuple[str, ...]:
    """The journeys that start this one, by name."""
    return tuple(
        one.name
        for one in program.journeys
        if any(isinstance(node, j.StartJourney) and node.journey == name for node in one.nodes)
    )


def hearers(program: Program, event: str) -> tuple[str, ...]:
    """The journeys that somebody may enter by an event of this type."""
    return tuple(one.name for one in program.journeys if any(event in _heard(entry.trigger) for entry in one.entries))


def _heard(trigger: j.Trigger) -> tuple[str, ...]:
    if not isinstance(trigger, j.OnEvents):
        return ()
    return tuple(name for step in trigger.steps if not step.absent for name in step.events)


class _Flows:
    """Reads the flat table as blocks."""

    def __init__(self, program: Program, journey: j.Journey, wording: Wording) -> None:
        self._program = program
        self._nodes = {node.id: node for node in journey.nodes}
        self._words = wording.nodes

    def flow(self, head: str | None, after: str | None) -> Flow:
        """The block that begins at `head` and goes on at `after`."""
        found: list[Stop] = []
        place = head
        while place is not None and place != after:
            node = self._nodes[place]
            place = None if isinstance(node, j.Exit) else node.next
            found.append(self._stop(node, place))
            if not goes_on(found[-1:]):
                break
        return tuple(found)

    def _stop(self, node: j.Node, below: str | None) -> Stop:
        words = self._words.get(node.id, NodeWords())
        match node:
            case j.Wait() | j.WaitUntil() | j.WaitFor() | j.Collect():
                return self._rest(node, words, below)
            case j.Branch() | j.Split() | j.Repeat():
                return self._choice(node, words, below)
            case j.Send() | j.CallWebhook():
                return self._asked(node, words, below)
            case j.SetAttributes():
                lines = tuple(Line(f"{name} =", value) for name, value in words.pairs)
                return Stop(_box(node, "set", "", lines))
            case j.Emit(event=event):
                heard = tuple(Line("lets into", name) for name in hearers(self._program, event))
                return Stop(_box(node, "emit", event, heard, _hints(words)))
            case j.StartJourney(journey=other):
                return Stop(_box(node, "start", other, (), _hints(words)))
            case j.Exit(reason=reason):
                return Stop(_box(node, "exit", "" if reason == "exit" else one_line(reason)), straight=False)

    def _rest(self, node: j.Wait | j.WaitUntil | j.WaitFor | j.Collect, words: NodeWords, below: str | None) -> Stop:
        match node:
            case j.Wait():
                return Stop(_box(node, "wait", spelled_out(words.phrase)))
            case j.WaitUntil(block=block, body=body, otherwise=otherwise, has_otherwise=has_otherwise):
                box = replace(_box(node, "wait", words.phrase), word="Wait until")
                ways = [Way((Line("then", ""),), "block", self.flow(body, below))] if block else []
                if has_otherwise:
                    said = "else" if block else "else: it is missing"
                    ways.append(Way((Line(said, ""),), "else", self.flow(otherwise, below), aside=True))
                elif block:
                    ways.append(Way((Line("if it is past", ""),), "past", aside=True))
                return Stop(box, tuple(ways), straight=not block)
            case j.WaitFor(cases=cases):
                ways = [
                    Way(said, f"case {place}", self.flow(case.body, below))
                    for place, (case, said) in enumerate(zip(cases, words.ways, strict=True), 1)
                ]
                return Stop(_box(node, "wait_for", "what comes first" if len(ways) > 1 else ""), tuple(ways), straight=False)
            case j.Collect(max=most, bind=bind):
                lines = (Line("", words.until), Line("at most", f"{most:,}"))
                return Stop(_box(node, "collect", words.phrase, lines, (Line("as", bind),)))

    def _choice(self, node: j.Branch | j.Split | j.Repeat, words: NodeWords, below: str | None) -> Stop:
        match node:
            case j.Branch(arms=arms, otherwise=otherwise):
                ways = [
                    Way(said, f"arm {place}", self.flow(arm.body, below))
                    for place, (arm, said) in enumerate(zip(arms, words.ways, strict=True), 1)
                ]
                ways.append(Way(_ELSE, "else", self.flow(otherwise, below)))
                return Stop(
                    _box(node, "branch", "the first that holds" if len(arms) > 1 else "does it hold?"),
                    tuple(ways),
                    straight=False,
                )
            case j.Split(arms=shares, per_entry=per_entry, salt=salt):
                box = _box(node, "split", "by chance, per entry" if per_entry else "by chance", (), (Line("salt", salt),))
                return Stop(box, tuple(self._share(node.id, share, below) for share in shares), straight=False)
            case j.Repeat(times=times, body=body):
                lines = (Line("until", words.until),) if words.until else ()
                box = _box(node, "repeat", f"at most {times:,} {'time' if times == 1 else 'times'}", lines)
                return Stop(box, (Way((Line("each round", ""),), "round", self.flow(body, node.id), loops=True),))

    def _share(self, split: str, share: j.Share, below: str | None) -> Way:
        percent = f"{share.share * 100 / _WHOLE:.10g}%"
        flow = self.flow(share.body, below)
        if share.name == HOLDOUT:
            flow = (
                Stop(
                    Box(f"holdout:{split}", "holdout", WORDS["holdout"], "gets nothing, and stays in the count"), straight=False
                ),
            )
        return Way((Line(percent, share.name),), share.name, flow)

    def _asked(self, node: j.Send | j.CallWebhook, words: NodeWords, below: str | None) -> Stop:
        ways = (Way(_ELSE, "else", self.flow(node.otherwise, below), aside=True),) if node.has_otherwise else ()
        if isinstance(node, j.Send):
            return Stop(replace(_box(node, "send", node.message, (), _hints(words)), tags=node.channels), ways)
        return Stop(_box(node, "call", node.webhook, (), _hints(words)), ways)


def _hints(words: NodeWords) -> tuple[Line, ...]:
    return tuple(Line(f"{name} =", value) for name, value in words.pairs)


def _box(node: j.Node, kind: Kind, title: str, lines: tuple[Line, ...] = (), hints: tuple[Line, ...] = ()) -> Box:
    """The box of a node. Names that nobody gave (`branch`, `exit_2`) are left out, and those that the title tells."""
    given = node.id not in (title, kind) and not _NUMBERED.fullmatch(node.id)
    return Box(node.id, kind, WORDS[kind], title, node.id if given else "", lines, hints=hints)
