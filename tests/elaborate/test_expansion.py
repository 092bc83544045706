"""The expansion of chains: structure, shapes and texts."""

from __future__ import annotations

import pytest

from archc.ir import definition
from archc.ir.expr import python
from archc.ir.network import Choice, GroupItem, Loop, MergeItem, Network, ScopeResult
from archc.pipeline import Options
from archc.support.limits import Limits
from tests.support.specs import codes, in_model, network


def result(net: Network, scope: int = 0) -> ScopeResult:
    last = net.scopes[scope].body[-1]
    assert isinstance(last, ScopeResult)
    return last


def ops(net: Network) -> list[str]:
    return [n.op.kind() for n in net.nodes[1:]]


def test_a_chain_reads_from_left_to_right() -> None:
    net = network(in_model("Conv(8, stride=2) - ReLU - MPool - FC(10)"))
    assert ops(net) == ["Conv", "ReLU", "MPool", "Flatten", "FC"]
    assert [str(n.types[0]) for n in net.nodes] == ["3x32x32", "8x16x16", "8x16x16", "8x8x8", "512", "10"]
    assert [n.implicit for n in net.nodes] == [True, False, False, False, True, False]


def test_repeats_keep_their_iterations_and_variables() -> None:
    net = network(in_model("l: [Conv(4 * (k + 1))] x 3 as k"))
    (loop,) = result(net).chains[0].items
    assert isinstance(loop, Loop)
    assert (loop.names, python(loop.over), [i.values for i in loop.iterations]) == (
        ("k",),
        "range(3)",
        [(0,), (1,), (2,)],
    )
    assert [n.types[0].channels for n in net.nodes[1:]] == [4, 8, 12]
    assert python(net.nodes[1].arguments[0].expr) == "4 * (k + 1)"


def test_for_unpacks_rows() -> None:
    net = network("let rows = [(4, (1, 2)), (8, (3, 1))]\n" + in_model("for (c, (k, s)) in rows { Conv(c, k, s) }"))
    (loop,) = result(net).chains[0].items
    assert isinstance(loop, Loop)
    assert (loop.names, python(loop.over)) == (("c", "k", "s"), "rows")
    assert str(net.type_of(net.outputs[0])) == "8x16x16"


def test_merges_read_one_tensor_and_name_it() -> None:
    net = network(in_model("Conv(6) - add { in | Conv(in.channels) - mul { Conv(in.channels // 2, 1) - Conv(6) | } }"))
    outer = result(net).chains[0].items[1]
    assert isinstance(outer, MergeItem)
    inner = outer.branches[1].items[1]
    assert isinstance(inner, MergeItem)
    assert (outer.incoming, inner.incoming) == ("in_2", "in_3")
    texts = [python(a.expr) for n in net.nodes for a in n.arguments if a.name == "channels"]
    assert texts == ["6", "in_2.channels", "in_3.channels // 2", "6"]


def test_guards_keep_the_branch_taken_and_definitions_their_condition() -> None:
    net = network(in_model("ReLU if (in.channels == 3) else BN - (BN if (false))"))
    first, second = result(net).chains[0].items
    assert isinstance(first, Choice)
    assert (first.value, first.otherwise) == (True, True)
    assert net.definitions[0].body is not None
    (statement,) = net.definitions[0].body
    assert isinstance(statement, definition.BoundReturn) and isinstance(statement.chains[0][0], definition.BoundGuard)
    assert python(statement.chains[0][0].condition) == "in_.channels == 3"
    assert isinstance(second, GroupItem)
    assert ops(net) == ["ReLU"]


def test_macro_parameters_are_replaced_by_what_was_passed() -> None:
    spec = (
        "macro CB(c, k=3) = Conv(c * 2, k) - BN\n"
        "block B(width) {\n  let half = width // 2\n  CB(half + 1, k=1)\n}\n" + in_model("B(8)")
    )
    conv = network(spec).nodes[1]
    assert {a.name: (python(a.expr), a.value) for a in conv.arguments} == {
        "channels": ("(half + 1) * 2", 10),
        "kernel": ("1", 1),
    }


def test_blocks_are_passed_as_values_and_keep_their_arguments() -> None:
    spec = (
        "block B(c, s=1) { Conv(c, 3, s) - ReLU }\n"
        "model N(Block, n) {\n  input 3x32x32\n  l: [Block(8, 2 if k == 0 else 1)] x n as k\n}\n"
        "variant v = N(B, 2)\n"
    )
    net = network(spec)
    calls = [s for s in net.scopes if s.definition == "B"]
    assert [[(a.name, python(a.expr), a.value) for a in s.arguments] for s in calls] == [
        [("c", "8", 8), ("s", "2 if k == 0 else 1", 2)],
        [("c", "8", 8), ("s", "2 if k == 0 else 1", 1)],
    ]
    assert [e.path for e in net.expansions] == ["l.0", "l.1"]


