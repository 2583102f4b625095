"""The schema of `*.journey.yaml`."""

from __future__ import annotations

from rtj.lang.read_journey import HEADERS, ON_RESUME, STABILITIES
from rtj.lang.read_versions import MOVE, ON_DEPLOY, TIMERS
from rtj.schema import nodes, triggers
from rtj.schema.beginnings import begun
from rtj.schema.parts import Schema, choice, mapping, ref, scalar, text, whole
from rtj.schema.phrases import END, begins

VERSIONS = "A new version, and people inside"
PRIORITY_LEAST = -(10**9)


def definitions() -> dict[str, Schema]:
    """What journeys refer to."""
    return {**triggers.definitions(), **nodes.definitions(), "moved": _changes("moved"), "dropped": _changes("dropped")}


def _changes(word: str) -> Schema:
    """Ids of earlier versions: a mapping from these, or `{from: …, to: …}`, one or a list."""
    to = "The node that it is now." if word == "moved" else "The node at which people go on, or `exit`: they leave."
    keys = {"from": (ref("name"), "The id that it had."), "to": (ref("name"), to)}
    one = mapping(MOVE, keys, section=VERSIONS, required=MOVE)
    by_id: Schema = {"type": "object", "additionalProperties": ref("name", to), "propertyNames": ref("key_name")}
    return {"if": {"type": "array"}, "then": {"type": "array", "items": one}, "else": by_id}


def journey() -> Schema:
    """One document of a journey file."""
    resume = choice(ON_RESUME, {"go": "people go on", "leave": "people leave"})
    told = {"draft": "not finished: warnings only inform", "beta": "tried out", "stable": "in use; so if left out"}
    deploys = {
        "migrate": "people go over to the new version at once; so if left out",
        "pin": "people finish on the version that they entered",
        "boundary": "people go over when they next come to the first node",
    }
    kept = {
        "keep": "the date stays; so if left out",
        "rebase": "the new length counts from when the wait began",
        "restart": "the new length counts from the change on",
    }
    headers = {
        "journey": (ref("name"), "The journey's name; tests, caps and other journeys call it so."),
        "title": (text(), "What people call it."),
        "priority": (whole(PRIORITY_LEAST), "Who goes first at one instant: the higher number; 0 if left out. (S1.4)"),
        "runs": (
            scalar("dates: from 2026-01-01 to 2026-12-31", pattern=begins(f"(?:from|to){END}")),
            "Local dates, both included; outside them nobody enters, those inside go on. Always if left out. (S5.5)",
        ),
        "max_duration": (ref("length"), "Ends what would stay for ever; `91d` if left out. (S5.5)"),
        "on_resume": (resume, "What people who have stopped do at the end of a pause. (S6.6)"),
        "catch_up": (ref("length"), "Over how long people go on after a pause. (S6.6)"),
        "stability": (choice(STABILITIES, told), "For the linter alone: it changes nothing in what the journey means. *Linting*"),
        "formerly": (ref("name"), "The journey's name in earlier versions: its people are found by it. (S12.5)"),
        "on_deploy": (choice(ON_DEPLOY, deploys), "When people inside go over to this version. (S12.2)"),
        "timers": (choice(TIMERS, kept), "What becomes of a length that people wait for and that has changed. (S12.3)"),
        "moved": (ref("moved"), "Nodes that have another id now, by the old one: `{nudge: nudge_sms}`. (S12.5)"),
        "dropped": (
            ref("dropped"),
            "Nodes that are gone, and where their people go on: `{survey: exit, offer: wait_reply}`. (S12.5)",
        ),
        "enter": (ref("entries"), "Who gets in: one way in or a list. (S5.1)"),
        "goal": (ref("goals"), "What the journey is for, watched wherever the person stands: one or a list. (S5.5)"),
        "exit": (ref("endings"), "What ends it early, watched wherever the person stands: one or a list. (S5.5)"),
        "do": (ref("block"), "The nodes, one after the other. Without them whoever enters is done at once. (S6.1)"),
    }
    return begun(mapping(HEADERS, headers, section="A journey", required=["journey", "enter"]), "journey")
