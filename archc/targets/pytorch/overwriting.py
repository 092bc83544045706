"""When a layer may work in place: the rule for emitted code and for counted memory.

A layer that works in place overwrites its input, so nothing else may read that in either mode, including the backward
pass of the layer that made it; and a module never overwrites what its caller passes. Whether a layer *can* work in
place is a property of its op (`TorchCall.inplace`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from archc.ir.network import Network, Node, Ref, Scope
from archc.ir.op import Op
from archc.targets.pytorch.registry import torch_call


def may_overwrite(readers: int, *, own: bool) -> bool:
    """Whether a layer may overwrite its only input.

    Args:
        readers: The number of readers of the input, including results of either mode.
        own: Whether the input is made in the layer's own module, on every path, by an op that no longer needs its
            output.
    """
    return own and readers == 1


def keeps_output(op: type[Op], inputs: int) -> bool:
    """Whether the output of a layer with this many inputs must not be overwritten.

    That is so if its backward pass reads the output, or the output shares memory with the input, like the sum of a
    single tensor.
    """
    return op.needs_output or (op.merge is not None and inputs == 1)


class InPlace:
    """The layers of a network that work in place.

    The emitted file may have fewer: a class has one text for all its instances, turns of loops and other arguments, and
    a layer that may work in place in only some of them does not. `running`: the layers that run, by default all of the
    emitted code.
    """

    def __init__(self, network: Network, running: Collection[int] | None = None) -> None:
        self._network = network
        results = {*network.outputs, *network.training_outputs}
        running = _running(network, results) if running is None else running
        self._readers = Counter(ref for i in running for ref in network.nodes[i].inputs)
        self._readers.update(results)
        self._passed = {ref for s in network.scopes if _is_class(s) for ref in s.outputs if ref in s.inputs}
        """The input tensor of a module that returns its input."""

    def __contains__(self, node: Node) -> bool:
        if len(node.inputs) != 1:
            return False
        (ref,) = node.inputs
        may = may_overwrite(self._readers[ref], own=self._is_own(node, ref))
        return may and torch_call(node.op, (self._network.type_of(ref),)).inplace

    def _is_own(self, node: Node, ref: Ref) -> bool:
        """Whether an input is made in the same module as its reader, or in a nested one with no other result."""
        maker = self._network.nodes[ref.node]
        if not maker.inputs or len(maker.types) != 1 or ref in self._passed:
            return False
        if keeps_output(type(maker.op), len(maker.inputs)):
            return False
        if node.scope == maker.scope:
            return True
        home = next(self._classes(node.scope))
        for scope in self._classes(maker.scope):
            if scope is home:
                return True
            if len(scope.outputs) != 1:
                return False
        return False

    def _classes(self, scope: int | None) -> Iterator[Scope]:
        """The modules with a class of their own around a scope, innermost first."""
        while scope is not None:
            here = self._network.scopes[scope]
            if _is_class(here):
                yield here
            scope = here.parent


def _running(network: Network, results: Collection[Ref]) -> set[int]:
    """The layers that run: all modules, and functions whose results are read."""
    found: set[int] = set()
    read = set(results)
    for index in range(len(network.nodes) - 1, -1, -1):
        node = network.nodes[index]
        if node.path or any(Ref(index, out) in read for out in range(len(node.types))):
            found.add(index)
            read.update(node.inputs)
    return found


def _is_class(scope: Scope) -> bool:
    """Whether a module counts as a class of its own: a block, or a group that is not a plain sequence."""
    return scope.definition is not None or not scope.pure
