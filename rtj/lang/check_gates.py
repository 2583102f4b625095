"""The gates of messages, checked and lowered: consent, what is known of messages, caps, quiet hours, the holdout (S7)."""

from __future__ import annotations

from rtj.base.span import Span
from rtj.ir import expr as ir
from rtj.ir.program import Cap, Channel, Consents, Holdout, Message, QuietHours
from rtj.lang import syntax as s
from rtj.lang.check_actions import whole
from rtj.lang.check_base import Context, check_condition, expect, ir_length, shorten
from rtj.lang.check_time import check_zone_name
from rtj.lang.check_world import check_twice
from rtj.lang.read_gates import OF_PROFILE
from rtj.lang.scope import Scope
from rtj.lang.types import STRING, optional

COST_MAX = 1_000_000_000  # of one message, in any currency
COUNT_MAX = 10_000  # messages or entries that a cap may allow: so many of a profile are remembered
SCOPE = Scope(place="a channel", no_entry="only a journey has one")
CONSENT = Scope(place="consent", no_entry="only a journey has one")


def check_channels(cx: Context, project: s.Project) -> tuple[Channel, ...]:
    """The channels, and whether each can know of consent."""
    for decl in project.channels:
        _check_consent(cx, project, decl)
    return tuple(_channel(cx, decl) for decl in project.channels)


def _check_consent(cx: Context, project: s.Project, decl: s.ChannelDecl) -> None:
    """S7.2: without consent a marketing channel reaches nobody, so it says how consent is known or what holds without it."""
    others = project.consents
    known = decl.consent is not None or decl.default is not None or (others is not None and others.any is not None)
    if decl.whole and decl.purpose == "marketing" and not known:
        message = f"marketing by `{decl.name.text}` needs consent: expected `consent` or `default`"
        hint = "`consent: profile.newsletter` says how it is known, `default: granted` or `default: denied` what holds without it"
        cx.report.error("E401", message, decl.name.span, hint)
    grants = decl.consent is not None or decl.default == "granted" or others is not None
    if decl.whole and decl.confirmed is not None and not grants:
        message = f"`confirmed` says which consent counts, and nothing says how consent by `{decl.name.text}` is known"
        cx.report.error(
            "E346", message, decl.confirmed.span, "beside it stands `consent`, for example `consent: profile.newsletter`"
        )


def _channel(cx: Context, decl: s.ChannelDecl) -> Channel:
    """`default: denied` only means something for marketing, so that a channel which says it is for marketing."""
    address: ir.Expr | None = None
    identifier = ""
    if decl.address is not None:
        identifier = _identifier(cx, decl.address)
        if isinstance(decl.address, s.Name) and decl.address.text in cx.world.namespaces - cx.world.attributes.keys():
            name = decl.address.text
            cx.report.guess("E310", f"unknown name `{name}` in {SCOPE.place}", decl.address.span, name, f"profile.{name}")
        elif (unknown := _unknown_address(cx, decl.address)) is not None:
            known = {*cx.world.attributes, *cx.world.namespaces}
            cx.report.unknown("E314", "attribute of profile", unknown.text, unknown.span, known)
        elif not identifier:
            typed = expect(cx, cx.check(SCOPE, decl.address), optional(STRING), decl.address, "an address")
            address = typed.expr
    return Channel(
        name=decl.name.text,
        address=address,
        purpose=decl.purpose or ("marketing" if decl.default == "denied" else ""),
        consent=check_condition(cx, SCOPE, decl.consent) if decl.consent is not None else None,
        granted=decl.default == "granted",
        identifier=identifier,
        confirmed=check_condition(cx, SCOPE, decl.confirmed) if decl.confirmed is not None else None,
        cost=_cost(cx, decl.cost),
    )


