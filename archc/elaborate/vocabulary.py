"""Expressions as trees over the vocabulary of the definition that they stand in (see `network.network`)."""

from __future__ import annotations

from typing import Protocol

from archc.elaborate.values import Binding, Env, Tensors
from archc.ir.data import Callee
from archc.ir.expr import (
    NONE,
    Apply,
    BinaryExpr,
    ConditionalExpr,
    Expr,
    IndexExpr,
    Text,
    Type,
    UnaryExpr,
    Var,
    const,
    lift,
)
from archc.support.record import Record
from archc.syntax import tree


class Vocabulary(Protocol):
    """What the names in an expression stand for."""

    def name(self, e: tree.Name) -> Expr:
        """A name by itself."""

    def size(self, e: tree.Attribute) -> Expr:
        """`in.channels`."""

    def function(self, e: tree.CallExpression) -> tuple[str, Type]:
        """What a function is called, and the type of its result."""


def expression_of(e: tree.Expression, words: Vocabulary) -> Expr:
    """An expression as written, with its names replaced by what they stand for."""
    match e:  # the most frequent first
        case tree.Literal_():
            return const(e.value)
        case tree.Name():
            return words.name(e)
        case tree.Binary():
            left, right = expression_of(e.left, words), expression_of(e.right, words)
            return BinaryExpr(operator=e.operator, left=left, right=right)
        case tree.Shape():
            return const(e.dims)
        case tree.Attribute():
            return words.size(e)
        case tree.Template():
            return Text(parts=tuple(const(p) if isinstance(p, str) else expression_of(p, words) for p in e.parts))
        case tree.Sequence():
            return lift(tuple(expression_of(i, words) for i in e.items))
        case tree.Unary():
            operand = expression_of(e.operand, words)
            return operand if e.operator == "+" else UnaryExpr(operator=e.operator, operand=operand)
        case tree.Conditional():
            then, condition = expression_of(e.then, words), expression_of(e.condition, words)
            return ConditionalExpr(then=then, condition=condition, otherwise=expression_of(e.otherwise, words))
        case tree.Index():
            return IndexExpr(of=expression_of(e.of, words), index=expression_of(e.index, words))
        case tree.CallExpression():
            function, type = words.function(e)
            arguments = tuple(expression_of(a.value, words) for a in e.arguments)
            names = tuple(a.name or "" for a in e.arguments)
            return Apply(function=function, arguments=arguments, names=names if any(names) else (), type=type)


def in_vocabulary(e: tree.Expression, env: Env) -> Expr:
    """An expression whose names are those of `env`."""
    return const(e.value) if type(e) is tree.Literal_ else expression_of(e, _InEnv(env))


class _InEnv(Record):
    """The names of a definition while it is expanded; those of a macro's parameters are what was passed."""

    env: Env

    def name(self, e: tree.Name) -> Expr:
        """A value's expression; else a block, a function or a layer kind under its own name."""
        entry = self.env.find(e.name)
        return entry.expr if isinstance(entry, Binding) else const(Callee(name=e.name))

    def size(self, e: tree.Attribute) -> Expr:
        """A size of a named tensor: `in_.channels`, a name with a point."""
        entry = self.env.find(e.of.name) if isinstance(e.of, tree.Name) else None
        if not isinstance(entry, Tensors):
            return NONE  # it has no value where it stands: only a side that is not taken can say so
        return Var(name=f"{entry.called}.{e.name}", type="int")

    def function(self, e: tree.CallExpression) -> tuple[str, Type]:
        """A function under its own name."""
        return e.function, "any"
