"""Small changes of a module's source, one at a time, that a test suite should notice."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

_COMPARED: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Eq: ("!=",), ast.NotEq: ("==",), ast.Lt: ("<=", ">="), ast.LtE: ("<", ">"), ast.Gt: (">=", "<="),
    ast.GtE: (">", "<"), ast.Is: ("is not",), ast.IsNot: ("is",), ast.In: ("not in",), ast.NotIn: ("in",),
}  # fmt: skip
_COMPUTED: dict[type[ast.operator], str] = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "+", ast.FloorDiv: "*", ast.Div: "*", ast.Mod: "//", ast.Pow: "*",
    ast.BitOr: "&", ast.BitAnd: "|",
}  # fmt: skip
_EXCHANGED = {"min": "max", "max": "min", "any": "all", "all": "any"}
_EMPTIED = (ast.Expr, ast.AugAssign, ast.Continue, ast.Break, ast.Raise, ast.Delete)


@dataclass(frozen=True)
class Mutant:
    """One change. `before` and `after` are the lines that it changes, without indentation: they identify it."""

    path: str
    line: int
    kind: str
    before: str
    after: str
    source: str

    def diff(self, original: str) -> str:
        """The change as a unified diff without context."""
        lines = difflib.unified_diff(original.splitlines(), self.source.splitlines(), n=0, lineterm="")
        return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def mutants(path: Path, root: Path) -> list[Mutant]:
    """All mutants of a file, in order of place. Annotations, docstrings, imports and assertions are not changed."""
    text = path.read_text(encoding="utf-8")
    lines, changes, found = text.splitlines(), _Changes(text), list[Mutant]()
    for node, kind, new in changes.of(ast.parse(text)):
        start, end = changes.place(node)
        source = text[:start] + new + text[end:]
        first, last = node.lineno - 1, node.end_lineno or node.lineno
        kept = len(lines) - last
        changed = source.splitlines()
        before = " ".join(line.strip() for line in lines[first:last])
        after = " ".join(line.strip() for line in changed[first : len(changed) - kept])
        if before != after:
            found.append(Mutant(str(path.relative_to(root)), node.lineno, kind, before, after, source))
    return sorted(found, key=lambda m: (m.line, m.kind, m.after))


_Change = tuple[ast.expr | ast.stmt, str, str]


class _Changes:
    """The possible changes of a tree: a node, the kind of change, and the new text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = text.splitlines(keepends=True)
        self._starts = [0, *accumulate(map(len, self._lines))]

    def place(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """The start and end of a node in the text, from the lines and UTF-8 columns of `ast`."""
        ends = (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)
        start, end = (
            self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode()) for line, column in ends
        )
        return start, end

    def of(self, node: ast.AST) -> Iterator[_Change]:
        """The changes of a node and all nodes inside it."""
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Assert | ast.JoinedStr):
            return
        if isinstance(node, ast.If) and self.source(node.test) == "TYPE_CHECKING":
            return
        if isinstance(node, ast.keyword) and node.arg == "strict":  # of `zip`, it asserts that both are as long
            return
        if isinstance(node, ast.expr):
            yield from self.of_expression(node)
        if isinstance(node, ast.stmt):
            yield from self.of_statement(node)
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "bases", "type_params"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from self.of(child)

    def source(self, node: ast.expr) -> str:
        """The source of a node."""
        start, end = self.place(node)
        return self.text[start:end]

    def bracketed(self, node: ast.expr) -> str:
        """The source of a node, in parentheses unless it binds as tightly as a name."""
        tight = isinstance(node, ast.Name | ast.Constant | ast.Call | ast.Attribute | ast.Subscript)
        return self.source(node) if tight else f"({self.source(node)})"

    def of_expression(self, node: ast.expr) -> Iterator[_Change]:
        """Changes of operators, numbers, and the order of arguments."""
        match node:
            case ast.Compare(left, [op], [right]):
                for new in _COMPARED[type(op)]:
                    yield node, "comparison", f"({self.bracketed(left)} {new} {self.bracketed(right)})"
            case ast.BinOp(left, op, right) if type(op) in _COMPUTED and not _is_text(left, right):
                new = _COMPUTED[type(op)]
                yield node, "arithmetic", f"({self.bracketed(left)} {new} {self.bracketed(right)})"
            case ast.BoolOp(op, values):
                new = " or " if isinstance(op, ast.And) else " and "
                yield node, "and/or", f"({new.join(map(self.bracketed, values))})"
            case ast.UnaryOp(ast.Not() | ast.USub(), operand) if not isinstance(operand, ast.Constant):
                yield node, "dropped sign", f"({self.source(operand)})"
            case ast.Constant(bool(value)):
                yield node, "constant", str(not value)
            case ast.Constant(int(value)):
                yield node, "constant", f"({value + 1})"
                if value > 0:
                    yield node, "constant", f"({value - 1})"
            case ast.Call(ast.Name(name), _, _) if name in _EXCHANGED:
                yield node.func, "min/max", _EXCHANGED[name]
            case ast.Call(_, [one, two, *_], _) if not any(isinstance(a, ast.Starred) for a in (one, two)):
                between = self.text[self.place(one)[1] : self.place(two)[0]]
                yield _Range(one, two), "swapped", f"{self.source(two)}{between}{self.source(one)}"
            case ast.IfExp(test=test):
                yield test, "negated", f"(not {self.bracketed(test)})"
            case _:
                return

    def of_statement(self, node: ast.stmt) -> Iterator[_Change]:
        """Negated conditions, removed statements, missing results."""
        match node:
            case ast.If(test=test) | ast.While(test=test):
                yield test, "negated", f"not {self.bracketed(test)}"
            case ast.Return(ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
                yield value, "returned default", "None"
            case ast.Expr(ast.Constant()):
                return
            case _ if isinstance(node, _EMPTIED) or _sets_a_part(node):
                yield node, "removed", "pass"
            case _:
                return


class _Range(ast.expr):
    """A range of a text, from one node to another."""

    def __init__(self, start: ast.expr, end: ast.expr) -> None:
        super().__init__(
            lineno=start.lineno,
            col_offset=start.col_offset,
            end_lineno=end.end_lineno,
            end_col_offset=end.end_col_offset,
        )


def _is_text(*nodes: ast.expr) -> bool:
    return any(
        isinstance(n, ast.JoinedStr) or (isinstance(n, ast.Constant) and isinstance(n.value, str)) for n in nodes
    )


def _sets_a_part(node: ast.stmt) -> bool:
    """Whether it sets an attribute or an item. Removing a statement that binds a name would only be a NameError."""
    return isinstance(node, ast.Assign) and all(isinstance(t, ast.Attribute | ast.Subscript) for t in node.targets)
