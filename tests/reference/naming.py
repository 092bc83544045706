"""Facts about names that follow from the text of a scope: whether it is positional, its labels, its ordinals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.reference.arithmetic import operands
from tests.reference.layers import SIGNATURES, WEIGHTED
from tests.reference.tree import (
    Absent,
    Arguments,
    Arithmetic,
    Bind,
    Chain,
    Default,
    For,
    Group,
    Guard,
    If,
    Ignored,
    Incoming,
    Input,
    Invalid,
    Let,
    Merge,
    Number,
    Repeat,
    Result,
    Return,
    Shared,
    Statement,
    Term,
    Use,
)
from tests.reference.values import Defined, Layer, Listed, Names, Tensor, Unknown, bound, value

Text = Chain | tuple[Statement, ...]
Counts = dict[str, int]


def resolved(name: str, names: Names) -> Any:
    """The meaning of a word in a chain; None for an unknown name."""
    try:
        return names.find(name)
    except Invalid:
        return None


def is_macro(found: Any) -> bool:
    return isinstance(found, Defined) and found.definition.kind == "macro"


def counted(found: Any) -> str | None:
    """The kind by which a layer with weights, or a block, is numbered."""
    if isinstance(found, Layer) and found.kind in WEIGHTED:
        return found.kind.lower()
    if isinstance(found, Defined) and found.definition.kind == "block":
        return found.definition.name.lower()
    return None


def spliced(macro: Defined, arguments: Arguments, names: Names) -> tuple[Chain, Names]:
    """The chain of a macro and the names in it, as far as the text determines them."""
    given = bound(macro.definition.parameters, arguments, names, macro.names, lazily=True)
    chain = macro.definition.body
    if not isinstance(chain, Chain):
        raise Invalid("no macro")
    return chain, macro.names.inner({**given, "in": Unknown()})


def positional(text: Text, names: Names) -> bool:
    """Whether a scope is a pure chain without labels, so that its children are named by position."""
    if isinstance(text, Chain):
        return not operands(text, names) and all(_plain(term, names) for term in text.terms)
    said = [s for s in text if not isinstance(s, Default | Input | Ignored)]
    if len(said) != 1:
        return False
    (only,) = said
    if isinstance(only, Return):
        return len(only.chains) == 1 and not only.training and positional(only.chains[0], names)
    return isinstance(only, Result) and positional(only.chain, names)


def _plain(term: Term, names: Names) -> bool:
    match term:
        case Use():
            found = resolved(term.name, names)
            if term.label is not None or isinstance(found, Tensor | Listed):
                return False
            return positional(*spliced(found, term.arguments or (), names)) if is_macro(found) else True
        case Group() | Repeat():
            return term.label is None and positional(term.chain, names)
        case For():
            return positional(term.chain, names)
        case Guard():
            return all(_plain(t, names) for t in (term.term, term.otherwise) if t is not None)
        case Merge() | Number() | Arithmetic():
            return False
        case Incoming() | Absent():
            return True


def labels(text: Text, names: Names) -> Iterator[str]:
    """The literal labels of a scope, whether built or not, without those of inner scopes."""
    if isinstance(text, Chain):
        for term in text.terms:
            yield from _labels(term, names)
        return
    for statement in text:
        for inner in _texts(statement):
            yield from labels(inner, names)


def _texts(statement: Statement) -> tuple[Text, ...]:
    match statement:
        case Bind() | Result():
            return (statement.chain,)
        case Return():
            return statement.chains
        case If():
            return statement.then, statement.otherwise
        case Shared():
            return (Chain((statement.term,)),)
        case _:
            return ()


def _labels(term: Term, names: Names) -> Iterator[str]:
    label = getattr(term, "label", None)
    if label is not None:
        if "{" not in label:
            yield label.partition(".")[0]
        return
    match term:
        case Use():
            found = resolved(term.name, names)
            if is_macro(found):
                yield from labels(*spliced(found, term.arguments or (), names))
        case Group() | Repeat() | For():
            yield from labels(term.chain, names)
        case Guard():
            for side in (term.term, term.otherwise):
                if side is not None:
                    yield from _labels(side, names)
        case Merge():
            for branch in term.branches:
                if branch is not None:
                    yield from labels(branch, names)
        case Arithmetic():
            for operand in term.operands:
                yield from labels(operand, names)
        case _:
            pass


def count(text: Text, names: Names, counts: Counts, taken: set[str]) -> None:
    """Count the names that a text would give, without building it."""
    if isinstance(text, Chain):
        for term in text.terms:
            _count(term, names, counts, taken)
        return
    for statement in text:
        if isinstance(statement, Let):
            names = names.inner({statement.name: _perhaps(statement, names)})
        elif isinstance(statement, If):
            _larger(counts, [(statement.then, names), (statement.otherwise, names)], taken)
        else:
            for inner in _texts(statement):
                count(inner, names, counts, taken)


def _perhaps(let: Let, names: Names) -> Any:
    try:
        return value(let.value, names)
    except Invalid:
        return Unknown()


def _larger(counts: Counts, sides: list[tuple[Text, Names]], taken: set[str]) -> None:
    before = dict(counts)
    for text, names in sides:
        side = dict(before)
        count(text, names, side, taken)
        larger(counts, side)


def larger(counts: Counts, other: Counts) -> None:
    """The counts after two exclusive alternatives: the larger one for each kind."""
    for kind, number in other.items():
        counts[kind] = max(counts.get(kind, 0), number)


def ordinal(kind: str, label: str | None, counts: Counts, taken: set[str]) -> str:
    """The next name of a kind. Modules with labels count, too."""
    counts[kind] = counts.get(kind, 0) + 1
    if label is not None:
        return label
    while f"{kind}{counts[kind]}" in taken:
        counts[kind] += 1
    return f"{kind}{counts[kind]}"


def _count(term: Term, names: Names, counts: Counts, taken: set[str]) -> None:
    match term:
        case Use():
            found = resolved(term.name, names)
            if is_macro(found):
                if term.label is None:
                    count(*spliced(found, term.arguments or (), names), counts, taken)
            elif (kind := counted(found)) is not None:
                ordinal(kind, term.label, counts, taken)
        case Repeat() | For() if getattr(term, "label", None) is None:
            for inner in turns(term, names):
                count(term.chain, inner, counts, taken)
        case Group() if term.label is None:
            count(term.chain, names, counts, taken)
        case Guard():
            sides = [Chain((t,)) for t in (term.term, term.otherwise) if t is not None]
            _larger(counts, [(side, names) for side in sides], taken)
        case Merge() if term.label is None:
            for branch in term.branches:
                if branch is not None:
                    count(branch, names.inner({"in": Unknown()}), counts, taken)
        case Arithmetic():
            for operand in term.operands:
                count(operand, names, counts, taken)
        case _:
            pass


def turns(loop: Repeat | For, names: Names) -> Iterator[Names]:
    """The names in each turn of a loop."""
    if isinstance(loop, Repeat):
        number = value(loop.count, names)
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise Invalid(f"{number} times")
        for turn in range(number):
            yield names.inner({names.free(loop.variable): turn} if loop.variable else {})
        return
    rows = value(loop.over, names)
    if not isinstance(rows, list | tuple):
        raise Invalid("a list expected")
    for row in rows:
        given = dict(_unpacked(loop.targets, row if len(loop.targets) > 1 else (row,)))
        yield names.inner({names.free(name): item for name, item in given.items()})


def _unpacked(targets: tuple[object, ...], row: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(row, list | tuple) or len(row) != len(targets):
        raise Invalid(f"{row} for {len(targets)} names")
    for target, item in zip(targets, row, strict=True):
        if isinstance(target, tuple):
            yield from _unpacked(target, item)
        else:
            yield str(target), item


def computed(label: str, names: Names) -> str:
    """A label with the values of its braces."""
    from tests.reference.reading import Parser
    from tests.reference.scanning import tokens

    def said(found: re.Match[str]) -> str:
        return str(value(Parser(tokens(found[1])).expression(), names))

    return re.sub(r"\{([^{}]*)\}", said, label)


def set_defaults(statement: Default, names: Names) -> None:
    """Apply a `default` to the rest of its file or body."""
    for call in statement.calls:
        found = resolved(call.name, names)
        if not isinstance(found, Layer):
            raise Invalid(f"{call.name} is no layer")
        free = list(SIGNATURES[found.kind])
        for argument in call.arguments or ():
            name = free[0] if argument.name is None else argument.name
            free.remove(name)
            names.defaults.setdefault(found.kind, {})[name] = value(argument.value, names)
