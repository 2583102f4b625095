"""What people type by habit is understood, whatever the style of YAML: the mended phrase is the one that was meant."""

from __future__ import annotations

import pytest

from rtj.base.diagnostic import Diagnostic, Fix
from rtj.base.span import Source
from rtj.lang import yaml_nodes as y
from rtj.lang.mending import Change, changed
from rtj.lang.phrase_forms import FormBuilder
from rtj.lang.phrases import parse_phrase
from rtj.lang.scalar_map import locate

SAFE = """\
expr | a = 1 | a == 1
expr | a === 1 | a == 1
expr | a !== 1 | a != 1
expr | a <> 1 | a != 1
expr | a =< 1 | a <= 1
expr | a => 1 | a >= 1
expr | a ≥ 1 | a >= 1
expr | a ≠ 1 | a != 1
expr | a && b | a and b
expr | a&&b | a and b
expr | a||b | a or b
expr | !a and b | not a and b
expr | !a.b | not a.b
expr | !(a > 1) | not (a > 1)
expr | !f(a, b) or c | not f(a, b) or c
expr | a AND b OR c | a and b or c
expr | NOT a | not a
expr | a and NOT b | a and not b
expr | a NOT IN [1] | a not in [1]
expr | if a THEN b ELSE c | if a then b else c
expr | a is null | a is missing
expr | a is not None | a is not missing
expr | a > 2 hours | a > 2h
expr | a > 2hours | a > 2h
expr | a > 2 h | a > 2h
expr | a > 90 Minutes | a > 90m
expr | a > 1.5h | a > 90m
expr | a > 1.5 hours | a > 90m
expr | a > 2days | a > 2 days
expr | a == “gold” | a == 'gold'
expr | a == „gold“ | a == 'gold'
expr | a == “it's” | a == "it's"
expr | a == 「金」 | a == '金'
expr | f（b，c） | f(b,c)
expr | a．b ＝＝ 1 | a.b == 1
expr | a ＝ 1 | a == 1
expr | a\u00a0== 1 | a == 1
expr | a == 1\u200b | a == 1
expr | count(x where y.z = 1) > 2 | count(x where y.z == 1) > 2
expr | a = 1 && b = 2 || c <> “x” | a == 1 and b == 2 or c != 'x'
wait | 2 hours | 2h
wait | until 9:00 | until 09:00
wait | until 9pm | until 21:00
length | 1.25 h | 75m
pattern | joining audience vip | joining vip
pattern | leaving audience.vip then purchase | leaving vip then purchase
moment | Monday at 9:00 | monday at 09:00
moment | monday at 09：00 | monday at 09:00
moment | 9:30 pm | 21:30
schedule | Monday AT 9:00 | monday at 09:00
pattern | login OR purchase | login or purchase
pattern | a THEN NOT b WITHIN 7 d | a then not b within 7d
pattern | a where event.x = “y” within 2 hours | a where event.x == 'y' within 2h
times | 3x | 3 times
again | 7d | after 7d
again | Never | never
wait | 2d 3h | 2d3h
wait | 1d 2h 30m | 1d2h30m
wait | for 30m | 30m
wait | 1mo | 1 month
wait | 3mths | 3 month
wait | 1yr | 1 year
wait | 7D | 7d
wait | until mon at 9:00 | until monday at 09:00
wait | until weekdays at 09:00 | until weekday at 09:00
wait | until next monday 10:00 | until next monday at 10:00
moment | thurs at 09:00 | thursday at 09:00
schedule | monday 9:00 | monday at 09:00
schedule | hour | 1h
at_most | 2/day | 2 per day
at_most | 20 per second | 20 per 1s
pattern | 3x login within 10m | 3 login within 10m
pattern | 3 times login | 3 login
runs | 2026-01-01 to 2026-12-31 | from 2026-01-01 to 2026-12-31
assigns | profile.tier == 'gold' | profile.tier = 'gold'
assigns | profile.tier := 'gold' | profile.tier = 'gold'
pairs | a == 1, b == 2 | a = 1, b = 2
channels | push ELSE email | push else email
"""
UNSAFE = """\
expr | !a == b | not a == b
expr | a & b | a and b
expr | a eq 1 | a == 1
expr | a == `x` | a == 'x'
expr | a == 'gold’ | a == 'gold'
expr | a is set | a is not missing
expr | $a == 1 | a == 1
expr | a == 1; | a == 1
moment | 12am | 00:00
expr | a > 30 days ago | a > now() - 30 days
expr | a > 2h ago and b | a > now() - 2h and b
expr | sum(x.y) last 30 days > 5 | sum(x.y) over 30 days > 5
expr | count(x) within 7d > 5 | count(x) over 7d > 5
wait | 1M | 1 month
again | once | never
pairs | n = a || 'x' | n = a ?? 'x'
again | yes | always
pattern | joined vip | joining vip
schedule | fridays at 09:00 | friday at 09:00
pattern | left vip | leaving vip
pattern | joins vip | joining vip
pattern | purchase whithin 7d | purchase within 7d
pairs | a = x = 2 | a = x == 2
"""
NONE = """\
expr | a == 25:00
expr | 1 < a < 5
expr | a b c
expr | a = 30 February
expr | a ! b
expr | a == 'open
expr | a = 2026-02-30
wait | 0.0001ms
channels | push, email
pattern | a and b
moment | marvel at 09:00
schedule | 0 9 * * 1
pattern | Product Viewed
"""


