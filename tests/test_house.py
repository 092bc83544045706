"""The house itself: words with one meaning, rooms with a face."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "archc").rglob("*.py"))
ROW = re.compile(r"^\| ([^|]+) \| [^|]+ \| `(\w+)` in `([\w/]+\.py)` \|$", re.M)
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")


def names_in(path: Path) -> set[str]:
    """The classes, functions and other names that a module defines."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        match node:
            case ast.ClassDef() | ast.FunctionDef():
                found.add(node.name)
            case ast.Assign():
                found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
    return found


def test_every_row_of_the_glossary_is_read() -> None:
    rows = [line for line in GLOSSARY.splitlines() if line.startswith("| ") and not line.startswith("| term | meaning")]
    assert len(ROW.findall(GLOSSARY)) == len(rows) > 50
    terms = [term for term, _, _ in ROW.findall(GLOSSARY)]
    assert len(set(terms)) == len(terms), "a term has one meaning"


@pytest.mark.parametrize(("name", "path"), [(name, path) for _, name, path in ROW.findall(GLOSSARY)])
def test_the_glossary_says_where_things_are(name: str, path: str) -> None:
    assert name in names_in(ROOT / path)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_every_room_has_a_face() -> None:
    for folder in {path.parent for path in MODULES}:
        assert (folder / "__init__.py").exists(), folder


def test_no_class_name_is_defined_twice() -> None:
    """A word has one meaning: `docs/glossary.md`."""
    places: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
