"""Checks of emitted code that the tests of single specs share."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archc.targets.pytorch import emit
from tests.reference.compare import compare
from tests.support.interpreter import module_from
from tests.support.specs import network


def emitted(text: str, name: str | None = None) -> str:
    """The source of a network, which is checked against the reference."""
    wrong = compare(text, name)
    assert wrong is None, wrong
    return emit([network(text, member=name)], "archc compile case.arch", "0")


def live(source: str) -> nn.Module:
    module = module_from(source)
    found = getattr(module, module.__all__[0])()
    assert isinstance(found, nn.Module)
    return found


def macs(module: nn.Module, *shape: int) -> int:
    """The MACs of one sample by torch's own counter."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module.eval()(torch.zeros(1, *shape))
    return int(counter.get_total_flops()) // 2


def params(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def same(source: str, hand: nn.Module, *shape: int) -> None:
    """Check that emitted code equals a handwritten module: the same names in the same order, the same results."""
    ours = live(source)
    assert [(k, v.shape) for k, v in ours.state_dict().items()] == [(k, v.shape) for k, v in hand.state_dict().items()]
    ours.load_state_dict(hand.state_dict())
    torch.manual_seed(0)
    x = torch.randn(3, *shape)
    for training in (False, True):
        torch.testing.assert_close(ours.train(training)(x.clone()), hand.train(training)(x.clone()))


def names(module: nn.Module) -> list[str]:
    """The names of the modules with a weight."""
    return [k.removesuffix(".weight") for k in module.state_dict() if k.endswith(".weight")]


def classes(source: str) -> list[str]:
    return [line.split()[1].partition("(")[0] for line in source.splitlines() if line.startswith("class ")]


def conv(i: int, o: int, kernel: int = 3, stride: int = 1, **more: Any) -> nn.Conv2d:
    return nn.Conv2d(i, o, kernel, stride, (kernel - 1) // 2, **more)


def defined(source: str) -> None:
    """Check that a file defines all names that it uses, by building and running every class."""
    module = module_from(source)
    for name in classes(source):
        assert hasattr(module, name)
