"""The base class of the values of a network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Self, dataclass_transform

from archc.support.record import Record


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Value(Record):
    """An immutable value with a JSON form.

    Values are not validated when they are made: a network has hundreds of thousands, made by code that is checked
    statically. pydantic, which takes longer to import than a network takes to check, reads the JSON form and writes its
    schema; the names of those methods are pydantic's.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    _reader: ClassVar[Any] = None

    @classmethod
    def model_construct(cls, **values: Any) -> Self:
        """Make a value with these fields, without validation."""
        made = cls.__new__(cls)
        object.__setattr__(made, "__dict__", values)
        if len(values) != len(cls.model_fields):
            for name, default in cls._defaults.items():
                values.setdefault(name, default)
        return made

    def model_copy(self, update: Mapping[str, Any]) -> Self:
        """A copy with some fields changed."""
        values = self.__dict__.copy()
        values.update(update)
        made = self.__new__(type(self))
        object.__setattr__(made, "__dict__", values)
        return made

    # -- the JSON form

    @classmethod
    def model_validate(cls, value: object, context: Any = None) -> Self:
        """Read a value from plain data. Raises `pydantic.ValidationError`."""
        found: Self = cls._adapter().validate_python(value, context=context)
        return found

    @classmethod
    def model_validate_json(cls, text: str | bytes, context: Any = None) -> Self:
        """Read the JSON form.

        A network may be nested more deeply than the 200 levels that pydantic's own reader allows.

        Raises `ValueError` for invalid or too deeply nested JSON, and its subclass `pydantic.ValidationError` for JSON
        that is not a value of this class.
        """
        try:
            data = json.loads(text)
        except RecursionError:
            raise ValueError("the JSON is nested too deep") from None
        return cls.model_validate(data, context)

    @classmethod
    def model_json_schema(cls, mode: Any = "validation") -> dict[str, Any]:
        """The JSON Schema of the JSON form."""
        schema: dict[str, Any] = cls._adapter().json_schema(mode=mode)
        return schema

    def model_dump_json(self, indent: int | None = None) -> str:
        """The JSON form."""
        separators = (",", ":") if indent is None else None
        return json.dumps(Value._json(self), default=_plain, indent=indent, separators=separators, ensure_ascii=False)

    @classmethod
    def _adapter(cls) -> Any:
        """The pydantic adapter of the JSON form, created on first use."""
        if cls.__dict__.get("_reader") is None:
            from pydantic import TypeAdapter

            cls._reader = TypeAdapter(cls)
        return cls._reader

    def _json(self) -> dict[str, Any]:
        """This value as it appears in the JSON form of a value that contains it."""
        own = self.__dict__
        return {name: own[name] for name in self.model_fields}


def _plain(value: object) -> dict[str, Any]:
    if isinstance(value, Value):
        return value._json()
    raise TypeError(f"{type(value).__name__} has no JSON form")
