"""The panel of `rtj run` as lines: what comes in, who is where, what goes out, and what is not as it should be."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never
from urllib.parse import urlsplit

from rtj.base.errors import UsageError
from rtj.base.plain import one_line
from rtj.cli.render_plan import render_table
from rtj.cli.screen import Line, Piece, Style, line, wrap
from rtj.ir import environments as e
from rtj.live.dials import Dials
from rtj.live.vitals import OTHERS, Vitals, Waiting
from rtj.report.moments import counted, length_words
from rtj.report.plan_status import STANDS_MS, Table, Tone
from rtj.report.plan_text import instant_words

ROWS_MIN = 3  # of a table, however low the terminal is
ROWS_MAX = 12
NAMES_MAX = 4  # reasons or types that a line names
CELLS = 24  # of a name of a place
BARS = "▁▂▃▄▅▆▇█"
COURSE = 20  # looks that are drawn as bars
END = "Ctrl-C ends it in order: what was taken is committed, what is being sent is waited for"
ENDING = "it ends: what was taken is committed, what is being sent is waited for; Ctrl-C once more ends it at once"


@dataclass(frozen=True, slots=True)
class Setting:
    """What does not change: the environment, where its sources come from and its channels go to, and whether the terminal shows
    blocks."""

    environment: str
    sources: tuple[tuple[str, str], ...] = ()
    sinks: tuple[tuple[str, str], ...] = ()
    serve: str = ""
    blocks: bool = False


def setting_of(environment: e.Environment, *, blocks: bool) -> Setting:
    """That of an environment. Addresses are shown as far as they tell no secret."""
    sources = tuple((one.name, feed_words(one.name, one.feed)) for one in environment.sources)
    sinks = tuple((one.channel, sink_words(one.sink)) for one in environment.sinks)
    serve = f"http://{_found(environment.serve)}" if environment.serve else ""
    return Setting(environment.name, sources, sinks, serve, blocks)


def feed_words(name: str, feed: e.Feed) -> str:
    """Where the events of a source come from."""
    match feed:
        case e.FileSource(path=path):
            return _file(path)
        case e.StdinSource():
            return "stdin"
        case e.HttpSource(listen=listen):
            return f"http://{_found(listen)}/v1/events/{name}"
        case e.KafkaSource(topic=topic):
            return f"kafka {_found(topic)}"
        case e.RedisSource(stream=stream):
            return f"redis {_found(stream)}"
        case _:
            assert_never(feed)


def sink_words(sink: e.FileSink | e.WebhookSink | e.KafkaSink) -> str:
    """Where the messages of a channel go to. Of a URL only who it is: its path may be a secret."""
    match sink:
        case e.FileSink(path=path):
            return _file(path)
        case e.WebhookSink(url=url):
            return f"webhook {urlsplit(_found(url)).hostname or ''}"
        case e.KafkaSink(topic=topic):
            return f"kafka {_found(topic)}"
        case _:
            assert_never(sink)


def _found(text: str) -> str:
    try:
        return e.looked_up(text)
    except UsageError:  # told by whoever needs it
        return text


def _file(path: str) -> str:
    return _found(path).rpartition("/")[2]


def panel_lines(dials: Dials, setting: Setting, size: tuple[int, int], now_ms: int) -> list[Line]:
    """All of it, in so many columns and rows at most as the terminal has."""
    vitals = dials.vitals
    lines = [*_head(dials, setting, now_ms), *_table(_sources(dials, setting, now_ms), ROWS_MAX)]
    alerts = [part for alert in _alerts(vitals, setting) for part in wrap(alert, size[0], 4)]
    channels = _table(_channels(vitals, setting, now_ms), ROWS_MAX)
    left = size[1] - len(lines) - len(channels) - len(alerts) - 5
    lines += [*_table(_journeys(vitals), max(ROWS_MIN, min(ROWS_MAX, left))), *channels]
    if alerts:
        lines += [(), *alerts]
    if not dials.ended:
        ending = "draining" in vitals.reasons()
        lines += [(), line(Piece(f"  {ENDING}", "warn") if ending else Piece(f"  {END}", "dim"))]
    return lines[: max(1, size[1] - 1)]


def _head(dials: Dials, setting: Setting, now_ms: int) -> Iterator[Line]:
    vitals = dials.vitals
    state, style = _state({"ended": ""} if dials.ended else vitals.reasons())
    facts = [length_words(int(dials.lived_s) * 1_000)]
    if vitals.serial:
        ago = length_words(max(0, now_ms - vitals.deployed_ms) // 1_000 * 1_000)
        facts.append(f"deployment {vitals.serial}, {ago} ago")
    if vitals.memory_bytes:
        facts.append(f"{vitals.memory_bytes / 1e6:,.0f} MB")
    if setting.serve:
        facts.append(setting.serve)
    yield line(Piece(one_line(setting.environment), "strong"), "  ", Piece(state, style), Piece("  " + " · ".join(facts), "dim"))
    pieces = [Piece(f"  {dials.per_second():,.0f} events a second", "name")]
    if setting.blocks:
        pieces.append(Piece(f" {_bars(dials.course(COURSE))}", "mark"))
    if vitals.profiles:
        people = f"   {counted(vitals.profiles, 'person', 'people')} known, {vitals.awake:,} of them awake"
        pieces.append(Piece(people, "dim"))
    yield line(*pieces)
    if vitals.clock_ms is not None and now_ms - vitals.clock_ms >= STANDS_MS and not dials.ended:
        stands = f"  the clock of the people stands at {instant_words(vitals.clock_ms)}: {_why_it_stands(vitals, now_ms)}"
        yield line(Piece(stands, "dim"))


def _why_it_stands(vitals: Vitals, now_ms: int) -> str:
    """Why the clock is behind that of the machine: an event or a date moves it, nothing else."""
    if vitals.soonest_ms is None:
        return "nobody waits for a date"
    if vitals.soonest_ms > now_ms:
        return f"nobody has a date before {instant_words(vitals.soonest_ms)}"
    return f"whoever has a date from {instant_words(vitals.soonest_ms)} on waits for the sources to come so far"


def _state(reasons: Mapping[str, str]) -> tuple[str, Style]:
    """What it does, in a word or two."""
    if "ended" in reasons:
        return "ended", "dim"
    if "lease" in reasons:
        return "standing by", "warn"
    if "draining" in reasons:
        return "ending", "warn"
    if reasons.get("journeys"):
        return one_line(reasons["journeys"]), "warn"
    return ("in trouble", "bad") if reasons else ("running", "good")


def _bars(course: list[float]) -> str:
    most = max(course, default=0.0)
    if not most:
        return BARS[0] * len(course)
    return "".join(BARS[min(len(BARS) - 1, int(rate / most * len(BARS)))] for rate in course)


def _table(table: Table, most: int) -> list[Line]:
    """As many of its rows; of the others it says how many there are."""
    if not table.rows:
        return []
    lines = render_table(Table(table.headings, table.rows[:most], table.toned, table.right))
    if len(table.rows) > most:
        lines.append(line(Piece(f"  and {len(table.rows) - most:,} more", "dim")))
    return lines


def _sources(dials: Dials, setting: Setting, now_ms: int) -> Table:
    vitals, rows = dials.vitals, list[tuple[tuple[str, ...], Tone]]()
    marks, behind = dict(vitals.watermarks), dict(vitals.backlogs)
    for name, words in setting.sources:
        streams = [stream for stream in {*marks, *behind} if stream.partition("[")[0] == name]
        clocks = [marks[stream] for stream in streams if marks.get(stream, 0) > 0]
        unread = [behind[stream] for stream in streams if stream in behind]
        clock = f"{_ago(now_ms - min(clocks))}" if clocks else "nothing yet"
        left = _amount(sum(one.behind for one in unread), unread[0].unit) if unread else ""
        rate = f"{dials.per_second(name):,.0f}"
        cells = (_cut(name), words, rate, f"{dials.events[name]:,}", left, clock)
        rows.append((cells, "bad" if name in vitals.troubles else "strong"))
    return Table(("source", "from", "a second", "events", "unread", "its clock"), tuple(rows), 0, (2, 3, 4))


def _amount(number: int, unit: str) -> str:
    if unit != "bytes":
        return f"{number:,}" if number else "none"
    return f"{number / 1e6:,.1f} MB" if number >= 100_000 else f"{number:,} B" if number else "none"


def _ago(ms: int) -> str:
    """A distance to now."""
    return "now" if ms < 1_000 else f"{length_words(ms // 1_000 * 1_000)} ago"


def _journeys(vitals: Vitals) -> Table:
    inside: Counter[str] = Counter()
    for (journey, _), count in vitals.inside.read().items():
        inside[journey] += count
    sent: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (journey, channel), count in vitals.messages.read().items():
        sent[journey][channel] = count
    busy = {name: inside[name] + sum(sent[name].values()) for name in inside.keys() | set(sent)}
    rows = list[tuple[tuple[str, ...], Tone]]()
    for name in sorted(busy, key=lambda name: (-busy[name], name)):
        told = ", ".join(f"{count:,} by {one_line(channel)}" for channel, count in sorted(sent[name].items()))
        rows.append(((_cut(name), f"{inside[name]:,}", told or "none"), "strong"))
    return Table(("journey", "inside", "messages since it began"), tuple(rows), 0, (1,))


def _channels(vitals: Vitals, setting: Setting, now_ms: int) -> Table:
    outbox, goes = dict(vitals.outbox), dict(setting.sinks)
    rows = list[tuple[tuple[str, ...], Tone]]()
    for name in dict.fromkeys([*(one for one in goes if one != e.ALL_CHANNELS), *sorted(outbox)]):
        one = outbox.get(name, Waiting())
        where = goes.get(name, goes.get(e.ALL_CHANNELS, ""))
        oldest = f"for {length_words(max(0, now_ms - one.oldest_ms) // 1_000 * 1_000)}" if one.oldest_ms is not None else ""
        cells = (_cut(name), where, f"{one.done:,}", f"{one.waiting:,}", oldest, f"{one.failed:,}")
        rows.append((cells, "bad" if one.error else "strong"))
    return Table(("channel", "to", "sent", "waiting", "", "given up"), tuple(rows), 0, (2, 3, 5))


def _cut(name: str) -> str:
    name = one_line(name)
    return name if len(name) <= CELLS else name[: CELLS - 1] + "…"


def _alerts(vitals: Vitals, setting: Setting) -> Iterator[Line]:
    """What somebody should know, the worst first."""
    for part, why in vitals.reasons().items():
        if part == "store":
            yield _alert("bad", part, f"{why}; the commit is tried again for five minutes, and nothing is lost")
        elif part not in ("draining", "journeys", "sources"):
            yield _alert("bad", part, why)
    for name, why in sorted(vitals.troubles.items()):
        yield _alert("bad", f"source {name}", f"{why}; it is tried again and again, nothing is lost")
    for name, one in sorted(vitals.outbox.items()):
        if one.error:
            yield _alert("bad", f"channel {name}", f"{one.error}; {_after_failing(one)}")
    if vitals.halted:
        yield _alert("bad", "halted by a guardrail", f"{vitals.halted}: `rtj status {setting.environment}` tells what")
    letters: Counter[str] = Counter()
    for (reason, _), count in vitals.letters.read().items():
        letters[reason] += count
    if letters:
        told = (
            f"{counted(letters.total(), 'dead letter')} ({_counts(letters)}): `rtj status {setting.environment} --dead-letters`"
        )
        yield _alert("warn", "not read", told)
    unknown = Counter({name: count for (name,), count in vitals.unknown.read().items()})
    if unknown:
        yield _alert("warn", "not declared", f"{counted(unknown.total(), 'event')} ({_counts(unknown)}): nothing happens by them")
    shed = sum(vitals.shed.read().values())
    if shed:
        yield _alert("warn", "let go", f"{counted(shed, 'event')} (`policies.shed`), because the run could not follow")
    late = sum(vitals.late.read().values())
    if late:
        yield _alert("", "late", f"{counted(late, 'event')} behind their time")


def _after_failing(one: Waiting) -> str:
    """What becomes of messages of a channel that fails."""
    waiting = f"{counted(one.waiting, 'message')} wait, and go out when it is well" if one.waiting else "nothing waits"
    return f"{waiting}; {one.failed:,} given up, and not sent later" if one.failed else waiting


def _alert(style: Style, what: str, words: str) -> Line:
    return line(Piece("  ! ", style or "dim"), Piece(f"{one_line(what)}: ", style or "dim"), Piece(one_line(words)))


def _counts(found: Counter[str]) -> str:
    told = [f"{count:,} {one_line(name)}" for name, count in found.most_common(NAMES_MAX) if name != OTHERS]
    more = len(found) - len(told)
    return " · ".join(told) + (f" · {more:,} more" if more > 0 else "")
