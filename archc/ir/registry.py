"""The registry of a target: a table from op to rule that is filled by the modules of one package."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from importlib import import_module
from typing import Generic, TypeVar

from archc.ir.op import Op

Rule = TypeVar("Rule", bound=Callable[..., object])


class Registry(Generic[Rule]):
    """The rules of a target, by op.

        lowers: Registry[Lowering] = Registry("archc.targets.pytorch.lowerings")

        @lowers(Conv)
        def conv(op: Conv, xs: Types) -> TorchCall: ...

    The modules of `package` are imported at the first lookup, so there is no list to maintain. An op of another package
    registers its rule where it is defined. A rule also applies to subclasses of its op that have none.
    """

    def __init__(self, package: str) -> None:
        self._package = package
        self._rules: dict[type[Op], Rule] = {}
        self._is_complete = False

    def __call__(self, *kinds: type[Op]) -> Callable[[Rule], Rule]:
        """Register a rule for some ops."""

        def register(rule: Rule) -> Rule:
            self._rules.update(dict.fromkeys(kinds, rule))
            return rule

        return register

    def find(self, kind: type[Op]) -> Rule | None:
        """The rule for an op, or None."""
        if not self._is_complete:
            self._is_complete = True
            package = import_module(self._package)
            for module in pkgutil.iter_modules(package.__path__):
                import_module(f"{self._package}.{module.name}")
        return next((self._rules[base] for base in kind.__mro__ if base in self._rules), None)
