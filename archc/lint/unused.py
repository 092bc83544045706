"""Definitions, parameters and values that nothing mentions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from archc.diagnostics import Reporter
from archc.problems.warnings import Unused, UnusedParameter, UnusedValue
from archc.syntax import tree
from archc.syntax.walk import walk

_NAMED = (tree.Function, tree.Macro, tree.Block, tree.Model, tree.Variant)
"""Declarations whose own name is a `Name` of the tree."""
_WORDS = {tree.Block: "block", tree.Macro: "macro", tree.Function: "function"}


def unused_names(file: tree.File, reporter: Reporter) -> None:
    """Report what is defined in a file and never used. Without a model, a file is there for others."""
    mentioned = Counter(_mentions(file))
    mentioned.subtract(d.name.name for d in file.declarations if isinstance(d, _NAMED))
    for declaration in file.declarations:
        if isinstance(declaration, tree.Function | tree.Macro | tree.Block | tree.Model):
            if isinstance(declaration, tree.Block) and _is_passed(declaration, file):
                continue  # what is passed as a value takes the parameters that its callers give
            inside = Counter(_mentions(declaration))
            for parameter in declaration.parameters:
                if not inside[parameter.name]:
                    owner = declaration.name.name
                    reporter.add(UnusedParameter(owner=owner, name=parameter.name), parameter.span)
    if not any(isinstance(d, tree.Model | tree.Variant | tree.ChainStatement) for d in file.declarations):
        return
    for declaration in file.declarations:
        match declaration:
            case tree.Function(name=name) | tree.Macro(name=name) | tree.Block(name=name) if mentioned[name.name] <= 0:
                reporter.add(Unused(what=_WORDS[type(declaration)], name=name.name), name.span)
            case _:
                pass
    for node, _ in walk(file):
        if isinstance(node, tree.Let) and mentioned[node.name] <= 0:
            reporter.add(UnusedValue(name=node.name), node.span)


def _is_passed(block: tree.Block, file: tree.File) -> bool:
    """Whether a block is passed as a value somewhere in the file."""
    return any(isinstance(n, tree.Name) and n.name == block.name.name and n is not block.name for n, _ in walk(file))


def _mentions(node: tree.Tree) -> Iterator[str]:
    """The names that are used somewhere in a node."""
    for each, _ in walk(node):
        match each:
            case tree.Name(name=name) | tree.Use(name=name):
                yield name
            case tree.CallExpression(function=name):
                yield name
            case _:
                pass
