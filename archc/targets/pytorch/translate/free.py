"""The free names of a chain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archc.ir import definition as d
from archc.ir.expr import Expr, Size, Var, leaves
from archc.support.record import Struct, field


class FreeNames(Struct):
    """What a chain reads but does not define, in the order in which it is read first.

    `tensors` are the tensors that it reads, `sizes` those of which it reads a size, each by number.
    """

    tensors: dict[int, None] = field(default_factory=dict)
    sizes: dict[int, None] = field(default_factory=dict)
    names: dict[str, None] = field(default_factory=dict)

    def read(self, term: d.Term, bound: frozenset[str], own: frozenset[int]) -> None:
        """Add what a term reads, except the names `bound` and the tensors `own`, which are defined around it."""
        if isinstance(term, d.BoundTensor) and term.tensor not in own:
            self.tensors.setdefault(term.tensor)
        parts = _parts(term)
        for e in (getattr(term, "label", None), *parts.exprs):
            for leaf in leaves(e) if e is not None else ():
                if isinstance(leaf, Var) and leaf.name not in bound:
                    self.names.setdefault(leaf.name)
                if isinstance(leaf, Size) and leaf.tensor not in own:
                    self.sizes.setdefault(leaf.tensor)
        for inner in parts.terms:
            self.read(inner, bound | parts.names, own | parts.tensors)


def free_names(chain: d.Chain) -> FreeNames:
    """What a chain reads but does not define."""
    found = FreeNames()
    for term in chain:
        found.read(term, frozenset(), frozenset())
    return found


class _Parts(NamedTuple):
    """What a term consists of: its expressions and the terms in it, for which it defines `names` and `tensors`."""

    exprs: Sequence[Expr] = ()
    terms: Sequence[d.Term] = ()
    names: frozenset[str] = frozenset()
    tensors: frozenset[int] = frozenset()


def _parts(term: d.Term) -> _Parts:
    match term:
        case d.BoundLayer() | d.BlockCall():
            return _Parts([a.value for a in term.arguments])
        case d.BoundParameterCall():
            arguments = (*term.arguments, *(a for defaults in term.defaults for a in defaults.arguments))
            return _Parts([term.callee, *(a.value for a in arguments)])
        case d.BoundGroup():
            return _Parts((), term.chain, tensors=frozenset(() if term.incoming is None else (term.incoming,)))
        case d.BoundRepeat():
            return _Parts([term.count], term.chain, frozenset({term.variable or "_"}))
        case d.BoundFor():
            return _Parts([term.over], term.chain, frozenset(term.target.names()))
        case d.BoundMerge():
            return _Parts(
                (), [inner for branch in term.branches for inner in branch], tensors=frozenset({term.incoming})
            )
        case d.BoundVisit():
            return _Parts((), [term.term])
        case d.BoundGuard():
            return _Parts([term.condition], [term.then] if term.otherwise is None else [term.then, term.otherwise])
        case _:
            return _Parts()
