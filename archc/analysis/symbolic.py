"""Counts as formulas of the input's size: `archc count resnet50 --input 3xHxW`.

The checker works on one size, and its network is counted again with that size unknown. The resulting formulas hold for
all sizes at which every comparison that a rule makes has the same outcome. A valid size at which one has a different
outcome gives another piece. Before they are returned, all pieces are compared with the checker at several hundred
sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import lcm
from random import Random
from typing import Any, get_args

from archc.analysis.sweeps import SweptMember
from archc.count.symbolic import COUNTED, FormulaPiece, piece
from archc.count.totals import Totals
from archc.ir.expr import Expr, Size, leaves, python
from archc.ir.network import Network
from archc.ir.polynomial import NotSymbolic, Polynomial
from archc.ir.value import Value
from archc.support.record import Record, replace

GENERIC = (419, 307, 353, 283, 461)
"""Sizes in general position: primes, so that nothing divides evenly and all are different."""
SMALL = (1, 7, 8, 16, 31, 32, 33, 64)
USUAL = (65, 96, 128, 192, 224, 225, 256, 299, 320, 384, 512, 600, 1000)
MOST_PIECES = 12
FURTHEST = 4096
"""Ranges that reach this size are reported as unbounded."""


class NoFormula(Exception):
    """The counts of a network have no formula. The message says why."""


class Symbolic(Record):
    """The formulas of a network's counts for one sample.

    `held`: the number of sizes at which they were compared with the checker. `batch`: the name of the number of
    samples, if any.
    """

    name: str
    shape: tuple[int | str, ...]
    pieces: tuple[FormulaPiece, ...]
    held: int
    batch: str | None = None


def symbolic(ready: SweptMember, shape: Sequence[int | str], batch: str | None = None) -> Symbolic:
    """The formulas of a member of a spec for an input with unknown sizes, and for a `batch` of unknown size.

    Raises: `NoFormula`.
    """
    names = tuple(dict.fromkeys(size for size in shape if isinstance(size, str)))
    pieces: list[FormulaPiece] = []
    held = 0
    for values in _choices(names):
        point = {"input": "x".join(str(values[size] if isinstance(size, str) else size) for size in shape)}
        totals = ready.point(point).totals
        fitting = [p for p in pieces if all(c.holds(values) for c in p.conditions)]
        held += totals is not None
        if any(totals is None or not _agrees(p, totals, values) for p in fitting):
            raise NoFormula(f"the formulas are wrong at {point['input']}: an op uses sizes as if they were known")
        if totals is None or fitting:
            continue
        near = next((i for i, p in enumerate(pieces) if _unequal(p, values) and _agrees(p, totals, values)), None)
        if near is not None:
            pieces[near] = replace(
                pieces[near], conditions=tuple(c for c in pieces[near].conditions if c.holds(values))
            )
        elif len(pieces) == MOST_PIECES:
            raise NoFormula(f"there are more than {MOST_PIECES} cases: use --sweep")
        else:
            pieces.append(_piece(ready, point, shape, values))
    if not pieces:
        raise NoFormula(f"there are errors at every size of {'x'.join(map(str, shape))} that was tried")
    return Symbolic(ready.member, tuple(shape), tuple(pieces), held, batch)


def _piece(
    ready: SweptMember, point: Mapping[str, str], shape: Sequence[int | str], values: Mapping[str, int]
) -> FormulaPiece:
    network = ready.network(point)
    assert network is not None, "it has just been counted"
    if reads := _reads_sizes(network):
        raise NoFormula(f"the spec decides by a size of the image, in `{reads}`: use --sweep")
    try:
        return piece(network, shape, values)
    except NotSymbolic as error:
        raise NoFormula(str(error)) from None


def _choices(names: tuple[str, ...]) -> Iterator[Mapping[str, int]]:
    """Sizes to try: one in general position, then equal ones, then pairs at random (the same each time)."""
    yield dict(zip(names, GENERIC, strict=False))
    for size in (*USUAL, *SMALL):
        yield dict.fromkeys(names, size)
    random = Random(0)
    for _ in range(40 if len(names) > 1 else 0):
        yield {name: random.choice((*USUAL, *SMALL, random.randint(1, 600))) for name in names}


def _agrees(one: FormulaPiece, totals: Totals, values: Mapping[str, int]) -> bool:
    """Whether the formulas give these totals."""
    counts = all(one.counts[name].value(values) == getattr(totals, name) for name in COUNTED)
    return counts and tuple(size.value(values) for size in one.output) == totals.output


def _unequal(one: FormulaPiece, values: Mapping[str, int]) -> bool:
    """Whether all conditions that fail are inequations, so that the formulas may hold nevertheless."""
    return all(c.sign == "!=" for c in one.conditions if not c.holds(values))


def _reads_sizes(network: Network) -> str:
    """An expression of the spec that reads the height or width of a tensor, empty if there is none."""
    for definition in network.definitions:
        for e in _expressions(definition.body):
            if any(isinstance(leaf, Size) and leaf.axis > 0 for leaf in leaves(e)):
                return python(e)
    return ""


def _expressions(part: object) -> Iterator[Expr]:
    """The expressions in a definition's statements."""
    if isinstance(part, tuple):
        for item in part:
            yield from _expressions(item)
    elif isinstance(part, get_args(get_args(Expr)[0])):
        yield part
    elif isinstance(part, Value):
        for name in part.model_fields:
            yield from _expressions(getattr(part, name))


