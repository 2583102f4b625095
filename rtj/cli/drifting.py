"""`rtj drift`: is what runs what the project says, is the store as it was written, are the settings those of the deployment?"""

from __future__ import annotations

from rtj.base.plain import one_line
from rtj.cli.deploy_place import Place, opened
from rtj.cli.deployed import Shown, paper
from rtj.cli.outcome import FINDINGS, OK
from rtj.cli.render_plan import render_drift
from rtj.cli.screen import Piece, Screen, line
from rtj.cli.versions import Version, versions
from rtj.cli.waiving import waivers_beside
from rtj.deploy.annals import running
from rtj.deploy.looking import damaged_programs, other_settings, program_of, settings_of
from rtj.plan.diff import diff as differences
from rtj.plan.sides import Side
from rtj.plan.status import DriftRow
from rtj.plan.waivers import waive
from rtj.report.diff_places import Places
from rtj.report.diff_text import told

CHANGES_MAX = 20  # lines of a difference that are told; `rtj diff` has all


def drift(shown: Shown, against: str | None, screen: Screen) -> int:
    """Tell what is not as it was deployed. FINDINGS when something is."""
    with opened(shown.environment, shown.project, reading=True) as place:
        name = place.environment.name
        found = tuple(_found(place, against))
    if shown.format == "json":
        from rtj.report.plan_json import drift_json

        screen.exact(drift_json(name, found))
    elif found:
        screen.answer(render_drift(found, paper()))
    else:
        screen.answer([line(Piece("no drift", "good"), f" in {one_line(name)}")])
    return FINDINGS if found else OK


def _found(place: Place, against: str | None) -> list[DriftRow]:
    damaged = damaged_programs(place.store)
    found = list(damaged)
    settings = other_settings(place.store, settings_of(place.environment, place.root), place.file)
    found += [settings] if settings is not None else []
    row = running(place.store.deployments())
    if row is not None and not any(row.project in one.where for one in damaged):
        found += _project(place, row.project, against)
    return found


def _project(place: Place, project: str, against: str | None) -> list[DriftRow]:
    """What the project, or a commit of it, says otherwise than what runs."""
    root = str(place.root)
    version: Version = versions(root, root if against is None else against, place.root)[1]
    after = Side("working tree" if against is None else against, version.side.program, lost=version.side.lost)
    found = differences(Side(place.environment.name, program_of(place.store, project)), after)
    found = waive(found, waivers_beside(place.root).waivers).diff
    rows: dict[str, list[str]] = {}
    report = told(found, Places({}, version.places))
    for part in report.parts:
        for change in part.rows:
            where = change.place.path if change.place is not None and not change.was else place.file
            texts = " -> ".join(text for text in (change.before, change.after) if text)
            words = f"{change.sign} {change.code} {part.name or part.title} {change.what}" + (f": {texts}" if texts else "")
            rows.setdefault(where, []).append(words)
    whole = []
    for where, lines in sorted(rows.items()):
        more = [f"… {len(lines) - CHANGES_MAX:,} more changes; `rtj diff env:{place.environment.name}`"]
        shown = tuple(lines[:CHANGES_MAX]) + (tuple(more) if len(lines) > CHANGES_MAX else ())
        whole.append(DriftRow("project", where, f"is not what runs in {place.environment.name}", shown))
    if not whole and not report.same:
        whole.append(DriftRow("project", place.file, f"is not what runs in {place.environment.name}"))
    return whole


__all__ = ["Screen", "Shown", "drift"]
