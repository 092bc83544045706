"""Several inputs and shared modules, compared with handwritten torch modules."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from archc.count.counts import count
from archc.ir.network import Network
from archc.pipeline import Options
from archc.runtime.live import live_class
from archc.targets.pytorch import emit
from archc.zoo import find
from tests.emit.cases import emitted
from tests.support.interpreter import run as one_by_one
from tests.support.specs import checked, codes, network


def module(net: Network) -> nn.Module:
    """The emitted module."""
    made: nn.Module = live_class(emit((net,), "archc compile", "test"))()
    return made


def same(net: Network, plain: nn.Module, batch: int = 2) -> None:
    """Check that weights load strictly both ways, and that outputs in both modes and trained statistics are equal."""
    torch.manual_seed(0)
    made = module(net)
    assert list(made.state_dict()) == list(plain.state_dict())
    assert count(net).params == sum(p.numel() for p in plain.parameters())
    made.load_state_dict(plain.state_dict(), strict=True)
    xs = [torch.randn(batch, *net.type_of(ref).dims) for ref in net.inputs]
    for mode in (False, True):
        outputs = []
        for each in (made.train(mode), plain.train(mode)):
            torch.manual_seed(1)
            outputs.append(each(*xs))
        torch.testing.assert_close(*outputs)
    torch.testing.assert_close(made.state_dict(), plain.state_dict())


class Stream(nn.Module):
    def __init__(self, channels: int, classes: int, norm2: bool, places: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 96, 7, 2)
        self.conv2 = nn.Conv2d(96, 256, 5, 2, 1)
        self.conv3 = nn.Conv2d(256, 512, 3, 1, 1)
        self.conv4 = nn.Conv2d(512, 512, 3, 1, 1)
        self.conv5 = nn.Conv2d(512, 512, 3, 1, 1)
        self.full6 = nn.Linear(512 * places, 4096)
        self.full7 = nn.Linear(4096, 2048)
        self.scores = nn.Linear(2048, classes)
        self.norm = nn.LocalResponseNorm(5, alpha=5 * 5e-4, beta=0.75, k=2)  # torch divides alpha by the size
        self.norm2 = norm2
        self.pool, self.drop = nn.MaxPool2d(2), nn.Dropout(0.9)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.norm(self.conv1(x).relu()))
        x = self.conv2(x).relu()
        x = self.pool(self.norm(x) if self.norm2 else x)
        x = self.pool(self.conv5(self.conv4(self.conv3(x).relu()).relu()).relu())
        x = self.drop(self.full6(x.flatten(1)).relu())
        x = self.drop(self.full7(x).relu())
        scores: Tensor = self.scores(x).softmax(1)
        return scores


class TwoStream(nn.Module):
    def __init__(self, classes: int, places: int) -> None:
        super().__init__()
        self.spatial = Stream(3, classes, True, places)
        self.temporal = Stream(20, classes, False, places)

    def forward(self, frame: Tensor, flow: Tensor) -> Tensor:
        scores: Tensor = self.spatial(frame) + self.temporal(flow)
        return scores


def test_the_two_stream_network_is_that_of_the_paper() -> None:
    options = Options(inputs=(("frame", (3, 64, 64)), ("flow", (20, 64, 64))))
    (net,) = find("twostream").checked(options).networks.values()
    same(net, TwoStream(101, 1))


class Code(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 20, 5), nn.Conv2d(20, 50, 5)
        self.ip1, self.ip2, self.feat = nn.Linear(800, 500), nn.Linear(500, 10), nn.Linear(10, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.max_pool2d(self.conv1(x), 2)
        x = nn.functional.max_pool2d(self.conv2(x), 2)
        code: Tensor = self.feat(self.ip2(self.ip1(x.flatten(1)).relu()))
        return code


class SiameseDigits(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.code = Code()

    def forward(self, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
        return self.code(left), self.code(right)


def test_the_siamese_network_is_one_lenet_that_is_used_twice() -> None:
    (net,) = find("siamese_digits").checked(Options()).networks.values()
    same(net, SiameseDigits())


class Twin(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 64, 10), nn.Conv2d(64, 128, 7)
        self.conv3, self.conv4 = nn.Conv2d(128, 128, 4), nn.Conv2d(128, 256, 4)
        self.code = nn.Linear(256 * 2 * 2, 4096)

    def forward(self, x: Tensor) -> Tensor:
        for conv in (self.conv1, self.conv2, self.conv3):
            x = nn.functional.max_pool2d(conv(x).relu(), 2)
        code: Tensor = self.code(self.conv4(x).relu().flatten(1)).sigmoid()
        return code


class Siamese(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.twin, self.same = Twin(), nn.Linear(4096, 1)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        probability: Tensor = self.same((self.twin(left) - self.twin(right)).abs()).sigmoid()
        return probability


def test_the_siamese_network_of_one_shot_learning_is_that_of_the_paper() -> None:
    small = (1, 73, 73)  # leaves 2x2 positions; the paper's 105x105 leave 6x6
    (net,) = find("siamese").checked(Options(inputs=(("left", small), ("right", small)))).networks.values()
    same(net, Siamese())


TIED = """
block Mix(c, n=2) {
  shared step: (Conv(c, bias=false) - BN - ReLU)
  Conv(c) - [add { in | step }] x n - step
}
model tied { input 3x8x8
  first: Mix(6) - second: Mix(6, 1) - GAPool - fc: FC(5) }
