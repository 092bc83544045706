"""Finding definitions and uses of names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from archc.diagnostics.source import Span
from archc.editor.data import NameUse
from archc.editor.view import View
from archc.resolve import Definition, Symbols
from archc.syntax import tree


def definition(view: View, offset: int) -> Span | None:
    """The definition of the name at an offset, or the start of the file that an import names."""
    found = view.named(offset)
    if found is not None:
        where = found[1].span
        return view.outside(where) if where is not None else None
    for node in view.around(offset):
        if isinstance(node, tree.Import):
            target = view.analysis.module.imports.get(node)
            if target is not None and node.path.span.start <= view.inside(offset) <= node.path.span.end:
                return Span(target.source.name, 0, 0)
    return None


def highlights(view: View, offset: int) -> tuple[NameUse, ...]:
    """The definition and uses of the name at an offset, in its file."""
    found = view.named(offset)
    if found is None:
        return ()
    marks = {}
    for span, writes in _places(view.symbols, same(view.symbols, found[1])):
        real = view.outside(span) if span.file == view.name else None
        if real is not None:
            marks[real] = writes
    return tuple(NameUse(span, writes) for span, writes in sorted(marks.items()))


def references(views: Sequence[View], view: View, offset: int, *, defining: bool = True) -> tuple[Span, ...]:
    """The uses of the name at an offset, in all files of the views; with `defining`, also its definition."""
    found = view.named(offset)
    if found is None:
        return ()
    spans = dict.fromkeys(everywhere(views, view, found[1], defining=defining))
    return tuple(sorted(spans))


def everywhere(views: Iterable[View], view: View, wanted: Definition, *, defining: bool = True) -> Iterator[Span]:
    """The places of a definition and its uses in all files."""
    for each in {id(v): v for v in (view, *views)}.values():
        for definition_ in found_again(each.symbols, wanted):
            for span, _ in _places(each.symbols, (definition_,), defining=defining):
                if (real := each.outside(span)) is not None:
                    yield real


def found_again(symbols: Symbols, wanted: Definition) -> list[Definition]:
    """The same definition in another table: the one at the same place, or the same name of the language."""
    if wanted.span is None:
        return [d for d in symbols.definitions if d.span is None and (d.kind, d.name) == (wanted.kind, wanted.name)]
    return [d for d in symbols.definitions if d.span == wanted.span and d.kind == wanted.kind]


def same(symbols: Symbols, wanted: Definition) -> tuple[Definition, ...]:
    """A definition, and for a label all others that the same paths may refer to."""
    if wanted.kind != "module":
        return (wanted,)
    found, waiting = {wanted: None}, [wanted]
    spans: dict[Span, list[Definition]] = {}
    for reference in symbols.references:
        if reference.role == "path" and reference.definition is not None:
            spans.setdefault(reference.span, []).append(reference.definition)
    while waiting:
        for use in symbols.references_to(waiting.pop()):
            for other in spans.get(use.span, ()):
                if other not in found:
                    found[other] = None
                    waiting.append(other)
    return tuple(found)


def _places(symbols: Symbols, wanted: Iterable[Definition], *, defining: bool = True) -> Iterator[tuple[Span, bool]]:
    for each in wanted:
        if each.span is not None and defining:
            yield each.span, True
        for use in symbols.references_to(each):
            yield use.span, use.role == "write"
