"""Seeing what a forward pass does with frozen batch norms, whatever it looks like before and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode


class Watch(TorchFunctionMode):
    """While it holds, notes each frozen batch norm that is run on the statistics of the batch.

    A layer that is set to training and back inside the forward pass, or whose statistics are put back afterwards,
    leaves no trace in weights and buffers; the call of the function that normalises is where it shows. `woken`: the
    modules.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.woken: set[str] = set()
        self.frozen = {
            id(tensor): path
            for path, module in model.named_modules()
            if isinstance(module, nn.modules.batchnorm._BatchNorm) and not _learns(module)
            for tensor in (module.weight, module.bias, module.running_mean, module.running_var)
            if tensor is not None
        }

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # fmt: skip
        """Look at a call, and let it do what it does."""
        given = dict(kwargs or {})
        if func in (nn.functional.batch_norm, torch.batch_norm) and (
            args[5] if len(args) > 5 else given.get("training")
        ):
            self.woken.update(self.frozen[id(x)] for x in args[1:5] if id(x) in self.frozen)
        return func(*args, **given)


def _learns(module: nn.Module) -> bool:
    """Whether a batch norm is trained: by its parameters, or where it has none by its mode."""
    parameters = list(module.parameters())
    return any(p.requires_grad for p in parameters) if parameters else module.training
