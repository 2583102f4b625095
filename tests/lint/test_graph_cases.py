"""W209, W211, W212: what another always comes before is reported, and what has a chance is not."""

from __future__ import annotations

import pytest

from tests.lint.cases import PROJECT, journey, said

# ---- W209


def cases(*cases: str, more: str = "") -> str:
    """What W209 says of a wait with these cases, each on a line of its own from line 6 on."""
    nodes = "  - id: w\n    wait_for:\n" + "".join(f"      - {case}\n" for case in cases) + more
    found = said(PROJECT, journey(nodes), codes="W209 E")
    assert " E" not in found
    return found.strip()


TAKEN = "this case is never taken: an earlier case takes every"


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        ("{on: purchase}", "{on: purchase}", "`purchase`"),
        ("{on: login or purchase}", "{on: purchase}", "`purchase`"),
        ("{on: login or purchase}", "{on: purchase or login}", "`login` or `purchase`"),
        ("{on: purchase}", "{on: purchase, when: event.total > 5}", "`purchase`"),
        ("{on: purchase}", "{on: purchase where event.total > 5 for loyal}", "`purchase`"),
        ("{on: purchase, when: event.total > 5}", "{on: purchase, when: event.total > 5 and audience.loyal}", "`purchase`"),
        ("{on: purchase where event.total > 5}", "{on: purchase, when: event.total > 5}", "`purchase`"),
        ("{on: purchase, as: p, when: p.total > 5}", "{on: purchase, as: q, when: q.total > 5}", "`purchase`"),
        ("{on: purchase for loyal}", "{on: purchase, when: audience.loyal}", "`purchase`"),
        ("{on: any}", "{on: purchase}", "`purchase`"),
        ("{on: purchase since entry}", "{on: purchase}", "`purchase`"),
        ("{on: joining loyal}", "{on: joining loyal}", "`joining loyal`"),
        ("{on: restocked}", "{on: restocked, when: event.item == cart.item}", "`restocked`"),
    ],
)
def test_an_event_that_an_earlier_case_takes(first: str, second: str, what: str) -> None:
    length = len(second.partition(": ")[2].partition(", when")[0].partition(", as")[0].rstrip("}"))
    piece = second.partition(": ")[2][:length]
    found = cases(first, second, "{after: 1d}")

    assert found == f"1.journey.yaml:7:14 W209 [{piece!r}] {TAKEN} {what} that could come here (this one: 6:14)"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{on: purchase}", "{on: login}"),
        ("{on: purchase}", "{on: purchase or login}"),
        ("{on: purchase, when: event.total > 5}", "{on: purchase}"),
        ("{on: purchase, when: event.total > 5}", "{on: purchase, when: event.total > 6}"),
        ("{on: purchase for loyal}", "{on: purchase}"),
        ("{on: purchase}", "{on: purchase since entry}"),
        ("{on: joining loyal}", "{on: leaving loyal}"),
        ("{on: any}", "{on: restocked}"),
        ("{on: any}", "{on: promoted}"),
        ("{on: any}", "{on: clicked}"),
        ("{on: any}", "{on: joining loyal}"),
        ("{on: m.opened}", "{on: opened}"),
        ("{on: m.opened}", "{on: n.opened}"),
        ("{on: purchase}", "{when: profile.orders > 0}"),
        ("{when: profile.orders > 0}", "{on: purchase}"),
        ("{when: profile.orders > 0 and audience.loyal}", "{when: profile.orders > 0}"),
    ],
)
def test_an_event_that_has_a_chance(first: str, second: str) -> None:
    """`any` is no business event, none that a journey emits, no receipt and no change of membership."""
    more = "  - {emit: promoted, with: tier = 'gold'}\n  - {id: m, send: m, by: sms}\n  - {id: n, send: n, by: sms}\n"
    assert cases(first, second, "{after: 1d}", more=more) == ""


def test_a_receipt_of_any_message_takes_those_of_one() -> None:
    nodes = "  - {id: m, send: m, by: sms}\n  - id: w\n    wait_for: [{on: opened}, {on: m.opened}, {after: 1d}]\n"

    assert said(PROJECT, journey(nodes), codes="W209").startswith("1.journey.yaml:6:35 W209 ['m.opened']")


def test_any_takes_nothing_for_sure_where_not_all_was_read() -> None:
    """Another journey may emit the event."""
    nodes = "  - id: w\n    wait_for: [{on: any}, {on: purchase}, {after: 1d}]\n"
    broken = "journey: two\nenter: {on: login}\ndo: [{sned: m}]\n"

    assert said(PROJECT, journey(nodes), broken, codes="W209").strip() == ""


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("audience.loyal", "audience.loyal"),
        ("audience.loyal", "profile.orders > 1 and audience.loyal"),
        ("profile.orders > 1", "(profile.orders > 1)"),
    ],
)
def test_a_condition_that_an_earlier_case_asks(first: str, second: str) -> None:
    found = cases(f"{{when: {first}}}", f"{{when: {second}}}", "{after: 1d}")

    assert "W209" in found
    assert found.endswith("this case is never taken: an earlier case takes everybody for whom this holds (this one: 6:16)")


