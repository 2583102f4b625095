"""Parts of a compiled journey as an author would write them, where there is no text of theirs to quote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rtj.ir import journey as j
from rtj.ir.expr import Expr, Length
from rtj.ir.program import Program
from rtj.ir.spelling import Speller, length_text

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PLACES = {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}


def clock_text(minutes: int) -> str:
    """`08:30`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def days_text(days: Iterable[int]) -> str:
    """`monday, friday`, or the one word that there is for them."""
    those = tuple(days)
    named = {tuple(range(5)): "weekday", (5, 6): "weekend", tuple(range(7)): "day"}
    return named.get(those) or ", ".join(DAYS[day] for day in those)


def share_text(millionths: int) -> str:
    """`12.5%`."""
    return f"{millionths / 10_000:.4f}".rstrip("0").rstrip(".") + "%"


class Words:
    """Spells what stands in the journeys of one program. `texts`: what the author calls some expressions."""

    def __init__(self, program: Program, texts: Mapping[Expr, str] | None = None) -> None:
        self._speller = Speller(program, texts)

    def expr(self, expr: Expr | None) -> str:
        """An expression; nothing for none."""
        return "" if expr is None else self._speller.spell(expr)

    def step(self, step: j.Step) -> str:
        """`3 product_view within 1h where price > 50`."""
        events = " or ".join(f"{step.of_node}.{name}" if step.of_node else name for name in step.events)
        if len(step.events) > 1 and (step.absent or step.count > 1):
            events = f"({events})"
        if step.count > 1:
            events = f"{step.count} {'consecutive ' if step.consecutive else ''}{events}"
        said = [f"{'not ' if step.absent else ''}{events}{' since entry' if step.since_entry else ''}"]
        said += [f"for {step.audience}"] if step.audience is not None else []
        said += [f"within {length_text(step.within)}"] if step.within is not None else []
        said += [f"where {self.expr(step.where)}"] if step.where is not None else []
        said += [f"same {self.expr(step.same)}"] if step.same is not None else []
        return " ".join(said)

    def trigger(self, trigger: j.Trigger) -> str:
        """`on cart_updated`, `when profile.tier == 'gold'`, `every day at 09:00 for members`, `by start`."""
        match trigger:
            case j.OnEvents(steps=steps):
                return "on " + " then ".join(map(self.step, steps))
            case j.OnCondition(condition=condition):
                return f"when {self.expr(condition)}"
            case j.OnSchedule():
                return self.schedule(trigger)
            case j.OnStart():
                return "by start"

    def schedule(self, schedule: j.OnSchedule) -> str:
        """`every month on last friday at 09:00 for members`."""
        zone = f" zone {schedule.zone}" if schedule.zone is not None else ""
        at = f"{clock_text(schedule.clock)}{zone} for {schedule.audience}"
        if schedule.unit == "once":
            return f"once at {schedule.date} {at}"
        if schedule.unit == "exact":
            return f"every {length_text(Length(ms=schedule.ms))}{zone} for {schedule.audience}"
        unit = schedule.unit if schedule.every == 1 else f"{schedule.every} {schedule.unit}s"
        nth = [f"{PLACES.get(place, place)} {DAYS[day]}" for place, day in schedule.nth]
        which = [*([days_text(schedule.days)] if schedule.days else []), *map(str, schedule.dates), *nth]
        on = f" on {', '.join(which)}" if which else ""
        starting = f" starting {schedule.starting}" if schedule.starting is not None else ""
        return f"every {unit}{on} at {at}{starting}"

    def moment(self, moment: j.Moment) -> str:
        """`18:00 on entry.day`, `next monday at 09:00`."""
        zone = f" zone {self.expr(moment.zone)}" if moment.zone is not None else ""
        if moment.clock is None:
            return self.expr(moment.at)
        clock = clock_text(moment.clock) + (f" to {clock_text(moment.to)}" if moment.to is not None else "")
        if moment.days:
            return f"{'next ' if moment.next else ''}{days_text(moment.days)} at {clock}{zone}"
        return f"{clock}{f' on {self.expr(moment.on)}' if moment.on is not None else ''}{zone}"

    def case(self, case: j.Case) -> str:
        """`on order_placed when event.amount > 10`, `after 3d`."""
        if case.step is not None:
            when = f" when {self.expr(case.when)}" if case.when is not None else ""
            return f"on {self.step(case.step)}{when}"
        if case.condition is not None:
            return f"when {self.expr(case.condition)}"
        if case.until is not None:
            return f"until {self.moment(case.until)}"
        return f"after {length_text(case.after) if case.after is not None else self.expr(case.for_)}"

    def again(self, again: j.Again) -> str:
        """`after 7d`, `never`."""
        if again.rule == "after":
            return f"after {length_text(again.gap)}"
        return "after exit" if again.rule == "exit" else again.rule

    def node(self, node: j.Node) -> str:
        """What a node does, in one line, without what stands in its blocks."""
        match node:
            case j.Wait(length=length, for_=for_):
                return f"wait {length_text(length) if length is not None else self.expr(for_)}"
            case j.WaitUntil(moment=moment):
                return f"wait until {self.moment(moment)}"
            case j.WaitFor(cases=cases):
                return "wait_for " + " | ".join(map(self.case, cases))
            case j.Branch(arms=arms):
                return "branch " + " | ".join(f"when {self.expr(arm.when)}" for arm in arms)
            case j.Split(salt=salt, arms=shares):
                return f"split by {salt}: " + ", ".join(f"{share.name} {share_text(share.share)}" for share in shares)
            case j.Repeat(times=times, until=until):
                return f"repeat {times} times" + (f" until {self.expr(until)}" if until is not None else "")
            case j.Send(message=message, channels=channels, pairs=pairs):
                return f"send {message} by {' else '.join(channels)}{self.pairs(pairs)}"
            case j.CallWebhook(webhook=webhook, pairs=pairs):
                return f"call {webhook}{self.pairs(pairs)}"
            case j.Collect(step=step, length=length, until=until):
                over = f"for {length_text(length)}" if length is not None else f"until {self.moment(until)}" if until else ""
                return f"collect {self.step(step)} {over}"
            case j.SetAttributes(pairs=pairs):
                return "set " + ", ".join(f"profile.{pair.name} = {self.expr(pair.value)}" for pair in pairs)
            case j.Emit(event=event, pairs=pairs):
                return f"emit {event}{self.pairs(pairs)}"
            case j.StartJourney(journey=journey, pairs=pairs):
                return f"start {journey}{self.pairs(pairs)}"
            case j.Exit(reason=reason):
                return f"exit {reason}"

    def pairs(self, pairs: tuple[j.Pair, ...]) -> str:
        """` with first = profile.name`; nothing for none."""
        return f" with {', '.join(f'{pair.name} = {self.expr(pair.value)}' for pair in pairs)}" if pairs else ""
