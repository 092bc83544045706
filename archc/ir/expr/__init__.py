"""Expressions: the one kind of tree for compile-time computations, from the spec to the emitted file.

An expression refers to the names of its definition (`Var`) and to the sizes of the tensors there (`Size`). `binary`,
`conditional` and others build simplified trees; `evaluate` computes a value; `python` prints a tree. Whole numbers are
exact; floating-point arithmetic is never rearranged.
"""

from archc.ir.expr.building import apply, binary, conditional, index, items_of, mapped, substituted, text, unary
from archc.ir.expr.builtins import BUILTINS, OPERATORS
from archc.ir.expr.evaluation import CannotEvaluate, evaluate
from archc.ir.expr.inference import type_of
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
    "OPERATORS",
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
    "type_of",
    "unary",
    "variables",
    "weight",
    "whole",
    "with_divisors",
]
