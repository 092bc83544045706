"""Running Python files as Python itself would: with the modules of their folder, inside their package."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

_ALONE = "archc_reference_"
"""The prefix of the module names of files outside packages. They stay in `sys.modules`."""


class PythonFile:
    """A Python file, with what it imports from its own folders, isolated from other modules of the same names.

    These modules are in `sys.modules` only while the file's code is loaded, or called by `call`: two files that are
    compared may each have their own `utils.py`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.top = _top(self.path)
        self._own: dict[str, ModuleType] = {}

    def load(self) -> ModuleType:
        """Import the module. Raises whatever its code raises."""
        name = ".".join(self.path.relative_to(self.top).with_suffix("").parts)
        with self._importable():
            return import_module(name) if "." in name else self._alone()

    def call(self, made: Callable[..., Any], *args: object, **kwargs: object) -> Any:
        """Call something in the file, which may import more modules."""
        with self._importable():
            return made(*args, **kwargs)

    def _alone(self) -> ModuleType:
        """The module of a file outside any package, under a unique name."""
        name = f"{_ALONE}{sha256(str(self.path).encode()).hexdigest()[:16]}"
        spec = importlib.util.spec_from_file_location(name, self.path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # dataclasses and TorchScript look there
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        return module

    @contextmanager
    def _importable(self) -> Iterator[None]:
        """A context in which the file's folder and its package's come first, with modules loaded from them before."""
        folders = list(dict.fromkeys((self.top, self.path.parent)))
        path, before = list(sys.path), dict(sys.modules)
        sys.path[:0] = map(str, folders)
        sys.modules.update(self._own)
        try:
            yield
        finally:
            sys.path[:] = path
            changed = [n for n, m in sys.modules.items() if before.get(n) is not m and not n.startswith(_ALONE)]
            own = {name: sys.modules[name] for name in changed if _folder(name.partition(".")[0]) in folders}
            self._own |= own
            for name in own:
                del sys.modules[name]
            sys.modules.update({name: before[name] for name in own if name in before})


def _folder(name: str) -> Path | None:
    """The folder in which Python found a package, or a module outside packages; None for built-in modules."""
    module = sys.modules.get(name)
    places = getattr(module, "__path__", None)
    place = next(iter(places)) if places else getattr(module, "__file__", None)
    return Path(place).resolve().parent if isinstance(place, str) else None


def _top(path: Path) -> Path:
    """The folder that contains the outermost package of a file; for a file outside packages, its own folder."""
    top = path.parent
    while (top / "__init__.py").is_file() and top != top.parent:
        top = top.parent
    try:
        code = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return top  # running it reports what is wrong
    levels = [n.level for n in ast.walk(code) if isinstance(n, ast.ImportFrom)]
    above = path.parents[min(max(levels, default=0), len(path.parents) - 1)]
    return above if top.is_relative_to(above) else top
