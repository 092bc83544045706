"""Finding the shortest expression for a hole in terms of constructor arguments and input channels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from archc.importing.terms import FREE, ApplyExpr, Cond, Expr, Lit, NameExpr, Op2, OpenValue, PerModel
from archc.support.record import Struct, field

Column = tuple[object, ...]
Candidate = tuple[tuple[str, ...], tuple[Expr, Callable[..., object]]]
"""An expression over some names, and a function that computes it from their values."""
CHANNELS = "in.channels"
PLAIN_ROLES = frozenset(
    {
        "stride",
        "kernel",
        "pad",
        "dilation",
        "eps",
        "momentum",
        "p",
        "drop",
        "count",
        "start",
        "parts",
        "label",
        "act",
        "bias",
        "multiplier",
        "number",
        "gamma",
        "axis",
        "step",
        "scale",
        "shift",
    }
)
"""The arguments that are not numbers of channels."""


_MOST_PARTS = 200
"""The number of blocks of a network from which drop rates that increase linearly are recognised."""


def is_dimension(role: str) -> bool:
    """Whether an argument may be a number of channels. These explain only each other."""
    return role not in PLAIN_ROLES


class Known(Struct):
    """The names available to expressions: the values of each, one per instance, and whether it is used."""

    columns: Mapping[str, Column]
    used: list[str] = field(default_factory=list)

    def use(self, name: str) -> NameExpr:
        """A name, which is marked as used."""
        if name not in self.used:
            self.used.append(name)
        return NameExpr(name)


def fits(values: Column, wanted: Column) -> bool:
    """Whether values equal the required ones, ignoring instances without a requirement."""
    return all(w is FREE or (v == w and type(v) is type(w)) for v, w in zip(values, wanted, strict=True))


def constant(wanted: Column) -> Lit | None:
    """The single value that all instances require; `none` if none does."""
    values = [w for w in wanted if w is not FREE]
    if not values:
        return Lit(None)
    return Lit(values[0]) if all(v == values[0] and type(v) is type(values[0]) for v in values) else None


def explained(hole: OpenValue, known: Known) -> Expr | None:
    """An expression with the values of a hole; None if a separate parameter is shorter."""
    if (simple := preferred(hole, known) or constant(hole.values)) is not None:
        return simple
    for names, (found, compute) in _candidates(hole, known):
        values = [known.columns[name] for name in names]
        if all(isinstance(v, int | float) and not isinstance(v, bool) for column in values for v in column):
            computed = tuple(compute(*row) for row in zip(*values, strict=True))
            if fits(computed, hole.values):
                for name in names:
                    known.use(name)
                return found
    for name, column in known.columns.items():
        if fits(column, hole.values) and name != CHANNELS:
            return known.use(name)
    return None


def preferred(hole: OpenValue, known: Known) -> Expr | None:
    """In what only some instances have, a size is the block's own rather than the number that these share."""
    same = constant(hole.values)
    some = hole.role == "channels" and FREE in hole.values
    if same is not None and (some or (hole.role == "stride" and same.value != 1)):
        column = known.columns.get(hole.role, ())
        if column and fits(column, hole.values):
            return known.use(hole.role)
    return None


