"""Several tensors, lists of them, and loops over them: published modules against plain torch of the same names.

Each is also held against the reference that is written from the documentation (`tests/emit/cases.py`, `same`).
"""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.emit.cases import classes, emitted, live, same


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
    assert classes(source) == ["Fuse", "Fuse2", "M"], "one for each number of tensors"


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


# -- what else may be said --------------------------------------------------------------------------------------------

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
