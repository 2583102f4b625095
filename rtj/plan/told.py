"""What addresses are called for people: `audience vip`, `purchase.total`, `entry 1 when`, `nudge case 2`."""

from __future__ import annotations

from collections.abc import Sequence

from rtj.plan.changes import Spot

NUMBERED = ("entry", "goal", "exit", "case", "arm")
ALONE = {
    "consents": "consents", "quiet_hours": "quiet hours", "holdout": "the holdout", "suppressed": "suppressed addresses",
    "timezone": "the project's timezone",
}  # fmt: skip
LISTED_MAX = 4  # names in a sentence before `… 3 more`


def told(spot: Spot) -> str:
    """What stands at an address, without the journey in which it lies."""
    match spot:
        case ("journey", name):
            return f"journey {name}"
        case ("journey", _, "node", node, *rest):
            return " ".join((node, *_steps(rest)))
        case ("journey", _, *rest):
            return " ".join(_steps(rest))
        case ("event", event, "field", "*"):
            return f"event {event}"
        case ("event", event, "field", field):
            return f"{event}.{field}"
        case ("template", message, *_):
            return f"text {message}"
        case (alone,):
            return ALONE.get(alone, alone)
        case (kind, name, *rest):
            return " ".join((kind, name, *_steps(rest)))
        case _:
            return ""


def _steps(steps: Sequence[str]) -> list[str]:
    """The words of an address; what is counted is counted from one."""
    found: list[str] = []
    for place, step in enumerate(steps):
        counted = place > 0 and steps[place - 1] in NUMBERED and step.isdigit()
        found.append(str(int(step) + 1) if counted else step)
    return found


def placed(spot: Spot) -> str:
    """The same with its journey: `entry 1 of welcome`."""
    return f"{told(spot)} of {spot[1]}" if spot[0] == "journey" and len(spot) > 2 else told(spot)


def listed(names: Sequence[str], most: int = LISTED_MAX) -> str:
    """`a`, `b` and 3 more, in backquotes."""
    shown = [f"`{name}`" for name in names[:most]]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest:,} more" if rest else "")
