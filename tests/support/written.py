"""From trees to text, with one statement per line: the inverse of `parse`, for tests of parser and formatter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from archc.syntax import tree
from archc.syntax.unparse import PRIMARY, arguments, chain, escaped, expression, quoted, term

_PLAIN_PATH = re.compile(r"[A-Za-z_]\w*(?:\.(?:[A-Za-z_]\w*|[0-9]+))*", re.ASCII)


def written(node: tree.File) -> str:
    """The text of a file. Requires: its statements are nested no deeper than the parser allows."""
    return "".join(f"{line}\n" for line in (*_doc(node.doc), *map(statement, node.declarations)))


def statement(node: tree.Declaration | tree.Statement | tree.Fact | tree.Expect | tree.Edit) -> str:
    """The text of a statement, a declaration or a member of a variant."""
    match node:
        case tree.Import():
            return f"from {quoted(str(node.path.value))} use {_names(node.names)}"
        case tree.Allow():
            return f"allow {_names(node.codes)}"
        case tree.Default():
            return f"default {', '.join(map(term, node.layers))}"
        case tree.Init():
            weight = f".{node.weight}" if node.weight is not None else ""
            given = arguments(node.arguments) if node.arguments else ""
            return f"init {node.kind.name}{weight} = {node.function}{given}"
        case tree.Let():
            return f"let {node.name} = {expression(node.value)}"
        case tree.Function():
            return f"fn {node.name.name}{_parameters(node.parameters)} = {expression(node.value)}"
        case tree.Macro():
            parameters = _parameters(node.parameters) if node.parameters else ""
            return f"macro {node.name.name}{parameters} = {chain(node.chain)}"
        case tree.Block() | tree.ModelDef():
            return _definition(node)
        case tree.Variant():
            given = arguments(node.arguments) if node.arguments is not None else ""
            body = f" {_braces((*_doc(node.doc), *map(statement, node.members)))}" if node.doc or node.members else ""
            return f"variant {node.name.name} = {node.base.name}{given}{body}"
        case tree.Bind():
            return f"{_names(node.names, node.rest)} = {chain(node.chain)}"
        case tree.ChainStatement():
            return chain(node.chain)
        case tree.If():
            return f"if {expression(node.condition)} {_braces(map(statement, node.then))}{_otherwise(node)}"
        case tree.Return():
            return f"return {'training ' if node.training else ''}{', '.join(map(chain, node.chains))}"
        case tree.InputStatement():
            name = f"{node.name.name}: " if node.name is not None else ""
            return f"input {name}{expression(node.shape, PRIMARY)}"
        case tree.Shared():
            return f"shared {term(node.term)}"
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
        case tree.Levels():
            return f"return {_paths(node.paths)}"
        case tree.Remove():
            return f"remove {_paths(node.paths)}"
        case tree.Levels():
            return f"return {_paths(node.paths)}"
        case tree.Freeze():
            every = ("all except " if node.paths else "all") if node.all else ""
            kind = f" {node.kind.name}" if node.kind is not None else ""
            return f"{'unfreeze' if node.thaws else 'freeze'} {every}{_paths(node.paths)}{kind}"


def _definition(node: tree.Block | tree.ModelDef) -> str:
    kind, over = "model", ""
    if isinstance(node, tree.Block):
        kind = "block"
        over = f" over ({_names(node.over, node.rest)})" if node.over else ""
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
        lines = [escaped(line).replace("{{", "{").replace("}}", "}") for line in str(doc.value).split("\n")]
        quotes = '"' if len(lines) == 1 else '"""'
        yield f"{quotes}{chr(10).join(lines)}{quotes}"


def _names(names: Sequence[tree.Name], rest: bool = False) -> str:
    *others, last = [name.name for name in names]
    return ", ".join([*others, f"*{last}" if rest else last])


def _parameters(parameters: Iterable[tree.Parameter]) -> str:
    texts = (p.name if p.default is None else f"{p.name}={expression(p.default)}" for p in parameters)
    return f"({', '.join(texts)})"


def _paths(paths: Iterable[tree.Name]) -> str:
    return ", ".join(_path(path.name) for path in paths)


def _path(path: str) -> str:
    plain = _PLAIN_PATH.fullmatch(path) and path not in ("after", "all", "except")
    return path if plain else quoted(path)
