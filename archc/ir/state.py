"""The state dict of a network: its keys and shapes, and what edits of a model keep of it. No weights are loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from archc.ir.network import CallItem, LayerItem, MergeItem, Network, Node, Scope
from archc.ir.op import Weight
from archc.ir.paths import outer_names
from archc.ir.value import Value
from archc.support.record import Record

Status = Literal["kept", "new", "reshaped", "dropped"]


class Entry(Record):
    """One tensor of the state dict: its weight, and the layer that it belongs to."""

    key: str
    weight: Weight
    node: Node


class Kept(Record):
    """The fate of one tensor when a model is edited.

    `shape` is that in the edited network, `before` that in the model; None if there is no such tensor. `reshaped`: the
    layer is the model's own, but has other input channels than before.
    """

    key: str
    status: Status
    shape: tuple[int, ...] | None
    before: tuple[int, ...] | None
    frozen: bool


def layout(network: Network) -> dict[str, Entry]:
    """All entries of the state dict by key, in its order."""
    found: dict[str, Entry] = {}
    for node in map(network.nodes.__getitem__, module_order(network)):
        if node.path:
            for name, weight in network.weights(node).items():
                key = node.key(name)
                found[key] = Entry(key, weight, node)
    return found


def module_order(network: Network) -> list[int]:
    """The numbers of the nodes in the order of the state dict.

    That is the order of execution, except for modules that are opened in several places (`"convs.0"`, `"convs.1"`),
    which are all at the position of the first, even if that is empty.
    """
    nodes = network.nodes
    opened = _opened_empty(network)
    places: dict[str, tuple[int, ...]] = {"": ()}
    keys: list[tuple[int, ...]] = []
    for index, node in enumerate(nodes):
        around = ""
        for path in (*outer_names(node.path), node.path) if node.path else ():
            places.setdefault(path, (*places[around], min(opened.get(path, 2 * index + 1), 2 * index + 1)))
            around = path
        keys.append(places[node.path] if node.path else (2 * index + 1,))
    return sorted(range(len(nodes)), key=keys.__getitem__)


def _opened_empty(network: Network) -> dict[str, int]:
    """The modules that a label with a dot opens for a child in which no layer has a name, and when.

    A position is twice the number of the next node.
    """
    filled = {node.scope for node in network.nodes if node.path}
    if not any("." in s.name and i not in filled for i, s in enumerate(network.scopes)):
        return {}
    found: dict[str, int] = {}
    waiting: list[str] = []
    for step in _steps(network.scopes[0].body, network):
        if isinstance(step, int):
            found = dict.fromkeys(waiting, 2 * step) | found
            waiting.clear()
        elif "." in step.name:
            waiting += outer_names(step.path)
    return found


def _steps(value: object, network: Network) -> Iterator[int | Scope]:
    """The nodes and scopes of a body in the order in which they are written."""
    match value:
        case LayerItem(node=node):
            yield node
        case MergeItem():
            yield from _steps(value.branches, network)
            if value.node is not None:
                yield value.node
        case CallItem():
            yield network.scopes[value.scope]
            yield from _steps(network.scopes[value.scope].body, network)
        case tuple():
            for item in value:
                yield from _steps(item, network)
        case Value():
            if isinstance(scope := getattr(value, "scope", None), int):
                yield network.scopes[scope]
            for name in type(value).model_fields:
                yield from _steps(getattr(value, name), network)


def changes(base: Network, network: Network) -> tuple[Kept, ...]:
    """The effect of the edits from `base` to `network` on the state dict."""
    old, new = layout(base), layout(network)
    rows: list[Kept] = []
    for key, entry in new.items():
        before = None if entry.node.added or key not in old else old[key].weight.shape
        status: Status = "new" if before is None else "kept" if before == entry.weight.shape else "reshaped"
        rows.append(Kept(key, status, entry.weight.shape, before, entry.node.frozen))
    gone = [k for k in old if k not in new or new[k].node.added]
    rows += [Kept(key, "dropped", None, old[key].weight.shape, False) for key in gone]
    return tuple(rows)
