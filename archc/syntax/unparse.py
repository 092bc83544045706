"""The text of terms and expressions, for messages and documents: the inverse of parsing them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from archc.syntax import tree

_LOOSEST, _OR, _AND, _NOT, _COMPARED, _SUM, _PRODUCT, _SIGNED, _POWER, PRIMARY = range(10)
_BINDING = {"or": _OR, "and": _AND, "+": _SUM, "-": _SUM, "**": _POWER}
_BINDING |= dict.fromkeys(("*", "/", "//", "%"), _PRODUCT)
_BINDING |= dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), _COMPARED)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}
_ESCAPED = re.compile(r'[\\"\x00-\x1f\x7f]')
_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def chain(node: tree.Chain) -> str:
    """The text of a chain; empty for one without terms."""
    return " - ".join(map(term, node.terms))


def term(node: tree.Term) -> str:
    """The text of a term."""
    match node:
        case tree.Use(index=tree.Tree() as index):
            return f"{node.name}[{expression(index)}]"
        case tree.Use():
            return f"{_label(node.label)}{node.name}{arguments(node.arguments) if node.arguments is not None else ''}"
        case tree.Group():
            return f"{_label(node.label)}({chain(node.chain)})"
        case tree.Repeat():
            variable = f" as {node.variable}" if node.variable is not None else ""
            return (
                f"{_label(node.label)}{_every(node)}[{chain(node.chain)}] x {expression(node.count, PRIMARY)}{variable}"
            )
        case tree.For():
            target = _target(node.target, outer=True)
            return f"{_every(node)}for {target} in {expression(node.iterable)} {{ {chain(node.chain)} }}"
        case tree.Merge(kind="tuple"):
            branches = ", ".join(map(chain, node.branches))
            return f"{_label(node.label)}({branches}{',' if len(node.branches) == 1 else ''})"
        case tree.Merge():
            return f"{_label(node.label)}{node.kind} {{ {' | '.join(map(chain, node.branches))} }}"
        case tree.Absent():
            return "none"
        case tree.Constant():
            return expression(node.value)
        case tree.Calculation(operands=(operand,)):
            return f"-{chain(operand)}"
        case tree.Calculation():
            return f" {node.operator} ".join(map(chain, node.operands))
        case tree.Guard():
            otherwise = f" else {term(node.otherwise)}" if node.otherwise is not None else ""
            return f"{term(node.then)} if ({expression(node.condition)}){otherwise}"


def expression(node: tree.Expression, least: int = _LOOSEST) -> str:
    """The text of an expression, in parentheses if it binds less tightly than `least`."""
    text, binding = _bound(node)
    return text if binding >= least else f"({text})"


def _bound(node: tree.Expression) -> tuple[str, int]:
    """The text of an expression, and how tightly its parts bind."""
    match node:
        case tree.Conditional():
            then, condition = expression(node.then, _OR), expression(node.condition, _OR)
            return f"{then} if {condition} else {expression(node.otherwise)}", _LOOSEST
        case tree.Binary():
            binding = _BINDING[node.operator]
            left, right = binding, binding + 1
            if binding == _COMPARED:
                left = _SUM
            elif binding == _POWER:
                left, right = PRIMARY, _SIGNED
            operands = expression(node.left, left), expression(node.right, right)
            return f" {node.operator} ".join(operands), binding
        case tree.Unary(operator="not"):
            return f"not {expression(node.operand, _NOT)}", _NOT
        case tree.Unary():
            return f"{node.operator}{expression(node.operand, _SIGNED)}", _SIGNED
        case _:
            return _primary(node), PRIMARY


def _primary(node: tree.Expression) -> str:
    match node:
        case tree.Literal_():
            return _literal(node.value)
        case tree.Shape():
            return "x".join(map(str, node.dims))
        case tree.Template():
            parts = (escaped(p) if isinstance(p, str) else f"{{{expression(p)}}}" for p in node.parts)
            return f'"{"".join(parts)}"'
        case tree.Name():
            return node.name
        case tree.Attribute():
            return f"{expression(node.of, PRIMARY)}.{node.name}"
        case tree.Index():
            return f"{expression(node.of, PRIMARY)}[{expression(node.index)}]"
        case tree.Sequence():
            items = ", ".join(map(expression, node.items))
            if node.form == "list":
                return f"[{items}]"
            return f"({items},)" if len(node.items) == 1 else f"({items})"
        case tree.CallExpression():
            return f"{node.function}{arguments(node.arguments)}"
        case _:
            return f"({expression(node)})"


# -- parts ------------------------------------------------------------------------------------------------------------


def arguments(given: Iterable[tree.Argument]) -> str:
    """The text of a call's arguments, in parentheses."""
    texts = (f"{a.name}={expression(a.value)}" if a.name is not None else expression(a.value) for a in given)
    return f"({', '.join(texts)})"


def tensor_names(names: Sequence[tree.Name], rest: bool) -> str:
    """The text of names for tensors: `a, *xs`."""
    *others, last = [name.name for name in names]
    return ", ".join([*others, f"*{last}" if rest else last])


def _every(loop: tree.Repeat | tree.For) -> str:
    return "every " if loop.every else ""


def _label(label: tree.ModuleLabel | None) -> str:
    if label is None:
        return ""
    text = label.text
    if isinstance(text, tree.Literal_) and _PLAIN_NAME.fullmatch(str(text.value)):
        return f"{text.value}: "
    return f"{expression(text)}: "


def _target(target: tree.Target, *, outer: bool = False) -> str:
    if isinstance(target.names, str):
        return target.names
    names = ", ".join(map(_target, target.names))
    return names if outer and len(target.names) > 1 else f"({names})"


def _literal(value: object) -> str:
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    return repr(value)


def quoted(text: str) -> str:
    """A string in the quotes of the language."""
    return f'"{escaped(text)}"'


def escaped(text: str) -> str:
    """The contents of a string literal, without its quotes."""
    return _ESCAPED.sub(_escape, text.replace("{", "{{").replace("}", "}}"))


def _escape(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0]) or f"\\u{{{ord(match[0]):x}}}"
