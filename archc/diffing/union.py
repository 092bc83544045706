"""Both networks as one, for a figure: the second, with the removed parts of the first where they were."""

from __future__ import annotations

from typing import Any, Literal

from archc.diffing.pairing import Pairing
from archc.diffing.wires import Wires
from archc.ir.network import CallItem, Item, ItemChain, LayerItem, MergeItem, Network, Node, Ref, Scope, ScopeResult
from archc.ir.value import Value

Fate = Literal["new", "gone", "changed"]


def union(root: Pairing) -> tuple[Network, dict[int, Fate]]:
    """The network with all layers of both, and the status of those that differ.

    It is only for display: a layer reads its inputs in either network, those of the second first.
    """
    return _Union(root).made()


class _Union:
    def __init__(self, root: Pairing) -> None:
        self.root = root
        self.before, self.after = root.a.network, root.b.network
        self.nodes: dict[int, int] = {}
        """The layers of the first network that are in the second, with their numbers there."""
        self.scopes: dict[int, int] = {}
        self.fates: dict[int, Fate] = {}
        self._match(root, moved=False)
        for pair in Wires(root).changed():
            if pair.b.node is not None:
                self.fates[pair.b.node] = "changed"
        self.back = {j: i for i, j in self.nodes.items()}
        self.places, self.ghosts = self._ordered()

    def _match(self, pair: Pairing, *, moved: bool) -> None:
        moved = moved or pair.moved
        if pair.replaced:
            return
        if pair.a.node is not None and pair.b.node is not None:
            self.nodes[pair.a.node] = pair.b.node
            renamed = pair.a.name != pair.b.name and (pair.a.labelled or pair.b.labelled)
            if moved or renamed or pair.a.shape != pair.b.shape:
                self.fates[pair.b.node] = "changed"
        elif pair.a.scope is not None and pair.b.scope is not None:
            self.scopes[pair.a.scope] = pair.b.scope
        for inner in pair.pairs:
            self._match(inner, moved=moved)

    def _ordered(self) -> tuple[dict[int, int], dict[int, int]]:
        """The numbers in the union of the second network's layers, and of the removed ones."""
        keys: list[tuple[int, int, int]] = [(j, 0, j) for j in range(len(self.after.nodes))]
        last = 0
        for i in range(len(self.before.nodes)):
            last = max(last, self.nodes.get(i, -1))
            if i not in self.nodes:
                keys.append((last, 1, i))
        order = {key: place for place, key in enumerate(sorted(keys))}
        places = {key[2]: place for key, place in order.items() if key[1] == 0}
        return places, {key[2]: place for key, place in order.items() if key[1] == 1}

    def made(self) -> tuple[Network, dict[int, Fate]]:
        """The union, and the fates of its layers by their numbers in it."""
        standing = set(self.nodes.values())
        fates: dict[int, Fate] = {self.places[j]: fate for j, fate in self.fates.items()}
        fates |= {self.places[j]: "new" for j in range(len(self.after.nodes)) if j not in standing}
        fates |= dict.fromkeys(self.ghosts.values(), "gone")
        lost = [i for i in range(len(self.before.scopes)) if i not in self.scopes]
        self.scopes |= {i: len(self.after.scopes) + n for n, i in enumerate(lost)}
        nodes: dict[int, Node] = {}
        for j, node in enumerate(self.after.nodes):
            nodes[self.places[j]] = node.model_copy({"inputs": self._read(node, j), "added": False})
        taken = {node.path for node in self.after.nodes} | {scope.path for scope in self.after.scopes}
        for i, place in self.ghosts.items():
            node = self.before.nodes[i]
            inputs = tuple(self._ref(ref) for ref in node.inputs if self._place(ref) < place)
            path = _apart(node.path, taken)
            nodes[place] = node.model_copy(
                {"inputs": inputs, "scope": self.scopes[node.scope], "path": path, "added": False, "expansion": None}
            )
        scopes = [self._scope(n) for n in range(len(self.after.scopes))] + [self._lost(i, taken) for i in lost]
        changes = {
            "nodes": tuple(nodes[n] for n in range(len(nodes))),
            "scopes": tuple(scopes),
            **{name: self._renumbered(getattr(self.after, name)) for name in ("inputs", "outputs", "training_outputs")},
        }
        return self.after.model_copy(changes), fates

    def _place(self, ref: Ref) -> int:
        """The number of the layer that makes a tensor of the first network."""
        return self.places[self.nodes[ref.node]] if ref.node in self.nodes else self.ghosts[ref.node]

    def _ref(self, ref: Ref) -> Ref:
        return Ref(self._place(ref), ref.out)

    def _read(self, node: Node, number: int) -> tuple[Ref, ...]:
        """The tensors that a layer reads, and those that it read from removed layers."""
        own = tuple(Ref(self.places[ref.node], ref.out) for ref in node.inputs)
        twin = self.back.get(number)
        old = self.before.nodes[twin].inputs if twin is not None else ()
        lost = (self._ref(ref) for ref in old if ref.node in self.ghosts)
        return (*own, *(ref for ref in lost if ref.node < self.places[number]))

    # -- structure ----------------------------------------------------------------------------------------------------

    def _scope(self, number: int) -> Scope:
        """A module of the second network, with what was removed from it."""
        here = self.after.scopes[number]
        twin = next((i for i, n in self.scopes.items() if n == number), None)
        more = self._chain(self._gone_in(twin)) if twin is not None else ()
        body = (*self._renumbered(here.body), *more)
        names = ("inputs", "outputs")
        return here.model_copy({"body": body, **{name: self._renumbered(getattr(here, name)) for name in names}})

    def _lost(self, number: int, taken: set[str]) -> Scope:
        """A removed module, with its contents."""
        here = self.before.scopes[number]
        parent = self.scopes[here.parent] if here.parent is not None else None
        path = _apart(here.path, taken)
        return here.model_copy(
            {
                "parent": parent,
                "path": path,
                "expansion": None,
                "body": self._chain(self._gone_in(number)),
                "inputs": (),
                "outputs": (),
            }
        )

    def _gone_in(self, scope: int) -> list[Item]:
        """The removed items that were directly in a module of the first network."""
        items: list[Item] = [
            LayerItem(node=place) for i, place in self.ghosts.items() if self.before.nodes[i].scope == scope
        ]
        items += [
            CallItem(scope=self.scopes[i])
            for i, one in enumerate(self.before.scopes)
            if one.parent == scope and self.scopes[i] >= len(self.after.scopes)
        ]
        return items

    def _chain(self, items: list[Item]) -> tuple[ScopeResult, ...]:
        if not items:
            return ()
        return (ScopeResult(chains=(ItemChain(items=tuple(items), source=(), result=()),)),)

    def _renumbered(self, value: Any) -> Any:
        """A part of the second network's structure with the union's numbers."""
        if isinstance(value, Ref):
            return Ref(self.places[value.node], value.out)
        if isinstance(value, tuple):
            return tuple(map(self._renumbered, value))
        if isinstance(value, LayerItem):
            return LayerItem(node=self.places[value.node])
        if isinstance(value, Value) and not hasattr(value, "is_a") and not isinstance(value, ItemChain | Scope):
            inside: tuple[str, ...] = ("chain",) if "chain" in value.model_fields else ()
        elif isinstance(value, Value):
            inside = tuple(name for name in _STRUCTURE if name in value.model_fields)
        else:
            return value
        changes = {name: self._renumbered(getattr(value, name)) for name in inside}
        if isinstance(value, MergeItem) and value.node is not None:
            changes["node"] = self.places[value.node]
        return value.model_copy(changes) if changes else value


_STRUCTURE = ("chain", "chains", "items", "source", "result", "branches", "iterations", "body")
"""The fields of items and statements that contain others, or tensors."""


def _apart(path: str, taken: set[str]) -> str:
    """A path that no module of the second network has."""
    return f"{path}_before" if path in taken and path else path
