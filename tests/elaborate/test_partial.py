"""Partial networks after an error: known parts, unknown parts, and the places of errors."""

from __future__ import annotations

import re
from random import Random

import pytest

from archc.api import Model
from archc.count.counts import count
from archc.diagnostics.core import Severity
from archc.ir.hole import Hole
from archc.ir.network import Network, Node, Partial
from archc.ir.types import UNKNOWN
from archc.pipeline import Checked
from archc.targets.figure import FigureError
from archc.targets.pytorch import emit
from tests.resolve.test_any_text import WORDS
from tests.support.shipped import FAMILIES
from tests.support.specs import SPECS, checked, in_model

PAIR = "block Pair() over (a, b) { add { a | b } }\n"


def told(node: Node) -> str:
    """A node as a word: `Conv:8x8x8`, `Nope!:?` for one with an error."""
    name = node.op.text if isinstance(node.op, Hole) else node.op.kind()
    return f"{name}{'!' if node.wrong else ''}:{','.join(map(str, node.types))}"


def errors(result: Checked) -> list[tuple[str, str]]:
    """The codes of the errors, with the text at their places."""
    sources = result.sources
    return [(d.code, sources[d.span.file].snippet(d.span)) for d in result.diagnostics if d.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("chain", "codes", "nodes"),
    [
        ("Conv(4) - Nope - BN - FC(10)", ["E0101 Nope"], "Conv:4x8x8 Nope!:? BN:? FC:?"),
        ("Nope - Conv(-1) - FC(f=3)", ["E0101 Nope", "E0201 -1", "E0103 f"], "Nope!:? Conv(-1)!:? FC(f=3)!:?"),
        ("Conv(4, 99, pad=0) - Conv(-1)", ["E0302 99", "E0201 -1"], "Conv!:? Conv(-1)!:?"),
        ("Conv(cc) - Conv(4)", ["E0101 cc"], "Conv(cc)!:? Conv:?"),
        (
            "add { Conv(8) | Conv(9) } - add { Conv(8) | Conv(9) } - ReLU(c=1)",
            ["E0301 add", "E0103 c"],
            "Conv:8x8x8 Conv:9x8x8 Add!:? Conv:? Conv:? Add:? ReLU(c=1)!:?",
        ),
        ("let k = no * 2\n  Conv(k) - [ReLU] x k - FC(k)", ["E0101 no"], "Conv(k):? […] x k:? FC(k):?"),
        ("if no { x = Conv(3) } else { x = Conv(4) }\n  x - FC(10)", ["E0101 no"], "if no!:? FC:?"),
        ("if no { let k = 3 } else { let k = 4 }\n  Conv(k) - FC(9)", ["E0101 no"], "if no!:? Conv(k):? FC:?"),
        ("if no { Conv(4) } else { Conv(5) }", ["E0101 no"], "if no!:? no result:?"),
        ("Conv(3) if (no) else Conv(4) - FC(9)", ["E0101 no"], "Conv(3) if no!:? FC:?"),
        ("for i, c in [1] { Conv(c) } - FC(-9)", ["E0202 i, c", "E0201 -9"], "for … in [1]!:? FC(-9)!:?"),
        ("x = Nope\n  Conv(x.channels) - Conv(in.channels)", ["E0101 Nope"], "Nope!:? Conv(x.channels):? Conv:?"),
        ("a, b, c = Nope - Split([3, 4])\n  concat { a | b | c }", ["E0101 Nope"], "Nope!:? Split:? Concat:?"),
        ("a, b = Conv(3)\n  concat { a | b }", ["E0406 a, b"], "Conv:3x8x8 a, b = …!:? Concat:?"),
        ("Nope - Pair - Chunk(2) - Pair - FC(10)", ["E0101 Nope"], "Nope!:? Add:? Chunk:? Add:? FC:?"),
        ("(Nope, in) - LN - Conv(4)", ["E0101 Nope"], "Nope!:? LN:? Conv:?"),
        ("add { Chunk(3) | ReLU } - FC(9)", ["E0404 Chunk(3)"], "Chunk:1x8x8,1x8x8,1x8x8 ReLU:3x8x8 Add!:? FC:?"),
        (
            "Conv(3) - Conv(-2)\n  FC(10)",
            ["E0403 Conv(3) - Conv(-2)", "E0201 -2"],
            "Conv:3x8x8 Conv(-2)!:? Flatten:192 FC:10",
        ),
        ("Nope - Conv - Pool - FC", ["E0101 Nope"], "Nope!:? Conv:? MPool:? FC:?"),
        ("train: Conv(8) - FC(10)", ["E0113 train:"], "Conv!:8x8x8 Flatten:512 FC:10"),
    ],
)  # fmt: skip
def test_what_is_left(chain: str, codes: list[str], nodes: str) -> None:
    result = checked(PAIR + in_model(chain, "3x8x8"))
    assert [" ".join(error) for error in errors(result)] == codes
    network = result.networks["m"]
    assert network.partial
    assert " ".join(map(told, network.nodes[1:])) == nodes
    holds_together(network)


