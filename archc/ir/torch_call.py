"""The PyTorch form of an op, as data. This does not import torch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from archc.ir.sym import same
from archc.support.record import Record, field

_NONE: Mapping[str, object] = MappingProxyType({})


class Changed(dict[str, object]):
    """Keyword arguments that differ from their defaults; `defaults` holds the defaults of all."""

    defaults: Mapping[str, object] = _NONE


def changed(**arguments: tuple[object, object]) -> Changed:
    """Select the keyword arguments that need to be written, from pairs of value and default: `stride=(2, 1)`.

    A computed argument is written even if it happens to equal the default, because it may differ elsewhere.
    """
    found = Changed({name: value for name, (value, default) in arguments.items() if not same(value, default)})
    found.defaults = {name: default for name, (_, default) in arguments.items()}
    return found


class TorchModule(Record):
    """An op with state, or one usually written as a module: `nn.Conv2d(in_channels, 64, 7, stride=2, bias=False)`.

    `target` is a class of `torch.nn` as `nn.Name`, or the name of the class that `definition` defines. Arguments are
    plain values or `Sym`s, and omitted if they equal the default of `target`. `usual` has the defaults of positional
    arguments, `kwargs` knows its own.

    With a `use`, it is not a module but a learned tensor, `nn.Parameter(target(*args))`, which `forward` uses in this
    expression: `{w} * {0}`, where `{w}` is the tensor.
    """

    target: str
    args: tuple[object, ...] = ()
    kwargs: Changed = field(default_factory=Changed)
    use: Expression | None = None
    usual: tuple[object, ...] = ()


class Expression(Record):
    """An op as an expression: `F.relu({0})`, `{0} + {1}`, `torch.cat([{*}], 1)`.

    `{0}`, `{1}` … are the inputs, `{*}` is all of them separated by commas; `{name}` is the argument of that name in
    `values`, which may be a `Sym`. `precedence` determines whether parentheses are needed around it as an operand:
    "call" binds tightest, then "product", then "sum".
    """

    template: str
    values: Mapping[str, object] = field(default_factory=lambda: _NONE)
    precedence: str = "call"


class TorchCall(Record):
    """An op as PyTorch code.

    `module`: its construction as an `nn.Module`; every op that can be a child of an `nn.Sequential` has one.
    `expression`: its form in `forward` if no module is needed; None for an op with state.
    `definition`: the source of the class or function that `module` or `expression` uses if torch has none; it is copied
    into the emitted file once, formatted, typed and documented, and imports only `torch`, `nn` and `F`.
    `module_definition`: the same for what only `module` needs, in addition to `definition`.
    `function`: the function of `torch.nn.functional` that the module's `forward` calls, if it is not in `expression`.
    `inside`: the layers of `torch.nn` that `definition` consists of, each with the function that it calls.
    `padded`: how many numbers torch pads the input with. Tools that count calls see these three.
    `inplace`: it takes `inplace=True` as module and as expression; the emitter decides when that is safe.
    """

    module: TorchModule | None = None
    expression: Expression | None = None
    definition: str = ""
    module_definition: str = ""
    function: str = ""
    inside: tuple[tuple[str, str], ...] = ()
    padded: int = 0
    inplace: bool = False


def square(sizes: tuple[int, ...]) -> int | tuple[int, ...]:
    """A size as it is usually written: `3` for `(3, 3)`."""
    return sizes[0] if all(same(sizes[0], size) for size in sizes[1:]) else sizes


def function(target: str, *args: object, **kwargs: object) -> Expression:
    """A call on the first input: `function("F.max_pool2d", 3, stride=2)` is `F.max_pool2d({0}, 3, stride=2)`."""
    slots = [f"{{a{i}}}" for i in range(len(args))] + [f"{name}={{{name}}}" for name in kwargs]
    values = {f"a{i}": value for i, value in enumerate(args)} | kwargs
    return Expression(f"{target}({', '.join(['{0}', *slots])})", values)
