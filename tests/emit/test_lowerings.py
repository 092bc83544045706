"""The lowerings of ops, compared with the signatures of PyTorch's layers."""

from __future__ import annotations

import re
from inspect import signature
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from archc.ir.op import Op
from archc.ops import registry
from archc.targets.pytorch.registry import NotLowered, lowers, require_lowerings, torch_call
from tests.support.specs import in_model, network
from tests.support.terms import op_of, types_of

MORE = {
    "Slice": [("Slice(1, step=2)", "8x7x5"), ("Slice(1, 5, axis=2)", "8x7x6")],
}
"""Terms that the examples of a layer do not cover, with their inputs."""


@pytest.mark.parametrize("kind", [k for k in registry().values() if k.examples], ids=lambda k: k.kind())
def test_what_may_write_over_its_input_is_what_torch_lets(kind: type[Op]) -> None:
    for example in kind.examples:
        xs = types_of(example.inputs)
        call = torch_call(op_of(example.term).around(xs).op, xs)
        if call.module is not None and hasattr(nn, call.module.target.removeprefix("nn.")):
            layer = getattr(nn, call.module.target.removeprefix("nn."))
            assert call.inplace == ("inplace" in signature(layer).parameters)


@pytest.mark.parametrize("kind", [k for k in registry().values() if k.examples], ids=lambda k: k.kind())
def test_a_layer_as_a_module_is_what_its_expression_says(kind: type[Op]) -> None:
    examples = [(example.term, example.inputs) for example in kind.examples]
    for term, inputs in [*examples, *MORE.get(kind.kind(), ())]:
        types = types_of(inputs)
        call = torch_call(op_of(term).around(types).op, types)
        if call.module is None or call.expression is None or call.module.use is not None:
            continue
        names: dict[str, Any] = {"torch": torch, "nn": nn, "F": nn.functional, "self": SimpleNamespace(training=False)}
        for source in (call.definition, call.module_definition):
            exec(source, names)
        xs = names["xs"] = [torch.rand(2, *x.dims) for x in types]
        said = {**{str(i): f"xs[{i}]" for i in range(len(xs))}, "*": "*xs"}
        said |= {name: repr(value) for name, value in call.expression.values.items()}
        parts = re.split(r"\{([\w*]+)\}", call.expression.template)  # every second one is a name
        wanted = eval("".join(said[part] if i % 2 else part for i, part in enumerate(parts)), names)
        module = eval(call.module.target, names)(*call.module.args, **call.module.kwargs).eval()
        torch.testing.assert_close(module(*xs), wanted)


def test_an_op_without_a_rule_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    net = network(in_model("Conv(4) - Mish"))
    require_lowerings([net])
    monkeypatch.setattr(lowers, "find", lambda kind: None if kind.kind() == "Mish" else object())
    with pytest.raises(NotLowered, match="PyTorch has no rule for Mish"):
        require_lowerings([net])
