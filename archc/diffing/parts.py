"""A network as a tree of parts: modules with their contents, in the order of the text.

Unlabelled groups, loops and guards are not parts: their contents belong to the enclosing module, and record them
(`around`). Equal parts of both networks get equal numbers from one table, so that equal subtrees are found at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from archc.ir.expr import Const, Expr, Text
from archc.ir.network import (
    ArgumentValue,
    CallItem,
    Choice,
    GroupItem,
    Item,
    ItemChain,
    LayerItem,
    LetValue,
    Loop,
    MergeItem,
    Network,
    Node,
    Scope,
    Statement,
    TakenBranch,
    TensorAssignment,
)
from archc.ir.value import Value
from archc.support.record import Record, Struct, field


class Surround(Record):
    """A loop or guard around a part, inside its module; `turn` is the iteration of the loop, from 0."""

    item: Loop | Choice | TakenBranch
    turn: int = 0


class TreePart(Struct):
    """A layer (`node`) or a module (`scope`) with its `children`.

    A module that exists only in the names of its layers (`features` of `features.3`) is a part without a `scope`.
    `kind`: the op of a layer, or the called block; otherwise `group` (repeats included) or `model`. `name`: the last
    part of its path, "" if it has none; `labelled`: the name is a label of the spec. `size`: the number of its layers,
    without implicit ones (`Node.implicit`). Parts with the same `shape` are equal up to names, parts with the same
    `look` are equal. `loops`: those of its text, including those without turns; `choices`: the values
    of its conditions; `lets`: those of its text, by name.
    """

    network: Network
    kind: str
    name: str
    path: str
    labelled: bool
    node: int | None = None
    scope: int | None = None
    parent: TreePart | None = None
    around: tuple[Surround, ...] = ()
    children: list[TreePart] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    choices: list[bool] = field(default_factory=list)
    lets: dict[str, LetValue] = field(default_factory=dict)
    size: int = 1
    shape: int = 0
    look: int = 0

    @property
    def implicit(self) -> bool:
        """Whether it is an implicit layer."""
        return self.node is not None and self.layer.implicit and bool(self.layer.inputs)

    @property
    def layer(self) -> Node:
        """The node of a layer."""
        assert self.node is not None
        return self.network.nodes[self.node]

    @property
    def module(self) -> Scope:
        """The scope of a module."""
        assert self.scope is not None
        return self.network.scopes[self.scope]

    @property
    def arguments(self) -> dict[str, ArgumentValue]:
        """The arguments of a layer or call, by name."""
        if self.node is None and self.scope is None:
            return {}
        given = self.layer.arguments if self.node is not None else self.module.arguments
        return {argument.name: argument for argument in given}

    def leaves(self) -> Iterator[TreePart]:
        """The layers in it, in order."""
        if self.node is not None:
            yield self
        for child in self.children:
            yield from child.leaves()

    def parts(self) -> Iterator[TreePart]:
        """The part and all parts inside it, outer ones first."""
        yield self
        for child in self.children:
            yield from child.parts()


_KINDS = {"repeat": "group"}
"""Whether a module is written as a group or as a repeat is not to be seen in the network."""


class LookTable(Struct):
    """Numbers for equal things."""

    known: dict[tuple[Any, ...], int] = field(default_factory=dict)

    def number(self, *thing: Any) -> int:
        """The number of a thing."""
        return self.known.setdefault(thing, len(self.known))


def parts_of(network: Network, table: LookTable) -> TreePart:
    """The tree of a network."""
    return _Reader(network, table).read()


class _Reader:
    def __init__(self, network: Network, table: LookTable) -> None:
        self.network = network
        self.table = table
        self.labels = {d.name: Labels(d.body or ()) for d in network.definitions}

    def read(self) -> TreePart:
        root = self._module(0, None, ())
        found = {leaf.node for leaf in root.leaves()}
        apart = [self._layer(i, root, ()) for i in range(len(self.network.nodes)) if i not in found]
        root.children[:0] = apart
        self._number(root)
        return root

    def _module(self, scope: int, parent: TreePart | None, around: tuple[Surround, ...]) -> TreePart:
        here = self.network.scopes[scope]
        kind = here.definition if here.kind == "block" and here.definition else _KINDS.get(here.kind, here.kind)
        name = here.path.rpartition(".")[2]
        labelled = self._labelled(here.path, here.parent)
        part = TreePart(self.network, kind, name, here.path, labelled, scope=scope, parent=parent, around=around)
        seen: set[tuple[str, int]] = set()
        for child in self._body(here.body, part, ()):
            key = ("node", child.node) if child.node is not None else ("scope", child.scope or 0)
            if key not in seen:
                seen.add(key)
                part.children.append(child)
        self._regroup(part, scope)
        part.size = sum(child.size for child in part.children)
        return part

    def _regroup(self, part: TreePart, scope: int) -> None:
        """Make parts of the modules that exist only in names: an edit `return features.3` writes `features` inline."""
        start = len(part.path) + 1 if part.path else 0

        def head(child: TreePart) -> str:
            return child.path[start:].rpartition(".")[0].partition(".")[0]

        for name in dict.fromkeys(filter(None, map(head, part.children))):
            inside = [i for i, child in enumerate(part.children) if head(child) == name]
            run = part.children[inside[0] : inside[-1] + 1]
            if any(child.path and head(child) != name for child in run):
                continue  # interleaved with others: it has no single place
            path = f"{part.path}.{name}" if part.path else name
            labelled = self._labelled(path, scope) or any(child.labelled and head(child) for child in run)
            module = TreePart(self.network, "group", name, path, labelled, parent=part, children=run)
            for child in run:
                child.parent = module
            self._regroup(module, scope)
            module.size = sum(child.size for child in run)
            part.children[inside[0] : inside[-1] + 1] = [module]

    def _layer(self, node: int, parent: TreePart, around: tuple[Surround, ...]) -> TreePart:
        here = self.network.nodes[node]
        name = here.path.rpartition(".")[2]
        labelled = self._labelled(here.path, here.scope)
        size = 0 if here.implicit and here.inputs else 1
        return TreePart(
            self.network, here.op.kind(), name, here.path, labelled,
            node=node, parent=parent, around=around, size=size,
        )  # fmt: skip

    def _labelled(self, path: str, scope: int | None) -> bool:
        """Whether a path inside a scope ends in a label of the definition around it."""
        while scope is not None:
            here = self.network.scopes[scope]
            if here.definition is not None:
                labels = self.labels.get(here.definition)
                inner = path.removeprefix(here.path).removeprefix(".")
                return bool(inner) and labels is not None and tuple(inner.split(".")) in labels
            scope = here.parent
        return False

    def _body(self, body: Iterable[Statement], part: TreePart, around: tuple[Surround, ...]) -> Iterator[TreePart]:
        for statement in body:
            match statement:
                case LetValue():
                    part.lets[statement.name] = statement
                case TensorAssignment():
                    yield from self._chain(statement.chain, part, around)
                case TakenBranch():
                    part.choices.append(statement.value)
                    yield from self._body(statement.body, part, (*around, Surround(statement)))
                case _:
                    for chain in statement.chains:
                        yield from self._chain(chain, part, around)

    def _chain(self, chain: ItemChain, part: TreePart, around: tuple[Surround, ...]) -> Iterator[TreePart]:
        for item in chain.items:
            yield from self._item(item, part, around)

    def _item(self, item: Item, part: TreePart, around: tuple[Surround, ...]) -> Iterator[TreePart]:
        match item:
            case LayerItem():
                yield self._layer(item.node, part, around)
            case CallItem():
                yield self._module(item.scope, part, around)
            case GroupItem() if item.scope is not None:
                yield self._module(item.scope, part, around)
            case Loop() if item.scope is not None and item.scope != part.scope:
                yield self._module(item.scope, part, around)
            case Loop():
                part.loops.append(item)
                for turn, iteration in enumerate(item.iterations):
                    yield from self._chain(iteration.chain, part, (*around, Surround(item, turn)))
            case GroupItem():
                yield from self._chain(item.chain, part, around)
            case Choice():
                part.choices.append(item.value)
                yield from self._chain(item.chain, part, (*around, Surround(item)))
            case MergeItem():
                for branch in item.branches:
                    yield from self._chain(branch, part, around)
                if item.node is not None:
                    yield self._layer(item.node, part, around)

    def _number(self, part: TreePart) -> None:
        for child in part.children:
            self._number(child)
        label = part.name if part.labelled else None
        if part.node is not None:
            node = part.layer
            part.shape = self.table.number("layer", type(node.op), node.op, node.frozen)
            part.look = self.table.number("look", part.shape, label)
        else:
            part.shape = self.table.number("module", *(child.shape for child in part.children))
            part.look = self.table.number("named", part.kind, label, *(child.look for child in part.children))


class Labels:
    """The labels written in a body, by place: a path leads through labelled terms; one may be computed."""

    def __init__(self, body: object) -> None:
        self.rows = [(re.compile(_form(label)), Labels(inner)) for label, inner in _labels(body)]

    def __contains__(self, path: tuple[str, ...]) -> bool:
        met = False
        for end in range(1, len(path) + 1):
            name = ".".join(path[:end])  # a label may have dots
            for form, inner in self.rows:
                if form.fullmatch(name):
                    met = True
                    if end == len(path) or path[end:] in inner:
                        return True
        return not met and len(path) > 1 and path[1:] in self  # what is named by position has no label


def _form(label: Expr) -> str:
    """A regular expression for the names that a label makes."""
    if isinstance(label, Const):
        return re.escape(str(label.value))
    if isinstance(label, Text):
        return "".join(re.escape(str(p.value)) if isinstance(p, Const) else r"\w+" for p in label.parts)
    return r"\w+"


def _labels(value: object) -> Iterator[tuple[Expr, tuple[object, ...]]]:
    """The labels in a bound body, with the contents of their terms."""
    if isinstance(value, tuple):
        for item in value:
            yield from _labels(item)
    elif isinstance(value, Value):
        label = getattr(value, "label", None)
        inside = tuple(getattr(value, name) for name in value.model_fields if name in _HOLDING)
        if label is not None:
            yield label, inside
        else:
            yield from _labels(inside)


_HOLDING = frozenset({"chain", "branches", "then", "otherwise", "chains"})
"""The fields of bound statements and terms that hold terms."""