def _cost(cx: Context, cost: s.Number | None) -> float:
    """What one message costs; 0 where nothing is said."""
    if cost is None:
        return 0.0
    if not 0 <= cost.value <= COST_MAX:
        cx.report.error("E348", f"a message costs from 0 to {COST_MAX:,}; got {shorten(cost)}", cost.span)
        return 0.0
    return float(cost.value) or 0.0  # no -0.0


def _identifier(cx: Context, e: s.Expr) -> str:
    """`profile.email` where `email` is a kind of identifier and no attribute: the identifier itself."""
    name = _of_profile(e)
    return name.text if name is not None and name.text in cx.world.namespaces - cx.world.attributes.keys() else ""


def _unknown_address(cx: Context, e: s.Expr) -> s.Name | None:
    """The name of `profile.devive`, which is neither an attribute nor a kind of identifier (nor an audience, of which the checker
    says something better)."""
    name = _of_profile(e)
    world = cx.world
    if name is None or name.text in world.attributes or name.text in world.namespaces or name.text in world.audiences:
        return None
    return name


def _of_profile(e: s.Expr) -> s.Name | None:
    if not isinstance(e, s.Field) or not isinstance(e.base, s.Name) or e.base.text != "profile":
        return None
    return e.name


# ---- consent and messages


def check_consents(cx: Context, decl: s.ConsentsDecl | None) -> Consents:
    """Consent that is not a channel's, subscriptions by name."""
    if decl is None:
        return Consents()
    check_twice(cx.report, "subscription", [name for name, _ in decl.subscriptions])
    found = {name.text: check_condition(cx, CONSENT, e) for name, e in decl.subscriptions}
    to_any = check_condition(cx, CONSENT, decl.any) if decl.any is not None else None
    return Consents(to_any, tuple(sorted(found.items(), key=lambda item: item[0])))


def check_messages(cx: Context, project: s.Project) -> tuple[Message, ...]:
    """What is known of messages, by name."""
    check_twice(cx.report, "message", [decl.name for decl in project.messages])
    known = [name.text for name, _ in project.consents.subscriptions] if project.consents is not None else []
    found: dict[str, Message] = {}
    for decl in project.messages:
        subscription = decl.subscription
        if subscription is not None and subscription.text not in known:
            where = "they are declared in rtj.yaml, under `consents: {subscriptions: …}`"
            _unknown(cx, ("E411", "subscription", where), subscription, known)
        if subscription is not None and decl.purpose == "transactional":
            message = f"`{decl.name.text}` is transactional: it asks for no consent, so a subscription means nothing"
            cx.report.error("E346", message, subscription.span)
        category = decl.category.text if decl.category is not None else ""
        named = subscription.text if subscription is not None else ""
        found[decl.name.text] = Message(decl.name.text, decl.purpose or "", category, named)
    return tuple(found[name] for name in sorted(found))


def _unknown(cx: Context, about: tuple[str, str, str], name: s.Name, known: list[str]) -> None:
    """Report a name that none of `known` is. `about`: code, what it names, where such are declared."""
    code, what, where = about
    if known:
        cx.report.unknown(code, what, name.text, name.span, dict.fromkeys(known))
    else:
        cx.report.error(code, f"unknown {what} `{name.text}`: the project declares none", name.span, where)


# ---- caps, hours, holdout


def check_caps(cx: Context, project: s.Project) -> tuple[Cap, ...]:
    """The caps in the order of their names. Equal ones may stand beside each other."""
    check_twice(cx.report, "cap", [cap.name for cap in project.caps])
    categories = sorted({decl.category.text for decl in project.messages if decl.category is not None})
    found: dict[str, Cap] = {}
    for decl in project.caps:
        _check_limit(cx, decl)
        _check_covers(cx, decl, categories)
        limit = decl.at_most
        found[decl.name.text] = Cap(
            name=decl.name.text,
            at_most=int(limit.count.value),
            over=ir_length(limit.length) if limit.length is not None else None,
            unit=limit.unit,
            zone=decl.zone.value if decl.zone is not None else None,
            of=decl.of,
            channels=_texts(decl.channels),
            journeys=_texts(decl.journeys),
            categories=_texts(decl.categories),
        )
    return tuple(found[name] for name in sorted(found))


