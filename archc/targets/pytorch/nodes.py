"""The nodes of a network, indexed for validation: by their inputs, by their path, with their call in torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from archc.ir.network import Network, Ref
from archc.ir.op import Op
from archc.ir.state import module_order
from archc.ir.torch_call import TorchCall
from archc.support.record import Struct, field
from archc.targets.pytorch.code import Class, Operation
from archc.targets.pytorch.construct import Constructor, Leaf, Mismatch, ModuleInstance
from archc.targets.pytorch.registry import torch_call

_FULL_OF = {"torch.zeros": 0.0, "torch.ones": 1.0}


class Nodes(Struct):
    """The nodes of a network, indexed.

    `needed`: those that the results of evaluation need, and those that the results of training need. `readers`: those
    that read given tensors, needed ones first, since others may have no counterpart. `by_path`: those with weights, in
    order. `inputs`: the tensors that each reads, where layers that compute the same share one result.
    """

    network: Network
    needed: tuple[frozenset[int], frozenset[int]]
    readers: dict[tuple[Ref, ...], list[int]] = field(default_factory=dict)
    by_path: dict[str, int] = field(default_factory=dict)
    inputs: list[tuple[Ref, ...]] = field(default_factory=list)
    first: dict[int, int] = field(default_factory=dict)
    """For a node that repeats an earlier one, that earlier node."""
    calls: dict[int, TorchCall] = field(default_factory=dict)
    known: dict[int, tuple[Leaf, int]] = field(default_factory=dict)
    """The node that a layer was matched with, by the identity of the layer."""

    def one(self, refs: Iterable[Ref]) -> tuple[Ref, ...]:
        """Replace each tensor by that of the first node that computes the same."""
        return tuple([Ref(self.first[r.node], r.out) if r.node in self.first else r for r in refs])

    def call(self, index: int) -> TorchCall:
        """The node's call in torch."""
        call = self.calls.get(index)
        if call is None:
            node = self.network.nodes[index]
            call = self.calls[index] = torch_call(node.op, self.network.input_types(node))
        return call

    def compare_weights(self, model: ModuleInstance) -> None:
        """Compare the modules with weights: their names, in order, and their kinds."""
        nodes = self.network.nodes
        made = [leaf for leaf in model.leaves() if leaf.path in self.by_path or _has_weights(leaf)]
        paths = {leaf.path for leaf in made}
        for path, index in self.by_path.items():
            if path not in paths:
                raise Mismatch(f"there is no module `{path}`", nodes[index].span)
        for leaf, (path, index) in zip(made, self.by_path.items(), strict=False):
            if leaf.path not in self.by_path:
                raise Mismatch(f"the network has no module `{leaf.path}`", self.network.scopes[0].span)
            if leaf.path != path:
                raise Mismatch(f"`{leaf.path}` stands where `{path}` does in the state dict", nodes[index].span)
            if leaf.op is not type(nodes[index].op):
                raise Mismatch(f"`{path}` is a {leaf.op.kind()}", nodes[index].span)
        if len(made) > len(self.by_path):
            raise Mismatch(f"the network has no module `{made[len(self.by_path)].path}`", self.network.scopes[0].span)

    def compare_head(self, made: Class, constructor: Constructor) -> None:
        """Compare the probability head, which is a separate method."""
        heads = [index for index, node in enumerate(self.network.nodes) if node.head]
        head = constructor.said[id(made)].head
        if bool(heads) != (head is not None):
            raise Mismatch("the probability head is missing" if heads else "there is a probability head", made.span)
        for index in heads:
            assert head is not None
            if type(self.network.nodes[index].op) is not head.op or not self.says(head, index, {}, constructor):
                raise Mismatch("the probability head is different", self.network.nodes[index].span)

    def agrees(self, leaf: Leaf, index: int) -> bool:
        """Whether a written layer is that of the node."""
        call = self.call(index)
        module = call.module
        if module is None or (leaf.inplace and not call.inplace):
            return False
        if not leaf.target:  # a passed class has no arguments
            return not module.args and not module.kwargs
        args = _whole(module.args, module.usual)
        sources = [s for s in (call.definition, call.module_definition) if s and s not in leaf.sources]
        return (
            not sources
            and _same(_filled(leaf.target, _whole(leaf.args, module.usual)), _filled(module.target, args))
            and _same_arguments(leaf.kwargs, module.kwargs, _defaults(call))
        )

    def says(self, value: Operation, index: int, numbers: Mapping[str, Any], constructor: Constructor) -> bool:
        """Whether a written function is that of the node."""
        call = self.call(index)
        node = self.network.nodes[index]
        if call.expression is None or (value.inplace and not call.inplace) or node.path in self.by_path:
            return False
        said = {n: constructor.value(e, numbers, node.span) for n, e in value.values if f"{{{n}}}" in value.template}
        wanted = {n: v for n, v in call.expression.values.items() if f"{{{n}}}" in call.expression.template}
        defaults = _defaults(call)
        may_be_left_out = frozenset(f"{{{name}}}" for name in defaults)
        return (
            _form(value.template, may_be_left_out) == _form(call.expression.template, may_be_left_out)
            and (not call.definition or call.definition in value.sources)
            and _same_arguments(said, wanted, defaults)
        )


