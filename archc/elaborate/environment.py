"""Where names are looked up."""

from __future__ import annotations

import keyword
from collections.abc import Iterator

from archc.elaborate.values import Bound, Defined, Entry, Kind, Tensors
from archc.syntax import tree

RESERVED = frozenset(
    {
        "self",
        "super",
        "torch",
        "nn",
        "math",
        "F",
        "Tensor",
        "OrderedDict",
        "NamedTuple",
        "in_channels",
        "range",
        "enumerate",
        "zip",
    }
)
"""Names that emitted code gives a meaning of its own."""


class Env:
    """Names of one file, body, macro call or loop turn, inside those of `parent`.

    Also the `default`s declared there. Lookups go outwards; a body's environment has its file's as parent, so nothing
    leaks from caller to callee.
    """

    __slots__ = ("_defaults", "_layers", "names", "parent")

    def __init__(self, parent: Env | None = None) -> None:
        self.parent = parent
        self.names: dict[str, Entry] = {}
        self._layers: list[tree.Use] = []
        self._defaults: dict[str, dict[str, tuple[tree.Argument, Env]]] = {}

    def find(self, name: str) -> Entry | None:
        """What `name` stands for here, None if nothing."""
        env: Env | None = self
        while env is not None:
            if (entry := env.names.get(name)) is not None:
                return entry
            env = env.parent
        return None

    def own(self, name: str) -> Entry | None:
        """What `name` stands for in this body itself."""
        return self.names.get(name)

    def add_default(self, kind: str, layer: tree.Use) -> None:
        """Declare a `default` for a layer kind."""
        self._layers.append(layer)
        arguments = self._defaults.setdefault(kind, {})
        for argument in layer.arguments or ():
            if argument.name is not None:
                arguments[argument.name] = (argument, self)

    def defaults(self, kind: str) -> dict[str, tuple[tree.Argument, Env]]:
        """The defaults in force for a layer kind, the innermost winning, each with the place of its names."""
        found: dict[str, tuple[tree.Argument, Env]] = {}
        for env in reversed(list(self._outwards())):
            found.update(env._defaults.get(kind, {}))
        return found

    def declared(self) -> tuple[tree.Use, ...]:
        """The `default`s declared here itself."""
        return tuple(self._layers)

    def all_names(self) -> Iterator[str]:
        """Every name that can be seen from here."""
        for env in self._outwards():
            yield from env.names

    def named(self, *kinds: type[tree.Declaration]) -> Iterator[str]:
        """The names of definitions of these kinds that can be seen from here."""
        for env in self._outwards():
            yield from (n for n, e in env.names.items() if isinstance(e, Defined) and isinstance(e.tree, kinds))

    def term_names(self) -> Iterator[str]:
        """The names that can stand as a term: of blocks, macros and tensors, and of parameters for blocks."""
        yield from self.named(tree.Block, tree.Macro)
        for env in self._outwards():
            for name, entry in env.names.items():
                if isinstance(entry, Tensors) or (isinstance(entry, Bound) and isinstance(entry.value, Defined | Kind)):
                    yield name

    def tensor_names(self) -> Iterator[str]:
        """The names of tensors that can be seen from here, `in` aside."""
        for env in self._outwards():
            yield from (n for n, entry in env.names.items() if isinstance(entry, Tensors) and n != "in")

    def _outwards(self) -> Iterator[Env]:
        env: Env | None = self
        while env is not None:
            yield env
            env = env.parent


def is_reserved(name: str) -> bool:
    """Whether a value or parameter may not be called `name`, because emitted Python could not call it so."""
    return (
        keyword.iskeyword(name)
        or name in RESERVED
        or name.startswith("__")
        or (name.startswith("in_") and name[3:].isdigit())
        or name == "in_"
    )
