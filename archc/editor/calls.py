"""The call that is being typed: its parameters, and which one is next."""

from __future__ import annotations

from archc.editor.completion import default_of
from archc.editor.context import context
from archc.editor.data import Signature
from archc.editor.hover import default_text, op_doc, plain_doc
from archc.editor.view import View
from archc.ops import lookup
from archc.syntax import tree


def signature(view: View, offset: int) -> Signature | None:
    """The call around an offset; None if there is none, or its callee is unknown."""
    here = context(view.source, offset)
    if here.call is None or here.string or here.comment:
        return None
    known = _parameters(view, here.call.callee, offset)
    if known is None:
        return None
    parameters, doc = known
    text, ranges = f"{here.call.callee}(", list[tuple[int, int]]()
    for name, default in parameters:
        text += ", " if ranges else ""
        ranges.append((len(text), len(text) + len(name) + len(default)))
        text += name + default
    names = [name for name, _ in parameters]
    active: int | None = here.call.position
    if here.call.argument:
        active = names.index(here.call.argument) if here.call.argument in names else None
    return Signature(f"{text})", tuple(ranges), active if active is not None and active < len(names) else None, doc)


def _parameters(view: View, callee: str, offset: int) -> tuple[list[tuple[str, str]], str] | None:
    meant = view.symbols.visible(view.name, view.inside(offset)).get(callee)
    while meant is not None and meant.kind == "let" and meant.alias is not None:
        meant = meant.alias
    if meant is not None and meant.kind != "layer":
        if meant not in view.symbols.parameters:
            return None
        found = view.symbols.parameters[meant]
        defaults = [
            default_of(p.node).replace("= ", "=") for p in found if p.node is None or isinstance(p.node, tree.Tree)
        ]
        return list(zip([p.name for p in found], defaults, strict=True)), plain_doc(meant.doc) if meant.doc else ""
    kind = lookup(callee if meant is None else meant.name)
    if kind is None:
        return None
    fields = kind.model_fields.items()
    given = [(name, "" if f.is_required() else f"={default_text(f.default)}") for name, f in fields]
    return given, op_doc(kind)
