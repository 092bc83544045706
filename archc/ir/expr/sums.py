"""Sums of whole numbers in which each term occurs once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archc.ir.expr.tree import BinaryExpr, Const, Expr, UnaryExpr, const, whole


def divided(sign: str, left: Expr, by: int) -> Expr:
    """`left // by` or `left % by`, for a whole number and a positive divisor."""
    if by == 1:
        return left if sign == "//" else const(0)
    terms, rest = _terms(left)
    if all(c % by == 0 for c in terms.values()):
        if sign == "%":
            return const(rest % by)
        return _sum({a: c // by for a, c in terms.items()}, rest // by)
    return BinaryExpr(operator=sign, left=left, right=const(by))


def linear(e: BinaryExpr) -> Expr:
    """A sum of whole numbers with like terms collected, in order of first appearance."""
    if e.operator == "*":
        for one, other in ((e.left, e.right), (e.right, e.left)):
            if isinstance(one, Const) and type(one.value) is int:
                if one.value in (0, 1):
                    return other if one.value else const(0)
                terms, rest = _terms(other)
                if len(terms) == 1 and not rest or isinstance(other, Const):
                    return _sum({a: c * one.value for a, c in terms.items()}, rest * one.value, order=one is e.right)
        return e
    terms, rest = _terms(e)
    return _sum(terms, rest, first=_starts_with_number(e))


def _starts_with_number(e: Expr) -> bool:
    while isinstance(e, BinaryExpr) and e.operator in ("+", "-"):
        e = e.left
    return isinstance(e, Const)


def _terms(e: Expr) -> tuple[dict[Expr, int], int]:
    """The terms of a sum with their coefficients, and its constant."""
    match e:
        case Const(value=int() as number) if type(number) is int:
            return {}, number
        case BinaryExpr(operator="+" | "-"):
            terms, rest = _terms(e.left)
            terms = dict(terms)
            more, other = _terms(e.right)
            sign = 1 if e.operator == "+" else -1
            for part, times in more.items():
                terms[part] = terms.get(part, 0) + sign * times
            return {p: n for p, n in terms.items() if n}, rest + sign * other
        case BinaryExpr(operator="*", left=Const(value=int() as number), right=part) if type(number) is int:
            return ({part: number}, 0) if number else ({}, 0)
        case BinaryExpr(operator="*", left=part, right=Const(value=int() as number)) if type(number) is int:
            return ({part: number}, 0) if number else ({}, 0)
        case _:
            return {e: 1}, 0


def _sum(terms: Mapping[Expr, int], rest: int, *, first: bool = False, order: bool = False) -> Expr:
    """The sum of terms with coefficients and a constant, which comes `first` or last."""
    ordered = [(p, n) for p, n in terms.items() if n > 0] + [(p, n) for p, n in terms.items() if n < 0]
    made: Expr | None = const(rest) if rest and (first or not any(n > 0 for _, n in ordered)) else None
    used = made is not None
    for part, times in ordered:
        one: Expr = part
        if abs(times) != 1:
            number = const(abs(times))
            one = (
                BinaryExpr(operator="*", left=part, right=number)
                if order
                else BinaryExpr(operator="*", left=number, right=part)
            )
        if made is None:
            made = one if times > 0 else UnaryExpr(operator="-", operand=one)
        else:
            made = BinaryExpr(operator="+" if times > 0 else "-", left=made, right=one)
    if made is None:
        return const(rest)
    if rest and not used:
        made = BinaryExpr(operator="+" if rest > 0 else "-", left=made, right=const(abs(rest)))
    return made


def with_divisors(e: Expr, divides: Callable[[Expr, int], bool]) -> Expr:
    """Simplify `n * (x // n)` to `x` in a sum, if `divides` says that x is a multiple of n."""
    if not whole(e):
        return e
    terms, rest = _terms(e)
    found: dict[Expr, int] = {}
    changed = False
    for part, times in terms.items():
        match part:
            case BinaryExpr(operator="//", left=of, right=Const(value=int() as by)) if times % by == 0 and divides(
                of, by
            ):
                inner, number = _terms(of)
                rest += number * (times // by)
                for p, n in inner.items():
                    found[p] = found.get(p, 0) + n * (times // by)
                changed = True
            case _:
                found[part] = found.get(part, 0) + times
    return _sum({p: n for p, n in found.items() if n}, rest) if changed else e
