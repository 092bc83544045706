"""Rules of the expansion, each with a small spec as an example."""

from __future__ import annotations

import pytest

from archc.ir.network import Network, ScopeResult
from tests.support.specs import checked, in_model, network


def errors(text: str) -> list[tuple[str, str, str]]:
    """The code of each error, the text that it points at, and its message."""
    found = checked(text).diagnostics
    return [(d.code, text[d.span.start : d.span.end], d.problem.message()) for d in found]


def widths(net: Network) -> list[int]:
    return [net.type_of(ref).channels for ref in net.outputs]


def test_a_default_has_the_names_of_its_place() -> None:
    text = "let w = 5\ndefault Conv(kernel=w)\nblock B(w) { Conv(w) }\n" + in_model("B(3)")
    (conv,) = (node.op for node in network(text).nodes if node.op.kind() == "Conv")
    assert (getattr(conv, "channels", None), getattr(conv, "kernel", None)) == (3, (5, 5))


def test_a_network_has_the_blocks_that_it_uses_and_the_classes_of_its_model() -> None:
    text = "block B(c, Act) { Conv(c) - Act }\nblock U { B(4, ReLU) }\nmodel m(classes=7) {\n  input 3x8x8\n"
    net = network(f"{text}  U - B(6, Tanh) - FC(classes)\n}}\n")
    assert sorted(d.name for d in net.definitions) == ["B", "U", "m"]
    (calls,) = (d for d in net.definitions if d.name == "U")
    assert "block='B'" in str(calls.body)
    assert net.classes == 7
    assert (
        network(f"{text}  U - fc: FC(classes)\n}}\nvariant v = m {{\n  replace fc: FC(5)\n}}\n", member="v").classes
        == 5
    )


def test_a_parameter_of_a_macro_may_be_left_out_if_it_has_a_default() -> None:
    macro = "macro M(c, k=3) = Conv(c, k)\nblock B { M(4) - M(6, 1) }\n"
    assert [getattr(n.op, "kernel", None) for n in network(macro + in_model("B")).nodes[1:]] == [(3, 3), (1, 1)]
    (definition,) = (d for d in network(macro + in_model("B")).definitions if d.name == "B")
    assert "3" in str(definition.body)


LISTS = "block L over (*xs) {{ {} }}\nmodel m {{\n  input 4x8x8\n  x = Conv(4)\n  *ys = x - Chunk(2)\n  {}\n}}\n"


def test_a_tensor_has_a_size() -> None:
    assert widths(network("model m {\n  input 4x8x8\n  x = Conv(3)\n  x - Conv(2 * x.channels)\n}\n")) == [6]


def test_a_list_of_tensors_has_a_length_and_items() -> None:
    assert widths(network(LISTS.format("xs - Concat - Conv(5 * len(xs))", "ys - L"))) == [10]
    assert widths(network(LISTS.format("xs - Concat", "z = ys - L\n  ys[1] - Conv(ys[0].channels)"))) == [2]


@pytest.mark.parametrize(
    ("body", "code", "at", "said"),
    [
        ("x - Conv(len(x))", "E0202", "x", "cannot take the tensor `x`"),
        ("ys[2] - ReLU", "E0203", "2", "there is no item 2 in a list of 2"),
        ("x - Conv([4, 6][2])", "E0203", "2", "there is no item 2 in a list of 2"),
        ("x - Conv(int(2.5 ** 4000))", "E0603", "2.5 ** 4000", "2**128"),
        ("x - add { for n in [] { Conv(n) } }", "E0404", "add", "takes 1 or more tensors, but 0 come in"),
    ],
)
def test_what_has_no_value_is_told_at_its_place(body: str, code: str, at: str, said: str) -> None:
    found = errors(f"model m {{\n  input 4x8x8\n  x = Conv(4)\n  *ys = x - Chunk(2)\n  {body}\n}}\n")
    assert (code, at) == found[0][:2] and said in found[0][2], found


def test_where_the_value_at_fault_was_written_is_told() -> None:
    text = 'let n = "four"\n' + in_model("Conv(n + 1)")
    (found,) = checked(text).diagnostics
    assert [one.text for one in found.labels] == ['`n` is the string "four" from here']
    assert text[found.labels[0].span.start : found.labels[0].span.end] == '"four"'


