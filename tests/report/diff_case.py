"""A difference with something of everything, built by hand; one of millions of changes; one with texts that try to break out."""

from __future__ import annotations

from rtj.plan.changes import Change, Diff, Evidence, JourneyDiff, Judged
from rtj.report.diff_places import Places, Where

WELCOME = "journeys/welcome.journey.yaml"


def where(path: str, line: int, column: int = 5, wide: int = 12) -> Where:
    return Where(path, line, column, line, column + wide)


PLACES = Places(
    {
        ("journey", "welcome"): where(WELCOME, 1, 1),
        ("journey", "welcome", "node", "survey"): where(WELCOME, 58),
        ("journey", "welcome", "node", "nudge"): where(WELCOME, 40),
        ("journey", "welcome", "node", "offer"): where(WELCOME, 30),
        ("cap", "daily"): where("project.yaml", 21, 3),
    },
    {
        ("journey", "welcome"): where(WELCOME, 1, 1),
        ("journey", "welcome", "entry", "1"): where(WELCOME, 19, 14, 40),
        ("journey", "welcome", "node", "offer", "case", "2"): where(WELCOME, 31, 12),
        ("journey", "welcome", "node", "nudge_sms"): where(WELCOME, 44),
        ("journey", "welcome", "node", "thanks"): where(WELCOME, 60),
        ("cap", "daily"): where("project.yaml", 22, 3),
        ("journey", "会员旅程"): where("journeys/会员旅程.journey.yaml", 1, 1),
    },
)


def _welcome() -> tuple[Judged, ...]:
    node = ("journey", "welcome", "node")
    return (
        Judged(
            Change(
                "D101",
                "safe",
                "thanks",
                "",
                "send thanks, by email",
                "nobody stands at a node that was not there",
                "welcome",
                now=(*node, "thanks"),
            ),
            "safe",
        ),
        Judged(
            Change(
                "D122",
                "needs-migration",
                "offer case 2 after",
                "3d",
                "1d",
                "with `timers: rebase` a length that is shorter may be over already",
                "welcome",
                "offer",
                "here",
                was=(*node, "offer", "case", "2"),
                now=(*node, "offer", "case", "2"),
            ),
            "needs-migration",
            Evidence(4812, 12430, overdue=1204, told=("4,812 of 12,430 inside stand here", "1,204 timers would be due at once")),
        ),
        Judged(
            Change(
                "D102",
                "breaking",
                "survey",
                "wait for survey_answered, 7d",
                "",
                "people who rest here have no place in the new version",
                "welcome",
                "survey",
                "here",
                was=(*node, "survey"),
            ),
            "safe",
            Evidence(0, 12430),
        ),
        Judged(
            Change(
                "D103",
                "needs-migration",
                "nudge",
                "nudge",
                "nudge_sms",
                "people who rest here rest at the new id, timers kept",
                "welcome",
                "nudge",
                "here",
                was=(*node, "nudge"),
                now=(*node, "nudge_sms"),
            ),
            "needs-migration",
            Evidence(211, 12430),
        ),
        Judged(
            Change(
                "D114",
                "behaviour",
                "entry 1 when",
                "event.plan == 'pro' and profile.country in ['DE', 'AT', 'CH']",
                "event.plan == 'pro' and profile.country in ['DE', 'AT', 'CH'] and profile.consent.sms",
                "tighter: `profile.consent.sms` was added",
                "welcome",
                concerns="entrants",
                was=("journey", "welcome", "entry", "1", "when"),
                now=("journey", "welcome", "entry", "1", "when"),
                notes=("an event that tells them apart: `event.plan = 'pro'`, `profile.consent.sms = false`",),
            ),
            "behaviour",
        ),
        Judged(
            Change(
                "D121",
                "behaviour",
                "offer case 3 after",
                "1d",
                "2d",
                "people who wait here wait longer",
                "welcome",
                "offer",
                "here",
                was=(*node, "offer", "case", "3"),
                now=(*node, "offer", "case", "3"),
            ),
            "behaviour",
            Evidence(4812, 12430),
            waived="agreed with CRM 2026-11-20",
        ),
    )


