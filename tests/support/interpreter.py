"""Runs a network node by node from its ops' torch calls, with given weights: an oracle for emitted code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from archc.ir.network import Network, Ref
from archc.ir.torch_call import TorchCall
from archc.targets.pytorch.registry import torch_call


def module_from(source: str, name: str = "emitted") -> ModuleType:
    """The module that a source text defines."""
    module = ModuleType(name)
    module.__dict__["__name__"] = name
    exec(compile(source, f"<{name}>", "exec"), module.__dict__)
    return module


def weights_of(network: Network) -> dict[str, tuple[int, ...]]:
    """The keys and shapes of the state dict, from the ops."""
    return {
        node.key(name): tuple(weight.shape)
        for node in network.nodes
        for name, weight in node.op.weights(network.input_types(node)).items()
    }


def run(
    network: Network, state: Mapping[str, Tensor], x: Tensor | tuple[Tensor, ...], refs: tuple[Ref, ...]
) -> list[Tensor]:
    """The tensors `refs` in evaluation mode, computed with the weights of `state`."""
    given = (x,) if isinstance(x, Tensor) else x
    values: dict[Ref, Tensor] = dict(zip(network.inputs, given, strict=True))
    for number, node in enumerate(network.nodes):
        if not node.inputs:
            continue
        xs = [values[r].clone() for r in node.inputs]
        call = torch_call(node.op, network.input_types(node))
        made = _called(
            call, xs, {k: v for k, v in state.items() if k == node.path or k.startswith(f"{node.path}.")}, node.path
        )
        for out, tensor in enumerate(made if isinstance(made, tuple | list) else (made,)):
            values[Ref(number, out)] = tensor
    return [values[r] for r in refs]


def _called(call: TorchCall, xs: list[Tensor], state: Mapping[str, Tensor], path: str) -> Any:
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": nn.functional, "Tensor": Tensor}
    for source in (call.definition, call.module_definition):
        exec(source, names)
    if call.module is not None and call.module.use is not None:
        text = call.module.use.template.replace("{w}", "weight").replace("{0}", "x")
        return eval(text, {**names, "weight": state[path], "x": xs[0]})
    if call.module is not None:
        module = eval(call.module.target, names)(*call.module.args, **call.module.kwargs)
        module.load_state_dict({k[len(path) + 1 :]: v for k, v in state.items()})
        return module.eval()(*xs)
    assert call.expression is not None
    slots = {f"x{i}": x for i, x in enumerate(xs)}
    text = call.expression.template.replace("{*}", ", ".join(slots))
    text = re.sub(r"\{(\d+)\}", r"x\1", text)
    text = re.sub(r"\{(\w+)\}", lambda m: repr(call.expression.values[m[1]]) if call.expression else "", text)
    return eval(text, {**names, **slots, "self": nn.Module().eval()})
