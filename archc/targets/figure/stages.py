"""The stage level: a network as tensors, one per stage, with all paths between them.

A stage is a run of steps whose tensors have one size. Poolings and vectors are separate stages. Branches of one
resolution that are merged again are one step; branches that change it are drawn. If a plain chain of convolutions,
poolings and fully connected layers has few maps, like LeNet-5, every layer is a stage, drawn as in 1998.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Literal, TypeAlias

from archc.ir.op import Op
from archc.ir.types import TensorType
from archc.support.record import replace
from archc.targets.figure.building import Builder
from archc.targets.figure.dense import dense, grown
from archc.targets.figure.figure import ENTRY, EXIT, FEW_MAPS, Edge, Graph, Slab
from archc.targets.figure.inner import PASSES
from archc.targets.figure.marks import Marks, first_use, has_weights
from archc.targets.figure.pieces import Structure
from archc.targets.figure.shades import shaded
from archc.targets.figure.steps import Flat, Step, Steps, Ways, more_of
from archc.targets.figure.wording import USES, together

CLASSIC = frozenset({"input", "conv", "pool", "linear", "head"})
"""The kinds of layers that a figure in the style of 1998 can show."""
MOST_ALONE = 16
"""The maximum number of parts of a module that is shown alone with a slab for each layer."""
ALONE = frozenset({"input", "pool", "head"})
"""The kinds that are always separate stages."""
MOST_LINES = 3
"""The maximum number of lines that list the layers of a stage of a plain chain one by one."""

Form: TypeAlias = Literal["", "plain", "towers"]
"""The shape of a network: a chain of single layers, one of two towers, or neither."""


def stages(structure: Structure, scope: int, marks: Marks) -> Graph:
    """The stages of a scope, and the edges between them.

    A small module alone has a slab for each layer, with the kernels of its convolutions.
    """
    unfolded = Structure(structure.network, frozenset(structure.members[scope]) if scope else structure.unfolded)
    flat = Flat(unfolded, Builder(unfolded, True, marks).whole(scope))
    alone = scope != 0 and len(flat.parts) <= MOST_ALONE
    if scope and not alone:
        flat = Flat(structure, Builder(structure, True, marks).whole(scope))
    steps, ways = Steps(flat, alone).made()
    classic = _is_classic(steps, ways, flat) and not alone
    if not classic and not alone:
        plain = _is_plain(steps, ways, flat)
        two = plain and _has_towers(steps, flat)
        steps, ways = _joined(steps, ways, structure, "towers" if two else "plain" if plain else "")
        if two:
            return _chain_of([*_in_towers(steps, marks, flat)])
    slabs = [_slab(step, marks, classic, flat) for step in steps]
    if alone:
        slabs = [_told_alone(slab, step, structure) for slab, step in zip(slabs, steps, strict=True)]
        slabs = shaded(structure.network, slabs)
    if alone and (made := grown(steps[1:], flat.structure)):
        return dense(slabs, made)
    order = sorted(range(len(slabs)), key=lambda i: (slabs[i].nodes or (-1,))[0])
    place = {old: new for new, old in enumerate(order)} | {ENTRY: ENTRY, EXIT: EXIT}
    edges = sorted((place[a], place[b]) for a, b in ways)
    return Graph(tuple(slabs[i] for i in order), tuple(Edge(a, b) for a, b in edges))


def _is_classic(steps: Sequence[Step], ways: Ways, flat: Flat) -> bool:
    """Whether the style of 1998 can show these steps: a chain of single layers with few maps, all images."""
    few = all(step.out.channels <= FEW_MAPS and step.out.is_image for step in steps if step.is_map)
    single = all(step.kind in CLASSIC and step.boxes[0].repeat == 1 for step in steps)
    return few and single and _is_plain(steps, ways, flat)


def _is_plain(steps: Sequence[Step], ways: Ways, flat: Flat) -> bool:
    """Whether steps are a chain of single layers, without blocks and merges."""
    chain = len(ways) <= len(steps) + 1 and all((i, i + 1) in ways for i in range(len(steps) - 1))
    return chain and all(
        len(step.boxes) == 1
        and (step.kind in CLASSIC or step.is_shape)
        and len({dims for _, dims in _layers(step, flat)}) <= 1
        and not step.outputs
        for step in steps
    )


def _layers(step: Step, flat: Flat) -> list[tuple[Op, tuple[int, ...]]]:
    """The convolutions, poolings and fully connected layers of a step, each with its output shape."""
    nodes = [flat.structure.network.nodes[n] for box in step.boxes for n in box.nodes]
    return [(node.op, node.types[0].dims) for node in nodes if node.op.family in ("conv", "pool", "linear")]


def _groups(step: Step, flat: Flat) -> int:
    return max((getattr(op, "groups", 1) for op, _ in _layers(step, flat) if op.family == "conv"), default=1)


def _has_towers(steps: Sequence[Step], flat: Flat) -> bool:
    """Whether a plain chain has several convolutions with two groups, and none with more."""
    groups = [_groups(step, flat) for step in steps]
    return groups.count(2) > 1 and max(groups) == 2


def _in_towers(steps: Sequence[Step], marks: Marks, flat: Flat) -> Iterator[Slab]:
    """The slabs of a chain with two towers: everything between the input and the last layer is in both."""
    last = max(i for i, step in enumerate(steps) if step.kind in ("conv", "linear", "pool"))
    for i, step in enumerate(steps):
        slab = replace(_slab(step, marks, False, flat), groups=1)
        pools = all(op.family == "pool" for op, _ in _layers(step, flat))
        two = 0 < i < last and step.out.channels % 2 == 0
        conv = replace(step, boxes=step.boxes[-1:])
        yield replace(
            slab,
            names=tuple(name.removesuffix(", g=2") for name in slab.names),
            bank=_bank(conv, flat.structure),
            towers=2 if two else 1,
            apart=two and (pools or _groups(step, flat) == 2),
        )


def _chain_of(slabs: Sequence[Slab]) -> Graph:
    ends = [ENTRY, *range(len(slabs)), EXIT]
    return Graph(tuple(slabs), tuple(Edge(a, b) for a, b in pairwise(ends)))


def _joined(steps: Sequence[Step], ways: Ways, structure: Structure, form: Form) -> tuple[list[Step], Ways]:
    """Steps merged into stages; in a plain chain, all consecutive steps of one resolution are a stage."""
    after: dict[int, list[int]] = {}
    before: dict[int, list[int]] = {}
    for a, b in ways:
        after.setdefault(a, []).append(b)
        before.setdefault(b, []).append(a)
    stage: dict[int, int] = {ENTRY: ENTRY, EXIT: EXIT}
    found: list[list[Step]] = []
    for i, step in enumerate(steps):
        (last, *more) = before.get(i, [ENTRY])
        follows = not more and last >= 0 and after[last] == [i] and last in stage
        if follows and (step.is_shape or _is_one_stage(found[stage[last]], step, form)):
            stage[i] = stage[last]
            found[stage[i]].append(step)
        else:
            stage[i] = len(found)
            found.append([step])
    merged = [_together(run, structure, bool(form)) for run in found]
    return merged, {(stage[a], stage[b]) for a, b in ways if stage[a] != stage[b]}


def _is_one_stage(run: Sequence[Step], other: Step, form: Form) -> bool:
    one = run[-1]
    if form == "towers" and (len(run) > 1 or one.kind != "pool"):
        return False
    if form:
        maps = one.is_map and other.is_map and not {"input", "head"} & {one.kind, other.kind}
        return maps and one.out.dims[1:] == other.out.dims[1:] and (one.frame, one.added) == (other.frame, other.added)
    same = one.out == other.out and one.frame == other.frame and not (one.outputs or one.more)
    same &= one.added == other.added
    return same and one.is_map and not ALONE & {one.kind, other.kind}


def _together(run: Sequence[Step], structure: Structure, plain: bool) -> Step:
    shown = [step for step in run if not step.is_shape] or list(run)
    widths = {_own(step, structure).channels for step in shown if step.kind == "conv"} if plain else set()
    names = [_counted(name) for step in shown for name in step.names]
    if len(widths) > 1:
        names = _with_widths(shown, structure)
    runs = ((name, sum(n for _, n in same)) for name, same in groupby(names, key=lambda one: one[0]))
    told = tuple(f"{name} ×{count}" if count > 1 else name for name, count in runs)
    boxes = tuple(box for step in run for box in step.boxes)
    frame = run[0].frame if len(run) > 1 else ""
    outputs = tuple(name for step in run for name in step.outputs)
    inside = {step.inside for step in run}
    said = inside.pop() if len(inside) == 1 else ""
    more = more_of(structure, [box for step in shown for box in step.boxes], shown[-1].out)
    layers = [step for step in shown if plain and step.kind in ("conv", "pool")]
    count = [(step.kind, _own(step, structure).dims) for step in layers for _ in range(step.boxes[0].repeat)]
    slices = tuple(count) if len(count) > 1 and shown[-1].is_map else ()
    passes = frozenset(one for step in run for one in step.passes)
    return Step(boxes, told, shown[-1].out, frame, outputs, said, more, slices, passes)


def _own(step: Step, structure: Structure) -> TensorType:
    """What the convolution or pooling of a step makes, before an activation at it that changes the channels (GLU)."""
    nodes = [structure.network.nodes[n] for n in step.boxes[0].nodes]
    return next((node.types[0] for node in nodes if node.op.family in ("conv", "pool")), step.out)


def _with_widths(steps: Sequence[Step], structure: Structure) -> list[tuple[str, int]]:
    """The layers of a plain chain with their channels, and how often each; of many with one kernel, the range."""
    made = [f", {_own(step, structure).channels}" if step.kind == "conv" else "" for step in steps]
    told = [(step.names[0], width) for step, width in zip(steps, made, strict=True)]
    runs = [(*one, len(list(same))) for one, same in groupby(told)]
    if len(runs) > MOST_LINES:
        alike = [list(same) for _, same in groupby(told, key=lambda one: one[0])]
        runs = [(run[0][0], ", " + together([w[2:] for _, w in run]) if run[0][1] else "", len(run)) for run in alike]
    return [(name + width, count) for name, width, count in runs]


def _counted(name: str) -> tuple[str, int]:
    """A name without its final count, and the count."""
    word, times, number = name.rpartition(" ×")
    return (word, int(number)) if times and number.isdigit() else (name, 1)


def _slab(step: Step, marks: Marks, classic: bool, flat: Flat) -> Slab:
    nodes = tuple(sorted(n for box in step.boxes for n in box.nodes))
    ops = [flat.structure.network.nodes[n].op for n in step.boxes[0].nodes[:1]]
    kernel = getattr(ops[0], "kernel", None) if classic and ops else None
    names = (step.boxes[0].title,) if classic else step.names
    passes = step.passes.union(*(flat.inner.passes(box) for box in step.boxes))
    return Slab(
        step.frame or step.boxes[0].path,
        step.kind,
        step.out.dims,
        (*names, *step.outputs),
        nodes,
        marks.hot(nodes),
        any(box.marked for box in step.boxes),
        marks.cold(nodes),
        bool(nodes) and all(flat.structure.network.nodes[n].added for n in nodes),
        ", ".join(filter(None, (step.inside, _uses(step, flat)))),
        classic,
        kernel if isinstance(kernel, tuple) else None,
        tuple(type.dims for type in step.more),
        step.slices,
        tuple(one for one in PASSES.values() if one in passes),
        max(map(flat.inner.groups, step.boxes)) if not classic and not step.slices else 1,
        channel_axis=flat.structure.channel_axes[nodes[-1]] if nodes else 0,
    )


def _told_alone(slab: Slab, step: Step, structure: Structure) -> Slab:
    """The slab of a layer in a module that is shown alone: with its kernels, and the light layers at it."""
    (box, *more) = step.boxes
    notes = () if more or box.kind in ("block", "input") else box.notes
    told = [f"after {note}" for note in notes[: box.above]]
    told += ["then " * bool(told) + note for note in notes[box.above :] if not USES.fullmatch(note)]
    return replace(slab, bank=_bank(step, structure), light=", ".join(told))


def _uses(step: Step, flat: Flat) -> str:
    """The note about a shared module: the number of its uses in a step, or that the step is a later use."""
    nodes = flat.structure.network.nodes
    numbers = [n for box in step.boxes for n in box.nodes]
    first = [first_use(flat.structure.network, n) for n in numbers]
    most = max(map(first.count, first), default=0)
    if most > 1:
        return f"{most} uses"
    weighted = [nodes[n] for n in numbers if has_weights(flat.structure.network, nodes[n])]
    return "same weights" if weighted and all(node.shared is not None for node in weighted) else ""


def _bank(step: Step, structure: Structure) -> tuple[int, ...]:
    """The number, height, width and depth of a convolution's kernels; empty if the step is no single convolution."""
    nodes = [structure.network.nodes[n] for box in step.boxes for n in box.nodes]
    convs = [node for node in nodes if node.op.family == "conv"]
    if len(convs) != 1 or len(step.boxes) > 1 or step.kind == "block":
        return ()
    (node,) = convs
    shapes = node.op.weights(structure.network.input_types(node))
    made, depth, *kernel = next((weight.shape for weight in shapes.values()), (0, 0))
    return (made, *kernel, depth) if len(kernel) == 2 else ()
