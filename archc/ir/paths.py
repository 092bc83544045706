"""Paths of modules, as in the state dict: `layer1.0.conv1`."""

from __future__ import annotations


def outer_names(path: str) -> tuple[str, ...]:
    """The modules that a module lies in, the outermost first: `a` and `a.b` for `a.b.c`."""
    parts = path.split(".")
    return tuple([".".join(parts[:n]) for n in range(1, len(parts))])


def is_inside(key: str, path: str) -> bool:
    """Whether a key of the state dict is of the module at `path`, or is the learned tensor there itself."""
    return key == path or key.startswith(f"{path}.")
