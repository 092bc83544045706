"""What a chain is beyond its terms: which are operands of arithmetic, and whether a branch may be absent.

Whether a `-` subtracts depends on what the names mean.
"""

from __future__ import annotations

from collections.abc import Callable

from archc.syntax import tree

Tells = Callable[[tree.Use], bool]
"""Whether a bare name is certainly a tensor's or number's, or whether it may be a number's."""


def optional(chain: tree.Chain) -> tree.Guard | None:
    """The guard that a branch consists of, if the branch may be absent: `A if (c) else none`."""
    guard = chain.terms[0] if len(chain.terms) == 1 else None
    inner = guard
    while isinstance(inner, tree.Guard):
        inner = inner.otherwise
    return guard if isinstance(guard, tree.Guard) and isinstance(inner, tree.Absent) else None


def is_operand(term: tree.Term, is_certain: Tells) -> bool:
    """Whether a term is a number, a tensor, or begins with one, so that a `-` before it subtracts."""
    match term:
        case tree.Constant() | tree.Calculation():
            return True
        case tree.Use(label=None, arguments=None):
            return is_certain(term)
        case tree.Group(label=None):
            return bool(term.chain.terms) and is_operand(term.chain.terms[0], is_certain)
        case tree.Guard():
            return all(is_operand(side, is_certain) for side in (term.then, term.otherwise) if side is not None)
        case _:
            return False


def is_constant(term: tree.Term) -> bool:
    """Whether a term is a number that is written out, or calculated from such."""
    if isinstance(term, tree.Calculation):
        return all(is_constant(inner) for operand in term.operands for inner in operand.terms)
    return isinstance(term, tree.Constant)


def _is_bracket(term: tree.Term) -> bool:
    return isinstance(term, tree.Group) and term.label is None


def operands(chain: tree.Chain, is_certain: Tells, may_be_number: Tells) -> int:
    """How many terms at the start of a chain are operands of its arithmetic; 0 for a chain without any.

    In `x - y - Conv(4)` there are two. The first may also be a chain in parentheses, which reads what comes in, or the
    name of a number. A number feeds nothing, so that `1 - (GAPool - Sigmoid)` is a difference, too.
    """
    terms = chain.terms
    if not terms:
        return 0
    count = 2 if isinstance(terms[0], tree.Constant) and len(terms) > 1 and _is_bracket(terms[1]) else 1
    while count < len(terms) and is_operand(terms[count], is_certain):
        count += 1
    first = terms[0]
    if count == 1:
        return int(isinstance(first, tree.Constant | tree.Calculation))
    if isinstance(first, tree.Group) or is_operand(first, is_certain):
        return count if getattr(first, "label", None) is None else 0
    if isinstance(first, tree.Use) and first.label is None and first.arguments is None and may_be_number(first):
        return count
    return 0
