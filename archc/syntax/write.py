"""From trees to text, a statement a line: the inverse of `parse`. The formatter makes it fit to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from archc.syntax import tree

_LOOSEST, _OR, _AND, _NOT, _COMPARED, _SUM, _PRODUCT, _SIGNED, _POWER, _PRIMARY = range(10)
_BINDING = {"or": _OR, "and": _AND, "+": _SUM, "-": _SUM, "**": _POWER}
_BINDING |= dict.fromkeys(("*", "/", "//", "%"), _PRODUCT)
_BINDING |= dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), _COMPARED)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}
_ESCAPED = re.compile(r'[\\"\x00-\x1f\x7f]')
_PLAIN_PATH = re.compile(r"[A-Za-z_]\w*(?:\.(?:[A-Za-z_]\w*|[0-9]+))*", re.ASCII)
_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def written(node: tree.File) -> str:
    """The text of a file. Its statements lie at most as deep as the parser reads them."""
    return "".join(f"{line}\n" for line in (*_doc(node.doc), *map(statement, node.declarations)))


def statement(node: tree.Declaration | tree.Statement | tree.Fact | tree.Expect | tree.Edit) -> str:
    """The text of a statement, a declaration or a member of a variant."""
    match node:
        case tree.Import():
            return f"from {_quoted(str(node.path.value))} use {_names(node.names)}"
        case tree.Allow():
            return f"allow {_names(node.codes)}"
        case tree.Default():
            return f"default {', '.join(map(term, node.layers))}"
        case tree.Init():
            weight = f".{node.weight}" if node.weight is not None else ""
            arguments = _arguments(node.arguments) if node.arguments else ""
            return f"init {node.kind.name}{weight} = {node.function}{arguments}"
        case tree.Let():
            return f"let {node.name} = {expression(node.value)}"
        case tree.Function():
            return f"fn {node.name.name}{_parameters(node.parameters)} = {expression(node.value)}"
        case tree.Macro():
            parameters = _parameters(node.parameters) if node.parameters else ""
            return f"macro {node.name.name}{parameters} = {chain(node.chain)}"
        case tree.Block() | tree.Model():
            return _definition(node)
        case tree.Variant():
            arguments = _arguments(node.arguments) if node.arguments is not None else ""
            body = f" {_braces((*_doc(node.doc), *map(statement, node.members)))}" if node.doc or node.members else ""
            return f"variant {node.name.name} = {node.base.name}{arguments}{body}"
        case tree.Bind():
            return f"{_names(node.names)} = {chain(node.chain)}"
        case tree.ChainStatement():
            return chain(node.chain)
        case tree.If():
            return f"if {expression(node.condition)} {_braces(map(statement, node.then))}{_otherwise(node)}"
        case tree.Return():
            return f"return {'training ' if node.training else ''}{', '.join(map(chain, node.chains))}"
        case tree.InputStatement():
            return f"input {expression(node.shape, _PRIMARY)}"
        case tree.Fact():
            return f"{node.name.name}: {expression(node.value)}"
        case tree.Expect():
            text = expression(node.condition)
            return f"expect ({text})" if text.startswith("-") else f"expect {text}"  # before `-` it is a name
        case tree.Replace():
            return f"replace {_path(node.path)}: {chain(node.chain)}"
        case tree.Insert():
            return f"insert after {_path(node.path)}: {chain(node.chain)}"
        case tree.Truncate():
            return f"truncate after {_path(node.path)}"
        case tree.Remove():
            return f"remove {_paths(node.paths)}"
        case tree.Freeze():
            every = ("all except " if node.paths else "all") if node.all else ""
            kind = f" {node.kind.name}" if node.kind is not None else ""
            return f"{'unfreeze' if node.thaws else 'freeze'} {every}{_paths(node.paths)}{kind}"


def chain(node: tree.Chain) -> str:
    """The text of a chain; empty for one without terms."""
    return " - ".join(map(term, node.terms))


def term(node: tree.Term) -> str:
    """The text of a term."""
    match node:
        case tree.Use():
            return f"{_label(node.label)}{node.name}{_arguments(node.arguments) if node.arguments is not None else ''}"
        case tree.Group():
            return f"{_label(node.label)}({chain(node.chain)})"
        case tree.Repeat():
            variable = f" as {node.variable}" if node.variable is not None else ""
            return f"{_label(node.label)}[{chain(node.chain)}] x {expression(node.count, _PRIMARY)}{variable}"
        case tree.For():
            target = _target(node.target, outer=True)
            return f"for {target} in {expression(node.iterable)} {{ {chain(node.chain)} }}"
        case tree.Merge():
            return f"{_label(node.label)}{node.kind} {{ {' | '.join(map(chain, node.branches))} }}"
        case tree.Guard():
            otherwise = f" else {term(node.otherwise)}" if node.otherwise is not None else ""
            return f"{term(node.then)} if ({expression(node.condition)}){otherwise}"


def expression(node: tree.Expression, least: int = _LOOSEST) -> str:
    """The text of an expression, in parentheses where it binds less than `least`."""
    text, binding = _bound(node)
    return text if binding >= least else f"({text})"


def _bound(node: tree.Expression) -> tuple[str, int]:
    """The text of an expression and how strongly its parts are bound."""
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
                left, right = _PRIMARY, _SIGNED
            operands = expression(node.left, left), expression(node.right, right)
            return f" {node.operator} ".join(operands), binding
        case tree.Unary(operator="not"):
            return f"not {expression(node.operand, _NOT)}", _NOT
        case tree.Unary():
            return f"{node.operator}{expression(node.operand, _SIGNED)}", _SIGNED
        case _:
            return _primary(node), _PRIMARY


def _primary(node: tree.Expression) -> str:
    match node:
        case tree.Literal_():
            return _literal(node.value)
        case tree.Shape():
            return "x".join(map(str, node.dims))
        case tree.Template():
            parts = (_escaped(p) if isinstance(p, str) else f"{{{expression(p)}}}" for p in node.parts)
            return f'"{"".join(parts)}"'
        case tree.Name():
            return node.name
        case tree.Attribute():
            return f"{expression(node.of, _PRIMARY)}.{node.name}"
        case tree.Index():
            return f"{expression(node.of, _PRIMARY)}[{expression(node.index)}]"
        case tree.Sequence():
            items = ", ".join(map(expression, node.items))
            if node.form == "list":
                return f"[{items}]"
            return f"({items},)" if len(node.items) == 1 else f"({items})"
        case tree.CallExpression():
            return f"{node.function}{_arguments(node.arguments)}"
        case _:
            return f"({expression(node)})"


# -- parts ------------------------------------------------------------------------------------------------------------


def _definition(node: tree.Block | tree.Model) -> str:
    kind, over = "model", ""
    if isinstance(node, tree.Block):
        kind = "block"
        over = f" over ({_names(node.over)})" if node.over else ""
    parameters = _parameters(node.parameters) if node.parameters else ""
    body = _braces((*_doc(node.body.doc), *map(statement, node.body.statements)))
    return f"{kind} {node.name.name}{parameters}{over} {body}"


def _otherwise(node: tree.If) -> str:
    if not node.otherwise:
        return ""
    first = node.otherwise[0]
    if len(node.otherwise) == 1 and isinstance(first, tree.If):
        return f" else {statement(first)}"
    return f" else {_braces(map(statement, node.otherwise))}"


def _braces(lines: Iterable[str]) -> str:
    return "".join(("{\n", *(f"{line}\n" for line in lines), "}"))


def _doc(doc: tree.Literal_ | None) -> Iterator[str]:
    if doc is not None:
        lines = str(doc.value).split("\n")
        quotes = '"' if len(lines) == 1 else '"""'
        yield f"{quotes}{chr(10).join(_ESCAPED.sub(_escape, line) for line in lines)}{quotes}"


def _names(names: Iterable[tree.Name]) -> str:
    return ", ".join(name.name for name in names)


def _parameters(parameters: Iterable[tree.Parameter]) -> str:
    texts = (p.name if p.default is None else f"{p.name}={expression(p.default)}" for p in parameters)
    return f"({', '.join(texts)})"


def _arguments(arguments: Iterable[tree.Argument]) -> str:
    texts = (f"{a.name}={expression(a.value)}" if a.name is not None else expression(a.value) for a in arguments)
    return f"({', '.join(texts)})"


def _label(label: tree.Label | None) -> str:
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


def _paths(paths: Iterable[tree.Name]) -> str:
    return ", ".join(_path(path.name) for path in paths)


def _path(path: str) -> str:
    plain = _PLAIN_PATH.fullmatch(path) and path not in ("after", "all", "except")
    return path if plain else _quoted(path)


def _literal(value: object) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    return repr(value)


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return _ESCAPED.sub(_escape, text.replace("{", "{{").replace("}", "}}"))


def _escape(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0]) or f"\\u{{{ord(match[0]):x}}}"
