"""The callers and callees of a definition, across files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from archc.diagnostics.source import Span
from archc.editor.data import Calls, Symbol
from archc.editor.listing import KINDS, detail
from archc.editor.view import View
from archc.resolve import Definition, Reference
from archc.syntax import tree

_CALLED = ("function", "macro", "block", "model", "variant", "let")
_NO_CALLS = ("argument", "import", "path", "write")


def callable_at(view: View, offset: int) -> Symbol | None:
    """The definition at an offset, if it can call or be called."""
    found = view.named(offset)
    return _symbol(view, found[1]) if found is not None else None


def callers(views: Sequence[View], view: View, offset: int) -> tuple[Calls, ...]:
    """The callers of the definition at an offset, in all files of the views, with the places of the calls."""
    found = view.named(offset)
    if found is None or _symbol(view, found[1]) is None:
        return ()
    wanted, calls = found[1], dict[Symbol, dict[Span, None]]()
    for each in {id(v): v for v in (view, *views)}.values():
        for use, caller in _calls(each, each.symbols.references):
            same = use.definition is not None and (use.definition.kind, use.definition.span) == (
                wanted.kind,
                wanted.span,
            )
            if same and (place := each.outside(use.span)) is not None:
                calls.setdefault(caller, {})[place] = None
    return _told(calls)


def called(view: View, offset: int) -> tuple[Calls, ...]:
    """The callees of the definition at an offset, with the places of the calls.

    Requires: it is defined in this file.
    """
    found = view.named(offset)
    whole = _symbol(view, found[1]) if found is not None else None
    calls = dict[Symbol, dict[Span, None]]()
    for use, caller in _calls(view, view.symbols.references) if whole is not None else ():
        place = view.outside(use.span)
        other = _symbol(view, use.definition) if use.definition is not None else None
        if caller == whole and place is not None and other is not None:
            calls.setdefault(other, {})[place] = None
    return _told(calls)


def _told(calls: dict[Symbol, dict[Span, None]]) -> tuple[Calls, ...]:
    return tuple(sorted(Calls(symbol, tuple(sorted(places))) for symbol, places in calls.items()))


def _calls(view: View, references: Iterable[Reference]) -> Iterator[tuple[Reference, Symbol]]:
    """The calls in the files of a view, each with the enclosing declaration."""
    for use in references:
        if use.definition is None or use.definition.kind not in _CALLED or use.role in _NO_CALLS:
            continue
        node = view.analysis.places.declaration(use.span)
        caller = _declared(view, node) if node is not None else None
        if caller is not None:
            yield use, caller


def _symbol(view: View, meant: Definition) -> Symbol | None:
    """A definition as one end of a call; None for one that cannot call, such as a tensor, or is in no file."""
    if meant.kind not in _CALLED or meant.owner is not None or meant.node is None:
        return None
    return _declared(view, meant.node)


def _declared(view: View, node: tree.Tree) -> Symbol | None:
    """A declaration as one end of a call. A bare chain is called like its file."""
    whole = view.outside(node.span)
    match node:
        case tree.Function() | tree.Macro() | tree.Block() | tree.ModelDef() | tree.Variant():
            name, place = node.name.name, view.outside(node.name.span)
        case tree.Let():
            name, place = node.name, view.outside(node.name_span)
        case _:
            name, place = node.span.file.rpartition("/")[2], whole
    if whole is None or place is None:
        return None
    return Symbol(name, KINDS.get(type(node), "file"), detail(node), whole, place)
