"""Drawn pictures: nothing covers anything, every text fits into its box, all that is said is there, and no network is needed."""

from __future__ import annotations

import builtins
import random
import re
import subprocess
import sys
import xml.etree.ElementTree as Xml
from itertools import pairwise

import pytest

from rtj.base.errors import MissingExtra, OutputError
from rtj.report.picture import Picture, boxes, links, sketch, stops
from rtj.report.picture_cards import Card, card
from rtj.report.picture_html import page
from rtj.report.picture_layout import Direction, Layout, lay_out
from rtj.report.picture_map import map_of
from rtj.report.picture_overlay import overlay
from rtj.report.picture_png import paint
from rtj.report.picture_style import FAMILY, ICONS, Theme, style_sheet
from rtj.report.picture_svg import draw_svg, svg
from rtj.report.picture_type import measure, width, wrap
from tests.report.pictures import EVERYTHING, PROJECT, SEQUEL, everything, generated, pictures

pytest.importorskip("pygraphviz", reason="needs the extra graph")
SVG = "{http://www.w3.org/2000/svg}"


def trouble(layout: Layout) -> list[str]:
    """Boxes that cover each other, and arrows that run slanted or through a box."""
    found = []
    for place, one in enumerate(layout.cards):
        found += [f"{one.card.id} covers {other.card.id}" for other in layout.cards[:place] if one.overlaps(other)]
    for route in layout.routes:
        for (x1, y1), (x2, y2) in pairwise(route.points):
            if abs(x1 - x2) > 0.2 and abs(y1 - y2) > 0.2:
                found.append(f"slanted: {route.points}")
            for one in layout.cards:
                across = max(x1, x2) > one.x + 1 and min(x1, x2) < one.x + one.card.wide - 1
                if across and max(y1, y2) > one.y + 1 and min(y1, y2) < one.y + one.card.high - 1:
                    found.append(f"through {one.card.id}: {route.points}")
    return found


def sticks_out(one: Card) -> list[str]:
    """Texts that are wider than their box, by the measure of a wide font."""
    found = []
    for text in one.texts:
        left = text.x if text.anchor == "start" else text.x - text.wide if text.anchor == "end" else text.x - text.wide / 2
        if left < 0 or left + text.wide > one.wide or not 0 < text.y < one.high:
            found.append("".join(run.text for run in text.runs))
    return found + [chip.text for chip in one.chips if chip.x + chip.wide > one.wide]


@pytest.mark.parametrize("direction", ["down", "right"])
@pytest.mark.parametrize("seed", range(8))
def test_nothing_covers_anything(seed: int, direction: Direction) -> None:
    layout = lay_out(sketch(generated(60, seed)), direction)
    assert trouble(layout) == []
    assert [text for placed in layout.cards for text in sticks_out(placed.card)] == []
    for placed in layout.cards:
        assert placed.x >= 0 and placed.x + placed.card.wide <= layout.wide + 1
        assert placed.y >= 0 and placed.y + placed.card.high <= layout.high + 1


@pytest.mark.parametrize("direction", ["down", "right"])
@pytest.mark.parametrize("seed", range(8))
def test_two_versions_in_one_picture_cover_nothing_and_stay_inside(seed: int, direction: Direction) -> None:
    """Some nodes of the one are some of the other, in another order: whatever moves, is gone and is new is drawn."""
    old, new = generated(20, seed), generated(20, seed + 100)
    ids = [[stop.box.id for stop in stops(one.flow) if ":" not in stop.box.id] for one in (old, new)]
    chance = random.Random(seed)
    union = overlay(old, new, dict(zip(chance.sample(ids[0], 8), chance.sample(ids[1], 8), strict=True)))
    layout = lay_out(sketch(union), direction)

    assert trouble(layout) == []
    for route in layout.routes:
        assert all(-1 <= x <= layout.wide + 1 and -1 <= y <= layout.high + 1 for x, y in route.points)
    assert {end for link in union.arrows for end in (link.tail, link.head)} == {box.id for box in boxes(union)}


@pytest.mark.parametrize("direction", ["down", "right"])
def test_every_kind_of_node_is_laid_out(direction: Direction) -> None:
    assert trouble(lay_out(sketch(everything()), direction)) == []


