"""The types of op arguments. They check without converting, so that a `Sym` stays a `Sym`.

`BadArgument` quotes their words: "wanted a positive whole number".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

from pydantic import PlainValidator, WithJsonSchema

LARGEST = 2**31 - 1
"""No size in a spec may be larger: PyTorch's own kernels count with 32 bits."""


def _whole(least: int, words: str) -> Callable[[object], int]:
    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= LARGEST:
            raise ValueError(words)
        return value

    return check


def _pair(least: int, words: str) -> Callable[[object], tuple[int, int]]:
    one = _whole(least, words)

    def check(value: object) -> tuple[int, int]:
        if isinstance(value, list | tuple):
            if len(value) != 2:
                raise ValueError(words)
            return one(value[0]), one(value[1])
        number = one(value)
        return number, number

    return check


def _pad(value: object) -> tuple[int, int] | str:
    return "half" if value == "half" else _pair(0, "a padding, such as 1, 0x3 or half")(value)


def _fraction(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("a number from 0 to 1")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a number")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _sizes(value: object) -> tuple[int, ...]:
    words = "a list of positive whole numbers"
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(words)
    return tuple(_whole(1, words)(v) for v in value)


def _table(value: object) -> tuple[tuple[int, ...], ...]:
    words = "a list of lists of channel numbers, one list an output channel"
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(words)
    rows: list[tuple[int, ...]] = []
    for row in value:
        if not isinstance(row, list | tuple) or not row:
            raise ValueError(words)
        rows.append(tuple(_whole(0, words)(v) for v in row))
    return tuple(rows)


def _schema(**words: Any) -> WithJsonSchema:
    return WithJsonSchema(words)


_PAIR = {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}

PositiveInt: TypeAlias = Annotated[
    int, PlainValidator(_whole(1, "a positive whole number")), _schema(type="integer", minimum=1)
]
"""1, 2, 3, …"""
Int: TypeAlias = Annotated[
    int, PlainValidator(_whole(-LARGEST, "a whole number")), _schema(type="integer")
]
"""Any whole number."""
Size2: TypeAlias = Annotated[
    tuple[int, int], PlainValidator(_pair(1, "a size, such as 3 or 1x7")), _schema(**_PAIR)
]
"""Rows and columns; `3` is `(3, 3)`, `1x7` is `(1, 7)`."""
Pad: TypeAlias = Annotated[
    tuple[int, int] | str, PlainValidator(_pad), _schema(anyOf=[_PAIR, {"const": "half"}])
]
"""A padding of rows and columns, or `half`: `dilation*(kernel-1)//2`."""
Fraction: TypeAlias = Annotated[
    float, PlainValidator(_fraction), _schema(type="number", minimum=0, maximum=1)
]
"""A probability or a rate."""
Number: TypeAlias = Annotated[float, PlainValidator(_number), _schema(type="number")]
"""Any number."""
Flag: TypeAlias = Annotated[bool, PlainValidator(_flag), _schema(type="boolean")]
"""true or false."""
Sizes: TypeAlias = Annotated[
    tuple[int, ...], PlainValidator(_sizes), _schema(type="array", items={"type": "integer", "minimum": 1})
]
"""A list of positive whole numbers."""
Table: TypeAlias = Annotated[
    tuple[tuple[int, ...], ...],
    PlainValidator(_table),
    _schema(type="array", items={"type": "array", "items": {"type": "integer", "minimum": 0}}),
]
"""LeNet-5's connection table: for each output channel the input channels that it reads."""
