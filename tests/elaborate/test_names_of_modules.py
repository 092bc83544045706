"""Section 6 of the language: the names of modules."""

from __future__ import annotations

import pytest

import archc
from archc.ir.state import layout
from tests.support.specs import codes, in_model, network, parameter_paths


def weights(spec: str) -> list[str]:
    return [p.removesuffix(".weight") for p in parameter_paths(network(spec)) if p.endswith(".weight")]


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ("Conv(4) - ReLU - Conv(4)", ["0", "2"]),
        ("a: Conv(4) - Conv(4)", ["a", "conv2"]),
        ("Conv(4) - conv1: Conv(4)", ["conv2", "conv1"]),
        ("f: (Conv(4) - BN - ReLU - Conv(4))", ["f.0", "f.1", "f.3"]),
        ("f: (c: Conv(4) - BN) - Conv(4)", ["f.c", "f.bn1", "conv1"]),
        ("l: [Conv(4) - ReLU]x3", ["l.0", "l.2", "l.4"]),
        ("[Conv(4) - ReLU]x2 - c: Conv(4)", ["conv1", "conv2", "c"]),
        ("(Conv(4) - (BN - [Conv(4)]x2)) - x: Conv(4)", ["conv1", "bn1", "conv2", "conv3", "x"]),
        ('for i in range(2) { "s{i+1}": (Conv(4) - BN) }', ["s1.0", "s1.1", "s2.0", "s2.1"]),
        ("Conv(4) - add { Conv(4) - BN | in }", ["conv1", "conv2", "bn1"]),
        ("f: (Conv(4) - add { Conv(4) | in })", ["f.conv1", "f.conv2"]),
        ("f: (Conv(3) - FC(7)) ", ["f.0", "f.1"]),
        ("g: ReLU - s: add { Conv(3) | in }", ["s.conv1"]),
    ],
)
def test_children_are_named_by_label_position_or_kind(chain: str, expected: list[str]) -> None:
    assert weights(in_model(chain)) == expected


def test_a_block_call_opens_a_scope_and_a_macro_does_not() -> None:
    spec = "macro CB(c) = Conv(c) - BN\nblock B(c) { CB(c) - ReLU }\nblock C(c) { conv: Conv(c) }\n" + in_model(
        "CB(4) - m: CB(4) - B(4) - b: B(4) - C(4)"
    )
    assert weights(spec) == ["conv1", "bn1", "m.0", "m.1", "b1.0", "b1.1", "b.0", "b.1", "c1.conv"]


def test_a_left_out_term_takes_no_position() -> None:
    assert weights(in_model("f: (Conv(4) - (BN if (1 > 2)) - Conv(4)) - Flatten")) == ["f.0", "f.1"]


SEVERAL = """
block T(c) over (a, b) { return a - Conv(c), b - ReLU }
block Two(c) {
  y = Conv(c)
  return y, y
}
block One(c) over (a, b) { add { a | b } - Conv(c) }
"""


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ("Chunk(2) - body: [T(2)]x2 - Concat", ["body.0.conv1", "body.1.conv1"]),
        ("features: (Two(4) - One(5))", ["features.0.conv1", "features.1.conv1"]),
    ],
)
def test_several_tensors_may_pass_a_scope_of_positions(chain: str, expected: list[str]) -> None:
    net = network(SEVERAL + in_model(chain, "4x8x8"))
    assert [p.removesuffix(".weight") for p in parameter_paths(net) if p.endswith(".weight")] == expected
    scope = next(s for s in net.scopes if s.path in ("body", "features"))
    assert (scope.sequential, scope.pure) == (True, False)


@pytest.mark.parametrize(
    ("left_out", "expected"),
    [
        ("(b: BN) if (false)", ["f.conv1", "f.conv2"]),
        ("(add { Conv(4) | in }) if (false)", ["f.conv1", "f.conv3"]),
        ("ReLU if (true) else (b: BN)", ["f.conv1", "f.conv2"]),
        ("Labelled if (false)", ["f.conv1", "f.conv2"]),
        ("BN if (false)", ["f.0", "f.1"]),
        ("(g: (b: BN)) if (false)", ["f.conv1", "f.conv2"]),
        ("[ReLU - b: BN]x0", ["f.conv1", "f.conv2"]),
    ],
)
def test_a_label_or_merge_that_is_left_out_names_all_the_same(left_out: str, expected: list[str]) -> None:
    spec = f"macro Labelled = b: BN - ReLU\n{in_model(f'f: (Conv(4) - {left_out} - Conv(4)) - Flatten')}"
    assert weights(spec) == expected


