"""How an op is written in PyTorch, as data: nothing here imports torch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from archc.ir.sym import same
from archc.support.record import Record, field

_NONE: Mapping[str, object] = MappingProxyType({})


class TorchModule(Record):
    """An op with state, or one that people write as a module: `nn.Conv2d(in_channels, 64, 7, stride=2, bias=False)`.

    `target` is a class of `torch.nn` as `nn.Name`, or the name of the class that `definition` defines.
    Arguments are plain values or `Sym`s; they hold only what differs from the target's own defaults. `usual` has the
    defaults of arguments by position.

    With a `use` it is no module but a learned tensor, `nn.Parameter(target(*args))`, which `forward` uses as this
    expression says: `{w} * {0}`, where `{w}` is the tensor itself.
    """

    target: str
    args: tuple[object, ...] = ()
    kwargs: Mapping[str, object] = field(default_factory=lambda: _NONE)
    use: Expression | None = None
    usual: tuple[object, ...] = ()


class Expression(Record):
    """An op as an expression: `F.relu({0})`, `{0} + {1}`, `torch.cat([{*}], 1)`.

    `{0}`, `{1}` … are the inputs, `{*}` all of them with commas between; `{name}` is the argument of that name in
    `values`, which may be a `Sym`. `precedence` tells whether parentheses are needed when it becomes an operand:
    "call" binds tightest, then "product", then "sum".
    """

    template: str
    values: Mapping[str, object] = field(default_factory=lambda: _NONE)
    precedence: str = "call"


class TorchCall(Record):
    """The torch facet of an op.

    `module`: how to build it as an `nn.Module`; every op that can stand alone in an `nn.Sequential` has one.
    `expression`: how `forward` writes it where no module is needed (an op without state); None for one with state.
    `definition`: the source of the class or function that `module` or `expression` uses where torch has none; it is
    copied into the emitted file once, formatted, typed and documented, and imports only `torch`, `nn` and `F`.
    `module_definition`: the same for what only `module` needs, on top of `definition`.
    `function`: the function of torch.nn.functional that the module's `forward` calls, if `expression` does not say it.
    `inside`: the layers of torch.nn that `definition` is made of, each with the function that it calls.
    `padded`: how many numbers torch adds to the input before it works on it. Tools that count calls see these three.
    `inplace`: it takes `inplace=True` as module and as expression; the emitter says when that is safe.
    """

    module: TorchModule | None = None
    expression: Expression | None = None
    definition: str = ""
    module_definition: str = ""
    function: str = ""
    inside: tuple[tuple[str, str], ...] = ()
    padded: int = 0
    inplace: bool = False


class Changed(dict[str, object]):
    """Keyword arguments that differ from their defaults; `defaults` holds the defaults, of the others too."""

    defaults: Mapping[str, object] = _NONE


def changed(**arguments: tuple[object, object]) -> Changed:
    """Of keyword arguments with their defaults, `stride=(2, 1)`, those that need to be written.

    An argument that is computed is written even where it happens to equal the default: it may not elsewhere.
    """
    found = Changed({name: value for name, (value, default) in arguments.items() if not same(value, default)})
    found.defaults = {name: default for name, (_, default) in arguments.items()}
    return found


def square(sizes: tuple[int, ...]) -> int | tuple[int, ...]:
    """A size as people write it: `3` for `(3, 3)`."""
    return sizes[0] if all(same(sizes[0], size) for size in sizes[1:]) else sizes


def function(target: str, *args: object, **kwargs: object) -> Expression:
    """A call on the first input: `function("F.max_pool2d", 3, stride=2)` is `F.max_pool2d({0}, 3, stride=2)`."""
    slots = [f"{{a{i}}}" for i in range(len(args))] + [f"{name}={{{name}}}" for name in kwargs]
    values = {f"a{i}": value for i, value in enumerate(args)} | kwargs
    return Expression(f"{target}({', '.join(['{0}', *slots])})", values)
