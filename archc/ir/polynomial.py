"""Whole numbers as formulas of unknown sizes: polynomials in `H`, `W` and floors of polynomials.

An op's rules run on them as on numbers (see `op.py`). A `SymbolicSize` is the number for one choice of the unknowns
together with the formula that gives the number for every choice. If a rule compares two sizes, the numbers determine
the answer, and the question is recorded: the formula holds for choices with the same answer.

Floors have a normal form, in which `⌊(⌊(H + 1)/2⌋ + 1)/2⌋` is `⌊(H + 3)/4⌋`, so that equal sizes have equal formulas.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cached_property
from math import ceil, floor
from typing import Any, SupportsIndex

from archc.support.record import Record, Struct, field

Values = Mapping[str, int]
"""A choice of the unknowns."""


class NotSymbolic(ArithmeticError):
    """A rule computes something that has no formula, such as a division by a size."""


class Floor(Record):
    """`⌊of / by⌋`."""

    of: Polynomial
    by: int

    @cached_property
    def text(self) -> str:
        """The text in Python."""
        return f"(({self.of.text})//{self.by})" if len(self.of.terms) > 1 else f"({self.of.text}//{self.by})"


Atom = str | Floor
"""An unknown or a floor."""
Monomial = tuple[Atom, ...]


class Polynomial(Record):
    """A sum of products of atoms with whole coefficients; the terms are sorted by their text."""

    terms: tuple[tuple[Monomial, int], ...] = ()

    @classmethod
    def of(cls, terms: Mapping[Monomial, int]) -> Polynomial:
        """The sum of these terms."""
        kept = [(monomial, n) for monomial, n in terms.items() if n]
        return cls(tuple(sorted(kept, key=lambda term: (-len(term[0]), [_text(a) for a in term[0]]))))

    @classmethod
    def number(cls, value: int) -> Polynomial:
        """A constant."""
        return cls(((((), value),)) if value else ())

    @classmethod
    def unknown(cls, name: str) -> Polynomial:
        """An unknown number."""
        return cls((((name,), 1),))

    @property
    def constant(self) -> int | None:
        """Its value; None if it depends on the unknowns."""
        if not self.terms:
            return 0
        return self.terms[0][1] if len(self.terms) == 1 and not self.terms[0][0] else None

    def __add__(self, other: Polynomial) -> Polynomial:
        terms = dict(self.terms)
        for monomial, n in other.terms:
            terms[monomial] = terms.get(monomial, 0) + n
        return Polynomial.of(terms)

    def __neg__(self) -> Polynomial:
        return Polynomial(tuple((monomial, -n) for monomial, n in self.terms))

    def __sub__(self, other: Polynomial) -> Polynomial:
        return self + -other

    def __mul__(self, other: Polynomial) -> Polynomial:
        terms: dict[Monomial, int] = {}
        for left, n in self.terms:
            for right, m in other.terms:
                monomial = tuple(sorted((*left, *right), key=_text))
                terms[monomial] = terms.get(monomial, 0) + n * m
        return Polynomial.of(terms)

    def __floordiv__(self, by: int) -> Polynomial:
        """`⌊self / by⌋` for a positive number: divisible terms are divided, nested floors are merged."""
        outside = Polynomial.of({monomial: n // by for monomial, n in self.terms})
        inside = Polynomial.of({monomial: n % by for monomial, n in self.terms})
        if (number := inside.constant) is not None:
            return outside + Polynomial.number(number // by)
        atoms = [(monomial, n) for monomial, n in inside.terms if monomial]
        if len(atoms) == 1 and atoms[0][1] == 1 and len(atoms[0][0]) == 1 and isinstance(atoms[0][0][0], Floor):
            inner, rest = atoms[0][0][0], dict(inside.terms).get((), 0)
            return outside + (inner.of + Polynomial.number(rest * inner.by)) // (inner.by * by)
        return outside + Polynomial((((Floor(inside, by),), 1),))

    def value(self, values: Values) -> int:
        """The value for a choice of the unknowns."""
        total = 0
        for monomial, n in self.terms:
            for atom in monomial:
                n *= values[atom] if isinstance(atom, str) else atom.of.value(values) // atom.by
            total += n
        return total

    @property
    def floors(self) -> frozenset[int]:
        """The divisors of its floors."""
        found = {a.by for monomial, _ in self.terms for a in monomial if isinstance(a, Floor)}
        inner = (a.of.floors for monomial, _ in self.terms for a in monomial if isinstance(a, Floor))
        return frozenset(found).union(*inner)

    @property
    def unknowns(self) -> frozenset[str]:
        """The unknowns in it."""
        found: set[str] = set()
        for monomial, _ in self.terms:
            for atom in monomial:
                found |= {atom} if isinstance(atom, str) else atom.of.unknowns
        return frozenset(found)

    @cached_property
    def text(self) -> str:
        """The text in Python: evaluated with the unknowns as names, it is the number."""
        parts: list[str] = []
        for monomial, n in self.terms:
            factors = [*map(_text, monomial)]
            if abs(n) != 1 or not factors:
                factors.insert(0, str(abs(n)))
            sign = ("-" if n < 0 else "") if not parts else (" - " if n < 0 else " + ")
            parts.append(sign + "*".join(factors))
        return "".join(parts) or "0"

    def smooth(self) -> dict[tuple[str, ...], Fraction] | None:
        """The polynomial for unknowns that every divisor divides, so that floors disappear."""
        total: dict[tuple[str, ...], Fraction] = {}
        for monomial, n in self.terms:
            product: dict[tuple[str, ...], Fraction] = {(): Fraction(n)}
            for atom in monomial:
                one = _smooth(atom)
                if one is None:
                    return None
                product = _times(product, one)
            for names, share in product.items():
                total[names] = total.get(names, Fraction()) + share
        return {names: share for names, share in total.items() if share}


def _smooth(atom: Atom) -> dict[tuple[str, ...], Fraction] | None:
    """An unknown, or a floor of a sum of unknowns and a number, for divisible unknowns."""
    found: dict[tuple[str, ...], Fraction] = {}
    if isinstance(atom, str):
        return {(atom,): Fraction(1)}
    for monomial, n in atom.of.terms:
        if not monomial:
            found[()] = Fraction(n // atom.by)
        elif len(monomial) == 1 and isinstance(monomial[0], str):
            found[(monomial[0],)] = Fraction(n, atom.by)
        else:
            return None
    return found


def _times(
    left: Mapping[tuple[str, ...], Fraction], right: Mapping[tuple[str, ...], Fraction]
) -> dict[tuple[str, ...], Fraction]:
    found: dict[tuple[str, ...], Fraction] = {}
    for names, n in left.items():
        for others, m in right.items():
            key = tuple(sorted((*names, *others)))
            found[key] = found.get(key, Fraction()) + n * m
    return found


def _text(atom: Atom) -> str:
    return atom if isinstance(atom, str) else atom.text


class Condition(Record):
    """`difference` compared with 0 by `sign`: `H - 3 >= 0`."""

    difference: Polynomial
    sign: str

    def holds(self, values: Values) -> bool:
        """Whether it is true for a choice of the unknowns."""
        return _SIGNS[self.sign](self.difference.value(values), 0)

    @property
    def text(self) -> str:
        """The text in Python, with subtracted terms on the right."""
        left = Polynomial.of({m: n for m, n in self.difference.terms if m and n > 0})
        right = Polynomial.of({m: -n for m, n in self.difference.terms if not (m and n > 0)})
        return f"{left.text} {self.sign} {right.text}"


_SIGNS: Mapping[str, Callable[[int, int], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


class Questions(Struct):
    """Records the questions that rules ask.

    If `equal` is set, it is the answer wherever equality cannot be decided, and the question is not recorded.
    """

    noted: dict[Condition, None] = field(default_factory=dict)
    equal: bool | None = None
    forced: bool = False

    def ask(self, difference: Polynomial, sign: str, answer: bool) -> bool:
        """The answer to a question, which is recorded if it depends on the unknowns."""
        if (number := difference.constant) is not None:
            return _SIGNS[sign](number, 0)
        least, most = _bounds(difference)
        if least is not None and most is not None:
            outcomes = {_SIGNS[sign](n, 0) for n in (least, most, 0) if least <= n <= most}
            if len(outcomes) == 1:
                return outcomes.pop()
        if self.equal is not None and sign in ("==", "!="):
            self.forced = True
            return self.equal == (sign == "==")
        self.noted[Condition(difference, sign if answer else _OPPOSITE[sign])] = None
        return answer


def _bounds(difference: Polynomial) -> tuple[int | None, int | None]:
    """The bounds of a difference in which floors cancel against their contents."""
    rest, low, high = Polynomial(), Fraction(), Fraction()
    scale = 1
    for by in difference.floors:
        scale *= by
    for monomial, n in difference.terms:
        if len(monomial) == 1 and isinstance(atom := monomial[0], Floor):
            # ⌊p/b⌋ = p/b - e/b with e from 0 to b - 1
            rest += Polynomial.of({m: k * n * (scale // atom.by) for m, k in atom.of.terms})
            span = Fraction(n * (atom.by - 1), atom.by)
            low, high = low - max(span, Fraction()), high - min(span, Fraction())
        else:
            rest += Polynomial.of({monomial: n * scale})
    if (number := rest.constant) is None:
        return None, None
    middle = Fraction(number, scale)
    return ceil(middle + low), floor(middle + high)


class SymbolicSize(int):
    """A number and its formula. Comparisons are recorded in `questions`."""

    formula: Polynomial
    questions: Questions

    def __new__(cls, value: int, formula: Polynomial, questions: Questions) -> SymbolicSize:
        """The number `value`, which is `formula`."""
        self = super().__new__(cls, value)
        self.formula = formula
        self.questions = questions
        return self

    def _with(self, value: int, formula: Polynomial) -> int:
        return SymbolicSize(value, formula, self.questions) if formula.constant is None else value

    def __add__(self, other: int) -> int:
        return self._with(int(self) + int(other), self.formula + formula(other))

    __radd__ = __add__

    def __neg__(self) -> int:
        return self._with(-int(self), -self.formula)

    def __sub__(self, other: int) -> int:
        return self._with(int(self) - int(other), self.formula - formula(other))

    def __rsub__(self, other: int) -> int:
        return self._with(int(other) - int(self), formula(other) - self.formula)

    def __mul__(self, other: SupportsIndex) -> int:
        return self._with(int(self) * int(other), self.formula * formula(other))

    __rmul__ = __mul__

    def __floordiv__(self, other: int) -> int:
        if isinstance(other, SymbolicSize) or other <= 0:
            raise NotSymbolic("a size is divided by an unknown number")
        return self._with(int(self) // other, self.formula // other)

    def __mod__(self, other: int) -> int:
        return self - (self // other) * other

    def _not_symbolic(self, *_: object) -> Any:
        raise NotSymbolic("a size is used in a way that has no formula")

    __rfloordiv__ = __rmod__ = __truediv__ = __rtruediv__ = __pow__ = __rpow__ = __float__ = __round__ = _not_symbolic

    def _ask(self, other: object, sign: str) -> bool:
        if not isinstance(other, int):
            return sign == "!="
        return self.questions.ask(self.formula - formula(other), sign, _SIGNS[sign](int(self), int(other)))

    def __eq__(self, other: object) -> bool:
        return self._ask(other, "==")

    def __ne__(self, other: object) -> bool:
        return self._ask(other, "!=")

    def __lt__(self, other: int) -> bool:
        return self._ask(other, "<")

    def __le__(self, other: int) -> bool:
        return self._ask(other, "<=")

    def __gt__(self, other: int) -> bool:
        return self._ask(other, ">")

    def __ge__(self, other: int) -> bool:
        return self._ask(other, ">=")

    def __bool__(self) -> bool:
        return self._ask(0, "!=")

    __hash__ = int.__hash__


def formula(value: SupportsIndex) -> Polynomial:
    """The formula of a number. Raises `NotSymbolic` if it is not whole."""
    if isinstance(value, SymbolicSize):
        return value.formula
    if isinstance(value, int):
        return Polynomial.number(int(value))
    raise NotSymbolic("a size is used with a number that is not whole")
