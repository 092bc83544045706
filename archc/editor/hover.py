"""The information about the place under the cursor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from inspect import cleandoc

from archc.count.explain import origin
from archc.count.formulas import TITLES, formulas_of
from archc.count.memory import alive
from archc.count.receptive import fields
from archc.count.table import amount, shape
from archc.count.tables import summary
from archc.diagnostics.source import Span, value_text
from archc.editor.data import Hover
from archc.editor.listing import detail
from archc.editor.values import is_list, values
from archc.editor.view import Shown, View, shapes
from archc.ir.op import Op
from archc.resolve import Definition
from archc.resolve.arguments import argument_name
from archc.syntax import tree

MOST = 4
"""The maximum number of instances that are listed individually."""


def hover(view: View, offset: int) -> Hover | None:
    """The documentation of a name, the value of an argument, and the output of a term in the current member."""
    around = view.around(offset)
    shown_ = view.shown(view.member_at(offset))
    use = next((n for n in reversed(around) if isinstance(n, _TERMS)), None)
    argument = next((n for n in reversed(around) if isinstance(n, tree.Argument)), None)
    found = view.named(offset)
    parts: list[str] = []
    span = found[0] if found is not None else None
    if found is not None and not (found[2] is not None and found[2].role == "argument"):
        parts += _of_name(view, found[1], shown_)
    if isinstance(use, tree.Use) and argument is not None and argument in (use.arguments or ()) and shown_ is not None:
        parts += _of_argument(view, use, argument, shown_)
        span = span or argument.span
    elif shown_ is not None and (term := _term_at(view, use, offset, found[1] if found else None)) is not None:
        parts[1:1] = _of_term(term, shown_)  # its output here comes before the documentation of its kind
        span = span or (_word(use) if use is not None else None)
    real = view.outside(span) if span is not None else None
    return Hover(real, "\n\n".join(parts)) if parts and real is not None else None


_TERMS = tree.Use | tree.Merge | tree.Calculation


def _word(term: tree.Use | tree.Merge | tree.Calculation) -> Span:
    """The word or operator that identifies a term."""
    match term:
        case tree.Merge():
            return term.kind_span
        case tree.Calculation():
            return term.operator_span
        case _:
            return term.name_span


def _term_at(
    view: View, use: tree.Use | tree.Merge | tree.Calculation | None, offset: int, meant: Definition | None
) -> Span | None:
    """The place of the term whose word or label the cursor is on; of a shared module, where it is declared."""
    if meant is not None and meant.kind == "module":
        return meant.node.span if meant.node is not None else None
    inner, word = view.inside(offset), _word(use) if use is not None else None
    if use is None or word is None:
        return None
    label = None if isinstance(use, tree.Calculation) else use.label
    on_label = label is not None and label.span.start <= inner <= label.span.end
    return use.span if word.start <= inner <= word.end or (on_label and meant is None) else None


# -- names ------------------------------------------------------------------------------------------------------------


def _of_name(view: View, meant: Definition, shown_: Shown | None) -> Iterator[str]:
    kinds = view.analysis.library.kinds
    match meant.kind:
        case "layer":
            yield _code(signature_of(kinds[meant.name]))
            yield op_doc(kinds[meant.name])
        case "builtin":
            yield _code(f"{meant.name}(…)")
            yield _COUNTED.get(meant.name, "A function of the language.")
        case "function" | "macro" | "block" | "model" | "variant":
            assert meant.node is not None
            yield _code(_said(meant))
            if meant.doc:
                yield plain_doc(meant.doc)
            if meant.kind in ("model", "variant") and (own := view.shown(meant.name)) is not None:
                yield _code(_summary(own))
            if meant.kind == "block" and shown_ is not None:
                yield from _instances(meant, shown_)
        case "module":
            yield from _paths(meant, shown_)
        case "incoming":
            yield "The tensor that comes in."
        case _:
            yield _code(_said(meant))
            if told := [*dict.fromkeys(values(view, meant, shown_))]:
                yield f"{_list(told)} in {shown_.network.name}" if shown_ is not None else _list(told)


def _said(meant: Definition) -> str:
    """The header of a definition, in one line."""
    declares = isinstance(meant.node, tree.Function | tree.Macro | tree.Block | tree.ModelDef | tree.Variant | tree.Let)
    more = detail(meant.node) if declares and meant.node is not None and meant.kind not in _PARTS else ""
    return f"{meant.kind} {'*' if is_list(meant) else ''}{meant.name}{' ' if more.startswith('=') else ''}{more}"


_PARTS = ("parameter", "tensor", "loop variable")
_COUNTED = {
    "params": "Numbers in all parameters.", "trainable": "Parameters that training changes.",
    "buffers": "Numbers in the rest of the state dict.", "macs": "Multiply-accumulates on one sample.",
    "flops": "`2 * macs`, and the element-wise work.", "activations": "Numbers in the outputs of all layers.",
    "connections": "Uses of a weight, biases included.", "frozen": "Parameters that edits freeze.",
    "depth": "Layers with weights on the longest path.", "peak_memory": "Bytes: the peak of inference, float32.",
    "saved_memory": "Bytes that autograd keeps of one sample.",
    "receptive_field": "Rows or columns that a place of the last feature map sees.",
}  # fmt: skip


def signature_of(kind: type[Op]) -> str:
    """A layer with its arguments: `Conv(channels, kernel=3x3, …)`."""
    given = [name if f.is_required() else f"{name}={default_text(f.default)}" for name, f in kind.model_fields.items()]
    return f"{kind.kind()}({', '.join(given)})" if given else kind.kind()


def default_text(value: object) -> str:
    """A default as a spec writes it: `3` for a pair of threes."""
    if isinstance(value, tuple) and value and all(type(v) is int for v in value):
        return str(value[0]) if len(set(value)) == 1 else shape(value)
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    return f'"{value}"' if isinstance(value, str) else str(value)


def op_doc(kind: type[Op]) -> str:
    """A layer's documentation in Markdown."""
    return plain_doc(cleandoc(kind.__doc__ or ""))


