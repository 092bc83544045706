"""Statements of every length are broken into lines as `ruff format` breaks them."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from textwrap import dedent

import pytest

from archc.targets.pytorch.layout import COLUMNS, laid_out

FORMS: dict[str, Callable[[str], str]] = {
    "a call": lambda a: f"self.conv = nn.Conv2d({a}, planes, kernel_size=3)",
    "a call in a call": lambda a: f"self.act = nn.Sequential(nn.Conv2d({a}, planes, 3))",
    "two calls in a call": lambda a: f"self.act = nn.Sequential(nn.Conv2d({a}, 8, 3), nn.ReLU())",
    "calls of calls": lambda a: f"x = self.act(self.bn(self.conv({a}, self.tail(name, y))))",
    "a comprehension": lambda a: f"self.blocks = nn.ModuleList(Block({a}, n) for n in (64, 128))",
    "a list of a loop": lambda a: f"x = torch.cat([block({a}) for block, n in zip(self.blocks, n)], 1)",
    "a list": lambda a: f"self.blocks = nn.ModuleList([Block({a}, 8), Block(8, planes, stride=2)])",
    "what a list is spread in": lambda a: f"self.blocks = nn.Sequential(*[Block({a}, 8) for _ in range(n)])",
    "a sum that ends in a bracket": lambda a: f"return self.conv1(x) + self.conv2({a}, planes)",
    "a sum in brackets": lambda a: f"x = (self.conv1(x) + self.conv2({a})).relu()",
    "a table": lambda a: f"rows = ((1, 16, 16, {a}), (6, 24, 24, 2), (6, 40, 40, 3))",
    "a sum": lambda a: f"self.planes_inside = in_channels + {a} + width",
    "a typed product": lambda a: f"planes_inside: int = in_channels * {a} * 2",
    "a child by its name": lambda a: f"x = self['{a}'](x)".replace("'", '"'),
    "two children by their names": lambda a: f"x = self['{a}'](x) + self['the right branch'](x)".replace("'", '"'),
    "a child by its name in a call": lambda a: f"x = torch.cat([self['{a}'](x), y], 1)".replace("'", '"'),
    "a result": lambda a: f"return self.conv1(x) + {a} * y",
}
"""A statement with a name of any length."""
OPERATIONS = ("a sum", "a sum in brackets", "a typed product", "a result")
"""Expressions that `ruff format` puts in brackets if they are too long; emitted code has none that is."""


@pytest.mark.parametrize("form", FORMS)
def test_statements_of_every_length_are_formatted(form: str, tmp_path: Path) -> None:
    most = COLUMNS + 4 if form in OPERATIONS else COLUMNS + 30
    least = len(FORMS[form](""))
    statements = [FORMS[form]("a" * (columns - 8 - least)) for columns in range(COLUMNS - 15, most)]
    lines = [laid_out(s, 8) for s in statements]
    assert all(_tree(dedent("\n".join(broken))) == _tree(s) for s, broken in zip(statements, lines, strict=True))
    text = "\n".join(chain(["class Model:", "    def forward(self):"], *lines, [""]))
    (tmp_path / "made.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", "--line-length", str(COLUMNS), "made.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout


def _tree(statement: str) -> str:
    return ast.dump(ast.parse(statement))
