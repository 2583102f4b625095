"""What a journey says of its earlier versions is read in every form, and lowered in one order; slips are told."""

from __future__ import annotations

import pytest

from rtj.base.diagnostic import Diagnostic
from rtj.compile import Compiled, compile_text
from rtj.ir.journey import Dropped, Journey, Moved
from rtj.ir.program import fingerprint
from rtj.lang.load import load_text
from rtj.lint.fixing import apply_edits
from tests.lang.told import told

PROJECT = "project: p\nevents: {login: {}}\nchannels: {sms: {purpose: transactional}}\n"
BODY = "enter: {on: login}\ndo:\n  - {send: nudge_sms, by: sms}\n  - {id: wait_reply, wait: 2 days}\n  - {id: out, exit: done}\n"
DSL_BODY = "enter on login send nudge_sms by sms wait 2 days @wait_reply exit 'done' @out }"


def compiled(headers: str, body: str = BODY) -> Compiled:
    return compile_text(PROJECT, f"journey: one\n{headers}\n{body}")


def lowered(headers: str) -> Journey:
    program = compiled(headers).program
    assert program is not None
    return program.journeys[0]


def slips(text: str) -> list[Diagnostic]:
    """What reading says about headers in the journey language."""
    return list(load_text(PROJECT, f"journey one {{ {text}\n{DSL_BODY}").diagnostics)


@pytest.mark.parametrize(
    "headers",
    [
        "moved: {nudge: nudge_sms, hold: wait_reply}\ndropped: {survey: exit, offer: out}",
        "dropped: {offer: out, survey: exit}\nmoved: {hold: wait_reply, nudge: nudge_sms}",
        "moved:\n  hold: wait_reply\n  nudge: 'nudge_sms'\ndropped:\n  - {to: out, from: offer}\n  - from: survey\n    to: exit",
        "moved: [{from: nudge, to: nudge_sms}, {from: hold, to: wait_reply}]\ndropped: {'survey': exit, offer: out}",
    ],
)
def test_every_form_and_order_is_one_program(headers: str) -> None:
    journey = lowered(headers)

    assert journey.moved == (Moved("hold", "wait_reply"), Moved("nudge", "nudge_sms"))
    assert journey.dropped == (Dropped("offer", "out"), Dropped("survey", None))
    assert (journey.formerly, journey.on_deploy, journey.timers) == ("", "migrate", "keep")
    spelt = (
        "journey one { dropped survey to exit moved nudge to nudge_sms moved hold to wait_reply dropped offer to out " + DSL_BODY
    )
    assert fingerprint(compile_text(PROJECT, spelt).program) == fingerprint(compiled(headers).program)


def test_policies_and_the_former_name() -> None:
    journey = lowered("formerly: hello\non_deploy: boundary\ntimers: restart")

    assert (journey.formerly, journey.on_deploy, journey.timers) == ("hello", "boundary", "restart")


def test_one_move_is_understood_without_a_list() -> None:
    assert lowered("moved: {from: nudge, to: nudge_sms}\ndropped: {from: survey, to: exit}").moved == (
        Moved("nudge", "nudge_sms"),
    )


def test_ids_that_nodes_have_of_themselves_are_targets_and_exit_means_to_leave() -> None:
    body = "enter: {on: login}\ndo:\n  - branch: [{when: now() > now(), do: [exit]}, {else: [exit]}]\n"
    program = compiled("moved: {goodbye: exit_2}\ndropped: {survey: exit, poll: exit_2}", body).program

    assert program is not None
    assert program.journeys[0].moved == (Moved("goodbye", "exit_2"),)
    assert program.journeys[0].dropped == (Dropped("poll", "exit_2"), Dropped("survey", None))


def test_words_of_the_language_are_ids_as_any_other() -> None:
    text = "journey one { moved to to out moved moved to nudge_sms dropped exit to exit formerly timers timers keep " + DSL_BODY
    program = compile_text(PROJECT, text).program

    assert program is not None
    journey = program.journeys[0]
    assert journey.moved == (Moved("moved", "nudge_sms"), Moved("to", "out"))
    assert (journey.dropped, journey.formerly) == ((Dropped("exit", None),), "timers")


def test_a_node_that_could_not_be_read_is_not_missed() -> None:
    body = BODY.replace("{id: wait_reply, wait: 2 days}", "{id: wait_reply, wait: 2 dayz}")

    assert [d.code for d in compiled("moved: {hold: wait_reply, nudge: nudg}", body).diagnostics] == ["E301"]


def test_ids_the_wrong_way_round_are_changed_by_the_fix() -> None:
    text = f"journey: one\nmoved: {{nudge_sms: nudge}}\n{BODY}"
    (found,) = compile_text(PROJECT, text).diagnostics

    assert found.fix is not None
    assert "moved: {nudge: nudge_sms}" in apply_edits(text, found.fix.edits)