def texts(document: str) -> str:
    """All that is written in an SVG, without the blanks at which lines break."""
    root = Xml.fromstring(document)
    return re.sub(r"\s+", "", " ".join("".join(text.itertext()) for text in root.iter(f"{SVG}text")))


def test_everything_that_is_said_stands_in_the_picture() -> None:
    picture = everything()
    document = svg(sketch(picture))
    said = texts(document)
    for box in (*picture.watches, *boxes(picture)):
        for part in (box.word, box.title, box.name, *(line.whole for line in box.lines), *box.tags):
            assert re.sub(r"\s+", "", part) in said, part
    for link in links(picture):
        for line in link.way.lines if link.way is not None else ():
            assert re.sub(r"\s+", "", line.whole) in said
    arrows = len([path for path in Xml.fromstring(document).iter(f"{SVG}path") if path.get("class") == "tip"])
    assert arrows == len(links(picture))


def test_one_picture_is_light_and_dark() -> None:
    both, light, dark = (svg(sketch(everything()), theme) for theme in ("auto", "light", "dark"))
    assert "@media (prefers-color-scheme: dark)" in both
    assert "@media" not in light and "@media" not in dark
    assert light != dark
    assert svg(sketch(everything())) == both  # the same, byte for byte


def test_pictures_need_no_network() -> None:
    one = svg(sketch(everything()))
    whole = page("club", [("everything", draw_svg(sketch(everything())))])
    for document in (one, whole):
        assert re.findall(r"(?:src|href)=\"(?!#)[^\"]*\"|url\(|@import|https?://(?!www\.w3\.org)", document) == []


def test_authors_texts_are_never_markup() -> None:
    nasty = SEQUEL.replace("journey: sequel", 'journey: sequel\ntitle: "</style><script>alert(1)</script> & ]]>"')
    drawn = sketch(pictures(nasty.replace("{send: thanks, by: email}", "{exit: '<b onclick=x>\"\u202e</svg>'}"))["sequel"])
    for document in (svg(drawn), page(drawn.heading, [("<i>", draw_svg(drawn))])):
        assert "<script>alert" not in document and "<b onclick" not in document and "\u202e" not in document
    Xml.fromstring(svg(drawn))


def test_the_page_is_well_formed_and_holds_every_picture() -> None:
    drawn = {name: draw_svg(sketch(picture)) for name, picture in pictures(EVERYTHING, SEQUEL).items()}
    document = page("club", list(drawn.items()), "dark")
    assert document.count("<figure") == 2 and 'href="#p1-everything"' in document
    for body in re.findall(r"<figure[^>]*>(.*?)</figure>", document, re.DOTALL):
        Xml.fromstring(body)
    assert "prefers-color-scheme" not in document
    assert "prefers-color-scheme" in page("club", list(drawn.items()))


def test_journeys_without_a_link_stand_in_rows() -> None:
    from rtj.compile.pipeline import compile_text

    several = [f"journey: j{n}\nenter: {{on: booked}}\ndo: [{{send: hello, by: email}}]\n" for n in range(9)]
    program = compile_text(PROJECT, EVERYTHING, SEQUEL, *several).program
    assert program is not None
    drawing = draw_svg(map_of(program, tuple(pictures(EVERYTHING, SEQUEL, *several).values())))
    assert drawing.wide < 1300
    assert all(f"j{n}" in drawing.body for n in range(9))


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_a_png_is_painted(theme: Theme) -> None:
    pytest.importorskip("resvg_py", reason="needs the extra graph")
    painted, _ = paint(svg(sketch(everything()), "dark" if theme == "dark" else "light"), theme, zoom=0.5)
    assert painted.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(painted) > 5_000


def test_a_huge_png_is_made_smaller() -> None:
    pytest.importorskip("resvg_py", reason="needs the extra graph")
    empty = '<svg xmlns="http://www.w3.org/2000/svg" width="30000" height="100"><style></style></svg>'
    painted, missing = paint(empty, "light")
    assert int.from_bytes(painted[16:20], "big") <= 12_000
    assert missing == ()


