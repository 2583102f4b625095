"""What lets people in and what ends their way: schemas of `enter`, `goal`, `exit`."""

from __future__ import annotations

from rtj.lang.read_triggers import ENTER, EXIT, GOAL, WHILE_INSIDE
from rtj.schema.beginnings import begun
from rtj.schema.parts import Schema, alone, by_word, choice, flag, mapping, one_or_more, only, ref, scalar
from rtj.schema.phrases import DATE, END, GAP, begins

BESIDE = ("key", "again", "while_inside", "backfill")
AGAIN = f"(?:never|always){END}{GAP}$|after{END}"


def definitions() -> dict[str, Schema]:
    """What journeys refer to."""
    return {
        "again": scalar("never, always, `after 7d` or `after exit`", pattern=begins(AGAIN)),
        "entry_keys": _entry_keys(),
        "entry": _entry(),
        "goal_keys": _goal_keys(),
        "goal": _watch("goal", GOAL, ("on", "when", "as", "stay"), "a goal such as {on: purchase within 7d}"),
        "ending_keys": _ending_keys(),
        "ending": _watch("ending", EXIT, EXIT, "an exit such as {on: unsubscribed}"),
        "entries": one_or_more(ref("entry")),
        "goals": one_or_more(ref("goal")),
        "endings": one_or_more(ref("ending")),
    }


def _entry_keys() -> Schema:
    by = choice(("start",), {"start": "the node `start` of another journey"})
    inside = choice(WHILE_INSIDE, {"ignore": "the trigger is refused", "restart": "the instance is ended and begins anew"})
    schedule = scalar("a schedule such as `monday at 09:00` or `2 weeks on thursday at 09:00`")
    keys = {
        "on": (
            ref("pattern"),
            "What must happen: an event, several with `or`, a count, steps with `then`, an audience (`joining platinum`). (S5.6)",
        ),
        "every": (schedule, "A schedule: fires for everybody who is in the audience of `for` at that instant. (S5.1)"),
        "once": (
            scalar("a day and time: 2026-12-31 08:00", pattern=begins(DATE)),
            "One day and time, for the audience of `for`. (S5.1)",
        ),
        "by": (by, "Another journey lets in, by its node `start`. (S5.1)"),
        "when": (ref("condition"), "Beside a trigger: may it fire? Alone: lets in when the condition comes to hold. (S5.1)"),
        "for": (ref("audience"), "With `every` and `once`: for whom; `everyone` is built in. (S5.1)"),
        "as": (ref("name"), "A name for the event, which is `entry` in any case."),
        "key": (ref("value"), "One instance for each value, at most ten at once; one for the person if left out. (S5.3)"),
        "again": (
            ref("again"),
            "Who was inside before: `never`, `always`, `after 7d` since the last entry, `after exit`; else `after 5m`. (S5.3)",
        ),
        "while_inside": (inside, "Who is inside already; `ignore` if left out. (S5.3)"),
        "backfill": (flag(), "With `joining`: read, not applied yet."),
    }
    return mapping(ENTER, keys, section="Ways in")


def _entry() -> Schema:
    forms = {
        "on": only("entry_keys", "on", "as", "when", *BESIDE),
        "every": only("entry_keys", "every", "for", "when", *BESIDE, required=["for"]),
        "once": only("entry_keys", "once", "for", "when", *BESIDE, required=["for"]),
        "by": only("entry_keys", "by", "as", "when", *BESIDE),
    }
    return by_word(
        forms | alone("when", forms, only("entry_keys", "when", *BESIDE)),
        begun(only("entry_keys", *ENTER), "entry"),
        form="expected a way in such as {on: signed_up}",
        missing="a way in says `on`, `every`, `once`, `by` or `when`",
    )


def _goal_keys() -> Schema:
    keys = {
        "on": (ref("pattern"), "The event that counts; `purchase within 7d` is measured from the entry. (S5.5)"),
        "when": (ref("condition"), "Beside `on`: a condition about the event. Alone: counts when it comes to hold. (S5.5)"),
        "as": (ref("name"), "A name for the event."),
        "within": (ref("length"), "Of a condition: so long after the entry. With `on`, write `on: purchase within 7d`. (S5.5)"),
        "stay": (flag(), "`true`: counted once, and the journey goes on. (S5.5)"),
    }
    return mapping(GOAL, keys, section="Goals and exits")


def _ending_keys() -> Schema:
    keys = {
        "on": (ref("pattern"), "Whoever does this leaves, wherever the person stands. (S5.5)"),
        "when": (ref("condition"), "Beside `on`: a condition about the event. Alone: leaves when it comes to hold. (S5.5)"),
        "as": (ref("name"), "A name for the event."),
    }
    return mapping(EXIT, keys, section="Goals and exits")


def _watch(name: str, legal: tuple[str, ...], with_event: tuple[str, ...], form: str) -> Schema:
    """A goal or an exit: an event, or a condition, which brings nothing to name."""
    without = [key for key in legal if key not in ("on", "as")]
    forms = {"on": only(f"{name}_keys", *with_event)} | alone("when", ("on",), only(f"{name}_keys", *without))
    word = "goal" if name == "goal" else "exit"
    unmade = begun(only(f"{name}_keys", *legal), name)
    return by_word(forms, unmade, form=f"expected {form}", missing=f"`{word}` says `on` or `when`")