"""


class Mix(nn.Module):
    def __init__(self, channels: int, n: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 6, 3, 1, 1)
        self.step = nn.Sequential(nn.Conv2d(6, 6, 3, 1, 1, bias=False), nn.BatchNorm2d(6), nn.ReLU())
        self.n = n

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        for _ in range(self.n):
            x = x + self.step(x)
        last: Tensor = self.step(x)
        return last


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.fc = Mix(3, 2), Mix(6, 1), nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.fc(self.second(self.first(x)).mean((2, 3)))
        return logits


def test_one_module_may_run_several_times_in_a_loop() -> None:
    same(network(TIED), Tied(), batch=4)


LEVELS = """
block Head(c) { Conv(c) - ReLU - out: Conv(4, 1) }
model levels {
  input image: 3x32x32
  input mask: 1x32x32
  shared head: Head(8)
  shared act: PReLU
  shared gain: Scale(0.5)
  x = image - Conv(8, 3, 2) - act - gain
  y = concat { x | mask - MPool } - Conv(8, 3, 2) - act - gain
  return x - head, y - head
}
"""


class Head(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.out = nn.Conv2d(8, 8, 3, 1, 1), nn.Conv2d(8, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.out(self.conv1(x).relu())
        return out


class Levels(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.rand(8, 1, 1))
        self.conv1, self.act = nn.Conv2d(3, 8, 3, 2, 1), nn.PReLU()
        self.conv2, self.head = nn.Conv2d(9, 8, 3, 2, 1), Head()

    def forward(self, image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        x = self.act(self.conv1(image)) * self.gain
        y = torch.cat([x, nn.functional.max_pool2d(mask, 2)], 1)
        y = self.act(self.conv2(y)) * self.gain
        return self.head(x), self.head(y)


def test_a_head_a_layer_and_a_learned_tensor_may_be_shared_by_tensors_of_other_size() -> None:
    net = network(LEVELS)
    plain, made = Levels(), module(net)
    assert sorted(made.state_dict()) == sorted(plain.state_dict())
    made.load_state_dict(plain.state_dict(), strict=True)
    xs = torch.randn(2, 3, 32, 32), torch.randn(2, 1, 32, 32)
    torch.testing.assert_close(made(*xs), plain(*xs))


def test_weights_count_once_and_work_each_time() -> None:
    counts = count(network(LEVELS))
    rows = [row for row in counts.layers if row.path == "head.conv1"]
    assert [row.params for row in rows] == [8 * 8 * 9 + 8, 0] and [row.shared for row in rows] == [False, True]
    assert [row.macs for row in rows] == [8 * 8 * 9 * 16 * 16, 8 * 8 * 9 * 8 * 8]
    assert counts.params == sum(p.numel() for p in Levels().parameters())
    assert (counts.inputs, counts.input_names) == (((3, 32, 32), (1, 32, 32)), ("image", "mask"))


BN_KEYS = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]


@pytest.mark.parametrize(
    ("edit", "keys"),
    [
        ("replace first.step: (Conv(6, 1) - ReLU)", ["step.0.weight", "step.0.bias"]),
        ("remove first.step", []),
        ("insert after first.step: gate: Scale(2)", ["gate", "step.0.weight", *(f"step.1.{k}" for k in BN_KEYS)]),
        ("replace first.step.0: Conv(6, 1)", ["step.0.weight", "step.0.bias", *(f"step.1.{k}" for k in BN_KEYS)]),
    ],
)
def test_an_edit_of_a_shared_module_is_of_each_of_its_uses(edit: str, keys: list[str]) -> None:
    net = network(TIED + f"variant edited = tied {{ {edit} }}\n", member="edited")
    made = module(net)
    found = [k.removeprefix("first.") for k in made.state_dict() if k.startswith(("first.step", "first.gate"))]
    assert found == keys
    assert sum(p.numel() for p in made.parameters()) == count(net).params
    assert made(torch.randn(2, 3, 8, 8)).shape == (2, 5)


def test_a_frozen_shared_module_is_frozen_in_each_of_its_uses() -> None:
    net = network(TIED + "variant frozen = tied { freeze first.step }\n", member="frozen")
    assert [n.path for n in net.nodes if n.frozen] == ["first.step.0", "first.step.1"] * 3
    assert count(net).params - count(net).trainable == 6 * 6 * 9 + 12
    made = module(net).train()
    assert not made.get_submodule("first.step.1").training and made.get_submodule("second.step.1").training


SIZED = """
block Cropped { Conv(8, 3, pad=0) - Crop([in.height - 4, in.width - 4]) }
block Chosen { if in.height > 8 { return Conv(4) } else { return Conv(4) - ReLU } }
block Learned { Conv(8) - Positions(0.02) }
block Same { conv: Conv(8, 3, 2, pad="same") - ReLU - [Conv(8 + 4 * i)] x 2 as i }
"""


@pytest.mark.parametrize(
    ("term", "found"),
    [("Cropped", ["E0417"]), ("Chosen", ["E0417"]), ("Learned", ["E0417"]), ("FC(3)", ["E0417"]), ("Same", [])],
)
def test_a_shared_module_is_the_same_at_each_size_that_comes_in(term: str, found: list[str]) -> None:
    text = f"{SIZED}model m {{\n input a: 4x9x9\n input b: 4x8x8\n shared e: {term}\n return a - e, b - e\n}}\n"
    assert codes(text) == found
    if not found:
        net = network(text)
        torch.manual_seed(0)
        made = module(net).eval()
        xs = torch.randn(2, 4, 9, 9), torch.randn(2, 4, 8, 8)
        values = dict(made.state_dict())
        expected = [one_by_one(net, values, xs, (ref,))[0] for ref in net.outputs]
        torch.testing.assert_close(list(made(*xs)), expected)


def test_weights_are_in_memory_once() -> None:
    from archc.count.memory import memory

    net = network(LEVELS)
    numbers = sum(t.numel() for t in Levels().state_dict().values())
    assert memory(net, 1).weights == 4 * numbers


@pytest.mark.parametrize(
    ("term", "first", "second", "found"),
    [
        ("BN", "4", "4x9x9", ["E0417"]),
        ("PadChannels(8)", "4x9x9", "6x9x9", ["E0417"]),
        ("PadChannels(8)", "4x9x9", "4x5x5", []),
        ("BN", "4x9x9", "4x3x9x9", ["E0417"]),
        ("InstanceNorm(affine=true)", "4x9", "4x9x9", ["E0417"]),
        ("BN", "4", "4x9", []),
        ('LN(over="channels")', "4x9", "4x9x9", []),
        ("LN(affine=false)", "4x9x9", "4x8x8", ["E0417"]),
        ('LN(over="last", affine=false)', "4x9", "5x9", []),
        ("GN(2, affine=false)", "4x9x9", "8x9x9", ["E0417"]),
        ("InstanceNorm", "4x9x9", "8x9x9", ["E0417"]),
        ("GAPool", "4x9", "4x9x9", ["E0417"]),
        ("GAPool", "4x9x9", "8x5x5", []),
        ("Dropout2d", "4x9", "4x9x9", ["E0417"]),
        ("Linear(4)", "4x9", "9", []),
        ("(Linear(4) - ReLU)", "4x9", "9", ["E0417"]),
        ("add { in | Linear(9) }", "4x9", "9", ["E0417"]),
    ],
)
def test_a_shared_layer_has_one_module_in_torch(term: str, first: str, second: str, found: list[str]) -> None:
    """PyTorch's `BatchNorm1d` takes vectors and signals, `BatchNorm2d` images."""
    text = f"model m {{\n input a: {first}\n input b: {second}\n shared e: {term}\n return a - e, b - e\n}}\n"
    assert codes(text) == found
    if not found:
        made = module(network(text))
        made(*(torch.randn(2, *map(int, size.split("x"))) for size in (first, second)))


