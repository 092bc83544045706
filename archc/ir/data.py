"""Plain values of the language, and the discriminator of unions in JSON."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

from archc.ir.value import Value
from archc.support.record import Record

if sys.version_info >= (3, 12):
    from typing import TypeAliasType
else:
    from typing_extensions import TypeAliasType

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema


class Callee(Value):
    """A block or a layer kind that was passed as a value: `ResNet(Bottleneck, …)`."""

    name: str


Data = TypeAliasType("Data", "int | float | bool | str | None | Callee | tuple[Data, ...]")
"""A compile-time value of the language."""


class OneOf(Record):
    """The field that identifies the class of a value in a union."""

    field: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic import Field

        return handler.generate_schema(Annotated[source, Field(discriminator=self.field)])