def test_without_an_input_all_is_unknown_and_looked_at() -> None:
    for text in ("model m {\n  Conv(8) - FC(-9)\n}\n", in_model("Conv(8) - FC(-9)", "nope")):
        result = checked(text)
        assert [code for code, _ in errors(result)] == ["E0401" if "input" not in text else "E0101", "E0201"]
        assert list(map(told, result.networks["m"].nodes)) == ["input!:?", "Conv:?", "FC(-9)!:?"]


def test_modules_keep_their_names() -> None:
    text = "block B(c) { a: Conv(c) - Conv(-1) }\n" + in_model("Conv(3) - add { Conv(no) | in } - b: B(4) - Conv(5)")
    result = checked(text)
    assert [node.path for node in result.networks["m"].nodes if node.path] == [
        "conv1",
        "conv2",
        "b.a",
        "b.conv2",
        "conv3",
    ]


def test_only_what_is_wrong_is_partial() -> None:
    text = in_model("FC(10)") + "model n {\n  input 3x8x8\n  Conv(0) - FC(10)\n}\n"
    networks = checked(text).networks
    assert not networks["m"].partial and networks["m"].definitions
    assert networks["n"].partial


@pytest.mark.parametrize(
    "line", ['from "no.arch" use x', "default Conv(bies=1)", "let k = no", "init Cov = zeros()", "mdel x {}"]
)
def test_a_mistake_in_what_the_whole_file_shares_leaves_no_network_whole(line: str) -> None:
    networks = checked(f"{line}\n" + in_model("FC(10)")).networks
    assert all(network.partial for network in networks.values())


def test_what_passes_a_limit_is_no_network() -> None:
    result = checked("block B { Conv(3) - B }\n" + in_model("B - FC(-1)"))
    assert [code for code, _ in errors(result)] == ["E0602", "E0201"]
    assert not result.networks
    assert not checked(in_model("[[[ReLU]x999]x999]x999 - FC(-1)")).networks


def test_edits_of_a_wrong_model_are_not_made() -> None:
    text = in_model("a: Nope - b: Conv(3)") + "variant v = m {\n  replace a.conv1: Conv(8)\n  remove zz\n}\n"
    assert errors(checked(text)) == [("E0101", "Nope"), ("E0101", "zz")]
    text = (
        in_model("a: Conv(3) - b: Conv(3)") + "variant v = m {\n  replace a: Conv(-8) - BN\n  insert after b: Nope\n}\n"
    )
    result = checked(text)
    assert errors(result) == [("E0201", "-8"), ("E0101", "Nope")]
    assert list(map(told, result.networks["v"].nodes[1:])) == ["Conv(-8)!:?", "BN:?", "Conv:?", "Nope!:?"]


def test_nothing_but_a_figure_is_made_of_it() -> None:
    network = checked(in_model("Conv(8) - Nope - FC(10)")).networks["m"]
    for use in (count, lambda n: emit((n,), "archc compile m", "1")):
        with pytest.raises(Partial, match="m has errors"):
            use(network)
    with pytest.raises(FigureError, match="by block or by layer"):
        Model(network).draw("stage")
    with pytest.raises(Partial):
        checked(in_model("Nope")).counted("m")


def test_a_figure_marks_what_is_wrong_and_what_is_unknown() -> None:
    text = "block B(c) { Conv(c) - Nope }\n" + in_model("Conv(8) - BN - B(4) - Conv(3) - FC(10)")
    drawing = Model(checked(text).networks["m"]).draw()
    assert [(box.title, box.broken) for box in drawing.figure.graph.boxes() if box.nodes] == [
        ("input", ""), ("Conv 3×3, 8", ""), ("B", "wrong"), ("Conv 3×3, 3", "unknown"), ("FC 10", "unknown"),
    ]  # fmt: skip
    assert [box.broken for box in drawing.figure.insets[0].graph.boxes() if box.nodes] == ["", "wrong"]
    assert drawing.figure.remarks == (
        "a thick outline: there is a mistake",
        "a dashed outline: of unknown size after one",
    )
    for format, mark in (
        ("svg", "#c4001d"),
        ("tex", "archc wrong"),
        ("dot", "penwidth=2.2"),
        ("mmd", "classDef wrong_"),
    ):
        assert mark in drawing.to(format).decode()
    whole = Model(checked(in_model("Conv(8) - FC(10)")).networks["m"]).draw()
    assert not whole.figure.remarks and "#c4001d" not in whole.to("svg").decode()