def test_several_inputs_and_outputs() -> None:
    spec = (
        "block Dual(c) over (res, dense) {\n"
        "  y = concat { res | dense } - Conv(c + 2, 1)\n"
        "  return add { res | y - Slice(0, c) }, concat { dense | y - Slice(c) }\n}\n"
        + in_model("Conv(8) - Split([5, 3]) - d1: Dual(5) - d2: Dual(5) - Concat - FC(2)")
    )
    net = network(spec)
    assert [str(net.type_of(r)) for r in net.scopes[2].outputs] == ["5x32x32", "7x32x32"]


def test_defaults_are_lexical() -> None:
    spec = (
        "default Conv(bias=false)\nblock B { Conv(4) }\n"
        "model m {\n  input 3x8x8\n  default Conv(kernel=1)\n  Conv(4) - B - Conv(4, bias=true)\n}\n"
    )
    convs = [n.op for n in network(spec).nodes if n.op.kind() == "Conv"]
    assert [(c.kernel, c.bias) for c in convs] == [((1, 1), False), ((3, 3), False), ((1, 1), True)]  # type: ignore[attr-defined]


def test_training_outputs() -> None:
    spec = "model m {\n  input 3x8x8\n  a = Conv(4)\n  y = a - FC(2)\n  return y\n  return training y, a - FC(3)\n}\n"
    net = network(spec)
    assert [str(net.type_of(r)) for r in net.outputs] == ["2"]
    assert [str(net.type_of(r)) for r in net.training_outputs] == ["2", "3"]


def test_a_closing_softmax_is_the_head() -> None:
    net = network(in_model("FC(4) - SM"))
    assert [n.head for n in net.nodes] == [False, False, False, True]
    assert net.nodes[net.outputs[0].node].op.kind() == "FC"


def test_variants_build_on_variants() -> None:
    spec = (
        "model N(c, classes=10) {\n  input 3x8x8\n  Conv(c) - FC(classes)\n}\n"
        "variant a = N(4)\nvariant b = a(classes=7) { input 1x9x9 }\n"
    )
    net = network(spec, member="b")
    assert [str(n.types[0]) for n in net.nodes] == ["1x9x9", "4x9x9", "324", "7"]


LECTURE = {
    "lenet": ("Conv-Pool-Conv- Pool-Conv-FC-FC(SM)", "1x32x32"),
    "alexnet": ("Conv-Pool-Norm-Conv-Pool-FC-FC(SM)", "3x224x224"),
    "googlenet": (
        "Conv-MPool-Conv-Incept-Incept-MPool-Incept-Incept-Incept-Incept-Incept-Incept-Incept-Incept-MPool-FC-SM",
        "3x224x224",
    ),
    "resnet": (
        "Conv-Mpool\n  -[Conv-ReLU-Conv-ReLU]x3\n  -[Conv-ReLU-Conv-ReLU]x8\n"
        "  -[Conv-ReLU-Conv-ReLU]x36\n  -[Conv-ReLU-Conv-ReLU]x3\n  -APool-FC-SM",
        "3x224x224",
    ),
}


@pytest.mark.parametrize("name", LECTURE)
def test_the_lines_of_the_lecture_compile_as_typed(name: str) -> None:
    line, shape = LECTURE[name]
    for spec in (line, in_model(line, shape)):
        net = network(spec)
        assert net.nodes[-1].head


def test_what_a_sketch_chooses_is_noted() -> None:
    from tests.support.specs import checked

    notes = [d.problem.message() for d in checked(in_model("Conv-Pool-Conv-FC-FC(SM)", "1x32x32")).diagnostics]
    assert notes == [
        "`channels` of Conv is taken to be 64",
        "`channels` of Conv is taken to be 128",
        "`width` of FC is taken to be 512",
        "`width` of FC is taken to be 10",
    ]


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ("Convv(4)", ["E0101"]),
        ("Conv(4) - nope - Relu", ["E0101", "E0101"]),
        ("Conv(n)", ["E0101"]),
        ("Conv(4, strid=2)", ["E0103"]),
        ("ReLU(1)", ["E0104"]),
        ("Conv(4, channels=5)", ["E0106"]),
        ("Conv(-4) - Conv(0)", ["E0201", "E0201"]),
        ("Conv(8 // 0)", ["E0203"]),
        ('Conv(8 + "a")', ["E0202"]),
        ("Conv([1][3])", ["E0203"]),
        ("Conv(10**10**10)", ["E0603"]),
        ("[ReLU]x(-1)", ["E0202"]),
        ("Conv(4) - Conv(in.channel)", ["E0101"]),
        ("[[[[ReLU]x999]x999]x999]x999", ["E0601"]),
        ("Conv(5, groups=2)", ["E0303"]),
    ],
)
def test_mistakes_are_told_once(chain: str, expected: list[str]) -> None:
    assert codes(in_model(chain)) == expected


