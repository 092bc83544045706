"""Frozen parts in emitted code: no gradients, and always in evaluation mode, so that no statistics move."""

from __future__ import annotations

from archc.network.freezing import frozen_modules
from archc.network.network import Network

Line = tuple[int, str, str]
Method = tuple[str, list[Line], str]
"""A method's head, its lines, and its docstring."""

AT_THE_END: list[Line] = [
    (0, "for module in self.frozen_modules():", ""),
    (4, "module.requires_grad_(False)", ""),
    (0, "self.train()", ""),
]
"""What `__init__` says last."""


def methods(network: Network) -> list[Method]:
    """The methods of a model with frozen parts; none without."""
    paths = frozen_modules(network)
    if not paths:
        return []
    names = ", ".join(f'"{path}"' for path in paths) + ("," if len(paths) == 1 else "")
    listed: list[Line] = [
        (0, f"names = ({names})", ""),
        (0, "return [self.get_submodule(name) for name in names]", ""),
    ]
    train: list[Line] = [
        (0, "super().train(mode)", ""),
        (0, "for module in self.frozen_modules():", ""),
        (4, "module.eval()", ""),
        (0, "return self", ""),
    ]
    if paths == ("",):
        listed = [(0, "return [self]", "")]
        train[:3] = [(0, "super().train(False)", "")]
    return [
        ("def frozen_modules(self) -> list[nn.Module]:", listed, "Return what is not trained."),
        ("def train(self, mode: bool = True) -> Self:", train, "Set the mode; what is frozen stays in evaluation."),
    ]
