"""S7.1-S7.4, S7.7: which messages are sent, a timeline for each rule; minute 0 is Sunday 2026-03-01 10:00 UTC."""

from __future__ import annotations

from typing import Any

from rtj.ir import expr as x
from rtj.ir import journey as j
from rtj.ir.program import Cap, Channel, Consents, Mapping, Message, QuietHours
from rtj.ir.records import Event
from tests.oracle.build import BOOL, DAY, STRING, Maker, attribute, event_type, feed, journey, minutes, on, program
from tests.oracle.interpreter import run
from tests.semantics.conftest import Play

GO = event_type("go")
BUY = event_type("buy")
SAY = event_type("say", ok="bool?", any="bool?", news="bool?", sure="bool?", mail="string?", timezone="string?")
FAILED = event_type("failed", message="string?", hard="bool?")
COMPLAINED = event_type("complained", message="string?")
UNSUBSCRIBED = event_type("unsubscribed", message="string?")
TYPES = (GO, BUY, SAY, FAILED, COMPLAINED, UNSUBSCRIBED)
SAID = tuple(
    Mapping(n, x.Optional(STRING if n in ("mail", "timezone") else BOOL), "say", n)
    for n in ("any", "mail", "news", "ok", "sure", "timezone")
)
ALWAYS = j.Entry(on("go"), again=j.Again("always"))
MAIL = Channel("email", purpose="marketing", granted=True)
TOLD = "sent blocked held withdrawn suppressed unsubscribed goes refused left"
NIGHT = QuietHours(22 * 60, 6 * 60)
HOUR_MIN, DAY_MIN = 60, 1440


def send(name: str = "s", message: str = "m", by: tuple[str, ...] = ("email",), **more: Any) -> j.Send:
    return j.Send(name, message, by, **more)


def one(*nodes: j.Node, **more: Any) -> Maker:
    """A project with one journey that `go` starts, again and again."""
    more.setdefault("channels", (MAIL,))
    journeys = more.pop("journeys", None) or (journey("a", ALWAYS, *(nodes or (send(),))),)
    return Maker(program(TYPES, *journeys, mappings=SAID, **more))


def sent_by(e: Maker, *events: Event) -> dict[str, str]:
    """The keys of the first messages, by node."""
    sent = [r[3] for r in run(e.program, [feed(*events)]).records if r[3]["what"] == "sent"]
    return {one["node"]: one["key"] for one in reversed(sent)}


def quiet(e: Maker, play: Play, *times: float, until: float, **said: Any) -> list[str]:
    """When messages go out that are asked for at these minutes."""
    events = [e("say", 0, "user:u", **said), *(e("go", when, "user:u") for when in times)]
    return play(e.program, *events, until=e.at(until), only="sent held blocked")


def test_a_purchase_ends_what_is_held_at_the_very_instant_of_the_release(play: Play) -> None:
    """S7.4, S1.4: events come before the sends of their instant."""
    e = one(journeys=(journey("a", ALWAYS, send(), exits=(j.Watch(on("buy")),)),), quiet_hours=QuietHours(600, 660))
    assert play(e.program, e("go", 5, "user:u"), e("buy", 60, "user:u"), only=TOLD) == [
        "5 user:u held a s email 60",
        "60 user:u withdrawn a s email",
        "60 user:u left a exit s",
    ]


def test_the_night_begins_sharp_and_ends_sharp(play: Play) -> None:
    """S7.4: 21:59 and 06:00 are not quiet, 22:00 and 05:59 are."""
    e = one(quiet_hours=NIGHT)
    events = [e("go", when, f"user:u{n}") for n, when in enumerate([719, 720, 720 + 479, 720 + 480])]
    assert play(e.program, *events, until=e.at(2000), only="sent held") == [
        "719 user:u0 sent a s email m",
        "720 user:u1 held a s email 1200",
        "1199 user:u2 held a s email 1200",
        "1200 user:u1 sent a s email m",
        "1200 user:u2 sent a s email m",
        "1200 user:u3 sent a s email m",
    ]


def test_weekdays_are_those_on_which_the_stretch_begins(play: Play) -> None:
    """S7.4: the night of Sunday reaches into Monday; that of Monday is none."""
    e = one(quiet_hours=QuietHours(22 * 60, 6 * 60, days=(6,)))
    assert quiet(e, play, 900, 900 + DAY_MIN, until=3000) == [
        "900 user:u held a s email 1200",
        "1200 user:u sent a s email m",
        "2340 user:u sent a s email m",
    ]


