"""What people get wrong, and what becomes of it: mended at once, mended only if asked, or left; and what is taken back."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from rtj.lint import fixing
from rtj.lint.fixing import mend
from rtj.lint.lint import Linted
from tests.lint.cases import HEAD, PROJECT
from tests.lint.mends import after, looked_at, mended, named

# What is written, what a safe fix makes of it (empty: nothing), what an unsafe one does (empty: the same).
NODES = [
    ("  - {id: a, wait: 2 hours}", "  - {id: a, wait: 2h}", ""),
    ("  - {id: a, wiat: 2h}", "  - {id: a, wait: 2h}", ""),
    ("  - {id: a, delay: 2h}", "", "  - {id: a, wait: 2h}"),
    ("  - {sned: a, by: sms}", "  - {send: a, by: sms}", ""),
    ("  - {send: a, by: sms, wiht: x = 1}", "", "  - {send: a, by: sms, with: x = 1}"),
    ("  - {send: a, by: smz}", "", "  - {send: a, by: sms}"),
    ("  - send:hello", "  - send: hello", ""),
    ("  - {send: a, by: sms, with: x = 1, y = 2}", "  - {send: a, by: sms, with: 'x = 1, y = 2'}", ""),
    ("  - {id: w, wait_for: [{on:login}, {after:3d}]}", "  - {id: w, wait_for: [{on: login}, {after: 3d}]}", ""),
    ("  - {id: w, wait_for: [{true: login}, {aftr: 3d}]}", "  - {id: w, wait_for: [{on: login}, {after: 3d}]}", ""),
    ("  - {id: w, wait_for: [{on: logn}, {after: 3d}]}", "", "  - {id: w, wait_for: [{on: login}, {after: 3d}]}"),
    ("  - branch: [{whne: cart.price > 1, do: [exit]}]", "  - branch: [{when: cart.price > 1, do: [exit]}]", ""),
    ("  - branch: [{when: cart.price in [1, 2], do: [exit]}]", "  - branch: [{when: 'cart.price in [1, 2]', do: [exit]}]", ""),
    ("  - branch: [{when: 'a' == cart.item, do: [exit]}]", "  - branch: [{when: \"'a' == cart.item\", do: [exit]}]", ""),
    ("  - branch: [{when: cart.itme == 'x', do: [exit]}]", "", "  - branch: [{when: cart.item == 'x', do: [exit]}]"),
    ("  - branch: [{when: profile.tier == 'gol', do: [exit]}]", "", "  - branch: [{when: profile.tier == 'gold', do: [exit]}]"),
    ("  - branch: [{when: tier == 'gold', do: [exit]}]", "", "  - branch: [{when: profile.tier == 'gold', do: [exit]}]"),
    ("  - branch: [{when: profile.loyal, do: [exit]}]", "", "  - branch: [{when: audience.loyal, do: [exit]}]"),
    ("  - branch: [{when: cuont(purchase) > 1, do: [exit]}]", "", "  - branch: [{when: count(purchase) > 1, do: [exit]}]"),
    ("  - branch: [{when: count(purchse) > 1, do: [exit]}]", "", "  - branch: [{when: count(purchase) > 1, do: [exit]}]"),
    ("  - {id: r, repeat: 3x, do: [exit]}", "  - {id: r, repeat: 3 times, do: [exit]}", ""),
    ("  - {set: profile.tier == 'gold'}", "  - {set: profile.tier = 'gold'}", ""),
    ("  - {set: profile.tire = 'gold'}", "", "  - {set: profile.tier = 'gold'}"),
    ("  - {emit: promoted, with: tier = 'gld'}", "", "  - {emit: promoted, with: tier = 'gold'}"),
    ("  - {emit: promotd, with: tier = 'gold'}", "", "  - {emit: promoted, with: tier = 'gold'}"),
    ("  - exit: Order #5 done", "", "  - exit: 'Order #5 done'"),
    ("  - exit: {{ reason }}", "  - exit: '{{ reason }}'", ""),
    ("  - exit: @home", "", "  - exit: '@home'"),
    ("  - exit: !!str done  # x", "", ""),
    ("  - wait: 2h", "", "  - id: wait_2h\n    wait: 2h"),
    ("  - {wait: 2h}\n  - { wait: 2h }", "", "  - {id: wait_2h, wait: 2h}\n  - { id: wait_2h_2, wait: 2h }"),
    (
        "  - {send: a, by: sms}\n  - {send: a, by: sms}\n  -   send: a\n      by: sms",
        "",
        "  - {send: a, by: sms}\n  - {id: a_2, send: a, by: sms}\n  -   id: a_3\n      send: a\n      by: sms",
    ),
    (
        "  - {id: s, split: t, arms: [{arm: a, share: 45}, {arm: b, share: 55 %}]}",
        "  - {id: s, split: t, arms: [{arm: a, share: 45%}, {arm: b, share: 55%}]}",
        "",
    ),
    (
        "  - {id: s, split: t, arms: [{arm: a, share: 1}, {arm: b, share: 99%}]}",
        "",
        "  - {id: s, split: t, arms: [{arm: a, share: 1%}, {arm: b, share: 99%}]}",
    ),
    ("  - {id: a, wait: 2h, on: login}", "", ""),
    ("  - {send: a, by: sms or email}", "", ""),
    ("  - {send: a, by: sms", "", ""),
]


@pytest.mark.parametrize(("wrong", "safe", "unsafe"), NODES)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_nodes(wrong: str, safe: str, unsafe: str, line_end: str) -> None:
    def texts(nodes: str) -> dict[str, str]:
        return named(PROJECT, f"# 日本 😀\n{HEAD}do:\n{nodes}\n  - exit  # last\n".replace("\n", line_end))

    assert after(texts(wrong)) == texts(safe or wrong)
    assert after(texts(wrong), unsafe=True) == texts(unsafe or safe or wrong)


HEADERS = [
    ("jorney: one\nenter: {on: login}\n", "journey: one\nenter: {on: login}\n"),
    ("journey: one\nenter: login\n", "journey: one\nenter: {on: login}\n"),
    ("journey: one\nenter: login or purchase  # two\n", "journey: one\nenter: {on: login or purchase}  # two\n"),
    ("journey: one\nenter: {true: login}\n", "journey: one\nenter: {on: login}\n"),
    ("journey: one\nenter: {on: login, again: 7d}\n", "journey: one\nenter: {on: login, again: after 7d}\n"),
    ("journey: one\nenter: {on: login, backfill: yes}\n", "journey: one\nenter: {on: login, backfill: true}\n"),
    ("journey: one\nenter: {on: login}\ngoal: purchase\n", "journey: one\nenter: {on: login}\ngoal: {on: purchase}\n"),
    ("journey: one\nenter:\n\ton: login\n\tagain: never\n", "journey: one\nenter:\n  on: login\n  again: never\n"),
    ("journey: one\npriority: !!int 5\nenter: {on: login}\n", "journey: one\npriority: 5\nenter: {on: login}\n"),
    ("journey: one\nenter: {on: login}\nwhen: x\n", ""),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "right"), HEADERS)
def test_headers(wrong: str, right: str) -> None:
    files = named(PROJECT, wrong + "do: [exit]\n")
    assert after(files) == (named(PROJECT, right + "do: [exit]\n") if right else files)


@pytest.mark.parametrize(
    ("right", "wrong", "safe"),
    [
        ("unique: true", "unique: yes", True),
        ("purpose: transactional", "purpose: Transactional", True),
        ("channels:", "chanels:", False),
        ("item: string, price", "item: str, price", False),
        ("birthday: date?", "birthday: Date?", False),
        ("default: bronze", "default: bronce", False),
        ("kind: person", "kind: persn", False),
        ("from: signed_up.country", "from: signed_up.contry", False),
        ("loyal: profile.orders > 3", "loyal: profile.orders > 3 && profile.spend_30d > 1.5", None),
    ],
)
def test_project_files(right: str, wrong: str, safe: bool | None) -> None:
    files = named(PROJECT.replace(right, wrong), HEAD + "do: [exit]\n")
    good = {**files, "rtj.yaml": PROJECT}
    if safe is None:
        good["rtj.yaml"] = files["rtj.yaml"].replace("&&", "and")
    assert after(files) == (good if safe is not False else files)
    assert after(files, unsafe=True) == good


STYLES = [
    "      - when: profile.orders {eq} 3 {and_} cart.item == {q}日本{q}  # yes\n",
    "      - when: 'profile.orders {eq} 3 {and_} cart.item == {q2}日本{q2}'  # yes\n",
    '      - when: "profile.orders {eq} 3 {and_} cart.item == {q}\\u65e5本{q}"  # yes\n',
    "      - when: |  # yes\n          profile.orders {eq} 3\n            {and_} cart.item == {q}日本{q}\n",
    "      - when: >-  # yes\n          profile.orders {eq} 3\n          {and_} cart.item == {q}日本{q}\n",
    '      - {{when: "profile.orders\n         {eq} 3 {and_} cart.item == {q}日本{q}", do: [exit]}}\n',
]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_phrase_is_mended_in_every_style(style: str, line_end: str) -> None:
    def texts(eq: str, and_: str, q: str, q2: str) -> dict[str, str]:
        nodes = style.format(eq=eq, and_=and_, q=q, q2=q2)
        return named(PROJECT, f"{HEAD}do:\n  # 歓迎 😀\n  - branch:\n{nodes}  - exit\n".replace("\n", line_end))

    good = texts("==", "and", "'", "''")
    assert looked_at(good).analysis.compiled.program is not None
    assert after(texts("=", "&&", "'", "''")) == good
    # Curly quotes become straight ones, in single quotes of YAML too.
    assert after(texts("===", "AND", "'", "''")) == good


def test_one_file_after_the_other_layer_by_layer() -> None:
    files = named(
        PROJECT.replace("unique: true", "unique: yes"),
        "jorney: one\nenter: {true: add_to_crt, as: cart}\ndo:\n  - wait: 2 hours\n"
        "  - {send: hi, by: emial, with: a = cart.itm}\n",
        "journey: two\nenter: login\ndo: [{exit: {{ x }}}]\n",
    )
    done = mended(files, unsafe=True)
    assert {**files, **done.texts} == named(
        PROJECT,
        "journey: one\nenter: {on: add_to_cart, as: cart}\ndo:\n  - id: wait_2h\n    wait: 2h\n"
        "  - {send: hi, by: email, with: a = cart.item}\n",
        "journey: two\nenter: {on: login}\ndo: [{exit: '{{ x }}'}]\n",
    )
    assert done.stable
    assert done.withdrawn == ()
    assert len(done.fixed) == 10


def test_a_safe_fix_may_bring_to_light_what_it_hid() -> None:
    files = named(PROJECT, "journey: one\nenter: {on: login}\ndo:\n\t- {send: a, by: pigeon}\n\t- {set: profile.x = 1}\n")
    done = mended(files)
    assert [f.diagnostic.code for f in done.fixed] == ["E003"]
    assert [f.diagnostic.code for f in done.linted.findings if f.diagnostic.severity == "error"] == ["E327", "E314"]


def test_a_guess_that_brings_more_mistakes_is_taken_back() -> None:
    case = "  - {id: w, wait_for: [{on: purchas where event.country == 'x' and event.plan == 'y'}, {after: 3d}]}\n"
    files = named(PROJECT, HEAD + "do:\n" + case)
    done = mended(files, unsafe=True)
    assert done.texts == {}
    (withdrawn,) = done.withdrawn
    assert withdrawn.finding.diagnostic.code == "E317"
    assert withdrawn.reason.startswith("it would bring E311 in 1.journey.yaml:4:")
    assert done.stable


def test_what_harms_is_found_among_what_does_not() -> None:
    bad = "  - {id: w, wait_for: [{on: purchas where event.country == 'x' and event.plan == 'y'}, {after: 3d}]}\n"
    good = "".join(f"  - {{send: m{n}, by: emial}}\n" for n in range(9))
    done = mended(named(PROJECT, HEAD + "do:\n" + good + bad + good.replace("m", "n")), unsafe=True)
    assert "emial" not in done.texts["1.journey.yaml"]
    assert "purchas where" in done.texts["1.journey.yaml"]
    assert len(done.fixed) == 18
    assert len(done.withdrawn) == 1


def test_trials_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixing, "TRIALS_MAX", 3)
    bad = "".join(
        f"  - {{id: w{n}, wait_for: [{{on: purchas where event.country == 'x' and event.plan == 'y'}}, {{after: 3d}}]}}\n"
        for n in range(8)
    )
    files = named(PROJECT, HEAD + "do:\n" + bad)
    calls = 0

    def relint(texts: Mapping[str, str]) -> Linted:
        nonlocal calls
        calls += 1
        return looked_at({**files, **texts})

    done = mend(looked_at(files), relint, lambda _: True, unsafe=True)
    assert calls == 3
    assert done.texts == {}
    assert any(w.reason.startswith("there were too many") for w in done.withdrawn)


def test_rounds_are_bounded_and_what_is_left_is_told() -> None:
    nodes = "".join(f"  - exit: @{n}\n" for n in range(fixing.ROUNDS_MAX + 3))  # YAML tells one mistake at a time
    files = named(PROJECT, HEAD + "do:\n" + nodes)
    done = mended(files, unsafe=True)
    assert not done.stable
    assert len(done.fixed) == fixing.ROUNDS_MAX
    assert mended({**files, **done.texts}, unsafe=True).stable


def test_a_comment_that_ignores_nothing_goes_and_the_program_stays() -> None:
    text = HEAD + "do:\n  # rtj: ignore[W204] -- nobody waits here\n  - {send: a, by: sms}  # kept\n"
    files = named(PROJECT, text)
    done = mended(files)
    assert {**files, **done.texts} == named(PROJECT, HEAD + "do:\n  - {send: a, by: sms}  # kept\n")
    assert done.linted.analysis.compiled.program == looked_at(files).analysis.compiled.program


def test_what_is_not_wanted_is_left() -> None:
    files = named(PROJECT.replace("unique: true", "unique: yes"), HEAD + "do:\n  - {id: a, wait: 2 hours}\n")

    def wanted(finding: object) -> bool:
        return "E301" in repr(finding)

    done = mend(looked_at(files), lambda new: looked_at({**files, **new}), wanted, unsafe=True)
    assert list(done.texts) == ["1.journey.yaml"]