# -- output -----------------------------------------------------------------------------------------------------------


def valid(one: FormulaPiece, names: Sequence[str]) -> tuple[str, ...]:
    """The conditions of the formulas as Python expressions: a range for each unknown, then all others."""
    said: list[str] = []
    rest = list(one.conditions)
    for name in names:
        own = [c for c in rest if c.difference.unknowns == {name} and c.sign not in ("==", "!=")]
        rest = [c for c in rest if c not in own]
        sizes = [n for n in range(1, FURTHEST + 1) if all(c.holds({name: n}) for c in own)]
        if not sizes or sizes[-1] - sizes[0] + 1 != len(sizes):
            rest += own
            continue
        said.append(f"{name} >= {sizes[0]}")
        if sizes[-1] < FURTHEST:
            said.append(f"{name} <= {sizes[-1]}")
    return (*said, *(c.text for c in rest))


def multiple(one: FormulaPiece) -> int:
    """The number by which every unknown must be divisible for all floors to be exact."""
    return lcm(*(by for count in one.counts.values() for by in count.floors))


def exact(count: Polynomial) -> str | None:
    """The formula without floors, as a Python expression; None if there are floors of more than a sum."""
    shares = count.smooth()
    if shares is None:
        return None
    below = lcm(*(share.denominator for share in shares.values()))
    text = Polynomial.of({names: int(share * below) for names, share in shares.items()}).text
    return text if below == 1 else f"({text})//{below}"


def batched(counts: Mapping[str, Polynomial], batch: str | None) -> Mapping[str, Polynomial]:
    """The counts for a batch of unknown size: parameters and buffers do not depend on it."""
    if batch is None:
        return counts
    by = Polynomial.unknown(batch)
    return {name: count if name in ("params", "buffers") else count * by for name, count in counts.items()}


def as_data(found: Symbolic) -> dict[str, Any]:
    """The formulas as plain data; each is a Python expression of the unknowns."""
    names = tuple(dict.fromkeys(size for size in found.shape if isinstance(size, str)))
    return {
        "name": found.name,
        "input": "x".join(map(str, found.shape)),
        "batch": found.batch,
        "held": found.held,
        "pieces": [
            {
                "valid": valid(one, names),
                "output": [size.text for size in one.output],
                "counts": {name: count.text for name, count in batched(one.counts, found.batch).items()},
                "multiple": multiple(one),
                "at_multiples": {name: exact(count) for name, count in batched(one.counts, found.batch).items()},
            }
            for one in found.pieces
        ],
    }


def as_text(found: Symbolic) -> str:
    """The formulas as text."""
    data = as_data(found)
    names = ", ".join(dict.fromkeys(size for size in found.shape if isinstance(size, str)))
    batch = f"{found.batch}x" if found.batch else ""
    lines = [f"{found.name}: {batch}{data['input']}"]
    for one in data["pieces"]:
        lines += ["", f"where {' and '.join(one['valid'])}:", f"  {'output':<12} {' x '.join(one['output'])}"]
        lines += [f"  {label:<12} {one['counts'][name]}" for name, label in _LABELS.items()]
        if one["multiple"] > 1:
            lines.append(f"  and where {names} are divisible by {one['multiple']}:")
            simple = {name: one["at_multiples"][name] for name in _LABELS}
            lines += [f"    {_LABELS[n]:<12} {text}" for n, text in simple.items() if text and text != one["counts"][n]]
    lines += ["", f"compared with the checker at {found.held} sizes"]
    return "".join(f"{line}\n" for line in lines)


_LABELS = {
    "params": "parameters",
    "buffers": "buffers",
    "macs": "MACs",
    "elementwise": "element-wise",
    "flops": "FLOPs",
    "activations": "activations",
}
