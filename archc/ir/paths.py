"""Paths of modules, as in the state dict: `layer1.0.conv1`."""

from __future__ import annotations


def outer_names(path: str) -> tuple[str, ...]:
    """The modules that contain a module, outermost first: `a` and `a.b` for `a.b.c`."""
    parts = path.split(".")
    return tuple([".".join(parts[:n]) for n in range(1, len(parts))])


def lies_in(path: str, module: str) -> bool:
    """Whether a path, or a key of the state dict, is that of a module or inside it.

    All are inside `""`, the network.
    """
    return not module or path == module or path.startswith(f"{module}.")