def plain_doc(text: str) -> str:
    """A docstring in Markdown, with its indented parts unchanged."""
    paragraphs = cleandoc(text).split("\n\n")
    verbatim = ("Shape:", "Cost:", "Source:", "Args:")
    return "\n\n".join(_code(p, "text") if p.startswith(verbatim) else p for p in paragraphs)


def _summary(own: Shown) -> str:
    counts = own.result.counted
    return summary(counts).strip() if counts is not None else ""


def _instances(meant: Definition, shown_: Shown) -> Iterator[str]:
    found = [
        s for s in shown_.network.scopes
        if s.definition == meant.name and s.kind == "block"
    ]  # fmt: skip
    if not found:
        yield f"{shown_.network.name} has none."
        return
    rows = {c.path: c for c in shown_.result.counted.scopes} if shown_.result.counted is not None else {}
    lines = []
    for scope in found[:MOST]:
        into = shapes(tuple(map(shown_.network.type_of, scope.inputs)))
        out = shapes(tuple(map(shown_.network.type_of, scope.outputs)))
        row = rows.get(scope.path)
        cost = f", {amount(row.params)} parameters, {amount(row.macs, 'auto')} MACs" if row is not None else ""
        lines.append(f"- `{scope.path}`: {into} → {out}{cost}")
    more = f"\n- … and {len(found) - MOST} more" if len(found) > MOST else ""
    yield f"{len(found)} in {shown_.network.name}:\n\n" + "\n".join(lines) + more


def _paths(meant: Definition, shown_: Shown | None) -> Iterator[str]:
    if shown_ is None or meant.node is None:
        yield _code(f"{meant.name}:")
        return
    network, span = shown_.network, meant.node.span
    paths = [network.nodes[i].path for i in shown_.nodes.get(span, ())]
    paths += [network.scopes[i].path for i in shown_.scopes.get(span, ())]
    told = [f"`{path}`" for path in dict.fromkeys(filter(None, paths))]
    yield f"{_list(told)} in {network.name}" if told else f"`{meant.name}` is not in {network.name}"


def _list(values: Sequence[str]) -> str:
    more = len(values) - 2 * MOST
    return ", ".join(values[: 2 * MOST]) + (f", … and {more} more" if more > 0 else "")


# -- terms ------------------------------------------------------------------------------------------------------------


def _of_argument(view: View, use: tree.Use, argument: tree.Argument, shown_: Shown) -> Iterator[str]:
    network = shown_.network
    for index in shown_.nodes.get(use.span, ())[:1]:
        node = network.nodes[index]
        given = next((a for a in node.arguments if a.span == argument.span or _holds(argument, a.span)), None)
        if given is not None and given.name in type(node.op).model_fields:
            yield _code(origin(network, index, given.name, view.where), "text")
    for index in shown_.scopes.get(use.span, ())[:1]:
        for passed in network.scopes[index].arguments:
            if passed.span == argument.span or _holds(argument, passed.span):
                yield _code(f"{passed.name} = {value_text(passed.value)}", "text")


def _holds(argument: tree.Argument, span: Span) -> bool:
    name = argument_name(argument) if argument.name is not None else None
    return (argument.span.start <= span.start and span.end <= argument.span.end) and span != name


def _of_term(span: Span, shown_: Shown) -> Iterator[str]:
    """The properties of a term: shapes, parameters and work with their formulas, receptive field, memory."""
    types = shown_.types(span)
    if not types:
        return
    network = shown_.network
    into, out = types[0]
    lines = [f"{shapes(into)} → **{shapes(out)}**" + (f", the first of {len(types)}" if len(types) > 1 else "")]
    others = [shapes(y) for _, y in types[1:] if y != out]
    if others:
        lines.append(f"then {_list(list(dict.fromkeys(others)))}")
    for index in shown_.nodes.get(span, ())[:1] if not network.partial else ():
        node = network.nodes[index]
        lines += [
            f"{TITLES[quantity]}: {formula}" for quantity, formula in formulas_of(network, node).items()
            if formula.value and quantity in ("params", "macs", "elementwise")
        ]  # fmt: skip
        largest = field.largest if (field := fields(network).get(index)) is not None else None
        if largest is not None:
            lines.append(f"receptive field: {shape(largest.size)}, stride {shape(largest.stride)}")
        if (held := alive(network).get(index)) is not None:
            peak = amount(shown_.result.peak, "auto", "bytes")
            lines.append(f"memory here: {amount(held, 'auto', 'bytes')} of a peak of {peak}")
        if node.path:
            lines.append(f"`{node.path}`")
    for index in shown_.scopes.get(span, ())[:1]:
        scope = network.scopes[index]
        row = next((c for c in shown_.result.counted.scopes if c.path == scope.path), None) if (
            shown_.result.counted is not None
        ) else None  # fmt: skip
        if row is not None:
            lines.append(f"{amount(row.params)} parameters, {amount(row.macs, 'auto')} MACs, {row.layers} layers")
        lines.append(f"`{scope.path}`")
    yield f"In {network.name}: " + "  \n".join(lines)


def _code(text: str, language: str = "arch") -> str:
    return f"```{language}\n{text}\n```" if text else ""
