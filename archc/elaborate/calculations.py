"""Arithmetic in bound definitions: the same merges and layers as in the network (`archc/elaborate/arithmetic.py`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from archc.elaborate.arithmetic import OF_TENSORS
from archc.elaborate.bindings import BindingScope
from archc.elaborate.positions import Unbound
from archc.elaborate.values import Binding, Entry, Env, OpRef, data_of, is_number
from archc.ir import definition as bound
from archc.ir.data import Callee
from archc.ir.expr import Const, Expr, binary, const, unary
from archc.syntax import tree
from archc.syntax.operands import operands

Operand: TypeAlias = "bound.Chain | Expr"
"""An operand: the terms that make a tensor, or a number."""


class ChainBinder(Protocol):
    """The binder of the chains among the operands."""

    @property
    def meaning(self) -> Callable[[tree.Tree, str, Env], Entry | OpRef | None]:
        """The meaning of a name at a place."""

    @property
    def is_number(self) -> Callable[[tree.Use], bool]:
        """Whether a bare name has been expanded to a number."""

    def tensor(self, name: str = "") -> int:
        """The number of a new tensor."""

    def chain(self, chain: tree.Chain, names: BindingScope) -> bound.Chain:
        """Bind the terms of a chain."""

    def term(self, term: tree.Term, names: BindingScope, *, first: bool = False) -> bound.Term:
        """Bind one term."""


def leading(binder: ChainBinder, chain: tree.Chain, names: BindingScope) -> int:
    """The number of terms at the start of a chain that are operands of its arithmetic."""

    def is_certain(use: tree.Use) -> bool:
        if use.name in names.tensors or (use.name == "in" and names.incoming is not None):
            return True
        return binder.is_number(use)

    return operands(chain, is_certain, lambda use: _number(binder, use, names) is not None)


def calculated(binder: ChainBinder, terms: tuple[tree.Term, ...], names: BindingScope) -> bound.Chain:
    """Bind the operands at the start of a chain, each subtracted from the result before it. Raises `Unbound`."""
    found = _difference(binder, terms, names)
    if not isinstance(found, tuple):
        raise Unbound("arithmetic without a tensor")
    return found


def _difference(binder: ChainBinder, terms: tuple[tree.Term, ...], names: BindingScope) -> Operand:
    left = _term(binder, terms[0], names)
    for term in terms[1:]:
        left = _combined(binder, "-", left, _term(binder, term, names))
    return left


def _term(binder: ChainBinder, term: tree.Term, names: BindingScope) -> Operand:
    match term:
        case tree.Constant():
            return const(term.value.value)
        case tree.Calculation(operands=(operand,)):
            found = _chain(binder, operand, names)
            if isinstance(found, tuple):
                return (*found, bound.BoundLayer(kind="Neg", arguments=()))
            return unary("-", found)
        case tree.Calculation():
            left, right = (_chain(binder, operand, names) for operand in term.operands)
            return _combined(binder, term.operator, left, right)
        case tree.Use(label=None, arguments=None) if (number := _number(binder, term, names)) is not None:
            return number
        case _:
            return (binder.term(term, names, first=True),)


def _chain(binder: ChainBinder, chain: tree.Chain, names: BindingScope) -> Operand:
    if len(chain.terms) == 1:
        return _term(binder, chain.terms[0], names)
    if leading(binder, chain, names) == len(chain.terms):
        return _difference(binder, chain.terms, names)
    return binder.chain(chain, names)


def _combined(binder: ChainBinder, sign: str, left: Operand, right: Operand) -> Operand:
    if isinstance(left, tuple):
        if isinstance(right, tuple):
            return (bound.BoundMerge(kind=OF_TENSORS[sign], branches=(left, right), incoming=binder.tensor()),)
        return (*left, _with_number(sign, right, first=False))
    if isinstance(right, tuple):
        return (*right, _with_number(sign, left, first=True))
    return binary(sign, left, right)


def _with_number(sign: str, number: Expr, *, first: bool) -> bound.BoundLayer:
    arguments = [("sign", const(sign)), ("number", number), *([("first", const(True))] if first else [])]
    given = tuple(bound.BoundArgument(name=name, value=value) for name, value in arguments)
    return bound.BoundLayer(kind="Arithmetic", arguments=given)


def _number(binder: ChainBinder, use: tree.Use, names: BindingScope) -> Expr | None:
    """The expression of a bare name that may be a number; None for any other."""
    if use.name in names.tensors or use.name == "in":
        return None
    if use.name in names.values:
        value = names.values[use.name]
        return None if isinstance(value, Const) and isinstance(value.value, Callee) else value
    entry = binder.meaning(use, use.name, names.home)
    return const(data_of(entry.value)) if isinstance(entry, Binding) and is_number(entry.value) else None
