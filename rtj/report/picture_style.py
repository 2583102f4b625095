"""Colours, type and icons of drawn pictures: one style sheet, light and dark."""

from __future__ import annotations

from typing import Literal, TypeAlias

_Paper: TypeAlias = tuple[str, str, str, str, str, str]
Theme: TypeAlias = Literal["auto", "light", "dark"]

FONTS = (
    "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Noto Sans', 'PingFang SC', 'Hiragino Sans', 'Microsoft YaHei',"
    " 'Noto Sans CJK SC', 'Noto Sans CJK JP', 'Noto Sans Arabic', 'Noto Sans Hebrew', 'Noto Color Emoji', 'DejaVu Sans',"
    " sans-serif"
)

# Of each kind: accent, fill of the card, edge of the card; in the light, then in the dark.
_KINDS: dict[str, tuple[tuple[str, str, str], tuple[str, str, str]]] = {
    "enter": (("#1a7f4b", "#f0faf4", "#bfe3cf"), ("#5fd699", "#14241c", "#2b5540")),
    "goal": (("#1a7f4b", "#f0faf4", "#bfe3cf"), ("#5fd699", "#14241c", "#2b5540")),
    "leave": (("#c2413b", "#fdf3f2", "#f3cfcc"), ("#ff8f88", "#2a1918", "#66352f")),
    "wait": (("#9a6700", "#fff9ec", "#f0ddb0"), ("#e9bd58", "#261f10", "#5a4720")),
    "choice": (("#7a46c9", "#f8f4fe", "#ddcdf6"), ("#c2a2f7", "#211a2e", "#4d3b6e")),
    "send": (("#1f66d0", "#f1f6fe", "#c8dcf9"), ("#83b4ff", "#14202f", "#2c4a73")),
    "act": (("#0f7c86", "#eef9fa", "#bfe4e7"), ("#5ccbd6", "#10262a", "#265158")),
    "exit": (("#c2413b", "#fdf3f2", "#f3cfcc"), ("#ff8f88", "#2a1918", "#66352f")),
    "quiet": (("#596273", "#f4f5f8", "#d9dde5"), ("#a5afc0", "#1d2129", "#3d4452")),
}
FAMILY = {
    "enter": "enter", "goal": "goal", "leave": "leave", "wait": "wait", "wait_for": "wait", "collect": "wait", "branch": "choice",
    "split": "choice", "repeat": "choice", "send": "send", "call": "act", "set": "act", "emit": "act", "start": "act",
    "exit": "exit", "holdout": "quiet", "end": "quiet", "more": "quiet", "journey": "send",
}  # fmt: skip

_MARKS = {"added": ("#1a9d57", "#5fd699"), "removed": ("#d1342c", "#ff8f88"), "changed": ("#d08700", "#f2bd4b")}

# Background, ink, softer ink, lines, labels on ways: fill and edge.
_LIGHT: _Paper = ("#ffffff", "#1c2430", "#667085", "#8a94a6", "#ffffff", "#cfd5df")
_DARK: _Paper = ("#0f141b", "#e8ecf2", "#98a2b3", "#7b8799", "#171d26", "#3a4351")

# Drawn in a square of 16, with round ends.
ICONS = {
    "enter": "M2 8h8M7 4.5 10.5 8 7 11.5M10 2.5h2.5a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H10",
    "exit": "M6 13.5H3.5a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1H6M6 8h8M11 4.5 14.5 8 11 11.5",
    "leave": "M6 13.5H3.5a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1H6M6 8h8M11 4.5 14.5 8 11 11.5",
    "goal": "M3.5 14.5v-12M3.5 3h8.5l-2 3 2 3H3.5",
    "wait": "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.8V8l2.2 1.6",
    "wait_for": "M4 2h8M4 14h8M5 2v2.5L8 8l3-3.5V2M5 14v-2.5L8 8l3 3.5V14",
    "collect": "M2.5 8.5v4a1 1 0 0 0 1 1h9a1 1 0 0 0 1-1v-4M2.5 8.5h3l1 2h3l1-2h3M8 2v5.5M5.8 5.3 8 7.5l2.2-2.2",
    "branch": "M8 2v3.5M8 5.5 3.5 10v4M8 5.5 12.5 10v4M2 12.5 3.5 14 5 12.5M11 12.5l1.5 1.5 1.5-1.5",
    "split": "M2.5 2.5h11v11h-11zM5.3 5.3h.01M10.7 5.3h.01M8 8h.01M5.3 10.7h.01M10.7 10.7h.01",
    "repeat": "M2.5 8a5.5 5.5 0 0 1 9.6-3.6L13.5 6M13.5 2.5V6H10M13.5 8a5.5 5.5 0 0 1-9.6 3.6L2.5 10M2.5 13.5V10H6",
    "send": "M2 3.5h12v9H2zM2 4l6 5 6-5",
    "call": "M5.5 2v3.5M10.5 2v3.5M3.5 5.5h9V8a4.5 4.5 0 0 1-9 0zM8 12.5V15",
    "set": "M10.8 2.6l2.6 2.6L6 12.6l-3.4.8.8-3.4zM9 4.4 11.6 7",
    "emit": "M2.5 6.5v3h2.5l5 3.5V3L5 6.5zM12.5 5.8a3 3 0 0 1 0 4.4",
    "start": "M4.5 2.5 13 8l-8.5 5.5z",
    "holdout": "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM6.3 5.8v4.4M9.7 5.8v4.4",
    "end": "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM5.3 8.2l1.9 1.9 3.6-4",
    "more": "M3.5 8h.01M8 8h.01M12.5 8h.01",
    "journey": "M3.5 4.5a1.8 1.8 0 1 0 0-.01M12.5 11.5a1.8 1.8 0 1 0 0-.01M5.3 4.4H9a2 2 0 0 1 2 2v3.4",
}


