"""Nodes of a journey: the schema of a block, and for every word the clauses that it takes."""

from __future__ import annotations

from rtj.lang.read_nodes import ARM, CASE, CLAUSES, PER, SHARE_ARM
from rtj.schema.beginnings import begun
from rtj.schema.parts import (
    Schema,
    alone,
    by_word,
    choice,
    has,
    lacking,
    list_of,
    listed,
    mapping,
    only,
    or_nothing,
    ref,
    scalar,
    text,
    whole,
)
from rtj.schema.phrases import COUNT, END, GAP, a_name, begins, entirely

NEEDED = {"split": ("arms",), "repeat": ("do",), "collect": ("as",)}
NOT_YET = "What is refused or not applied yet"
UNTIL = begins(f"until{END}")


def definitions() -> dict[str, Schema]:
    """What journeys refer to."""
    return {
        "block": or_nothing(list_of(ref("node"), "nodes such as `- send: welcome`")),
        "nodes": list_of(ref("node"), "nodes such as `- send: welcome`"),
        "node_keys": _node_keys(),
        "node": _node(),
        "case_keys": _case_keys(),
        "case": _case(),
        "arm_keys": _arm_keys(),
        "arm": _arm(),
        "share_arm": begun(_share_arm(), "share_arm"),
    }


def _node_keys() -> Schema:
    """Everything that may stand in some node."""
    legal = tuple(dict.fromkeys(("id", *CLAUSES, *(clause for clauses in CLAUSES.values() for clause in clauses))))
    name = "The node's name, unique in the journey. `wait wait_for collect repeat split` need one. (S6.4)"
    return mapping(legal, {"id": (ref("name"), name), **_words(), **_clauses()}, section="Nodes")


def _words() -> dict[str, tuple[Schema, str]]:
    """What stands behind each word."""
    rounds = scalar("a number of rounds such as `3 times`", besides=("number",), pattern=entirely(rf"{COUNT}(?:{GAP}times)?"))
    return {
        "wait": (
            scalar("a length such as 2h, or `until 09:00`"),
            "Waits for a length (`2h` exact, `1 day` of the calendar, or computed), or `until` a moment. (S6.3)",
        ),
        "wait_for": (
            list_of(ref("case"), "cases such as `- {on: login, do: […]}`", least=1),
            "Waits for the first of several cases: an event, a condition, a length, a moment. (S6.3)",
        ),
        "branch": (
            list_of(ref("arm"), "arms such as `- {when: …, do: […]}`", least=1),
            "Takes the first arm whose condition holds; without one `else`, or on below. (S6.1)",
        ),
        "split": (text(), "Takes an arm by chance: a hash of this salt and of the person, so that it is stable. (S9.1)"),
        "repeat": (rounds, "Runs `do` so many times, or until `until` holds. (S6.1)"),
        "send": (ref("message"), "Sends the message of that name; its text stands elsewhere. *send*"),
        "decide": (_not_yet("decide", "E901"), f"Picks an offer. This version cannot run it (E901). *{NOT_YET}*"),
        "score": (_not_yet("score", "E902"), f"Asks a model. This version cannot run it (E902). *{NOT_YET}*"),
        "call": (ref("webhook"), "Calls a webhook of the project. A simulation calls nobody: the answer is missing. (S6.5)"),
        "collect": (ref("pattern"), "Keeps the events that match as a list, `for` a length or `until` a moment. (S6.1)"),
        "set": (ref("assignments"), "Writes mapped attributes: `profile.tier = 'gold', profile.points = 3`. (S3.4)"),
        "emit": (ref("event"), "An event about the same person, worked next; `with` gives its fields. (S6.1)"),
        "start": (ref("startable"), "Offers the person to a journey that says `enter: {by: start}`, and goes on. (S6.1)"),
        "exit": (or_nothing(text()), "Leaves the journey. The reason, if there is one, stands in the trace. (S6.1)"),
    }


def _not_yet(word: str, code: str) -> Schema:
    return {**a_name(), "deprecationMessage": f"this version cannot run `{word}` ({code})", "doNotSuggest": True}