WRITTEN = """\
moved: nudge | E103 | nudge | write `moved: {old_id: new_id}`
dropped: [survey] | E103 | survey | write `{from: old_id, to: exit}`
dropped: [{survey: exit}] | E101 | survey | write `{from: survey, to: exit}`
dropped: [{state: survey, to: exit}] | E101 | state | did you mean `from`?
moved: [{old: a, new: out}] | E101 | new | did you mean `to`?
moved: {nudge: [out]} | E103 | [ | quote it if it is a text that begins with a bracket or brace
moved: {nudge: } | E102 | |
moved: {first nudge: out} | E106 | first nudge | names have letters, digits and `_`: `first_nudge`
moved: | E102 | moved |
on_deploy: pinned | E105 | pinned | did you mean `pin`?
on_deploy: auto_upgrade | E105 | auto_upgrade | did you mean `migrate`?
on_deploy: continue-as-new | E105 | continue-as-new | did you mean `boundary`?
timers: reset | E105 | reset | did you mean `restart`?
timers: recompute | E105 | recompute | did you mean `rebase`?
timers: kepe | E105 | kepe | did you mean `keep`?
"""


@pytest.mark.parametrize("row", WRITTEN.splitlines())
def test_slips_in_yaml(row: str) -> None:
    header, code, piece, hint = (part.strip() for part in row.split(" |"))
    found = load_text(PROJECT, f"journey: one\n{header}\n{BODY}").diagnostics

    assert (code, piece, hint) in [(d.code, d.span.text, d.hint) for d in found]


MOVE = "the old id comes first, then the new one: `moved nudge to nudge_sms`"
DROP = "the old id comes first, then where people go on: `dropped survey to exit`"
SPELT = f"""\
moved nudge -> nudge_sms | - | {MOVE}
moved nudge nudge_sms | nudge_sms | {MOVE}
moved nudge as nudge_sms | as | {MOVE}
moved nudge: nudge_sms | : | {MOVE}
moved @nudge to nudge_sms | @nudge | {MOVE}
moved: {{nudge: nudge_sms}} | : | {MOVE}
dropped survey -> exit | - | {DROP}
dropped survey | enter | {DROP}
renamed nudge to nudge_sms | renamed | the word is `moved`, above the first statement: `moved nudge to nudge_sms`
removed survey to exit | removed | the word is `dropped`, above the first statement: `dropped survey to exit`
previously hello | previously | the word is `formerly`, above the first statement: `formerly hello`
versioning pin | versioning | the word is `on_deploy`, above the first statement: `on_deploy pin`
formerly 'Hello' | 'Hello' | the name, not the title: `formerly hello`
timers kepp | kepp | did you mean `keep`?
"""


@pytest.mark.parametrize("row", SPELT.splitlines())
def test_slips_in_the_journey_language(row: str) -> None:
    header, piece, hint = (part.strip() for part in row.split(" |"))
    found = slips(header)

    assert (found[0].code, found[0].span.text, found[0].hint) == ("E010", piece, hint), told(found)


@pytest.mark.parametrize(
    "header", ["moved nudge -> nudge_sms", "moved nudge: nudge_sms", "moved @nudge to nudge_sms", "moved nudge → nudge_sms"]
)
def test_an_arrow_is_mended(header: str) -> None:
    text = f"journey one {{ {header}\n{DSL_BODY}"
    (found,) = load_text(PROJECT, text).diagnostics

    assert found.fix is not None
    program = compile_text(PROJECT, apply_edits(text, found.fix.edits)).program
    assert program is not None
    assert program.journeys[0].moved == (Moved("nudge", "nudge_sms"),)


def test_costs_and_their_currency() -> None:
    channels = "{sms: {cost: 0.06}, letter: {cost: 1}, push: {cost: '2e-4'}, email: {}}"
    project = f"project: p\nevents: {{login: {{}}}}\nchannels: {channels}\ncurrency: CHF\n"
    program = compile_text(project, "journey: one\nenter: {on: login}\n").program

    assert program is not None
    assert {channel.name: channel.cost for channel in program.channels} == {
        "sms": 0.06,
        "letter": 1.0,
        "push": 0.0002,
        "email": 0.0,
    }
    assert program.currency == "CHF"


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("channels: {sms: {cost: €0.06}}", "a number alone, of what `currency:` says: 0.06"),
        ("channels: {sms: {cost: '0,06 EUR'}}", "a number alone, of what `currency:` says: 0.06"),
        ("channels: {sms: {cost: cheap}}", "a number alone, of what `currency:` says"),
        ("channels: {sms: {cost: .inf}}", "a number alone, of what `currency:` says"),
        ("currency: eur", "did you mean `EUR`?"),
        ("currency: $", "did you mean `USD`?"),
        ("currency: 円", "did you mean `JPY`?"),
        ("currency: Swiss francs", "the code of ISO 4217, as EUR or USD"),
    ],
)
def test_slips_about_money(line: str, hint: str) -> None:
    found = load_text(f"project: p\n{line}\n").diagnostics

    assert [(d.code, d.hint) for d in found] == [("E105", hint)]


@pytest.mark.parametrize("cost", ["-1", "-0.0001", "1e10", "1e400"])
def test_a_cost_has_bounds(cost: str) -> None:
    found = compile_text(
        f"project: p\nevents: {{login: {{}}}}\nchannels: {{sms: {{cost: {cost}}}}}\n", "journey: j\nenter: {on: login}\n"
    )

    assert [(d.code, d.span.text) for d in found.diagnostics] == [("E348", cost)]
