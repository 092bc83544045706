"""Models in the style of public repositories: dictionaries of settings, lists of tensors, gates, several inputs."""

from __future__ import annotations

from collections import OrderedDict

import torch
import torch.nn.functional as F  # noqa: N812  # as everybody calls it
from torch import Tensor, nn

CONFIGS = {"A": {"layers": [(8, 1), (16, 2), (32, 2)], "fpn": 8}}


def conv_bn(i: int, o: int, s: int = 1) -> nn.Sequential:
    """A convolution and its normalisation as a sequence of named layers."""
    conv = nn.Conv2d(i, o, 3, s, 1, bias=False)
    return nn.Sequential(OrderedDict([("conv", conv), ("bn", nn.BatchNorm2d(o)), ("act", nn.ReLU(inplace=True))]))


class SegNet(nn.Module):
    """A pyramid whose levels are resized to others."""

    def __init__(self, arch: str = "A") -> None:
        super().__init__()
        cfg, c = CONFIGS[arch], 3
        dim = cfg["fpn"]
        assert isinstance(dim, int) and isinstance(cfg["layers"], list)
        self.stages, self.lat = nn.ModuleList(), nn.ModuleList()
        for ch, n in cfg["layers"]:
            self.stages.append(nn.Sequential(conv_bn(c, ch, 2), *(conv_bn(ch, ch) for _ in range(n - 1))))
            self.lat.append(nn.Conv2d(ch, dim, 1))
            c = ch
        self.head = nn.Conv2d(dim * len(self.lat), 5, 1)
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        size, feats = x.size()[2:], []
        for stage in self.stages:
            x = stage(x)
            feats.append(x)
        levels = [lateral(f) for lateral, f in zip(self.lat, feats, strict=True)]
        for i in range(len(levels) - 1, 0, -1):
            levels[i - 1] = levels[i - 1] + F.interpolate(levels[i], size=levels[i - 1].shape[2:], mode="nearest")
        up = [levels[0]] + [F.interpolate(f, size=levels[0].size()[-2:], mode="bilinear") for f in levels[1:]]
        return F.interpolate(self.head(torch.cat(up, 1)), size, mode="bilinear", align_corners=True)


class Gate(nn.Module):
    """One half of the channels times the other."""

    def forward(self, x: Tensor) -> Tensor:
        one, other = x.chunk(2, dim=1)
        out: Tensor = one * other
        return out


class GatedBlock(nn.Module):
    """Gates and scales with a batch axis."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.norm, self.conv1, self.gate = nn.GroupNorm(1, c), nn.Conv2d(c, c * 2, 1), Gate()
        self.sca = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(c, c, 1))
        self.beta = nn.Parameter(torch.zeros((1, c, 1, 1)))

    def forward(self, inp: Tensor) -> Tensor:
        x = self.gate(self.conv1(self.norm(inp)))
        out: Tensor = inp + x * self.sca(x) * self.beta
        return out


class Restorer(nn.Module):
    """A model from image to image."""

    def __init__(self) -> None:
        super().__init__()
        self.intro, self.body, self.ending = nn.Conv2d(3, 8, 3, 1, 1), GatedBlock(8), nn.Conv2d(8, 3, 3, 1, 1)

    def forward(self, inp: Tensor) -> Tensor:
        _, _, h, w = inp.shape
        x = self.intro(inp)
        x = self.body(x) * torch.tanh(F.softplus(x))
        out: Tensor = self.ending(x)
        out += inp
        return out[:, :, :h, :w]


class Encoder(nn.Module):
    """A tower."""

    def __init__(self, c: int = 3) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(c, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.LeakyReLU(0.1, True))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.body(x)
        return out


class Siamese(nn.Module):
    """Two inputs through one tower."""

    def __init__(self) -> None:
        super().__init__()
        self.enc, self.fc = Encoder(), nn.Linear(16, 1)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        a, b = (self.enc(x).mean(dim=(2, 3)) for x in (left, right))
        out: Tensor = self.fc(torch.cat([torch.abs(a - b), a * b], dim=-1)).sigmoid()
        return out


class Fusion(nn.Module):
    """Two inputs through separate towers; the name of the first is a keyword of archc."""

    def __init__(self) -> None:
        super().__init__()
        self.rgb, self.depth, self.cls = Encoder(), Encoder(1), nn.Linear(16, 10)

    def forward(self, input: Tensor, depth: Tensor) -> Tensor:
        f = torch.cat((self.rgb(input), self.depth(depth)), 1).relu()
        out: Tensor = self.cls(f.mean([2, 3]))
        return out


class Axes(nn.Module):
    """Permuted and rolled axes."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 8, 3, 1, 1), nn.LayerNorm(8)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.conv(x).movedim(1, -1)).movedim(-1, 1)
        return torch.roll(x, (1, -2), (2, 3)).moveaxis((2, 1), (1, 3))


