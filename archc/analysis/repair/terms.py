"""Repairs that insert, remove or replace terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from archc.analysis.repair.candidate import Candidate, ProblemSite
from archc.analysis.repair.missing import Habits
from archc.analysis.repair.parts import beside, chain_around, expression_at, without_term
from archc.diagnostics.core import Edit
from archc.diagnostics.problems.limits import TooDeep
from archc.diagnostics.problems.names import NotATerm, UnknownName
from archc.diagnostics.problems.structure import MisplacedTensor, TensorCount
from archc.diagnostics.source import Span
from archc.ops import lookup
from archc.syntax import tree
from archc.syntax.walk import walk

MOST_OTHERS = 12
"""The number of terms, or blocks, that are tried in place of one."""
MOST_WIDTHS = 4
"""The number of parameters that are tried as the width of a convolution."""


def before(place: ProblemSite, text: str, cost: int) -> Iterator[Candidate]:
    """Insert a term before the wrong one."""
    for node in beside(place.file, place.diagnostic.span, tree.Use):
        if node.name_span == place.diagnostic.span:
            yield Candidate(cost, (Edit(Span(node.span.file, node.span.start, node.span.start), text),))


def joined(problem: TensorCount, place: ProblemSite) -> Iterator[Candidate]:
    """Concatenate several tensors for a layer that takes one."""
    if problem.given > 1 and lookup(problem.name) is not None:
        yield from before(place, "Concat - ", 20)


def merged(problem: MisplacedTensor, place: ProblemSite) -> Iterator[Candidate]:
    """Remove a tensor in the middle of a chain, or add it to the chain so far."""
    found = chain_around(place.file, place.diagnostic.span)
    if found is None or not found[1]:
        return
    chain, index = found
    if (edit := without_term(place.source, chain, index)) is not None:
        yield Candidate(10, (edit,))
    start, last = chain.terms[0].span.start, chain.terms[index - 1].span.end
    name = Span(place.source.name, last, chain.terms[index].span.end)
    for cost, kind in enumerate(("add", "concat", "mul")):
        opening = Edit(Span(place.source.name, start, start), f"{kind} {{ ")
        yield Candidate(12 + cost, (opening, Edit(name, f" | {problem.name} }}")))


def ended(problem: TooDeep, place: ProblemSite) -> Iterator[Candidate]:
    """End a recursion that counts down; remove another recursive call, or replace it by a term of its definition."""
    found = chain_around(place.file, place.diagnostic.span)
    term = found[0].terms[found[1]] if found is not None else None
    given = [a.value for a in term.arguments or ()] if isinstance(term, tree.Use) else []
    down = [
        v.left.name for v in given if isinstance(v, tree.Binary) and v.operator == "-" and isinstance(v.left, tree.Name)
    ]
    if term is not None and down:
        end = Span(place.source.name, term.span.end, term.span.end)
        yield Candidate(1, (Edit(end, f" if ({down[0]} > 1)"),))
    else:
        yield from _replaced(place, place.diagnostic.span)


def renamed(problem: UnknownName, place: ProblemSite) -> Iterator[Candidate]:
    """Choose among equally similar names for a term: one that the file has elsewhere between the same neighbours."""
    found = chain_around(place.file, place.diagnostic.span)
    if found is None or place.diagnostic.edits:
        return
    chain, index = found
    term = chain.terms[index]
    if isinstance(term, tree.Use) and term.name_span == place.diagnostic.span:
        habits = Habits(place.source, place.file)
        names = dict.fromkeys(text.partition("(")[0] for text in habits.instead(chain, index))
        for cost, name in enumerate(names):
            yield Candidate(10 + cost, (Edit(term.name_span, name),))


def _replaced(place: ProblemSite, span: Span) -> Iterator[Candidate]:
    """Remove the term around `span`, or replace it by another one of the definition."""
    found = chain_around(place.file, span)
    if found is None:
        return
    chain, index = found
    if (edit := without_term(place.source, chain, index)) is not None:
        yield Candidate(10, (edit,))
    term = chain.terms[index]
    here = term.span
    if isinstance(term, tree.Use) and term.label is not None:
        here = Span(here.file, term.name_span.start, here.end)
    for text in Habits(place.source, place.file).instead(chain, index):
        yield Candidate(9, (Edit(here, text),))
    for cost, text in enumerate(_others(place, span)):
        yield Candidate(12 + cost, (Edit(here, text),))


def _others(place: ProblemSite, span: Span) -> list[str]:
    """Layers of the definition, then those of the file without arguments, most frequent first, then convolutions."""
    texts: Counter[str] = Counter()
    for declaration in place.file.declarations:
        near = declaration.span.start <= span.start < declaration.span.end
        for node, _ in walk(declaration):
            if isinstance(node, tree.Use) and node.span != span and lookup(node.name) is not None:
                plain = not node.arguments
                if near or plain:
                    text = place.source.text[node.name_span.start : node.span.end]
                    texts[text] += 100 if near else 1
    around = place.around.definition if place.around is not None else None
    widths = [p.name for p in around.parameters if place.names.get(p.name, 0) > 1] if around is not None else []
    convolutions = [f"Conv({width}{kernel})" for width in widths[:MOST_WIDTHS] for kernel in (", 1", "")]
    return [text for text, _ in texts.most_common(MOST_OTHERS)] + convolutions


def blocks_passed(problem: NotATerm, place: ProblemSite) -> Iterator[Candidate]:
    """Replace or remove an argument that should be a block and is not; make a function a macro."""
    functions = [d for d in place.file.declarations if isinstance(d, tree.Function) and d.name.name == problem.name]
    if functions:
        yield from _as_macro(functions[0], place)
        return
    for span in (place.diagnostic.span, *(label.span for label in place.diagnostic.labels)):
        if span.file == place.source.name and expression_at(place.file, span) is not None:
            if any(span == a.value.span and a.name is None for a in _of_variants(place.file)):
                yield Candidate(5, (Edit(span, f"classes={place.source.snippet(span)}"),))
            blocks = [d.name.name for d in place.file.declarations if isinstance(d, tree.Block)]
            imported = [n.name for d in place.file.declarations if isinstance(d, tree.Import) for n in d.names]
            for cost, name in enumerate([*blocks, *imported][:MOST_OTHERS]):
                yield Candidate(10 + cost, (Edit(span, name),))
            return
    yield from _replaced(place, place.diagnostic.span)


def _of_variants(file: tree.File) -> Iterator[tree.Argument]:
    """The arguments that the variants of a file give their models."""
    for declaration in file.declarations:
        if isinstance(declaration, tree.Variant):
            yield from declaration.arguments or ()


def _as_macro(function: tree.Function, place: ProblemSite) -> Iterator[Candidate]:
    """Make a function that gives layers a macro, whose condition stands in parentheses."""
    head = Span(place.source.name, function.span.start, function.value.span.start)
    edits = [Edit(head, place.source.snippet(head).replace("fn", "macro", 1))]
    value = function.value
    while isinstance(value, tree.Conditional):
        span = value.condition.span
        edits.append(Edit(span, f"({place.source.snippet(span)})"))
        value = value.otherwise
    yield Candidate(6, tuple(edits))
