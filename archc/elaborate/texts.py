"""Expressions as Python text over the vocabulary of the definition that they stand in (see `network.network`)."""

from __future__ import annotations

from archc.elaborate.environment import Env
from archc.elaborate.values import Bound, Defined, Tensors
from archc.syntax import tree

_ATOM = 9
_PRECEDENCE = {
    "or": 1, "and": 2, "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "in": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "//": 6, "%": 6, "**": 8,
}  # fmt: skip
_NOT, _UNARY = 3, 7


def text_of(expression: tree.Expression, env: Env) -> str:
    """The Python text of an expression whose names are those of `env`."""
    if type(expression) is tree.Literal_:
        return repr(expression.value)
    return _Writer(env).write(expression)[0]


def _in_template(character: str) -> str:
    """A character of a text as it stands between the double quotes of an f-string."""
    if character in "{}":
        return 2 * character
    if character == '"':
        return '\\"'
    return character if character.isprintable() and character != "\\" else repr(character)[1:-1]


class _Writer:
    def __init__(self, env: Env) -> None:
        self.env = env

    def write(self, e: tree.Expression) -> tuple[str, int]:
        match e:  # the most frequent first
            case tree.Name():
                return self.name(e.name)
            case tree.Literal_():
                text = repr(e.value)
                return text, _ATOM if not text.startswith("-") else _UNARY
            case tree.Binary():
                return self.binary(e)
            case tree.Shape():
                return repr(e.dims), _ATOM
            case tree.Attribute():
                return f"{self.operand(e.of, _ATOM)}.{e.name}", _ATOM
            case tree.Template():
                return self.template(e), _ATOM
            case tree.Sequence():
                inside = ", ".join(self.write(i)[0] for i in e.items)
                return f"({inside},)" if len(e.items) == 1 else f"({inside})", _ATOM
            case tree.Unary(operator="not"):
                return f"not {self.operand(e.operand, _NOT)}", _NOT
            case tree.Unary():
                return f"{e.operator}{self.operand(e.operand, _UNARY)}", _UNARY
            case tree.Conditional():
                then, condition = self.operand(e.then, 1), self.operand(e.condition, 1)
                return f"{then} if {condition} else {self.write(e.otherwise)[0]}", 0
            case tree.Index():
                return f"{self.operand(e.of, _ATOM)}[{self.write(e.index)[0]}]", _ATOM
            case tree.CallExpression():
                inside = ", ".join((f"{a.name}=" if a.name else "") + self.write(a.value)[0] for a in e.arguments)
                return f"{e.function}({inside})", _ATOM

    def operand(self, e: tree.Expression, at_least: int) -> str:
        text, precedence = self.write(e)
        return text if precedence >= at_least else f"({text})"

    def name(self, name: str) -> tuple[str, int]:
        match self.env.find(name):
            case Bound(text=text):
                return text, _ATOM if text.isidentifier() or text.isdigit() else -1
            case Tensors(text=text):
                return text, _ATOM
            case Defined() as d:
                return d.name, _ATOM
            case _:
                return name, _ATOM

    def binary(self, e: tree.Binary) -> tuple[str, int]:
        level = _PRECEDENCE[e.operator]
        right_binds = e.operator == "**"
        left = self.operand(e.left, level + 1 if right_binds or level == 4 else level)
        right = self.operand(e.right, level if right_binds else level + 1)
        return f"{left} {e.operator} {right}", level

    def template(self, e: tree.Template) -> str:
        parts = ["".join(map(_in_template, p)) if isinstance(p, str) else f"{{{self.write(p)[0]}}}" for p in e.parts]
        return f'f"{"".join(parts)}"'
