"""Python files of others, run as Python itself would run them: beside the modules of their folder, in their package."""

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
"""How the names of files begin that are in no package; nothing else is called so, and they stay."""


class PythonFile:
    """A Python file, and what it imports from its own folders, which no other module of that name gets in the way of.

    Those modules are in `sys.modules` only while the file's code is loaded or called by `call`: two files that are
    compared may each have a `utils.py` beside them.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.top = _top(self.path)
        self._own: dict[str, ModuleType] = {}

    def load(self) -> ModuleType:
        """The module; raises whatever its code raises."""
        name = ".".join(self.path.relative_to(self.top).with_suffix("").parts)
        with self._importable():
            return import_module(name) if "." in name else self._alone()

    def call(self, made: Callable[..., Any], *args: object, **kwargs: object) -> Any:
        """Call something of the file, which may import more."""
        with self._importable():
            return made(*args, **kwargs)

    def _alone(self) -> ModuleType:
        """The module of a file that is in no package, by a name of its own."""
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
        """The folder of the file and that of its package come first, with the modules that they gave before."""
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
    """The folder in which Python found a module that is in no package, or a package; None for what it has built in."""
    module = sys.modules.get(name)
    places = getattr(module, "__path__", None)
    place = next(iter(places)) if places else getattr(module, "__file__", None)
    return Path(place).resolve().parent if isinstance(place, str) else None


def _top(path: Path) -> Path:
    """The folder that holds the outermost package of a file: the folder of the file, if that is in none."""
    top = path.parent
    while (top / "__init__.py").is_file() and top != top.parent:
        top = top.parent
    try:
        code = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return top  # running it says what is wrong
    levels = [n.level for n in ast.walk(code) if isinstance(n, ast.ImportFrom)]
    above = path.parents[min(max(levels, default=0), len(path.parents) - 1)]
    return above if top.is_relative_to(above) else top
