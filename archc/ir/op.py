"""The contract of an op: what a kind of layer is, in one class.

An op's fields are its arguments in the language's order. Its facets are methods: `infer` (the shape rule), `weights`
(its part of the state dict), `cost`, `saves` (what autograd keeps of it), `views` and `window` (which numbers of the
input are the output, or determine one of it), and for the few that need them `around` (what a sugar layer stands for)
and `sketch` (what a bare term in a lecture's line means). All are total and pure. Fields and sizes may be `Sym`s (see
`sym.py`): use arithmetic, do not convert with `int()`.

Each target defines how it writes an op, in a registry of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple, Self, get_type_hints

from archc.diagnostics.core import ParamRef, Problem
from archc.diagnostics.problems.parameters import BadArgument
from archc.ir.arguments import ArgumentCheck
from archc.ir.autograd import Keeps, Saved
from archc.ir.cost import Cost
from archc.ir.types import TensorType, Types
from archc.ir.value import Value
from archc.ir.window import POINT, Window
from archc.support.record import Record

Family = Literal["input", "conv", "linear", "pool", "norm", "activation", "regularization", "merge", "shape", "head"]
"""The purpose of an op. Figures have one colour for each family."""


class Example(NamedTuple):
    """An executed example: a term, the shapes of its inputs (`;` between several) and of its outputs."""

    term: str
    inputs: str
    outputs: str


class Weight(Record):
    """One entry of the state dict: its shape, whether it is trained, its dtype, and the lecture's names of its axes."""

    shape: tuple[int, ...]
    kind: Literal["parameter", "buffer"] = "parameter"
    dtype: Literal["float32", "int64"] = "float32"
    axes: tuple[str, ...] = ("N",)


class Around(NamedTuple):
    """What a sugar layer stands for: ops of the kinds `before`, the op itself without the sugar, ops `after`.

    The added ops have no arguments, take no position and no name, and are marked implicit.
    """

    before: tuple[str, ...]
    op: Op
    after: tuple[str, ...]


class Sketch(Record):
    """The context from which a bare term chooses its missing arguments (docs/language.md, Sketches).

    `previous`: channels of the last op of the same kind, None for the first. `pooled`: whether a pooling came after
    that. `last`: whether this is the last term of its kind in the model. `classes`: the requested number of classes.
    `input`: the incoming tensor.
    """

    previous: int | None
    pooled: bool
    last: bool
    classes: int
    input: TensorType


