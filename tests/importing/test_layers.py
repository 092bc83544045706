"""Every layer there and back: its emitted module is imported, and proved to be the same function.

An op is tested by being there, or it is in the table of those that import does not know.
"""

from __future__ import annotations

import os

import pytest
import torch
from torch import nn

import archc
from archc.importing.importer import NotImported
from archc.ops import registry
from tests.support.interpreter import module_from

UNKNOWN = {
    "Affine", "Attention", "CosineWindowAttention", "Crop", "Param", "RBF", "Subsample", "WindowAttention",
}  # fmt: skip
"""The kinds whose emitted code is taken for several calls, of which one has no layer."""
UNKNOWN_TERMS = {
    'Arithmetic("-", [0.485, 0.456, 0.406])', "Conv(3, 5, pad=0, table=[[0, 1], [1, 2], [0, 1, 2]])",
    "Slice(1, step=2, axis=1)",
}  # fmt: skip
EVERY = os.environ.get("ARCHC_ALL") == "1"
EXAMPLES = [
    pytest.param(kind.kind(), f"{e.term} - Concat" if ";" in e.outputs else e.term, e.inputs, id=e.term)
    for kind in registry().values()
    for e in (kind.examples if EVERY else kind.examples[:2])
    if e.inputs and ";" not in e.inputs
]


@pytest.mark.parametrize(("kind", "term", "shape"), EXAMPLES)
def test_a_layer_comes_back(kind: str, term: str, shape: str) -> None:
    torch.set_num_threads(1)
    compiled = archc.compile_text(f"model m {{\n  input {shape}\n  y = in - h: (Tanh - q: {term} - Tanh)\n  y\n}}\n")
    module = module_from(compiled.source())
    model = getattr(module, module.__all__[0])().eval()
    inputs = tuple(map(int, shape.split("x")))
    if kind in UNKNOWN or term in UNKNOWN_TERMS:
        with pytest.raises(NotImported):
            archc.import_module(model, inputs)
        return
    back = archc.compile_text(archc.import_module(model, inputs))
    assert back.count().params == compiled.count().params
    assert back.count().macs == compiled.count().macs


@pytest.mark.parametrize(
    ("layer", "shape", "wanted"),
    [
        (nn.Unflatten(1, (2, -1)), (8,), "Reshape(2x4)"),
        (nn.Unflatten(-1, (2, 4)), (3, 8), "Reshape(3x2x4)"),
        (nn.CircularPad2d(1), (3, 8, 8), 'Pad(1, "circular")'),
        (nn.RMSNorm(8, eps=1e-6), (3, 8), 'RMSNorm(1e-06, over="last")'),
        (nn.LPPool2d(1, 3, 2), (3, 9, 9), "LPPool(3, 2, 1.0)"),
        (nn.Dropout1d(0.2), (3, 9), "Dropout2d(0.2)"),
    ],
)
def test_a_layer_of_torch(layer: nn.Module, shape: tuple[int, ...], wanted: str) -> None:
    text = archc.import_module(nn.Sequential(nn.Tanh(), layer, nn.Tanh()), shape)
    assert wanted in text
