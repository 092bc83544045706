"""How a body ends: what is its result, and what training returns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archc.ir import definition as d
from archc.ir.expr import Const
from archc.targets.pytorch.names import chains_of
from archc.targets.pytorch.translate.free import free_names


def closing(body: Sequence[d.Statement]) -> frozenset[int]:
    """The tensors that are the first result and are read nowhere else; the terms that make them end the body.

    If the sides of an `if` assign the result, these are the tensors of the sides.
    """
    last = next((s for s in reversed(body) if not gives_training(s)), None)
    first = last.chains[0] if isinstance(last, d.BoundReturn) and not last.training and last.chains else ()
    if len(first) != 1 or not isinstance(first[0], d.BoundTensor) or first[0].index is not None:
        return frozenset()
    trained = {id(chain) for chain in _training(body)}
    reads = [n for c in chains_of(tuple(body)) if id(c) not in trained or len(c) > 1 for n in free_names(c).tensors]
    number = first[0].tensor
    return frozenset(_ends(body, number, reads)) if reads.count(number) == 1 else frozenset()


def _ends(body: Sequence[d.Statement], number: int, reads: Sequence[int]) -> Iterator[int]:
    """A tensor, and those that it only renames, be it behind an `if`, unless something else reads them."""
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


def gives_training(s: d.Statement) -> bool:
    """Whether a statement defines what training returns."""
    return next(_training((s,)), None) is not None


def last_of(chain: d.Chain) -> int:
    """The place of the last term that does something, -1 for none."""
    return max((i for i, term in enumerate(chain) if not _is_empty(term)), default=-1)


def _is_empty(term: d.Term) -> bool:
    match term:
        case d.BoundGroup() if all(map(_is_empty, term.chain)):
            return True
        case d.BoundRepeat(count=Const(value=0)):
            return True
        case _:
            return False
