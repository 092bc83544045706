"""A pytest file that proves an emitted module: shapes, parameters, state dict, cost and a backward pass."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256

from archc.ir.network import Network, Ref
from archc.targets.pytorch.file import header
from archc.targets.pytorch.layout import laid_out

_TEXT = '''
import hashlib
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode


class Network(NamedTuple):
    """What a network must be, for one sample."""

    inputs: list[tuple[int, ...]]
    outputs: list[tuple[int, ...]]
    training_outputs: list[tuple[int, ...]]
    parameters: int
    macs: int  # multiply-accumulates of convolutions and linear layers
    state: str  # SHA-256 of the state dict's keys and shapes


{networks}


def load() -> ModuleType:
    """Import the module that lies beside this file."""
    path = Path(__file__).with_name({module})
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build(name: str, device: str) -> nn.Module:
    """Build a network with its default arguments."""
    with torch.device(device):
        model = getattr(load(), name)()
    assert isinstance(model, nn.Module)
    return model


def run(model: nn.Module, inputs: list[Tensor]) -> list[Tensor]:
    """Return all outputs, one or several."""
    outputs = model(*inputs)
    return [outputs] if isinstance(outputs, Tensor) else list(outputs)


@pytest.mark.parametrize("name", NETWORKS)
def test_state_dict(name: str) -> None:
    """The keys and shapes are those of the spec, so that published weights load."""
    model = build(name, "meta")
    state = sorted(f"{{key}} {{tuple(value.shape)}}" for key, value in model.state_dict().items())
    assert hashlib.sha256("\\n".join(state).encode()).hexdigest() == NETWORKS[name].state
    assert sum(p.numel() for p in model.parameters()) == NETWORKS[name].parameters


@pytest.mark.parametrize("name", NETWORKS)
def test_cost(name: str) -> None:
    """Strides, kernels and groups are those of the spec, as the work on one sample shows."""
    model = build(name, "meta").eval()
    with FlopCounterMode(display=False) as counter:
        outputs = run(model, [torch.empty(1, *shape, device="meta") for shape in NETWORKS[name].inputs])
    assert [tuple(y.shape[1:]) for y in outputs] == NETWORKS[name].outputs
    assert counter.get_total_flops() == 2 * NETWORKS[name].macs


@pytest.mark.parametrize("name", NETWORKS)
def test_backward(name: str) -> None:
    """In training all that is not frozen gets a finite gradient; probabilities, if there are some, sum to one."""
    model = build(name, "cpu").train()
    generator = torch.Generator().manual_seed(0)
    inputs = [torch.randn(2, *shape, generator=generator) for shape in NETWORKS[name].inputs]
    outputs = run(model, inputs)
    assert [tuple(y.shape[1:]) for y in outputs] == NETWORKS[name].training_outputs
    loss = torch.stack([y.square().mean() for y in outputs]).sum()
    trained = [p for p in model.parameters() if p.requires_grad]
    gradients = torch.autograd.grad(loss, trained) if trained else ()
    assert all(gradient.isfinite().all() for gradient in gradients)
    if (probabilities := getattr(model.eval(), "probabilities", None)) is not None:
        torch.testing.assert_close(probabilities(*inputs).sum(1), torch.ones(2))
'''


def proof(networks: Sequence[Network], exported: Sequence[str], module: str, command: str, version: str) -> str:
    """The text of a test for the file `module` next to it, which exports these networks under these names."""
    rows = [f'"{name}": {_facts(net)}' for name, net in zip(exported, networks, strict=True)]
    table = laid_out(f"NETWORKS = {{{', '.join(rows)}}}", 0)
    text = _TEXT.format(networks="\n".join(table), module=json.dumps(module, ensure_ascii=False))
    return "\n".join(header(networks, command, version)) + "\n" + text


def _facts(network: Network) -> str:
    state = sorted(f"{key} {shape}" for key, shape in _weights(network).items())
    parameters = 0
    for node in network.nodes:
        weights = network.weights(node).values()
        parameters += sum(_product(w.shape) for w in weights if w.kind == "parameter")
    fields = {
        "inputs": [network.type_of(r).dims for r in network.inputs],
        "outputs": [network.type_of(r).dims for r in network.outputs],
        "training_outputs": [network.type_of(r).dims for r in network.training_outputs],
        "parameters": parameters,
        "macs": evaluated_macs(network),
    }
    texts = [f"{name}={value!r}" for name, value in fields.items()]
    texts.append(f'state="{sha256(chr(10).join(state).encode()).hexdigest()}"')
    return f"Network({', '.join(texts)})"


def _weights(network: Network) -> dict[str, tuple[int, ...]]:
    return {
        node.key(name): tuple(weight.shape) for node in network.nodes for name, weight in network.weights(node).items()
    }


def evaluated_macs(network: Network) -> int:
    """The multiply-accumulates for one sample in evaluation mode."""
    needed: set[int] = set()
    waiting = list(network.outputs)
    while waiting:
        ref: Ref = waiting.pop()
        if ref.node not in needed:
            needed.add(ref.node)
            waiting += network.nodes[ref.node].inputs
    total = 0
    for index in needed:
        node = network.nodes[index]
        if node.inputs:
            total += node.op.cost(network.input_types(node), node.types).macs.value
    return total


def _product(shape: Sequence[int]) -> int:
    size = 1
    for side in shape:
        size *= side
    return size
