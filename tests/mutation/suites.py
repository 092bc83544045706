"""The suites of a module that run: the bodies of functions, branches and loops.

A suite is identified by its function and its number in it, so that a change elsewhere in the file does not affect it.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

HIT = "__hit__"


def suites(tree: ast.AST) -> Iterator[tuple[str, list[ast.stmt]]]:
    """The suites of a tree with their names, outer ones first."""
    numbers = Counter[str]()
    for function, suite in _suites(tree, "", False):
        numbers[function] += 1
        yield f"{function} {numbers[function]}", suite


def _suites(tree: ast.AST, name: str, inside: bool) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Each suite with the name of its function; `name` and `inside` are those of the enclosing class or function."""
    if isinstance(tree, ast.FunctionDef | ast.ClassDef):
        name = f"{name}.{tree.name}"
    inside = inside or isinstance(tree, ast.FunctionDef)
    runs = inside and not isinstance(tree, ast.ClassDef)
    for field, value in ast.iter_fields(tree):
        if runs and field in ("body", "orelse", "finalbody") and isinstance(value, list) and value:
            yield name, value
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _suites(child, name, inside)


def suite_at(tree: ast.AST, line: int) -> str | None:
    """The innermost suite that contains a line, None if the line runs when the module is imported."""
    found = None
    for name, suite in suites(tree):
        if suite[0].lineno <= line <= (suite[-1].end_lineno or 0):
            found = name
    return found


def probed(tree: ast.Module, path: str) -> ast.Module:
    """The module with a probe at the start of each suite."""
    for name, suite in list(suites(tree)):
        told = ast.parse(f"{HIT}({(path, name)!r})").body[0]
        for node in ast.walk(told):
            ast.copy_location(node, suite[0])
        suite.insert(1 if ast.get_docstring(ast.Module(suite, [])) is not None else 0, told)
    return tree
