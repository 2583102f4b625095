"""SARIF has the form that code scanning services demand, and says when it is not whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rtj.base.diagnostic import Diagnostic
from rtj.base.finding import Finding
from rtj.base.span import Source, Span
from rtj.report.findings import Examined
from rtj.report.findings_sarif import RESULTS_MAX, as_sarif
from tests.report.findings_cases import BLOCK, EXAMINED, findings

LEVELS = {"error", "warning", "note"}


def run(found: list[Finding], examined: Examined = EXAMINED) -> dict[str, Any]:
    log = json.loads(as_sarif(found, examined))
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    (only,) = log["runs"]
    assert isinstance(only, dict)
    return only


def inside(value: object, name: str) -> Iterator[Any]:
    """Everything that stands under this name, at any depth."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key == name:
                yield one
            yield from inside(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from inside(one, name)


def test_what_is_required_is_there() -> None:
    whole = run(findings())
    assert whole["columnKind"] == "unicodeCodePoints"
    rules = whole["tool"]["driver"]["rules"]
    assert whole["tool"]["driver"]["name"] == "rtj"
    assert [rule["id"] for rule in rules] == sorted({f.diagnostic.code for f in findings()})
    for rule in rules:
        assert rule["name"]
        assert rule["shortDescription"]["text"].endswith(".")
        assert rule["fullDescription"]["text"].endswith(".")
        assert rule["help"]["text"] and rule["help"]["markdown"]
        assert rule["defaultConfiguration"]["level"] in LEVELS
        assert rule["properties"]["problem.severity"] in {"error", "warning", "recommendation"}
    assert len(whole["results"]) == len(findings())
    for result in whole["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in LEVELS
        assert result["message"]["text"]
        assert len(result["locations"]) == 1
        assert result["partialFingerprints"]["rtjFingerprint/v1"]
    assert whole["invocations"] == [{"executionSuccessful": True}]


def test_places_are_whole_and_relative_to_the_root() -> None:
    whole = run(findings())
    regions = [*inside(whole, "region"), *inside(whole, "deletedRegion")]
    assert len(regions) > len(findings())
    for region in regions:
        assert set(region) == {"startLine", "startColumn", "endLine", "endColumn"}
        assert all(isinstance(number, int) and number >= 1 for number in region.values())
        assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"])
    for artifact in [*inside(whole, "artifactLocation"), *inside(whole["artifacts"], "location")]:
        assert artifact["uriBaseId"] in whole["originalUriBaseIds"]
        assert artifact["uri"].startswith("crm/")
        assert artifact["uri"].isascii()
        assert not set(artifact["uri"]) & set(' <>"%\\^`{|}') - {"%"}


def test_files_outside_of_the_repository_have_absolute_uris() -> None:
    sources = [Source(path, "x") for path in ("/else where/a.yaml", "D:/b.yaml", "a:b.yaml")]
    found = [Finding(Diagnostic("E105", "x", Span(source, 0, 1))) for source in sources]
    places = [*inside(run(found, Examined(folder="/shop", root="/shop"))["results"], "artifactLocation")]
    assert places == [
        {"uri": "file:///else%20where/a.yaml"},
        {"uri": "file:///D:/b.yaml"},
        {"uri": "./a:b.yaml", "uriBaseId": "SRCROOT"},
    ]


def test_labels_fixes_and_pages_are_carried() -> None:
    whole = run(findings())
    result = next(one for one in whole["results"] if one["ruleId"] == "E314")
    (related,) = result["relatedLocations"]
    assert related["message"]["text"] == "similar attribute declared here"
    assert related["physicalLocation"]["region"]["startLine"] == 3
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"]["uri"] == f"crm/{BLOCK.path}"
    assert change["replacements"][0]["insertedContent"]["text"] == "country"
    assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "cart/do/0/wait_for/0/when"
    rule = next(one for one in whole["tool"]["driver"]["rules"] if one["id"] == "E314")
    assert rule["fullDescription"]["text"] == "An attribute is read that the project does not declare."
    assert rule["help"]["markdown"] == EXAMINED.pages["E314"]
    without_page = next(one for one in whole["tool"]["driver"]["rules"] if one["id"] == "E105")
    assert "rtj rule E105" in without_page["help"]["markdown"]


def test_green_files_are_named() -> None:
    assert len(run([])["artifacts"]) == len(EXAMINED.files)
    assert run([])["results"] == run([])["tool"]["driver"]["rules"] == []


def test_more_than_services_keep_is_cut_worst_first_and_said() -> None:
    source = Source("f.yaml", "a\n" * (RESULTS_MAX + 3))
    found = [Finding(Diagnostic("W206", "x", Span(source, i, i), severity="warning")) for i in range(RESULTS_MAX + 2)]
    found.append(Finding(Diagnostic("E105", "x", Span(source, 9, 9))))
    whole = run(found, Examined())
    assert len(whole["results"]) == RESULTS_MAX
    assert whole["results"][0]["ruleId"] == "E105"
    (notification,) = whole["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"].startswith("5,003 findings; only the 5,000 worst are in this file.")
    assert "toolExecutionNotifications" not in run(found[:RESULTS_MAX], Examined())["invocations"][0]
