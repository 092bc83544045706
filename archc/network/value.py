"""The base of every value of the network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar, Self, dataclass_transform


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a value: its name and its default (`MISSING` where it must be given)."""

    name: str
    default: Any

    def is_required(self) -> bool:
        """Whether it must be given."""
        return self.default is MISSING


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Value:
    """An immutable value with a JSON form: a dataclass whose methods all classes share.

    A network is made of hundreds of thousands of these by code that is checked statically, so making one only stores
    what it is given. pydantic, which takes longer to import than a network takes to check, reads the JSON form and
    tells its schema; the names of those methods are pydantic's.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    model_fields: ClassVar[Mapping[str, Field]] = {}
    """The fields by name, in order."""
    _defaults: ClassVar[dict[str, Any]] = {}
    _reader: ClassVar[Any]

    def __init_subclass__(cls) -> None:
        dataclass(init=False, repr=False, eq=False, kw_only=True)(cls)
        found = [Field(f.name, f.default) for f in fields(cls)]  # type: ignore[arg-type]  # the line above made it one
        cls.model_fields = {f.name: f for f in found}
        cls._defaults = {f.name: f.default for f in found if not f.is_required()}

    def __init__(self, /, **values: Any) -> None:
        own = self.__dict__
        own.update(self._defaults)
        own.update(values)
        if len(own) != len(self.model_fields) or not own.keys() <= self.model_fields.keys():
            raise TypeError(f"{type(self).__name__} takes {', '.join(self.model_fields)}, not {', '.join(values)}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __eq__(self, other: object) -> bool:
        return self is other or (type(self) is type(other) and self.__dict__ == other.__dict__)

    def __hash__(self) -> int:
        return hash(tuple(map(self.__dict__.__getitem__, self.model_fields)))

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={self.__dict__[name]!r}" for name in self.model_fields)
        return f"{type(self).__name__}({inside})"

    @classmethod
    def model_construct(cls, **values: Any) -> Self:
        """A value of these fields, as they are; nothing is looked at."""
        made = cls.__new__(cls)
        own = made.__dict__
        own.update(cls._defaults)
        own.update(values)
        return made

    def model_copy(self, update: Mapping[str, Any]) -> Self:
        """The same with some fields changed."""
        made = self.__new__(type(self))
        own = made.__dict__
        own.update(self.__dict__)
        own.update(update)
        return made

    # -- the JSON form

    @classmethod
    def model_validate(cls, value: object, context: Any = None) -> Self:
        """Read a value from plain data. Raises `pydantic.ValidationError`."""
        found: Self = cls._adapter().validate_python(value, context=context)
        return found

    @classmethod
    def model_validate_json(cls, text: str | bytes, context: Any = None) -> Self:
        """Read the JSON form. Raises `pydantic.ValidationError`."""
        found: Self = cls._adapter().validate_json(text, context=context)
        return found

    @classmethod
    def model_json_schema(cls, mode: Any = "validation") -> dict[str, Any]:
        """The JSON Schema of the JSON form."""
        schema: dict[str, Any] = cls._adapter().json_schema(mode=mode)
        return schema

    def model_dump_json(self, indent: int | None = None) -> str:
        """The JSON form."""
        separators = (",", ":" if indent is None else ": ")
        return json.dumps(Value._json(self), default=_plain, indent=indent, separators=separators, ensure_ascii=False)

    @classmethod
    def _adapter(cls) -> Any:
        """What reads the JSON form, made when it is first asked for."""
        if "_reader" not in cls.__dict__:
            from pydantic import TypeAdapter

            cls._reader = TypeAdapter(cls)
        return cls._reader

    def _json(self) -> dict[str, Any]:
        """What the JSON form of a value that holds this one says of it."""
        own = self.__dict__
        return {name: own[name] for name in self.model_fields}


def _plain(value: object) -> dict[str, Any]:
    if isinstance(value, Value):
        return value._json()
    raise TypeError(f"{type(value).__name__} has no JSON form")
