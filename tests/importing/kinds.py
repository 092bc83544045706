"""One small model for each kind of call or structure that an import must express in the language."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812  # as everybody calls it
from torch import Tensor, nn


class _Net(nn.Module):
    """Base class: a convolution before the part under test, and a head after it."""

    def __init__(self, *more: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.work(self.stem(x)).mean((2, 3)))
        return out

    def work(self, x: Tensor) -> Tensor:
        raise NotImplementedError


class ChannelsLast(_Net):
    """Layers per pixel, a scale as parameter, a normalisation between two permutations."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.first, self.second = nn.LayerNorm(8), nn.Linear(8, 16), nn.Linear(16, 8)
        self.gamma = nn.Parameter(torch.ones(8))

    def work(self, x: Tensor) -> Tensor:
        y = self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = self.second(F.gelu(self.first(y.permute(0, 2, 3, 1)))).permute(0, 3, 1, 2)
        found: Tensor = x + y.mul(self.gamma.reshape(1, -1, 1, 1))
        return found


class Transformer(nn.Module):
    """Tokens with a learned one first, positions, attention."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, 4)
        self.cls, self.pos = nn.Parameter(torch.zeros(1, 1, 8)), nn.Parameter(torch.zeros(1, 5, 8))
        self.norm, self.attention = nn.LayerNorm(8), nn.MultiheadAttention(8, 2, batch_first=True)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1) + self.pos
        y = self.norm(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        out: Tensor = self.head(x[:, 0])
        return out


class Queries(nn.Module):
    """Attention to tokens with other features, and attention with separate keys and values."""

    def __init__(self) -> None:
        super().__init__()
        self.patches, self.queries = nn.Conv2d(3, 6, 4, 4), nn.Conv2d(3, 8, 2, 2)
        self.cross = nn.MultiheadAttention(8, 2, batch_first=True, kdim=6, vdim=6)
        self.apart = nn.MultiheadAttention(8, 4, batch_first=True, bias=False)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        q, x = (part(x).flatten(2).transpose(1, 2) for part in (self.queries, self.patches))
        y = q + self.cross(q, x, x, need_weights=False)[0]
        y = y + self.apart(y, q, y, need_weights=False)[0]
        out: Tensor = self.head(y[:, 0])
        return out


class Mixer(_Net):
    """Layers along another axis than the channels."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Linear(64, 64)

    def work(self, x: Tensor) -> Tensor:
        a, b = x.chunk(2, dim=2)
        x = torch.cat([b, a.softmax(2)], 2)
        found: Tensor = self.mix(x.flatten(2)).reshape(-1, 8, 8, 8) - x[:, :, ::1]
        return found


class SplitSum(_Net):
    """A stack, and a sum over it."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 1)

    def work(self, x: Tensor) -> Tensor:
        x = torch.stack([self.one(x), self.other(x)], dim=1).sum(dim=1)
        return x.relu() * 0.5 + F.relu6(x + 3) / 6 * -x


class Same(_Net):
    """Padding by a function, by a layer, and of channels."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(8, 8, 3, 2), nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(8, 4, 2))

    def work(self, x: Tensor) -> Tensor:
        return F.pad(self.b(self.a(F.pad(x, (0, 1, 0, 1)))), (0, 0, 0, 0, 0, 4))[:, :, ::2, ::2]


class Pair(nn.Module):
    """A module that reads two tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 3, padding=1)])
        self.norm = nn.BatchNorm2d(8)

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        x = self.norm(self.convs[0](x) + y)
        return x, self.convs[1](y)


class Pairs(_Net):
    """Modules over several tensors, whose children are in the enclosing scope under dotted names."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = Pair(), Pair()

    def work(self, x: Tensor) -> Tensor:
        x, y = self.second(*self.first(x, x.relu()))
        found: Tensor = x * y
        return found


class Scattered(_Net):
    """A list whose layers run in several places."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(8, 8, 1) for _ in range(3))
        self.between = nn.Conv2d(8, 8, 3, padding=1)

    def work(self, x: Tensor) -> Tensor:
        found: Tensor = self.convs[2](self.convs[1](self.between(self.convs[0](x))))
        return found


class Cross(nn.Module):
    """A width that is a fraction, and a conditional merge after another layer."""

    def __init__(self, width: int, ratio: float, add: bool) -> None:
        super().__init__()
        self.norm, self.add = nn.BatchNorm2d(width), add
        self.down, self.up = nn.Conv2d(width, int(width * ratio), 1), nn.Conv2d(int(width * ratio), width, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(x)
        y: Tensor = self.up(self.down(x))
        return x + y if self.add else y


class Crosses(_Net):
    """Instances of one class with different numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(Cross(8, 0.5, True), Cross(8, 0.25, False), Cross(8, 0.75, True))

    def work(self, x: Tensor) -> Tensor:
        out: Tensor = self.body(x)
        return out