EDITED = (
    "model m {\n  input 4x8x8\n  x = a: Conv(4) - s: add { b: Conv(4) | in } - t: add { in | c: Conv(4) }\n"
    "  y = x + (x - d: Conv(4))\n  y - e: Conv(6)\n}\n"
)


@pytest.mark.parametrize(
    ("edits", "names"),
    [
        ("remove s", ["a", "t.c", "d", "e"]),
        ("replace s: Conv(4, 1)", ["a", "s", "t.c", "d", "e"]),
        ("insert after t: n: BN", ["a", "s.b", "t.c", "n", "d", "e"]),
        ("replace d: k: Conv(4, 1)", ["a", "s.b", "t.c", "k", "e"]),
        ("truncate after t", ["a", "s.b", "t.c"]),
    ],
)
def test_a_labelled_merge_and_what_stands_in_arithmetic_may_be_edited(edits: str, names: list[str]) -> None:
    net = network(f"{EDITED}variant v = m {{\n  {edits}\n}}\n", member="v")
    assert [node.path for node in net.nodes if node.path and node.op.kind() in ("Conv", "BN")] == names


@pytest.mark.parametrize(("path", "where"), [("s.b", "a branch"), ("d", "an operand")])
def test_a_network_is_not_cut_off_inside_a_merge(path: str, where: str) -> None:
    text = f"{EDITED}variant v = m {{\n  truncate after {path}\n}}\n"
    found = errors(text)
    assert len(found) == 1 and found[0][1] == path and where in found[0][2]


def test_a_variant_may_return_levels() -> None:
    net = network(f"{EDITED}variant v = m {{\n  return a, t\n}}\n", member="v")
    assert widths(net) == [4, 4] and [net.nodes[ref.node].op.kind() for ref in net.outputs] == ["Conv", "Add"]
    result = net.scopes[0].body[-1]
    assert isinstance(result, ScopeResult) and [chain.result for chain in result.chains] == [(r,) for r in net.outputs]


@pytest.mark.parametrize(
    ("text", "first", "both"),
    [
        ("block B over (a, b) { return GAPool, b }\nmodel m {\n  input 4x8x8\n  Chunk(2) - B\n}\n", "a", "a | b"),
        ("model m {\n  input rgb: 3x8x8\n  input depth: 1x8x8\n  GAPool - FC(2)\n}\n", "rgb", "rgb | depth"),
        ("model m {\n  input 4x8x8\n  Chunk(2) - GAPool\n}\n", "x", "x | y"),
    ],
)
def test_several_tensors_have_the_names_of_their_place(text: str, first: str, both: str) -> None:
    (found,) = checked(text).diagnostics
    told = f"`{first} - GAPool(…)`, or with all: `concat {{ {both} }} - GAPool(…)`"
    assert found.problem.help() == f"a chain begins with one of them, {told}"


@pytest.mark.parametrize(
    ("body", "said", "help_"),
    [
        ("concat { Chunk(2) | in }", "a branch of `concat` takes 1 tensor, but 2 come in", "`*xs = …`"),
        (
            "a, b = Chunk(2)\n  (a, b) - concat { in | a }",
            "a branch of `concat` takes 1",
            "begins with one of them: `a`",
        ),
        ("add { Conv(4) if (false) else none }", "`add` takes 1 or more", "every one is `none`"),
        ("Chunk(4) - Attention(2)", "Attention takes 1 to 3 tensors, but 4 come in", "`(xs[0], xs[1]) - …`"),
        ("(in, in, in) - MatMul", "MatMul takes 2 tensors, but 3 come in", "`(xs[0], xs[1]) - …`"),
        ('MPool(3, 2, pad="same")', "`pad` of MPool", "`Pad([[0, 1]]) - MPool(3, 2)`"),
        ("MPool(3, 2, pad=[[0, 1]])", "`pad` of MPool", "write `Pad([[0, 1]]) - MPool(3, 2)`"),
        ('ConvTranspose(4, 3, 2, pad="same")', "`pad` of ConvTranspose", "`pad=1, output_pad=1`"),
        ('Conv(4, 3, 2, pad="SAME")', "`pad` of Conv", 'write `"same"`'),
    ],
)
def test_the_way_out(body: str, said: str, help_: str) -> None:
    found = checked(f"model m {{\n  input 4x8x8\n  {body}\n}}\n").diagnostics
    assert said in found[0].problem.message() and help_ in found[0].help
