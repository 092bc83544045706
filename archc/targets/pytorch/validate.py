"""Translation validation: interpret the classes without torch and compare them with the network, node by node.

It compares the names and order of modules with weights, the class and arguments of each layer, the tensors that each
layer reads, and the results of both modes. It checks that every layer of a mode runs once, that shapes in comments are
correct, and that layers that work in place overwrite nothing that is still needed.

Source: Pnueli, Siegel and Singerman 1998, Translation Validation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from archc.diagnostics.source import Span
from archc.ir.expr import CannotEvaluate, Const, Var, evaluate
from archc.ir.network import Network, Ref
from archc.ir.op import Op
from archc.support.record import Struct, field, replace
from archc.targets.pytorch.code import (
    Assign,
    CallModule,
    Class,
    Compute,
    Copy,
    Operation,
    PyFor,
    PyIf,
    PyReturn,
    Statement,
)
from archc.targets.pytorch.construct import Child, Constructor, Leaf, Mismatch, ModuleInstance
from archc.targets.pytorch.nodes import Nodes, nodes_of
from archc.targets.pytorch.overwriting import InPlace
from archc.targets.pytorch.printing import TRAINING
from archc.targets.pytorch.walk import walk

__all__ = ["Mismatch", "validate"]


def validate(made: Class, arguments: Mapping[str, Any], network: Network, constructor: Constructor) -> set[int]:
    """Compare a model's class, built with these arguments, with its network. Raises `Mismatch`.

    Returns the nodes that work in place in evaluation.
    """
    given = {a.name: arguments[a.name] for a in made.arguments if a.name in arguments}
    model = constructor.build_class(made, given, "", made.span)
    nodes = nodes_of(network)
    nodes.compare_weights(model)
    nodes.compare_head(made, constructor)
    differs = network.training_outputs != network.outputs or any(_has_modes(c) for c in constructor.seen.values())
    evaluation = _compared(ForwardRun(nodes, constructor, False, alone=not differs), model)
    if differs:
        _compared(ForwardRun(nodes, constructor, True), model)
    return {index for index, inplace in evaluation.met.items() if inplace}


def _compared(run: ForwardRun, model: ModuleInstance) -> ForwardRun:
    """Run a model in one mode, and compare it with the network. Raises `Mismatch`.

    Of several equal layers on one tensor, such as dropouts, those that results need are tried first, since unneeded
    functions are not written. If that fails, the layers are tried in order.
    """
    try:
        run.compare(model)
        return run
    except Mismatch:
        run.nodes.known.clear()
        again = replace(run, met={}, in_order=True)
        with suppress(Mismatch):
            again.compare(model)
            return again
        raise


def _has_modes(made: Class) -> bool:
    """Whether a class behaves differently in training and evaluation."""
    statements = walk(made.forward)
    return any(
        s.training_only if isinstance(s, Compute) else isinstance(s, PyReturn) and s.training for s in statements
    )


class ForwardRun(Struct):
    """One run of a model in one mode, in which a variable holds the tensor of the network that it stands for.

    `alone`: it is the same in both modes. `in_order`: of equal layers, the first is meant, even if nothing needs it.
    """

    nodes: Nodes
    constructor: Constructor
    training: bool
    alone: bool = False
    in_order: bool = False
    met: dict[int, bool] = field(default_factory=dict)
    """The nodes that have run, and whether each works in place."""

    def compare(self, model: ModuleInstance) -> None:
        """Run a model in this mode, and compare it with the network."""
        network = self.nodes.network
        made = model.made
        assert made is not None
        results = self.call(model, network.inputs, made.span)
        wanted = network.training_outputs if self.training else network.outputs
        if results != self.nodes.one(wanted):
            mode = "training" if self.training else "evaluation"
            raise Mismatch(f"the results of {mode} are other tensors", network.scopes[0].span)
        for index in sorted(self.wanted()):
            if index not in self.met and self.nodes.first.get(index) not in self.met:
                node = network.nodes[index]
                raise Mismatch(f"the {node.op.kind()}{_called(node.path)} is left out", node.span)
        self.compare_memory()

    def wanted(self) -> frozenset[int]:
        """The nodes that must run: those that the results depend on, and in training unused layers with weights."""
        evaluation, training = self.nodes.needed
        here = training if self.training else evaluation
        if not (self.training or self.alone):
            return here
        return here | (set(self.nodes.by_path.values()) - evaluation)

    def compare_memory(self) -> None:
        """Find tensors that are overwritten although they are read later, or in the backward pass."""
        if not any(self.met.values()):
            return
        may = InPlace(self.nodes.network, self.met)
        for index, inplace in self.met.items():
            node = self.nodes.network.nodes[index]
            if inplace and node not in may:
                raise Mismatch(f"the {node.op.kind()}{_called(node.path)} overwrites a tensor still needed", node.span)

    def call(self, child: Child, inputs: tuple[Ref, ...], span: Span) -> tuple[Ref, ...]:
        """Call a module."""
        if isinstance(child, Leaf):
            return self.applied(child, inputs, span)
        made = child.made
        if child.is_sequence:
            span = made.span if made is not None else span
            results = inputs
            for inner in child.children.values():
                self.count(results, 1, f"`{child.path}`", span)
                results = self.call(inner, results, span)
            self.count(results, 1, f"`{child.path}`", span)
        else:
            assert made is not None
            self.count(inputs, len(made.inputs), f"`{made.name}`", span)
            tensors: dict[str, Ref | None] = dict(zip(made.inputs, inputs, strict=True))
            numbers = {TRAINING.name: self.training, **child.fields}
            found = self.run(self.constructor.said[id(made)].forward, numbers, tensors, child, made)
            if found is None:
                raise Mismatch(f"`{made.name}` returns nothing", made.span)
            results = found
        if made is not None and not self.training:
            self.compare_shapes(made, child, inputs, results)
        return results

    def count(self, tensors: Sequence[Ref], wanted: int, what: str, span: Span) -> None:
        """Compare the number of tensors."""
        if len(tensors) != wanted:
            raise Mismatch(f"{what} is given {len(tensors)} tensors, not {wanted}", span)

    def run(
        self,
        statements: Sequence[Statement],
        numbers: dict[str, Any],
        tensors: dict[str, Ref | None],
        at: ModuleInstance,
        made: Class,
    ) -> tuple[Ref, ...] | None:
        """Run the statements of `forward`. Returns its result, or None if control falls through."""
        for s in statements:
            match s:
                case Compute():
                    self.compute(s, numbers, tensors, at, made)
                case Assign():
                    numbers[s.name] = self.constructor.value(s.value, numbers, made.span)
                    tensors.pop(s.name, None)  # one Python name for both
                case PyIf():
                    side = s.then if self.constructor.value(s.condition, numbers, made.span) else s.otherwise
                    if (found := self.run(side, numbers, tensors, at, made)) is not None:
                        return found
                case PyFor():
                    for row in self.constructor.rows(s, numbers, made.span):
                        numbers.update(row)
                        if (found := self.run(s.body, numbers, tensors, at, made)) is not None:
                            return found
                case PyReturn():
                    return tuple([self.tensor(n, tensors, made) for n in s.values])
                case _:
                    raise Mismatch("a statement does not belong in `forward`", made.span)
        return None

    def tensor(self, name: str, tensors: Mapping[str, Ref | None], made: Class) -> Ref:
        """The tensor that a variable holds."""
        found = tensors.get(name)
        if found is None:
            raise Mismatch(f"the tensor `{name.partition('~')[0]}` of `{made.name}` has no value", made.span)
        return found

    def compute(
        self, s: Compute, numbers: dict[str, Any], tensors: dict[str, Ref | None], at: ModuleInstance, made: Class
    ) -> None:
        """Run `targets = value`."""
        if s.training_only and not self.training:  # an empty tensor as a placeholder
            tensors.update(dict.fromkeys(s.targets))
            return
        inputs = tuple([self.tensor(n, tensors, made) for n in s.value.inputs])
        match s.value:
            case Copy():
                found = inputs
            case CallModule():
                name = str(self.constructor.value(s.value.name, numbers, made.span))
                child = at.find(name)
                if child is None or (isinstance(child, ModuleInstance) and child.holds):
                    raise Mismatch(f"`{made.name}` has no module `{name}`", made.span)
                found = self.call(child, inputs, made.span)
            case Operation():
                found = self.operated(s.value, inputs, numbers, at, made)
        self.count(found, len(s.targets), f"an assignment in `{made.name}`", made.span)
        tensors.update(zip(s.targets, found, strict=True))
        for name in s.targets:
            numbers.pop(name, None)
        if s.shape and not isinstance(s.value, Copy):
            self.compare_comment(s, found[0])

    def compare_comment(self, s: Compute, found: Ref) -> None:
        """Compare the shape in a line's comment, if all of it is known."""
        said = tuple([e.value for e in s.shape if type(e) is Const])
        dims = self.nodes.network.type_of(found).dims
        if len(said) == len(s.shape) and said != dims:
            node = self.nodes.network.nodes[found.node]
            raise Mismatch(f"a tensor of {_shape(dims)} is said to be {_shape(said)}", node.span)

    def compare_shapes(self, made: Class, at: ModuleInstance, inputs: Sequence[Ref], results: Sequence[Ref]) -> None:
        """Compare the shapes that a class states with those of its tensors."""
        network = self.nodes.network
        known = dict(at.arguments)
        for row, ref in zip(made.dims, inputs, strict=True):
            known.update((e.name, n) for e, n in zip(row, network.type_of(ref).dims, strict=True) if isinstance(e, Var))
        for row, ref in zip(made.outputs, results, strict=False):
            dims = network.type_of(ref).dims
            for e, n in zip(row, dims, strict=False):
                try:
                    said = evaluate(e, known, self.constructor.functions)
                except CannotEvaluate:  # a parameter that only other sizes depend on
                    continue
                if said != n:
                    raise Mismatch(f"`{made.name}` gives {_shape(dims)}, and says {said} for {n}", made.span)

    def applied(self, leaf: Leaf, inputs: tuple[Ref, ...], span: Span) -> tuple[Ref, ...]:
        """Apply a layer: find its node."""
        nodes = self.nodes.network.nodes
        known = self.nodes.known.get(id(leaf))
        if known is not None and known[1] not in self.met and self.nodes.inputs[known[1]] == inputs:
            return self.done(known[1], leaf.inplace)
        for index in self.open(inputs, leaf.op, leaf.path.rpartition(".")[0], leaf.path):
            node = nodes[index]
            if node.path != leaf.path and (node.path in self.nodes.by_path or leaf.path in self.nodes.by_path):
                continue
            if self.nodes.agrees(leaf, index):
                self.nodes.known[id(leaf)] = leaf, index
                return self.done(index, leaf.inplace)
        given = [*map(repr, leaf.args), *(f"{n}={v!r}" for n, v in leaf.kwargs.items())]
        said = f"`{leaf.path}`, {leaf.target or leaf.op.kind()}({', '.join(given)}),"
        own = self.nodes.by_path.get(leaf.path)
        raise Mismatch(f"{said} is not what the network has there", self.near(inputs, span, own))

    def operated(
        self, value: Operation, inputs: tuple[Ref, ...], numbers: Mapping[str, Any], at: ModuleInstance, made: Class
    ) -> tuple[Ref, ...]:
        """Apply a function: find its node."""
        for index in self.open(inputs, value.op, at.path):
            if self.nodes.says(value, index, numbers, self.constructor):
                return self.done(index, value.inplace)
        where = self.near(inputs, made.span)
        raise Mismatch(f"the {value.op.kind()} of `{made.name}` is not what the network has there", where)

    def open(self, inputs: tuple[Ref, ...], op: type[Op], path: str, own: str = "") -> Sequence[int]:
        """The nodes of a kind that read these tensors and have not run: first the one called `own`, then by module."""
        network = self.nodes.network
        found = [i for i in self.nodes.readers.get(inputs, ()) if i not in self.met and type(network.nodes[i].op) is op]
        if len(found) > 1:
            nodes = network.nodes
            order = found if not self.in_order else sorted(found)
            named = bool(own)  # functions have no names, and neither have nodes that are functions on another path
            found = sorted(
                order, key=lambda i: (named and nodes[i].path != own, network.scopes[nodes[i].scope].path != path)
            )
        return found

    def near(self, inputs: tuple[Ref, ...], span: Span, own: int | None = None) -> Span:
        """The place in the spec of the node that differs from the code."""
        waiting = (i for i in self.nodes.readers.get(inputs, ()) if i not in self.met)
        index = own if own is not None else next(waiting, None)
        return span if index is None else self.nodes.network.nodes[index].span

    def done(self, index: int, inplace: bool) -> tuple[Ref, ...]:
        """Record that a node has run. Returns its outputs."""
        self.met[index] = inplace
        first = self.nodes.first.get(index, index)
        return tuple([Ref(first, i) for i in range(len(self.nodes.network.nodes[index].types))])


def _called(path: str) -> str:
    return f", `{path}`," if path else ""


def _shape(dims: Sequence[Any]) -> str:
    return "x".join(map(str, dims))
