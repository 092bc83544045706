"""The values chosen for bare terms, network by network, and other statements of files."""

from __future__ import annotations

from typing import Any

import pytest

from archc.diagnostics.core import Severity
from archc.elaborate.edits import matching
from archc.ir.expr import python
from archc.ir.network import Network
from archc.pipeline import Options
from tests.support.specs import checked, codes, in_model, network


def channels(chain: str, shape: str = "3x64x64", options: Options | None = None) -> list[int]:
    net = network(in_model(chain, shape), options=options or Options())
    return [n.types[0].channels for n in net.nodes if n.op.kind() in ("Conv", "FC")]


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ("Conv - Conv", [64, 64]),
        ("Conv - Pool - Conv", [64, 128]),
        ("Conv - Pool - Pool - Conv - Conv", [64, 128, 128]),
        ("Conv(300) - Pool - Conv - Pool - Conv", [300, 512, 512]),
        ("Conv(700) - Pool - Conv", [700, 700]),
        ("Conv(20) - APool - ReLU - Conv", [20, 40]),
        ("Conv(20) - GAPool - Conv(4, 1) - Conv", [20, 4, 4]),
        ("Pool - Conv", [64]),
        ("Conv(8) - Pool - [Conv]x2 - Pool - Conv", [8, 16, 16, 32]),
        ("FC - FC", [512, 10]),
        ("FC(7) - FC(SM)", [7, 10]),
        ("FC - FC(5)", [512, 5]),
        ("[FC]x2", [10, 10]),
        ("add { Conv(8) - Pool | Pool - Conv(8) } - Conv", [8, 8, 8]),
    ],
)
def test_bare_terms(chain: str, expected: list[int]) -> None:
    assert channels(chain) == expected


@pytest.mark.parametrize(
    ("shape", "classes"), [("3x64x64", 10), ("3x64x65", 1000), ("1x28x28", 10), ("1x110x111", 10), ("1x111x111", 1000)]
)
def test_small_images_have_ten_classes(shape: str, classes: int) -> None:
    """An image is small if it has at most 3x64x64 numbers."""
    assert channels("FC", shape) == [classes]
    assert channels("FC", shape, Options(classes=7)) == [7]


def told(text: str) -> list[tuple[str, str]]:
    return [(d.code, d.problem.message()) for d in checked(text).diagnostics if d.severity is not Severity.ERROR]


def test_what_is_chosen_is_told_once_a_term() -> None:
    assert told(in_model("[Conv]x3 - FC(3)")) == [("N0401", "`channels` of Conv is taken to be 64")]
    assert told(in_model("Conv(4) - FC(3)")) == []


def test_a_block_of_the_lecture_is_told_unless_it_is_given_whole() -> None:
    assert told(in_model("Incept")) == [("N0401", "Incept is taken to be Incept(1, 1, 1, 1, 1, 1)")]
    assert told(in_model("Incept(64)")) == [("N0401", "Incept is taken to be Incept(64, 1, 1, 1, 1, 1)")]
    assert told(in_model("Incept(6, 5, 4, 3, 2, 1)")) == []


DECLARED = """\
"A file."
default Conv(bias=false), BN(eps=1e-3)
default Conv(kernel=1)
init Conv = kaiming_normal(mode="fan_out")
init Conv.bias = zeros
init BN.weight = constant(val=0.5)
let a = 3
let b = a * 2
fn twice(n, by=2) = n * by
block B(c, s=1, Kind=ReLU) over (x, y) {
  "A block."
  add { x | y } - Conv(twice(c)) - Kind
}
model m(classes=b, width=4) {
  "A model."
  init Conv = normal(std=0.1)
  input 3x8x8
  Conv(3) - (add { in | in }) - Chunk(1) - FC(classes)
}
variant v = m(classes=9) {
  paper: "a paper"
  top1: 70 + 0.5
  expect params > 0
}
variant w = v(width=5)
"""


def test_what_a_file_declares() -> None:
    net = network(DECLARED, member="v")
    assert [(i.kind, i.weight, i.function, i.arguments) for i in net.inits] == [
        ("Conv", "weight", "normal", (("std", 0.1),)),
        ("Conv", "bias", "zeros", ()),
        ("BN", "weight", "constant", (("val", 0.5),)),
    ]
    assert (net.doc, net.classes, net.fact("paper"), net.fact("top1")) == ("A model.", 9, "a paper", 70.5)
    assert {c.name: (python(c.expr), c.value) for c in net.constants} == {"a": ("3", 3), "b": ("a * 2", 6)}
    conv = next(n.op for n in net.nodes if n.op.kind() == "Conv")
    assert (conv.kernel, conv.bias) == ((1, 1), False)  # type: ignore[attr-defined]
    other = network(DECLARED, member="w")
    assert (other.classes, other.fact("paper")) == (9, None), "facts are of their variant alone"