def rows(table: str) -> list[list[str]]:
    return [[cell.strip(" ") for cell in row.split(" | ")] for row in table.splitlines()]


def written(style: str, phrase: str, new_line: str = "\n") -> str:
    """A file with this phrase as a value, and other things around."""
    double = phrase.replace("\\", "\\\\").replace('"', '\\"')
    single = phrase.replace("'", "''")
    shapes = {
        "plain": f"日本: 😀\nk: {phrase}\nz: y  # kept\n",
        "'": f"日本: 😀  # x\nk: '{single}'\nz: y\n",
        '"': f'日本: 😀  # x\nk: "{double}"\nz: y\n',
        "|": f"日本: 😀\nk: |  # x\n  {phrase}\nz: y\n",
        ">": f"日本: 😀\nk: >-  # x\n  {phrase}\nz: y\n",
        "flow": f"{{日本: 😀, k: '{single}', z: y}}  # x\n",
    }
    return shapes[style].replace("\n", new_line)


def fix_of(text: str, start: str) -> Fix | None:
    source, found = Source("f", text), list[Diagnostic]()
    (document,) = y.read_documents(source, found)
    assert isinstance(document, y.Mapping)
    value = next(p.value for p in document.pairs if p.key.value == "k")
    assert isinstance(value, y.Scalar)
    assert found == []
    parse_phrase(locate(source, value.span, value.value, value.style), start, getattr(FormBuilder, start), found)
    return found[0].fix


def mend(text: str, fix: Fix) -> str:
    return changed(text, [Change(e.start, e.end, e.text) for e in sorted(fix.edits, key=lambda e: e.start)])


@pytest.mark.parametrize("style", ["'", '"', "|", ">", "flow"])
@pytest.mark.parametrize(("start", "wrong", "right"), rows(SAFE))
def test_what_can_only_mean_one_thing(start: str, wrong: str, right: str, style: str) -> None:
    for new_line in ("\n", "\r\n"):
        fix = fix_of(written(style, wrong, new_line), start)
        assert fix is not None
        assert fix.safe
        assert mend(written(style, wrong, new_line), fix) == written(style, right, new_line)


@pytest.mark.parametrize(("start", "wrong", "right"), [row for row in rows(SAFE) if row[1][0] not in "!`" and "（" not in row[1]])
def test_plain_values_stay_plain(start: str, wrong: str, right: str) -> None:
    fix = fix_of(written("plain", wrong), start)
    assert fix is not None
    assert mend(written("plain", wrong), fix) == written("plain", right)


@pytest.mark.parametrize(("start", "wrong", "right"), rows(UNSAFE))
def test_what_a_person_should_look_at(start: str, wrong: str, right: str) -> None:
    fix = fix_of(written("|", wrong), start)
    assert fix is not None
    assert not fix.safe
    assert mend(written("|", wrong), fix) == written("|", right)


@pytest.mark.parametrize(("start", "wrong"), rows(NONE))
def test_what_is_no_slip_is_left_alone(start: str, wrong: str) -> None:
    assert fix_of(written("|", wrong), start) is None


def test_a_phrase_full_of_slips_is_left_to_its_author() -> None:
    assert fix_of(written("'", " && ".join(["a"] * 15)), "expr") is not None
    assert fix_of(written("'", " && ".join(["a"] * 40)), "expr") is None
