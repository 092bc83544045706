"""Observing what a forward pass does with frozen batch norms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode


class Watch(TorchFunctionMode):
    """A context that records each frozen batch norm that uses the statistics of a batch.

    A layer that is set to training mode and back inside the forward pass, or whose statistics are restored afterwards,
    leaves no trace in weights and buffers. It shows only in the call of the normalising function. `woken`: the modules.
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
        """Inspect a call, and perform it."""
        given = dict(kwargs or {})
        if func in (nn.functional.batch_norm, torch.batch_norm) and (
            args[5] if len(args) > 5 else given.get("training")
        ):
            self.woken.update(self.frozen[id(x)] for x in args[1:5] if id(x) in self.frozen)
        return func(*args, **given)


def _learns(module: nn.Module) -> bool:
    """Whether a batch norm is trained, judged by its parameters, or by its mode if it has none."""
    parameters = list(module.parameters())
    return any(p.requires_grad for p in parameters) if parameters else module.training