class Gated(_Net):
    """Arithmetic between tensors, and with numbers on either side."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.branch = nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 3, padding=1)

    def work(self, x: Tensor) -> Tensor:
        g = self.gate(x).sigmoid()
        x = x + 0.17 * self.branch(x)
        found: Tensor = ((1 - g) * x - g) / (g + 2) - torch.square(x) * 3
        return found


class StandardisedConv(nn.Conv2d):
    """Filters with mean 0 and variance 1 times a learned gain, as in NFNets; without `gamma`, no gain."""

    def __init__(self, channels: int, gamma: float | None) -> None:
        super().__init__(channels, channels, 3, padding=1)
        self.scale = None if gamma is None else gamma * (channels * 9) ** -0.5
        self.gain = None if gamma is None else nn.Parameter(torch.ones(channels, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        gain = None if self.gain is None or self.scale is None else (self.gain * self.scale).view(-1)
        flat = self.weight.reshape(1, len(self.weight), -1)
        weight = F.batch_norm(flat, None, None, gain, training=True, momentum=0.0, eps=1e-4).reshape_as(self.weight)
        return F.conv2d(x, weight, self.bias, 2, self.padding)


class Standardised(_Net):
    """Convolutions with computed weights."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = StandardisedConv(8, 1.7), StandardisedConv(8, None)

    def work(self, x: Tensor) -> Tensor:
        found: Tensor = self.other(self.one(x))
        return found


class Edges(_Net):
    """Padding or cropping before a layer that is not a convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.cut = nn.ZeroPad2d((-1, 1, -1, 1))

    def work(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=float("-inf")), 3, 2)
        return F.avg_pool2d(F.pad(self.cut(x), (1, 0, 1, 1)), 2, 1)


class Unit(nn.Module):
    """A convolution and its activation."""

    def __init__(self, inputs: int, width: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, width, kernel, padding=kernel // 2)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv(x))


class Tabled(_Net):
    """A branch that is a loop, and yet a single branch."""

    def __init__(self) -> None:
        super().__init__()
        self.head, widths = nn.Linear(16, 5), (8, 4, 6, 9, 5, 8)
        for i, kernel in enumerate((1, 3, 1, 3, 1)):
            self.add_module(f"unit{i}", Unit(widths[i], widths[i + 1], kernel))

    def work(self, x: Tensor) -> Tensor:
        y = x
        for i in range(5):
            y = self.get_submodule(f"unit{i}")(y)
        return torch.cat([x, y], 1)


class Attentive(nn.Module):
    """One module for two tensors, as in CBAM, and a layer that runs three times."""

    def __init__(self) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Flatten(), nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 8))
        self.again = nn.Conv2d(8, 8, 1)

    def forward(self, x: Tensor) -> Tensor:
        gate = self.mlp(F.adaptive_avg_pool2d(x, 1)) + self.mlp(F.adaptive_max_pool2d(x, 1))
        x = x * gate.sigmoid()[:, :, None, None]
        for _ in range(3):
            x = F.relu(self.again(x))
        return x


class Reused(_Net):
    """Modules that run several times."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = Attentive(), Attentive()

    def work(self, x: Tensor) -> Tensor:
        out: Tensor = self.other(self.one(x))
        return out


class Stages(_Net):
    """Loops in a loop, each with labels that count."""

    def __init__(self) -> None:
        super().__init__()
        for i in range(3):
            stage = nn.Module()
            for k in range(2):
                stage.add_module(f"unit{k + 1}", Unit(8, 8, 3))
            self.add_module(f"stage{i + 1}", stage)

    def work(self, x: Tensor) -> Tensor:
        for i in range(3):
            for k in range(2):
                x = self.get_submodule(f"stage{i + 1}.unit{k + 1}")(x)
        return x


class Either(nn.Module):
    """A sum in some instances, a concatenation in others."""

    def __init__(self, joined: bool) -> None:
        super().__init__()
        self.conv, self.joined = nn.Conv2d(8, 8, 3, padding=1), joined

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        return F.relu(torch.cat([y[:, :4], x[:, :4]], 1) if self.joined else x + y)


class Merges(_Net):
    """Instances of one class that merge in two ways."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = Either(False), Either(True), Either(False)

    def work(self, x: Tensor) -> Tensor:
        out: Tensor = self.c(self.b(self.a(x)))
        return out
