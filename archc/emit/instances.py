"""What a class has to serve: every instance of every definition, with the values that its names had there."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Sequence

from archc.emit.expressions import read
from archc.network.network import (
    Bind,
    Branch,
    Call,
    Chain,
    Choice,
    Group,
    Let,
    Loop,
    Merge,
    Network,
    Ref,
    Result,
    Scope,
    Statement,
)
from archc.record import Struct, field

Key = tuple[str, str, int]
"""A class: its kind ("block", "model", "group"), its definition (or that around a group), where a group stands."""


class Instance(Struct):
    """One module of a network that has a class of its own.

    `values`: what the names in its texts stand for at its start. `last_use`: the last node in it that reads a tensor.
    """

    network: Network
    index: int
    scope: Scope
    key: Key
    values: dict[str, object]
    last_use: dict[Ref, int] = field(default_factory=dict)


class Instances(Struct):
    """All instances by class, and each by (network, scope)."""

    by_key: dict[Key, list[Instance]] = field(default_factory=lambda: defaultdict(list))
    at: dict[tuple[int, int], Instance] = field(default_factory=dict)
    kept: dict[Key, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Names that stay variable though they have one value here: what a user may pass (`classes`)."""
    consumers: dict[tuple[int, Ref], int] = field(default_factory=lambda: defaultdict(int))
    """How many readers a tensor has, the outside included, by (network, tensor)."""
    numbers: dict[int, int] = field(default_factory=dict)
    """The number of a node in its network, by the node's identity."""


USERS = ("classes",)
"""The model's arguments that a user of the emitted class may want to change."""


def collect(networks: Sequence[Network]) -> Instances:
    """All instances of all networks."""
    found = Instances()
    for network in networks:
        _Walk(network, found).run()
    return found


class _Walk:
    def __init__(self, network: Network, found: Instances) -> None:
        self.network = network
        self.found = found

    def run(self) -> None:
        root = self.network.scopes[0]
        key = ("model", root.definition or "", 0)
        values: dict[str, object] = {c.name: c.value for c in self.network.constants}
        self.instance(0, key, values | {a.name: a.value for a in root.arguments})
        self.found.kept[key] |= {a.name for a in root.arguments if a.name in USERS and type(a.value) is int}
        self.body(root.body, key, dict(self.found.at[id(self.network), 0].values))
        self.uses()

    def instance(self, scope: int, key: Key, values: dict[str, object]) -> None:
        made = Instance(self.network, scope, self.network.scopes[scope], key, values)
        self.found.by_key[key].append(made)
        self.found.at[id(self.network), scope] = made

    def body(self, body: Iterable[Statement], key: Key, env: dict[str, object]) -> None:
        for statement in body:
            match statement:
                case Let():
                    env[statement.name] = statement.value
                    if _mentions(statement.text, self.found.kept[key]):
                        self.found.kept[key].add(statement.name)
                case Bind():
                    self.chain(statement.chain, key, env)
                case Branch():
                    self.body(statement.body, key, env)
                case Result():
                    for chain in statement.chains:
                        self.chain(chain, key, env)

    def chain(self, chain: Chain, key: Key, env: dict[str, object]) -> None:
        for item in chain.items:
            match item:
                case Call():
                    self.call(item, key)
                case Group(scope=int() as index):
                    scope = self.network.scopes[index]
                    inner = key
                    if not (scope.pure or scope.sequential):
                        inner = ("group", key[1], scope.span.start)
                        self.instance(index, inner, dict(env))
                        self.found.kept[inner] |= self.found.kept[key]
                    self.body(scope.body, inner, env)
                case Group():
                    self.chain(item.chain, key, env)
                case Loop():
                    for turn in item.iterations:
                        self.chain(turn.chain, key, env | dict(zip(item.names, turn.values, strict=True)))
                case Choice():
                    self.chain(item.chain, key, env)
                case Merge():
                    for branch in item.branches:
                        self.chain(branch, key, env)
                case _:
                    pass

    def call(self, item: Call, key: Key) -> None:
        scope = self.network.scopes[item.scope]
        inner = ("block", scope.definition or "", 0)
        values: dict[str, object] = {c.name: c.value for c in self.network.constants}
        self.instance(item.scope, inner, values | {a.name: a.value for a in scope.arguments})
        kept = self.found.kept[key]
        self.found.kept[inner] |= {a.name for a in scope.arguments if a.given and _mentions(a.text, kept)}
        self.body(scope.body, inner, dict(self.found.at[id(self.network), item.scope].values))

    def uses(self) -> None:
        """Record for each instance the last node in it that reads each tensor."""
        at, network = self.found.at, self.network
        for i, node in enumerate(network.nodes):
            self.found.numbers[id(node)] = i
            if node.head:
                continue
            for ref in node.inputs:
                self.found.consumers[id(network), ref] += 1
            scope: int | None = node.scope
            while scope is not None:
                if (instance := at.get((id(network), scope))) is not None:
                    for ref in node.inputs:
                        instance.last_use[ref] = i
                scope = network.scopes[scope].parent
        for ref in {*network.outputs, *network.training_outputs}:
            self.found.consumers[id(network), ref] += 1
        for (of, _), instance in at.items():
            if of == id(network):
                for ref in instance.scope.outputs:
                    instance.last_use[ref] = len(network.nodes)


def _mentions(text: str, names: set[str]) -> bool:
    return bool(names) and any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(read(text)))