@pytest.mark.parametrize(
    ("term", "first", "second", "said"),
    [
        ("LN", "4x9x9", "4x8x8", "its LN reads 4x8x8, and 4x9x9 at its first use"),
        ("FC(2)", "4x9x9", "4x8x8", "the weight of FC is 2x256, and 2x324 at its first use"),
        ("(ReLU - Tanh)", "4x9", "9", "it reads 9, and 4x9 at its first use"),
    ],
)
def test_a_use_is_compared_with_the_first(term: str, first: str, second: str, said: str) -> None:
    text = f"model m {{\n input a: {first}\n input b: {second}\n shared e: {term}\n return a - e, b - e\n}}\n"
    (found,) = checked(text).diagnostics
    assert said in found.problem.message()


@pytest.mark.parametrize("inside", ["concat { in | Conv(4) if (in.channels == 12) else none }", "concat { in }"])
def test_a_shared_module_may_begin_with_what_comes_in(inside: str) -> None:
    """A merge with only one present branch is that branch, at every use of the module."""
    uses = "skip = b - code\n  h = a - code\n  concat { skip | h } - Conv(2)"
    text = f"model m {{\n  input b: 4x8x8\n  input a: 4x8x8\n  shared code: ({inside} - Conv(4))\n  {uses}\n}}\n"
    emitted(text)


