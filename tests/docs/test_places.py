"""Paths, names and the order of the rooms in the documentation exist in the code."""

from __future__ import annotations

import ast
import re
import tomllib
import typing
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from archc.ops import lookup

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
OF_THE_CODE = [ROOT / "docs" / name for name in ("how-it-works.md", "contributing.md", "glossary.md")]
WORDS = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"(archc|docs|tests|specs|grammar|benchmarks|fuzz|editors)/[\w./-]*")
FILE = re.compile(r"[\w-]+\.(py|toml|lark|md)")
DOTTED = re.compile(r"(\w+)\.(\w+)(?:\(\w*\))?")
CLASS = re.compile(r"[A-Z]\w*[a-z]\w*")
HISTORY = "CHANGELOG.md"
"""It describes past versions in the names of their time."""


def words(page: Path) -> Iterator[str]:
    """The texts in backticks of a page, outside of examples."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return (word for word in WORDS.findall(text) if "NAME" not in word)


def _members(node: ast.ClassDef) -> Iterator[str]:
    for inner in ast.walk(node):
        match inner:
            case ast.FunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Assign():
                yield from (target.id for target in inner.targets if isinstance(target, ast.Name))
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                yield name


def owners() -> Mapping[str, set[str]]:
    """By the name of a module or class of archc, the names in it."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in (ROOT / "archc").rglob("*.py"):
        module = path.parent.name if path.stem == "__init__" else path.stem
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            match node:
                case ast.ClassDef(name=name):
                    found[module].add(name)
                    found[name].update(_members(node))
                case ast.FunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                    found[module].add(name)
                case ast.Assign():
                    found[module].update(target.id for target in node.targets if isinstance(target, ast.Name))
                case ast.ImportFrom() if path.stem == "__init__":  # what a package exports
                    found[module].update(alias.name for alias in node.names)
    return found


OWNERS = owners()
DEFINED = set().union(*OWNERS.values())
FILES = {path.name for folder in ("archc", "docs", "grammar", "tests") for path in (ROOT / folder).rglob("*")}


@pytest.mark.parametrize("page", [p for p in PAGES if p.name != HISTORY], ids=lambda p: p.name)
def test_paths_are_there(page: Path) -> None:
    paths = [word for word in words(page) if PATH.fullmatch(word)]
    assert [path for path in paths if not (ROOT / path).exists() and not list(ROOT.glob(path))] == []


@pytest.mark.parametrize("page", OF_THE_CODE, ids=lambda p: p.name)
def test_names_are_there(page: Path) -> None:
    """Files, `Class.member` and `module.name`, and classes that stand alone."""
    missing = []
    for word in words(page):
        if FILE.fullmatch(word):
            there = word in FILES or (ROOT / word).exists()
        elif word.startswith("archc.") and re.fullmatch(r"[\w.]+", word):
            *folder, name = word.split(".")
            there = ROOT.joinpath(*folder, name).exists() or name in OWNERS[folder[-1]]
        elif (dotted := DOTTED.fullmatch(word)) and dotted[1] not in ("nn", "F", "torch"):
            there = dotted[2] in OWNERS.get(EXAMPLES.get(dotted[1], dotted[1]), ())
        elif CLASS.fullmatch(word):
            there = word in DEFINED or lookup(word) is not None or hasattr(typing, word)
        else:
            continue
        if not there:
            missing.append(word)
    assert missing == []


EXAMPLES = {"network": "Network", "node": "Node", "exports": "Registry", "state": "ExpansionState"}
"""What the variables of the steps in contributing.md are."""


def test_the_table_of_rooms_has_the_order_of_the_contract() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    text = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")
    table = text.split("## The rooms")[1].split("\n\n")[2]
    rooms = re.findall(r"^\| `(\w+)` \|", table, re.M)
    assert rooms == [room for layer in layers for room in layer.split(" | ") if room != "__main__"]
