"""What a chain reads from outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archc.ir import definition as d
from archc.ir.expr import Expr, Size, Var, leaves
from archc.targets.pytorch.names import chains_of


def free_names(chain: d.Chain) -> tuple[list[int], list[int], list[str]]:
    """What a chain reads but does not define: tensors, tensors of which it asks a size, names."""
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


def closing(body: Sequence[d.Statement]) -> frozenset[int]:
    """The tensors that are the first result and read nowhere else: what makes them is the end of the body.

    Where the result has its name from the sides of an `if`, these are the tensors of the sides.
    """
    last = body[-1] if body else None
    first = last.chains[0] if isinstance(last, d.BoundReturn) and not last.training and last.chains else ()
    if len(first) != 1 or not isinstance(first[0], d.BoundTensor) or first[0].index is not None:
        return frozenset()
    trained = {id(chain) for chain in _training(body)}
    reads = [n for c in chains_of(tuple(body)) if id(c) not in trained or len(c) > 1 for n in free_names(c)[0]]
    number = first[0].tensor
    return frozenset(_ends(body, number, reads)) if reads.count(number) == 1 else frozenset()


def _ends(body: Sequence[d.Statement], number: int, reads: Sequence[int]) -> Iterator[int]:
    """A tensor and what it is another name of: a tensor, or those of the sides of an `if`, if nothing else reads it."""
    yield number
    for s in body:
        match s:
            case d.BoundAssignment(tensors=(made,), chain=(d.BoundTensor(tensor=other, index=None),)):
                if made == number and reads.count(other) == 1:
                    yield from _ends(body, other, reads)
            case d.BoundIf():
                for join in s.joins:
                    for side, inner in ((s.then, join.then), (s.otherwise, join.otherwise)):
                        if join.tensor == number and inner is not None and inner in {*_made(side)} - {*reads}:
                            yield from _ends(side, inner, reads)
            case _:
                pass


def _training(body: Sequence[d.Statement]) -> Iterator[d.Chain]:
    """What statements return in training."""
    for s in body:
        match s:
            case d.BoundReturn(training=True):
                yield from s.chains
            case d.BoundIf():
                yield from _training((*s.then, *s.otherwise))
            case _:
                pass


def _made(body: Sequence[d.Statement]) -> Iterator[int]:
    """The tensors to which statements give names, in the order of the text."""
    for s in body:
        match s:
            case d.BoundAssignment():
                yield from s.tensors
            case d.BoundIf():
                yield from (join.tensor for join in s.joins)
            case _:
                pass
