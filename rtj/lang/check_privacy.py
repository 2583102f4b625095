"""Labels, policies and retention, checked and lowered (S3.5, S10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rtj.ir.masking import PII
from rtj.ir.program import Policy, Retention
from rtj.lang import syntax as s
from rtj.lang.check_base import Context, ir_length, shorten
from rtj.lang.check_world import check_twice
from rtj.lang.read_privacy import OTHERS

EVERYTHING = ("all", "any", "default", "everything", "others", "other", "rest", "events")
PURPOSES = ("marketing", "transactional")


def given_labels(project: s.Project) -> Iterator[s.Name]:
    """All labels, where they are given: at attributes, kinds of identifiers, fields of events."""
    for attribute in project.profile:
        yield from attribute.labels
    for space in project.identity:
        yield from space.labels
    for event in project.events:
        for field in event.labels:
            yield from field.labels


def labels_of_fields(cx: Context, project: s.Project) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """What fields of events are labelled, by event and field."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for decl in project.events:
        kind = cx.world.events.get(decl.name.text)
        for given in decl.labels:
            field = given.field.text
            if kind is not None and field not in kind.fields and not kind.unread:
                cx.report.unknown("E311", "field", field, given.field.span, kind.fields)
            found[decl.name.text, field] = tuple(sorted({label.text for label in given.labels}))
    return found


def check_policies(cx: Context, project: s.Project) -> tuple[Policy, ...]:
    """The policies, by name. A label that nothing bears, or a use that cannot be, would forbid nothing."""
    _check_pii(cx, project)
    check_twice(cx.report, "policy", [decl.name for decl in project.policies])
    labels = {label.text for label in given_labels(project)}
    uses = dict.fromkeys((*PURPOSES, *cx.world.channels, *sorted(cx.world.webhooks)))
    found: dict[str, Policy] = {}
    for decl in project.policies:
        for label in decl.labels:
            if label.text in labels:
                continue
            if labels:
                cx.report.unknown("E420", "label", label.text, label.span, labels)
            else:
                where = "labels stand at attributes, fields of events and kinds of identifiers: `labels: [sensitive]`"
                cx.report.error("E420", f"unknown label `{label.text}`: nothing in the project bears one", label.span, where)
        for use in decl.forbids:
            if use.text not in uses:
                cx.report.unknown("E421", "purpose, channel or webhook", use.text, use.span, uses)
        texts = (tuple(sorted({name.text for name in names})) for names in (decl.labels, decl.forbids))
        found[decl.name.text] = Policy(decl.name.text, *texts)
    return tuple(found[name] for name in sorted(found))


def _check_pii(cx: Context, project: s.Project) -> None:
    """`PII` would be a label as any other, and nothing would be masked."""
    for label in given_labels(project):
        if label.text != PII and label.text.lower() == PII:
            message = f"unknown label `{label.text}`: what is masked bears `{PII}`, in small letters"
            cx.report.guess("E420", message, label.span, label.text, PII)


def check_retention(cx: Context, project: s.Project) -> tuple[Retention, ...]:
    """How long events are kept, by type; `*` stands for those that are not named."""
    check_twice(cx.report, "retention", [decl.event for decl in project.retention])
    found: dict[str, Retention] = {}
    for decl in project.retention:
        if decl.event.text != OTHERS and decl.event.text not in cx.world.events and decl.event.text.lower() in EVERYTHING:
            message = f"unknown event type `{decl.event.text}`"
            cx.report.error("E317", message, decl.event.span, 'all types that are not named are `"*"`')
        elif decl.event.text != OTHERS and decl.event.text not in cx.world.events:
            cx.report.unknown("E317", "event type", decl.event.text, decl.event.span, cx.world.events)
        length = ir_length(decl.keep)
        if not (length.ms or length.days or length.months):
            message = f"`{shorten(decl.keep)}` keeps nothing; expected a length such as 90d or 2 years"
            cx.report.error("E331", message, decl.keep.span)
        found[decl.event.text] = Retention(decl.event.text, length)
    return tuple(found[name] for name in sorted(found))
