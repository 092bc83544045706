"""Names of a spec in emitted code: each is rejected with a diagnostic, or the code runs and is correct."""

from __future__ import annotations

import pytest
import torch

from archc.diagnostics.core import Severity
from archc.runtime.live import live_class
from archc.targets.pytorch import emit
from tests.support.specs import checked

NAMES = (
    *("class", "lambda", "None", "True", "async", "match", "type", "import"),
    *("self", "__class__", "__init__", "__dict__", "__import__", "__name__", "__builtins__", "_", "__"),
    *("int", "len", "range", "enumerate", "zip", "list", "tuple", "float", "bool", "str", "print", "super", "object"),
    *("forward", "training", "parameters", "train", "eval", "modules", "state_dict", "probabilities", "T_destination"),
    *("nn", "torch", "Tensor", "F", "math", "OrderedDict", "NamedTuple", "Sequence", "annotations", "Iterable"),
    *("x", "x1", "in_", "in_2", "in_channels", "inputs", "y", "out", "layers", "i", "k", "conv1", "conv", "Module"),
)

PLACES = {
    "model": "model {n} {{\n  input 3x8x8\n  Conv(4) - BN - ReLU\n}}\n",
    "variant": "model m {{\n  input 3x8x8\n  Conv(4)\n}}\nvariant {n} = m\n",
    "block": "block {n}(c) {{ add {{ in | Conv(c) }} }}\nmodel m {{\n  input 4x8x8\n  a: {n}(4) - b: {n}(4)\n}}\n",
    "label": "model m {{\n  input 4x8x8\n  add {{ {n}: Conv(4) | in }} - ReLU\n}}\n",
    "computed label": 'model m {{\n  input 4x8x8\n  for i in range(1) {{ "{n}": Conv(4) }} - ReLU\n}}\n',
    "parameter": (
        "block B({n}, d=2) {{ Conv({n} * d) - ReLU }}\n"
        "model m {{\n  input 4x8x8\n  a: B(2) - b: B(3) - c: B(3, 3)\n}}\n"
    ),
    "model's parameter": "model m({n}=4) {{\n  input 4x8x8\n  Conv({n} * 2) - [Conv({n})] x {n}\n}}\n",
    "let": "model m(c=4) {{\n  input 4x8x8\n  let {n} = c * 2\n  Conv({n}) - Conv({n} + c)\n}}\n",
    "file's let": "let {n} = 4\nmodel m {{\n  input 4x8x8\n  Conv({n})\n}}\n",
    "tensor": "model m {{\n  input 4x8x8\n  {n} = Conv(4)\n  add {{ {n} - ReLU | {n} }}\n}}\n",
    "input of a block": (
        "block B over ({n}, b) {{ return add {{ {n} | b }} }}\nmodel m {{\n  input 4x8x8\n  Chunk(2) - u: B\n}}\n"
    ),
    "loop variable": (
        'model m {{\n  input 4x8x8\n  for {n} in [4, 8] {{ "c{{{n}}}": Conv({n}) }} - ["d{{k}}": BN] x 2 as k\n}}\n'
    ),
    "repeat's variable": "model m {{\n  input 4x8x8\n  s: [Conv(4 * ({n} + 1)) - ReLU] x 3 as {n}\n}}\n",
    "macro": "macro {n}(c) = Conv(c) - ReLU\nmodel m {{\n  input 4x8x8\n  {n}(4)\n}}\n",
    "macro's parameter": "macro M({n}) = Conv({n}) - ReLU\nmodel m(w=4) {{\n  input 4x8x8\n  M(w * 2)\n}}\n",
    "fn": "fn {n}(v) = v * 2\nmodel m(w=4) {{\n  input 4x8x8\n  Conv({n}(w))\n}}\n",
    "fn's parameter": "fn f({n}) = {n} * 2\nmodel m(w=4) {{\n  input 4x8x8\n  Conv(f(w))\n}}\n",
}


@pytest.mark.parametrize("place", PLACES)
def test_names(place: str) -> None:
    failures = []
    for name in NAMES:
        text = PLACES[place].format(n=name)
        result = checked(text)
        if result.failed:
            assert {d.code for d in result.diagnostics if d.severity is Severity.ERROR}, name
            continue
        for network in result.networks.values():
            source = emit((network,), "archc compile test.arch", "0")
            try:
                module = live_class(source)().eval()
                made = module(torch.zeros(2, *network.type_of(network.inputs[0]).dims))
            except Exception as error:
                failures.append(f"{name}: {error!r}")
                continue
            if tuple(made.shape[1:]) != network.type_of(network.outputs[0]).dims:
                failures.append(f"{name}: {tuple(made.shape)}")
    assert not failures
