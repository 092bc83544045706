"""What the modules of a scope are called, by the text of its definition (docs/language.md, Names)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from archc.network import definition as d
from archc.network.expr import Const, Expr, apply, binary, const

Counts = Mapping[str, Expr]


def is_positional(chain: d.Chain, incoming: int | None) -> bool:
    """Whether the children of a scope of one chain are named by position: it has no label, merge or tensor's name."""
    return all(_is_plain(t, incoming) for t in chain)


def _is_plain(term: d.Term, incoming: int | None) -> bool:
    match term:
        case d.Op() | d.BlockCall() | d.Passed():
            return _is_position(term.label)
        case d.Bracket() if term.label is not None:
            return _is_position(term.label)
        case d.Tensor():
            return term.tensor == incoming
        case d.Merge():
            return False
        case d.Bracket():
            inner = incoming if term.incoming is None else term.incoming
            return term.label is None and is_positional(term.chain, inner)
        case d.Repeat():
            return term.label is None and is_positional(term.chain, incoming)
        case d.For():
            return is_positional(term.chain, incoming)
        case d.Guard():
            return _is_plain(term.then, incoming) and (term.otherwise is None or _is_plain(term.otherwise, incoming))


def _is_position(label: Expr | None) -> bool:
    """Whether a term has no label, or what stands for none: its position, as in what edits leave of a sequence."""
    return label is None or (isinstance(label, Const) and str(label.value).isdecimal())


def literal_labels(terms: d.Chain) -> Iterator[str]:
    """The labels in the text of a chain that name children of the scope around it and are known."""
    for term in terms:
        if isinstance(term, d.Guard):
            yield from literal_labels((term.then, *((term.otherwise,) if term.otherwise else ())))
            continue
        label = getattr(term, "label", None)
        if label is not None:
            if isinstance(label, Const):
                yield str(label.value)
        elif isinstance(term, d.Bracket | d.Repeat | d.For):
            yield from literal_labels(term.chain)
        elif isinstance(term, d.Merge):
            for branch in term.branches:
                yield from literal_labels(branch)


def chains_of(statements: tuple[d.Statement, ...]) -> Iterator[d.Chain]:
    """All chains of statements, those of both sides of an `if` too."""
    for s in statements:
        match s:
            case d.Bind():
                yield s.chain
            case d.Return():
                yield from s.chains
            case d.If():
                yield from chains_of(s.then)
                yield from chains_of(s.otherwise)


class Counter:
    """How many terms of each kind a text has; `called` names the callee of a block or of a parameter's call."""

    def __init__(self, called: Callable[[d.Term], str | None], value: Callable[[Expr], Expr]) -> None:
        self.called = called
        self.value = value

    def chain(self, chain: d.Chain) -> dict[str, Expr]:
        """The counts of a chain."""
        total: dict[str, Expr] = {}
        for term in chain:
            total = added(total, self.term(term))
        return total

    def term(self, term: d.Term) -> dict[str, Expr]:
        """The counts of a term."""
        match term:
            case d.Op(implicit=True):
                return {}
            case d.Op() | d.BlockCall() | d.Passed():
                name = self.called(term)
                return {name.lower(): const(1)} if name else {}
            case d.Tensor():
                return {}
            case d.Bracket(label=None):
                return self.chain(term.chain)
            case d.Bracket():
                return {term.called.lower(): const(1)}
            case d.Repeat(label=None):
                turns = self.value(term.count)
                return {k: binary("*", turns, n) for k, n in self.chain(term.chain).items()}
            case d.Repeat():
                return {"repeat": const(1)}
            case d.For():
                turns = apply("len", (self.value(term.over),), (), {})
                return {k: binary("*", turns, n) for k, n in self.chain(term.chain).items()}
            case d.Merge(label=None):
                total: dict[str, Expr] = {}
                for branch in term.branches:
                    total = added(total, self.chain(branch))
                return total
            case d.Merge():
                return {term.kind.lower(): const(1)}
            case d.Guard():
                return larger(self.term(term.then), self.term(term.otherwise) if term.otherwise else {})

    def statements(self, statements: tuple[d.Statement, ...]) -> dict[str, Expr]:
        """The counts of statements."""
        total: dict[str, Expr] = {}
        for s in statements:
            match s:
                case d.Bind():
                    total = added(total, self.chain(s.chain))
                case d.Return():
                    for chain in s.chains:
                        total = added(total, self.chain(chain))
                case d.If():
                    total = added(total, larger(self.statements(s.then), self.statements(s.otherwise)))
        return total


def added(one: Counts, other: Counts) -> dict[str, Expr]:
    """Counts one after the other."""
    return {k: binary("+", one.get(k, const(0)), other.get(k, const(0))) for k in (*one, *other)}


def larger(one: Counts, other: Counts) -> dict[str, Expr]:
    """Counts of ways that exclude each other."""
    zero = const(0)
    return {k: apply("max", (one.get(k, zero), other.get(k, zero)), (), {}) for k in (*one, *other)}
