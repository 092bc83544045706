"""Specs, written from the documentation, whose classes were once wrong, each with the right result.

Each network is compared with the reference implementation, as in `test_cases.py`.
"""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from archc.targets.pytorch import emit
from tests.emit.cases import classes, conv, defined, emitted, live, names
from tests.support.interpreter import module_from
from tests.support.shipped import family
from tests.support.specs import network

# -- 9. one class, right for all arguments ----------------------------------------------------------------------------


def test_an_activation_that_is_passed_is_the_one_that_is_built() -> None:
    source = emitted("""
block U(c, Act=none) { conv: Conv(c) - Act if (Act != none) }
model m {
  input 4x8x8
  a: U(4, SiLU) - b: U(4)
}
""")
    assert classes(source) == ["U", "M"]
    unit = module_from(source).U
    x = torch.randn(2, 4, 8, 8)
    for act, function in ((nn.SiLU, functional.silu), (nn.ReLU, functional.relu), (None, lambda t: t)):
        made = unit(act)
        torch.testing.assert_close(made(x), function(made.conv(x)))


def test_a_stage_is_right_for_other_numbers_of_units() -> None:
    source = emitted("""
block Unit(c, stride) { Conv(c, 3, stride) - BN - ReLU }
block Stage(units, c, stride) { [Unit(c, stride if k == 0 else 1)] x units as k }
model m {
  input 4x16x16
  Stage(1, 8, 1) - Stage(2, 16, 2)
}
""")
    assert classes(source) == ["Unit", "Stage", "M"]
    for units, c, stride in ((1, 6, 2), (2, 5, 1), (4, 10, 3)):
        made = module_from(source).Stage(7, units, c, stride).eval()
        hand = nn.Sequential(*(
            nn.Sequential(conv(7 if k == 0 else c, c, 3, stride if k == 0 else 1), nn.BatchNorm2d(c), nn.ReLU())
            for k in range(units)
        )).eval()  # fmt: skip
        hand.load_state_dict(made.state_dict())
        x = torch.randn(2, 7, 13, 13)
        torch.testing.assert_close(made(x), hand(x))


def test_widths_of_a_table_are_those_of_the_table() -> None:
    source = emitted("""
block LinearBottleneck(w, e) { Conv(e, 1) - DWConv - Conv(w, 1) }
model m {
  input 16x16x16
  for (w, e) in [(27, 96), (38, 162), (50, 228), (61, 300), (72, 366), (84, 432)] { LinearBottleneck(w, e) }
}
""")
    assert classes(source) == ["LinearBottleneck", "M"]
    for row in ("27, 96", "38, 162", "50, 228", "61, 300", "72, 366", "84, 432"):
        assert source.count(f"({row})") == 1 or source.count(f"{row})") == 1, row
    assert "* k" not in source and "k == 0" not in source


def test_four_calls_with_other_numbers_are_one_class() -> None:
    source = emitted("""
block Unit(c) { Conv(c, 3) - BN - ReLU }
block G(c, n) {
  y = Conv(c)
  y - [Unit(c // 2)] x n
}
block H(c, s) { c1: Conv(c) - (c2: DWConv(3, s) - b2: BN) if (s > 1) - c3: Conv(c) }
model m {
  input 4x16x16
  G(8, 1) - G(16, 2) - G(12, 3) - G(8, 0) - H(4, 1) - H(6, 2) - H(8, 1) - H(10, 2)
}
""")
    assert classes(source) == ["Unit", "G", "H", "M"]
    ours = live(source)
    assert names(ours.get_submodule("2")) == [
        "conv1", *(f"unit{i}.{j}" for i in (1, 2, 3) for j in (0, 1)),
    ]  # fmt: skip
    assert [names(ours.get_submodule(i)) for i in ("4", "5")] == [["c1", "c3"], ["c1", "c2", "b2", "c3"]]
    g = module_from(source).G(3, 6, 2).eval()
    x = torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(g(x), g.unit2(g.unit1(g.conv1(x))))


