"""Expressions as trees over the vocabulary of the enclosing definition (see `archc/ir/expr/`)."""

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
    python,
)
from archc.support.record import Record
from archc.syntax import tree
from archc.syntax.arguments import counted


class Vocabulary(Protocol):
    """The meanings of names in an expression."""

    def name(self, e: tree.Name) -> Expr:
        """The meaning of a bare name."""

    def size(self, e: tree.Attribute) -> Expr:
        """`in.channels`."""

    def function(self, e: tree.CallExpression) -> tuple[str, Type]:
        """The name of a function, and the type of its result."""

    def length(self, named: tree.Name) -> Expr | None:
        """The number of tensors of a list; None for any other name."""


def expression_of(e: tree.Expression, words: Vocabulary) -> Expr:
    """Translate an expression to a tree, with its names resolved."""
    match e:  # most frequent first
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
            if (named := counted(e)) is not None and (length := words.length(named)) is not None:
                return length
            function, type = words.function(e)
            arguments = tuple(expression_of(a.value, words) for a in e.arguments)
            names = tuple(a.name or "" for a in e.arguments)
            return Apply(function=function, arguments=arguments, names=names if any(names) else (), type=type)


def in_vocabulary(e: tree.Expression, env: Env) -> Expr:
    """Translate an expression whose names are those of `env`."""
    return const(e.value) if type(e) is tree.Literal_ else expression_of(e, _InEnv(env))


class _InEnv(Record):
    """The names of a definition during expansion. Parameters of macros are the expressions that were passed."""

    env: Env

    def name(self, e: tree.Name) -> Expr:
        """A value's expression; a block, function or op is its own name."""
        entry = self.env.find(e.name)
        return entry.expr if isinstance(entry, Binding) else const(Callee(name=e.name))

    def size(self, e: tree.Attribute) -> Expr:
        """A size of a named tensor: `in_.channels`, as a dotted name."""
        place = f"[{python(expression_of(e.of.index, self))}]" if isinstance(e.of, tree.Index) else ""
        of = e.of.of if isinstance(e.of, tree.Index) else e.of
        entry = self.env.find(of.name) if isinstance(of, tree.Name) else None
        if not isinstance(entry, Tensors):
            return NONE  # without a value, it can only occur in a side that is not taken
        return Var(name=f"{entry.called}{place}.{e.name}", type="int")

    def function(self, e: tree.CallExpression) -> tuple[str, Type]:
        """The function's own name."""
        return e.function, "any"

    def length(self, named: tree.Name) -> Expr | None:
        """The number of tensors that a list has here."""
        entry = self.env.find(named.name)
        return const(len(entry.refs)) if isinstance(entry, Tensors) and entry.is_list else None
