"""Arithmetic at the start of a chain: with two tensors it becomes a merge, with a tensor and a number a layer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal, TypeAlias

from archc.diagnostics.core import ErrorSentinel
from archc.diagnostics.problems.parameters import WrongType
from archc.diagnostics.problems.structure import NotAnOperand, NoTensor, TensorCount
from archc.diagnostics.source import Span
from archc.elaborate.layers import PlacedTerm, Refs, WrittenTerm, build, place
from archc.elaborate.state import ExpansionContext, ExpansionState
from archc.elaborate.values import Binding, OpRef, Poisoned, SharedModule, Tensors, data_of, describe, is_number
from archc.ir.expr import binary, const, unary
from archc.ir.network import ArgumentValue, ItemChain, MergeItem
from archc.syntax import tree
from archc.syntax.operands import is_constant, operands
from archc.syntax.outline import outline

OF_TENSORS = {"+": "Add", "-": "Sub", "*": "Mul", "/": "Div"}
"""The op of each sign between two tensors."""

Sign: TypeAlias = Literal["+", "-", "*", "/"]
Operand: TypeAlias = "ItemChain | Binding"
"""An operand: the items that make a tensor, or a number."""


class Calculations(ABC):
    """Expands arithmetic; `chain` expands the chains among its operands."""

    state: ExpansionState

    @abstractmethod
    def chain(self, chain: tree.Chain, refs: Refs, site: ExpansionContext) -> tuple[ItemChain, Refs]:
        """Expand a chain that reads `refs`."""

    @abstractmethod
    def hole(self, what: tree.Term | tree.Statement, refs: Refs, site: ExpansionContext) -> PlacedTerm:
        """The hole for a term that could not be expanded."""

    @abstractmethod
    def mark(self, start: int) -> None:
        """Mark the last of the nodes from number `start` on as wrong."""

    def calculated(self, terms: tuple[tree.Term, ...], refs: Refs, site: ExpansionContext) -> ItemChain:
        """Expand the arithmetic at the start of a chain, and mark the node at which an error is reported."""
        errors, nodes = self.state.reporter.errors, len(self.state.draft.nodes)
        site.scope.pure = False
        self.state.spend(terms[0].span, site, len(terms))
        made = Calculator(self, refs, site).tensor(terms)
        if made is None:
            made = self.hole(terms[0], refs, site).alone(refs)
        if self.state.reporter.errors > errors:
            self.mark(nodes)
        return made


def leading(state: ExpansionState, chain: tree.Chain, site: ExpansionContext) -> int:
    """The number of terms at the start of a chain that are operands of its arithmetic."""

    def is_certain(use: tree.Use) -> bool:
        return isinstance(site.env.find(use.name), Tensors) or state.library.is_number(use)

    return operands(chain, is_certain, lambda use: _number(state, use, site) is not None)


class Calculator:
    """Expands the arithmetic of chains that read `refs`."""

    def __init__(self, chains: Calculations, refs: Refs, site: ExpansionContext) -> None:
        self.chains = chains
        self.state = chains.state
        self.refs = refs
        self.site = site

    def tensor(self, terms: tuple[tree.Term, ...]) -> ItemChain | None:
        """The difference of operands, which must be a tensor; None if it has no value because of a reported error."""
        found = self.difference(terms)
        if isinstance(found, Binding):
            if not all(map(is_constant, terms)):  # otherwise checked by resolve
                text = " - ".join(map(outline, terms))
                self.state.report(NoTensor(text=text), terms[0].span, self.site)
            return None
        return found

    def difference(self, terms: tuple[tree.Term, ...]) -> Operand | None:
        """The operands of a chain, each subtracted from the result before it."""
        left = self.term(terms[0])
        for term in terms[1:]:
            right = self.term(term)
            if left is None or right is None:
                return None
            left = self.combined("-", left, right, terms[0].span.to(term.span), term.span)
        return left

    def term(self, term: tree.Term, sign: str = "-") -> Operand | None:
        """Expand one operand."""
        match term:
            case tree.Use(label=None, arguments=None) if self.is_wrong(term, sign):
                return self.chains.hole(term, self.refs, self.site).alone(self.refs)
            case tree.Constant():
                return Binding(term.value.value, const(term.value.value), term.span)
            case tree.Calculation(operands=(operand,)):
                return self.opposite(term, self.chain(operand))
            case tree.Calculation():
                left, right = (self.chain(operand, term.operator) for operand in term.operands)
                if left is None or right is None:
                    return None
                return self.combined(term.operator, left, right, term.span, term.operator_span)
            case tree.Use(label=None, arguments=None) if (number := _number(self.state, term, self.site)) is not None:
                return Binding(number.value, number.expr, term.span, number.written, number.env)
            case _:
                return self.of_chain(tree.Chain(term.span, (term,)))

    def chain(self, chain: tree.Chain, sign: str = "-") -> Operand | None:
        """Expand an operand that is a chain or a number."""
        if len(chain.terms) == 1:
            return self.term(chain.terms[0], sign)
        if leading(self.state, chain, self.site) == len(chain.terms):
            return self.difference(chain.terms)
        return self.of_chain(chain)

    def of_chain(self, chain: tree.Chain) -> ItemChain:
        """Expand an operand that is a chain. Like the branches of a merge, it reads the input."""
        made, out = self.chains.chain(chain, self.refs, self.site.inside())
        if self.state.spread(out, 1) is None:
            problem = TensorCount(name="an operand", wanted="1 tensor", given=len(out))
            self.state.report(problem, chain.span, self.site)
        return made

    def is_wrong(self, use: tree.Use, sign: str) -> bool:
        """Whether a name next to an operator is neither a tensor nor a number, which is reported."""
        entry = self.state.meaning(use, self.site.env)
        if entry is None or isinstance(entry, Tensors | Poisoned) or use.name == "in":
            return False
        value = entry.value if isinstance(entry, Binding) else entry
        if isinstance(value, SharedModule):
            found = "a shared module"
        elif is_number(value):
            return False
        else:
            found = "a layer" if isinstance(value, OpRef) else describe(value)
        self.state.report(NotAnOperand(name=use.name, found=found, sign=sign), use.name_span, self.site)
        return True

    def opposite(self, term: tree.Calculation, operand: Operand | None) -> Operand | None:
        """`-x`."""
        if isinstance(operand, Binding):
            value = self.numeric(operand)
            return None if value is None else Binding(-value, unary("-", operand.expr), term.span)
        return operand and self.layer("Neg", {}, operand, WrittenTerm(term.span, term.operator_span))

    def combined(self, sign: Sign, left: Operand, right: Operand, span: Span, sign_span: Span) -> Operand | None:
        """`left sign right`."""
        written = WrittenTerm(span, sign_span)
        match left, right:
            case Binding(), Binding():
                return self.numbers(sign, left, right, span)
            case ItemChain(), ItemChain():
                return self.merged(OF_TENSORS[sign], left, right, written)
            case ItemChain(), Binding():
                return self.with_number(sign, right, left, written, first=False)
            case Binding(), ItemChain():
                return self.with_number(sign, left, right, written, first=True)
        raise AssertionError("an operand is a tensor or a number")

    def numbers(self, sign: Sign, left: Binding, right: Binding, span: Span) -> Binding | None:
        """An operator between two numbers."""
        one, other = self.numeric(left), self.numeric(right)
        if one is None or other is None:
            return None
        sides = tree.Literal_(left.span, one), tree.Literal_(right.span, other)
        value = self.state.value(tree.Binary(span, sign, *sides), self.site)
        return None if isinstance(value, ErrorSentinel) else Binding(value, binary(sign, left.expr, right.expr), span)

    def numeric(self, operand: Binding) -> int | float | None:
        """The number of an operand; None for a list, which is reported."""
        value = operand.value
        if isinstance(value, int | float):
            return value
        problem = WrongType(what="arithmetic of numbers", found=describe(value), wanted="numbers")
        self.state.report(problem, operand.span, self.site)
        return None

    def merged(self, kind: str, left: ItemChain, right: ItemChain, written: WrittenTerm) -> ItemChain:
        """An operator between two tensors."""
        op = build(self.state, self.site, self.state.kinds[kind], {}, written)
        assert not isinstance(op, ErrorSentinel), "merges take no arguments"
        inputs = (*left.result, *right.result)
        placed = place(self.state, self.site, op, inputs, written, known=len(inputs) == 2)
        around = self.site.env.find("in")
        called = around.called if isinstance(around, Tensors) else "in_"
        item = MergeItem.model_construct(
            is_a="merge", node=placed.refs[0].node, incoming=called, branches=(left, right)
        )
        return PlacedTerm((item,), placed.refs).alone(self.refs)

    def with_number(
        self, sign: str, number: Binding, tensor: ItemChain, written: WrittenTerm, *, first: bool
    ) -> ItemChain | None:
        """An operator between a tensor and a number."""
        bound: dict[str, tuple[Binding, bool]] = {
            "sign": (Binding(sign, const(sign), written.name_span), True),
            "number": (number, True),
            "first": (Binding(first, const(first), written.name_span), first),
        }
        return self.layer("Arithmetic", bound, tensor, written)

    def layer(
        self, kind: str, bound: dict[str, tuple[Binding, bool]], tensor: ItemChain, written: WrittenTerm
    ) -> ItemChain | None:
        """A layer after the items that make a tensor."""
        op = build(self.state, self.site, self.state.kinds[kind], bound, written)
        if isinstance(op, ErrorSentinel):
            return None
        arguments = tuple(
            ArgumentValue.model_construct(name=n, expr=b.expr, value=data_of(b.value), span=b.span, given=g)
            for n, (b, g) in bound.items()
        )
        known = len(tensor.result) == 1
        placed = place(self.state, self.site, op, tensor.result, written, arguments=arguments, bound=bound, known=known)
        return tensor.model_copy({"items": (*tensor.items, *placed.items), "result": placed.refs})


def _number(state: ExpansionState, use: tree.Use, site: ExpansionContext) -> Binding | None:
    """The number or list that a name refers to."""
    if use.arguments is not None or use.index is not None or isinstance(site.env.find(use.name), Tensors):
        return None
    entry = state.library.meaning(use, use.name, site.env)
    return entry if isinstance(entry, Binding) and is_number(entry.value) else None
