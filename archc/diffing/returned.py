"""What the networks return, if that is an edit of its own: `return layer1, layer3` instead of the class scores."""

from __future__ import annotations

from collections.abc import Iterable

from archc.diffing.causes import Cause
from archc.diffing.pairing import Pairing
from archc.diffing.parts import TreePart
from archc.diffing.wires import Wires
from archc.ir.expr import Var
from archc.ir.network import Network, Ref
from archc.ir.results import output_names


class ReturnEdit:
    """The `return` of a variant, by which two aligned networks differ.

    `cause` is None if they do not. The edit removes whatever the results do not need, so that parts that only the
    results of one side need are its consequences.
    """

    def __init__(self, root: Pairing, wires: Wires) -> None:
        self.before, self.after = root.a.network, root.b.network
        self.names = _names(self.before), _names(self.after)
        edited = root.a.module.edited or root.b.module.edited
        chosen = edited and self.names[0] != self.names[1] and not wires.returns_the_same()
        self.cause = Cause("result", -1, "", *(Var(name=name) for name in self.names)) if chosen else None
        there, back = (wires.there, wires.back) if chosen else ({}, {})
        self._needed = (
            _needed(self.before, (back[ref.node] for ref in self.after.outputs if ref.node in back)),
            _needed(self.after, (there[ref.node] for ref in self.before.outputs if ref.node in there)),
        )

    def follows(self, part: TreePart, ours: bool) -> bool:
        """Whether a part without a counterpart is needed only by other results; `ours`: of the first network."""
        needed = self._needed[0 if ours else 1]
        return self.cause is not None and not any(leaf.node in needed for leaf in part.leaves())


def _needed(network: Network, nodes: Iterable[int]) -> set[int]:
    """The nodes that some nodes depend on, and these themselves."""
    found: set[int] = set()
    left = list(nodes)
    while left:
        node = left.pop()
        if node not in found:
            found.add(node)
            left += [ref.node for ref in network.nodes[node].inputs]
    return found


def _names(network: Network) -> str:
    named = zip(output_names(network), network.outputs, strict=True)
    return ", ".join(name or _name(network, ref) for name, ref in named)


def _name(network: Network, ref: Ref) -> str:
    """The path of the outermost module or layer that makes a tensor, or else the layer's keyword."""
    paths = (scope.path for scope in network.scopes[1:] if scope.outputs == (ref,) and scope.path)
    node = network.nodes[ref.node]
    return next(paths, node.path or node.op.merge or node.op.kind())
