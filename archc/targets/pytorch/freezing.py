"""Frozen parts in emitted code: no gradients, and always in evaluation mode, so that statistics do not change."""

from __future__ import annotations

from archc.ir.freezing import frozen_modules
from archc.ir.network import Network

Line = tuple[int, str, str]
Method = tuple[str, list[Line], str]
"""A method's head, its lines, and its docstring."""


def at_the_end(network: Network) -> list[Line]:
    """The last statements of `__init__`; none without frozen parts."""
    modules, tensors = _parts(network)
    lines: list[Line] = []
    if modules:
        lines += [(0, "for module in self.frozen_modules():", ""), (4, "module.requires_grad_(False)", "")]
    for path in tensors:
        around, _, name = path.rpartition(".")
        owner = f'self.get_submodule("{around}")' if around else "self"
        lines.append((0, f'{owner}.get_parameter("{name}").requires_grad_(False)', ""))
    return [*lines, (0, "self.train()", "")] if modules else lines


def _parts(network: Network) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The paths of frozen modules, and of frozen learned tensors."""
    learned = {n.path for n in network.nodes if "" in network.weights(n)}
    paths = frozen_modules(network)
    return tuple(p for p in paths if p not in learned), tuple(p for p in paths if p in learned)


def methods(network: Network) -> list[Method]:
    """The methods of a model with frozen modules; none without them."""
    paths, _ = _parts(network)
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
        own: list[Line] = [(0, "self.training = mode", "")] if has_mode_of_its_own(network) else []
        train[:3] = [(0, "super().train(False)", ""), *own]
    return [
        ("def frozen_modules(self) -> list[nn.Module]:", listed, "Return what is not trained."),
        ("def train(self, mode: bool = True) -> Self:", train, "Set the mode; what is frozen stays in evaluation."),
    ]


def has_mode_of_its_own(network: Network) -> bool:
    """Whether a network that is frozen as a whole still has a mode, because training returns other tensors.

    Its functions must not depend on that mode: anything random has to be a module, which stays in evaluation mode.
    """
    return frozen_modules(network) == ("",) and network.training_outputs != network.outputs
