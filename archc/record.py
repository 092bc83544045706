"""The base of the many small immutable classes: syntax nodes, problems, the values of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record: its name and its default (`MISSING` where it must be given)."""

    name: str
    default: Any

    def is_required(self) -> bool:
        """Whether it must be given."""
        return self.default is MISSING


class Record:
    """An immutable dataclass whose methods all subclasses share.

    A dataclass of the library's own compiles its methods for each class: for the two hundred classes of archc that
    takes longer than checking a network. A subclass needs no decorator. Making one only stores what it is given.
    """

    model_fields: ClassVar[Mapping[str, Field]] = {}
    """The fields by name, in order."""
    _defaults: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        dataclass(init=False, repr=False, eq=False)(cls)
        found = [Field(f.name, f.default) for f in fields(cls)]  # type: ignore[arg-type]  # the line above made it one
        cls.model_fields = {f.name: f for f in found}
        cls._defaults = {f.name: f.default for f in found if not f.is_required()}

    def __init__(self, /, *values: Any, **named: Any) -> None:
        own, known = self.__dict__, self.model_fields
        own.update(self._defaults)
        own.update(zip(known, values))  # noqa: B905  # what is too long is seen below
        own.update(named)
        if len(own) != len(known) or len(values) > len(known) or not own.keys() <= known.keys():
            raise TypeError(f"{type(self).__name__} takes {', '.join(known)}, not {values} and {', '.join(named)}")

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