@pytest.mark.parametrize(
    ("first", "second", "line", "other"),
    [
        ("{after: 3d}", "{after: 7d}", 7, "3d"),
        ("{after: 7d}", "{after: 3d}", 6, "3d"),
        ("{after: 3d}", "{after: 3d}", 7, "3d"),
        ("{after: 1 month}", "{after: 1 month}", 7, "1 month"),
        ("{after: 1 month}", "{after: 5w}", 7, "1 month"),
        ('{until: "09:00"}', "{after: 2d}", 7, "09:00"),
        ("{until: friday at 10:00}", "{until: friday at 10:00}", 7, "friday at 10:00"),
        ("{after: if audience.loyal then 1h else 1d}", "{after: 2d}", 7, "if audience.loyal then 1h else 1d"),
    ],
)
def test_a_deadline_that_another_comes_before(first: str, second: str, line: int, other: str) -> None:
    found = cases("{on: login}", first, second)

    assert f"1.journey.yaml:{line + 1}:" in found
    assert f"this case is never taken: `{other}` always comes first" in found
    assert found.count("W209") == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{after: 1 month}", "{after: 30d}"),
        ("{after: 1 day}", "{after: 24h}"),
        ('{until: "09:00"}', "{after: 20h}"),
        ('{until: "09:00"}', '{until: "10:00"}'),
        ("{after: if audience.loyal then 1h else 1d}", "{after: 2h}"),
        ("{until: cart.ts + 1d}", "{after: 2h}"),
    ],
)
def test_a_deadline_that_has_a_chance(first: str, second: str) -> None:
    assert cases("{on: login}", first, second) == ""


# ---- W211


def heads(head: str, code: str) -> str:
    found = said(PROJECT, journey("  - {send: m, by: sms}\n  - {id: hold, wait: 1d}\n", head), codes=f"{code} E")
    assert " E" not in found
    return found.strip()


def ends(goal: str, out: str) -> str:
    return heads(f"journey: one\nenter: {{on: add_to_cart, as: cart}}\ngoal: {goal}\nexit: {out}\n", "W211")


NOBODY = "nobody leaves by this exit: a goal on the same"


@pytest.mark.parametrize(
    ("goal", "out", "piece"),
    [
        ("{on: purchase}", "{on: purchase}", "purchase"),
        ("{on: purchase or login}", "{on: login}", "login"),
        ("{on: purchase}", "{on: purchase, when: event.total > 5}", "purchase"),
        (
            "{on: purchase, as: p, when: p.cart_id == cart.cart_id}",
            "{on: purchase, when: event.cart_id == cart.cart_id}",
            "purchase",
        ),
        ("[{on: login}, {on: any}]", "{on: purchase}", "purchase"),
    ],
)
def test_an_exit_that_a_goal_comes_before(goal: str, out: str, piece: str) -> None:
    assert ends(goal, out).startswith(f"1.journey.yaml:4:12 W211 ['{piece}'] {NOBODY} event always comes first (this goal: 3:")


def test_an_exit_on_the_condition_of_a_goal() -> None:
    assert ends("{when: audience.loyal}", "{when: audience.loyal and profile.orders > 5}") == (
        f"1.journey.yaml:4:14 W211 ['audience.loyal and profile.orders > 5'] {NOBODY} condition always comes first"
        " (this goal: 3:14)"
    )


@pytest.mark.parametrize(
    ("goal", "out"),
    [
        ("{on: purchase within 7d}", "{on: purchase}"),
        ("{on: purchase, stay: true}", "{on: purchase}"),
        ("{on: purchase, when: event.total > 5}", "{on: purchase}"),
        ("{on: purchase}", "{on: login}"),
        ("{on: purchase}", "{on: purchase or login}"),
        ("{when: audience.loyal, within: 7d}", "{when: audience.loyal}"),
        ("{when: audience.loyal}", "{when: profile.orders > 5}"),
    ],
)
def test_an_exit_that_has_a_chance(goal: str, out: str) -> None:
    assert ends(goal, out) == ""


# ---- W212


def doors(*entries: str) -> str:
    return heads("journey: one\nenter:\n" + "".join(f"  - {entry}\n" for entry in entries), "W212")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{on: login}", "{on: login}"),
        ("{on: login or purchase}", "{on: purchase, when: event.total > 5}"),
        ("{on: any}", "{on: purchase}"),
        ("{on: purchase, as: p, key: p.cart_id, again: never}", "{on: purchase, as: q, key: q.cart_id, again: never}"),
        ("{on: 3 login within 1h}", "{on: 3 login within 1h, as: logins}"),
        ("{on: login then purchase within 1h}", "{on: login then purchase within 1h, when: audience.loyal}"),
        ("{on: joining loyal, again: never}", "{on: joining loyal, again: never}"),
        ("{when: profile.orders > 5}", "{when: profile.orders > 5}"),
        ("{every: monday at 09:00, for: loyal}", "{every: monday at 09:00, for: loyal, when: profile.orders > 5}"),
        ("{by: start, as: a}", "{by: start, as: b}"),
    ],
)
def test_a_way_in_that_an_earlier_one_covers(first: str, second: str) -> None:
    found = doors(first, second)

    assert found.startswith("1.journey.yaml:4:")
    assert "nobody comes in here: an earlier way in takes everybody who could (this one: 3:" in found


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{on: login}", "{on: purchase}"),
        ("{on: login}", "{on: login, again: always}"),
        ("{on: login, again: never}", "{on: login}"),
        ("{on: login}", "{on: login, while_inside: restart}"),
        ("{on: purchase}", "{on: purchase, key: event.cart_id ?? ''}"),
        ("{on: purchase, when: event.total > 5}", "{on: purchase}"),
        ("{on: purchase where event.total > 5}", "{on: purchase}"),
        ("{on: 3 login within 1h}", "{on: 3 login within 2h}"),
        ("{on: login}", "{on: 3 login within 1h}"),
        ("{when: profile.orders > 5}", "{when: profile.orders > 5 and audience.loyal}"),
        ("{every: monday at 09:00, for: loyal}", "{every: monday at 10:00, for: loyal}"),
    ],
)
def test_a_way_in_that_has_a_chance(first: str, second: str) -> None:
    """A condition comes to hold at its own time, and a stricter one later."""
    assert doors(first, second) == ""
