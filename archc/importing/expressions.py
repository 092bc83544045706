"""Converting expressions to the syntax tree of the language."""

from __future__ import annotations

from archc.diagnostics.source import Span
from archc.importing.steps import ListValue
from archc.importing.terms import ApplyExpr, Cond, Expr, ExprList, KindName, Lit, NameExpr, Op2, Pieces
from archc.syntax import tree

NOWHERE = Span("", 0, 0)
"""The place of generated syntax."""


def expr_tree(e: Expr) -> tree.Expression:
    """The syntax tree of an expression."""
    match e:
        case Lit():
            return literal(e.value)
        case NameExpr():
            of, dot, name = e.name.rpartition(".")
            return tree.Attribute(NOWHERE, tree.Name(NOWHERE, of), name, NOWHERE) if dot else tree.Name(NOWHERE, name)
        case Op2():
            return tree.Binary(NOWHERE, e.sign, expr_tree(e.left), expr_tree(e.right))  # type: ignore[arg-type]
        case Cond():
            return tree.Conditional(NOWHERE, *(expr_tree(x) for x in (e.then, e.condition, e.otherwise)))
        case ApplyExpr():
            given = tuple(tree.Argument(NOWHERE, None, expr_tree(a)) for a in e.arguments)
            return tree.CallExpression(NOWHERE, e.function, NOWHERE, given)
        case ExprList():
            return tree.Sequence(NOWHERE, "list", tuple(map(expr_tree, e.items)))
        case Pieces():
            return tree.Template(NOWHERE, tuple(p if isinstance(p, str) else expr_tree(p) for p in e.parts))
    raise AssertionError(e)


def literal(value: object) -> tree.Expression:
    """The syntax tree of a plain value; sizes are shapes, `half` is a name."""
    if (
        isinstance(value, tuple)
        and not isinstance(value, ListValue)
        and len(value) > 1
        and all(type(v) is int for v in value)
        and len(value) <= 3
    ):
        return tree.Shape(NOWHERE, value)
    if isinstance(value, tuple | list):
        form = "list"
        return tree.Sequence(NOWHERE, form, tuple(map(literal, value)))  # type: ignore[arg-type]
    if isinstance(value, KindName):
        return tree.Name(NOWHERE, value)
    if isinstance(value, float):
        short = float(f"{value:.6g}")
        value = short if abs(value - short) <= 1e-9 * abs(value) else value
    assert value is None or isinstance(value, bool | int | float | str)
    return tree.Literal_(NOWHERE, value)
