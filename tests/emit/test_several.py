"""Several tensors, lists of them, and loops over them: published modules, compared with handwritten torch modules.

Each is also compared with the reference implementation (`same` in `tests/emit/cases.py`).
"""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from archc.count.counts import count
from archc.diagnostics.core import Severity
from archc.ir.network import Network
from archc.ops import registry
from archc.targets.pytorch import emit
from tests.emit.cases import classes, emitted, live, same
from tests.support.specs import checked, network


def unit(cin: int, cout: int, kernel: int = 1, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    pad = dilation * (kernel // 2)
    conv = nn.Conv2d(cin, cout, kernel, stride, pad, dilation, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(cout), nn.ReLU())


UNIT = "macro Unit(c, k=1, s=1, d=1) = Conv(c, k, s, dilation=d, bias=false) - BN - ReLU\n"

# -- VoVNet-39 (1904.09730): one-shot aggregation ---------------------------------------------------------------------

OSA = (
    UNIT
    + """
block OSA(mid, out, n=5) {
  concat { in | every ["layers.{k}": (Unit(mid, 3))] x n as k } - concat: (Unit(out))
}
model m {
  input 16x12x12
  stage2: OSA(8, 24) - stage3: OSA(6, 20, 2) - stage4: OSA(4, 12, 0)
}
"""
)


class OneShot(nn.Module):
    def __init__(self, cin: int, mid: int, out: int, n: int) -> None:
        super().__init__()
        if n:
            self.layers = nn.ModuleList(unit(mid if k else cin, mid, 3) for k in range(n))
        self.concat = unit(cin + n * mid, out)
        self.n = n

    def forward(self, x: Tensor) -> Tensor:
        found = [x]
        for k in range(self.n):
            found.append(self.layers[k](found[-1]))
        merged: Tensor = self.concat(torch.cat(found, 1))
        return merged


class VoVNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stage2, self.stage3 = OneShot(16, 8, 24, 5), OneShot(24, 6, 20, 2)
        self.stage4 = OneShot(20, 4, 12, 0)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.stage4(self.stage3(self.stage2(x)))
        return out


def test_one_shot_aggregation_keeps_every_output_of_a_repeat() -> None:
    source = emitted(OSA)
    same(source, VoVNet(), 16, 12, 12)
    assert "torch.cat([x, y, " in source


# -- Res2Net (1904.01169): a hierarchy inside of a block --------------------------------------------------------------

RES2 = """
default Conv(bias=false)
block Bottle2neck(planes, width, scale=4, stride=1, first=false) {
  *spx = conv1: Conv(width * scale, 1) - bn1: BN - ReLU - Chunk(scale)
  if first {
    *outs = (
      for i in range(scale - 1) { spx[i] - "convs.{i}": Conv(width, 3, stride) - "bns.{i}": BN - ReLU },
      spx[-1] - APool(3, stride, 1)
    )
  } else {
    *outs = (
      spx[0]
      - every [(add { in | spx[i] } if (i > 0)) - "convs.{i}": Conv(width) - "bns.{i}": BN - ReLU] x (scale - 1) as i,
      spx[-1]
    )
  }
  add {
      outs - Concat - conv3: Conv(planes * 4, 1) - bn3: BN
    | downsample: (Conv(planes * 4, 1, stride) - BN) if (first)
  } - ReLU
}
model m {
  input 16x12x12
  layer1: [Bottle2neck(8, 6, 4, 2 if i == 0 else 1, i == 0)]x3 as i
}
"""


class Bottle2neck(nn.Module):
    def __init__(self, cin: int, planes: int, width: int, scale: int, stride: int, first: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(cin, width * scale, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width * scale)
        self.convs = nn.ModuleList(nn.Conv2d(width, width, 3, stride, 1, bias=False) for _ in range(scale - 1))
        self.bns = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(scale - 1))
        self.conv3 = nn.Conv2d(width * scale, planes * 4, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(planes * 4)
        if first:
            shortcut = nn.Conv2d(cin, planes * 4, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(planes * 4))
        self.first, self.scale, self.stride = first, scale, stride

    def forward(self, x: Tensor) -> Tensor:
        parts = functional.relu(self.bn1(self.conv1(x))).chunk(self.scale, 1)
        outs: list[Tensor] = []
        for i in range(self.scale - 1):
            part = parts[i] if self.first or i == 0 else outs[-1] + parts[i]
            outs.append(functional.relu(self.bns[i](self.convs[i](part))))
        last = parts[-1]
        outs.append(functional.avg_pool2d(last, 3, self.stride, 1) if self.first else last)
        y = self.bn3(self.conv3(torch.cat(outs, 1)))
        return functional.relu(y + (self.downsample(x) if self.first else x))


class Res2Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        first = Bottle2neck(16, 8, 6, 4, 2, True)
        self.layer1 = nn.Sequential(first, *(Bottle2neck(32, 8, 6, 4, 1, False) for _ in range(2)))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.layer1(x)
        return out


def test_the_parts_of_a_res2net_block_are_a_list() -> None:
    source = emitted(RES2)
    same(source, Res2Net(), 16, 12, 12)
    assert len(classes(source)) == 3, "one for the first block, one for the others, and the network"


# -- HRNet (1908.07919): every resolution into every other ------------------------------------------------------------

FUSE = """
default Conv(bias=false)
macro Down(c, last) = Conv(c, 3, 2) - BN - ReLU if (not last)
block Fuse(widths) over (*xs) {
  return (
    for i in range(len(xs)) {
      add {
        for j in range(len(xs)) {
          xs[j] - "fuse_layers.{i}.{j}": (
              (Conv(widths[i], 1) - BN - Upsample(2 ** (j - i))) if (j > i)
            - [Down(widths[i] if k == i - j - 1 else widths[j], k == i - j - 1)] x max(0, i - j) as k
          )
        }
      } - ReLU
    },
  )
}
model m {
  input 8x16x16
  *xs = (in, two: Conv(12, 3, 2), three: Conv(16, 3, 4))
  *ys = xs - fuse: Fuse([8, 12, 16])
  (ys[0], ys[1]) - last: Fuse([8, 12])
}
"""


class FuseLayers(nn.Module):
    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        layers = nn.ModuleList()
        for i, out in enumerate(widths):
            row = nn.ModuleList()
            for j, cin in enumerate(widths):
                steps: list[nn.Module] = []
                if j > i:
                    steps += [nn.Conv2d(cin, out, 1, bias=False), nn.BatchNorm2d(out)]
                    steps += [nn.Upsample(scale_factor=2 ** (j - i), mode="nearest")]
                for k in range(i - j):
                    last = k == i - j - 1
                    steps += [nn.Conv2d(cin, out if last else cin, 3, 2, 1, bias=False)]
                    steps += [nn.BatchNorm2d(out if last else cin)] + ([] if last else [nn.ReLU()])
                row.append(nn.Sequential(*steps))
            layers.append(row)
        self.fuse_layers = layers

    def forward(self, *xs: Tensor) -> tuple[Tensor, ...]:
        found = []
        for row in self.fuse_layers:
            assert isinstance(row, nn.ModuleList)
            parts = [layer(x) for layer, x in zip(row, xs, strict=True)]
            found.append(functional.relu(sum(parts[1:], parts[0])))
        return tuple(found)


class HRNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.two = nn.Conv2d(8, 12, 3, 2, 1, bias=False)
        self.three = nn.Conv2d(8, 16, 3, 4, 1, bias=False)
        self.fuse, self.last = FuseLayers([8, 12, 16]), FuseLayers([8, 12])

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        ys = self.fuse(x, self.two(x), self.three(x))
        out: tuple[Tensor, ...] = self.last(*ys[:2])
        return out


def test_a_block_reads_any_number_of_tensors_and_gives_as_many() -> None:
    source = emitted(FUSE)
    same(source, HRNet(), 8, 16, 16)
    assert classes(source) == ["Fuse", "Fuse2", "MOutputs", "M"], "one for each number of tensors"


# -- ASPP (DeepLab v3, 1706.05587) ------------------------------------------------------------------------------------

PYRAMID = (
    UNIT
    + """
block ASPP(c, rates) {
  concat {
      "convs.0": (Unit(c))
    | for (i, r) in enumerate(rates) { "convs.{i + 1}": (Unit(c, 3, 1, r)) }
    | "convs.{len(rates) + 1}": (GAPool - Unit(c)) - Upsample(size=[in.height, in.width], mode="bilinear")
  } - project: (Unit(c))
}
model m {
  input 16x12x12
  aspp: ASPP(8, [2, 3, 4]) - more: ASPP(8, [])
}
"""
)


class Pyramid(nn.Module):
    def __init__(self, cin: int, c: int, rates: list[int]) -> None:
        super().__init__()
        atrous = (unit(cin, c, 3, 1, r) for r in rates)
        pooled = nn.Sequential(nn.AdaptiveAvgPool2d(1), *unit(cin, c))
        self.convs = nn.ModuleList([unit(cin, c), *atrous, pooled])
        self.project = unit(c * len(self.convs), c)

    def forward(self, x: Tensor) -> Tensor:
        found = [conv(x) for conv in self.convs]
        found[-1] = functional.interpolate(found[-1], x.shape[-2:], mode="bilinear")
        merged: Tensor = self.project(torch.cat(found, 1))
        return merged


class DeepLab(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.aspp, self.more = Pyramid(16, 8, [2, 3, 4]), Pyramid(8, 8, [])

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.more(self.aspp(x))
        return out


def test_a_for_that_is_a_branch_is_one_for_each_turn() -> None:
    same(emitted(PYRAMID), DeepLab(), 16, 12, 12)


# -- other uses of lists ----------------------------------------------------------------------------------------------

PAIR = "block Pair(c) over (a, b) { return add { a | b } - Conv(c), b - Conv(c) }\n"


@pytest.mark.parametrize(
    "body",
    [
        "x = Conv(4)\n  s = Conv(4, 1)\n  (x, s) - Pair(4) - Concat",
        "(Conv(4), Conv(4, 1)) - [Pair(4)]x2 - Concat",
        "(Conv(4), in) - stages: every [Pair(4)]x2 - Concat",
        "(Conv(4), in) - both: (Pair(4) - Pair(4)) - Concat",
        "*xs = every [Conv(4)]x3\n  concat { xs }",
        "*xs = every [Conv(4)]x3\n  concat { for i in range(len(xs) - 1) { xs[i + 1] - Conv(2) } | xs[0] }",
        "a, *rest = (Conv(4), Conv(4), Conv(4))\n  add { a | rest }",
        "a, *rest = Conv(4)\n  concat { a | rest | in }",
        "y = Conv(4)\n  (y if (true) else in, y if (false) else in) - Pair(4) - Concat",
        "*xs = Chunk(2)\n  group: (xs[0] - every [Conv(4) - add { in | xs[1] - Conv(4) }]x2 - Concat)",
        "pair: (a: Conv(4), b: Conv(4)) - Pair(4) - Concat",
        "(for i in range(2) { for j in range(2) { Conv(2 + i + j) } },) - Concat",
        "concat { every for c in [4, 5] { Conv(c) } | for c in [6, 7] { Conv(c) } }",
        "return (Conv(4), in), Conv(2)",
        "*xs = every [Conv(4)]x2\n  add { for i in range(2) { xs[i] - (Conv(4) if (i == 1)) } }",
    ],
)
def test_what_comes_out_is_what_the_documentation_says(body: str) -> None:
    live(emitted(f"{PAIR}model m {{\n  input 4x6x6\n  {body}\n}}\n"))


def test_a_network_with_lists_is_written_as_json_and_read_again() -> None:
    for text in (OSA, RES2, FUSE, PYRAMID):
        made = network(text)
        assert Network.model_validate_json(made.model_dump_json(), {"ops": registry()}) == made


# -- several levels of a network --------------------------------------------------------------------------------------

STAGES = """
macro Down(c) = Conv(c, 3, 2, bias=false) - BN - ReLU
model m(widths, classes=10) {
  input 3x32x32
  stem: Down(8) - for (i, c) in enumerate(widths) { "stage{i + 1}": [Down(c) if (k == 0) - Conv(c)]x2 as k }
  - GAPool - fc: FC(classes) - SM
}
variant whole = m([8, 12, 16])
variant features = whole { return stage[1-3] }
variant two = whole { return stage3, stem }
variant one = features { return stage2 }
"""


class Features(nn.Module):
    def __init__(self, levels: tuple[str, ...]) -> None:
        super().__init__()
        self.stem = unit(3, 8, 3, 2)
        self.stages = [f"stage{i + 1}" for i in range(3)][: max(int(level[-1]) for level in levels if level != "stem")]
        cin = 8
        for name, c in zip(self.stages, (8, 12, 16), strict=False):
            convs = [nn.Conv2d(c, c, 3, padding=1) for _ in range(2)]
            self.add_module(name, nn.Sequential(*unit(cin, c, 3, 2), *convs))
            cin = c
        self.levels = levels

    def forward(self, x: Tensor) -> tuple[Tensor, ...] | Tensor:
        found = {"stem": (x := self.stem(x))}
        for name in self.stages:
            found[name] = x = self.get_submodule(name)(x)
        results = tuple(found[name] for name in self.levels)
        return results if len(results) > 1 else results[0]


@pytest.mark.parametrize(
    ("name", "levels"),
    [("features", ("stage1", "stage2", "stage3")), ("two", ("stage3", "stem")), ("one", ("stage2",))],
)
def test_a_variant_returns_levels_of_a_network(name: str, levels: tuple[str, ...]) -> None:
    made = network(STAGES, member=name)
    source = emit([made], "archc compile case.arch", "0")
    same(source, Features(levels), 3, 32, 32)
    whole, found = live(emit([network(STAGES, member="whole")], "", "0")), live(source)
    kept = {key: value for key, value in whole.state_dict().items() if key in found.state_dict()}
    found.load_state_dict(kept)
    if len(levels) > 1:
        assert found(torch.zeros(2, 3, 32, 32))._fields == levels
        assert count(made).output_names == levels


@pytest.mark.parametrize("levels", ["bn1, fc1", "bn1", "conv1, bn1", "conv2, fc1"])
def test_a_level_may_be_made_in_an_if(levels: str) -> None:
    text = f"""
model m(deep=true) {{
  input 4x9x9
  x = in - Conv(8)
  if deep {{ x = x - bn1: Tanh - APool(3, 1, pad=1) }}
  x - conv2: HSigmoid - FC(5)
}}
variant v = m {{ return {levels} }}
"""
    module, x = live(emitted(text, "v")).eval(), torch.randn(2, 4, 9, 9)
    conv1 = module.get_submodule("conv1")(x)
    bn1 = conv1.tanh()
    conv2 = nn.functional.hardsigmoid(nn.functional.avg_pool2d(bn1, 3, 1, 1))
    known = {"conv1": conv1, "bn1": bn1, "conv2": conv2}
    if "fc1" in levels:
        known["fc1"] = module.get_submodule("fc1")(conv2.flatten(1))
    found = module(x)
    wanted = [known[name] for name in levels.split(", ")]
    for one, other in zip(found if isinstance(found, tuple) else (found,), wanted, strict=True):
        torch.testing.assert_close(one, other)


def test_outputs_have_the_names_of_the_spec() -> None:
    text = """
model m(classes=3) {
  input 4x8x8
  low = Conv(8) - ReLU
  *all = every [Conv(4)]x2
  head = low - fc: FC(classes) - SM
  return head, low, low - Conv(4)
}
model k { input 4x8x8
  *all = every [Conv(4)]x2
  return all
}
"""
    module = live(emitted(text.replace("  *all = every [Conv(4)]x2\n  head", "  head", 1), "m"))
    x = torch.randn(2, 4, 8, 8)
    found = module.eval()(x)
    assert found._fields == ("head", "low", "output2")
    torch.testing.assert_close(module.get_submodule("fc")(torch.flatten(found.low, 1)), found.head)
    probabilities = getattr(module, "probabilities")(x)  # noqa: B009  # a name that `nn.Module` does not have
    torch.testing.assert_close(probabilities, found.head.softmax(1))
    assert live(emitted(text, "k"))(x)._fields == ("all0", "all1")


def test_a_head_may_read_what_comes_in() -> None:
    module = live(emitted("model m {\n  input 4x8x8\n  y = in - SM\n  x = in - Conv(4)\n  return y, x\n}\n")).eval()
    x = torch.randn(2, 4, 8, 8)
    assert torch.equal(module(x).y, x)
    torch.testing.assert_close(getattr(module, "probabilities")(x), x.softmax(1))  # noqa: B009  # as above


@pytest.mark.parametrize(
    ("levels", "code", "place"),
    [
        ("stage9", "E0101", ""),
        ("stage1\n  return stage2", "E0901", ""),
        ("stage1\n  replace stage2: Conv(4)", "E0902", ""),
    ],
)
def test_what_no_level_can_be(levels: str, code: str, place: str) -> None:
    found = checked(f"{STAGES}variant v = whole {{\n  return {levels}\n}}\n", member="v")
    errors = [d for d in found.diagnostics if d.severity is Severity.ERROR]
    assert [d.problem.code for d in errors] == [code]
    assert place in errors[0].problem.message()


def test_a_branch_and_a_module_of_several_tensors_are_no_levels() -> None:
    text = "model m {\n  input 4x8x8\n  add { a: Conv(4) | in } - b: (Chunk(2) - c: (ReLU, ReLU)) - Concat\n}\n"
    text = text.replace("- c: (ReLU, ReLU))", ")")
    for level, said in (("a", "a branch"), ("b", "2 tensors")):
        found = checked(f"{text}variant v = m {{\n  return {level}\n}}\n", member="v")
        errors = [d.problem for d in found.diagnostics if d.severity is Severity.ERROR]
        assert [e.code for e in errors] == ["E0906"] and said in errors[0].message()


def test_a_merge_of_which_one_branch_is_left_is_no_border_to_what_works_in_place() -> None:
    source = emitted("""
        model m {
          input 4x18
          Conv(8) - mix: concat { in | Conv(3, 1) if (in.channels > 8) else none } - ReLU
        }
    """)
    assert "relu(self.mix(self.conv1(x)), inplace=True)" in source
    source = emitted("""
        model m {
          input 8x6
          mul { in | Conv(8) } - body: ([ReLU]x2 - add { Sigmoid | ReLU if (in.channels > 8) else none } - ReLU)
        }
    """)
    assert "nn.ReLU(inplace=True), nn.ReLU(), nn.Sigmoid(), nn.ReLU()" in source


# -- the sizes of one of a list ---------------------------------------------------------------------------------------

FUSED = """
block Fused(out) over (*xs) {
  let most = max(xs[0].channels, xs[-1].channels)
  add { for i in range(len(xs)) {
    xs[i] - "lat.{i}": Conv(xs[i].channels + 2, 1) - Upsample(size=[xs[0].height, xs[0].width]) if (i > 0)
    - "out.{i}": Conv(most + out, 1)
  } }
}
model m {
  input 3x16x16
  *xs = every [Conv(4 * (i + 1), 3, 2)] x 3 as i
  xs - fused: Fused(1) - Conv(xs[1].channels, 1) - GAPool - fc: FC(2)
}
"""


class Fused(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2, self.conv3 = (nn.Conv2d(c, k, 3, 2, 1) for c, k in ((3, 4), (4, 8), (8, 12)))
        self.fused = nn.Module()
        self.fused.lat = nn.ModuleList(nn.Conv2d(c, c + 2, 1) for c in (4, 8, 12))
        self.fused.out = nn.ModuleList(nn.Conv2d(c + 2, 13, 1) for c in (4, 8, 12))
        self.conv4, self.fc = nn.Conv2d(13, 8, 1), nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        xs = [x := conv(x) for conv in (self.conv1, self.conv2, self.conv3)]
        lat, out = (self.fused.get_submodule(n) for n in ("lat", "out"))
        levels = [functional.interpolate(a(x), size=8) for a, x in zip(lat.children(), xs, strict=True)]
        y = sum(b(x) for b, x in zip(out.children(), levels, strict=True))
        found: Tensor = self.fc(self.conv4(y).mean((2, 3)))
        return found


def test_sizes_of_one_of_a_list() -> None:
    same(emitted(FUSED), Fused(), 3, 16, 16)


@pytest.mark.parametrize(
    ("width", "code", "said"),
    [
        ("xs.channels", "E0202", "the list of tensors `xs`"),
        ("xs[2].channels", "E0203", "no item 2 in a list of 2"),
        ("xs[0].depth", "E0101", "`depth`"),
        ("xs['a'].height", "E0202", "an index cannot take the string"),
        ("x[0].channels", "E0202", "the tensor `x`"),
        ("ys[0].channels", "E0101", "no tensor `ys`"),
        ("n[0].channels", "E0202", "anything but a tensor"),
    ],
)
def test_what_has_no_size(width: str, code: str, said: str) -> None:
    text = "model m {\n  input 4x8x8\n  let n = [1, 2]\n  x = Conv(4)\n  *xs = x - Chunk(2)\n"
    found = checked(f"{text}  xs - Concat - Conv(n[0]) - Conv({width}, 1)\n}}\n".replace("'", '"'))
    errors = [d.problem for d in found.diagnostics if d.severity is Severity.ERROR]
    assert [e.code for e in errors] == [code] and said in errors[0].message()


def test_a_loop_over_tensors_is_told_once() -> None:
    text = "model m {\n  input 4x8x8\n  *xs = Chunk(2)\n  concat { for x in xs { x - Conv(x.channels) } } - Flaten\n}\n"
    errors = [d.problem for d in checked(text).diagnostics if d.severity is Severity.ERROR]
    assert [e.code for e in errors] == ["E0202", "E0101"]


@pytest.mark.parametrize("merge", ["add", "mul"])
@pytest.mark.parametrize("before", ["ReLU", "Sigmoid - Dropout(0)", "Softplus"])
def test_a_merge_of_one_tensor_is_that_tensor_and_not_written_over(merge: str, before: str) -> None:
    turns = f"(for i in range(n) {{ Conv(c) - {before} }},)"
    block = f"block B(c, n) {{\n  t, *more = {turns}\n  {merge} {{ t | more }} - SiLU\n}}\n"
    source = emitted(f"{block}model m {{\n  input 4x9x9\n  Conv(4) - B(4, 1) - B(8, 3) - SiLU\n}}\n")
    live(source).train()(torch.randn(2, 4, 9, 9)).sum().backward()


VOLUMES = """block G over (a, b) { a * b - ReLU }
model m {
  input a: 4x3x5x6
  input b: 4x3x5x6
  (a, b) - G - concat { in | (a, b) - G } - (in, in) - G
}
"""


def test_tensors_of_any_number_of_axes_are_multiplied() -> None:
    """A block whose definition does not determine the repeated axes has a class for each instance."""
    a, b = torch.randn(2, 2, 4, 3, 5, 6)
    first = (a * b).relu()
    wanted = torch.cat([first, first], 1)
    torch.testing.assert_close(live(emitted(VOLUMES))(a, b), (wanted * wanted).relu())


def test_a_function_is_not_mistaken_for_that_of_training() -> None:
    """Both activations read the same tensor."""
    block = "block B(flag=false, act=ReLU) {\n  if flag { return mix: (Scale if (in.channels > 8) else act) }\n}\n"
    body = "y = x - concat { B(true) }\n  return y\n  return training x - ReLU"
    text = f"{block}model m {{\n  input x: 8x6x6\n  {body}\n}}\n"
    x = torch.randn(2, 8, 6, 6)
    assert torch.equal(live(emitted(text)).eval()(x), x.relu())
