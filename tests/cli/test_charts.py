"""`archc chart` and `archc compare`: from specs to charts and tables."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from archc.cli.comparison import shown
from archc.cli.points import of_one_task, point, profile
from archc.count.counts import count
from archc.diagnostics.source import Source
from archc.ir.network import Network
from archc.pipeline import DEFAULTS, check
from archc.targets.chart.points import Point
from archc.zoo import Files, find
from tests.cli.conftest import Archc

PAIR = (
    "model M(n) {\n  input 3x8x8\n  Conv(n) - FC(10)\n}\n"
    'variant small = M(4) { top1: 60.5, top1_source: "table 1" }\nvariant large = M(8) { top1: 70.25 }\n'
    "variant other = M(16)\n"
)


@pytest.fixture
def pair(archc: Archc) -> Archc:
    text = PAIR.replace('{ top1: 60.5, top1_source: "table 1" }', '{\n  top1: 60.5\n  top1_source: "table 1"\n}')
    Path("pair.arch").write_text(text.replace("{ top1: 70.25 }", "{\n  top1: 70.25\n}"), encoding="utf-8")
    return archc


def shipped(name: str) -> Network:
    return find(name).checked(DEFAULTS).networks[name]


def balls(file: str) -> list[str]:
    """The first line of each ball's title."""
    found = ET.parse(file).getroot().iter("{http://www.w3.org/2000/svg}title")
    return [(title.text or "").splitlines()[0] for title in found][1:]


def test_a_chart_of_specs_names_what_it_leaves_out(pair: Archc) -> None:
    result = pair("chart", "pair.arch", "resnet20_cifar", "resnet50", "-o", "chart.svg")
    assert result.exit_code == 0
    assert sorted(balls("chart.svg")) == ["ResNet-20 (CIFAR) (resnet)", "large (pair)", "small (pair)"]
    assert "left out, without top1, macs or params: other\n" in result.stderr
    assert "left out, of another number of classes than most: resnet50\n" in result.stderr


def test_the_chart_of_all_families_has_the_networks_that_everybody_knows(archc: Archc) -> None:
    result = archc("chart", "-o", "chart.svg", "--pareto")
    assert result.exit_code == 0 and result.stderr == "", "none is left out, none without a label"
    names = {name.rpartition(" (")[0] for name in balls("chart.svg")}
    assert len(names) == 32 and {"ResNet-50", "VGG-16", "SE-ResNet-50 (v1)", "ShuffleNet v2 1×"} <= names


def written(file: str) -> set[str]:
    """The texts of a chart."""
    return {"".join(text.itertext()) for text in ET.parse(file).getroot().iter("{http://www.w3.org/2000/svg}text")}


def test_labels_that_are_asked_for(pair: Archc) -> None:
    for words, there, away in (
        (("--label", "small"), {"small"}, {"large"}),
        (("--label", "*", "--label", "large=Ours"), {"small", "Ours"}, {"large"}),
        (("--label", "none"), set(), {"small", "large"}),
    ):
        assert pair("chart", "pair.arch", "-o", "chart.svg", *words).exit_code == 0
        assert there <= written("chart.svg") and not away & written("chart.svg")


def test_a_chart_has_the_width_and_the_theme_that_are_asked_for(pair: Archc) -> None:
    for words in (
        ("chart", "pair.arch", "-o"),
        ("chart", "profile", "pair.arch:small", "-o"),
        ("compare", "pair.arch", "--chart"),
    ):
        assert pair(*words, "chart.svg", "--width", "89mm", "--theme", "dark").exit_code == 0
        assert float((ET.parse("chart.svg").getroot().get("width") or "").removesuffix("pt")) == pytest.approx(
            89 / 25.4 * 72, abs=0.1
        )
        assert "#15171c" in Path("chart.svg").read_text(encoding="utf-8")