def nodes_of(network: Network) -> Nodes:
    """Index a network before its classes are compared with it."""
    evaluation = _needed(network, network.outputs)
    training = evaluation if network.training_outputs == network.outputs else _needed(network, network.training_outputs)
    found = Nodes(network, (evaluation, training))
    for index in module_order(network):
        node = network.nodes[index]
        may = node.path and node.inputs and type(node.op).weights is not Op.weights
        if may and network.weights(node):
            found.by_path[node.path] = index
    _note_equal(found)
    either = evaluation | training
    for index in (*sorted(either), *(i for i in range(len(network.nodes)) if i not in either)):
        if inputs := found.inputs[index]:
            found.readers.setdefault(inputs, []).append(index)
    return found


def _note_equal(found: Nodes) -> None:
    """Find nodes that repeat others: the same op, without randomness, with the same weights, on the same tensors."""
    done: dict[tuple[type[Op], tuple[Ref, ...], int | None], list[int]] = {}
    for index, node in enumerate(found.network.nodes):
        inputs = found.one(node.inputs)
        found.inputs.append(inputs)
        if not inputs or node.op.family == "regularization":
            continue
        module = None
        if node.path in found.by_path:  # that of its first use, if it is shared
            module = index if node.shared is None else node.shared
        alike = done.setdefault((type(node.op), inputs, module), [])
        first = next((i for i in alike if found.network.nodes[i].op == node.op), None)
        if first is None:
            alike.append(index)
        else:
            found.first[index] = first


def _needed(network: Network, refs: Sequence[Ref]) -> frozenset[int]:
    """The nodes that tensors depend on."""
    found: set[int] = set()
    waiting = [r.node for r in refs]
    while waiting:
        index = waiting.pop()
        if index not in found and network.nodes[index].inputs:
            found.add(index)
            waiting.extend([r.node for r in network.nodes[index].inputs])
    return frozenset(found)


def _defaults(call: TorchCall) -> Mapping[str, object]:
    """The defaults of arguments that are written only if they differ from them."""
    return call.module.kwargs.defaults if call.module is not None else {}


def _filled(target: str, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """A class and its arguments; tensors of zeros and ones as tensors that are full of a number."""
    return ("torch.full", *args, _FULL_OF[target]) if target in _FULL_OF else (target, *args)


def _whole(args: Sequence[Any], usual: Sequence[Any]) -> tuple[Any, ...]:
    """Positional arguments, completed by defaults."""
    return (*args, *usual[len(args) :])


def _same(one: Any, other: Any) -> bool:
    """Whether two arguments are the same for torch: a list of equal numbers equals the number, but 2.0 is not 2."""
    if isinstance(one, list | tuple) or isinstance(other, list | tuple):
        axes = len(one) if isinstance(one, list | tuple) else len(other)
        rows = [tuple(v) if isinstance(v, list | tuple) else (v,) * axes for v in (one, other)]
        return len(rows[0]) == len(rows[1]) and all(map(_same, *rows))
    return bool(one == other) and not (type(one) is float and type(other) is int)


def _same_arguments(one: Mapping[str, Any], other: Mapping[str, Any], defaults: Mapping[str, Any]) -> bool:
    """Whether named arguments are the same, completed by defaults."""
    missing = object()
    return all(
        _same(one.get(n, defaults.get(n, missing)), other.get(n, defaults.get(n, missing)))
        for n in dict.fromkeys((*one, *other))
    )


@lru_cache(maxsize=1000)
def _form(template: str, may_be_left_out: frozenset[str]) -> str:
    """A template without its named arguments and those that have a default, which are compared by value."""
    head, paren, rest = template.partition("(")
    if not (paren and rest.endswith(")")):
        return template
    return f"{head}({', '.join(p for p in rest[:-1].split(', ') if '={' not in p and p not in may_be_left_out)})"


def _has_weights(leaf: Leaf) -> bool:
    """Whether a layer is of a kind that has weights, and they are not disabled."""
    usual = leaf.op.model_fields["affine"].default if "affine" in leaf.op.model_fields else True
    told = leaf.kwargs.get("affine", leaf.kwargs.get("elementwise_affine", usual))
    return leaf.op.weights is not Op.weights and told is not False
