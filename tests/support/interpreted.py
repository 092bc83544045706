"""Networks run node by node from the torch calls of their ops, without the emitter: an oracle for emitted code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from archc.ir.network import Network, Node, Ref
from archc.ir.torch_call import TorchCall, TorchModule
from archc.targets.pytorch.registry import torch_call
from tests.support.torch_calls import construction, expression

Run = Callable[..., Any]


def interpreted(network: Network) -> type[nn.Module]:
    """A class that runs `network`, with the same state dict. Slow, but simple."""
    needed = {mode: _needed(network, refs) for mode, refs in _results(network).items()}

    class Interpreted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.runs = {i: _runner(self, network, n) for i, n in enumerate(network.nodes) if n.inputs}

        def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
            values: dict[Ref, torch.Tensor] = {network.inputs[0]: x}
            for index in needed[self.training]:
                node = network.nodes[index]
                made = self.runs[index](*(values[ref] for ref in node.inputs))
                made = (made,) if isinstance(made, torch.Tensor) else made
                values.update({Ref(index, out): tensor for out, tensor in enumerate(made)})
            results = tuple(values[ref] for ref in _results(network)[self.training])
            return results[0] if len(results) == 1 else results

    return Interpreted


def _results(network: Network) -> dict[bool, tuple[Ref, ...]]:
    return {False: network.outputs, True: network.training_outputs}


def _needed(network: Network, refs: tuple[Ref, ...]) -> tuple[int, ...]:
    """The nodes that these tensors depend on, in order of execution."""
    found: set[int] = set()
    waiting = [ref.node for ref in refs]
    while waiting:
        index = waiting.pop()
        if index not in found:
            found.add(index)
            waiting.extend(ref.node for ref in network.nodes[index].inputs)
    return tuple(i for i in sorted(found) if network.nodes[i].inputs)


def _runner(root: nn.Module, network: Network, node: Node) -> Run:
    """A function that runs one node; a module is registered in `root` under the node's path."""
    xs = network.input_types(node)
    call = torch_call(node.op, xs)
    space: dict[str, object] = {"torch": torch, "nn": nn, "F": nn.functional}
    exec(call.definition, space)
    exec(call.module_definition, space)
    if call.expression is not None and not node.op.weights(xs):
        return _function(root, call, len(xs), space)
    assert call.module is not None
    if call.module.use is not None:
        return _learned(root, node.path, call.module)
    module: nn.Module = eval(construction(call.module), space)
    if node.path:
        _register(root, node.path, module)
    return module


def _learned(root: nn.Module, path: str, module: TorchModule) -> Run:
    """A learned tensor, registered in the enclosing module."""
    scope = _around(root, path)
    name = path.rpartition(".")[2]
    scope.register_parameter(name, nn.Parameter(getattr(torch, module.target.removeprefix("torch."))(*module.args)))
    assert module.use is not None
    text = expression(module.use, ["x"]).replace("{w}", "weight")
    run: Run = eval(f"lambda weight, x: {text}", {"torch": torch})
    return lambda x: run(getattr(scope, name), x)


def _function(root: nn.Module, call: TorchCall, inputs: int, space: dict[str, object]) -> Run:
    assert call.expression is not None
    names = [f"x{i}" for i in range(inputs)]
    function: Run = eval(f"lambda {', '.join(['self', *names])}: {expression(call.expression, names)}", space)
    return lambda *xs: function(root, *xs)


def _register(root: nn.Module, path: str, module: nn.Module) -> None:
    root, name = _around(root, path), path.rpartition(".")[2]
    assert name not in root._modules, f"{path} is there twice"
    root.add_module(name, module)


def _around(root: nn.Module, path: str) -> nn.Module:
    """The module that contains a path."""
    for scope in path.split(".")[:-1]:
        if scope not in root._modules:
            root.add_module(scope, nn.Module())
        root = root.get_submodule(scope)
    return root
