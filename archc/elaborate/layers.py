"""Layers: arguments, op, shape rule, and the places of errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from archc.diagnostics.core import Edit, ErrorSentinel, Label, ParamRef, Problem
from archc.diagnostics.problems.branches import CannotConcat, MergeMismatch
from archc.diagnostics.problems.names import BadLabel
from archc.diagnostics.problems.parameters import BadArgument
from archc.diagnostics.problems.shapes import KernelTooLarge
from archc.diagnostics.problems.structure import TensorCount
from archc.diagnostics.source import Span
from archc.elaborate.draft import NodeDraft
from archc.elaborate.sketches import choose
from archc.elaborate.state import ExpansionContext, ExpansionState
from archc.elaborate.values import Binding, DefinitionRef, OpRef, Tensors, data_of, typed
from archc.ir.hole import Hole
from archc.ir.network import ArgumentValue, Item, ItemChain, LayerItem, Ref
from archc.ir.op import Op
from archc.ir.types import UNKNOWN, TensorType, Types, image
from archc.resolve.arguments import ArgumentMismatch, match_names
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
    if fault := label_fault(str(name)):
        return state.report(BadLabel(name=str(name), reason=fault), label.span, site)
    assert isinstance(name, str), "a label is a text"
    return Named(name, label.span)


def layer(
    state: ExpansionState, site: ExpansionContext, kind: type[Op], use: tree.Use, refs: Refs
) -> PlacedTerm | None:
    """Expand a layer. Errors in its arguments are reported even if its input is unknown.

    None if there is no such layer, which has been reported.
    """
    label = named(use.label, site, state)
    xs = tuple(map(state.draft.type_of, refs))
    bound = _arguments(state, site, kind, use)
    if isinstance(bound, ErrorSentinel):
        return None
    written = WrittenTerm(use.span, use.name_span, None if isinstance(label, ErrorSentinel) else label, use)
    if not _takes(state, site, kind, written, xs) or not choose(state, site, kind, use, bound, xs):
        return None
    op = build(state, site, kind, bound, written)
    if isinstance(op, ErrorSentinel):
        return None
    arguments = tuple(
        ArgumentValue.model_construct(name=n, expr=b.expr, value=data_of(b.value), span=b.span, given=g)
        for n, (b, g) in bound.items()
    )
    around = op.around(xs)
    if (unfit := next((n for n in (*around.before, *around.after) if _plain(state, n) is None), None)) is not None:
        passed_ = (n for n, (b, _) in bound.items() if isinstance(b.value, OpRef | DefinitionRef) or b.value == unfit)
        argument = next(passed_, "act")
        wanted = "a layer of one input that needs no arguments, such as ReLU"
        problem = BadArgument(kind=kind.kind(), name=argument, value=unfit, wanted=wanted, at=ParamRef(argument))
        _report(state, site, problem, written, bound, ())
        return None
    items: list[Item] = []
    for name in around.before:
        step = add_sugar(state, site, name, refs, written)
        items.extend(step.items)
        refs = step.refs
    step = place(state, site, around.op, refs, written, arguments=arguments, bound=bound)
    items.extend(step.items)
    for name in around.after:
        step = add_sugar(state, site, name, step.refs, written)
        items.extend(step.items)
    return PlacedTerm(tuple(items), step.refs)


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
    xs = tuple(map(state.draft.type_of, refs))
    known = known and all(x.is_known for x in xs)
    result = op.infer(xs) if known else UNKNOWN
    if isinstance(result, Problem):
        _report(state, site, result, written, bound or {}, refs)
        result = UNKNOWN
    ys: Types = (result,) if isinstance(result, TensorType) else result
    state.whole = state.whole and all(y.is_known for y in ys)
    draft = state.draft
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
        stateful=isinstance(op, Hole) or bool(op.weights(xs if known else (_SOME,) * op.inputs[0])),
        added=site.new,
    )
    draft.nodes.append(node)
    site.add(node)
    if len(refs) != 1 or len(ys) != 1:
        site.scope.pure = False
    item = LayerItem.model_construct(is_a="layer", node=node.index)
    return PlacedTerm((item,), tuple(Ref(node.index, i) for i in range(len(ys))))


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


def _arguments(
    state: ExpansionState, site: ExpansionContext, kind: type[Op], use: tree.Use
) -> dict[str, tuple[Binding, bool]] | ErrorSentinel:
    """The given arguments and those of a `default`, by name in the op's order, and whether each was given."""
    names = tuple(kind.model_fields)
    if use.arguments and is_called_on(use, site):
        from archc.elaborate.unknown import report_called_on

        return report_called_on(state, use, site) or ErrorSentinel()
    matched = match_names(kind.kind(), names, _in_position(state, kind, use, site))
    if isinstance(matched, ArgumentMismatch):
        from archc.elaborate.unknown import report_mismatch

        return report_mismatch(state, site, matched, use)
    found: dict[str, tuple[Binding, bool]] = {}
    failed: ErrorSentinel | None = None
    given = {n: (a, site.env, True) for n, a in matched.items()}
    usual = {n: (a, env, False) for n, (a, env) in site.env.defaults(kind.kind()).items() if n not in given}
    for name in names:
        if name not in given and name not in usual:
            continue
        argument, env, was_given = given.get(name) or usual[name]
        bound = state.bound(argument.value, site if env is site.env else site.inside(env))
        if isinstance(bound, ErrorSentinel):
            failed = bound
        else:
            found[name] = (bound, was_given)
    return failed or found


def is_called_on(use: tree.Use, site: ExpansionContext) -> bool:
    """Whether a term is called on a tensor, `ReLU(x)`, as in other libraries."""
    named = (a.value.name for a in use.arguments or () if a.name is None and type(a.value) is tree.Name)
    return any(isinstance(site.env.find(name), Tensors) for name in named)


def _in_position(
    state: ExpansionState, kind: type[Op], use: tree.Use, site: ExpansionContext
) -> tuple[tree.Argument, ...]:
    """The arguments, with positional ones named if the op reads a layer there: `FC(SM)` is `FC(act=SM)`."""
    arguments = use.arguments or ()
    positional = [a for a in arguments if a.name is None]
    kinds = [_kind_named(state, a.value, site) for a in positional]
    if not any(kinds):
        return arguments
    names = kind.positional([k or 0 for k in kinds])
    renamed = {id(a): n for a, n in zip(positional, names, strict=False)}
    return tuple(tree.Argument(a.span, renamed.get(id(a), a.name), a.value) for a in arguments)


def _kind_named(state: ExpansionState, value: tree.Expression, site: ExpansionContext) -> str | None:
    """The op that an argument names, if any."""
    if not isinstance(value, tree.Name):
        return None
    entry = state.meaning(value, site.env)
    return entry.name if isinstance(entry, OpRef) else None


def _takes(state: ExpansionState, site: ExpansionContext, kind: type[Op], written: WrittenTerm, xs: Types) -> bool:
    (least, most), count = kind.inputs, len(xs)
    if (least <= count and (most is None or count <= most)) or not all(x.is_known for x in xs):
        return True
    wanted = f"{least} tensor{'' if least == 1 else 's'}" if least == most else f"{least} or more tensors"
    state.report(TensorCount(name=kind.kind(), wanted=wanted, given=count), written.name_span, site)
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
    """Report a problem of an op at the wrong argument or input, with the place where its value was written."""
    from archc.elaborate.sizes import made, sizes
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