def test_own_points(pair: Archc) -> None:
    Path("mine.csv").write_text("name,family,top1,params,macs\nmine,m,65,2e6,1e6\nhalf,m,,2e6,1e6\n", encoding="utf-8")
    alone = pair("chart", "--csv", "mine.csv", "-o", "alone.svg")
    assert balls("alone.svg") == ["mine (m)"]
    assert alone.stderr == "left out, without top1, macs or params: half\n"
    pair("chart", "--csv", "mine.csv", "pair.arch:small", "-o", "both.svg", "--x", "depth")
    assert balls("both.svg") == ["small (pair)"], "the others' depth is not known"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("lenet5", "-o", "x.gif"), "has no known extension"),
        (("lenet5", "-o", "x.svg"), "there is no network to draw"),
        (("--csv", "wrong.csv", "-o", "x.svg"), "cannot read wrong.csv: no such column: colour"),
        (("profile", "-o", "x.svg"), "a profile shows one network"),
        (("profile", "pair.arch", "-o", "x.svg"), "pair.arch holds several networks"),
        (("pair.arch", "-o", "x.svg", "--width", "wide"), "wide"),
        (("pair.arch", "-o", "x.svg", "--width", "3cm"), "3cm is too narrow for a chart: the minimum is 60mm"),
        (("pair.arch", "-o", "x.svg", "--label", "smal"), "no ball is called 'smal'; there are small, large"),
        (("nowhere", "-o", "x.svg"), "there is no shipped network 'nowhere'"),
    ],
)
def test_used_wrongly(pair: Archc, words: tuple[str, ...], said: str) -> None:
    Path("wrong.csv").write_text("name,colour\n", encoding="utf-8")
    result = pair("chart", *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not Path("x.svg").exists()


def test_a_file_of_somebody_else_stays(pair: Archc) -> None:
    for words in (
        ("chart", "pair.arch", "-o", "mine.svg"),
        ("chart", "profile", "pair.arch:small", "-o", "mine.svg"),
        ("compare", "pair.arch", "--chart", "mine.svg"),
    ):
        Path("mine.svg").write_text("<svg>mine</svg>", encoding="utf-8")
        refused = pair(*words)
        assert refused.exit_code == 2 and "--force" in refused.stderr
        assert Path("mine.svg").read_text(encoding="utf-8") == "<svg>mine</svg>"
        assert pair(*words, "--force").exit_code == 0 == pair(*words).exit_code, "its own file is written again"


def test_a_profile_chart(archc: Archc) -> None:
    assert archc("chart", "profile", "lenet5", "-o", "profile.html").exit_code == 0
    assert Path("profile.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "densenet121", "vgg16"])
def test_a_profile_sums_to_the_counts(name: str) -> None:
    """Each layer is in one band, and the rows show the counts of inference."""
    counts = count(shipped(name))
    found = profile(counts)
    assert sum(step.params for step in found.steps) == counts.params
    assert sum(step.macs for step in found.steps) == counts.macs
    assert sum(step.memory for step in found.steps) <= 4 * counts.activations  # implicit layers are not steps
    ends = [0, *(band.end for band in found.bands)]
    assert [band.start for band in found.bands] == ends[:-1] and ends[-1] == len(found.steps)


def bands(text: str) -> list[str]:
    (network,) = check(Source("m.arch", text), Files().load).networks.values()
    return [band.name for band in profile(count(network)).bands]


def test_a_long_chain_has_bands_of_several_layers() -> None:
    """There are no more bands than names fit, and none spans two modules; a few modules have a name each."""
    chain = " - ".join(f"c{i}: Conv(8, 3)" for i in range(40))
    assert bands(f"model m {{\n  input 3x8x8\n  {chain}\n}}\n") == [
        *(f"c{i}…c{i + 2}" for i in range(0, 39, 3)), "c39",
    ]  # fmt: skip
    assert bands("model m {\n  input 3x8x8\n  a: Conv(8) - b: Conv(8)\n}\n") == ["a", "b"]
    vgg = [band.name for band in profile(count(shipped("vgg16"))).bands]
    assert vgg[0] == "features.0…2" and "features.30" in vgg and vgg[-1] == "classifier.6"


def test_a_point_states_its_source() -> None:
    network = shipped("resnet50")
    made = point(network, count(network))
    assert (made.top1, made.top5, made.params, made.depth) == (76.13, 92.86, 25_557_032, 50)
    assert made.source == "torchvision IMAGENET1K_V1"


def test_one_chart_one_task() -> None:
    a, b, c = Point("a"), Point("b"), Point("c")
    assert of_one_task([(a, 10), (b, 1000), (c, 1000)]) == ([b, c], [a])
    assert of_one_task([(a, 10), (b, 1000)]) == ([b], [a])
    assert of_one_task([]) == ([], [])


def test_compare_marks_what_differs(pair: Archc) -> None:
    lines = pair("compare", "pair.arch").stdout.splitlines()
    assert lines[0].split() == ["small", "large", "other"]
    marked = {line[3:].split("  ")[0].strip() for line in lines if line.startswith("*")}
    assert marked == {"parameters", "MACs", "FLOPs", "activations", "peak memory, bytes", "top-1, %"}
    params = next(line for line in lines if "parameters" in line)
    assert params.split("parameters")[1].split("  ")[-1].strip() == f"{16 * 28 + 1024 * 10 + 10:,} (x4.0)"
    assert any("70.25 (+9.75)" in line and line.endswith("-") for line in lines)


def test_compare_in_its_other_forms(pair: Archc) -> None:
    read = json.loads(pair("compare", "pair.arch", "--json").stdout)
    assert read["networks"] == ["small", "large", "other"]
    rows = {(row["group"], row["name"]): row for row in read["rows"]}
    assert rows["", "top-1, %"] == {"name": "top-1, %", "group": "", "differs": True, "cells": [60.5, 70.25, None]}
    assert rows["layers", "Conv"] == {"name": "Conv", "group": "layers", "differs": False, "cells": [1, 1, 1]}
    markdown = pair("compare", "pair.arch", "--markdown").stdout.splitlines()
    assert markdown[:2] == ["| | small | large | other |", "|---|---:|---:|---:|"]
    assert {line.count("|") for line in markdown} == {5}
    assert pair("compare", "pair.arch", "--chart", "bars.png").exit_code == 0
    assert Path("bars.png").read_bytes().startswith(b"\x89PNG")
    assert pair("compare", "pair.arch", "--json", "--markdown").exit_code == 2
    assert pair("compare", "pair.arch", "--chart", "bars.gif").exit_code == 2


@pytest.mark.parametrize(
    ("cell", "first", "text"),
    [
        (None, 1, "-"), ("a", "b", "a"), (5, 5, "5"), (1_000_000, 900_000, "1,000,000 (+11.1 %)"), (85, 53, "85 (+32)"),
        (2000, 1000, "2,000 (x2.0)"), (1_000_001, 1_000_000, "1,000,001 (+1)"), (75.5, 76.0, "75.5 (-0.50)"),
        (10, None, "10"), (5000, 0, "5,000 (+5,000)"),
    ],
)  # fmt: skip
def test_a_change_is_told_in_the_form_that_reads_best(cell: int | None, first: int | None, text: str) -> None:
    assert shown(cell, first) == text


def test_list_filters_by_family_and_name(archc: Archc) -> None:
    names = [entry["name"] for entry in json.loads(archc("list", "lenet", "squeezenet1_*", "--json").stdout)]
    assert names == ["lenet5", "lenet5_1998", "lenet5_modern", "squeezenet1_0", "squeezenet1_1"]
    assert "top-1 58.09 %" in archc("list", "squeezenet1_0").stdout
    assert archc("list", "nothing*").exit_code == 2