def test_a_failed_term_causes_no_echo_but_hides_nothing() -> None:
    spec = in_model("x: Konv(4) - Conv(in.channels) - BN - FC(10, act=Tanhh) - Conv(4, kernal=3)")
    assert codes(spec) == ["E0101", "E0101", "E0103"]


def test_a_mistake_in_a_block_is_told_once_however_often_it_is_called() -> None:
    assert codes("block B { Conv(4, 0) }\n" + in_model("[B]x20 - b: B")) == ["E0201"]


def test_recursion_ends_in_a_diagnostic() -> None:
    assert codes("block B { B }\n" + in_model("B")) == ["E0602"]
    assert codes("macro M = M\n" + in_model("M")) == ["E0602"]
    assert codes("fn f(n) = f(n)\n" + in_model("Conv(f(1))")) == ["E0602"]


def test_a_long_chain_is_no_recursion() -> None:
    net = network(in_model("[ReLU]x50000"), options=Options(limits=Limits(layers=60_000, steps=600_000)))
    assert len(net.nodes) == 50_001


@pytest.mark.parametrize(
    "chain",
    ["z - ReLU if (true) else (y)", "z - (y if (false) else ReLU)", "[y - Conv(3)]x2",
     "z - g: (y)", "[(y) if (false) else ReLU]x2", "for i in [1] { y }"],
)  # fmt: skip
def test_a_tensor_only_begins_a_chain(chain: str) -> None:
    assert codes(in_model(f"y = Conv(4)\n  z = Conv(3)\n  {chain}")) == ["E0407"]


@pytest.mark.parametrize("chain", ["z - y", "z - (y)", "z - (y - ReLU)"])
def test_between_tensors_a_dash_subtracts(chain: str) -> None:
    assert codes(in_model(f"y = Conv(3)\n  z = Conv(3)\n  {chain}")) == []
    assert codes(in_model(f"y = Conv(4)\n  z = Conv(3)\n  {chain}")) == ["E0301"]


@pytest.mark.parametrize(
    ("chain", "shape"),
    [
        ("y if (true) else z", "4x32x32"),
        ("y if (false) else z", "5x32x32"),
        ("(y) if (false) else (z) - ReLU", "5x32x32"),
        ("y if (false)", "3x32x32"),
        ("(y - ReLU) - MPool", "4x16x16"),
        ("g: (z - ReLU) - MPool", "5x16x16"),
        ("add { (y) | in - Conv(4) }", "4x32x32"),
        ("M - ReLU", "3x32x32"),
    ],
)
def test_a_chain_may_begin_with_a_tensor_in_brackets_or_under_a_guard(chain: str, shape: str) -> None:
    net = network("macro M = in - ReLU\n" + in_model(f"y = Conv(4)\n  z = Conv(5)\n  {chain}"))
    assert str(net.type_of(net.outputs[0])) == shape


@pytest.mark.parametrize("name", ["x", "y", "out", "all", "self_x", "forward", "input_"])
def test_tensors_may_be_called_anything(name: str) -> None:
    net = network(in_model(f"{name} = Conv(4)\n  {name} = {name} - Conv(5)\n  concat {{ {name} | in }}"))
    assert str(net.type_of(net.outputs[0])) == "8x32x32"


@pytest.mark.parametrize(
    ("body", "results"),
    [
        ("if true { return Conv(4) }\n  Conv(8)", ["4x8x8"]),
        ("if false { return Conv(4) }\n  Conv(8)", ["8x8x8"]),
        ("if true { return Conv(4) } else { return Conv(5) }\n  y = Conv(6)\n  Conv(8) - FC(0)", ["4x8x8"]),
        ("x = Conv(4)\n  return x\n  y = x - Conv(5)\n  return training x, y", ["4x8x8", "5x8x8"]),
        ("x = Conv(4)\n  return x\n  if true { return training x, x - FC(2) }", ["4x8x8", "2"]),
        ("x = Conv(4)\n  return training x, x - FC(2)\n  x", ["4x8x8", "2"]),
    ],
)
def test_the_first_result_of_a_path_holds(body: str, results: list[str]) -> None:
    net = network(in_model(body, "4x8x8"))
    assert [str(net.type_of(r)) for r in net.training_outputs] == results
    assert str(net.type_of(net.outputs[0])) == results[0]


def test_training_alone_is_no_result() -> None:
    assert codes(in_model("x = Conv(4)\n  return training x, x - FC(2)")) == ["E0402"]


def test_several_tensors_have_no_size() -> None:
    macro = "macro M = (ReLU if (in.channels > 4) else Identity) - Concat\n"
    assert codes(macro + in_model("Chunk(2) - M", "4x8x8")) == ["E0404"]