def rich() -> Diff:
    """Every status, sign and kind of note once."""
    cap = ("cap", "daily")
    lost = Change(
        "D102",
        "breaking",
        "remind_later",
        "wait 3d",
        "",
        "people who rest here have no place in the new version",
        "会员旅程",
        "remind_later",
        "here",
        was=("journey", "会员旅程", "node", "remind_later"),
        suggest="moved: {remind_later: remind_tomorrow}",
        notes=("looks like `remind_tomorrow`, which was not there",),
    )
    indirect = Change(
        "D171",
        "behaviour",
        "sends",
        "",
        "",
        "its messages count in `cap daily`",
        "winback",
        concerns="ahead",
        was=("journey", "winback"),
        now=("journey", "winback"),
        causes=(cap,),
    )
    other = Change(
        "D171",
        "safe",
        "sends",
        "",
        "",
        "its messages count in `cap daily`",
        "birthday",
        concerns="ahead",
        was=("journey", "birthday"),
        now=("journey", "birthday"),
        causes=(cap, ("audience", "vip")),
    )
    return Diff(
        "main",
        "working tree",
        "a1" * 8,
        "b2" * 8,
        (
            Judged(
                Change(
                    "D162",
                    "behaviour",
                    "cap daily",
                    "3 a day",
                    "2 a day",
                    "a message more may be held back",
                    "",
                    concerns="everybody",
                    was=cap,
                    now=cap,
                ),
                "behaviour",
            ),
        ),
        (
            JourneyDiff("welcome", "changed", _welcome(), inside=12430),
            JourneyDiff("会员旅程", "changed", (Judged(lost, "breaking"),), formerly="会员"),
            JourneyDiff("winback", "indirect", (Judged(indirect, "behaviour"),), inside=88),
            JourneyDiff("birthday", "indirect", (Judged(other, "safe", Evidence(0, 0)),), inside=0),
            JourneyDiff(
                "summer",
                "added",
                (
                    Judged(
                        Change("D002", "safe", "summer", "", "", "nobody is inside", "summer", now=("journey", "summer")), "safe"
                    ),
                ),
            ),
            JourneyDiff("spring", "lost", (), why="the old version does not compile: E304 in journeys/spring.journey.yaml"),
        ),
        ("templates of the old version are not there",),
        12518,
    )


def same() -> Diff:
    return Diff("main", "working tree", "a1" * 8, "a1" * 8)


def many(number: int) -> Diff:
    """So many changes of one kind, in one journey."""
    change = Change(
        "D114", "behaviour", "entry 1 when", "a", "b", "another condition", "huge", was=("journey",), now=("journey",)
    )
    judged = Judged(change, "behaviour")
    return Diff("main", "working tree", "a", "b", (), (JourneyDiff("huge", "changed", (judged,) * number),))


NASTY = "| `x` <img src=x onerror=alert(1)> @everyone \x1b[31m %0A::error::x --> \u202egpj.exe ]]> </details> #1 ``` \r\n$(id)"


def nasty() -> Diff:
    """Whatever an author could write to be taken for something else, in every text."""
    spot = ("journey", NASTY, "node", NASTY)
    change = Change(
        "D113", "breaking", NASTY, NASTY, NASTY, NASTY, NASTY, NASTY, "here", was=spot, now=spot, notes=(NASTY,), suggest=NASTY
    )
    judged = Judged(change, "breaking", Evidence(1, 2, told=(NASTY,)))
    waived = Judged(change, "breaking", waived=NASTY)
    indirect = Change("D171", "behaviour", NASTY, causes=(("cap", NASTY),), was=spot, now=spot, journey=NASTY)
    return Diff(
        NASTY,
        NASTY,
        "a",
        "b",
        (judged,),
        (
            JourneyDiff(NASTY, "changed", (judged, waived), formerly=NASTY, why=NASTY, inside=2),
            JourneyDiff(NASTY + "2", "indirect", (Judged(indirect, "behaviour"),)),
            JourneyDiff(NASTY + "3", "lost", (), why=NASTY),
        ),
        (NASTY,),
    )


NASTY_PLACES = Places(news={("journey", NASTY): where(f"journeys/{NASTY}.yaml", 3)})
