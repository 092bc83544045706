"""One class for each distinct instance of definitions that have no class for all arguments.

The structure of an instance is turned back into a definition without parameters, and translated like any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from archc.ir import definition as d
from archc.ir.expr import Const, const
from archc.ir.network import (
    CallItem,
    Choice,
    GroupItem,
    ItemChain,
    LayerItem,
    LetValue,
    Loop,
    MergeItem,
    Network,
    Ref,
    Scope,
    ScopeResult,
    Statement,
    TensorAssignment,
    taken,
)
from archc.support.record import Struct, field
from archc.targets.pytorch.names import camel, fresh


def instance_definition(
    network: Network, definitions: dict[str, d.BoundDefinition], given_up: Mapping[str, str]
) -> d.BoundDefinition | None:
    """The model of a network as a new definition, or None if its original definition can be used.

    Blocks that edits have changed or that are `given_up`, and their callers, are added to `definitions`.
    """
    alone = _alone(network, given_up)
    if 0 not in alone:
        return None
    return ScopeReader(network, definitions, alone, *_shared(network)).definition(0)


def _shared(network: Network) -> tuple[frozenset[int], frozenset[int]]:
    """The scopes and the layers that are shared modules, each at its first use."""
    scopes, nodes = network.scopes, network.nodes
    later = [s for s in scopes if s.shared is not None and s.parent is not None and scopes[s.parent].shared is None]
    layers = [n for n in nodes if n.shared is not None and n.path and scopes[n.scope].shared is None]
    return frozenset(s.shared for s in later if s.shared is not None), frozenset(n.shared for n in layers if n.shared)


def definition_key(scope: Scope) -> str:
    """The key of the definition that a scope calls: a model and a block may have the same name."""
    return f"model {scope.definition}" if scope.kind == "model" else str(scope.definition)


def owner_key(network: Network, scope: Scope) -> str:
    """The key of the definition that contains the text of a scope: of a group or repeat, that around it."""
    while scope.definition is None and scope.parent is not None:
        scope = network.scopes[scope.parent]
    return definition_key(scope)


def _alone(network: Network, given_up: Mapping[str, str]) -> set[int]:
    """The scopes that need a class of their own."""
    found: set[int] = set()
    for index, scope in enumerate(network.scopes):
        if scope.edited or definition_key(scope) in given_up:
            around: int | None = index
            while around is not None and around not in found:
                found.add(around)
                around = network.scopes[around].parent
    return found


class ScopeReader(Struct):
    """Turns the scopes of one network into definitions."""

    network: Network
    definitions: dict[str, d.BoundDefinition]
    alone: set[int]
    shared: frozenset[int] = frozenset()
    shared_layers: frozenset[int] = frozenset()
    tensors: list[str] = field(default_factory=list)
    known: dict[Ref, int] = field(default_factory=dict)
    visits: dict[str, d.Term] = field(default_factory=dict)

    def definition(self, index: int) -> d.BoundDefinition:
        """A scope as a definition, shared by equal scopes."""
        scope = self.network.scopes[index]
        inner = ScopeReader(self.network, self.definitions, self.alone, self.shared, self.shared_layers)
        original = next(
            (x for x in self.network.definitions if x.name == scope.definition and x.kind == scope.kind), None
        )
        over = tuple(f"x{i}" for i in range(len(scope.inputs))) if len(scope.inputs) > 1 else ()
        if original is not None and original.rest:  # a list becomes the tensors in it
            first, left = original.over[:-1], len(scope.inputs) - len(original.over) + 1
            over = (*first, *(f"{original.over[-1]}{i}" for i in range(left)))
        elif original is not None and original.over:
            over = original.over
        for name, ref in zip(over or ("",), scope.inputs, strict=True):
            inner.known.setdefault(ref, inner.tensor(name))
        body = tuple(inner.statements(scope.body, scope))
        called = original.called if original else scope.name
        if scope.edited:  # it has a different class in another variant
            called = self.network.name if index == 0 else f"{camel(self.network.name)}{called}"
        for known in self.definitions.values():
            if known.instance and (known.called, known.body, known.over) == (called, body, over):
                return known
        number = 1
        prefix = "model " if index == 0 else ""
        while f"{prefix}{(name := f'{called} {number}')}" in self.definitions:
            number += 1
        made = d.BoundDefinition(
            name=name,
            kind="model" if index == 0 else "block",
            called=called,
            doc=original.doc if original else "",
            parameters=(),
            over=over,
            span=scope.span,
            body=body,
            tensors=tuple(inner.tensors),
            instance=True,
        )
        self.definitions[f"{prefix}{name}"] = made
        return made

    def tensor(self, name: str = "") -> int:
        """The number of a new tensor."""
        self.tensors.append(name)
        return len(self.tensors) - 1

    def statements(self, body: tuple[Statement, ...], scope: Scope) -> list[d.Statement]:
        """The statements of a body, without branches that are not taken."""
        found: list[d.Statement] = []
        levels = _levels(body)
        for s in taken(body):
            match s:
                case LetValue():
                    pass
                case TensorAssignment() if levels or not s.names:
                    found += self.taken_apart(s, levels, scope)
                case TensorAssignment():
                    chain = self.chain(s.chain, scope)
                    numbers = tuple(self.tensor(_plain(n)) for n in s.names)
                    self.known.update(zip(s.chain.result, numbers, strict=True))
                    found.append(d.BoundAssignment(tensors=numbers, chain=chain))
                case ScopeResult():
                    chains = tuple(self.chain(c, scope) for c in s.chains)
                    found.append(d.BoundReturn(chains=chains, training=s.training))
        return found

    def taken_apart(self, s: TensorAssignment, levels: Mapping[Ref, str], scope: Scope) -> Iterator[d.Statement]:
        """Split an assignment whose chain makes tensors that are results: one statement for each of these."""
        terms: list[d.Term] = []
        for made, refs in self.pieces(s.chain, scope):
            terms += made
            for ref in refs:
                if ref in levels and ref not in self.known:
                    number = self.known[ref] = self.tensor(levels[ref])
                    yield d.BoundAssignment(tensors=(number,), chain=tuple(terms))
                    terms = [d.BoundTensor(tensor=number)]
        if s.names:
            numbers = tuple(self.tensor(_plain(n)) for n in s.names)
            self.known.update(zip(s.chain.result, numbers, strict=True))
            yield d.BoundAssignment(tensors=numbers, chain=tuple(terms))

    def pieces(self, chain: ItemChain, scope: Scope) -> Iterator[tuple[list[d.Term], tuple[Ref, ...]]]:
        """The terms of a chain and the tensors that they make, including those in groups and loops without a module."""
        if chain.start is not None:
            yield list(self.chain(chain.model_copy({"items": ()}), scope)), chain.source
        for item in chain.items:
            match item:
                case GroupItem(scope=None) | Choice():
                    yield from self.pieces(item.chain, scope)
                case Loop(scope=None, every=False):
                    for turn in item.iterations:
                        yield from self.pieces(turn.chain, scope)
                case LayerItem():
                    outputs = range(len(self.network.nodes[item.node].types))
                    yield self.item(item, scope), tuple(Ref(item.node, out) for out in outputs)
                case MergeItem(node=int() as node):
                    yield self.item(item, scope), (Ref(node, 0),)
                case CallItem(scope=int() as inner) | GroupItem(scope=int() as inner) | Loop(scope=int() as inner):
                    yield self.item(item, scope), self.network.scopes[inner].outputs
                case _:
                    yield self.item(item, scope), ()

    def chain(self, chain: ItemChain, scope: Scope) -> d.Chain:
        """The terms of a chain."""
        found: list[d.Term] = []
        if chain.start is not None and all(ref in self.known for ref in chain.source):
            named = [d.BoundTensor(tensor=self.known[ref]) for ref in chain.source]
            found.append(named[0] if len(named) == 1 else self.together([(each,) for each in named]))
        for item in chain.items:
            found += self.item(item, scope)
        return tuple(found)

    def item(self, item: object, scope: Scope) -> list[d.Term]:
        """An item of a chain as a term."""
        match item:
            case LayerItem():
                node = self.network.nodes[item.node]
                first = item.node if node.shared is None or not node.path else node.shared
                if first in self.shared_layers:
                    return [self.visit(node.path.removeprefix(f"{scope.path}."), first, self.layer, scope)]
                return [self.layer(first, scope)]
            case CallItem(scope=index) | GroupItem(scope=int() as index) | Loop(scope=int() as index):
                module = self.network.scopes[index]
                first = index if module.shared is None else module.shared
                if first in self.shared:
                    return [self.visit(module.name, first, self.module, scope)]
                return [self.module(first, scope)]
            case GroupItem():
                return [self.group(item, scope)]
            case Loop():
                return self.turns(item, scope)
            case Choice():
                return list(self.chain(item.chain, scope))
            case MergeItem():
                return [self.merge(item, scope)]
            case _:
                raise AssertionError(item)

    def turns(self, loop: Loop, scope: Scope) -> list[d.Term]:
        """The turns of a loop in sequence; with `every`, the output of a turn also bypasses the following ones."""
        terms: list[d.Term] = [] if loop.iterations or not loop.every else [self.together([])]
        for number, turn in enumerate(reversed(loop.iterations)):
            rest = [self.together([(), tuple(terms)])] if number and loop.every else terms
            terms = [*self.chain(turn.chain, scope), *rest]
        return terms

    def together(self, branches: Sequence[d.Chain]) -> d.BoundMerge:
        """A merge of chains that read the same tensors."""
        return d.BoundMerge(kind="tuple", branches=tuple(branches), incoming=self.tensor())

    def module(self, index: int, scope: Scope) -> d.Term:
        """A module as a term."""
        inner = self.network.scopes[index]
        if inner.definition is not None:
            return self.call(index, scope)
        (result,) = inner.body
        assert isinstance(result, ScopeResult)
        chain = result.chains[0]
        label = self.label(inner.name, scope)
        if inner.kind == "repeat":
            (loop,) = chain.items
            assert isinstance(loop, Loop)
            return d.BoundGroup(chain=tuple(self.turns(loop, inner)), label=label)
        if index not in self.shared:
            return d.BoundGroup(chain=self.chain(chain, inner), label=label)
        with self.incoming(inner.inputs) as incoming:  # each use reads another tensor
            return d.BoundGroup(chain=self.chain(chain, inner), label=label, incoming=incoming)

    def visit(self, module: str, index: int, term: Callable[[int, Scope], d.Term], scope: Scope) -> d.BoundVisit:
        """A use of a shared module, a scope or layer, which `term` makes."""
        if module not in self.visits:
            self.visits[module] = term(index, scope)
        return d.BoundVisit(module=module, term=self.visits[module])

    def group(self, item: GroupItem, scope: Scope) -> d.Term:
        """A group without a module, in which the incoming tensor may have a name."""
        if item.incoming is None or len(item.chain.source) != 1 or item.chain.start not in (None, item.incoming):
            return d.BoundGroup(chain=self.chain(item.chain, scope))
        with self.incoming(item.chain.source) as incoming:
            chain = self.chain(item.chain.model_copy({"start": None}), scope)
        return d.BoundGroup(chain=chain, incoming=incoming)

    @contextmanager
    def incoming(self, refs: Iterable[Ref]) -> Iterator[int]:
        """Let a new tensor stand for these incoming ones within the context."""
        incoming, before = self.tensor(), dict(self.known)
        self.known.update(dict.fromkeys(refs, incoming))
        yield incoming
        self.known = {**before, **{r: n for r, n in self.known.items() if r not in before and n != incoming}}

    def merge(self, item: MergeItem, scope: Scope) -> d.Term:
        """A merge, as a term."""
        read = [b.source[0] for b in item.branches if len(b.source) == 1 and b.start in (None, item.incoming)]
        with self.incoming(read) as incoming:
            branches = tuple(self.chain(b, scope) for b in item.branches)
        kind = self.network.nodes[item.node].op.kind() if item.node is not None else "tuple"
        return d.BoundMerge(kind=kind, branches=branches, incoming=incoming)

    def layer(self, index: int, scope: Scope) -> d.Term:
        """A layer with all arguments that differ from the defaults."""
        node = self.network.nodes[index]
        op = node.op
        given = tuple(
            d.BoundArgument(name=name, value=const(getattr(op, name)))
            for name, f in type(op).model_fields.items()
            if f.is_required() or getattr(op, name) != f.default
        )
        name = node.path.removeprefix(f"{scope.path}.") if scope.path else node.path
        label = self.label(name, scope) if name and not node.implicit else None
        return d.BoundLayer(kind=op.kind(), arguments=given, label=label, implicit=node.implicit)

    def call(self, index: int, scope: Scope) -> d.Term:
        """A call of a block: of its definition, or of the one made for this instance."""
        inner = self.network.scopes[index]
        label = self.label(inner.name, scope)
        if index in self.alone:
            return d.BlockCall(block=self.definition(index).name, arguments=(), label=label)
        given = tuple(d.BoundArgument(name=a.name, value=const(a.value)) for a in inner.arguments)
        return d.BlockCall(block=str(inner.definition), arguments=given, label=label)

    def label(self, name: str, scope: Scope) -> Const | None:
        """The name of a child; a number for a child named by position."""
        return const(name)


def _plain(name: str) -> str:
    """A tensor's name as an identifier: `xs0` for `xs[0]`, `body_0` for the module `body.0`."""
    found = re.sub(r"\W+", "_", re.sub(r"\[(\d+)\]$", r"\1", name), flags=re.ASCII)
    return fresh(f"x{found}" if found[:1].isdigit() else found, set())


def _levels(body: tuple[Statement, ...]) -> dict[Ref, str]:
    """The tensors that are returned under the path of the module that makes them, with their names."""
    statements = tuple(taken(body))
    named = {ref for s in statements if isinstance(s, TensorAssignment) and s.names for ref in s.chain.result}
    results = [c for s in statements if isinstance(s, ScopeResult) for c in s.chains]
    chains = [c for c in results if c.start is not None and not c.items]
    return {c.source[0]: _plain(str(c.start)) for c in chains if c.source and c.source[0] not in named}
