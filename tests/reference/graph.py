"""The parts of an expansion: nodes, named modules, and scopes that name them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.reference.naming import Counts
from tests.reference.tree import Invalid
from tests.reference.values import Shape, Tensors


@dataclass
class Node:
    kind: str
    arguments: dict[str, Any]
    inputs: Tensors
    shapes: tuple[Shape, ...]
    path: str | None = None
    frozen: bool = False


@dataclass(frozen=True)
class Module:
    """A named module: its kind, inputs, outputs and nodes."""

    path: str
    kind: str
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    nodes: range
    in_branch: bool


@dataclass(frozen=True)
class Call:
    """A block call: its arguments and the shapes of its inputs. `path`: the module that it makes."""

    block: str
    arguments: dict[str, Any]
    inputs: tuple[Shape, ...]
    outputs: int
    path: str = field(default="", compare=False)


@dataclass
class Scope:
    """A scope, which names its children."""

    path: str
    positional: bool
    taken: set[str]
    totals: Counts = field(default_factory=dict)
    editable: bool = True
    position: int = 0
    children: int = 0
    counts: Counts = field(default_factory=dict)
    inserted: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    again: bool = False
    """Whether a shared module is used once more, whose names are taken by itself."""

    def path_of(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def child(self, name: str) -> str:
        """The path of a new child."""
        if not self.again:
            parts = name.split(".")
            outer = [".".join(parts[:n]) for n in range(1, len(parts))]
            if self.used & {name, f"{name}.", *outer}:
                raise Invalid(f"two modules are called {name}")
            self.used |= {name, *(f"{module}." for module in outer)}
        return self.path_of(name)


class Ended(Exception):
    """Raised where a `truncate` ends the network."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors
