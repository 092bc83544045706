"""Which suites of a module's functions run: the body of each function, branch and loop, known by its first line."""

from __future__ import annotations

import ast
from collections.abc import Iterator

HIT = "__hit__"


def suites(tree: ast.AST, inside: bool = False) -> Iterator[list[ast.stmt]]:
    """Those of a tree, an outer one before those in it."""
    for name, value in ast.iter_fields(tree):
        if name in ("body", "orelse", "finalbody") and isinstance(value, list):
            here = inside or isinstance(tree, ast.FunctionDef)
            if value and here and not isinstance(tree, ast.ClassDef):
                yield value
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from suites(child, inside or isinstance(tree, ast.FunctionDef))


def suite_at(tree: ast.AST, line: int) -> int | None:
    """The innermost suite with a line, None where the line runs when the module is imported."""
    found = None
    for suite in suites(tree):
        if suite[0].lineno <= line <= (suite[-1].end_lineno or 0):
            found = suite[0].lineno
    return found


def probed(tree: ast.Module, path: str) -> ast.Module:
    """The module, where each suite first tells that it runs."""
    for suite in list(suites(tree)):
        told = ast.parse(f"{HIT}({(path, suite[0].lineno)!r})").body[0]
        for node in ast.walk(told):
            ast.copy_location(node, suite[0])
        suite.insert(1 if ast.get_docstring(ast.Module(suite, [])) is not None else 0, told)
    return tree