def test_what_no_font_has_is_named() -> None:
    """A character for private use stands for a script without a font; it is named, not silently left out."""
    pytest.importorskip("resvg_py", reason="needs the extra graph")
    seldom = f'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40"><text class="say">{chr(0x1FAFA)} a</text></svg>'
    _, missing = paint(seldom, "light")
    assert chr(0x1FAFA) in missing or missing == ()  # newer fonts may have it


def test_a_machine_without_fonts_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    resvg = pytest.importorskip("resvg_py", reason="needs the extra graph")
    real = resvg.svg_to_bytes
    monkeypatch.setattr(resvg, "svg_to_bytes", lambda **wishes: real(**wishes, skip_system_fonts=True))
    texts = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40"><text class="say">ab 汉字 да</text></svg>'
    assert paint(texts, "light")[1] == ("a", "汉", "д")


@pytest.mark.parametrize("missing", ["pygraphviz", "resvg_py"])
def test_a_missing_extra_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *more: object) -> object:
        if name == missing:
            raise ModuleNotFoundError(name)
        return real(name, *more)  # type: ignore[arg-type]

    document = svg(sketch(everything()))
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r"rtj\[graph\]"):
        svg(sketch(everything())) if missing == "pygraphviz" else paint(document, "light")


def test_a_graphviz_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a bare machine its libraries may be missing: which, and what works all the same."""
    real = builtins.__import__

    def broken(name: str, *more: object) -> object:
        if name == "pygraphviz":
            raise ImportError("libX11.so.6: cannot open shared object file")
        return real(name, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", broken)
    with pytest.raises(OutputError, match=r"libX11\.so\.6.*--as text, mermaid and dot need none"):
        svg(sketch(everything()))


def test_graphviz_comes_with_the_wheel() -> None:
    """No program called dot is needed: the picture is drawn with an empty path."""
    code = (
        "from tests.report.pictures import everything\n"
        "from rtj.report.picture import sketch\n"
        "from rtj.report.picture_svg import svg\n"
        "print(len(svg(sketch(everything()))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PATH": ""}, check=True)
    assert int(done.stdout) > 10_000
    assert done.stderr == ""


def test_texts_are_measured_wide_enough() -> None:
    assert width("MMMM", 10) > width("iiii", 10)
    assert width("漢字", 10) == 20 and width("e\u0301", 10) == width("e", 10)
    assert width("abc", 10, bold=True) > width("abc", 10)


@pytest.mark.parametrize("text", [
    "a plain sentence of some words that is too long for one line",
    "一段没有空格的中文文字，需要在任何字符之间换行。（而标点不在行首）",
    "a_name_without_any_blank_that_goes_on_and_on_and_on",
    "👨‍👩‍👧" * 7,
    "e\u0301" * 60,
    "مرحبا بالعالم العربي " * 4,
    "",
    "x",
])  # fmt: skip
def test_lines_break_without_loss(text: str) -> None:
    """Nothing is lost, no line is too wide, no closing mark begins a line, and what is one character stays one."""
    lines = wrap(text, 100, measure(12))
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)
    assert all(measure(12)(line) <= 100 or len(line) <= 8 for line in lines)
    assert not [line for line in lines[1:] if line[0] in "，。）」\u0301\u200d"]


def test_too_many_lines_end_in_an_ellipsis() -> None:
    lines = wrap("word " * 100, 100, measure(12), 3)
    assert len(lines) == 3 and lines[-1].endswith("…")
    assert measure(12)(lines[-1]) <= 100


def test_every_kind_of_box_has_colours_and_an_icon() -> None:
    assert set(FAMILY) == set(ICONS)
    for family in set(FAMILY.values()):
        assert f".k-{family} .card" in style_sheet("light")


def test_a_card_tells_all_of_it_to_who_points_at_it() -> None:
    box = next(box for box in boxes(everything()) if box.id == "ask")
    assert card(box).tip == "Send ask\nby push else wechat else email\ngreeting = '您好'\nseats = 2"


def test_large_pictures_are_quick() -> None:
    """What folding leaves is laid out in a moment."""
    from rtj.report.picture_fold import BOXES_MAX, fold

    small, _ = fold(generated(1_500, 1))
    layout = lay_out(sketch(small))
    assert len(layout.cards) < 3 * BOXES_MAX
    assert isinstance(small, Picture)
