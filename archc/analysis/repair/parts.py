"""Finding the parts of a spec that an edit is about, and removing or inserting some."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from archc.diagnostics.core import Edit
from archc.diagnostics.source import Source, Span
from archc.ops import lookup
from archc.syntax import tree
from archc.syntax.arguments import taking_out
from archc.syntax.walk import walk

T = TypeVar("T", bound=tree.Tree)


def lies_in(inner: Span, outer: Span) -> bool:
    """Whether a span lies within another."""
    return inner.file == outer.file and outer.start <= inner.start and inner.end <= outer.end


def declared_around(file: tree.File, span: Span) -> tree.Declaration | None:
    """The declaration that contains `span`."""
    return next((d for d in file.declarations if lies_in(span, d.span)), None)


def beside(file: tree.File, span: Span, kind: type[T]) -> Iterator[T]:
    """The nodes of a kind in the declaration that contains `span`, in the order written."""
    declaration = declared_around(file, span)
    if declaration is not None:
        yield from (node for node, _ in walk(declaration) if isinstance(node, kind))


def innermost(file: tree.File, span: Span, kind: type[T]) -> T | None:
    """The smallest node of a kind around `span`."""
    around = [node for node in beside(file, span, kind) if lies_in(span, node.span)]
    return around[-1] if around else None


def expression_at(file: tree.File, span: Span) -> tree.Expression | None:
    """The expression at `span`."""
    found = (node for node in beside(file, span, tree.Tree) if node.span == span)
    return next((node for node in found if isinstance(node, tree.Expression)), None)


def argument_at(file: tree.File, span: Span) -> tuple[tree.Use, int] | None:
    """The term, and the index of its argument, whose value contains `span`."""
    found: tuple[tree.Use, int] | None = None
    for use in beside(file, span, tree.Use):
        for index, argument in enumerate(use.arguments or ()):
            if lies_in(span, argument.value.span):
                found = use, index
    return found


def parameters(file: tree.File, use: tree.Use) -> tuple[str, ...]:
    """The names of the parameters of a term's callee: a layer, or a macro or block of the file."""
    if (kind := lookup(use.name)) is not None:
        return tuple(kind.model_fields)
    for declaration in file.declarations:
        if isinstance(declaration, tree.Macro | tree.Block) and declaration.name.name == use.name:
            return tuple(p.name for p in declaration.parameters)
    return ()


def without_argument(use: tree.Use, argument: tree.Argument) -> Edit:
    """Remove an argument, with an adjacent comma."""
    return Edit(taking_out(use, argument), "")


def with_argument(use: tree.Use, argument: str) -> Edit:
    """Append an argument to a term."""
    if use.arguments:
        end = use.arguments[-1].span.end
        return Edit(Span(use.span.file, end, end), f", {argument}")
    return Edit(Span(use.span.file, use.name_span.end, use.span.end), f"({argument})")


def chain_around(file: tree.File, span: Span) -> tuple[tree.Chain, int] | None:
    """The innermost chain around `span`, and the index of the term that contains it."""
    chain = innermost(file, span, tree.Chain)
    if chain is None:
        return None
    found = (i for i, term in enumerate(chain.terms) if lies_in(span, term.span))
    return next(((chain, index) for index in found), None)


def without_term(source: Source, chain: tree.Chain, index: int) -> Edit | None:
    """Remove a term from a chain, with an adjacent `-`; None if it is the only term or a comment would be lost."""
    start, end = chain.terms[index].span.start, chain.terms[index].span.end
    if len(chain.terms) == 1:
        return None
    if index:
        start = chain.terms[index - 1].span.end
    else:
        end = chain.terms[1].span.start
    span = Span(source.name, start, end)
    between = source.text[start : chain.terms[index].span.start] + source.text[chain.terms[index].span.end : end]
    return None if "#" in between else Edit(span, "")