def test_a_class_over_two_tensors_says_what_becomes_of_them() -> None:
    source = emitted("""
block Pair(c) { return Conv(c), Conv(2 * c, 3, 2) }
block Fuse over (a, b) { add { a | b - Conv(a.channels, 1) - BN - Upsample(2) } - ReLU }
model m {
  input 4x16x16
  Pair(18) - Fuse
}
""")
    assert "def forward(self, a: Tensor, b: Tensor) -> Tensor:" in source
    assert '"""Map (N, 18, H, W) and (N, 36, H, W) to (N, 18, H, W)."""' in source


SEVERAL = {
    "blocks": ("block U { Conv(4) }\nblock V { BN }\nblock B(X) { X - ReLU }", "B(U) - B(V) - B(U)", 2),
    "layers with weights": ("block B(N) { Conv(4) - N }", "B(BN) - B(LN) - B(BN)", 2),
    "plain layers": ("block B(Act) { Conv(4) - Act }", "B(ReLU) - B(SiLU)", 1),
    "none or a number": ("block B(r=none) { Conv(4) - (Conv(r) - Conv(4)) if (r != none) }", "B - B(2) - B(2)", 2),
    "texts": ("block B(mode) { Conv(4) - Upsample(2, mode) }", 'B("nearest") - B("bilinear")', 2),
    "parts": ("block B(n) { x = Conv(12)\n  x - Chunk(n) - Concat }", "B(2) - B(3) - B(2) - B(4)", 3),
    "ranks": ("block B(c) { Dropout(0) - FC(c) }", "B(6) - B(4) - B(3)", 2),
    "lengths of lists": ("block B(w) { for c in w { Conv(c) } }", "B([4, 6]) - B([4])", 1),
    "a size without a formula": (
        "block B(n) { g: [concat { in | BN - Conv(4 + 2 * k) }] x n as k - last: Conv(in.channels) }",
        "B(2) - B(3) - B(2)", 2,
    ),
    "a list as long as a size": ("block B(c) { Conv(c) - Affine([2.0] * c, [0.0] * c) }", "B(4) - B(6) - B(4)", 2),
    "a factor for each channel": (
        "block B(c, s) { let f = [s] * (c - 1) + [2]\n  f * (Conv(c)) - 1 }", "B(4, 0.5) - B(6, 0.5) - B(4, 0.5)", 2,
    ),
    "an ordinal that may meet a label": (
        "block B(n) { x = Conv(4)\n  x - [BN - Conv(4)] x n - conv9: Conv(4) }", "B(1) - B(2) - B(1)", 2,
    ),
    "numbers of both sides of an if": (
        "block B(s) { if s > 1 { let w = 4 } else { let w = 6 }\n  Conv(w) }", "B(1) - B(2) - B(1)", 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("blocks", "chain", "number"), SEVERAL.values(), ids=SEVERAL.keys())
def test_a_block_has_several_classes_where_the_docs_say_so(blocks: str, chain: str, number: int) -> None:
    source = emitted(f"{blocks}\nmodel m {{\n  input 4x8x8\n  {chain}\n}}\n")
    found = sorted(name for name in classes(source) if name.rstrip("0123456789") == "B")
    assert found == ["B", *(f"B{i}" for i in range(2, number + 1))], source


def test_parameters_whose_names_differ_in_case_only() -> None:
    source = emitted("block B(Act, act) { Conv(act) - Act }\nmodel m {\n  input 4x8x8\n  B(ReLU, 4) - B(Tanh, 6)\n}\n")
    assert "act: type[nn.Module], act_: int" in source


# -- 10. lists and arithmetic -----------------------------------------------------------------------------------------


def test_equal_numbers_are_not_written_one_by_one() -> None:
    source = emitted("model m {\n  input 4x8x8\n  Conv(64) - Affine([0.17] * 64, [0] * 64) - GAPool - FC(4)\n}\n")
    assert "ChannelAffine([0.17] * 64, [0.0] * 64)" in source and source.count("\n") < 50
    source = emitted("""
block B(c) { Conv(c) - Affine([0.17] * c, [0] * c) }
model m {
  input 4x8x8
  B(320) - B(640) - GAPool - FC(4)
}
""")
    assert source.count("0.17") <= 2 and source.count("\n") < 80


def test_sums_are_simplified() -> None:
    source = emitted("""
block B(w) { concat { Conv(w) | Conv(w) | Conv(w, 1) | Conv(w, 1) } - Conv(in.channels) }
block S(mid) { concat { Conv(mid) | Conv(mid) | Conv(mid) | Conv(mid) } - y: Slice(mid) - Conv(mid) }
block W(w) { Conv(w) - concat { Slice(w - w // 2) - Conv(3) | Slice(w - w) - Conv(3) } }
model m {
  input 4x16x16
  B(4) - B(8) - S(4) - S(6) - W(4) - W(6)
}
""")
    for said in ("nn.Conv2d(4 * w, 4, 3", "nn.Conv2d(3 * mid, mid, 3"):
        assert said in source, source
    for unsimplified in ("w + w", "mid + mid", "w - self.w]", "self.w - self.w :"):
        assert unsimplified not in source


def test_what_nothing_reads_is_not_computed_and_no_name_hides_pythons() -> None:
    source = emitted("""
block B(c) {
  all = Conv(c)
  bottom = MPool(2)
  add { all | in - APool(3, 1, pad=1) }
}
model m {
  input 4x16x16
  B(4) - B(4)
}
""")
    assert "max_pool" not in source and "shortcut" not in source
    assert not any(line.strip().startswith(("all =", "all:", "bottom")) for line in source.splitlines())


# -- 11. one name for two modules, classes left out -------------------------------------------------------------------


def test_two_activations_of_a_named_sequence_are_both_there() -> None:
    source = emitted("""
block B { Conv(8) - BN }
model m {
  input 3x8x8
  f: (c: Conv(8) - ReLU - for i in range(2) { "d{i}": B } - n: BN - ReLU)
}
""")
    f = live(source).get_submodule("f")
    assert sum(isinstance(c, nn.ReLU) for c in f.children()) == 2
    assert [type(c).__name__ for c in f.children()] == ["Conv2d", "ReLU", "B", "B", "BatchNorm2d", "ReLU"]


def test_two_guarded_layers_of_one_name_that_are_never_there_together() -> None:
    source = emitted("""
block B(a) { norm1: BN if (a) - add { norm1: BN if (not a) - Conv(in.channels) | in } }
model m {
  input 4x8x8
  B(true) - B(false)
}
""")
    ours = live(source).eval()
    assert names(ours) == ["0.norm1", "0.conv1", "1.norm1", "1.conv1"]
    for p in ours.parameters():
        nn.init.normal_(p)
    x = torch.randn(2, 4, 8, 8)
    one, two = ours.get_submodule("0"), ours.get_submodule("1")
    y = one.get_submodule("norm1")(x)
    torch.testing.assert_close(one(x), one.get_submodule("conv1")(y) + y)
    torch.testing.assert_close(two(x), two.get_submodule("conv1")(two.get_submodule("norm1")(x)) + x)


def test_guarded_layers_of_one_name_in_many_groups() -> None:
    """However many there are, each group is recognised separately."""
    groups = " - ".join(f"g{i}: (add {{ in | n{i}: BN if (a) - n{i}: Conv(4) if (not a) }})" for i in range(6))
    ours = live(emitted(f"block B(a) {{ {groups} }}\nmodel m {{\n  input 4x8x8\n  B(true) - B(false)\n}}\n"))
    for side, kind in enumerate((nn.BatchNorm2d, nn.Conv2d)):
        assert all(isinstance(ours.get_submodule(f"{side}.g{i}.n{i}"), kind) for i in range(6))


@pytest.mark.parametrize(
    ("block", "calls", "wanted"),
    [
        (
            "block B(c, deep=true) { concat { Conv(c) | (Conv(c) - ReLU) if (deep) else none } }",
            "B(4) - B(8) - B(4, false) - B(8, false)",
            ["B", "B2", "M"],
        ),
        (
            "block B(c) over (*xs) { add { for i in range(len(xs)) { xs[i] - Conv(c) } } }",
            "*xs = every [Conv(4)] x 2\n  y = xs - B(4)\n  z = xs - B(8)\n  concat { y | z }",
            ["B", "M"],
        ),
    ],
)
def test_calls_of_as_many_tensors_share_a_class(block: str, calls: str, wanted: list[str]) -> None:
    """If a branch is missing, or a list is read, there is one class for each number of tensors."""
    assert classes(emitted(f"{block}\nmodel m {{\n  input 4x8x8\n  {calls}\n}}\n")) == wanted


@pytest.mark.parametrize("other", ["", " else { y = Conv(c, 1) }"])
def test_an_inner_if_that_returns_on_both_sides(other: str) -> None:
    source = emitted(f"""
block B(c, a, b) {{
  if a {{ if b {{ return Conv(c) }} else {{ return BN - Conv(c) }} }}{other}
  {"y - " if other else ""}Conv(c) - ReLU
}}
model m {{
  input 4x8x8
  B(8, true, true) - B(8, true, false) - B(8, false, true)
}}
""")
    assert classes(source) == ["B", "M"]


@pytest.mark.parametrize(
    "group", ['[concat { in | "l{k+1}": L }] x 3 as k', '(for k in range(3) { concat { in | "l{k+1}": L } })']
)
def test_computed_labels_of_modules_in_a_loop(group: str) -> None:
    ours = live(emitted(f"block L {{ Conv(2) }}\nmodel m {{\n  input 4x8x8\n  b: {group}\n}}\n"))
    assert names(ours) == ["b.l1.0", "b.l2.0", "b.l3.0"]
    x = torch.randn(2, 4, 8, 8)
    y = x
    for k in (1, 2, 3):
        y = torch.cat([y, ours.get_submodule(f"b.l{k}")(y)], 1)
    torch.testing.assert_close(ours(x), y)


def test_helpers_of_one_of_several_classes_of_a_block() -> None:
    text = """
block B(c, p) { add { Conv(c) - StochasticDepth(p) | in } }
block D(c, p) { Conv(c) - StochasticDepth(p) if (p > 0) }
model m {
  input 4x8x8
  B(4, 0.1) - D(8, 0.0) - D(8, 0.2) - Shuffle(2)
}
"""
    source = emit([network(text)], "archc compile case.arch", "0")
    defined(source)
    ours = live(source)
    assert [m.p for m in ours.modules() if type(m).__name__ == "StochasticDepth"] == [0.2]
    assert ours.train()(torch.randn(2, 4, 8, 8)).shape == (2, 8, 8, 8)


def test_a_family_says_the_widths_of_its_spec() -> None:
    networks = list(family("resnet").values())
    source = emit(networks, "archc compile resnet", "0")
    assert "layers[3] *" not in source and "** layers" not in source and "if layers" not in source
    module = module_from(source)
    for name, layers in (("resnet18", [2, 2, 2, 2]), ("resnet50", [3, 4, 6, 3])):
        model = getattr(module, name)()
        assert [len(model.get_submodule(f"layer{i}")) for i in (1, 2, 3, 4)] == layers


def test_a_shuffle_brings_its_function() -> None:
    source = emitted("""
block B(c) { Conv(c) - Shuffle(2) }
model m {
  input 4x8x8
  s: (concat { B(4) | in } - Shuffle(4)) - B(8)
}
""")
    defined(source)
    assert source.count("def channel_shuffle(") == 1


def test_a_default_of_torch_is_an_argument_like_any_other_where_a_class_has_a_parameter_for_it() -> None:
    """Found by an import of TResNet: the slope of one block is torch's default, 0.01, those of the others are not."""
    source = emitted("""
block Unit(c, slope=0.001) { conv: Conv(c) - LeakyReLU(slope) - ELU(slope * 100) }
model m {
  input 3x8x8
  a: Unit(4, 0.01) - b: Unit(4)
}
""")
    assert classes(source) == ["Unit", "M"]
    for slope in (0.001, 0.01, 0.3):
        made = module_from(source).Unit(3, slope)
        x = torch.randn(2, 3, 8, 8)
        torch.testing.assert_close(made(x), functional.elu(functional.leaky_relu(made.conv(x), slope), slope * 100))
