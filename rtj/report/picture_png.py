"""A picture as PNG: the SVG, painted with the fonts of this machine."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from rtj.base.errors import MissingExtra, OutputError
from rtj.report.picture_style import FONTS, Theme

SIDE_MAX = 12_000  # pixels: more than that is no picture that a program would open
SCRIPTS_MAX = 20  # so many are looked at for a font
_TEXT = re.compile(r"(<text[^>]*>)(.*?)(</text>)", re.DOTALL)
_HAN = (
    "\u1100-\u11ff\u2e80-\u303f\u3040-\u30ff\u3100-\u318f\u31a0-\ua4cf\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
    "\U00020000-\U0003ffff"
)
_EMOJI = "\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
_SCRIPTS = {  # what the first font that is found rarely has, and families that do
    "han": (
        _HAN,
        "'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei','Noto Sans CJK JP','Hiragino Sans'",
    ),
    "emoji": (_EMOJI, "'Noto Color Emoji','Apple Color Emoji','Segoe UI Emoji','Noto Emoji','Symbola','DejaVu Sans'"),
    "arab": ("\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff", "'Segoe UI','Arial','DejaVu Sans','Noto Sans Arabic'"),
    "hebr": ("\u0590-\u05ff", "'Segoe UI','Arial','DejaVu Sans','Noto Sans Hebrew'"),
}
_JOINERS = dict.fromkeys((0x200D, 0xFE0E, 0xFE0F))  # the painter stumbles over pictures that are joined of several
_BETWEEN_TAGS = re.compile(r"(?<=>)[^<]+|^[^<]+")
_GROUND = {"light": "#ffffff", "auto": "#ffffff", "dark": "#0f141b"}


def paint(svg: str, theme: Theme, zoom: float = 2.0) -> tuple[bytes, tuple[str, ...]]:
    """The PNG of an SVG document, so many pixels to one of it, fewer where it would be too large; and a character of each script
    for which this machine has no font, which stands as empty boxes. Raises MissingExtra, OutputError."""
    try:
        import resvg_py  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingExtra("a picture as png", "graph") from error
    size = re.search(r'width="(\d+)" height="(\d+)"', svg)
    assert size is not None
    zoom = min(zoom, SIDE_MAX / max(1, int(size[1]), int(size[2])))
    families = "".join(f".{name}{{font-family:{fonts},sans-serif}}" for name, (_, fonts) in _SCRIPTS.items())
    styled = _TEXT.sub(_marked, svg).replace("</style>", f"{families}</style>", 1)
    return _painted(styled, background=_GROUND[theme], zoom=zoom), _missing(svg)


def _painted(svg: str, **wishes: Any) -> bytes:
    """The PNG. Whatever goes wrong in the painter, which is foreign code and panics on some texts, is told as a failed output."""
    import resvg_py

    try:
        return bytes(resvg_py.svg_to_bytes(svg_string=svg, **wishes))
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        raise OutputError("the picture cannot be painted on this machine; --as svg draws it without fonts") from error


def _marked(text: re.Match[str]) -> str:
    """The text in a family that has its script: the painter takes one for a whole line, and any that has what is missing."""
    inside = text[2].translate(_JOINERS)
    if inside.isascii():
        return text[0]
    found = next((name for name, (chars, _) in _SCRIPTS.items() if name != "emoji" and re.search(f"[{chars}]", inside)), "")
    opening = text[1].replace('class="', f'class="{found} ', 1) if found else text[1]
    return opening + _BETWEEN_TAGS.sub(_pictured, inside) + text[3]


def _pictured(part: re.Match[str]) -> str:
    return re.sub(f"[{_EMOJI}](?:[{_EMOJI} ]*[{_EMOJI}])?", r'<tspan class="emoji">\g<0></tspan>', part[0])


def _missing(svg: str) -> tuple[str, ...]:
    """A character of each script of the picture's texts for which there is no font. Unicode names tell scripts apart."""
    texts = "".join(re.sub(r"<[^>]*>", "", found[2]) for found in _TEXT.finditer(svg))
    samples: dict[str, str] = {}
    for char in dict.fromkeys(texts):
        if char.isalpha() or re.match(f"[{_EMOJI}]", char):
            script = unicodedata.name(char, "").partition(" ")[0] if char.isalpha() else "emoji"
            samples.setdefault(script, char)
    return tuple(char for char in list(samples.values())[:SCRIPTS_MAX] if not _is_there(char))


def _is_there(char: str) -> bool:
    """Does any font have it? It comes out otherwise than a character that none has, and than nothing."""
    fonts = next((fonts for chars, fonts in _SCRIPTS.values() if re.match(f"[{chars}]", char)), FONTS)
    return _seen(char, fonts) not in (_seen(_NOBODYS, fonts), _seen("", fonts))


def _seen(char: str, fonts: str) -> bytes:
    """How a character comes out."""
    return _painted(
        '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24">'
        f'<text x="2" y="20" font-size="16" font-family="{fonts},sans-serif">{char}</text></svg>'
    )


_NOBODYS = "\U000f1234"  # for private use: no font has it
