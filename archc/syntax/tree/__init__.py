"""The syntax tree: what was written, with the span of every part.

Trees are plain immutable values; docs/language.md explains the words. Of the modules, each builds on those before it:
expressions, chains, statements, declarations.
"""

from __future__ import annotations

from archc.syntax.tree.chains import (
    Absent,
    Calculation,
    Chain,
    Constant,
    For,
    Group,
    Guard,
    Merge,
    ModuleLabel,
    Repeat,
    Target,
    Term,
    Use,
)
from archc.syntax.tree.declarations import (
    Allow,
    Block,
    Declaration,
    Declared,
    Edit,
    Expect,
    Fact,
    File,
    Freeze,
    Function,
    Import,
    Insert,
    Levels,
    Macro,
    ModelDef,
    Parameter,
    Remove,
    Replace,
    Truncate,
    Variant,
)
from archc.syntax.tree.expressions import (
    Argument,
    Attribute,
    Binary,
    CallExpression,
    Conditional,
    Expression,
    Index,
    Literal_,
    Name,
    Sequence,
    Shape,
    Template,
    Tree,
    Unary,
)
from archc.syntax.tree.statements import (
    Bind,
    Body,
    ChainStatement,
    Default,
    If,
    Init,
    InputStatement,
    Let,
    Return,
    Shared,
    Statement,
)

__all__ = [
    "Absent", "Allow", "Argument", "Attribute", "Binary", "Bind", "Block", "Body", "Calculation", "CallExpression",
    "Chain", "ChainStatement", "Conditional", "Constant", "Declaration", "Declared", "Default", "Edit", "Expect",
    "Expression", "Fact", "File", "For", "Freeze", "Function", "Group", "Guard", "If", "Import", "Index", "Init",
    "InputStatement", "Insert", "Let", "Levels", "Literal_", "Macro", "Merge", "ModelDef", "ModuleLabel", "Name",
    "Parameter", "Remove", "Repeat", "Replace", "Return", "Sequence", "Shape", "Shared", "Statement", "Target",
    "Template", "Term", "Tree", "Truncate", "Unary", "Use", "Variant",
]  # fmt: skip
