"""The paths of edits mean labels."""

from __future__ import annotations

import pytest

from tests.resolve.specs import NAME, said, symbols

MODEL = """macro Tail(c) = norm: BN - ReLU - Conv(c)
block Unit(c) { conv: Conv(c) - Tail(c) }
model M(Block) {
  input 3x8x8
  stem: (first: Conv(8) - ReLU)
  - for i in range(2) { "layer{i+1}": [Unit(8)]x2 }
  - custom: Block(8)
  - GAPool - fc: FC(10)
}
"""


@pytest.mark.parametrize(
    "path, labels",
    [
        ("fc", ["fc:"]),
        ("stem.first", ["stem:", "first:"]),
        ("layer1", ['"layer{i+1}":']),
        ("layer2.0.conv", ['"layer{i+1}":', "conv:"]),
        ("layer2.0.norm", ['"layer{i+1}":', "norm:"]),
        ("custom.anything", ["custom:"]),
        ("stem.*", ["stem:"]),
        ('"fc"', ["fc:"]),
    ],
)
def test_each_part_of_a_path_means_a_label(path: str, labels: list[str]) -> None:
    text = MODEL + f"variant v = M(Unit) {{\n  freeze {path}\n}}\n"
    found = [r for r in symbols(text).references if r.role == "path"]
    parts = [part for part in path.strip('"').split(".") if part not in ("0", "*", "anything")]
    assert [text[r.span.start : r.span.end] for r in found] == parts
    spans = [r.definition.span for r in found if r.definition is not None]
    assert [text[s.start : s.end] + ":" for s in spans if s is not None] == labels
    assert all(s is not None and s.file == NAME for s in spans)


def test_a_path_that_means_nothing_in_a_file_that_is_used() -> None:
    lib = MODEL + "variant w = M(Unit) {\n  remove stem.second\n  remove layer1.0.conv\n  remove nothing\n}\n"
    text = 'from "lib.arch" use Unit\nmodel m {\n  input 3x8x8\n  Unit(3)\n}\n'
    assert said(text, lib=lib) == [("E0101", "stem.second"), ("E0101", "nothing")]


@pytest.mark.parametrize("path", ["fc", "layer1.0.conv", "custom.0.conv", "layer1.1.conv1", "0", "stem.first"])
def test_a_path_that_may_mean_something(path: str) -> None:
    lib = MODEL + f"variant w = M(Unit) {{\n  remove {path}\n}}\n"
    assert said('from "lib.arch" use Unit\nmodel m {\n  input 3x8x8\n  Unit(3)\n}\n', lib=lib) == []