@pytest.mark.parametrize("cut", ["Slice(1, axis=1)", "Slice(1)", "Slice(0, step=2)"])
def test_a_shared_module_may_cut_what_comes_in_to_its_end(cut: str) -> None:
    """The end may differ between uses: the second reads fewer rows or channels."""
    text = f"model m {{\n  input 8x8x8\n  shared code: [{cut}]x2\n  y = in - code\n  return y, y - code\n}}\n"
    made = module(network(text)).eval()
    x = torch.randn(2, 8, 8, 8)
    rows = {"Slice(1, axis=1)": x[:, :, 2:], "Slice(1)": x[:, 2:], "Slice(0, step=2)": x[:, ::4]}[cut]
    assert torch.equal(made(x)[0], rows)


def runs_as_its_layers(net: Network) -> None:
    """Assert that the module gives what the layers give one by one."""
    xs = tuple(torch.randn(2, *net.type_of(ref).dims) for ref in net.inputs)
    torch.manual_seed(0)
    made = module(net).eval()
    values = dict(made.state_dict())
    expected = [one_by_one(net, values, xs, (ref,))[0] for ref in net.outputs]
    torch.testing.assert_close(list(made(*xs)), expected)


RESIZED = """
block Either(c) { if in.height > 5 { Conv(c) - add { in | Conv(c, 1) } } else { Conv(c, 1) } }
block Normed(c) { if in.channels == 8 { LN } else { add { in | BN } - extra: Conv(c, 1, bias=false) } }
block Idle(c) { for i in range(c // 100) { for j in range(2) { Conv(c, 1) } if (in.height > i) else Tanh } }
block Outer(c) { [Normed(c)]x2 - Either(c) }
"""


@pytest.mark.parametrize(
    "term",
    [
        "Either(4)",
        "[Normed(4)]x3",
        "(Normed(4) - Either(6))",
        "Outer(4)",
        "(Outer(4) - ReLU)",
        "(Conv(4) - n: (Idle(4)))",
        '["n{k}": [Positions(0.02)] x 0 as j] x 2 as k',
        '["d{k}": Conv(4) - "n{k}": (Positions(0.02) - ReLU) if (k > 1)] x 2 as k',
        '["a{k}": ["b{j}": Either(4)]x2 as j - tail: Normed(4)] x 1 as k',
    ],
)
@pytest.mark.parametrize("second", ["4x9x9", "4x8x7"])
def test_a_class_that_reads_sizes_is_shared_at_several(term: str, second: str) -> None:
    """What its comments state is true of each use: validation compares it."""
    uses = "  p = a - e\n  q = b - e\n  return p, q\n"
    net = network(f"{RESIZED}model m {{\n  input a: 4x9x9\n  input b: {second}\n  shared e: {term}\n{uses}}}\n")
    runs_as_its_layers(net)


MACROS = """
macro Half(c) = 0.5 * in
macro Gated(c) = Conv(c) - mul { in | GAPool - Conv(c, 1) - Sigmoid }
macro Squared(c) = in * in - Conv(c, 1)
"""


@pytest.mark.parametrize("second", ["4x8x8", "4x7x9"])
@pytest.mark.parametrize(
    "term", ["Half(4)", "[Half(4)]x2", "Gated(4)", "Squared(4)", "(Conv(4) - Half(4))", "Outer(4)", "(BN - Squared(4))"]
)
def test_each_use_in_an_edited_network_reads_its_own_tensor(term: str, second: str) -> None:
    """The classes of an edited network are made of its instances."""
    uses = "  p = a - e - f: ReLU\n  q = b - e\n  r = q - e\n  return p, q, r\n"
    model = f"model m {{\n  input a: 4x8x8\n  input b: {second}\n  shared e: {term}\n{uses}}}\n"
    net = network(f"{RESIZED}{MACROS}{model}variant v = m {{ insert after f: Tanh }}\n", member="v")
    runs_as_its_layers(net)
