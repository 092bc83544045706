"""Expressions: the one kind of tree that a compile-time computation is, from the spec to the emitted file.

An expression speaks of the names of the definition that it stands in (`Var`) and of the sizes of its tensors (`Size`).
`binary`, `conditional` and their like build simplified trees; `evaluate` gives a value; `python` prints one. Whole
numbers are exact; floating-point arithmetic is never rearranged.
"""

from archc.ir.expr.building import apply, binary, conditional, index, items_of, mapped, substituted, text, unary
from archc.ir.expr.evaluation import BUILTINS, CannotEvaluate, evaluate
from archc.ir.expr.printing import ATOM, literal, printed, python
from archc.ir.expr.sums import with_divisors
from archc.ir.expr.tree import (
    FALSE,
    LENGTH,
    NONE,
    TRUE,
    Apply,
    BinaryExpr,
    ConditionalExpr,
    Const,
    Expr,
    Functions,
    IndexExpr,
    Items,
    Lambda,
    Size,
    Text,
    Type,
    UnaryExpr,
    Var,
    const,
    leaves,
    lift,
    parts,
    passed,
    truth_valued,
    variables,
    weight,
    whole,
)
from archc.ir.expr.wholeness import certainly_whole

__all__ = [
    "ATOM",
    "BUILTINS",
    "FALSE",
    "LENGTH",
    "NONE",
    "TRUE",
    "Apply",
    "BinaryExpr",
    "CannotEvaluate",
    "ConditionalExpr",
    "Const",
    "Expr",
    "Functions",
    "IndexExpr",
    "Items",
    "Lambda",
    "Size",
    "Text",
    "Type",
    "UnaryExpr",
    "Var",
    "apply",
    "binary",
    "certainly_whole",
    "conditional",
    "const",
    "evaluate",
    "index",
    "items_of",
    "leaves",
    "lift",
    "literal",
    "mapped",
    "parts",
    "passed",
    "printed",
    "python",
    "substituted",
    "text",
    "truth_valued",
    "unary",
    "variables",
    "weight",
    "whole",
    "with_divisors",
]
