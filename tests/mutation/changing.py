"""Replacing the source of modules, in existing functions or on import."""

from __future__ import annotations

import functools
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

OURS = ("archc", "docs", "tests")
_AT_ONCE = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")


class Instead(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """An importer with other code for modules: `code` makes it from a file, None if unchanged; `given` are globals."""

    def __init__(self, root: Path, code: Callable[[Path], CodeType | None], given: dict[str, object]) -> None:
        self.root, self.code, self.given = root, code, given

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        file = self.file(fullname)
        if file is None or self.code(file) is None:
            return None
        inside = [str(file.parent)] if file.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(fullname, file, loader=self, submodule_search_locations=inside)

    def file(self, name: str) -> Path | None:
        """The file of a module of archc or the tests."""
        if name.split(".")[0] != "archc":
            return None
        place = self.root.joinpath(*name.split("."))
        return next((f for f in (place / "__init__.py", place.with_suffix(".py")) if f.is_file()), None)

    def is_package(self, fullname: str) -> bool:
        return (self.file(fullname) or Path()).name == "__init__.py"

    def get_source(self, fullname: str) -> str:
        return (self.file(fullname) or Path()).read_text(encoding="utf-8")

    def exec_module(self, module: ModuleType) -> None:
        file = self.file(module.__name__)
        assert file is not None
        code = self.code(file)
        assert code is not None
        module.__dict__.update(self.given)
        exec(code, module.__dict__)


def forget() -> None:
    """Remove the modules of archc and the tests, so that they are imported again."""
    for name in [name for name in sys.modules if name.split(".")[0] in OURS]:
        if not name.startswith("tests.mutation") and name != "tests":
            del sys.modules[name]


class Living:
    """The existing functions and caches of archc and the tests."""

    def __init__(self) -> None:
        every = gc.get_objects()
        self._caches = [o for o in every if type(o) is functools._lru_cache_wrapper]
        self._functions: dict[str, list[FunctionType]] = defaultdict(list)
        for one in every:
            if type(one) is FunctionType:  # isinstance asks lazy modules for their class
                self._functions[one.__code__.co_filename].append(one)

    def patch(self, file: Path, source: str) -> bool:
        """Give the functions of a module the code of another source. Returns False if more than functions differ."""
        old = compile(file.read_text(encoding="utf-8"), str(file), "exec")
        new = compile(source, str(file), "exec")
        before, after = _functions(old), _functions(new)
        if _when_imported(old) != _when_imported(new) or list(map(len, before.values())) != list(
            map(len, after.values())
        ):
            return False
        place = {(name, c.co_firstlineno): i for name, found in before.items() for i, c in enumerate(found)}
        for one in self._functions[str(file)]:
            name, line = one.__code__.co_qualname, one.__code__.co_firstlineno
            if (name, line) not in place:
                return False
            code = after[name][place[name, line]]
            if len(code.co_freevars) != len(one.__code__.co_freevars):
                return False
            one.__code__ = code
        for cache in self._caches:
            if (cache.__module__ or "").split(".")[0] in OURS:
                cache.cache_clear()
        return True


def _parts(code: CodeType) -> list[CodeType]:
    return [c for c in code.co_consts if isinstance(c, CodeType)]


def _runs_at_once(code: CodeType) -> bool:
    """Whether a part of a module or class body runs with it: the body of a class, a comprehension."""
    return not code.co_flags & 1 or code.co_name in _AT_ONCE


def _when_imported(code: CodeType) -> list[object]:
    """The code of a module that runs when it is imported."""
    own = [c for c in code.co_consts if not isinstance(c, CodeType)]
    typed = [(type(c), repr(c)) for c in own]
    return [code.co_code, code.co_names, typed, *(_when_imported(c) for c in _parts(code) if _runs_at_once(c))]


def _functions(code: CodeType) -> dict[str, list[CodeType]]:
    """The code objects of all functions, by name and in order."""
    found: dict[str, list[CodeType]] = defaultdict(list)
    for part in _parts(code):
        if not _runs_at_once(part):
            found[part.co_qualname].append(part)
        for name, more in _functions(part).items():
            found[name] += more
    return found
