"""Where the values of variables are kept."""

from __future__ import annotations

from collections.abc import Iterator

from archc.elaborate.values import Entry, Tensors
from archc.network.op import Op
from archc.record import replace
from archc.syntax import tree


class Env:
    """The values of the variables of one file, body, macro call or loop turn, inside those of `parent`.

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

    def add_default(self, kind: type[Op], layer: tree.Use) -> None:
        """Declare a `default` for a layer. Arguments that it does not have, which have been reported, are left out."""
        arguments = self._defaults.setdefault(kind.kind(), {})
        kept = tuple(a for a in layer.arguments or () if a.name in kind.model_fields)
        self._layers.append(replace(layer, arguments=kept))
        for argument in kept:
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

    def tensor_names(self) -> Iterator[str]:
        """The names of tensors that can be seen from here, `in` aside."""
        for env in self._outwards():
            yield from (n for n, entry in env.names.items() if isinstance(entry, Tensors) and n != "in")

    def _outwards(self) -> Iterator[Env]:
        env: Env | None = self
        while env is not None:
            yield env
            env = env.parent
