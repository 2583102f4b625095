"""The words of a compiled journey for its picture, where there is no text of the author's to quote -> `Wording`."""

from __future__ import annotations

from rtj.ir import journey as j
from rtj.ir.spelling import length_text
from rtj.plan.words import Words
from rtj.report.picture import Line
from rtj.report.picture_words import EntryWords, NodeWords, WatchWords, Wording, spelled_out


def spelled(journey: j.Journey, words: Words) -> Wording:
    """The words of a journey, spelled by `words`."""
    return Wording(
        tuple(EntryWords(_line(words.trigger(e.trigger)), words.expr(e.when), words.expr(e.key)) for e in journey.entries),
        tuple(_watch(watch, words) for watch in journey.goals),
        tuple(_watch(watch, words) for watch in journey.exits),
        {node.id: _node(node, words) for node in journey.nodes},
    )


def _line(said: str) -> Line:
    word, _, rest = said.partition(" ")
    return Line(word, rest)


def _watch(watch: j.Watch, words: Words) -> WatchWords:
    within = "" if watch.within is None else length_text(watch.within)
    return WatchWords(_line(words.trigger(watch.trigger)), words.expr(watch.when), within)


def _node(node: j.Node, words: Words) -> NodeWords:
    match node:
        case j.Wait(length=length, for_=for_):
            return NodeWords(length_text(length) if length is not None else words.expr(for_))
        case j.WaitUntil(moment=moment):
            return NodeWords(words.moment(moment))
        case j.WaitFor(cases=cases):
            return NodeWords(ways=tuple((_line(words.case(case)),) for case in cases))
        case j.Branch(arms=arms):
            return NodeWords(ways=tuple((Line("when", words.expr(arm.when)),) for arm in arms))
        case j.Repeat(until=until):
            return NodeWords(until=words.expr(until))
        case j.Collect(step=step, length=length, until=until):
            over = f"for {spelled_out(length_text(length))}" if length is not None else ""
            return NodeWords(words.step(step), until=over or (f"until {words.moment(until)}" if until is not None else ""))
        case j.SetAttributes(pairs=pairs):
            return NodeWords(pairs=tuple((f"profile.{pair.name}", words.expr(pair.value)) for pair in pairs))
        case j.Send(pairs=pairs) | j.CallWebhook(pairs=pairs) | j.Emit(pairs=pairs) | j.StartJourney(pairs=pairs):
            return NodeWords(pairs=tuple((pair.name, words.expr(pair.value)) for pair in pairs))
        case j.Split() | j.Exit():
            return NodeWords()
