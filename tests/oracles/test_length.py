"""Emitted code is no longer than the code of torchvision and timm for the same network.

Lines of code are counted, without comments, docstrings and blank lines: ours of all classes and functions, theirs only
of the classes that the network consists of, without the functions that build it. For VGG, the function that makes its
layers counts too, because it is a method in the others.
"""

from __future__ import annotations

import ast
import inspect
import io
import sys
import tokenize
from collections.abc import Iterator
from textwrap import dedent
from types import FunctionType

import pytest
import torch
from torch import nn

from archc.targets.pytorch import emit
from tests.oracles.test_references import LIKE, reference
from tests.support.everything import EVERYTHING
from tests.support.shipped import networks

QUICK = (
    "alexnet",
    "densenet121",
    "mobilenet_v3_small",
    "regnet_y_400mf",
    "resnet18",
    "swin_t",
    "vgg11",
    "vit_b_32",
    "dpn68",
)
COMPUTED = ("googlenet", "inception", "regnet")
"""Those whose making asks for numbers."""
_LAYOUT = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def lines(code: str) -> int:
    """The number of lines of code of a class or function."""
    code = dedent(code)
    tokens = (t for t in tokenize.generate_tokens(io.StringIO(code).readline) if t.type not in _LAYOUT)
    found = {line for t in tokens for line in range(t.start[0], t.end[0] + 1)}
    return len(found - {line for node in _docstrings(ast.parse(code)) for line in range(node.lineno, _end(node) + 1)})


def _docstrings(tree: ast.Module) -> Iterator[ast.Expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            first = node.body[0]
            assert isinstance(first, ast.Expr)
            yield first


def _end(node: ast.Expr) -> int:
    return node.end_lineno or node.lineno


def ours(source: str) -> int:
    parts = [p for p in ast.parse(source).body if isinstance(p, ast.ClassDef | ast.FunctionDef)]
    return sum(lines(ast.get_source_segment(source, part) or "") for part in parts)


def theirs(module: nn.Module) -> int:
    classes = {c for part in module.modules() for c in type(part).__mro__}
    parts: set[type | FunctionType] = {c for c in classes if c.__module__.startswith(("torchvision.", "timm."))}
    vgg = sys.modules["torchvision.models.vgg"]
    if isinstance(module, vgg.VGG):
        parts.add(vgg.make_layers)
    return sum(lines(inspect.getsource(part)) for part in parts)


@pytest.mark.parametrize("name", [n for n in LIKE if EVERYTHING or n in QUICK])
def test_emitted_code_is_no_longer_than_the_librarys(name: str) -> None:
    with torch.device("cpu" if name.startswith(COMPUTED) else "meta"):
        made = reference(name).build()
    assert isinstance(made, nn.Module), made
    assert 0 < ours(emit((networks()[name],), "", "test")) <= theirs(made)


def test_what_counts_as_a_line() -> None:
    text = '"""Two\n    lines."""'
    code = f"class A:\n    {text}\n\n    x = (\n        1,  # one\n    )\n\n    def f(self):\n        'One.'\n"
    assert lines(f"{code}        return 1\n") == 6
