"""What has to hold before a deployment: the project is valid, its tests pass, nothing has drifted."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

from rtj.cli.deploy_place import Place
from rtj.deploy.looking import damaged_programs
from rtj.ir.program import Program
from rtj.lang.discover import suite_files
from rtj.plan.planned import Check
from rtj.report.moments import counted


def checks_of(place: Place, program: Program) -> Iterator[Check]:
    """What the policies of the environment ask for, and whether the store is as it was written."""
    for name in place.environment.policies.require:
        match name:
            case "validate":
                yield _valid(place.root)
            case "test":
                yield _tested(place.root, program)
    damaged = damaged_programs(place.store)
    yield Check("drift", not damaged, damaged[0].told if damaged else "the store is as it was written")


def _valid(root: Path) -> Check:
    from rtj.cli.looking import look
    from rtj.cli.validate_inputs import Request
    from rtj.lint.settings import LintOptions
    from rtj.report.findings import fails

    looked = look(Request((), root), LintOptions(today=datetime.datetime.now().astimezone().date()))
    level = looked.fail_on
    bad = [finding.diagnostic for finding in looked.findings if fails(finding, level)]
    if not bad:
        return Check("validate", True, f"clean ({looked.words})")
    first = bad[0]
    where = f"{first.span.source.path}:{first.span.line}:{first.span.column}"
    more = f", and {len(bad) - 1:,} more" if len(bad) > 1 else ""
    return Check("validate", False, f"{first.code} {first.message} ({where}){more}")


def _tested(root: Path, program: Program) -> Check:
    from rtj.cli.testing import label, run
    from rtj.scenario.known import known_of
    from rtj.scenario.suites import load_suites

    files = list(suite_files([root], root))
    if not files:
        return Check("test", True, "there are none")
    suites = load_suites(files, known_of(program))
    wrong = [d for d in suites.diagnostics if d.severity == "error"]
    if wrong:
        return Check("test", False, f"{wrong[0].code} {wrong[0].message} ({wrong[0].span.source.path})")
    verdicts = run(program, suites.scripts)
    failed = [verdict for verdict in verdicts if not verdict.passed]
    if failed:
        return Check(
            "test",
            False,
            f"{len(failed):,} of {counted(len(verdicts), 'test')} failed: {label(failed[0].script)}; `rtj test` shows why",
        )
    return Check("test", True, f"{len(verdicts):,} passed")
