"""Building ops from terms without the compiler, for the executed examples of ops."""

from __future__ import annotations

import ast
import re

from archc.diagnostics.core import Problem
from archc.ir.op import Op
from archc.ir.types import TensorType, Types
from archc.ops import lookup


def op_of(term: str) -> Op:
    """The op of a term such as `Conv(64, 7, stride=2)`; raises for an invalid one."""
    name, arguments = arguments_of(term)
    kind = lookup(name)
    assert kind is not None, f"no layer {name}"
    op = kind.build(arguments)
    assert isinstance(op, Op), op
    return op


def arguments_of(term: str) -> tuple[str, dict[str, object]]:
    """The name of the layer, and its arguments by name."""
    call = _parsed(term)
    assert isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    kind = lookup(call.func.id)
    assert kind is not None, f"no layer {call.func.id}"
    values = [_value(a) for a in call.args]
    names = kind.positional(values)
    assert len(names) == len(values), f"too many arguments: {term}"
    named = {k.arg: _value(k.value) for k in call.keywords if k.arg}
    return call.func.id, dict(zip(names, values, strict=True)) | named


def _parsed(term: str) -> ast.expr:
    """The parsed term, with shapes such as `1x7` as tuples."""
    text = re.sub(r"\b\d+(x\d+)+\b", lambda m: f"({', '.join(m[0].split('x'))})", term)
    return ast.parse(text if "(" in text else f"{text}()", mode="eval").body


def _value(node: ast.expr) -> object:
    """The value of an argument; names are words of the language or layer kinds, which are passed by name."""
    if isinstance(node, ast.Name):
        return {"true": True, "false": False, "none": None}.get(node.id, node.id)
    if isinstance(node, ast.List | ast.Tuple):
        return tuple(_value(e) for e in node.elts)
    return eval(compile(ast.Expression(node), "<term>", "eval"), {"__builtins__": {}})


def types_of(text: str) -> Types:
    """Parse tensor types: `3x224x224; 10`."""
    return tuple(TensorType(dims=tuple(map(int, s.split("x")))) for s in text.split(";") if s.strip())


def outputs(op: Op, xs: Types) -> Types | Problem:
    """The output types of an op, always as a tuple."""
    ys = op.infer(xs)
    return (ys,) if isinstance(ys, TensorType) else ys


def expanded(op: Op, xs: Types) -> tuple[Op, ...]:
    """The ops that a sugar layer expands to, in order."""
    around = op.around(xs)
    before = [op_of(name) for name in around.before]
    return (*before, around.op, *(op_of(name) for name in around.after))