def _texts(names: tuple[s.Name, ...]) -> tuple[str, ...]:
    return tuple(sorted({name.text for name in names}))


def _check_limit(cx: Context, cap: s.CapDecl) -> None:
    limit, name = cap.at_most, cap.name.text
    if limit.count.value == 0:
        hint = "to send nothing, take the channel out; to limit nothing, take the cap out"
        message = f"the cap `{name}` allows 0, which could mean never or always; expected at least 1"
        cx.report.error("E409", message, limit.count.span, hint)
    else:
        whole(cx, limit.count, f"what the cap `{name}` allows", 1, COUNT_MAX)
    if limit.length is None and limit.unit is None:
        message = f"the cap `{name}` counts over a time: expected a length or a period"
        cx.report.error("E346", message, limit.span, "`2 per 24h` rolls, `2 per day` is the calendar's")
    elif limit.length is not None and not (limit.length.ms or limit.length.days or limit.length.months):
        cx.report.error("E331", f"the cap `{name}` counts over a length of nothing", limit.length.span)
    if cap.zone is not None:
        check_zone_name(cx, cap.zone.value, cap.zone, OF_PROFILE)
    if cap.zone_at is not None and limit.length is not None and limit.length.exact:
        message = f"the cap `{name}` counts over an exact length, which is the same in every zone"
        cx.report.error("E346", message, cap.zone_at, "`per: day` is a calendar's day")


def _check_covers(cx: Context, cap: s.CapDecl, categories: list[str]) -> None:
    """Report names that nothing has, and what is said of messages by a cap that counts entries."""
    _check_names(cx, cap.journeys, "E345", "journey", tuple(cx.world.journeys))
    of_messages: tuple[s.Name, ...] = (*cap.channels, *cap.categories)
    if cap.of == "entries":
        if of_messages:
            message = f"the cap `{cap.name.text}` counts entries, which have neither channel nor category"
            cx.report.error("E346", message, of_messages[0].span, "`journeys` says which entries it counts")
        return
    _check_names(cx, cap.channels, "E327", "channel", cx.world.channels)
    for name in cap.categories:
        if name.text not in categories:
            _unknown(cx, ("E410", "category of messages", "they are declared in rtj.yaml, under `messages:`"), name, categories)


def _check_names(cx: Context, names: tuple[s.Name, ...], code: str, what: str, known: tuple[str, ...]) -> None:
    for one in names:
        if one.text not in known:
            cx.report.unknown(code, what, one.text, one.span, known)


def check_quiet_hours(cx: Context, quiet: s.QuietHours | None) -> QuietHours | None:
    """Quiet hours; `zone` is a name that exists."""
    if quiet is None:
        return None
    if quiet.start.minutes == quiet.end.minutes:
        message = "quiet hours from a time to the same time could mean none or the whole day; expected two times"
        cx.report.error("E348", message, quiet.end.span)
    _check_one_time(cx, (quiet.start, quiet.end))
    if quiet.zone is not None:
        check_zone_name(cx, quiet.zone.value, quiet.zone, OF_PROFILE)
    _check_names(cx, quiet.channels, "E327", "channel", cx.world.channels)
    zone = quiet.zone.value if quiet.zone is not None else None
    return QuietHours(quiet.start.minutes, quiet.end.minutes, zone, quiet.then, quiet.days, _texts(quiet.channels))


def _check_one_time(cx: Context, clocks: tuple[s.Clock, ...]) -> None:
    for clock in clocks:
        if clock.to is not None:
            span: Span = clock.span
            cx.report.error("E346", "quiet hours go from one time to another: `from: 22:00, to: 08:00`", span)


def check_holdout(holdout: s.Holdout | None) -> Holdout | None:
    """The share of the people who get no marketing."""
    return Holdout(holdout.share, holdout.salt.value) if holdout is not None else None
