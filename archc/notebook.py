"""`%load_ext archc`: cells that begin with `%%arch` are specs whose models later cells can use."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from archc.api import CompileError, Model
from archc.count.counts import Counts
from archc.diagnostics.core import Problem
from archc.diagnostics.render import render
from archc.diagnostics.render.screen import Screen
from archc.diagnostics.source import Source
from archc.pipeline import DEFAULTS, check
from archc.showing import counts_table
from archc.support.record import Struct, field
from archc.zoo import ENDING, Files

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_FILE = re.compile(r"[A-Za-z_][\w-]*(\.arch)?")


class Cells(Struct):
    """The named cells of a notebook, by the file name under which others use them."""

    named: dict[str, str] = field(default_factory=dict)

    def define(self, line: str, text: str) -> dict[str, Model]:
        """The models of a cell; `line` is its name or nothing.

        A cell called `parts` is the file `parts.arch` for the cells that are run after it.

        Raises `CompileError`, and `ValueError` for an invalid name.
        """
        name = line.strip()
        if name and _FILE.fullmatch(name) is None:
            raise ValueError(f"{name!r} is not a name for a cell: write a word, as in `%%arch parts`")
        file = f"{name.removesuffix(ENDING)}{ENDING}" if name else "cell.arch"
        checked = check(Source(file, text), self._load, None, DEFAULTS)
        if checked.failed:
            raise CompileError(checked.diagnostics, checked.sources)
        if name:
            self.named[file] = text
        if checked.diagnostics:
            print(render(checked.diagnostics, checked.sources, "text", Screen(colour=True)), end="")
        return {name: Model(network, checked.diagnostics) for name, network in checked.networks.items()}

    def _load(self, path: str, importer: Source) -> Source | Problem:
        if path in self.named:
            return Source(path, self.named[path])
        return Files(Path.cwd(), PurePosixPath(".")).load(path, importer)


def register(shell: InteractiveShell) -> None:
    """Register `%%arch` with a shell, and show counts as a table."""
    cells = Cells()

    def arch(line: str, cell: str) -> Any:
        """Define the models of a cell as variables; the last is shown. `%%arch parts` lets others use "parts.arch"."""
        models = cells.define(line, cell)
        shell.push(models)
        return next(reversed(models.values()), None)

    if shell.display_formatter is not None:
        shell.display_formatter.formatters["text/html"].for_type(Counts, counts_table)
    shell.register_magic_function(arch, "cell", "arch")  # type: ignore[arg-type]  # IPython takes its shell for `arch`