def kind_colours(family: str, *, dark: bool) -> tuple[str, str, str]:
    """Accent, fill and frame of the boxes of a family."""
    return _KINDS[family][dark]


def paper_colours(*, dark: bool) -> tuple[str, str, str, str]:
    """Of the ground, of ink, of softer ink, of lines."""
    return (_DARK if dark else _LIGHT)[:4]


def mark_colour(mark: str, *, dark: bool) -> str:
    """Of what was added, removed or changed."""
    return _MARKS[mark][dark]


def page_colours(theme: Theme) -> str:
    """The colours of a page around a picture, as variables."""

    def root(*, dark: bool) -> str:
        ground, ink, soft, _, _, edge = _DARK if dark else _LIGHT
        return f":root{{--ground:{ground};--ink:{ink};--soft:{soft};--line:{edge};color-scheme:{'dark' if dark else 'light'}}}"

    if theme != "auto":
        return root(dark=theme == "dark")
    return f"{root(dark=False)}@media (prefers-color-scheme: dark){{{root(dark=True)}}}"


def style_sheet(theme: Theme, scope: str = "") -> str:
    """The rules of a picture. `auto`: light, and dark for readers whose device asks for it. `scope`: a selector before each."""
    if theme != "auto":
        return _type(scope) + _colours(scope, dark=theme == "dark")
    night = _colours(scope, dark=True)
    return f"{_type(scope)}{_colours(scope, dark=False)}@media (prefers-color-scheme: dark){{{night}}}"


def _type(scope: str) -> str:
    rules = {
        "text": f"font-family:{FONTS};unicode-bidi:plaintext",
        ".heading,.title,.word,.count": "font-weight:600",
        ".card": "stroke-width:1.2",
        ".link": "fill:none;stroke-linecap:round",
        ".icon": "fill:none;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round",
        ".dashed": "stroke-dasharray:5 5",
        ".idle": "opacity:.45",
    }
    return _rules(scope, rules)


def _colours(scope: str, *, dark: bool) -> str:
    ground, ink, soft, line, way, edge = _DARK if dark else _LIGHT
    good, bad = ("#5fd699", "#ff8f88") if dark else ("#1a7f4b", "#c2413b")
    rules = {
        ".ground": f"fill:{ground}",
        ".heading,.title,.count": f"fill:{ink}",
        ".say,.tally": f"fill:{ink}",
        ".name,.soft": f"fill:{soft}",
        ".key": f"fill:{soft}",
        ".link": f"stroke:{line}",
        ".tip": f"fill:{line}",
        ".beside": f"fill:{ink};stroke:{ground};stroke-width:4;stroke-linejoin:round;paint-order:stroke",
        ".way .card": f"fill:{way};stroke:{edge}",
        ".aside .card": f"fill:{way};stroke:{edge};stroke-dasharray:4 3",
        ".chip": f"fill:{ground};stroke:{edge}",
        ".rule": f"stroke:{edge}",
        ".good,.good .count": f"fill:{good}",
        ".bad,.bad .count": f"fill:{bad}",
    }
    for family, both in _KINDS.items():
        accent, fill, frame = both[dark]
        rules[f".k-{family} .card"] = f"fill:{fill};stroke:{frame}"
        rules[f".k-{family} .word"] = f"fill:{accent}"
        rules[f".k-{family} .disc"] = f"fill:{accent}"
        rules[f".k-{family} .icon"] = f"stroke:{ground}"
    for mark, colours in _MARKS.items():
        dashes = ";stroke-dasharray:7 5" if mark == "removed" else ""
        rules[f".m-{mark} .card"] = f"stroke:{colours[dark]};stroke-width:3{dashes}"
        rules[f".way.m-{mark} .card,.aside.m-{mark} .card"] = f"stroke:{colours[dark]};stroke-width:1.8{dashes}"
        rules[f".link.m-{mark}"] = f"stroke:{colours[dark]};stroke-width:2.4{dashes}"
        rules[f".tip.m-{mark}"] = f"fill:{colours[dark]}"
    return _rules(scope, rules)


def _rules(scope: str, rules: dict[str, str]) -> str:
    lead = f"{scope} " if scope else ""
    return "".join(
        f"{','.join(lead + selector for selector in selectors.split(','))}{{{body}}}" for selectors, body in rules.items()
    )
