"""What a phrase that the grammar does not take was meant to say: a few words, at the place where the grammar stopped."""

from __future__ import annotations

import pytest

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source
from rtj.lang import yaml_nodes as y
from rtj.lang.phrase_forms import FormBuilder
from rtj.lang.phrases import parse_phrase
from rtj.lang.scalar_map import locate

HINTS = """\
expr | a =~ 'DE' | =~ | there are no patterns: `contains`, `starts_with`, `ends_with`
expr | a >= 30€ | € | a number has no currency
expr | a == 'it's' | s | a text that has a ' stands in ": "it's"
expr | string? | ? | a type stands behind `type`: `{type: string?}`
expr | sum(total from purchase) | from | the event comes first: `sum(purchase.total)`
expr | a > 3 ? 'x' : 'y' | ? | `if a then b else c` chooses; `a ?? b` stands in for what is missing
expr | cart?.item | ? | `if a then b else c` chooses; `a ?? b` stands in for what is missing
expr | 'x' if a > 3 else 'y' | if | the question comes first: `if a then b else c`
expr | f'{a}' | '{a}' | texts are joined by `+`: 'Hello ' + profile.first_name
expr | profile.country.includes('D') | ( | functions stand before what they are about: `contains(text, part)`
expr | chance('x') < 10% | % | a fraction is written 0.1
expr | a > 1,000 | , | a number is written 1000 or 29.90
expr | a > 1_000 | 1_000 | a number is written 1000 or 29.90
expr | a > 1k | 1k | a number is written 1000 or 29.90
expr | a is not empty and is not missing | missing | repeat the left side: a is not empty and a is not missing
pairs | n = a || 'x' | || | `a ?? b` stands in for what is missing, `+` joins texts
wait | 00:30:00 | : | a length is written 30m, 2h, 1h30m
wait | 1M | 1M | `1m` is a minute, `1 month` a month
wait | 3mths | 3mths | the calendar is told in words: 1 month, 1 year
length | weekly | weekly | write `day`, `week`, `month`, `quarter` or `year`
wait | 2d 3h | 3h | a length is written in one: 2d3h
wait | for purchase | purchase | an event is waited for by another node: `wait_for: [{on: purchase}, {after: 3d}]`
again | after one week | one | numbers are written in digits: 1 week
times | until profile.ok | until | say how often at most, `3 times`; `until:` is a key of its own
length | days | days | write `day` for one of the calendar, or a number before it
schedule | 0 9 * * 1 | 9 | a schedule is told in words: monday at 09:00, month on 1 at 09:00
schedule | */5 * * * * | * | a schedule is told in words: monday at 09:00, month on 1 at 09:00
once | 31.12.2026 08:00 | 31 | a date is written 2026-12-31, a time behind it 08:00
pattern | nudge clicked | clicked | a receipt of one message: `nudge.clicked`; of any: `clicked`
pattern | Product Viewed | Viewed | a type is one word, as `events:` has it; how sources spell it stands under `foreign_names:`
pattern | joining audience vip | vip | the name of the audience alone, without `audience`
path | last(login.ts) | ( | a formula stands alone, without `from`: `seen: last(login.ts)`
pattern | add-to-cart | - | names have no `-`: `add_to_cart`
pattern | profile.orders > 3 | > | a condition is a key of its own: `when: …`
pattern | login 3 times | 3 | the count comes first: `3 product_view`
pattern | a and not b within 2h | and | one or another: a or b; one after the other: a then b; one alone: a then not b within 2h
pattern | joined vip | vip | write joining NAME or leaving NAME
"""


@pytest.mark.parametrize("row", HINTS.splitlines())
def test_hint(row: str) -> None:
    start, phrase, piece, hint = row.split(" | ")
    source, found = Source("f", f"k: |\n  {phrase}\n"), list[Diagnostic]()
    (document,) = y.read_documents(source, found)
    assert isinstance(document, y.Mapping)
    value = document.pairs[0].value
    assert isinstance(value, y.Scalar)
    located = locate(source, value.span, value.value, value.style)

    parse_phrase(located, start, getattr(FormBuilder, start), found)

    assert [(d.code, d.span.text, d.hint) for d in found] == [("E301", piece, hint)]