def test_where_the_clock_leaves_the_end_out_it_is_over_after_the_gap(play: Play) -> None:
    """S1.1: in New York on 8 March 02:30 does not exist; the first instant after the gap is 07:00 UTC."""
    e = one(quiet_hours=QuietHours(0, 150, "America/New_York"))
    gap = 7 * DAY_MIN - 180  # 07:00 UTC
    assert quiet(e, play, gap - 30, until=gap + 600) == [
        f"{gap - 30} user:u held a s email {gap}",
        f"{gap} user:u sent a s email m",
    ]


def test_where_the_clock_is_put_back_in_the_south_the_earlier_end_counts(play: Play) -> None:
    """S1.1: in Sydney on 5 April 02:30 comes twice; the first is 15:30 UTC on the fourth."""
    e = one(quiet_hours=QuietHours(0, 150))
    first = 34 * DAY_MIN + 5 * HOUR_MIN + 30
    assert quiet(e, play, first - 60, until=first + 600, timezone="Australia/Sydney") == [
        f"{first - 60} user:u held a s email {first}",
        f"{first} user:u sent a s email m",
    ]


def test_a_zone_that_does_not_exist_never_drops_a_message(play: Play) -> None:
    """S7.4: it falls back to the project's."""
    e = one(quiet_hours=NIGHT, timezone="Europe/Berlin")
    assert quiet(e, play, 5, until=60, timezone="Mars/Base") == ["5 user:u sent a s email m"]


def test_the_last_place_of_a_cap_goes_to_the_higher_priority(play: Play) -> None:
    """S7.3: the sends of an instant are decided in the order of S1.4, whoever entered first."""
    two = (journey("a", ALWAYS, send()), journey("z", ALWAYS, send(), priority=10))
    e = one(journeys=two, caps=(Cap("gentle", 1, over=minutes(60)),))
    assert play(e.program, e("go", 0, "user:u"), e("go", 60, "user:u"), only="sent blocked") == [
        "0 user:u sent z s email m",
        "0 user:u blocked a s email m cap gentle",
        "60 user:u sent z s email m",
        "60 user:u blocked a s email m cap gentle",
    ]


def test_a_failure_gives_the_place_back_from_its_instant_on(play: Play) -> None:
    """S7.7: and a hard one ends with the address."""
    e = one(caps=(Cap("gentle", 1, over=minutes(600)),))
    first = [e("go", 0, "user:u", known="g1"), e("go", 1, "user:u", known="g2"), e("go", 6, "user:u", known="g3")]
    key = sent_by(e, *first)["s"]
    late = e("go", 9, "user:u", known="g4")
    events = [*first[:2], e("failed", 5, "user:u", message=key), first[2], e("failed", 7, "user:u", message=key, hard=True), late]
    assert play(e.program, *events, only="sent blocked suppressed") == [
        "0 user:u sent a s email m",
        "1 user:u blocked a s email m cap gentle",
        "6 user:u sent a s email m",
        "7 user:u suppressed email e6",
        "9 user:u blocked a s email m suppression profile",
    ]


def test_a_grant_counts_when_it_is_confirmed(play: Play) -> None:
    """S7.2: double opt-in."""
    e = one(channels=(Channel("email", purpose="marketing", consent=attribute("ok"), confirmed=attribute("sure")),))
    events = [e("go", 0, "user:u"), e("say", 1, "user:u", ok=True), e("go", 2, "user:u"), e("say", 3, "user:u", sure=True)]
    assert play(e.program, *events, e("go", 4, "user:u"), only="sent blocked") == [
        "0 user:u blocked a s email m consent unknown",
        "2 user:u blocked a s email m consent unconfirmed",
        "4 user:u sent a s email m",
    ]


def test_no_at_any_level_outweighs_yes_at_the_others(play: Play) -> None:
    """S7.2: asked in the order any, channel, subscription; an explicit null is not known."""
    e = one(
        channels=(Channel("email", purpose="marketing", consent=attribute("ok")),),
        consents=Consents(attribute("any"), (("news", attribute("news")),)),
        messages=(Message("m", subscription="news"),),
    )
    said = [{"news": True}, {"ok": False}, {"any": False}, {"any": True, "ok": None, "news": False}, {"news": None}]
    events = [one for n, s in enumerate(said) for one in (e("say", 2 * n, "user:u", **s), e("go", 2 * n + 1, "user:u"))]
    assert play(e.program, *events, only="sent blocked") == [
        "1 user:u sent a s email m",
        "3 user:u blocked a s email m consent channel",
        "5 user:u blocked a s email m consent any",
        "7 user:u blocked a s email m consent subscription",
        "9 user:u sent a s email m",
    ]


