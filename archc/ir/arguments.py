"""The types of op arguments. A `Sym` is accepted as the value that it stands for.

`BadArgument` quotes the description of a type: "wanted a positive whole number".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from keyword import iskeyword
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar, cast

from archc.ir.sym import Sym, real
from archc.support.record import Record

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

T = TypeVar("T")
_MOST_AXES = 3
INTERPOLATIONS = ("nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear")
"""The modes of interpolation, by PyTorch's names."""
LARGEST = 2**31 - 1
"""The largest size in a spec: PyTorch's kernels count with 32 bits."""
_LARGEST_WHOLE = 2**63 - 1
"""The largest whole number beside a tensor: PyTorch converts it to 64 bits."""


_WORD = "([A-Za-z_][A-Za-z0-9_]*)?"


def _whole(least: int, words: str) -> Callable[[object], int]:
    def check(value: object) -> int:
        if isinstance(value, Sym):
            return cast(int, value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= LARGEST:
            raise ValueError(words)
        return value

    return check


def _sizes_of_axes(least: int, words: str) -> Callable[[object], tuple[int, ...]]:
    """One number per axis. A single number becomes two, until the number of axes is known."""
    one = _whole(least, words)

    def check(value: object) -> tuple[int, ...]:
        if isinstance(value, Sym) and value.type == "tuple":
            return value[0], value[1]
        if isinstance(value, list | tuple):
            if not 1 <= len(value) <= _MOST_AXES:
                raise ValueError(words)
            return tuple(one(v) for v in value)
        number = one(value)
        return number, number

    return check


def _pad(value: object) -> tuple[int, ...] | tuple[tuple[int, int], ...] | str:
    if isinstance(value, str) and value in ("half", "same"):
        return value
    return _numbers_or_sides(value, 0, 'a padding, such as 1, 0x3, half, "same" or [[0, 1]]')


def _margins(value: object) -> tuple[int, ...] | tuple[tuple[int, int], ...]:
    return _numbers_or_sides(value, -LARGEST, "a padding, such as 1, 0x3, [[0, 1]] or [[-1, 0]]")


def _numbers_or_sides(value: object, least: int, words: str) -> tuple[int, ...] | tuple[tuple[int, int], ...]:
    if isinstance(value, list | tuple) and any(isinstance(side, list | tuple) for side in value):
        return _sides(value, least, words)
    return _sizes_of_axes(least, words)(value)


def _even_pad(value: object) -> tuple[int, ...] | str:
    if isinstance(value, str) and value in ("half", "same"):
        return value
    if isinstance(value, list | tuple) and any(isinstance(side, list | tuple) for side in value):
        raise ValueError('a padding, such as 1, 0x3, half or "same"')
    return _sizes_of_axes(0, 'a padding, such as 1, 0x3, half or "same"')(value)


def _sides(value: list[object] | tuple[object, ...], least: int, words: str) -> tuple[tuple[int, int], ...]:
    """The padding before and after each axis. A single pair applies to all axes."""
    found: list[tuple[int, int]] = []
    for side in value:
        if not isinstance(side, list | tuple) or len(side) != 2:
            raise ValueError(words)
        before, behind = (_whole(least, words)(n) for n in side)
        found.append((before, behind))
    if len(found) > _MOST_AXES:
        raise ValueError(words)
    return tuple(found)


def _fraction(value: object) -> float:
    if isinstance(value, Sym):
        return cast(float, value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("a number from 0 to 1")
    return real(value)


def _number(value: object) -> float:
    if isinstance(value, Sym):
        return cast(float, value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError("a number")
    return real(value)


def _positive(value: object) -> float:
    number = _number(value)
    if isinstance(number, Sym):
        return number
    if not 0 < number < float("inf"):
        raise ValueError("a number larger than 0")
    return number


def _not_negative(value: object) -> float:
    number = _number(value)
    if not isinstance(number, Sym) and number < 0:
        raise ValueError("a number from 0 on")
    return number


def _flag(value: object) -> bool:
    if not (isinstance(value, bool) or (isinstance(value, Sym) and value.type == "bool")):
        raise ValueError("true or false")
    return cast(bool, value)


def _sizes(value: object) -> tuple[int, ...]:
    words = "a list of positive whole numbers"
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(words)
    return tuple(_whole(1, words)(v) for v in value)


def _order(value: object) -> tuple[int, ...]:
    words = "an order of axes, such as [1, 2, 0]"
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(words)
    return tuple(_whole(0, words)(v) for v in value)


def _steps(value: object) -> tuple[int, ...]:
    words = "a list of whole numbers, one for each axis"
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(words)
    return tuple(_whole(-LARGEST, words)(v) for v in value)


def _two_names(value: object) -> tuple[str, ...]:
    words = 'two names, such as ["qkv", "proj"]'
    if not isinstance(value, list | tuple) or len(value) != 2 or value[0] == value[1]:
        raise ValueError(words)
    for name in value:
        if not isinstance(name, str) or not name.isidentifier() or not name.isascii() or iskeyword(name):
            raise ValueError(words)
    return tuple(value)


def _numbers(value: object) -> tuple[float, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise ValueError("a list of numbers")
    return tuple(_number(v) for v in value)


def _number_or_numbers(value: object) -> float | tuple[float, ...]:
    words = "a number, or a list with one for each channel"
    if isinstance(value, list | tuple):
        if not value:
            raise ValueError(words)
        return tuple(_number(v) for v in value)
    if isinstance(value, Sym):
        if value.type == "tuple":  # its length would be needed
            raise ValueError(words)
        return cast(float, value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError(words)
    if isinstance(value, int) and abs(value) > _LARGEST_WHOLE:
        raise ValueError("a number that torch can hold: a larger one has a point or an exponent, `1e30`")
    return value


def _kind(value: object) -> str | None:
    if value is not None and (not isinstance(value, str) or not value.isidentifier()):
        raise ValueError("the name of a layer, such as ReLU")
    return value


def _word(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(_WORD, value):
        raise ValueError("a name")
    return value


def _one_of(*words: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        if value not in words or not isinstance(value, str):
            raise ValueError(" or ".join(f'"{w}"' for w in words))
        return value

    return check


def _optional(check: Callable[[object], T]) -> Callable[[object], T | None]:
    return lambda value: None if value is None else check(value)


def _table(value: object) -> tuple[tuple[int, ...], ...] | None:
    words = "a list of lists of channel numbers, one list an output channel"
    if value is None:
        return None
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(words)
    rows: list[tuple[int, ...]] = []
    for row in value:
        if not isinstance(row, list | tuple) or not row:
            raise ValueError(words)
        rows.append(tuple(_whole(0, words)(v) for v in row))
    return tuple(rows)


class ArgumentCheck(Record):
    """The check of an argument (`check` returns its value or raises `ValueError`), and its JSON form."""

    check: Callable[[object], object]
    schema: dict[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.schema)


def _checked(check: Callable[[object], object], **schema: Any) -> ArgumentCheck:
    return ArgumentCheck(check, schema)


_NULL: dict[str, Any] = {"type": "null"}


def _or_null(**schema: Any) -> dict[str, Any]:
    return {"anyOf": [schema, _NULL]}


_LIST: dict[str, Any] = {"type": "array", "minItems": 1, "maxItems": _MOST_AXES}


def _or_one(least: int) -> list[dict[str, Any]]:
    """The schema of one number for all axes, or one for each."""
    number = {"type": "integer", "minimum": least, "maximum": LARGEST}
    return [number, _LIST | {"items": number}]


def _side(least: int) -> dict[str, Any]:
    """The schema of the padding before and after an axis."""
    return {"type": "array", "items": {"type": "integer", "minimum": least}, "minItems": 2, "maxItems": 2}


_SIGNS = ("+", "-", "*", "/")
_OVER = ("all", "last", "channels")
_MODES = ("zeros", "reflect", "replicate", "circular")
_ROWS: dict[str, Any] = {
    "type": "array",
    "items": {"type": "array", "items": {"type": "integer", "minimum": 0}},
}
_WHOLE = _whole(0, "a whole number from 0 on")
_SIZES: dict[str, Any] = {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1}
_PAD_WORDS = "a padding, such as 1 or 0x3"

PositiveInt: TypeAlias = Annotated[int, _checked(_whole(1, "a positive whole number"), type="integer", minimum=1)]
"""1, 2, 3, …"""
Whole: TypeAlias = Annotated[int, _checked(_WHOLE, type="integer", minimum=0)]
"""0, 1, 2, …"""
Int: TypeAlias = Annotated[int, _checked(_whole(-LARGEST, "a whole number"), type="integer")]
"""Any whole number."""
End: TypeAlias = Annotated[int | None, _checked(_optional(_WHOLE), **_or_null(type="integer", minimum=0))]
"""An exclusive end; without it, everything to the last."""
_size = _sizes_of_axes(1, "a size, such as 3 or 1x7")
_step = _sizes_of_axes(1, "a step, such as 2 or 1x2")
Size: TypeAlias = Annotated[tuple[int, ...], _checked(_size, anyOf=_or_one(1))]
"""A number per axis: rows and columns of an image. `3` is `(3, 3)` and applies to all axes, `1x7` is `(1, 7)`."""
SizeOrNone: TypeAlias = Annotated[tuple[int, ...] | None, _checked(_optional(_size), anyOf=[*_or_one(1), _NULL])]
"""The same, or nothing."""
Stride: TypeAlias = Annotated[tuple[int, ...] | None, _checked(_optional(_step), anyOf=[*_or_one(1), _NULL])]
"""The strides of a pooling on each axis; without them, the size of the kernel."""
Pad0: TypeAlias = Annotated[tuple[int, ...], _checked(_sizes_of_axes(0, _PAD_WORDS), anyOf=_or_one(0))]
"""A padding of each axis."""
Pad: TypeAlias = Annotated[
    tuple[int, ...] | tuple[tuple[int, int], ...] | str,
    _checked(_pad, anyOf=[*_or_one(0), _LIST | {"items": _side(0)}, {"enum": ["half", "same"]}]),
]
"""A padding of each axis, of its two sides, `half` (`dilation*(kernel-1)//2`) or `"same"` (TensorFlow's)."""
Margins: TypeAlias = Annotated[
    tuple[int, ...] | tuple[tuple[int, int], ...],
    _checked(_margins, anyOf=[*_or_one(-LARGEST), _LIST | {"items": _side(-LARGEST)}]),
]
"""A padding in numbers: of each axis, or of its two sides. A negative number removes rows or columns."""
Pad0OrWord: TypeAlias = Annotated[
    tuple[int, ...] | str, _checked(_even_pad, anyOf=[*_or_one(0), {"enum": ["half", "same"]}])
]
"""A padding of each axis, equal before and after it, `half` or `"same"`."""
PadMode: TypeAlias = Annotated[str, _checked(_one_of(*_MODES), enum=list(_MODES))]
"""The values that fill a padding."""
Fraction: TypeAlias = Annotated[float, _checked(_fraction, type="number", minimum=0, maximum=1)]
"""A probability or a rate."""
Number: TypeAlias = Annotated[float, _checked(_number, type="number")]
"""Any number."""
Positive: TypeAlias = Annotated[float, _checked(_positive, type="number", exclusiveMinimum=0)]
"""A number larger than 0."""
PositiveOrNone: TypeAlias = Annotated[
    float | None, _checked(_optional(_positive), **_or_null(type="number", exclusiveMinimum=0))
]
"""The same, or nothing."""
NotNegative: TypeAlias = Annotated[float, _checked(_not_negative, type="number", minimum=0)]
"""0 or a number larger than 0."""
Order: TypeAlias = Annotated[
    tuple[int, ...], _checked(_order, type="array", items={"type": "integer", "minimum": 0}, minItems=1)
]
"""An order of axes: the numbers of all of them, from 0."""
Steps: TypeAlias = Annotated[tuple[int, ...], _checked(_steps, type="array", items={"type": "integer"}, minItems=1)]
"""A whole number for each axis."""
TwoNames: TypeAlias = Annotated[
    tuple[str, ...],
    _checked(_two_names, type="array", items={"type": "string"}, minItems=2, maxItems=2, uniqueItems=True),
]
"""The names of two layers inside another."""
Place: TypeAlias = Annotated[str, _checked(_one_of("first", "last"), enum=["first", "last"])]
"""The position of the channels among the axes."""
Axis: TypeAlias = Annotated[str, _checked(_one_of(*_OVER[1:]), enum=list(_OVER[1:]))]
"""An axis: the last (the features of tokens) or the first."""
Numbers: TypeAlias = Annotated[tuple[float, ...], _checked(_numbers, type="array", items={"type": "number"})]
"""A list of numbers."""
NumberOrNumbers: TypeAlias = Annotated[
    float | tuple[float, ...],
    _checked(
        _number_or_numbers, anyOf=[{"type": "number"}, {"type": "array", "items": {"type": "number"}, "minItems": 1}]
    ),
]
"""A number as it is written, or a list with one for each channel."""
Approximation: TypeAlias = Annotated[str, _checked(_one_of("none", "tanh"), enum=["none", "tanh"])]
"""The approximation of a function, by PyTorch's names."""
Sign: TypeAlias = Annotated[str, _checked(_one_of(*_SIGNS), enum=list(_SIGNS))]
"""An operator between two numbers."""
Flag: TypeAlias = Annotated[bool, _checked(_flag, type="boolean")]
"""true or false."""
Sizes: TypeAlias = Annotated[tuple[int, ...], _checked(_sizes, **_SIZES)]
"""A list of positive whole numbers."""
Table: TypeAlias = Annotated[tuple[tuple[int, ...], ...] | None, _checked(_table, **_or_null(**_ROWS))]
"""LeNet-5's connection table: for each output channel the input channels that it reads."""
Kind: TypeAlias = Annotated[str | None, _checked(_kind, **_or_null(type="string"))]
"""The name of a layer kind, given as a value: the `SM` of `FC(SM)`."""
Word: TypeAlias = Annotated[str, _checked(_word, type="string", pattern=f"^{_WORD}$")]
"""A name, or nothing."""
Interpolation: TypeAlias = Annotated[str, _checked(_one_of(*INTERPOLATIONS), enum=list(INTERPOLATIONS))]
"""A mode of interpolation."""
Over: TypeAlias = Annotated[str, _checked(_one_of(*_OVER), enum=list(_OVER))]
"""The axes to normalise over: all of a sample, the last (the features of tokens) or the first."""
Mode: TypeAlias = Annotated[str, _checked(_one_of("row", "batch"), enum=["row", "batch"])]
"""Whether a random decision is made per sample or per batch."""