@pytest.mark.parametrize("taken", ["true", "false"])
@pytest.mark.parametrize(
    ("term", "last"),
    [
        ("Conv(4) if ({})", "conv2"),
        ("Conv(4) if ({}) else BN", "conv2"),
        ("Conv(4) if ({}) else (Conv(4) - Conv(4))", "conv3"),
        ("(Conv(4) - (Conv(4) if (false) else BN)) if ({})", "conv3"),
        ("([Conv(4) - Conv(4)]x3) if ({})", "conv7"),
        ("([Conv(4) if (k == 1)]x3 as k) if ({})", "conv4"),
        ("(for n in [1, 2] {{ [Conv(4)]x n }}) if ({})", "conv4"),
        ("(for M in [ReLU, Twice] {{ M }}) if ({})", "conv3"),
        ("Twice if ({})", "conv3"),
        ("(many: Twice) if ({})", "conv1"),
        ("(c: Conv(4)) if ({})", "conv2"),
        ("(conv2: Conv(4)) if ({})", "conv3"),
        ("(conv1: Conv(4)) if ({})", "conv2"),
        ("Conv(4) if ({}) else Unit", "conv2"),
        ("FC(4, act=BN) if ({}) - BN", "conv1"),
    ],
)
def test_ordinals_are_those_of_the_text(term: str, last: str, taken: str) -> None:
    """The last convolution has the same name whichever side is taken."""
    spec = "macro Twice = Conv(4) - Conv(4)\nblock Unit { Conv(4) }\n"
    body = term.format(taken)
    if "FC" in term:
        assert weights(spec + in_model(f"l: ReLU - {body}"))[-1] == "bn2"
    else:
        assert weights(spec + in_model(f"l: ReLU - {body} - Conv(4)"))[-1] == last


@pytest.mark.parametrize("taken", ["true", "false"])
def test_the_sides_of_an_if_share_names(taken: str) -> None:
    spec = in_model(f"if {taken} {{ y = Conv(4) }} else {{\n let n = 2\n y = [Conv(4) - BN]x n\n }}\n  y - Conv(4)")
    assert weights(spec) == (["conv1", "conv3"] if taken == "true" else ["conv1", "bn1", "conv2", "bn2", "conv3"])


def test_a_macro_in_itself_counts_once_where_it_is_left_out() -> None:
    spec = "macro M(n) = (Conv(4) - M(n - 1)) if (n > 0) else ReLU\n" + in_model("l: ReLU - M(2) - Conv(4)")
    assert weights(spec) == ["conv1", "conv2", "conv5"]


def test_what_is_left_out_is_bounded() -> None:
    assert codes(in_model("l: ReLU - ([[[Conv(4) if (i == j)]x99 as i]x9999 as j]x9999) if (false)")) == ["E0604"]
    macros = "".join(f"macro M{i} = M{i + 1} - M{i + 1}\n" for i in range(60))
    assert codes(f"{macros}macro M60 = ReLU\n" + in_model("l: Conv(4) - M0 if (false)")) == ["E0604"]
    deep = "".join(f"macro M{i} = M{i + 1}\n" for i in range(900))
    assert codes(f"{deep}macro M900 = ReLU\n" + in_model("l: Conv(4) - M0 if (false)")) == []


def test_two_modules_of_one_name_are_an_error() -> None:
    assert codes(in_model("a: Conv(4) - a: Conv(4)")) == ["E0112"]
    assert codes(in_model("[a: Conv(4)]x2")) == ["E0112"]
    assert codes(in_model('Conv(4) - "conv{3}": Conv(4) - Conv(4)')) == ["E0112"]
    assert codes("block b { Conv(4) }\nblock b1 { Conv(4) }\n" + in_model("l: ReLU - [b]x11 - b1")) == ["E0112"]


@pytest.mark.parametrize(
    "label", ["forward", "training", "append", " a", "parameters", "__class__", "_modules", "a ", "a.", "a*", "a\u200b"]
)
def test_labels_that_a_module_cannot_have(label: str) -> None:
    assert codes(in_model(f'"{label}": Conv(4)')) == ["E0113"]


def test_a_label_may_be_what_torch_allows() -> None:
    names = ["0", "block1-0", "class", "_x", "left side", "é", "층1", "a=1, b", "x" * 300]
    text = in_model(" - ".join(f'"{name}": Conv(4)' for name in names))
    assert [n.path for n in network(text).nodes[1:]] == names
    built = archc.compile_text(text).module()
    assert list(dict(built.named_children())) == names
    assert [name.rpartition(".")[0] for name in built.state_dict()][::2] == names


def test_a_module_may_be_opened_in_several_places() -> None:
    text = in_model('"convs.0": Conv(4) - conv2: Conv(4) - Conv(4) - for i in [1, 2] { "convs.{i}": (Conv(4) - BN) }')
    made = network(text)
    paths = ["convs.0", "conv2", "conv3", "convs.1.0", "convs.1.1", "convs.2.0", "convs.2.1"]
    assert [n.path for n in made.nodes[1:]] == paths
    keys = list(dict.fromkeys(key.rpartition(".")[0] for key in layout(made)))
    assert keys == ["convs.0", "convs.1.0", "convs.1.1", "convs.2.0", "convs.2.1", "conv2", "conv3"]


def test_an_ordinal_passes_over_a_module_that_is_opened() -> None:
    assert [n.path for n in network(in_model('Conv(4) - "conv2.a": Conv(4) - Conv(4)')).nodes[1:]] == [
        "conv1", "conv2.a", "conv3",
    ]  # fmt: skip
    assert codes(in_model('Conv(4) - for i in [1] { "conv{i}.a": Conv(4) }')) == ["E0112"]
