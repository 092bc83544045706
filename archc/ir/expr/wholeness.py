"""Whether a `fn` gives a whole number, which depends on its arguments."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from archc.ir.expr.tree import Apply, Expr, Functions, Lambda, Var, passed, whole


def certainly_whole(e: Expr, given: AbstractSet[str], functions: Functions) -> bool:
    """Whether an expression is certainly a whole number, given that these variables are."""
    judge = _Judge(functions)
    while True:
        before = len(judge.refuted)
        judge.seen.clear()
        found = judge.whole(e, given)
        if len(judge.refuted) == before:
            return found


class _Judge:
    """Assumes that calls are whole until one is refuted: a recursive call is whole if everything else is."""

    def __init__(self, functions: Functions) -> None:
        self.functions = functions
        self.refuted: set[tuple[str, frozenset[str]]] = set()
        self.seen: set[tuple[str, frozenset[str]]] = set()

    def whole(self, e: Expr, given: AbstractSet[str]) -> bool:
        """The answer under the current assumptions."""

        def also(part: Expr) -> bool:
            if isinstance(part, Var):
                return part.name in given
            return isinstance(part, Apply) and part.function in self.functions and self._result(part, given)

        return whole(e, also)

    def _result(self, call: Apply, given: AbstractSet[str]) -> bool:
        called = self.functions[call.function]
        key = call.function, self._passed(called, call, given)
        if key not in self.seen:
            self.seen.add(key)
            if not self.whole(called.body, key[1]):
                self.refuted.add(key)
        return key not in self.refuted

    def _passed(self, called: Lambda, call: Apply, given: AbstractSet[str]) -> frozenset[str]:
        """The parameters that are whole in a call."""
        values = passed(called, call)
        found: set[str] = set()
        for name, default in called.parameters:
            value, known = (values[name], given) if name in values else (default, found)
            if value is not None and self.whole(value, known):
                found.add(name)
        return frozenset(found)