class Stack(nn.Module):
    """As in EfficientNet V2: an expansion of 1 has one convolution instead of two, and the first drop rate is 0."""

    def __init__(self) -> None:
        super().__init__()
        given = [(1, 8, 8, 1), (1, 8, 8, 1), (4, 8, 16, 2), (4, 16, 16, 1), (4, 16, 24, 2), (4, 24, 24, 1)]
        self.stem = nn.Conv2d(3, 8, 3, 1, 1)
        self.blocks = nn.Sequential(*(Fused(*sizes, drop=0.1 * i / 6) for i, sizes in enumerate(given)))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.blocks(self.stem(x))
        return out


class Fused(nn.Module):
    """A block of `Stack`."""

    def __init__(self, expansion: int, inputs: int, channels: int, stride: int, drop: float) -> None:
        super().__init__()
        hidden = inputs * expansion
        if expansion != 1:
            layers = [nn.Conv2d(inputs, hidden, 3, stride, 1), nn.ReLU(), nn.Conv2d(hidden, channels, 1)]
        else:
            layers = [nn.Conv2d(inputs, channels, 3, stride, 1), nn.ReLU()]
        self.block, self.drop = nn.Sequential(*layers), drop
        self.shortcut = stride == 1 and inputs == channels

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.block(x)
        if not self.shortcut:
            return y
        if self.training and self.drop > 0:
            kept = x.new_empty(x.shape[0], 1, 1, 1).bernoulli_(1 - self.drop)
            y = y * kept.div_(1 - self.drop)
        return x + y


class Turn(nn.Module):
    """The roll of every second block."""

    def __init__(self, width: int, scale: float, shift: int) -> None:
        super().__init__()
        self.conv, self.shift, self.scale = nn.Conv2d(width, width, 3, 1, 1), shift, scale

    def forward(self, x: Tensor) -> Tensor:
        y = torch.roll(x, -1, 2) if self.shift > 0 else x
        out: Tensor = x + self.conv(y) * self.scale
        return out


class Alternating(nn.Module):
    """Stages of pairs of blocks, as in Swin, with a number that grows from block to block."""

    def __init__(self, depths: tuple[int, ...]) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 1, 1)
        self.stages = nn.ModuleList()
        for i, depth in enumerate(depths):
            turns = (Turn(8, 0.1 * (sum(depths[:i]) + k + 1) / sum(depths), 3 * (k % 2)) for k in range(depth))
            self.stages.append(nn.Sequential(*turns))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
        return x


class Clipped(nn.Module):
    """A part that is distributed over available devices, and clipped numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.parallel = nn.DataParallel(nn.Sequential(nn.Conv2d(3, 8, 3, 1, 1), nn.BatchNorm2d(8)))

    def forward(self, x: Tensor) -> Tensor:
        x = self.parallel(x).clamp(min=0)
        return torch.clamp(x, 0, 6) / 2


class Averaged(nn.Module):
    """A mean over the tokens, as a pooling of one axis."""

    def __init__(self) -> None:
        super().__init__()
        self.patches, self.head = nn.Conv2d(3, 8, 4, 4), nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = F.adaptive_avg_pool1d(self.patches(x).flatten(2), 1)
        out: Tensor = self.head(x.flatten(1))
        return out