def holds_together(network: Network) -> None:
    """Check that readers of unknown tensors are unknown, and that other unknown nodes are marked as wrong."""
    for index, node in enumerate(network.nodes):
        xs = tuple(map(network.type_of, node.inputs))
        assert all(ref.node < index for ref in node.inputs)
        if not all(x.is_known for x in xs):
            assert node.types == (UNKNOWN,)
        elif not all(y.is_known for y in node.types):
            assert node.wrong or isinstance(node.op, Hole)
    assert network.partial or not any(
        node.wrong or isinstance(node.op, Hole) or UNKNOWN in node.types for node in network.nodes
    )


@pytest.mark.parametrize("seed", range(40))
def test_a_shipped_spec_with_slips_is_there_in_part(seed: int) -> None:
    random = Random(seed)
    text = (SPECS / f"{random.choice(FAMILIES)}.arch").read_text(encoding="utf-8")
    for _ in range(random.randrange(1, 5)):
        pattern, words = random.choice(((r"\d+", ("0", "-1", "99", "7")), (r"\b[A-Za-z_]\w*", WORDS), (r"\S", WORDS)))
        place = random.choice(list(re.finditer(pattern, text)))
        text = text[: place.start()] + random.choice(words) + text[place.end() :]
    result = checked(text)
    for network in result.networks.values():
        assert result.failed or not network.partial
        holds_together(network)
    for network in [network for network in result.networks.values() if network.partial][:1]:
        Model(network).draw("block").to("svg")
        Model(network).draw("layer").to("mmd")


def test_what_a_lost_name_stands_for_is_unknown_in_every_network() -> None:
    text = 'from "no.arch" use Lost\nblock B(c) { Conv(c) - Lost }\n' + in_model("B(3) - FC(10)")
    result = checked(text + "model n {\n  input 3x32x32\n  B(3) - B(3) - FC(-10)\n}\n")
    assert [code for code, _ in errors(result)] == ["E0109", "E0201"]
    assert list(map(told, result.networks["m"].nodes[1:])) == ["Conv:3x32x32", "Lost:?", "FC:?"]
    assert list(map(told, result.networks["n"].nodes[1:])) == [
        "Conv:3x32x32",
        "Lost:?",
        "Conv:?",
        "Lost:?",
        "FC(-10)!:?",
    ]
    assert all(network.partial for network in result.networks.values())


def test_a_tensor_of_a_text_that_cannot_be_read_is_told_once() -> None:
    """This also holds if a branch that is not taken defines the name."""
    block = (
        "block B(c, deep=true) {\n  y = Conv(c) - nn.ReLU\n  if deep { y = y - Conv(c) }\n  return add { y | in }\n}\n"
    )
    found = checked(block + in_model("B(3, deep=false) - GAPool - FC(3)")).diagnostics
    assert [d.code for d in found if d.severity is Severity.ERROR] == ["E0001"]


@pytest.mark.parametrize(
    ("members", "wrong"),
    [
        ("replace a.cnv: Conv(4)\n  remove b", ["a.cnv"]),
        ("truncate after d\n  remove ab, fc", ["ab", "d"]),
        ("freeze ab", ["ab"]),
        ("insert after fc: new: ReLU\n  freeze new", []),
        ('replace c.inner: Conv(3)\n  remove "a.*"', []),
    ],
)
def test_paths_of_edits_are_judged_in_a_model_with_errors(members: str, wrong: list[str]) -> None:
    model = "a: B(8) - b: Conv(8, 3, groups=7) - c: Nope(3) - fc: FC(10)"
    text = f"block B(c) {{ conv: Conv(c) - bn: BN }}\n{in_model(model)}variant v = m {{\n  {members}\n}}\n"
    found = [words for _, words in errors(checked(text))]
    assert sorted(found) == sorted(["7", "Nope", *wrong])


def test_a_statement_that_cannot_be_read_may_have_any_label_in_it() -> None:
    text = "model m {\n  input 3x8x8\n  x = Conv(8) -> lost: BN\n  return Conv(4)\n}\nvariant v = m { remove lost\n}\n"
    assert {code[:3] for code, _ in errors(checked(text))} == {"E00"}
