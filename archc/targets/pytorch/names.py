"""The names of the modules of a scope, by the text of its definition (docs/language.md, Names)."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Iterator, Mapping

from archc.ir import definition as d
from archc.ir.expr import Const, Expr, apply, binary, const

Counts = Mapping[str, Expr]
_TURNS = 64
"""The maximum number of turns of a loop that are counted one by one."""


def is_positional(chain: d.Chain, incoming: int | None) -> bool:
    """Whether the children of a scope of one chain are named by position: it has no label, merge or named tensor."""
    return all(_is_plain(t, incoming, False) for t in chain)


def is_numbered(chain: d.Chain, incoming: int | None) -> bool:
    """Like `is_positional`, but labels may be numbers, as in the remainder of an edited sequence."""
    return all(_is_plain(t, incoming, True) for t in chain)


def _is_plain(term: d.Term, incoming: int | None, numbers: bool) -> bool:
    label = getattr(term, "label", None)
    if label is not None and not isinstance(term, d.BoundMerge):
        return numbers and isinstance(label, Const) and str(label.value).isdecimal()
    match term:
        case d.BoundTensor():
            return term.tensor == incoming and term.index is None
        case d.BoundMerge() | d.BoundVisit():
            return False
        case d.BoundLayer():
            return term.kind not in d.CALCULATIONS
        case d.BoundGroup():
            inner = incoming if term.incoming is None else term.incoming
            return all(_is_plain(t, inner, numbers) for t in term.chain)
        case d.BoundRepeat() | d.BoundFor():
            return all(_is_plain(t, incoming, numbers) for t in term.chain)
        case d.BoundGuard():
            sides = (term.then,) if term.otherwise is None else (term.then, term.otherwise)
            return all(_is_plain(t, incoming, numbers) for t in sides)
        case _:
            return True


def chooses(chain: d.Chain) -> bool:
    """Whether a chain reads one tensor of a list, whose index must be known in a loop around it."""
    return any(t.index is not None for term in chain for t in walk_terms(term) if isinstance(t, d.BoundTensor))


def merges(chain: d.Chain) -> bool:
    """Whether a chain has a merge in the module that it belongs to."""
    for term in chain:
        match term:
            case d.BoundMerge(label=None):
                return True
            case d.BoundGuard(then=then, otherwise=otherwise):
                inside: d.Chain = (then,) if otherwise is None else (then, otherwise)
            case d.BoundFor() | d.BoundGroup(label=None) | d.BoundRepeat(label=None):
                inside = term.chain
            case _:
                inside = ()
        if merges(inside):
            return True
    return False


def walk_terms(term: d.Term) -> Iterator[d.Term]:
    """A term, and all nested terms."""
    yield term
    match term:
        case d.BoundGroup() | d.BoundRepeat() | d.BoundFor():
            inside = term.chain
        case d.BoundMerge():
            inside = tuple(t for branch in term.branches for t in branch)
        case d.BoundGuard():
            inside = (term.then, term.otherwise) if term.otherwise is not None else (term.then,)
        case _:
            inside = ()
    for t in inside:
        yield from walk_terms(t)


def literal_labels(terms: d.Chain) -> Iterator[str]:
    """The known labels in the text of a chain that name children of the enclosing scope."""
    for term in terms:
        if isinstance(term, d.BoundGuard):
            yield from literal_labels((term.then, *((term.otherwise,) if term.otherwise else ())))
            continue
        label = getattr(term, "label", None)
        if label is not None:
            if isinstance(label, Const):
                yield str(label.value).partition(".")[0]
        elif isinstance(term, d.BoundGroup | d.BoundRepeat | d.BoundFor):
            yield from literal_labels(term.chain)
        elif isinstance(term, d.BoundMerge):
            for branch in term.branches:
                yield from literal_labels(branch)


def chains_of(statements: tuple[d.Statement, ...]) -> Iterator[d.Chain]:
    """All chains of statements, including those of both sides of an `if`."""
    for s in statements:
        match s:
            case d.BoundAssignment():
                yield s.chain
            case d.BoundReturn():
                yield from s.chains
            case d.BoundShared():
                yield (s.term,)
            case d.BoundIf():
                yield from chains_of(s.then)
                yield from chains_of(s.otherwise)


class Counter:
    """Counts the terms of each kind, without building them.

    `called` gives the word for the callee of a block or of a parameter's call; `taken` are the labels that numbering
    skips.
    """

    def __init__(
        self, called: Callable[[d.Term], str | None], value: Callable[[Expr], Expr], taken: frozenset[str]
    ) -> None:
        self.called = called
        self.value = value
        self.taken = taken

    def chain(self, chain: d.Chain, counts: Counts) -> Counts:
        """The counts after a chain."""
        for term in chain:
            counts = self.term(term, counts)
        return counts

    def one(self, counts: Counts, kind: str, *, labelled: bool) -> Counts:
        """The counts after one term of a kind."""
        key = kind.lower()
        count = binary("+", counts.get(key, const(0)), const(1))
        while not labelled and isinstance(count, Const) and f"{key}{count.value}" in self.taken:
            count = binary("+", count, const(1))
        return {**counts, key: count}

    def turns(self, chain: d.Chain, turns: Expr, counts: Counts) -> Counts:
        """The counts after a loop."""
        known = turns.value if isinstance(turns, Const) and isinstance(turns.value, int) else 0
        left = turns
        for turn in range(min(known, _TURNS)):
            if not self.is_ahead(counts):
                break
            counts = self.chain(chain, counts)
            left = const(known - turn - 1)
        if left == const(0):
            return counts
        more = Counter(self.called, self.value, frozenset()).chain(chain, {})  # labels have been passed by now
        return added(counts, {k: binary("*", left, n) for k, n in more.items()})

    def is_ahead(self, counts: Counts) -> bool:
        """Whether a label uses an ordinal that may come after these counts."""
        for label in self.taken:
            kind = label.rstrip("0123456789")
            count = counts.get(kind, const(0))
            passed = count.value if isinstance(count, Const) and isinstance(count.value, int) else -1
            if kind != label and int(label[len(kind) :]) > passed:
                return True
        return False

    def term(self, term: d.Term, counts: Counts) -> Counts:
        """The counts after a term."""
        match term:
            case d.BoundLayer(implicit=True) | d.BoundTensor() | d.BoundVisit() | d.BoundAbsent():
                return counts
            case d.BoundLayer() | d.BlockCall() | d.BoundParameterCall():
                name = self.called(term)
                return self.one(counts, name, labelled=term.label is not None) if name else counts
            case d.BoundGroup(label=None):
                return self.chain(term.chain, counts)
            case d.BoundGroup():
                return self.one(counts, term.called, labelled=True)
            case d.BoundRepeat(label=None):
                return self.turns(term.chain, self.value(term.count), counts)
            case d.BoundRepeat():
                return self.one(counts, "repeat", labelled=True)
            case d.BoundFor():
                return self.turns(term.chain, apply("len", (self.value(term.over),), (), {}), counts)
            case d.BoundMerge(label=None):
                for branch in term.branches:
                    counts = self.chain(branch, counts)
                return counts
            case d.BoundMerge():
                return self.one(counts, term.kind, labelled=True)
            case d.BoundGuard():
                other = self.term(term.otherwise, counts) if term.otherwise else counts
                return larger(self.term(term.then, counts), other)

    def statements(self, statements: tuple[d.Statement, ...], counts: Counts) -> Counts:
        """The counts after statements."""
        for s in statements:
            match s:
                case d.BoundAssignment():
                    counts = self.chain(s.chain, counts)
                case d.BoundReturn():
                    for chain in s.chains:
                        counts = self.chain(chain, counts)
                case d.BoundShared():
                    counts = self.term(s.term, counts)
                case d.BoundIf():
                    counts = larger(self.statements(s.then, counts), self.statements(s.otherwise, counts))
        return counts


def added(one: Counts, other: Counts) -> dict[str, Expr]:
    """The sum of two counts."""
    return {k: binary("+", one.get(k, const(0)), other.get(k, const(0))) for k in (*one, *other)}


def larger(one: Counts, other: Counts) -> dict[str, Expr]:
    """The maximum of two counts, for paths that exclude each other."""
    zero = const(0)
    return {k: apply("max", (one.get(k, zero), other.get(k, zero)), (), {}) for k in (*one, *other)}


def camel(name: str) -> str:
    """Convert `layer_norm` to the style of classes: `LayerNorm`."""
    words = [w for w in re.split(r"[\W_]+", name, flags=re.ASCII) if w]
    made = "".join(w[0].upper() + w[1:] for w in words)
    return made if made.isidentifier() else f"Net{made}"


def fresh(name: str, taken: set[str] | frozenset[str]) -> str:
    """An unused Python name: `name`, `name_` for a reserved one, or `name` with a number."""
    base = name if name.isidentifier() and not keyword.iskeyword(name) and not hasattr(builtins, name) else f"{name}_"
    candidate, number = base, 2
    while candidate in taken:
        candidate, number = f"{base}{number}", number + 1
    return candidate


def snake(name: str) -> str:
    """The name of a parameter in Python: `norm_layer` for `NormLayer`."""
    made = "".join(
        f"_{c.lower()}" if c.isupper() and i and not name[i - 1].isupper() else c.lower() for i, c in enumerate(name)
    )
    return made.replace("__", "_") if made.isidentifier() else name
