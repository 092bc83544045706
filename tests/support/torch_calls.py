"""Running torch calls: what the emitter writes, in its simplest form."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

import torch
from torch import nn

from archc.ir.expr import python
from archc.ir.op import Op
from archc.ir.sym import expr_of
from archc.ir.torch_call import Expression, TorchCall, TorchModule
from archc.ir.types import TensorType, Types
from archc.targets.pytorch.registry import torch_call


def text_of(value: object) -> str:
    """An argument as Python source."""
    return python(expr_of(value))


_HEADER = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n"


def construction(module: TorchModule) -> str:
    """The source of a module's constructor call; for a learned tensor, of a module with only that weight."""
    arguments = [text_of(a) for a in module.args] + [f"{k}={text_of(v)}" for k, v in module.kwargs.items()]
    made = f"{module.target}({', '.join(arguments)})"
    return made if module.use is None else f"Learned({made})"


def learned(module: TorchModule | None) -> str:
    """The source of the class `Learned`, if it is needed."""
    if module is None or module.use is None:
        return ""
    used = expression(module.use, ["x"]).replace("{w}", "self.weight")
    return (
        "class Learned(nn.Module):\n    def __init__(self, made):\n        super().__init__()\n"
        f"        self.weight = nn.Parameter(made)\n\n    def forward(self, x: torch.Tensor):\n        return {used}\n"
    )


def expression(call: Expression, inputs: Sequence[str]) -> str:
    """The expression as source, with these inputs."""

    def fill(slot: re.Match[str]) -> str:
        key = slot[1]
        if key == "*":
            return ", ".join(inputs)
        return inputs[int(key)] if key.isdecimal() else text_of(call.values[key])

    return re.sub(r"\{(\*|(?!w\})\w+)\}", fill, call.template)


def classes(call: TorchCall) -> list[str]:
    """The classes that `source` writes for this call."""
    return ["AsModule"] * (call.module is not None) + ["AsExpression"] * (call.expression is not None)


def source(call: TorchCall, inputs: int) -> str:
    """A file with the definitions and a class for each form: `AsModule` and `AsExpression`."""
    parts = [_HEADER, call.definition, call.module_definition, learned(call.module)]
    names = [f"x{i}" for i in range(inputs)]
    signature = ", ".join(["self", *(f"{n}: torch.Tensor" for n in names)])
    if call.module is not None:
        parts.append(
            "class AsModule(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            f"        self.layer = {construction(call.module)}\n\n"
            f"    def forward({signature}):\n        return self.layer({', '.join(names)})\n"
        )
    if call.expression is not None:
        value = expression(call.expression, names)
        parts.append(f"class AsExpression(nn.Module):\n    def forward({signature}):\n        return {value}\n")
    return "\n\n".join(p for p in parts if p)


def loaded(text: str, folder: Path, name: str = "emitted") -> ModuleType:
    """The text as an imported module, in a file because TorchScript reads source."""
    path = folder / f"{name}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def live(op: Op, xs: Types, variables: Mapping[str, object] | None = None) -> list[nn.Module]:
    """The op as live modules, one for each of its forms. Every call makes new ones."""
    call = torch_call(op, xs)
    space: dict[str, object] = {"torch": torch, "nn": nn, "F": nn.functional}
    exec(call.definition, space)
    exec(call.module_definition, space)
    exec(learned(call.module), space)
    forms: list[nn.Module] = []
    if call.module is not None:
        forms.append(eval(construction(call.module), space | dict(variables or {})))
    if call.expression is not None:
        names = [f"x{i}" for i in range(len(xs))]
        text = f"lambda {', '.join(['self', *names])}: {expression(call.expression, names)}"
        forms.append(Lambda(eval(text, space | dict(variables or {}))))
    return forms


class Lambda(nn.Module):
    """A function of (self, inputs) as a module."""

    def __init__(self, function: object) -> None:
        super().__init__()
        self.function = function

    def forward(self, *xs: torch.Tensor) -> torch.Tensor | Sequence[torch.Tensor]:
        return self.function(self, *xs)  # type: ignore[operator, no-any-return]


def tensors(xs: Types, batch: int = 2) -> list[torch.Tensor]:
    """Random inputs of these types."""
    return [torch.randn(batch, *x.dims) for x in xs]


def shapes(result: torch.Tensor | Sequence[torch.Tensor]) -> tuple[tuple[int, ...], ...]:
    """The output shapes, without the batch axis."""
    results = (result,) if isinstance(result, torch.Tensor) else result
    return tuple(tuple(r.shape[1:]) for r in results)


def dims(ys: Types) -> tuple[tuple[int, ...], ...]:
    """The predicted shapes."""
    return tuple(tuple(y.dims) for y in ys)


def type_of(tensor: torch.Tensor) -> TensorType:
    """The type of a batch."""
    return TensorType(dims=tuple(tensor.shape[1:]))
