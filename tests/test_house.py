"""The structure of the code: unique class names, base classes, and the interfaces of packages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeGuard

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


def test_small_classes_have_one_base() -> None:
    """A class of fields is a `Record` or a `Struct`, unless torch gives its base."""
    decorated = {
        f"{_dotted(path)}.{node.name}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(d).split("(")[0].rpartition(".")[2] == "dataclass" for d in node.decorator_list)
    }
    assert decorated == {"archc.training.data.Images", "archc.training.features.Features"}


def test_no_class_name_is_defined_twice() -> None:
    """A word has one meaning: `docs/glossary.md`."""
    places: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def faces() -> dict[str, set[str] | None]:
    """The contents of `__all__` by package: names, and modules that others may import; None without an `__all__`."""
    found: dict[str, set[str] | None] = {}
    for path in MODULES:
        if path.name == "__init__.py" and path.parent.name != "archc":
            values = [n.value for n in ast.parse(path.read_text(encoding="utf-8")).body if _is_all(n)]
            found[_dotted(path)] = set(ast.literal_eval(values[0])) if values else None
    return found


def _is_all(node: ast.stmt) -> TypeGuard[ast.Assign]:
    return isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets)


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    """The dotted names that a module imports from archc: `archc.ir.network.Node`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names if alias.name.startswith("archc."))
            case ast.ImportFrom(module=str(module)) if module.startswith("archc"):
                yield from (f"{module}.{alias.name}" for alias in node.names)


@cache
def crossings() -> tuple[tuple[str, str, str], ...]:
    """Each import from another package: the importing module, the package, and the imported name."""
    found: list[tuple[str, str, str]] = []
    for path in MODULES:
        for name in imports(path):
            parts = name.split(".")
            for end in range(2, len(parts)):
                package = ".".join(parts[:end])
                if package in FACES and not f"{_dotted(path)}.".startswith(f"{package}."):
                    found.append((_dotted(path), package, parts[end]))
    return tuple(found)


def test_rooms_import_what_others_export() -> None:
    """Names that a package's `__all__` does not list are private. Without one, all are public: how-it-works.md."""
    for importer, package, part in crossings():
        exported = FACES[package]
        allowed = not part.startswith("_") if exported is None else part in exported
        assert allowed, f"{importer} imports {part}, which is not in the `__all__` of {package}"


def test_what_a_room_exports_is_imported() -> None:
    """A module is listed in `__all__` because others import it."""
    used = {(package, part) for _, package, part in crossings()}
    for package, exported in FACES.items():
        listed = {part for part in exported or () if f"{package}.{part}" in NAMES}
        assert {part for part in listed if (package, part) not in used} == set(), package


FACES = faces()
NAMES = {_dotted(path) for path in MODULES}
