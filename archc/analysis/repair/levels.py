"""Repairs of branches of different resolution: another level of a U-Net, a crop, paddings, inputs of one size."""

from __future__ import annotations

from collections.abc import Iterator

from archc.analysis.repair.branches import MergeBranch
from archc.analysis.repair.candidate import Candidate, ProblemSite
from archc.analysis.repair.parts import without_argument
from archc.analysis.repair.values import named_arguments, value
from archc.diagnostics.core import Edit
from archc.diagnostics.source import Span
from archc.ops import lookup
from archc.syntax import tree
from archc.syntax.walk import walk

MOST_LEVELS = 8
"""The number of tensors that are tried in place of one."""
_RATIO = 1.6
"""Two images whose sizes differ by a larger factor belong to different levels."""


def level(branch: MergeBranch, merge: tree.Merge) -> Iterator[Candidate]:
    """Replace the tensor of a branch by one that no merge reads: `e2` for `e1` in the decoder of a U-Net."""
    terms = branch.chain.terms
    around = branch.place.around
    if not branch.is_named or len(terms) != 1 or not isinstance(terms[0], tree.Use) or around is None:
        return
    nodes = [node for node, _ in walk(around.definition)]
    merges = [node for node in nodes if isinstance(node, tree.Merge)]
    read = {use.name for each in merges for use, _ in walk(each) if isinstance(use, tree.Use)}
    binds = [node for node in nodes if isinstance(node, tree.Bind) and node.span.end <= merge.span.start]
    named = dict.fromkeys(bind.names[0].name for bind in binds if len(bind.names) == 1 and not bind.rest)
    for cost, name in enumerate(name for name in list(named)[-MOST_LEVELS:] if name not in read):
        yield Candidate(7 + cost, (Edit(terms[0].span, name),))


def cropped(branch: MergeBranch, cost: int) -> Iterator[Candidate]:
    """Crop the larger image, as in a U-Net without paddings."""
    have, want = branch.have[1:], branch.want[1:]
    if any(a < b or a > b * _RATIO for a, b in zip(have, want, strict=True)) or not _is_unpadded(branch):
        return
    term = f"Crop({want[0] if want[0] == want[1] else f'{want[0]}x{want[1]}'})"
    span = branch.chain.span
    if branch.is_identity:
        yield Candidate(cost, (Edit(span, f"in - {term}" if branch.chain.terms else f" in - {term} "),))
    else:
        yield Candidate(cost, (Edit(Span(span.file, span.end, span.end), f" - {term}"),))


def _is_unpadded(branch: MergeBranch) -> bool:
    """Whether the file has convolutions without padding, which remove the border."""
    uses = (node for node, _ in walk(branch.place.file) if isinstance(node, tree.Use))
    return any(_no_pad(branch.place, use) is not None for use in uses)


def _no_pad(place: ProblemSite, use: tree.Use) -> tree.Argument | None:
    """The `pad=0` of a layer."""
    kind = lookup(use.name)
    given = named_arguments(use, tuple(kind.model_fields)).get("pad") if kind is not None else None
    return given if given is not None and value(given.value, place.names) == 0 else None


def padded(place: ProblemSite, merge: tree.Merge) -> Iterator[Candidate]:
    """Remove `pad=0` from the layers of the branches, which then keep the size of the image."""
    uses = [node for node, _ in walk(merge) if isinstance(node, tree.Use)]
    found = [(use, given) for use in uses if (given := _no_pad(place, use)) is not None]
    if len(found) > 1:
        yield Candidate(11, tuple(without_argument(use, given) for use, given in found))


def same_inputs(place: ProblemSite) -> Iterator[Candidate]:
    """Give all inputs of a network the same rows and columns."""
    around = place.around
    body = (
        around.definition.body.statements if around is not None and isinstance(around.definition, tree.ModelDef) else ()
    )
    inputs = [s.shape for s in body if isinstance(s, tree.InputStatement) and isinstance(s.shape, tree.Shape)]
    shapes = [shape for shape in inputs if len(shape.dims) == 3]
    for cost, shape in enumerate(reversed(shapes)):
        for other in shapes:
            if other.dims[1:] != shape.dims[1:]:
                text = "x".join(map(str, (shape.dims[0], *other.dims[1:])))
                yield Candidate(8 + cost, (Edit(shape.span, text),))


def gate(branch: MergeBranch) -> Iterator[Candidate]:
    """Give a gate the channels of the tensor that it scales: `in.channels` in the last layer that determines them."""
    last = next((use for use in branch.uses() if use.arguments and use.name in ("Conv", "FC", "Linear")), None)
    if last is not None and last.arguments and branch.have[0] != branch.want[0]:
        named = [name for name, worth in branch.place.names.items() if worth == branch.want[0] and name.isidentifier()]
        for cost, text in enumerate([*named[:1], "in.channels"]):
            yield Candidate(4 + cost, (Edit(last.arguments[0].value.span, text),))


def concatenated(place: ProblemSite, merge: tree.Merge) -> Iterator[Candidate]:
    """Replace the sum of an enlarged image and an earlier one, whose channels differ, by a concatenation."""
    uses = {node.name for node, _ in walk(merge) if isinstance(node, tree.Use)}
    if merge.kind == "add" and uses & {"Upsample", "ConvTranspose", "PixelShuffle"}:
        yield Candidate(8, (Edit(place.diagnostic.span, "concat"),))
