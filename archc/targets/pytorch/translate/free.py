"""The free names of a chain."""

from __future__ import annotations

from archc.ir import definition as d
from archc.ir.expr import Expr, Size, Var, leaves


def free_names(chain: d.Chain) -> tuple[list[int], list[int], list[str]]:
    """What a chain reads but does not define: tensors, tensors of which it reads a size, and names."""
    numbers: dict[int, None] = {}
    sizes: dict[int, None] = {}
    names: dict[str, None] = {}

    def expr(e: Expr | None, bound: frozenset[str], own: frozenset[int]) -> None:
        if e is None:
            return
        for leaf in leaves(e):
            if isinstance(leaf, Var) and leaf.name not in bound:
                names.setdefault(leaf.name)
            if isinstance(leaf, Size) and leaf.tensor not in own:
                sizes.setdefault(leaf.tensor)

    def go(term: d.Term, bound: frozenset[str], own: frozenset[int]) -> None:
        expr(getattr(term, "label", None), bound, own)
        match term:
            case d.BoundLayer() | d.BlockCall():
                for g in term.arguments:
                    expr(g.value, bound, own)
            case d.BoundParameterCall():
                expr(term.callee, bound, own)
                for g in (*term.arguments, *(g for x in term.defaults for g in x.arguments)):
                    expr(g.value, bound, own)
            case d.BoundTensor():
                if term.tensor not in own:
                    numbers.setdefault(term.tensor)
            case d.BoundGroup():
                inner = own if term.incoming is None else own | {term.incoming}
                for t in term.chain:
                    go(t, bound, inner)
            case d.BoundRepeat():
                expr(term.count, bound, own)
                for t in term.chain:
                    go(t, bound | {term.variable or "_"}, own)
            case d.BoundFor():
                expr(term.over, bound, own)
                for t in term.chain:
                    go(t, bound | set(term.target.names()), own)
            case d.BoundMerge():
                for b in term.branches:
                    for t in b:
                        go(t, bound, own | {term.incoming})
            case d.BoundVisit():
                go(term.term, bound, own)
            case d.BoundGuard():
                expr(term.condition, bound, own)
                go(term.then, bound, own)
                if term.otherwise is not None:
                    go(term.otherwise, bound, own)

    for t in chain:
        go(t, frozenset(), frozenset())
    return list(numbers), list(sizes), list(names)
