"""Expressions as text: reading, simplifying and evaluating them. Everything goes through `ast`; nothing is run."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from archc.network.network import Callee, Function


class CannotEvaluate(Exception):
    """An expression uses something that has no value here."""


BUILTINS: dict[str, Callable[..., Any]] = {
    "min": min, "max": max, "abs": abs, "round": round, "floor": math.floor, "ceil": math.ceil,
    "int": int, "float": float, "len": len, "sum": sum, "range": lambda *a: tuple(range(*a)),
    "enumerate": lambda v, start=0: tuple(enumerate(v, start)),
    "zip": lambda *v, strict=False: tuple(zip(*v, strict=strict)),
}  # fmt: skip
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b,
}
Names = Mapping[str, object]
Functions = Mapping[str, Function]


def read(text: str) -> ast.expr:
    """The tree of an expression."""
    return ast.parse(text, mode="eval").body


def write(node: ast.expr) -> str:
    """The text of a tree, with double quotes."""
    text = re.sub(r"(?<=[\w\]]) \*\* (?=\w+\b(?![.(\[]))", "**", ast.unparse(node))
    return text.replace("'", '"') if '"' not in text else text


def literal(value: object) -> ast.expr:
    """A compile-time value as a tree."""
    if isinstance(value, Callee):
        return ast.Name(value.name, ast.Load())
    if isinstance(value, tuple):
        return ast.Tuple([literal(v) for v in value], ast.Load())
    if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)  # type: ignore[arg-type]


def evaluate(node: ast.expr, names: Names, functions: Functions, depth: int = 0) -> Any:
    """The value of an expression. Raises `CannotEvaluate`."""
    try:
        return _Value(names, functions, depth).of(node)
    except (ArithmeticError, TypeError, ValueError, LookupError, RecursionError) as error:
        raise CannotEvaluate(str(error)) from None


class _Value:
    def __init__(self, names: Names, functions: Functions, depth: int) -> None:
        self.names = names
        self.functions = functions
        self.depth = depth

    def of(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value):
                return value
            case ast.Name(name):
                if name in self.names:
                    return self.names[name]
                raise CannotEvaluate(name)
            case ast.Tuple(items) | ast.List(items):
                return tuple(self.of(i) for i in items)
            case ast.UnaryOp(ast.USub(), operand):
                return -self.of(operand)
            case ast.UnaryOp(ast.Not(), operand):
                return not self.of(operand)
            case ast.BinOp(left, op, right):
                return self.binary(op, self.of(left), self.of(right))
            case ast.BoolOp(ast.And(), values):
                return all(self.of(v) for v in values)
            case ast.BoolOp(_, values):
                return any(self.of(v) for v in values)
            case ast.Compare(left, [op], [right]):
                return _COMPARE[type(op)](self.of(left), self.of(right))
            case ast.IfExp(test, then, otherwise):
                return self.of(then) if self.of(test) else self.of(otherwise)
            case ast.Subscript(value, index):
                return self.of(value)[self.of(index)]
            case ast.JoinedStr(parts):
                return "".join(str(self.of(p)) for p in parts)
            case ast.FormattedValue(value):
                return str(self.of(value))
            case ast.Call(ast.Name(name), arguments, keywords):
                given = {str(k.arg): self.of(k.value) for k in keywords}
                return self.call(name, [self.of(a) for a in arguments], given)
            case _:
                raise CannotEvaluate(ast.dump(node))

    def binary(self, op: ast.operator, left: Any, right: Any) -> Any:
        if isinstance(op, ast.Pow) and abs(right) > 64:
            raise CannotEvaluate("a large power")
        return _BINARY[type(op)](left, right)

    def call(self, name: str, arguments: list[Any], given: dict[str, Any]) -> Any:
        function = self.functions.get(name)
        if function is None:
            if name not in BUILTINS:
                raise CannotEvaluate(name)
            return BUILTINS[name](*arguments, **given)
        if self.depth > 60:
            raise CannotEvaluate("too deep")
        names = dict(zip((p.name for p in function.parameters), arguments, strict=False)) | given
        for p in function.parameters:
            if p.name not in names and p.default is not None:
                names[p.name] = evaluate(read(p.default), names, self.functions, self.depth + 1)
        return evaluate(read(function.text), names, self.functions, self.depth + 1)


class Simplifier(ast.NodeTransformer):
    """Puts `replace` in for names (and `in_.channels` and its like) and works out what is then known."""

    def __init__(self, replace: Callable[[str], ast.expr | None], functions: Functions) -> None:
        self.replace = replace
        self.functions = functions

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Put in what stands for a name."""
        return self.replace(node.id) or node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Put in a size of a tensor."""
        return self.replace(f"{node.value.id}.{node.attr}") or node if isinstance(node.value, ast.Name) else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Work out a call."""
        node.args = [self.visit(a) for a in node.args]
        node.keywords = [ast.keyword(k.arg, self.visit(k.value)) for k in node.keywords]
        match node:
            case ast.Call(ast.Name("len"), [ast.Tuple(items)]):
                return ast.Constant(len(items))
        found = self.folded(node)
        if isinstance(found, ast.Call) and isinstance(found.func, ast.Name) and found.func.id == "floor":
            found.func = ast.Name("int", ast.Load())  # sizes are positive
        return found

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """Work out arithmetic, and leave out `* 1`, `+ 0` and their like."""
        node.left, node.right = self.visit(node.left), self.visit(node.right)
        left, right = _number(node.left), _number(node.right)
        if left is not None and right is not None:
            return self.folded(node)
        match node:
            case ast.BinOp(op=ast.Add()) if left == 0:
                return node.right
            case ast.BinOp(op=ast.Add() | ast.Sub()) if right == 0:
                return node.left
            case ast.BinOp(op=ast.Mult()) if _is_one(left):
                return node.right
            case ast.BinOp(op=ast.Mult() | ast.FloorDiv()) if _is_one(right):
                return node.left
            case ast.BinOp(ast.BinOp(inner, ast.Mult(), factor), ast.FloorDiv()) if (
                type(right) is int and right and _number(factor) == right
            ):
                return inner
            case ast.BinOp(ast.BinOp(inner, ast.Mult(), factor), ast.Mult()) if (
                type(right) is int and type(known := _number(factor)) is int
            ):
                return self.visit_BinOp(ast.BinOp(inner, ast.Mult(), ast.Constant(known * right)))
            case ast.BinOp(op=ast.Mult()) if left is not None and not isinstance(node.right, ast.Name):
                return ast.BinOp(node.right, ast.Mult(), node.left)
            case ast.BinOp(ast.BinOp(inner, ast.Add(), term), ast.Add()) if (
                type(right) is int and type(known := _number(term)) is int
            ):
                return self.visit_BinOp(ast.BinOp(inner, ast.Add(), ast.Constant(known + right)))
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        """Work out a sign or `not`."""
        node.operand = self.visit(node.operand)
        return self.folded(node) if not isinstance(node.op, ast.USub) else node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        """Leave out what is known."""
        ends = isinstance(node.op, ast.Or)
        kept: list[ast.expr] = []
        for value in node.values:
            value = self.visit(value)
            if isinstance(value, ast.Constant):
                if bool(value.value) == ends:
                    return ast.Constant(ends)
            else:
                kept.append(value)
        if not kept:
            return ast.Constant(not ends)
        return kept[0] if len(kept) == 1 else ast.BoolOp(node.op, kept)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        """Work out a comparison."""
        node.left, node.comparators = self.visit(node.left), [self.visit(c) for c in node.comparators]
        if isinstance(last := node.comparators[-1], ast.Constant) and last.value is None:
            node.ops = [ast.Is() if isinstance(op, ast.Eq) else ast.IsNot() for op in node.ops]
        return self.folded(node)

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        """Choose, if it is known which."""
        test: ast.expr = self.visit(node.test)
        if isinstance(test, ast.Constant):
            taken: ast.expr = self.visit(node.body if test.value else node.orelse)
            return taken
        return ast.IfExp(test, self.visit(node.body), self.visit(node.orelse))

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """Work out an index."""
        node.value, node.slice = self.visit(node.value), self.visit(node.slice)
        match node:
            case ast.Subscript(ast.Tuple(items), ast.Constant(int(i))) if 0 <= i < len(items):
                return items[i]
        return self.folded(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        """Put what is known into a template."""
        values: list[ast.expr] = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                inner = self.visit(part.value)
                if isinstance(inner, ast.Constant):
                    part = ast.Constant(str(inner.value))
                else:
                    part = ast.FormattedValue(inner, -1, None)
            values.append(part)
        if all(isinstance(v, ast.Constant) for v in values):
            return ast.Constant("".join(str(v.value) for v in values if isinstance(v, ast.Constant)))
        return ast.JoinedStr(values)

    def folded(self, node: ast.expr) -> ast.expr:
        """A constant if it can be worked out without names."""
        if any(isinstance(n, ast.Name) and n.id not in BUILTINS and n.id not in self.functions for n in ast.walk(node)):
            return node
        try:
            return literal(evaluate(node, {}, self.functions))
        except CannotEvaluate:
            return node


def _number(node: ast.expr) -> int | float | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        value = node.operand.value
        return -value if isinstance(value, int | float) else None
    return None


def _is_one(value: float | None) -> bool:
    return type(value) is int and value == 1


def names_of(text: str) -> frozenset[str]:
    """The names that an expression mentions."""
    return frozenset(n.id for n in ast.walk(read(text)) if isinstance(n, ast.Name))
