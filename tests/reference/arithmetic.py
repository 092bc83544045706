"""Arithmetic of tensors and numbers: the terms of a chain that are its operands, and their value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.reference.tree import Absent, Arithmetic, Chain, Group, Guard, Incoming, Invalid, Number, Term, Use
from tests.reference.values import Names, Tensor

OF_TENSORS = {"+": "Add", "-": "Sub", "*": "Mul", "/": "Div"}
Operand = Any
"""A `Tensor`, a number, or a list of numbers."""


def operands(chain: Chain, names: Names) -> int:
    """The number of terms at the start of a chain that are subtracted from each other; 0 without arithmetic."""
    first, *others = chain.terms
    count = 1
    for term in others:
        behind_number = count == 1 and isinstance(first, Number) and isinstance(term, Group) and term.label is None
        if not is_subtracted(term, names) and not behind_number:
            break
        count += 1
    if count == 1:
        return int(isinstance(first, Number | Arithmetic))
    brackets = isinstance(first, Group) and first.label is None
    return count if brackets or is_subtracted(first, names) else 0


def is_subtracted(term: Term, names: Names) -> bool:
    """Whether a `-` before a term means subtraction."""
    match term:
        case Number() | Arithmetic() | Incoming():
            return True
        case Use(arguments=None, label=None):
            return isinstance(_found(term, names), Tensor) or is_number(term, names)
        case Group(label=None):
            return is_subtracted(term.chain.terms[0], names)
        case Guard():
            return all(is_subtracted(side, names) for side in (term.term, term.otherwise) if side is not None)
        case _:
            return False


def is_number(term: Term, names: Names) -> bool:
    """Whether a term is the name of a number, or of a list."""
    if not isinstance(term, Use) or term.arguments is not None or term.label is not None:
        return False
    found = _found(term, names)
    return isinstance(found, int | float | list | tuple) and not isinstance(found, bool)


def _found(use: Use, names: Names) -> Any:
    try:
        return names.find(use.name)
    except Invalid:
        return None


def may_be_absent(chain: Chain | None) -> Guard | None:
    """The guard of a branch that ends in `else none`; None for other branches."""
    guard = chain.terms[0] if chain is not None and len(chain.terms) == 1 else None
    inner = guard
    while isinstance(inner, Guard):
        inner = inner.otherwise
    return guard if isinstance(guard, Guard) and isinstance(inner, Absent) else None


class Calculator:
    """Expands the arithmetic of chains in one scope: `tensor` expands a chain, `add` adds a layer."""

    def __init__(self, names: Names, tensor: Callable[[Chain], Tensor], add: Callable[..., tuple[Tensor, ...]]) -> None:
        self.names = names
        self.tensor = tensor
        self.add = add

    def difference(self, terms: tuple[Term, ...]) -> Operand:
        """The first term minus the others."""
        found = self.term(terms[0])
        for term in terms[1:]:
            found = self.joined("-", found, self.term(term))
        return found

    def term(self, term: Term) -> Operand:
        if isinstance(term, Number):
            return term.value
        if isinstance(term, Arithmetic):
            values = [self.chain(operand) for operand in term.operands]
            if len(values) == 1:
                return self.add("Neg", {}, (values[0],))[0] if isinstance(values[0], Tensor) else -values[0]
            return self.joined(term.sign, *values)
        if is_number(term, self.names):
            assert isinstance(term, Use)
            return _found(term, self.names)
        return self.tensor(Chain((term,)))

    def chain(self, chain: Chain) -> Operand:
        if len(chain.terms) == 1:
            return self.term(chain.terms[0])
        if operands(chain, self.names) == len(chain.terms):
            return self.difference(chain.terms)
        return self.tensor(chain)

    def joined(self, sign: str, left: Operand, right: Operand) -> Operand:
        """The result of an operator on two operands."""
        if isinstance(left, Tensor) and isinstance(right, Tensor):
            return self.add(OF_TENSORS[sign], {}, (left, right))[0]
        if isinstance(left, Tensor):
            return self.add("Arithmetic", {"sign": sign, "number": right, "first": False}, (left,))[0]
        if isinstance(right, Tensor):
            return self.add("Arithmetic", {"sign": sign, "number": left, "first": True}, (right,))[0]
        if isinstance(left, list | tuple) or isinstance(right, list | tuple):
            raise Invalid("arithmetic of lists")
        return {"+": left + right, "-": left - right, "*": left * right, "/": left / right if right else 0}[sign]
