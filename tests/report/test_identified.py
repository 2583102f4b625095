"""What `rtj identity` found, as values: ranges of sizes, rates that divide by nothing, masked identifiers."""

from __future__ import annotations

from rtj.compile import compile_text
from rtj.ir.clusters import Cluster, Identified, Incident, Pairs, Share
from rtj.ir.masking import Masker
from rtj.report.identified import as_values, histogram

PROJECT = """
project: t
identity:
  email: {kind: person, priority: 1, labels: [pii]}
  device: {kind: device, priority: 2}
events: {seen: {}}
"""


def test_sizes_in_ranges_without_empty_ones() -> None:
    assert histogram(((0, 9), (1, 5), (3, 1), (5, 2), (50, 1))) == (("1", 5), ("3-5", 3), ("26-50", 1))
    assert histogram(()) == ()


def test_rates() -> None:
    assert (Pairs(0, 0, 0).precision, Pairs(0, 0, 0).recall, Pairs(0, 0, 0).f1) == (None, None, None)
    assert (Pairs(0, 0, 3).precision, Pairs(0, 0, 3).recall, Pairs(0, 0, 3).f1) == (None, 0.0, 0.0)
    assert (Pairs(2, 4, 2).precision, Pairs(2, 4, 2).recall, Pairs(2, 4, 2).f1) == (0.5, 1.0, 2 / 3)


def test_identifiers_are_masked_wherever_they_stand() -> None:
    program = compile_text(PROJECT).program
    assert program is not None
    found = Identified(
        events=1, dead={}, identifiers=2, profiles=1, merged=0, sizes=((2, 1),), shares=(Share("email", 1, 0),), counts={},
        biggest=(Cluster("email:ada@x", ("email:ada@x", "device:d"), 0),),
        incidents=(Incident("moved", "device:d", "email:eve@x", "email:ada@x"),),
    )  # fmt: skip
    values = as_values(found, Masker(program))

    assert "@x" not in repr(values)
    assert values["biggest"][0]["identifiers"][1] == "device:d"
    assert as_values(found, Masker(program, show=True))["incidents"][0]["of"] == "email:ada@x"