def test_unsubscribing_concerns_the_subscription_else_the_channel_else_all(play: Play) -> None:
    """S7.7, and it stands where nothing declares a source of consent."""
    nodes = (send("n", "news", next="o"), send("o", "offer", next="p"), send("p", "offer", ("push",)))
    e = one(
        *nodes,
        channels=(MAIL, Channel("push", purpose="marketing", granted=True)),
        messages=(Message("news", subscription="news"),),
    )
    first = e("go", 0, "user:u")
    sent = sent_by(e, first)
    events = [first, e("unsubscribed", 1, "user:u", message=sent["n"]), e("go", 2, "user:u")]
    events += [e("unsubscribed", 3, "user:u", message=sent["o"]), e("go", 4, "user:u"), e("unsubscribed", 5, "user:u")]
    assert play(e.program, *events, e("go", 6, "user:u"), only="sent blocked unsubscribed")[3:] == [
        "1 user:u unsubscribed subscription:news e2",
        "2 user:u blocked a n email news consent subscription",
        "2 user:u sent a o email offer",
        "2 user:u sent a p push offer",
        "3 user:u unsubscribed channel:email e4",
        "4 user:u blocked a n email news consent channel",
        "4 user:u blocked a o email offer consent channel",
        "4 user:u sent a p push offer",
        "5 user:u unsubscribed any e6",
        "6 user:u blocked a n email news consent any",
        "6 user:u blocked a o email offer consent any",
        "6 user:u blocked a p push offer consent any",
    ]


def test_a_receipt_takes_consent_back_until_a_later_yes(play: Play) -> None:
    """S7.7: the yes of before does not count, one that is said again does."""
    e = one(channels=(Channel("email", purpose="marketing", consent=attribute("ok")),), consents=Consents(attribute("any")))
    events = [e("say", 0, "user:u", any=True), e("unsubscribed", 1, "user:u"), e("go", 2, "user:u")]
    assert play(e.program, *events, e("say", 3, "user:u", any=True), e("go", 4, "user:u"), only="sent blocked") == [
        "2 user:u blocked a s email m consent any",
        "4 user:u sent a s email m",
    ]


def test_transactional_passes_consent_hours_and_caps_but_never_suppression(play: Play) -> None:
    """S7.2: it asks for no place in a cap, and takes none."""
    nodes = (send("r", "receipt", next="s"), send())
    e = one(
        *nodes,
        channels=(Channel("email", address=attribute("mail"), purpose="marketing", consent=attribute("ok")),),
        messages=(Message("receipt", purpose="transactional"),),
        caps=(Cap("gentle", 1, over=minutes(600)),),
        quiet_hours=QuietHours(600, 603),
    )
    events = [e("say", 0, "user:u", mail="A@x "), e("go", 1, "user:u"), e("say", 2, "user:u", ok=True), e("go", 3, "user:u")]
    events += [e("go", 4, "user:u"), e("complained", 5, "user:u"), e("go", 6, "user:u"), e("say", 7, "user:u", mail="a@X")]
    assert play(e.program, *events, e("go", 8, "user:u"), only="sent blocked suppressed") == [
        "1 user:u sent a r email receipt",
        "1 user:u blocked a s email m consent unknown",
        "3 user:u sent a r email receipt",
        "3 user:u sent a s email m",
        "4 user:u sent a r email receipt",
        "4 user:u blocked a s email m cap gentle",
        "5 user:u suppressed email e6",
        "6 user:u blocked a r email receipt suppression profile",
        "6 user:u blocked a s email m suppression profile",
        "8 user:u blocked a r email receipt suppression profile",
        "8 user:u blocked a s email m suppression profile",
    ]


def test_two_devices_that_hold_one_message_send_it_once(play: Play) -> None:
    """S2.5: the journey that was entered later leaves as merged, its message is withdrawn; the other's is sent."""
    e = one(quiet_hours=QuietHours(600, 660))
    events = [e("go", 1, "cookie:c"), e("go", 2, "user:u"), e("say", 3, "user:u", "cookie:c")]
    assert play(e.program, *events, until=e.at(90), only="held withdrawn sent left") == [
        "1 cookie:c held a s email 60",
        "2 user:u held a s email 60",
        "3 cookie:c withdrawn a s email",
        "3 cookie:c left a merged s",
        "60 cookie:c sent a s email m",
        "60 cookie:c left a completed",
    ]


