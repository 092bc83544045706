"""Base classes for syntax nodes, problems, the values of a network and the results of stages.

They are dataclasses that are cheap to define. The standard library compiles the methods of a dataclass on import, which
for the hundreds of classes of archc takes longer than checking a network. Here methods are shared, and `__init__` is
compiled after the first instances. Subclasses need no decorator; a `__post_init__` is called as in dataclasses.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import MISSING, field
from typing import Any, ClassVar, NamedTuple, TypeVar, dataclass_transform, get_origin

__all__ = ["MISSING", "Field", "Record", "Struct", "field", "replace"]

Some = TypeVar("Some", bound="_Fields")


class Field(NamedTuple):
    """A field of a class: its name, and its default or default factory (`MISSING` if it is required)."""

    name: str
    default: Any
    factory: Any

    def is_required(self) -> bool:
        """Whether the field has no default."""
        return self.default is self.factory is MISSING


class _Asked:
    """Provides `__dataclass_fields__` for `dataclasses` and pydantic, computed on first access."""

    def __get__(self, instance: object, owner: type[_Fields]) -> Any:
        if owner is _Fields:
            raise AttributeError
        dataclasses.dataclass(init=False, repr=False, eq=False)(owner)
        return owner.__dict__["__dataclass_fields__"]


class _Fields:
    """The common base of `Struct` and `Record`."""

    model_fields: ClassVar[Mapping[str, Field]] = {}
    """The fields by name, in order."""
    _defaults: ClassVar[Mapping[str, Any]] = {}
    _own_init: ClassVar[bool] = False
    """Whether the class has an `__init__` of its own."""
    _store: ClassVar[str]
    """The statement that sets a field."""
    __dataclass_fields__: ClassVar[Any] = _Asked()

    def __init_subclass__(cls) -> None:
        inside = cls.__dict__
        found = dict(cls.model_fields)
        for name, kind in inside.get("__annotations__", {}).items():
            if not _is_of_the_class(kind):
                given = inside.get(name, MISSING)
                made = isinstance(given, dataclasses.Field)
                found[name] = Field(name, given.default, given.default_factory) if made else Field(name, given, MISSING)
        cls.model_fields = found
        cls._defaults = {f.name: f.default for f in found.values() if f.default is not MISSING}
        cls.__match_args__ = tuple(found)  # type: ignore[misc, attr-defined]  # as dataclasses do
        cls.__dataclass_fields__ = _Asked()
        cls._own_init = cls._own_init or "__init__" in inside
        if not cls._own_init:
            cls.__init__ = _first(cls)  # type: ignore[method-assign]

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={self.__dict__[name]!r}" for name in self.model_fields)
        return f"{type(self).__name__}({inside})"


def _is_of_the_class(annotation: object) -> bool:
    """Whether an annotation marks a class variable. It is a string unless its module evaluates annotations."""
    if isinstance(annotation, str):
        return annotation.removeprefix("typing.").startswith("ClassVar")
    return annotation is ClassVar or get_origin(annotation) is ClassVar


def replace(instance: Some, **changes: Any) -> Some:
    """A copy with changed fields: `dataclasses.replace` in a third of the time."""
    own = instance.__dict__
    return type(instance)(**{name: own[name] for name in instance.model_fields} | changes)


_FEW = 2
"""The instances of a class before its `__init__` is compiled, which takes as long as twenty more would."""


def _first(cls: type[_Fields]) -> Callable[..., None]:
    """An `__init__` for the first instances, that then replaces itself with the compiled one."""
    made = 0

    def first(self: _Fields, /, *values: Any, **named: Any) -> None:
        nonlocal made
        made += 1
        if made > _FEW or (found := _filled(cls.model_fields, values, named)) is None:
            cls.__init__ = _compiled(cls)  # type: ignore[method-assign]
            cls.__init__(self, *values, **named)
            return
        self.__dict__.update(found)
        if (after := getattr(self, "__post_init__", None)) is not None:
            after()

    return first


def _filled(fields: Mapping[str, Field], values: tuple[Any, ...], named: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The values of all fields; None if those given are not what the fields ask for."""
    given = {**dict(zip(fields, values, strict=False)), **named}
    if len(given) < len(values) + len(named) or not fields.keys() >= given.keys() or (values and _is_mixed(fields)):
        return None
    found: dict[str, Any] = {}
    for f in fields.values():
        value = given.get(f.name, MISSING)
        if value is MISSING:
            value = f.default if f.factory is MISSING else f.factory()
        if value is MISSING:
            return None
        found[f.name] = value
    return found


def _is_mixed(fields: Mapping[str, Field]) -> bool:
    """Whether a field with a default comes before one without, so that none is given by position."""
    required = [f.is_required() for f in fields.values()]
    return required != sorted(required, reverse=True)


def _compiled(cls: type[_Fields]) -> Callable[..., None]:
    """The `__init__` of the fields of `cls`. They may be given by position if those with a default come last."""
    fields = list(cls.model_fields.values())
    known: dict[str, Any] = {"MISSING": MISSING}
    parameters, lines = [], ["_own = self.__dict__"]
    for f in fields:
        default, value = "", f.name
        if f.factory is not MISSING:
            known[f"_{f.name}"] = f.factory
            default, value = "=MISSING", f"_{f.name}() if {f.name} is MISSING else {f.name}"
        elif f.default is not MISSING:
            known[f"_{f.name}"] = f.default
            default = f"=_{f.name}"
        parameters.append(f"{f.name}{default}")
        lines.append(cls._store.format(name=f.name, value=value))
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    star = ["*"] if _is_mixed(cls.model_fields) else []
    # As in the standard library, the text consists of names of fields only.
    exec(f"def __init__({', '.join(['self', *star, *parameters])}):\n " + "\n ".join(lines), known)
    made: Callable[..., None] = known["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


@dataclass_transform(field_specifiers=(field,))
class Struct(_Fields):
    """Base class for mutable state. Instances are compared by identity."""

    _store = "self.{name} = {value}"


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Record(_Fields):
    """Base class for immutable values. Instances are equal if their fields are, and hashable if those are."""

    _store = "_own[{name!r}] = {value}"

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def _values(self) -> tuple[Any, ...]:
        return tuple(map(self.__dict__.__getitem__, self.model_fields))

    def __eq__(self, other: object) -> bool:
        return self is other or (type(other) is type(self) and self._values() == other._values())

    def __hash__(self) -> int:
        return hash(tuple(map(self.__dict__.__getitem__, self.model_fields)))
