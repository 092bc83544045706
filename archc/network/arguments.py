"""The types of op arguments. A `Sym` passes as what it stands for.

`BadArgument` quotes their words: "wanted a positive whole number".
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar, cast

from archc.network.sym import Sym, real
from archc.record import Record

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

T = TypeVar("T")
LARGEST = 2**31 - 1
"""No size in a spec may be larger: PyTorch's own kernels count with 32 bits."""


def _whole(least: int, words: str) -> Callable[[object], int]:
    def check(value: object) -> int:
        if isinstance(value, Sym):
            return cast(int, value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= LARGEST:
            raise ValueError(words)
        return value

    return check


def _pair(least: int, words: str) -> Callable[[object], tuple[int, int]]:
    one = _whole(least, words)

    def check(value: object) -> tuple[int, int]:
        if isinstance(value, Sym) and value.type == "tuple":
            return value[0], value[1]
        if isinstance(value, list | tuple):
            if len(value) != 2:
                raise ValueError(words)
            return one(value[0]), one(value[1])
        number = one(value)
        return number, number

    return check


def _pad(value: object) -> tuple[int, int] | str:
    return (
        "half" if isinstance(value, str) and value == "half" else _pair(0, "a padding, such as 1, 0x3 or half")(value)
    )


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


def _flag(value: object) -> bool:
    if not (isinstance(value, bool) or (isinstance(value, Sym) and value.type == "bool")):
        raise ValueError("true or false")
    return cast(bool, value)


def _sizes(value: object) -> tuple[int, ...]:
    words = "a list of positive whole numbers"
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(words)
    return tuple(_whole(1, words)(v) for v in value)


def _numbers(value: object) -> tuple[float, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise ValueError("a list of numbers")
    return tuple(_number(v) for v in value)


def _kind(value: object) -> str | None:
    if value is not None and (not isinstance(value, str) or not value.isidentifier()):
        raise ValueError("the name of a layer, such as ReLU")
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


class Checked(Record):
    """How an argument is checked (`check` returns its value or raises `ValueError`), and its JSON form."""

    check: Callable[[object], object]
    schema: dict[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.schema)


def _checked(check: Callable[[object], object], **schema: Any) -> Checked:
    return Checked(check, schema)


def _or_null(**schema: Any) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


_PAIR: dict[str, Any] = {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}
_SIZE: dict[str, Any] = _PAIR | {"items": {"type": "integer", "minimum": 1}}
_PAD: dict[str, Any] = _PAIR | {"items": {"type": "integer", "minimum": 0}}
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
"""Where something ends, not included; without it, at the last."""
Size2: TypeAlias = Annotated[tuple[int, int], _checked(_pair(1, "a size, such as 3 or 1x7"), **_SIZE)]
"""Rows and columns; `3` is `(3, 3)`, `1x7` is `(1, 7)`."""
Stride: TypeAlias = Annotated[
    tuple[int, int] | None, _checked(_optional(_pair(1, "a step, such as 2 or 1x2")), **_or_null(**_SIZE))
]
"""The steps of a pooling in rows and columns; without it, the kernel's size."""
Pad0: TypeAlias = Annotated[tuple[int, int], _checked(_pair(0, _PAD_WORDS), **_PAD)]
"""A padding of rows and columns."""
Pad: TypeAlias = Annotated[tuple[int, int] | str, _checked(_pad, anyOf=[_PAD, {"const": "half"}])]
"""A padding of rows and columns, or `half`: `dilation*(kernel-1)//2`."""
Fraction: TypeAlias = Annotated[float, _checked(_fraction, type="number", minimum=0, maximum=1)]
"""A probability or a rate."""
Number: TypeAlias = Annotated[float, _checked(_number, type="number")]
"""Any number."""
Positive: TypeAlias = Annotated[float, _checked(_positive, type="number", exclusiveMinimum=0)]
"""A number larger than 0."""
Numbers: TypeAlias = Annotated[tuple[float, ...], _checked(_numbers, type="array", items={"type": "number"})]
"""A list of numbers."""
Flag: TypeAlias = Annotated[bool, _checked(_flag, type="boolean")]
"""true or false."""
Sizes: TypeAlias = Annotated[tuple[int, ...], _checked(_sizes, **_SIZES)]
"""A list of positive whole numbers."""
Table: TypeAlias = Annotated[tuple[tuple[int, ...], ...] | None, _checked(_table, **_or_null(**_ROWS))]
"""LeNet-5's connection table: for each output channel the input channels that it reads."""
Kind: TypeAlias = Annotated[str | None, _checked(_kind, **_or_null(type="string"))]
"""The name of a layer kind, given as a value: the `SM` of `FC(SM)`."""
Interpolation: TypeAlias = Annotated[str, _checked(_one_of("nearest", "bilinear"), enum=["nearest", "bilinear"])]
"""How an image is enlarged."""
Mode: TypeAlias = Annotated[str, _checked(_one_of("row", "batch"), enum=["row", "batch"])]
"""Whether a random decision is made for each sample or for the batch."""