def test_a_no_on_one_device_is_a_no_of_the_person_until_a_newer_yes(play: Play) -> None:
    """S2.5: though the yes of the other device was said later."""
    e = one(channels=(Channel("email", purpose="marketing", consent=attribute("ok")),))
    events = [e("say", 0, "cookie:c", ok=False), e("say", 1, "user:u", ok=True), e("say", 2, "user:u", "cookie:c")]
    assert play(
        e.program, *events, e("go", 3, "user:u"), e("say", 4, "user:u", ok=True), e("go", 5, "user:u"), only="sent blocked"
    ) == [
        "3 cookie:c blocked a s email m consent channel",
        "5 cookie:c sent a s email m",
    ]


def test_a_cap_of_entries_lets_the_higher_priority_in(play: Play) -> None:
    """S7.3: it is asked last, and a restart takes a place too."""
    again = j.Entry(on("go"), again=j.Again("always"), while_inside="restart")
    two = (journey("a", ALWAYS, j.Wait("w", minutes(500))), journey("z", again, j.Wait("w", minutes(500)), priority=10))
    e = one(journeys=two, caps=(Cap("few", 2, over=minutes(60), of="entries"),))
    assert play(e.program, *(e("go", n, "user:u") for n in (0, 10, 60)), only="entered refused left") == [
        "0 user:u entered z e1",
        "0 user:u entered a e1",
        "10 user:u refused z capped few",
        "10 user:u refused a inside",
        "60 user:u left z restarted w",
        "60 user:u entered z e3",
        "60 user:u refused a inside",
    ]


def test_who_cannot_be_pushed_gets_a_mail_and_who_can_get_neither_goes_elsewhere(play: Play) -> None:
    """S7.1: the next channel, then `else`; without one the journey goes on."""
    nodes = (send("s", "m", ("push", "email"), otherwise="f", has_otherwise=True), j.Emit("f", "buy"))
    e = one(
        *nodes,
        channels=(
            Channel("email", address=attribute("mail"), purpose="marketing", granted=True),
            Channel("push", identifier="cookie", purpose="marketing", granted=True),
        ),
    )
    events = [e("go", 0, "user:u"), e("say", 1, "user:u", mail="u@x"), e("go", 2, "user:u"), e("go", 3, "user:u", "cookie:c")]
    assert play(e.program, *events, only="sent blocked goes") == [
        "0 user:u blocked a s push m address missing",
        "0 user:u blocked a s email m address missing",
        "0 user:u goes a s else",
        "2 user:u blocked a s push m address missing",
        "2 user:u sent a s email m",
        "3 user:u sent a s push m",
    ]


def test_at_the_release_every_gate_is_passed_again_from_the_first_channel(play: Play) -> None:
    """S7.4: what was withdrawn meanwhile is not sent; a channel that opened meanwhile goes first."""
    e = one(
        send("s", "m", ("push", "email")),
        channels=(MAIL, Channel("push", identifier="cookie", purpose="marketing", granted=True)),
        quiet_hours=QuietHours(600, 660, channels=("email",)),
    )
    events = [e("go", 1, "user:u"), e("say", 9, "user:u", "cookie:c"), e("go", 2, "user:v"), e("unsubscribed", 30, "user:v")]
    assert play(e.program, *sorted(events, key=lambda one: one.ts), until=e.at(90), only="held sent blocked") == [
        "1 user:u blocked a s push m address missing",
        "1 user:u held a s email 60",
        "2 user:v blocked a s push m address missing",
        "2 user:v held a s email 60",
        "60 user:u sent a s push m",
        "60 user:v blocked a s push m address missing",
        "60 user:v blocked a s email m consent any",
    ]


def test_what_would_be_held_for_more_than_seven_days_is_blocked(play: Play) -> None:
    """S7.4: quiet round the clock on all days but one, and on all days."""
    e = one(quiet_hours=QuietHours(0, 0, days=(0, 1, 2, 3, 4, 6)))
    saturday = 6 * DAY_MIN - 600
    assert quiet(e, play, 5, until=saturday + 5) == [
        f"5 user:u held a s email {saturday}",
        f"{saturday} user:u sent a s email m",
    ]
    e = one(quiet_hours=QuietHours(0, 0))
    assert quiet(e, play, 5, until=8 * DAY // 60_000) == ["5 user:u blocked a s email m quiet_hours 7d"]