def _candidates(hole: OpenValue, known: Known) -> Iterator[Candidate]:
    """Candidate expressions, likeliest first: their names, and the expression with a function that computes it."""
    numbers = [n for n, c in known.columns.items() if all(type(v) in (int, float) for v in c)]
    numbers.sort(key=lambda n: (n != hole.role, n not in known.used))
    dimension = is_dimension(hole.role)
    names = [n for n in numbers if n != CHANNELS]
    if dimension and CHANNELS in numbers:
        names = [*names, CHANNELS]
    several = len({v for v in hole.values if v is not FREE})
    if dimension and FREE not in hole.values and CHANNELS in names and several > 2:  # needs no argument
        yield from _ratios(hole.values, CHANNELS, known.columns[CHANNELS])
    for name in names:
        yield (name,), (NameExpr(name), lambda v: v)
    if hole.role == "scale" and CHANNELS in numbers:
        yield (CHANNELS,), (Op2("**", NameExpr(CHANNELS), Lit(-0.5)), lambda v: v**-0.5)
    if not dimension:
        return
    for name in names:
        if name != CHANNELS:
            yield from _ratios(hole.values, name, known.columns[name])
    for i, one in enumerate(names):
        for other in names[i:]:
            product: Expr = Op2("*", NameExpr(other), NameExpr(one))
            if any(type(v) is float for name in (one, other) for v in known.columns[name]):
                product = ApplyExpr("int", (product,))
            yield (one, other), (product, lambda a, b: int(a * b))
            rounded = ApplyExpr("divisible", (Op2("*", NameExpr(other), NameExpr(one)),))
            yield (one, other), (rounded, lambda a, b: divisible(a * b))
    if FREE in hole.values and CHANNELS in names and several > 2:  # what only some have follows an argument rather
        yield from _ratios(hole.values, CHANNELS, known.columns[CHANNELS])
    for name in names:
        for part in (2, 4, 8, 16):
            rounded = ApplyExpr("divisible", (Op2("//", NameExpr(name), Lit(part)),))
            yield (name,), (rounded, lambda a, part=part: divisible(a // part))


def _ratios(values: Column, name: str, column: Column) -> Iterator[Candidate]:
    at = next((i for i, v in enumerate(values) if v is not FREE), None)
    if at is None:
        return
    value, base = values[at], column[at]
    if type(value) is not int or type(base) is not int or not value or not base:
        return
    if value > base and value % base == 0:
        times = value // base
        yield (name,), (Op2("*", NameExpr(name), Lit(times)), lambda a: a * times)
    if base > value and base % value == 0:
        part = base // value
        yield (name,), (Op2("//", NameExpr(name), Lit(part)), lambda a: a // part if a % part == 0 else None)


def divisible(value: float, by: int = 8) -> int:
    """`divisible` of common.arch, which is torchvision's `_make_divisible`."""
    found = max(by, int(value + by / 2) // by * by)
    return found + by if found < 0.9 * value else found


# -- by index ---------------------------------------------------------------------------------------------------------


def by_index(wanted: Column, variable: str, counted: bool = False) -> Expr | None:
    """A number as a function of a loop variable that counts from 0; None if there is no natural one.

    `counted`: it is the number in a label, which increases with the variable or is constant.
    """
    if (same := constant(wanted)) is not None:
        return same
    k = NameExpr(variable)
    if counted:
        return _series(wanted, k)
    rest = constant(wanted[1:])
    if len(wanted) > 1 and all(type(v) is float for v in wanted):
        return _steps([v for v in wanted if isinstance(v, float)], k)
    if len(wanted) > 1 and wanted[0] is not FREE and rest is not None and rest != Lit(None):
        return Cond(Lit(wanted[0]), Op2("==", k, Lit(0)), rest)
    return (_series(wanted, k) or _series_of_models(wanted, k)) if len(wanted) > 2 else None


def _series(wanted: Column, k: NameExpr) -> Expr | None:
    """Whole numbers with equal steps, or each a multiple of the one before."""
    known = [(i, v) for i, v in enumerate(wanted) if isinstance(v, int) and not isinstance(v, bool)]
    if len(known) < 2 or len(known) < sum(v is not FREE for v in wanted):
        return None
    (at, first), (_, second) = known[:2]
    step = second - first
    start = first - step * at
    if start >= 0 and all(v == start + step * i for i, v in known):
        return _sum(Lit(start), Lit(step), k)
    base = second // first if first and second % first == 0 else 0
    if base > 1 and first % base**at == 0 and all(v == first * base ** (i - at) for i, v in known):
        return Op2("*", Lit(first // base**at), Op2("**", Lit(base), k))
    return None


def _series_of_models(wanted: Column, k: NameExpr) -> Expr | None:
    """Numbers that differ between models, each a multiple of the one before."""
    known = [v for v in wanted if v is not FREE]
    models = [v for v in known if isinstance(v, PerModel)]
    if not models or len(models) < len(known):
        return None
    series = [
        _series(tuple(v.values[i] if isinstance(v, PerModel) else v for v in wanted), k)
        for i in range(len(models[0].values))
    ]
    starts = [s.left.value for s in series if isinstance(s, Op2) and s.sign == "*" and isinstance(s.left, Lit)]
    powers = {s.right for s in series if isinstance(s, Op2)}
    if len(starts) < len(series) or len(powers) != 1:
        return None
    return Op2("*", Lit(PerModel(tuple(starts), models[0].role)), powers.pop())


def _sum(first: Lit, step: Lit, k: NameExpr) -> Expr:
    grown: Expr = k if step == Lit(1) else Op2("*", step, k)
    return grown if first == Lit(0) else Op2("+", grown, first)


def _steps(values: Sequence[float], k: NameExpr) -> Expr | None:
    """Floats with equal steps: fractions of a number, such as `0.1 * (k + 3) / 17`, or short numbers."""
    step = values[1] - values[0]
    if not step or any(not _near(v, values[0] + step * i, abs(step)) for i, v in enumerate(values)):
        return None
    before = round(values[0] / step)
    for parts in range(2, _MOST_PARTS) if _near(before * step, values[0], abs(step)) else ():
        whole = float(f"{step * parts:.1g}")
        if _near(whole / parts, step, 1e-3 * abs(step)):
            at = k if not before else Op2("+", k, Lit(before))
            return Op2("/", Op2("*", Lit(whole), at), Lit(parts))
    short = float(f"{step:.6g}")
    return Op2("+", Lit(values[0]), Op2("*", Lit(short), k)) if _near(short, step, 1e-3 * abs(step)) else None


def _near(a: float, b: float, unit: float) -> bool:
    return abs(a - b) <= 1e-9 * unit
