"""The `init` rules of a spec as one method."""

from __future__ import annotations

from collections.abc import Sequence

from archc.ir.expr import literal
from archc.ir.network import Initialisation, Network
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
        by_body.setdefault(tuple(line for rule in found for line in _rule(target, rule)), []).append(target)
    lines: list[Line] = [(0, "for module in self.modules():", "")]
    for body, targets in by_body.items():
        word = "if" if len(lines) == 1 else "elif"
        what = targets[0] if len(targets) == 1 else f"({', '.join(targets)})"
        lines += [(4, f"{word} isinstance(module, {what}):", ""), *body]
    return lines


def _rule(target: str, rule: Initialisation) -> list[Line]:
    """Apply one rule to one module."""
    given = "".join(f", {n}={literal(v)}" if n else f", {literal(v)}" for n, v in rule.arguments)
    text = f"nn.init.{rule.function}_(module.{rule.weight}{given})"
    if rule.weight == "bias" and target.startswith("nn.") and target != "nn.Linear":  # what typing says may be None
        return [(8, "if module.bias is not None:", ""), (12, text, "")]
    return [(8, text, "")]


def _targets(networks: Sequence[Network], kind: str) -> list[str]:
    """The classes of the layers of a kind."""
    found: dict[str, None] = {}
    for network in networks:
        for node in network.nodes:
            if node.op.kind() == kind:
                call = torch_call(node.op, network.input_types(node))
                if call.module is not None:
                    found.setdefault(call.module.target)
    return list(found)
