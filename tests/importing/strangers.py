"""Models in common styles of user code."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812  # as everybody calls it
from torch import Tensor, nn


class ConvBlock(nn.Module):
    """An optional normalisation, and in-place operations."""

    def __init__(self, in_ch: int, out_ch: int, bn: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_ch, out_ch, 3, 1, 1, bias=not bn)
        self.bn = nn.BatchNorm2d(out_ch) if bn else None

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        if self.bn is not None:
            x = self.bn(x)
        return F.relu(x, inplace=True)


class SmallNet(nn.Module):
    """Loops, branches on `x.shape`, functions with `training=`, sums in place."""

    def __init__(self, width: int = 8, num_classes: int = 10) -> None:
        super().__init__()
        self.first = ConvBlock(3, width, bn=False)
        self.second = ConvBlock(width, 2 * width)
        self.third = ConvBlock(2 * width, 2 * width)
        self.fc1 = nn.Linear(2 * width * 4 * 4, 64)
        self.fc2 = nn.Linear(64, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        for block in (self.first, self.second):
            x = F.max_pool2d(block(x), 2)
        y = self.third(x)
        y += x
        if y.shape[-1] > 4:
            y = F.adaptive_avg_pool2d(y, (4, 4))
        y = y.view(y.size(0), -1)
        y = F.dropout(F.relu(self.fc1(y)), p=0.3, training=self.training)
        out: Tensor = self.fc2(y)
        return out


class BasicBlock(nn.Module):
    """A shortcut that is an empty Sequential if the shape stays the same."""

    expansion = 1

    def __init__(self, in_planes: int, planes: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_planes, planes, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_planes != self.expansion * planes:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_planes, self.expansion * planes, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(self.expansion * planes),
            )

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out)


class CifarNet(nn.Module):
    """A ResNet for small images, made by `_make_layer`."""

    def __init__(self, num_blocks: tuple[int, ...] = (2, 2, 2), num_classes: int = 10) -> None:
        super().__init__()
        self.in_planes = 16
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = self._make_layer(16, num_blocks[0], 1)
        self.layer2 = self._make_layer(32, num_blocks[1], 2)
        self.layer3 = self._make_layer(64, num_blocks[2], 2)
        self.linear = nn.Linear(64, num_classes)

    def _make_layer(self, planes: int, n: int, stride: int) -> nn.Sequential:
        layers: list[nn.Module] = []
        for s in [stride] + [1] * (n - 1):
            layers.append(BasicBlock(self.in_planes, planes, s))
            self.in_planes = planes
        return nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.layer3(self.layer2(self.layer1(out)))
        out = F.avg_pool2d(out, 8)
        out = out.view(out.size(0), -1)
        logits: Tensor = self.linear(out)
        return logits


class DoubleConv(nn.Module):
    """A block that is one Sequential."""

    def __init__(self, i: int, o: int) -> None:
        super().__init__()
        self.double_conv = nn.Sequential(
            nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(inplace=True),
            nn.Conv2d(o, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(inplace=True),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.double_conv(x)
        return out


class UNet(nn.Module):
    """Skip connections."""

    def __init__(self, n_classes: int = 2) -> None:
        super().__init__()
        self.inc, self.d1, self.d2 = DoubleConv(3, 8), DoubleConv(8, 16), DoubleConv(16, 32)
        self.up1, self.c1 = nn.ConvTranspose2d(32, 16, 2, stride=2), DoubleConv(32, 16)
        self.up2, self.c2 = nn.ConvTranspose2d(16, 8, 2, stride=2), DoubleConv(16, 8)
        self.outc = nn.Conv2d(8, n_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        x1 = self.inc(x)
        x2 = self.d1(F.max_pool2d(x1, 2))
        x3 = self.d2(F.max_pool2d(x2, 2))
        y = self.c1(torch.cat([x2, self.up1(x3)], dim=1))
        y = self.c2(torch.cat([x1, self.up2(y)], dim=1))
        out: Tensor = self.outc(y)
        return out


class DenseLayer(nn.Module):
    """Concatenates its output to its input."""

    def __init__(self, c: int, growth: int) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(c)
        self.conv = nn.Conv2d(c, growth, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.conv(F.relu(self.bn(x)))], 1)


class Dense(nn.Module):
    """A Sequential of growing width."""

    def __init__(self, growth: int = 12, depth: int = 4) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 24, 3, padding=1)
        self.dense = nn.Sequential(*(DenseLayer(24 + i * growth, growth) for i in range(depth)))
        self.fc = nn.Linear(24 + depth * growth, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.dense(self.conv1(x)))
        out: Tensor = self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))
        return out


class LeNet(nn.Module):
    """PyTorch's example for MNIST."""

    def __init__(self, hidden: int = 32) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 8, 3, 1), nn.Conv2d(8, 16, 3, 1)
        self.dropout1, self.dropout2 = nn.Dropout(0.25), nn.Dropout(0.5)
        self.fc1, self.fc2 = nn.Linear(2304, hidden), nn.Linear(hidden, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        x = torch.flatten(self.dropout1(F.max_pool2d(x, 2)), 1)
        x = self.dropout2(F.relu(self.fc1(x)))
        return F.log_softmax(self.fc2(x), dim=1)
