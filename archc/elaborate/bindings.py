"""The meanings of names while a definition is bound."""

from __future__ import annotations

from archc.elaborate.values import Env
from archc.ir import definition as bound
from archc.ir.expr import Expr
from archc.support.record import Struct, field
from archc.syntax import tree


class BindingScope(Struct):
    """The meanings of names: values, tensors by number, arguments of macros; then those of `home`."""

    home: Env
    values: dict[str, Expr] = field(default_factory=dict)
    tensors: dict[str, int] = field(default_factory=dict)
    incoming: int | None = None
    defaults: list[tree.Use] = field(default_factory=list)

    shared: dict[str, bound.Term] = field(default_factory=dict)

    def inside(self) -> BindingScope:
        """A copy for a nested construct."""
        return BindingScope(
            self.home, dict(self.values), dict(self.tensors), self.incoming, list(self.defaults), dict(self.shared)
        )
