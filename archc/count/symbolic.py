"""Counting with unknown sizes: the rules of the ops run on formulas (see `ir.polynomial`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archc.count.counts import facets, is_input, training_only
from archc.ir.network import Network
from archc.ir.op import Op
from archc.ir.polynomial import Condition, NotSymbolic, Polynomial, Questions, SymbolicSize, formula
from archc.ir.types import TensorType, Types
from archc.support.record import Record

STATE = ("params", "buffers")
WORK = ("macs", "elementwise", "activations")
COUNTED = (*STATE, "macs", "elementwise", "flops", "activations")


class FormulaPiece(Record):
    """Formulas of the counts and of the sizes of the first output, with the conditions under which they hold."""

    counts: Mapping[str, Polynomial]
    output: tuple[Polynomial, ...]
    conditions: tuple[Condition, ...]


def piece(network: Network, shape: Sequence[int | str], values: Mapping[str, int]) -> FormulaPiece:
    """The formulas that hold around one choice of the unknowns, the sizes of `network`.

    `shape` is that of the input, with names for unknown sizes. Raises `NotSymbolic` if an op's rule has no formula.
    """
    questions = Questions()
    known: list[Types] = []
    apart = training_only(network)
    sums = dict.fromkeys(COUNTED, 0)
    for index, node in enumerate(network.nodes):
        if is_input(node):
            sizes = (
                SymbolicSize(values[s], Polynomial.unknown(s), questions) if isinstance(s, str) else s for s in shape
            )
            known.append((TensorType.model_construct(dims=tuple(sizes)),))
            continue
        xs = tuple(known[ref.node][ref.out] for ref in node.inputs)
        result = node.op.infer(xs)
        ys = (result,) if isinstance(result, TensorType) else result
        if not isinstance(ys, tuple) or [_numbers(y) for y in ys] != [_numbers(y) for y in node.types]:
            raise NotSymbolic(f"{node.op.kind()} treats an unknown size differently")
        known.append(ys)
        found = _facets(node.op, xs, ys, questions)
        for name in STATE if index in apart else (*STATE, *WORK):
            sums[name] = sums[name] + found[name]
    sums["flops"] = 2 * sums["macs"] + sums["elementwise"]
    first = network.outputs[0]
    return FormulaPiece(
        {name: formula(number) for name, number in sums.items()},
        tuple(map(formula, known[first.node][first.out].dims)),
        tuple(questions.noted),
    )


def _numbers(type_: TensorType) -> list[int]:
    return [int(n) for n in type_.dims]


def _facets(op: Op, xs: Types, ys: Types, questions: Questions) -> dict[str, int]:
    """The costs of a layer. The equality of two sizes is recorded as a question only if the answer changes a number."""
    found: list[dict[str, int]] = []
    for answer in (False, True):
        questions.equal, questions.forced = answer, False
        found.append(facets(op, xs, ys))
        if not questions.forced:
            break
    questions.equal = None
    if any(formula(found[0][name]) != formula(found[-1][name]) for name in (*STATE, *WORK)):
        return facets(op, xs, ys)
    return found[0]
