"""Models that cannot be imported, each for another reason, and one with side effects."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class _Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.more = nn.Conv2d(3, 8, 3, padding=1), nn.Identity()

    def forward(self, x: Tensor) -> object:
        return self.conv(x)


class NoTensor(_Net):
    """It returns a number."""

    def forward(self, x: Tensor) -> object:
        return len(self.conv(x))


class NothingDone(_Net):
    """It returns its input."""

    def forward(self, x: Tensor) -> object:
        return x


class Unused(_Net):
    """A layer that is never called."""

    def __init__(self) -> None:
        super().__init__()
        self.idle = nn.Linear(8, 5)


class OnGpu(_Net):
    """Its constructor requires a device."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.zeros(2, device="cuda:7")


class Chosen(_Net):
    """The size of its output depends on the number of positive values."""

    def forward(self, x: Tensor) -> object:
        y = self.conv(x)
        return y[y > 0]


class Wanting(_Net):
    """A constructor with a required argument."""

    def __init__(self, width: int) -> None:
        super().__init__()


class Exits(_Net):
    """It ends the process."""

    def forward(self, x: Tensor) -> object:
        raise SystemExit("no licence")


class Compiled(_Net):
    """A part that is already compiled."""

    def __init__(self) -> None:
        super().__init__()
        self.part = torch.jit.script(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()))

    def forward(self, x: Tensor) -> object:
        return self.part(x)


class Normed(_Net):
    """A weight that a hook computes before each call."""

    def __init__(self) -> None:
        super().__init__()
        nn.utils.weight_norm(self.conv)


class Spectral(_Net):
    """A weight that is computed when it is read."""

    def __init__(self) -> None:
        super().__init__()
        nn.utils.parametrizations.spectral_norm(self.conv)


class Hooked(_Net):
    """A hook that changes what a layer reads."""

    def __init__(self) -> None:
        super().__init__()
        self.conv.register_forward_pre_hook(lambda module, args: (args[0] * 2,))


class OwnWeight(_Net):
    """A weight in no layer."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.zeros(8, 3, 3, 3))

    def forward(self, x: Tensor) -> object:
        return nn.functional.conv2d(x, self.kernel) + self.conv(x)[:, :, 1:-1, 1:-1]


class Tied(_Net):
    """One weight of two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 1)
        self.other.weight = self.one.weight

    def forward(self, x: Tensor) -> object:
        return self.other(self.one(self.conv(x)))


class Written(_Net):
    """A tensor that is overwritten in part."""

    def forward(self, x: Tensor) -> object:
        y = self.conv(x)
        y[:, :4] = 0
        return y


class Meddling(_Net):
    """It prints, and changes torch's global settings."""

    def forward(self, x: Tensor) -> object:
        print("I meddle")
        torch.set_grad_enabled(False)
        torch.manual_seed(1)
        return self.conv(x)
