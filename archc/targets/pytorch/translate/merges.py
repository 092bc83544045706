"""Merges: branches that each read the incoming tensors."""

from __future__ import annotations

from collections.abc import Sequence

from archc.ir import definition as d
from archc.ir.expr import Const, Expr, binary, const, items_of, variables
from archc.targets.pytorch import lower
from archc.targets.pytorch.code import Compute
from archc.targets.pytorch.lower import Untranslatable
from archc.targets.pytorch.names import larger
from archc.targets.pytorch.translate.context import ModuleScope, TensorVariable, Values
from archc.targets.pytorch.translate.errors import MustBeKnown, NotSequence
from archc.targets.pytorch.translate.layers import Layers


class MergeTranslation(Layers):
    """Translates merges, whose branches must be known if their number depends on an argument."""

    def merge(self, term: d.BoundMerge, values: Values, scope: ModuleScope) -> Values:
        """Translate branches that each read the input."""
        if scope.sequence:
            raise NotSequence
        results = [v for branch in term.branches for v in self.results_of(term, branch, values, scope)]
        if term.kind == "tuple":
            return tuple(results)
        if len(results) == 1 and any(len(b) == 1 and may_be_absent(b[0]) for b in term.branches):
            return tuple(results)
        if not results:
            raise Untranslatable("a merge of nothing")
        kind = self.t.kinds[term.kind]
        low = self.lowered(kind, {}, tuple(results))
        dims = self.sizes(low.outputs, scope)
        scope.position = binary("+", scope.position, const(1))
        var = self.t.variable("y")
        inputs = tuple(r.var for r in results)
        self.forward.append(Compute((var,), lower.operation(kind, low.call, inputs), dims[0]))
        return (TensorVariable(var, dims[0]),)

    def results_of(self, term: d.BoundMerge, branch: d.Chain, values: Values, scope: ModuleScope) -> Values:
        """Translate a branch.

        A `for` that is a whole branch stands for one branch per turn, and its turns must be known.
        """
        self.incoming(term.incoming, values)
        match branch:
            case (d.BoundGuard() as guard,) if self.is_absent(guard, scope):
                return ()
            case (d.BoundFor(every=False) as loop,):
                names, results = self.names, list[TensorVariable]()
                for row in self.rows(self.expr(loop.over)):
                    self.names = {**names, **self.row(loop.target, row)}
                    results += self.results_of(term, loop.chain, values, scope)
                self.names = names
                return tuple(results)
            case _:
                return self.chain(branch, values, scope, False)

    def rows(self, over: Expr) -> Sequence[Expr]:
        """The items of a loop, which must be known."""
        found = items_of(over)
        if found is None:
            raise MustBeKnown(variables(over))
        return found

    def row(self, target: d.Pattern, row: Expr) -> dict[str, Expr]:
        """The names of a loop, bound to the values of a turn."""
        given: dict[str, Expr] = {}
        if not _fits(target, row, given):
            raise Untranslatable("a row of a table that does not fit")
        return given

    def is_absent(self, term: d.Term, scope: ModuleScope) -> bool:
        """Whether a branch is absent, which must be known because the number of merged tensors depends on it."""
        if not isinstance(term, d.BoundGuard) or not may_be_absent(term):
            return isinstance(term, d.BoundAbsent)
        condition = self.truth(term.condition)
        if not isinstance(condition, Const):
            raise MustBeKnown(variables(condition))
        if condition.value or term.otherwise is None or not self.is_absent(term.otherwise, scope):
            return False
        scope.counts = larger(scope.counts, self.counter(scope.taken).term(term.then, dict(scope.counts)))
        return True


def may_be_absent(term: d.Term | None) -> bool:
    """Whether a guard ends in `else none`."""
    while isinstance(term, d.BoundGuard):
        term = term.otherwise
    return isinstance(term, d.BoundAbsent)


def _fits(pattern: d.Pattern, row: Expr, found: dict[str, Expr]) -> bool:
    """Bind the names of a loop to the values of a row."""
    if pattern.name:
        found[pattern.name] = row
        return True
    items = items_of(row)
    if items is None or len(items) != len(pattern.items):
        return False
    return all(_fits(p, i, found) for p, i in zip(pattern.items, items, strict=True))