def _clauses() -> dict[str, tuple[Schema, str]]:
    """What stands beside the words."""
    return {
        "do": (ref("block"), "What is done at that moment; not at all when it is past. (S6.3)"),
        "else": (ref("block"), "The path of what could not be done: not sent, not answered, a moment that is missing. (S6.1)"),
        "per": (
            choice(PER, {"entry": "drawn anew at each entry"}),
            "`entry`: drawn anew at each entry; else once for all. (S9.1)",
        ),
        "arms": (
            list_of(ref("share_arm"), "arms such as `- {arm: plain, share: 50%}`", least=1),
            "The arms; their shares add up to 100%. (S9.1)",
        ),
        "until": (ref("moment"), "The moment at which collecting ends. (S6.1)"),
        "by": (
            ref("channels"),
            "Channels, to be tried one after the other: `push else email`. May be left out when the project has just one. *send*",
        ),
        "with": (ref("pairs"), "Values that go with it: `item = cart.item, name = profile.first_name ?? 'there'`. *send*"),
        "as": (ref("name"), "A name for the answer, or for the list of events. *Names*"),
        "take": (whole(1), f"How many offers. *{NOT_YET}*"),
        "for": (ref("length"), "How long it collects. (S6.1)"),
        "max": (whole(1), "How many events are kept; 100 if left out. *call, set, emit, start, collect, exit*"),
    }


def _node() -> Schema:
    words = [word for word in CLAUSES if word not in ("decide", "score")]
    node = by_word(
        {word: _form(word) for word in CLAUSES},
        begun(only("node_keys", "id", *CLAUSES), "node"),
        form="expected a node such as `send: welcome`",
        missing=f"a node begins with its word: {listed(words)}",
    )
    return {"if": {"type": "string"}, "then": {"enum": ["exit"], "errorMessage": node["errorMessage"]}, "else": node}


def _form(word: str) -> Schema:
    """The node of one word: the clauses that it takes, and which of them it needs."""
    form = only("node_keys", "id", word, *CLAUSES[word], required=NEEDED.get(word, ()))
    match word:
        case "wait":  # only a moment has paths of its own
            message = "`do` and `else` belong to `wait: until …`; nodes behind a wait just follow it"
            moment: Schema = {"properties": {"wait": {"pattern": UNTIL, "patternErrorMessage": message}}}
            return {"allOf": [form, {"if": has("do", "else"), "then": moment}]}
        case "collect":
            for_a_length = only("node_keys", "id", word, *[c for c in CLAUSES[word] if c != "until"], required=NEEDED[word])
            missing = lacking("for", "`collect` says `for` how long or `until` when")
            otherwise: Schema = {"if": has("until"), "then": form, "else": {"allOf": [form, missing]}}
            return {"if": has("for"), "then": for_a_length, "else": otherwise}
        case "repeat":
            done = ref("nodes", "What each round does. (S6.1)")
            until = ref("condition", "Tested before each round: when it holds, the rounds are over. (S6.1)")
            return {**form, "properties": {**form["properties"], "do": done, "until": until}}
        case _:
            return form


def _case_keys() -> Schema:
    keys = {
        "on": (ref("pattern"), "An event, a receipt of a message sent above (`nudge.clicked`), `login since entry`. (S6.3)"),
        "as": (ref("name"), "A name for the event. *Names*"),
        "when": (ref("condition"), "Beside `on`: a condition about the event. Alone: passes when it holds, now or later. (S6.3)"),
        "after": (ref("value"), "So long after the arrival at this node: the timeout. (S6.3)"),
        "until": (ref("moment"), "At that moment. (S6.3)"),
        "do": (ref("block"), "What is done in this case; without it, on below. (S6.3)"),
    }
    return mapping(CASE, keys, section="wait_for")


def _case() -> Schema:
    forms = {
        "on": only("case_keys", "on", "as", "when", "do"),
        "after": only("case_keys", "after", "do"),
        "until": only("case_keys", "until", "do"),
    }
    return by_word(
        forms | alone("when", forms, only("case_keys", "when", "do")),
        begun(only("case_keys", *CASE), "case"),
        form="expected a case such as {on: login} or {after: 3d}",
        missing="a case says `on`, `when`, `after` or `until`",
    )


def _arm_keys() -> Schema:
    keys = {
        "when": (ref("condition"), "The arm is taken when this holds and no arm above did. (S6.1)"),
        "do": (ref("block"), "What is done in this arm; without it, on below. (S6.1)"),
        "else": (ref("block"), "The last arm: when none of the others holds. (S6.1)"),
    }
    return mapping(ARM, keys, section="branch and split")


def _arm() -> Schema:
    forms = {"when": only("arm_keys", "when", "do"), "else": only("arm_keys", "else")}
    unmade = begun(only("arm_keys", *ARM), "arm")
    return by_word(forms, unmade, form="expected an arm such as {when: …, do: […]}", missing="an arm says `when` or `else`")


def _share_arm() -> Schema:
    keys = {
        "arm": (ref("name"), "The arm's name. `holdout` leaves at once and stays in the count. (S9.1)"),
        "share": (ref("share"), "How many of the people, at most four decimals. (S9.1)"),
        "do": (ref("block"), "What is done in this arm; without it, on below. (S9.1)"),
    }
    return mapping(SHARE_ARM, keys, section="branch and split", required=["arm", "share"])