class Op(Value):
    """Base of all ops.

    Subclasses set the class attributes and define the methods that the docstring of this module lists.

    `kind`: the name in the language; the class's own name.
    `family`: its purpose.
    `aliases`: further names that mean the same.
    `inputs`: the smallest and the largest number of input tensors, None for no limit.
    `merge`: the keyword of the language that makes it (`add { … | … }`), for ops that merge branches.
    `needs_output`: the next layer must not overwrite its output in place, because its backward pass reads it, or it
    shares memory with the input.
    `probability_head`: at the end of a model it is the head that `forward` omits (docs/language.md, Probabilities).
    `pools`: it halves the image, as the sketch rules understand it.
    `keeps`: what autograd keeps of it, if that is all inputs, all outputs, either (the input, or if it works in place
    the output), or nothing (see `saves`).
    `shares`: its outputs are views of the memory of its input.

    `pointwise`: it works on each position of an image by itself, wherever the channels are among the axes.
    """

    aliases: ClassVar[tuple[str, ...]] = ()
    inputs: ClassVar[tuple[int, int | None]] = (1, 1)
    merge: ClassVar[str | None] = None
    needs_output: ClassVar[bool] = False
    pools: ClassVar[bool] = False
    probability_head: ClassVar[bool] = False
    keeps: ClassVar[Keeps] = "inputs"
    shares: ClassVar[bool] = False
    pointwise: ClassVar[bool] = False
    family: ClassVar[Family]
    _known_checks: ClassVar[Mapping[str, Callable[[object], object]]]
    examples: ClassVar[tuple[Example, ...]] = ()

    @classmethod
    def kind(cls) -> str:
        """The name of this op in the language."""
        return cls.__name__

    @property
    def called(self) -> str:
        """The word for its module's name if there is no label."""
        return self.kind()

    @classmethod
    def build(cls, arguments: Mapping[str, object]) -> Self | tuple[Problem, ...]:
        """Build the op with these arguments, or return the problems with them.

        Requires: the names are those of fields.
        """
        values, problems = _checked(cls, arguments)
        return tuple(problems) or cls.model_construct(**values)

    def __init__(self, /, **arguments: object) -> None:
        values, problems = _checked(type(self), arguments)
        if problems:
            raise ValueError("; ".join(problem.message() for problem in problems))
        self.__dict__.update({**self._defaults, **values})

    @classmethod
    def _checks(cls) -> Mapping[str, Callable[[object], object]]:
        """The check of each argument, from its annotation; computed on first use."""
        if "_known_checks" not in cls.__dict__:
            cls._known_checks = {name: _check_of(_hint(cls, name)).check for name in cls.model_fields}
        return cls._known_checks

    def _json(self) -> dict[str, Any]:
        return {"kind": self.kind(), **super()._json()}

    @classmethod
    def positional(cls, values: Sequence[object]) -> tuple[str, ...]:
        """The names of the parameters that positional values are for; fewer if there are too many values.

        A layer that is passed as a value is represented by its name, a `str`.
        """
        return tuple(cls.model_fields)[: len(values)]

    @classmethod
    def sketch(cls, given: Sketch) -> Mapping[str, object]:
        """Values for required arguments that a bare term omits; empty unless the op has a sketch rule."""
        return {}

    def around(self, xs: Types) -> Around:
        """The layers that it stands for, if it is sugar."""
        return Around((), self, ())

    def misread(self, arguments: Mapping[str, object], xs: Types) -> Problem | None:
        """The problem with an argument as it is written, if its stored form no longer shows it."""
        return None

    def infer(self, xs: Types) -> TensorType | Types | Problem:
        """The type of each output, or a problem. Never raises."""
        raise NotImplementedError

    def weights(self, xs: Types) -> Mapping[str, Weight]:
        """The op's entries of the state dict, in torch's order (parameters, then buffers)."""
        return {}

    def cost(self, xs: Types, ys: Types) -> Cost:
        """The work for one sample."""
        return Cost()

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        """What autograd keeps of it in training on a CPU, without weights and buffers.

        The default is given by `keeps`, and otherwise all inputs, which most derivatives need.
        """
        if self.keeps == "nothing":
            return ()
        if self.keeps == "outputs":
            return tuple(Saved("output", i) for i in range(len(ys)))
        return tuple(Saved("input", i) for i in range(len(xs)))

    def views(self, xs: Types, training: bool) -> bool:
        """Whether its outputs share memory with its input."""
        return self.shares

    def window(self, xs: Types, ys: Types) -> Window | None:
        """The window of the input from which one position of the output is computed; None for the whole input."""
        return POINT

    def module_of(self, x: TensorType) -> tuple[int, ...]:
        """The properties of the input on which its PyTorch module depends, apart from the shapes of weights."""
        return ()

    def turned(self) -> tuple[int, ...] | None:
        """The order of the axes, for an op that changes nothing else."""
        return None

    def channel_axis(self, came: int, x: TensorType, y: TensorType) -> int:
        """The axis of the output's channels, if `came` is that of the input's."""
        if (turned := self.turned()) is not None:
            return turned.index(came)
        return came if len(x.dims) == len(y.dims) else 0

    def by_place(self) -> bool:
        """Whether a position is computed from itself alone if the channels are the last axis instead of the first."""
        over = getattr(self, "over", None)
        alone = self.pointwise or self.family in ("activation", "regularization")
        return alone if over is None else over == "last"


def missing(kind: type[Op], name: str) -> BadArgument:
    """The problem of a required argument that is not given, with a term that has it."""
    example = next((e.term for e in kind.examples if "(" in e.term), "")
    return BadArgument(kind=kind.kind(), name=name, value=None, wanted="missing", example=example, at=ParamRef(name))


def _checked(kind: type[Op], arguments: Mapping[str, object]) -> tuple[dict[str, object], list[BadArgument]]:
    """The arguments as the op stores them, and the problems with them."""
    values, problems = dict(arguments), list[BadArgument]()
    for name, field in kind.model_fields.items():
        if name in arguments:
            value = arguments[name]
            try:
                values[name] = kind._checks()[name](value)
            except ValueError as error:
                wanted = str(error)
                problems.append(BadArgument(kind=kind.kind(), name=name, value=value, wanted=wanted, at=ParamRef(name)))
        elif field.is_required():
            problems.append(missing(kind, name))
    return values, problems


def _hint(kind: type[Op], name: str) -> Any:
    """The type of an argument.

    Most annotations are a single name; evaluating all would take longer than checking a network.
    """
    owner = next(c for c in kind.__mro__ if name in c.__dict__.get("__annotations__", ()))
    annotation = owner.__annotations__[name]
    if isinstance(annotation, str):
        found = vars(sys.modules[owner.__module__]).get(annotation)
        return found if found is not None else get_type_hints(kind, include_extras=True)[name]
    return annotation


def words(kind: type[Op], name: str) -> tuple[str, ...]:
    """The words that an argument may be, such as `zeros` and `reflect`; none if it is something else."""
    schema = _check_of(_hint(kind, name)).schema
    return tuple(word for each in (schema, *schema.get("anyOf", ())) for word in each.get("enum", ()))


def _check_of(hint: Any) -> ArgumentCheck:
    found = [extra for extra in getattr(hint, "__metadata__", ()) if isinstance(extra, ArgumentCheck)]
    assert len(found) == 1, f"an op's arguments have types from `archc.ir.arguments`, not {hint}"
    return found[0]