def test_definitions_that_a_network_meets() -> None:
    text = DECLARED.replace("Chunk(1) - FC(classes)", "Conv(3) - B2(2) - FC(classes)")
    text = text.replace("block B(", 'block B2(c, s=c + 1) {\n  "Two."\n  Conv(c) - ReLU\n}\nblock B(')
    found = {d.name: d for d in network(text, member="v").definitions}
    assert list(found) == ["m", "B2"] and found["B2"].doc == "Two." and found["m"].kind == "model"
    said = {n: [(p.name, p.default and python(p.default)) for p in found[n].parameters] for n in found}
    assert said == {"B2": [("c", None), ("s", "c + 1")], "m": [("classes", "6"), ("width", "4")]}


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("a", ["a"]),
        ("a.b", ["a.b"]),
        ("a.*", ["a.b", "a.c"]),
        ("*", ["a", "d", "ab"]),
        ("?", ["a", "d"]),
        ("a*", ["a", "ab"]),
        ("*.x", ["a.b.x", "d.x"]),
        ("[ad]", ["a", "d"]),
        ("nope", []),
        ("a.?.x", ["a.b.x"]),
        ("B", []),
    ],
)
def test_patterns_of_paths(pattern: str, found: list[str]) -> None:
    """Modules inside a match are not matched again."""
    modules = dict.fromkeys(["a", "a.b", "a.b.x", "a.c", "d", "d.x", "ab"])
    assert matching(pattern, modules) == found


FROZEN = in_model("a: (x: Conv(4) - y: BN) - ab: Conv(4) - b: Conv(4) - relu: ReLU - fc: FC(3)")


@pytest.mark.parametrize(
    ("edits", "frozen"),
    [
        ("freeze a", ["a.x", "a.y"]),
        ("freeze a.x", ["a.x"]),
        ("freeze ab, b", ["ab", "b"]),
        ("freeze a\n unfreeze a.y", ["a.x"]),
        ("freeze *\n unfreeze fc", ["a.x", "a.y", "ab", "b"]),
        ("freeze all except fc", ["a.x", "a.y", "ab", "b"]),
        ("freeze all except a, fc", ["ab", "b"]),
    ],
)
def test_what_is_frozen(edits: str, frozen: list[str]) -> None:
    text = f"{FROZEN}variant v = m {{ {edits} }}\n"
    net = network(text, member="v")
    assert [n.path for n in net.nodes if n.frozen] == frozen


def members(text: str) -> set[str]:
    return set(checked(text).networks)


def test_what_is_built_of_a_file() -> None:
    """Variants, and models without required parameters that have no variant."""
    m = "model a { input 3x8x8\n ReLU }\nmodel b(n) { input 3x8x8\n Conv(n) }\nmodel c(n=2) { input 3x8x8\n Conv(n) }\n"
    assert members(m) == {"a", "c"}
    assert members(m + "variant v = b(3)\nvariant w = v(n=4)\nvariant x = c\n") == {"a", "v", "w", "x"}


def test_arguments_of_variants_of_variants() -> None:
    text = (
        "model m(a, b=2, c=3) { input 3x8x8\n Conv(a) - Conv(b) - Conv(c) }\n"
        "variant v = m(5, c=6)\nvariant w = v(b=7)\nvariant x = w(a=8, b=9) { input 1x4x4 }\n"
    )

    def sizes(net: Network) -> list[Any]:
        return [n.types[0].channels for n in net.nodes]

    assert sizes(network(text, member="v")) == [3, 5, 2, 6] and sizes(network(text, member="w")) == [3, 5, 7, 6]
    assert sizes(network(text, member="x")) == [1, 8, 9, 6]
    assert codes(text + "variant y = v(q=1)\n") == ["E0103"]
    assert codes(text.replace("m(5, c=6)", "m(c=6)"))[:1] == ["E0105"]


@pytest.mark.parametrize("shape", ["0x3x3", "[]", "[3, -1]", "2147483648", "true", '"a"', "1.5", "[1.5]"])
def test_shapes_that_no_input_has(shape: str) -> None:
    assert codes(f"model m {{\n  input {shape}\n  ReLU\n}}\n") == ["E0202"]


@pytest.mark.parametrize(
    ("shape", "dims"), [("7", (7,)), ("3x4", (3, 4)), ("[2, 3, 4, 5]", (2, 3, 4, 5)), ("2147483647", (2147483647,))]
)
def test_shapes_of_inputs(shape: str, dims: tuple[int, ...]) -> None:
    assert network(f"model m {{\n  input {shape}\n  ReLU\n}}\n").nodes[0].types[0].dims == dims
    assert network("ReLU").nodes[0].types[0].dims == (3, 224, 224)
    assert network("ReLU", options=Options(inputs=(("", (5,)),))).nodes[0].types[0].dims == (5,)
    assert codes("model m { ReLU }\n") == ["E0401"]
