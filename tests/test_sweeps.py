"""Sweeps: each point equals the variant that it stands for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archc
from archc.analysis.sweeps import SweepPoint, Values, combinations, sweep
from archc.count.counts import count
from archc.count.totals import totals_of
from archc.diagnostics.core import Severity
from archc.diagnostics.source import Source
from archc.pipeline import check
from archc.zoo import find

check(Source("empty", ""), find("resnet50").files.load)  # raises the limit of recursion beforehand

ARGUMENTS = {
    "resnet50": {"layers": ["[1, 1, 1, 1]", "[2, 1, 3, 1]", "[3, 4]"], "base": ["32", "64", "0"], "classes": ["10"]},
    "mobilenet_v2": {"width": ["0.35", "1.0", "1"], "classes": ["5", "x"]},
    "densenet121": {"growth": ["12", "32"], "layers": ["[2, 3, 2, 2]", "[6, 12, 24, 16]"]},
    "googlenet": {"classes": ["10", "100"], "aux": ["true", "false"]},
    "shufflenet_v2_x1_0": {"classes": ["10"]},
    "dpn68": {"classes": ["10"]},
    "vgg16": {"classes": ["10", "true"]},
}


@st.composite
def values(draw: st.DrawFn, name: str) -> Values:
    point = {k: draw(st.sampled_from(v)) for k, v in ARGUMENTS[name].items() if draw(st.booleans())}
    if draw(st.booleans()):
        point["input"] = draw(st.sampled_from(["3x224x224", "3x64x96", "1x224x224", "3x7x7", "3x33x33", "3"]))
    return point


def alone(name: str, point: SweepPoint) -> tuple[object, object]:
    """The totals and errors of the variant, added to the spec's file under another name."""
    spec = find(name)
    text = point.source.text.replace(f"variant {name} =", "variant swept =", 1)
    source = Source(spec.source.name, f"{spec.source.text}\n{text}")
    result = check(source, spec.files.load, "swept")
    errors = [d.code for d in result.diagnostics if d.severity is Severity.ERROR]
    return (None if result.failed else totals_of(count(result.networks["swept"]))), errors


@pytest.mark.parametrize("name", ARGUMENTS)
def test_points_are_what_they_are_alone(name: str) -> None:
    spec = find(name)

    @settings(max_examples=2, deadline=None)
    @given(st.lists(values(name), min_size=2, max_size=4))
    def holds(points: list[Values]) -> None:
        for point in sweep(spec.source, spec.files.load, name, points):
            errors = [d.code for d in point.diagnostics if d.severity is Severity.ERROR]
            assert (point.totals, errors) == alone(name, point), point.values

    holds()


def test_two_processes_give_the_same() -> None:
    spec = find("resnet18")
    points = combinations({"classes": ["10", "20", "x"], "input": ["3x64x64", "3x96x96"]})
    one = list(sweep(spec.source, spec.files.load, "resnet18", points))
    assert list(sweep(spec.source, spec.files.load, "resnet18", points, processes=2)) == one
    assert [dict(p.values) for p in one] == points


def test_from_python() -> None:
    points = archc.sweep("resnet50", input=range(128, 193, 32), classes=[10, 1000])
    assert [p.values["input"] for p in points] == ["3x128x128"] * 2 + ["3x160x160"] * 2 + ["3x192x192"] * 2
    assert points[1].totals == totals_of(archc.load("resnet50", input=(3, 128, 128)).count())
    (wrong,) = archc.sweep("resnet50", classes=[0])
    assert wrong.totals is None and wrong.diagnostics
