"""The instances of each class of a model, from the inside out."""

from __future__ import annotations

from collections.abc import Sequence

from archc.importing.scopes import ScopeInstance, walk
from archc.support.record import Record


class PlacedScope(Record):
    """An instance, the number of its model, and its name in the scope around it.

    `in_order`: it is named by its position.
    """

    scope: ScopeInstance
    model: int
    name: str
    in_order: bool

    @property
    def kind(self) -> str:
        """The name of its class."""
        return self.scope.module.kind

    @property
    def is_container(self) -> bool:
        """Whether it is not a class of the model itself."""
        return self.scope.module.plain_sequence or not self.scope.called


def class_groups(roots: Sequence[ScopeInstance]) -> list[list[PlacedScope]]:
    """The instances of each class, nested ones first."""
    heights: dict[int, int] = {}
    found: dict[tuple[object, ...], list[PlacedScope]] = {}
    for number, scope in ((i, s) for i, root in enumerate(roots) for s in walk(root)):
        inner = [item for item in scope.items if isinstance(item, ScopeInstance)]
        heights[id(scope)] = 1 + max((heights[id(item)] for item in inner), default=0)
        in_order = _is_sequence(scope)
        for item in inner:
            placed = PlacedScope(item, number, scope.label(item.path), in_order)
            found.setdefault(_class_of(placed, heights[id(item)]), []).append(placed)
    merged: dict[tuple[object, ...], list[PlacedScope]] = {}
    recursive = {p.kind for group in found.values() for p in group if _holds_itself(p.scope)}
    for key, group in found.items():
        whole = key if group[0].kind in recursive or group[0].is_container else key[:-1]
        merged.setdefault(whole, []).extend(group)
    return sorted(merged.values(), key=lambda group: max(heights[id(p.scope)] for p in group))


def varies(instances: Sequence[PlacedScope]) -> bool:
    """Whether a class is a container: it only runs its children in order, and these differ among its instances."""
    children = {p.scope.module.children for p in instances}
    return (
        instances[0].scope.module.in_order
        and len(children) > 1
        and not all(name.isdecimal() for names in children for name in names)
    )


def _class_of(placed: PlacedScope, height: int) -> tuple[object, ...]:
    module = placed.scope.module
    if placed.is_container:
        inner = tuple(i.module.kind for i in placed.scope.items if isinstance(i, ScopeInstance))[:1]
        return "container", placed.in_order, inner, height
    return module.library, module.kind, height


def _holds_itself(scope: ScopeInstance) -> bool:
    return any(other is not scope and other.module.kind == scope.module.kind for other in walk(scope))


def _is_sequence(scope: ScopeInstance) -> bool:
    """Whether the children are named by position, so that a spec has no labels for them."""
    names = [scope.label(item.path) for item in scope.items if item.path]
    return (scope.module.in_order or not scope.called) and all(name.isdecimal() for name in names)


def names_of(scope: ScopeInstance) -> frozenset[str]:
    """The names of modules in a scope, which tensors cannot have."""
    return frozenset(scope.label(item.path).partition(".")[0] for item in scope.items if item.path)
