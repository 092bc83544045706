"""Matrix products of two tensors, and the attention that torch computes in one call."""

from __future__ import annotations

from collections.abc import Sequence

from archc.importing.recording import CallEvent, Live
from archc.importing.steps import (
    LiveTensors,
    NoCounterpart,
    OpStep,
    SingleReaderSteps,
    absorbed,
    made,
    refuse_unless,
)
from archc.support.record import replace

_ATTENTION = ("query", "key", "value", "attn_mask", "dropout_p", "is_causal", "scale", "enable_gqa")


def multiplied(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """`a @ b` of two tensors with the same axes before the last two."""
    one, other, *_ = (*event.arguments, *event.keywords.values())
    plain = isinstance(one, Live) and isinstance(other, Live)
    refuse_unless(plain, "a matrix product with a weight or a constant")
    assert isinstance(one, Live) and isinstance(other, Live)
    left, right = tensors[one.number], tensors[other.number]
    refuse_unless(len(left) == len(right) > 1, "a matrix product of tensors with different axes")
    refuse_unless(left[:-2] == right[:-2], "a matrix product that repeats its input")
    return (made("MatMul", event),)


def summed(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """`torch.einsum` of two tensors, if it is a product of matrices: `bhid,bhjd->bhij` or `bhij,bhjd->bhid`."""
    equation, *operands = event.arguments
    one, _, rest = str(equation).replace(" ", "").partition(",")
    other, _, goal = rest.partition("->")
    plain = len(operands) == 2 and all(isinstance(operand, Live) for operand in operands)
    refuse_unless(plain and len(set(one)) == len(one) == len(other) > 2, f"torch.einsum of `{equation}`")
    *axes, row, inner = list(one)
    before = "".join(axes)
    for kind, column, factor in (
        ("MatMul", other[-1], f"{before}{inner}{other[-1]}"),
        ("MatMulTransposed", other[-2], f"{before}{other[-2]}{inner}"),
    ):
        if other == factor and goal == f"{before}{row}{column}" and column not in one:
            return (made(kind, event),)
    raise NoCounterpart(f"torch.einsum of `{equation}`")


def attended(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """`F.scaled_dot_product_attention` as products and a softmax."""
    given = dict(zip(_ATTENTION, event.arguments, strict=False)) | dict(event.keywords)
    masked = given.get("attn_mask") is not None or given.get("is_causal", False)
    refuse_unless(not masked and not given.get("dropout_p"), "F.scaled_dot_product_attention with a mask or dropout")
    reads = event.reads()
    plain = len(reads) == 3 and len({tensors[n][:-2] for n in reads}) == 1
    refuse_unless(plain, "F.scaled_dot_product_attention of a weight, or with other heads for keys than for queries")
    query, key, value = reads
    places, features = tensors[query][-2:]
    scale = given.get("scale")
    scaled = tensors.new(tensors[query])
    match, share = (tensors.new((*tensors[query][:-2], places, tensors[key][-2])) for _ in range(2))
    number = features**-0.5 if scale is None else scale

    def step(kind: str, inputs: tuple[int, ...], outputs: tuple[int, ...], **arguments: object) -> OpStep:
        return OpStep(kind, arguments, inputs, outputs, "", False, event.run, event.line)

    return (
        step("Arithmetic", (query,), (scaled,), sign="*", number=number, first=False),
        step("MatMulTransposed", (scaled, key), (match,)),
        step("SM", (match,), (share,), over="last"),
        step("MatMul", (share, value), event.outputs),
    )


def transposed(steps: Sequence[OpStep], outputs: Sequence[int]) -> list[OpStep]:
    """The steps, with a product that transposes its second factor in place of a transposition that only it reads."""
    return absorbed(steps, outputs, _product)


def _product(step: OpStep, inner: SingleReaderSteps) -> tuple[OpStep, Sequence[OpStep]] | None:
    """The product that transposes its second factor, and the transposition."""
    factor = inner[step.inputs[1]] if step.kind == "MatMul" else None
    if factor is None or not _swaps(factor):
        return None
    return replace(step, kind="MatMulTransposed", inputs=(step.inputs[0], factor.inputs[0])), (factor,)


def _swaps(step: OpStep) -> bool:
    """Whether a step exchanges the last two axes, and no others."""
    order = step.arguments.get("order") if step.kind == "Permute" else None
    last = len(order) - 1 if isinstance(order, tuple) else 0
    return last > 0 and order == (*range(last - 1), last, last - 1)
