"""Layers: arguments, op, shape rule, and the places of errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from archc.diagnostics.core import Edit, ErrorSentinel, Label, ParamRef, Problem
from archc.diagnostics.problems.branches import CannotConcat, MergeMismatch
from archc.diagnostics.problems.names import BadLabel
from archc.diagnostics.problems.parameters import BadArgument
from archc.diagnostics.problems.shapes import KernelTooLarge, WantsImage
from archc.diagnostics.problems.structure import TensorCount
from archc.diagnostics.source import Span
from archc.elaborate.arguments import arguments
from archc.elaborate.draft import NodeDraft
from archc.elaborate.sketches import choose
from archc.elaborate.state import ExpansionContext, ExpansionState, GivenLayer
from archc.elaborate.values import Binding, DefinitionRef, OpRef, data_of, typed
from archc.ir.hole import Hole
from archc.ir.network import ArgumentValue, Item, ItemChain, LayerItem, Ref
from archc.ir.op import Around, Op
from archc.ir.types import UNKNOWN, Types, image
from archc.resolve.naming import label_fault
from archc.support.record import Record
from archc.syntax import tree
from archc.syntax.walk import walk

Refs = tuple[Ref, ...]
_SOME = image(1, 1, 1)
"""Stands for an unknown type, to determine whether a layer has weights."""


class Named(Record):
    """An evaluated label: the name of the module, and the place of the label."""

    name: str
    span: Span


class WrittenTerm(Record):
    """A term as written, for diagnostics and names."""

    span: Span
    name_span: Span
    label: Named | None = None
    use: tree.Use | None = None
    """The term itself, if it has arguments that may be wrong."""


class PlacedTerm(Record):
    """A term after expansion: its items and its outputs."""

    items: tuple[Item, ...]
    refs: Refs

    def alone(self, source: Refs) -> ItemChain:
        """A chain of this term alone, which reads `source`."""
        return ItemChain.model_construct(items=self.items, source=source, result=self.refs, start=None)


def named(
    label: tree.ModuleLabel | None, site: ExpansionContext, state: ExpansionState
) -> Named | None | ErrorSentinel:
    """The name that a label gives, checked."""
    if label is None:
        return None
    name = state.value(label.text, site)
    if isinstance(name, ErrorSentinel):
        return name
    if fault := label_fault(str(name)) or _dotted(label.text, str(name)):
        return state.report(BadLabel(name=str(name), reason=fault), label.span, site)
    assert isinstance(name, str), "a label is a text"
    return Named(name, label.span)


def _dotted(text: tree.Expression, name: str) -> str:
    """What is wrong with a name in which a value has a dot, as 0.5 has: only a written dot opens a module."""
    parts = text.parts if isinstance(text, tree.Template) else ()
    written = sum(part.count(".") for part in parts if isinstance(part, str))
    return "a value in its braces has a dot, which would open a module" if parts and name.count(".") > written else ""


def layer(
    state: ExpansionState, site: ExpansionContext, kind: type[Op], use: tree.Use, refs: Refs
) -> PlacedTerm | None:
    """Expand a layer. Errors in its arguments are reported even if its input is unknown.

    None if there is no such layer, which has been reported.
    """
    label = named(use.label, site, state)
    xs = tuple(map(state.draft.type_of, refs))
    usual = site.env.defaults(kind.kind())
    given = state.given.get((use, kind)) if not usual else None
    bound = given.bound if given is not None else arguments(state, site, kind, use, usual)
    if isinstance(bound, ErrorSentinel):
        return None
    written = WrittenTerm(use.span, use.name_span, None if isinstance(label, ErrorSentinel) else label, use)
    if not _takes(state, site, kind, written, refs):
        return None
    given = given or _given(state, site, kind, bound, written, use, xs)
    if given is None:
        return None
    around = given.op.around(xs)
    if (around.before or around.after) and not _is_plain(state, site, kind, around, written, bound):
        return None
    items: list[Item] = []
    for name in around.before:
        step = add_sugar(state, site, name, refs, written)
        items.extend(step.items)
        refs = step.refs
    known = not _is_misread(state, site, given, written, xs, refs)
    step = place(state, site, around.op, refs, written, arguments=given.arguments, bound=bound, known=known)
    items.extend(step.items)
    for name in around.after:
        step = add_sugar(state, site, name, step.refs, written)
        items.extend(step.items)
    return PlacedTerm(tuple(items), step.refs)


def _given(
    state: ExpansionState,
    site: ExpansionContext,
    kind: type[Op],
    bound: dict[str, tuple[Binding, bool]],
    written: WrittenTerm,
    use: tree.Use,
    xs: Types,
) -> GivenLayer | None:
    """The layer of these arguments and those that the sketch rules choose; None if there is none, which is reported.

    If all of them are written out, it is the same wherever the term is expanded.
    """
    if not choose(state, site, kind, use, bound, xs):
        return None
    op = build(state, site, kind, bound, written)
    if isinstance(op, ErrorSentinel):
        return None
    values = tuple(
        ArgumentValue.model_construct(name=n, expr=b.expr, value=data_of(b.value), span=b.span, given=g)
        for n, (b, g) in bound.items()
    )
    given, own = GivenLayer(op, bound, values), use.arguments or ()
    if len(own) == len(bound) and all(type(a.value) is tree.Literal_ for a in own):
        state.given[use, kind] = given
    return given


def _is_plain(
    state: ExpansionState,
    site: ExpansionContext,
    kind: type[Op],
    around: Around,
    written: WrittenTerm,
    bound: dict[str, tuple[Binding, bool]],
) -> bool:
    """Whether the layers before and after one need no arguments; one that does is reported."""
    unfit = next((n for n in (*around.before, *around.after) if _plain(state, n) is None), None)
    if unfit is None:
        return True
    passed_ = (n for n, (b, _) in bound.items() if isinstance(b.value, OpRef | DefinitionRef) or b.value == unfit)
    argument = next(passed_, "act")
    wanted = "a layer of one input that needs no arguments, such as ReLU"
    problem = BadArgument(kind=kind.kind(), name=argument, value=unfit, wanted=wanted, at=ParamRef(argument))
    _report(state, site, problem, written, bound, ())
    return False


def _is_misread(
    state: ExpansionState, site: ExpansionContext, given: GivenLayer, written: WrittenTerm, xs: Types, refs: Refs
) -> bool:
    """Whether an argument is wrong in a way that only its written form shows; it is reported."""
    problem = given.op.misread({a.name: a.value for a in given.arguments}, xs) if xs and xs[0].is_known else None
    if problem is not None:
        _report(state, site, problem, written, given.bound, refs)
    return problem is not None


def hole(
    state: ExpansionState, site: ExpansionContext, name: str, text: str, refs: Refs, written: WrittenTerm
) -> PlacedTerm:
    """Place a hole for a term or statement that could not be expanded."""
    return place(state, site, Hole.model_construct(name=name, text=text), refs, written)


def place(
    state: ExpansionState,
    site: ExpansionContext,
    op: Op,
    refs: Refs,
    written: WrittenTerm,
    *,
    arguments: tuple[ArgumentValue, ...] = (),
    bound: Mapping[str, tuple[Binding, bool]] | None = None,
    implicit: bool = False,
    known: bool = True,
) -> PlacedTerm:
    """Place an op in the network after checking shapes.

    Its outputs have unknown types if the shapes do not fit, if one is unknown, or if their number is unknown (`known`
    false).
    """
    draft = state.draft
    xs = tuple(map(draft.type_of, refs))
    known = known and not isinstance(op, Hole) and all(x.is_known for x in xs)
    ys, stateful = state.outcome(op, xs) if known else ((UNKNOWN,), _has_weights(op))
    if isinstance(ys, Problem):
        _report(state, site, ys, written, bound or {}, refs)
        ys, stateful = (UNKNOWN,), _has_weights(op)
    state.whole = state.whole and all(y.is_known for y in ys)
    if len(draft.nodes) >= state.budget.limits.layers:
        state.too_many(written.span, site)
    state.spend(written.span, site, len(refs) + len(ys))
    label = None if implicit else written.label
    node = NodeDraft(
        index=len(draft.nodes),
        op=op,
        inputs=refs,
        types=ys,
        label=label.name if label else None,
        scope=site.scope,
        span=written.span,
        label_span=label.span if label else written.name_span,
        arguments=arguments,
        implicit=implicit,
        expansion=site.expansion,
        stateful=stateful,
        added=site.new,
    )
    draft.nodes.append(node)
    site.add(node)
    if len(refs) != 1 or len(ys) != 1:
        site.scope.pure = False
    item = LayerItem.model_construct(is_a="layer", node=node.index)
    return PlacedTerm((item,), tuple(Ref(node.index, i) for i in range(len(ys))))


def _has_weights(op: Op) -> bool:
    """Whether a layer of unknown inputs needs a name."""
    return isinstance(op, Hole) or bool(op.weights((_SOME,) * op.inputs[0]))


def build(
    state: ExpansionState,
    site: ExpansionContext,
    kind: type[Op],
    bound: Mapping[str, tuple[Binding, bool]],
    written: WrittenTerm,
) -> Op | ErrorSentinel:
    """Build the op with these arguments. Equal layers share one value."""
    values = {n: b.value.name if isinstance(b.value, OpRef | DefinitionRef) else b.value for n, (b, _) in bound.items()}
    key = (kind, *((n, typed(v)) for n, v in values.items()))
    if (op := state.built.get(key)) is not None:
        return op
    built = kind.build(values)
    if isinstance(built, tuple):
        for problem in built:
            _report(state, site, problem, written, bound, ())
        return ErrorSentinel()
    state.built[key] = built
    return built


def _plain(state: ExpansionState, name: str) -> Op | None:
    """The layer that the language inserts, without arguments; None if it needs any."""
    kind = state.kinds.get(name)
    if kind is None or kind.inputs != (1, 1):
        return None
    built = kind.build({})
    return None if isinstance(built, tuple) else built


def add_sugar(
    state: ExpansionState, site: ExpansionContext, name: str, refs: tuple[Ref, ...], written: WrittenTerm
) -> PlacedTerm:
    """Place a layer that is implied by a written one."""
    op = _plain(state, name)
    assert op is not None, f"{name} cannot be added to another layer"
    return place(state, site, op, refs, written, implicit=True)


def _takes(state: ExpansionState, site: ExpansionContext, kind: type[Op], written: WrittenTerm, refs: Refs) -> bool:
    (least, most), count = kind.inputs, len(refs)
    if (least <= count and (most is None or count <= most)) or not all(state.draft.type_of(r).is_known for r in refs):
        return True
    if least == most:
        wanted = f"{least} tensor{'' if least == 1 else 's'}"
    else:
        wanted = f"{least} or more tensors" if most is None else f"{least} to {most} tensors"
    problem = TensorCount(name=kind.kind(), wanted=wanted, given=count, names=site.env.names_of(refs))
    state.report(problem, written.name_span, site)
    return False


# -- where to point ---------------------------------------------------------------------------------------------------


def _report(
    state: ExpansionState,
    site: ExpansionContext,
    problem: Problem,
    written: WrittenTerm,
    bound: Mapping[str, tuple[Binding, bool]],
    refs: tuple[Ref, ...],
) -> None:
    """Report a problem of an op at the argument or input at fault, with the place where its value was written."""
    from archc.elaborate.sizes import made, misplaced, shrunk, sizes
    from archc.resolve.advice import advised, channels_last, in_other_order

    span = written.name_span
    labels: list[Label] = []
    edits: tuple[Edit, ...] = ()
    argument = bound[problem.at.name][0] if isinstance(problem.at, ParamRef) and problem.at.name in bound else None
    if argument is not None:
        span = argument.span
        labels.extend(passed(argument))
    if isinstance(problem, BadArgument):
        expression = argument.written if argument else None
        problem, edits = advised(problem, written.use, expression, state.kinds, _first_indices(argument))
    if isinstance(problem, KernelTooLarge):
        problem, edits = in_other_order(problem, written.use)
        problem = channels_last(problem, state.draft.nodes[0].types[0].dims)
        if problem.advice:
            labels.append(Label(state.draft.nodes[0].span, "this has its channels last"))
    if isinstance(problem, MergeMismatch | CannotConcat) and problem.is_about_size:
        problem, sized = sizes(state, problem, refs, site)
        labels.extend(sized)
    elif isinstance(problem, KernelTooLarge) and len(refs) == 1:
        problem, sized = shrunk(state, problem, refs[0], site)
        labels.extend(sized)
    elif isinstance(problem, WantsImage) and len(refs) == 1:
        problem = misplaced(state, problem, refs[0])
        labels.extend(made(state, refs, site))
    else:
        labels.extend(made(state, refs, site))
    state.reporter.add(problem, span, labels=_distinct(labels, span), frame=site.frame, edits=edits)


def passed(argument: Binding) -> Iterator[Label]:
    """The places where the numbers of the names in an argument were written, traced through calls."""
    for name, entry in _names_in(argument):
        if isinstance(entry.value, int | float | str):
            yield Label(birth(entry).span, f"`{name}` is {entry.value} from here")


def _first_indices(argument: Binding | None) -> set[str]:
    """The loop variables in an argument that are 0, traced through parameters."""
    entries = _names_in(argument) if argument is not None else ()
    return {name for name, entry in entries if entry.written is None and entry.value == 0}


def _names_in(argument: Binding) -> Iterator[tuple[str, Binding]]:
    """The names in an argument with their bindings."""
    if argument.written is None or argument.env is None:
        return
    names = {n.name for n, _ in walk(argument.written) if isinstance(n, tree.Name)}
    for name in sorted(names):
        entry = argument.env.find(name)
        if isinstance(entry, Binding):
            yield name, entry


def birth(bound: Binding) -> Binding:
    """Trace a value that was passed by name to where it was written."""
    while isinstance(bound.written, tree.Name) and bound.env is not None:
        entry = bound.env.find(bound.written.name)
        if not isinstance(entry, Binding):
            break
        bound = entry
    return bound


def _distinct(labels: Iterable[Label], span: Span) -> tuple[Label, ...]:
    kept: dict[Span, Label] = {}
    for label in labels:
        if label.span != span:
            kept.setdefault(label.span, label)
    return tuple(kept.values())
