"""Repairs that change numbers and names in the arguments of terms, there or at the origin of the value."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archc.analysis.repair.candidate import Candidate, ProblemSite, Unknown
from archc.analysis.repair.parts import argument_at, beside, expression_at, lies_in, without_argument
from archc.analysis.repair.values import (
    Surroundings,
    named_arguments,
    only_variant,
    spellings,
    surroundings,
    use_at,
    value,
    with_number_changed,
)
from archc.diagnostics.core import Edit, Problem
from archc.diagnostics.problems.paddings import PoolPadding
from archc.diagnostics.problems.parameters import BadArgument
from archc.diagnostics.problems.shapes import (
    EmptyOutput,
    GroupsDoNotDivide,
    KernelTooLarge,
    SliceOutOfRange,
    SplitSizes,
    TooManyChannels,
    UnevenChunks,
)
from archc.diagnostics.source import Source, Span
from archc.ops import lookup
from archc.syntax import tree
from archc.syntax.walk import walk

Misfit = (
    GroupsDoNotDivide | KernelTooLarge | UnevenChunks | SliceOutOfRange | SplitSizes | PoolPadding | EmptyOutput
    | TooManyChannels
)  # fmt: skip
"""Problems caused by a single number that does not fit the input."""
MOST_CALLS = 6
"""The number of enclosing calls in which the origin of a value is sought."""
MOST_GUESSES = 12
"""The number of names, and of arguments of other terms, that are tried for an argument about which nothing is known."""


def fitting(problem: Misfit, place: ProblemSite) -> Iterator[Candidate]:
    """Replace a number that does not fit."""
    span = place.diagnostic.span
    for cost, number in enumerate(_numbers(problem)):
        yield from another_number(place, span, number, 10 + cost)
    match problem:
        case GroupsDoNotDivide():
            found = argument_at(place.file, span)
            if found is not None:
                use, index = found
                yield Candidate(14, (without_argument(use, (use.arguments or ())[index]),))
            below = problem.channels // problem.groups * problem.groups
            for channels in (below + problem.groups, below):
                if channels:
                    yield from _made_here(place, problem.channels, channels, 20)
        case SplitSizes() if isinstance(sizes := expression_at(place.file, span), tree.Sequence):
            for index, item in reversed(list(enumerate(sizes.items))):
                rest = problem.channels - sum(problem.sizes) + problem.sizes[index]
                if rest > 0:
                    yield from _instead_of(place, item, rest, 10 + len(sizes.items) - index)
        case _:
            pass


def _numbers(problem: Misfit) -> list[int]:
    """The numbers that would fit, likeliest first."""
    match problem:
        case GroupsDoNotDivide():
            divisors = [g for g in range(1, problem.channels + 1) if problem.channels % g == 0]
            return sorted(divisors, key=lambda g: (abs(g - problem.groups), g))[:3]
        case KernelTooLarge():
            return [min(problem.padded)]
        case UnevenChunks():
            parts = sorted(range(2, problem.channels + 1), key=lambda n: abs(n - problem.parts))
            return [n for n in parts[:16] if problem.channels % n == 0][:2]
        case SliceOutOfRange():
            return [problem.channels]
        case PoolPadding():
            return [min(problem.most)]
        case EmptyOutput():
            return [problem.start + 1, problem.input[0]]
        case TooManyChannels():
            return [problem.channels]
        case SplitSizes():
            return []


def another_number(place: ProblemSite, span: Span, number: int, cost: int) -> Iterator[Candidate]:
    """Change the value at `span` to a number: one number in it, the whole expression, or its origin."""
    expression = expression_at(place.file, span)
    if expression is not None:
        yield from _instead_of(place, expression, number, cost)


def arguments_worth(place: ProblemSite, use: tree.Use, have: int, want: int, cost: int) -> Iterator[Candidate]:
    """Change arguments of a term with the value `have` to `want`, there or in the call that passed them."""
    for argument in use.arguments or ():
        if value(argument.value, place.names) == have:
            yield from _instead_of(place, argument.value, want, cost)


def _instead_of(place: ProblemSite, expression: tree.Expression, want: int, cost: int) -> Iterator[Candidate]:
    for part, text in with_number_changed(expression, want, place.names):
        yield Candidate(cost + 1, (Edit(part, text),))
    for extra, text in enumerate(spellings(want, place.names)):
        yield Candidate(cost + extra, (Edit(expression.span, text),))
    if isinstance(expression, tree.Name) and place.around is not None:
        yield from _where_born(place.file, place.around, expression.name, want, cost + 3)


def _made_here(place: ProblemSite, have: int, want: int, cost: int) -> Iterator[Candidate]:
    """Change the channels at the place of the diagnostic from `have` to `want`."""
    for label in place.diagnostic.labels:
        use = use_at(place.file, label.span)
        if use is not None:
            yield from arguments_worth(place, use, have, want, cost)


def _where_born(file: tree.File, around: Surroundings, name: str, want: int, cost: int) -> Iterator[Candidate]:
    """Change the number behind a name: in its `let`, or in the call that passed it, or further out."""
    for _ in range(MOST_CALLS):
        for let in beside(file, around.definition.span, tree.Let):
            if let.name == name:
                for part, text in with_number_changed(let.value, want, around.names):
                    yield Candidate(cost, (Edit(part, text),))
                yield Candidate(cost + 1, (Edit(let.value.span, next(spellings(want, {}))),))
                return
        argument, outer = _passed(file, around, name)
        if argument is None:
            return
        outside = outer.names if outer is not None else {}
        for part, text in with_number_changed(argument.value, want, outside):
            yield Candidate(cost, (Edit(part, text),))
        for extra, text in enumerate(spellings(want, outside)):
            yield Candidate(cost + extra, (Edit(argument.value.span, text),))
        if outer is None or not isinstance(argument.value, tree.Name):
            return
        around, name, cost = outer, argument.value.name, cost + 2


def _passed(file: tree.File, around: Surroundings, name: str) -> tuple[tree.Argument | None, Surroundings | None]:
    """The argument for a parameter, and the definition that contains the call."""
    names = tuple(p.name for p in around.definition.parameters)
    if around.frame is None:
        variant = only_variant(file, around.definition) if isinstance(around.definition, tree.ModelDef) else None
        return (named_arguments(variant, names).get(name) if variant is not None else None), None
    use = use_at(file, around.frame.span)
    if use is None:
        return None, None
    return named_arguments(use, names).get(name), surroundings(file, around.frame.parent, around.frame.span)


# -- arguments about which nothing is known
# ------------------------------------------------------------------------------


def guessed(problem: Problem, place: ProblemSite) -> Iterator[Candidate]:
    """Replace an unusable argument: by a part of it, a name in scope, or what other terms have in its place."""
    span = _born_at(place)
    found = argument_at(place.file, span)
    expression = expression_at(place.file, span)
    if expression is None:
        return
    yield from _parts_of(place.source, expression)
    if isinstance(expression, tree.Literal_) and re.fullmatch(r"\d+(\.\d+)?", str(expression.value)):
        yield Candidate(9, (Edit(span, str(expression.value)),))  # a number in quotes
    if isinstance(problem, BadArgument) and (near := problem.replacement()) is not None:
        yield Candidate(11, (Edit(span, near),))
    if found is None:
        return
    use, index = found
    argument = (use.arguments or ())[index]
    whole = argument.value.span
    texts = dict.fromkeys((*_in_scope(place, span), *_of_others(place, use, index)))
    for extra, text in enumerate([t for t in texts if t != place.source.snippet(whole)][:MOST_GUESSES]):
        yield Candidate(16 + extra, (Edit(whole, text),))
    # what was meant is one of several, or another share
    is_word = isinstance(problem, BadArgument) and isinstance(problem.value, str) and '" or "' in problem.wanted
    is_chosen = is_word or (isinstance(problem, BadArgument) and problem.name == "p")
    if index >= _needed(use) and not is_chosen:
        yield Candidate(30, (without_argument(use, argument),))
    for number in (8, 16):
        yield Unknown(whole).candidate(number)


def _born_at(place: ProblemSite) -> Span:
    """Where the wrong value was written: the place of the problem, or the origin of the name there."""
    span = place.diagnostic.span
    name = expression_at(place.file, span)
    if isinstance(name, tree.Name):
        for label in place.diagnostic.labels:
            if label.span.file == span.file and expression_at(place.file, label.span) is not None:
                return label.span
    return span


def _parts_of(source: Source, expression: tree.Expression) -> Iterator[Candidate]:
    """Replace a division by an integer division, or drop one operation of an expression."""
    for node, _ in walk(expression):
        if isinstance(node, tree.Binary):
            if node.operator == "/":
                at = source.text.index("/", node.left.span.end)
                yield Candidate(10, (Edit(Span(source.name, at, at + 1), "//"),))
            yield Candidate(12, (Edit(node.span, source.snippet(node.left.span)),))
            yield Candidate(13, (Edit(node.span, source.snippet(node.right.span)),))


def _needed(use: tree.Use) -> int:
    """The number of arguments that a layer requires."""
    kind = lookup(use.name)
    return 0 if kind is None else sum(field.is_required() for field in kind.model_fields.values())


def _in_scope(place: ProblemSite, span: Span) -> Iterator[str]:
    """The names in scope at a place, those that nothing else uses first."""
    declaration = place.around.definition if place.around is not None else None
    if declaration is None:
        return
    used = {n.name for n, _ in walk(declaration) if isinstance(n, tree.Name | tree.Use)}
    loops = [f.target for f in beside(place.file, span, tree.For) if lies_in(span, f.span)]
    targets = [
        t.names for loop in loops for t, _ in walk(loop) if isinstance(t, tree.Target) and isinstance(t.names, str)
    ]
    lets = [s.name for s in beside(place.file, span, tree.Let) if s.span.end <= span.start]
    known = [p.name for p in declaration.parameters]
    names = dict.fromkeys((*targets, *reversed(lets), *known))
    yield from sorted(names, key=lambda n: (n in used, place.names.get(n, 2) <= 1))


def _of_others(place: ProblemSite, use: tree.Use, index: int) -> Iterator[str]:
    """The values of this argument in other terms of the same name, those of the same definition first."""
    name = (use.arguments or ())[index].name
    inside = place.around.definition.span if place.around is not None else None
    near, far = list[str](), list[str]()
    for declaration in place.file.declarations:
        for node, _ in walk(declaration):
            if isinstance(node, tree.Use) and node.name == use.name and node is not use:
                arguments = node.arguments or ()
                same = [a for i, a in enumerate(arguments) if a.name == name and (name is not None or i == index)]
                texts = [place.source.snippet(a.value.span) for a in same]
                (near if inside is not None and lies_in(node.span, inside) else far).extend(texts)
    yield from near
    yield from (text for text in far if text.isdecimal())
