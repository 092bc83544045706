"""The `init` rules of a spec as one method."""

from __future__ import annotations

from archc.emit.expressions import literal, write
from archc.network.network import Initialisation, Network

Line = tuple[int, str, str]


def initialise(network: Network) -> list[Line]:
    """The body of `reset_parameters`, empty without rules for the layers that there are."""
    rules = [(target, rule) for rule in network.inits for target in _targets(network, rule.kind)]
    by_target: dict[str, list[Initialisation]] = {}
    for target, rule in rules:
        if all((r.weight, r.function, r.arguments) != (rule.weight, rule.function, rule.arguments) for r in by_target.get(target, [])):
            by_target.setdefault(target, []).append(rule)
    if not by_target:
        return []
    lines: list[Line] = [(0, "for module in self.modules():", "")]
    word = "if"
    for target, found in by_target.items():
        lines.append((4, f"{word} isinstance(module, {target}):", ""))
        word = "elif"
        for rule in found:
            given = "".join(f", {n}={write(literal(v))}" if n else f", {write(literal(v))}" for n, v in rule.arguments)
            text = f"nn.init.{rule.function}_(module.{rule.weight}{given})"
            if rule.weight == "bias" and not _always(network, rule.kind, "bias"):
                lines.append((8, "if module.bias is not None:", ""))
                lines.append((12, text, ""))
            else:
                lines.append((8, text, ""))
    return lines


def _targets(network: Network, kind: str) -> list[str]:
    """The classes of the layers of a kind."""
    found: dict[str, None] = {}
    for node in network.nodes:
        if node.op.kind() == kind:
            call = node.op.torch(tuple(network.type_of(r) for r in node.inputs))
            if call.module is not None:
                found.setdefault(call.module.target)
    return list(found)


def _always(network: Network, kind: str, weight: str) -> bool:
    """Whether all layers of the kind have this weight."""
    return all(
        weight in node.op.weights(tuple(network.type_of(r) for r in node.inputs))
        for node in network.nodes
        if node.op.kind() == kind
    )
