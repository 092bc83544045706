"""Specs, written from the documentation, that once compiled wrongly, each with the right result.

In addition, each network is compared with the reference implementation (`tests/reference`): names, shapes, parameters,
multiply-accumulates, results and gradients in both modes.
"""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import archc
from archc.targets.pytorch import emit
from tests.emit.cases import classes, conv, defined, emitted, live, macs, names, params, same
from tests.emit.golden import shipped
from tests.support.interpreter import weights_of
from tests.support.specs import codes, network

# -- 1. both sides of an `if` -----------------------------------------------------------------------------------------


class Sides(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Module(), nn.Module()
        self.a.conv1, self.a.extra = conv(4, 4), nn.BatchNorm2d(4)
        self.b.conv1 = conv(4, 8, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        y = self.a.get_submodule("extra")(self.a.get_submodule("conv1")(x)).relu()
        out: Tensor = self.b.get_submodule("conv1")(y).relu()
        return out


def test_only_the_side_of_an_if_that_is_taken_is_built() -> None:
    source = emitted("""
block B(c, s) {
  if s == 1 { return Conv(c) - extra: BN - ReLU } else { return Conv(c, 3, 2) - ReLU }
}
model m {
  input 4x16x16
  a: B(4, 1) - b: B(8, 2)
}
""")
    assert params(live(source)) == 452
    same(source, Sides(), 4, 16, 16)
    assert classes(source) == ["B", "M"]


def test_a_side_that_pools_costs_what_is_counted() -> None:
    text = """
block Down(c, pool=true) {
  if pool { MPool(2) - Conv(c) } else { Conv(c, 3, 2) }
}
model m {
  input 8x32x32
  Down(8) - Down(8, false) - GAPool - FC(10)
}
"""
    source = emitted(text)
    assert archc.compile_text(text).count().macs == macs(live(source), 8, 32, 32) == 184_400
    down = nn.Sequential(
        nn.MaxPool2d(2), conv(8, 8), conv(8, 8, 3, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10)
    )
    ours = live(source)
    down.load_state_dict(dict(zip(down.state_dict(), ours.state_dict().values(), strict=True)))
    x = torch.randn(2, 8, 32, 32)
    torch.testing.assert_close(ours.eval()(x), down(x))
    assert classes(source) == ["Down", "M"]


def test_an_if_without_a_name_for_its_result_builds_what_is_counted() -> None:
    text = """
block B(c) {
  y = Conv(c)
  if in.channels == c { add { y | in } } else { y - BN }
}
model m {
  input 4x8x8
  B(8) - B(8)
}
"""
    module = live(emitted(text))
    wanted = params(conv(4, 8)) + params(conv(8, 8)) + 16
    assert archc.compile_text(text).count().params == params(module) == wanted
    assert names(module) == ["0.conv1", "0.bn1", "1.conv1"]


def test_a_loop_on_one_side_leaves_the_tensors_of_the_other_their_names() -> None:
    source = emitted("""
block B(c, flag=true, n=1) {
  if flag { return Conv(c) - add { [DWConv] x n - Conv(in.channels, 1) | ReLU } }
  BN - [Conv(c)] x n
}
model m {
  input 4x16x16
  B(4) - B(8, n=2) - B(8, flag=false) - B(8, flag=false, n=3)
}
""")
    assert classes(source) == ["B", "M"]


def test_a_group_takes_a_size_of_a_tensor_that_it_does_not_read() -> None:
    source = emitted("""
block B(c) {
  y = Conv(2 * c)
  y - MPool(2) - ReLU
  - side: (add { Conv(y.channels) - deep: (add { Conv(y.height, 1) | Conv(y.height) }) | Conv(y.height, 1) })
}
model m {
  input 4x16x16
  B(4) - B(8)
}
""")
    assert source.count("def forward(self, x: Tensor) -> Tensor:") == 3


def test_a_let_of_one_side_is_known_where_that_side_was_taken() -> None:
    source = emitted("""
block B(c, wide=false) {
  if wide { let k = 2 * c
    y = Conv(k) } else { y = Conv(c) }
  y - Conv(k, 1) if (wide) - Conv(c)
}
model m {
  input 4x16x16
  B(4) - B(8, true) - B(8)
}
""")
    assert classes(source) == ["B", "M"]


def test_a_body_whose_only_result_is_under_an_if() -> None:
    text = """
block B(c, f=true) {
  if f { return Conv(c) }
}
model m {
  input 4x16x16
  B(4) - B(8)
}
"""
    assert classes(emitted(text)) == ["B", "M"]
    assert codes(text.replace("B(8)", "B(8, false)")) == ["E0402"]


def test_a_tensor_called_as_a_function_that_is_called() -> None:
    source = emitted("""
model m {
  input 4x8x8
  channel_shuffle = Conv(4)
  y = channel_shuffle - Shuffle(2)
  add { y | channel_shuffle }
}
""")
    assert "channel_shuffle_" in source


# -- 2. a tensor's name where no chain begins -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "end", ["(y) - ReLU", "y - ReLU", "ReLU if (c) else (y)", "(ReLU if (c) else y)", "[y - ReLU]x2"]
)
def test_a_tensors_name_in_mid_chain_is_an_error(end: str) -> None:
    text = "model m(c=false) {\n  input 3x16x16\n  y = Conv(8)\n  z = y - Conv(3)\n  z - Conv(5) - " + end + "\n}\n"
    assert codes(text) == ["E0407"]


def test_a_tensors_name_in_brackets_begins_a_chain() -> None:
    source = emitted("""
model m(c=false) {
  input 3x16x16
  y = Conv(8)
  z = y - Conv(3)
  z if (c) else (y) - ReLU
}
""")
    hand = nn.Module()
    hand.conv1, hand.conv2 = conv(3, 8), conv(8, 3)
    ours = live(source)
    ours.load_state_dict(hand.state_dict())
    x = torch.randn(2, 3, 16, 16)
    torch.testing.assert_close(ours(x), hand.conv1(x).relu())


# -- 3. several tensors -----------------------------------------------------------------------------------------------


def test_two_tensors_through_a_labelled_group() -> None:
    source = emitted("""
block Two(c) { y = Conv(c)
  return y, y }
block One(c) over (a, b) { add { a | b } - Conv(c) }
model m {
  input 3x8x8
  features: (Two(4) - One(5))
}
""")
    ours = live(source)
    first, second = conv(3, 4), conv(4, 5)
    assert names(ours) == ["features.0.conv1", "features.1.conv1"]
    ours.load_state_dict(dict(zip(ours.state_dict(), [*first.parameters(), *second.parameters()], strict=True)))
    x = torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(ours(x), second(2 * first(x)))
    assert "def forward(self, a: Tensor, b: Tensor) -> Tensor:" in source


def test_two_tensors_through_a_labelled_repeat() -> None:
    text = """
block T(c) over (a, b) { return a - Conv(c), b - ReLU }
model m {
  input 4x8x8
  Chunk(2) - body: [T(2)]x2 - Concat
}
"""
    ours = live(emitted(text))
    one, two = conv(2, 2), conv(2, 2)
    assert names(ours) == ["body.0.conv1", "body.1.conv1"]
    assert [r.path for r in archc.compile_text(text).count().layers if r.params] == ["body.0.conv1", "body.1.conv1"]
    ours.load_state_dict(dict(zip(ours.state_dict(), [*one.parameters(), *two.parameters()], strict=True)))
    x = torch.randn(2, 4, 8, 8)
    torch.testing.assert_close(ours(x), torch.cat([two(one(x[:, :2])), x[:, 2:].relu()], 1))


def test_two_tensors_in_and_out_of_a_labelled_group() -> None:
    ours = live(
        emitted("""
block First(c) over (a, b) {
  p = a - Conv(c)
  q = b - Conv(c)
  return p, q
}
model m {
  input 4x8x8
  p, q = Chunk(2) - paths: (First(2))
  add { p | q }
}
""")
    )
    one, two = conv(2, 2), conv(2, 2)
    assert names(ours) == ["paths.0.conv1", "paths.0.conv2"]
    ours.load_state_dict(dict(zip(ours.state_dict(), [*one.parameters(), *two.parameters()], strict=True)))
    x = torch.randn(2, 4, 8, 8)
    torch.testing.assert_close(ours(x), one(x[:, :2]) + two(x[:, 2:]))


# -- 4. names of tensors ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x", "y", "z", "out", "self_", "all", "logits", "tensor", "range_"])
def test_a_tensor_may_be_called_as_the_code_calls_its_own(name: str) -> None:
    text = "block T(c) {\n  x = Conv(c)\n  return concat { x | in }\n}\nmodel m {\n  input 3x16x16\n  T(4)\n}\n"
    ours, hand = live(emitted(text.replace("x = ", f"{name} = ").replace("{ x |", f"{{ {name} |"))), conv(3, 4)
    assert names(ours) == ["0.conv1"]
    ours.load_state_dict(dict(zip(ours.state_dict(), hand.parameters(), strict=True)))
    x = torch.randn(2, 3, 16, 16)
    torch.testing.assert_close(ours(x), torch.cat([hand(x), x], 1))


UNREAD = "model m {\n  input 3x8x8\n  x = Conv(4)\n  FC(10)\n}\n"


def test_a_tensor_that_nobody_reads_is_told_of_and_keeps_its_layers() -> None:
    model = archc.compile_text(UNREAD)
    (warning,) = [d for d in model.diagnostics if d.code == "W0105"]
    assert "`x`" in warning.problem.message() and "`x - FC(10)`" in warning.help
    ours = live(emitted(UNREAD))
    assert names(ours) == ["conv1", "fc1"] and ours.get_submodule("fc1").in_features == 3 * 8 * 8
    assert model.count().params == params(ours)


# -- 5. a group that reads what is outside ----------------------------------------------------------------------------


class Outer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2, self.g = conv(3, 3), conv(3, 3), nn.Module()
        self.g.conv1 = conv(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        s = self.conv1(x)
        out: Tensor = self.g.get_submodule("conv1")(self.conv2(s)) + s
        return out


def test_a_labelled_group_may_read_a_tensor_from_outside() -> None:
    same(emitted("""
model m {
  input 3x8x8
  s = Conv(3)
  y = s - Conv(3)
  y - g: (add { Conv(3) | s })
}
"""), Outer(), 3, 8, 8)  # fmt: skip


# -- 6. helper classes ------------------------------------------------------------------------------------------------


def test_a_helper_class_is_there_in_whatever_class_it_is_used() -> None:
    source = emitted("""
block B(c) { add { Conv(c) - Affine([2.0] * c, [0.0] * c) | Conv(c, 1) if (in.channels != c) } }
model m {
  input 4x8x8
  l1: [B(8)] x 2 - l2: B(16)
}
""")
    defined(source)
    ours = live(source)
    assert source.count("class ChannelAffine(") == 1
    assert names(ours) == ["l1.0.conv1", "l1.0.conv2", "l1.1.conv1", "l2.conv1", "l2.conv2"]
    b = ours.get_submodule("l1.1")
    x = torch.randn(2, 8, 8, 8)
    torch.testing.assert_close(b(x), 2 * b.get_submodule("conv1")(x) + x)


# -- 7. code that cannot be built -------------------------------------------------------------------------------------


def test_named_and_repeated_children_of_one_group() -> None:
    source = emitted("model m {\n  input 4x8x8\n  g: (a: Conv(3) - [ReLU]x3) - FC(10)\n}\n")
    ours = live(source)
    assert names(ours) == ["g.a", "fc1"]
    assert [type(c) for c in ours.get_submodule("g").children()] == [nn.Conv2d, nn.ReLU, nn.ReLU, nn.ReLU]


def test_slices_in_branches() -> None:
    ours = live(
        emitted("""
model m {
  input 6x16x16
  Conv(4) - concat { Slice(0, 2) - Conv(3) | Slice(2) - Conv(3) }
}
""")
    )
    first, one, two = conv(6, 4), conv(2, 3), conv(2, 3)
    weights = [p for c in (first, one, two) for p in c.parameters()]
    assert names(ours) == ["conv1", "conv2", "conv3"]
    ours.load_state_dict(dict(zip(ours.state_dict(), weights, strict=True)))
    x = torch.randn(2, 6, 16, 16)
    y = first(x)
    torch.testing.assert_close(ours(x), torch.cat([one(y[:, :2]), two(y[:, 2:])], 1))


def test_the_padding_of_an_even_kernel_is_not_half_of_it() -> None:
    source = emitted("block B(k) { Conv(4, k) }\nmodel m {\n  input 4x16x16\n  B(2) - B(4) - B(3)\n}\n")
    assert "padding=(k - 1) // 2" in source and "k // 2" not in source
    assert [c.padding[0] for c in live(source).modules() if isinstance(c, nn.Conv2d)] == [0, 1, 1]
    assert live(source)(torch.zeros(1, 4, 16, 16)).shape == (1, 4, 14, 14)


# -- 8. edits ---------------------------------------------------------------------------------------------------------

TAIL = "model m {\n  input 3x8x8\n  Conv(4) - ReLU - GAPool - fc: FC(10)\n}\n"


class Tail(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = conv(3, 4)
        self.fc = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.fc(self.conv1(x).relu().mean((2, 3)))
        return out


def test_a_head_may_be_replaced_by_several_layers() -> None:
    same(emitted(f"{TAIL}variant v = m {{\n  replace fc: (FC(8) - ReLU - FC(2))\n}}\n", "v"), Tail(), 3, 8, 8)


def test_an_edit_of_what_another_edit_takes_away_is_an_error() -> None:
    text = "model m {\n  input 3x8x8\n  a: (Conv(4) - ReLU) - b: Conv(4)\n}\n"
    assert codes(f"{text}variant v = m {{\n  truncate after a.0\n  insert after a: ReLU\n}}\n") == ["E0902"]


def test_the_flattening_stays_where_a_head_is_taken_away() -> None:
    text = 'from "resnet.arch" use resnet18\nvariant v = resnet18 {\n  input: 3x64x64\n  replace fc: Identity\n}\n'
    net = network(text.replace("  input: 3x64x64\n", ""), member="v")
    assert net.type_of(net.outputs[0]).dims == (512,)
    ours = live(emit([net], "archc compile case.arch", "0")).eval()
    resnet = live(emit([shipped("resnet18")], "archc compile resnet18", "0")).eval()
    resnet.load_state_dict({**resnet.state_dict(), **ours.state_dict()})
    x = torch.randn(1, 3, 64, 64)
    torch.testing.assert_close(resnet.get_submodule("fc")(ours(x)), resnet(x))


def test_a_computed_name_before_a_loop_is_kept() -> None:
    text = "model m {\n  input 3x8x8\n  Conv(8) - body: (for i in range(2) "
    text += '{ "stage{i}": ("first{i}": Unit(8) - [Unit(8)]x2) }) - FC(2)\n}\n'
    source = emitted(f"block Unit(c) {{ conv: Conv(c) - ReLU }}\n{text}")
    assert params(live(source)) == 224 + 6 * 584 + 1026
    assert "body.stage1.first1.conv.weight" in live(source).state_dict()


@pytest.mark.parametrize(
    "inside", ['"b_{i}": Conv(4)', '"b_{i}": Conv(4) - "c_{i}": BN', '("b_{i}": (Conv(4)) - "c_{i}": BN) if (i > 0)']
)
def test_a_sequence_whose_names_are_all_computed_has_them(inside: str) -> None:
    net = network(f'model m {{\n  input 4x6x6\n  ["a_{{i}}": (w: Conv(4) - x: ({inside}))]x2 as i - FC(2)\n}}\n')
    source = emit([net], "archc compile case.arch", "0")
    assert sorted(live(source).state_dict()) == sorted(weights_of(net))


@pytest.mark.parametrize("turn", ["i > 0", "i == 0"])
def test_a_module_that_one_turn_has_is_called_in_that_turn(turn: str) -> None:
    text = f"[Conv(4, 1) - late: Conv(4) if ({turn})]x2 as i - FC(2)"
    net = network(f"model m {{\n  input 4x6x6\n  {text}\n}}\n")
    model = live(emit([net], "archc compile case.arch", "0"))
    assert sorted(model.state_dict()) == sorted(weights_of(net)) and params(model) == 2 * 20 + 148 + 290


def test_a_function_has_the_types_that_its_calls_tell() -> None:
    text = "fn less(n, by) = min(n - by, 5)\nfn part(n) = n / 4\nblock B(n, c) { [Conv(c)] x n - Dropout(part(n)) }\n"
    text += "model Net(n) {\n  input 4x6x6\n  a: B(less(n, 1), 4) - b: B(less(n, 2), 8) - FC(2)\n}\n"
    text += "variant three = Net(3)\nvariant four = Net(4)\n"
    nets = [network(text, member=m) for m in ("three", "four")]
    source = emit(nets, "archc compile case.arch", "0")
    assert "def less(n: int, by: int) -> int:" in source and "def part(n: int) -> float:" in source
    assert "n: int, c: int" in source and "len(range(" not in source


def test_a_chain_behind_values_is_a_sequence() -> None:
    text = "block Unit(c) { conv: Conv(c) - ReLU }\n"
    text += 'block B(n, c) {\n  let w = c * 2\n  ["u{n}-{j}": Unit(w)] x n as j\n}\n'
    source = emitted(f"{text}model m {{\n  input 3x8x8\n  a: B(2, 4) - b: B(3, 2) - FC(2)\n}}\n")
    assert "class B(nn.Sequential):" in source
    assert "b.u3-2.conv.weight" in live(source).state_dict()
    assert "channels = channels" not in source


def test_an_argument_that_happens_to_be_the_default_is_the_same() -> None:
    text = "block B(n, c) { [Conv(c)] x n - Dropout(n / 4) }\nmodel Net(n) {\n  input 4x6x6\n  a: B(n, 4) - FC(2)\n}\n"
    nets = [network(f"{text}variant two = Net(2)\nvariant three = Net(3)\n", member=m) for m in ("two", "three")]
    assert "nn.Dropout(n / 4)" in emit(nets, "archc compile case.arch", "0")
