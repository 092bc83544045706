"""The `init` rules of a spec as one method."""

from __future__ import annotations

from collections.abc import Sequence

from archc.ir.expr import literal
from archc.ir.network import Initialisation, Network, Node
from archc.targets.pytorch.registry import torch_call

Line = tuple[int, str, str]


def initialise(networks: Sequence[Network]) -> list[Line]:
    """The body of `reset_parameters`; empty if no rule applies to a layer of the network.

    Requires: the networks are of one model, so that they have the same rules.
    """
    rules = [(target, rule) for rule in networks[0].inits for target in _targets(networks, rule.kind)]
    by_target: dict[str, list[Initialisation]] = {}
    for target, rule in rules:
        found = by_target.setdefault(target, [])
        if all(r.weight != rule.weight for r in found):
            found.append(rule)
    if not by_target:
        return []
    by_body: dict[tuple[Line, ...], list[str]] = {}
    for target, found in by_target.items():
        lines = tuple(line for rule in found for line in _rule(target, rule, lacking=_lacks(networks, target, rule)))
        by_body.setdefault(lines, []).append(target)
    statements: list[Line] = [(0, "for module in self.modules():", "")]
    for body, targets in by_body.items():
        word = "if" if len(statements) == 1 else "elif"
        what = targets[0] if len(targets) == 1 else f"({', '.join(targets)})"
        statements += [(4, f"{word} isinstance(module, {what}):", ""), *body]
    return statements


def _rule(target: str, rule: Initialisation, *, lacking: bool) -> list[Line]:
    """Apply one rule to one module. `lacking`: some module of the class does not have the weight."""
    given = "".join(f", {n}={literal(v)}" if n else f", {literal(v)}" for n, v in rule.arguments)
    text = f"nn.init.{rule.function}_(module.{rule.weight}{given})"
    optional = rule.weight == "bias" and target.startswith("nn.") and target != "nn.Linear"  # in its annotations
    if optional or lacking:
        return [(8, f"if module.{rule.weight} is not None:", ""), (12, text, "")]
    return [(8, text, "")]


def _lacks(networks: Sequence[Network], target: str, rule: Initialisation) -> bool:
    """Whether some layer of this class does not have the weight."""
    return any(
        rule.weight not in network.weights(node)
        for network in networks
        for node in network.nodes
        if node.op.kind() == rule.kind and node.path and _target(network, node) == target
    )


def _target(network: Network, node: Node) -> str | None:
    """The class of a layer, if it is a module."""
    module = torch_call(node.op, network.input_types(node)).module
    return None if module is None else module.target


def _targets(networks: Sequence[Network], kind: str) -> list[str]:
    """The classes of the layers of a kind."""
    found: dict[str, None] = {}
    for network in networks:
        for node in network.nodes:
            if node.op.kind() == kind and (target := _target(network, node)) is not None:
                found.setdefault(target)
    return list(found)
