"""The specs that are open in an editor, and those on disk that they use."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from archc.count.counts import Dims
from archc.diagnostics.core import Problem
from archc.diagnostics.problems.limits import TooLarge
from archc.diagnostics.source import Source
from archc.editor.analysis import Analysis, KeptTexts, analysed
from archc.editor.pieces import Reading, ReadText
from archc.support.limits import LIMITS, Limits
from archc.support.record import Struct, field
from archc.support.resources import specs_root
from archc.zoo import ENDING, SHIPPED, Files, SpecError, read


class Workspace(Struct):
    """The open texts by name, and what is known about them.

    The name of a file is its path, that of a shipped spec begins with `archc/specs`.
    """

    limits: Limits = LIMITS
    folders: tuple[str, ...] = ()
    """The folders in which to look for specs that use others."""
    open: dict[str, str] = field(default_factory=dict)
    kept: KeptTexts = field(default_factory=KeptTexts)
    input: Dims | None = None
    """The shape of the input of bare chains, if it is not the default."""
    _readings: dict[str, Reading] = field(default_factory=dict)
    _analyses: dict[str, Analysis] = field(default_factory=dict)
    _earlier: dict[str, Analysis] = field(default_factory=dict)

    def put(self, name: str, words: str) -> None:
        """Open a text, or change it."""
        self.open[name] = words
        self._analyses.pop(name, None)
        for other in self.users(name):
            self._analyses.pop(other, None)

    def close(self, name: str) -> None:
        """Close a text, and use the file on disk again."""
        self.open.pop(name, None)
        self._analyses.pop(name, None)
        self._earlier.pop(name, None)
        self.touched()

    def touched(self) -> None:
        """Note that files may have changed on disk."""
        self._analyses.clear()

    def users(self, name: str) -> tuple[str, ...]:
        """The open texts that use a file, directly or indirectly, as far as they have been read."""
        return tuple(n for n, found in self._analyses.items() if n != name and n in self.open and name in found.texts)

    def analysis(self, name: str) -> Analysis:
        """The analysis of the current version of a file. Raises `SpecError` if it cannot be read."""
        if (known := self._analyses.get(name)) is None:
            text = self.text(name)
            texts = {name: text}

            def load(path: str, importer: Source) -> Source | Problem:
                found = self.load(path, importer)
                if isinstance(found, Problem):
                    return found
                texts[found.name] = self._read(found)
                return texts[found.name].lasting

            known = self._analyses[name] = analysed(text, texts, load, self.kept, self.input)
        return known

    def is_current(self, analysis: Analysis) -> bool:
        """Whether an analysis is for the current texts."""
        return self._analyses.get(analysis.name) is analysis

    def keep(self, analysis: Analysis) -> None:
        """Keep a complete analysis, from which later ones take what they do not know yet."""
        self._earlier[analysis.name] = analysis

    def earlier(self, name: str) -> Analysis | None:
        """The last complete analysis."""
        return self._earlier.get(name)

    def text(self, name: str) -> ReadText:
        """The current version of a file, parsed. Raises `SpecError` if it cannot be read."""
        return self._read(Source(name, self.words(name)))

    def words(self, name: str) -> str:
        """The current text of a file. Raises `SpecError` if it cannot be read."""
        if name in self.open:
            words = self.open[name]
            if len(words.encode("utf-8", "surrogatepass")) > self.limits.bytes:
                raise SpecError(TooLarge(what="the file", limit=f"{self.limits.bytes:,} bytes").message())
            return words
        path = path_of(name)
        return read(path, self.limits.bytes)

    def load(self, path: str, importer: Source) -> Source | Problem:
        """The spec that `from "path" use …` names: an open text, a file next to the importer, or a shipped spec."""
        if not importer.name.startswith(f"{SHIPPED}/") and importer.name:
            beside = os.path.normpath(os.path.join(os.path.dirname(importer.name), path)).replace(os.sep, "/")
            if beside in self.open and ".." not in PurePosixPath(path).parts:
                return Source(beside, self.words(beside))
        folder = Path(importer.name).parent
        shipped = not importer.name or importer.name.startswith(f"{SHIPPED}/")
        files = Files(limits=self.limits) if shipped else Files(folder, PurePosixPath(folder.as_posix()), self.limits)
        found = files.load(path, importer)
        if isinstance(found, Source) and found.name in self.open:
            return Source(found.name, self.words(found.name))
        return found

    def specs(self) -> tuple[str, ...]:
        """The specs in the folders, and those that are open."""
        found = dict.fromkeys(self.open)
        for folder in self.folders:
            for path in sorted(Path(folder).rglob(f"*{ENDING}")):
                if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
                    found[path.as_posix()] = None
        return tuple(found)

    def importable(self, name: str) -> tuple[str, ...]:
        """The paths that `from "…"` may name in a file."""
        beside: set[str] = set()
        if not name.startswith(f"{SHIPPED}/"):
            folder = PurePosixPath(name).parent
            beside = {path.name for path in Path(folder).glob(f"*{ENDING}")}
            beside |= {other.name for other in map(PurePosixPath, self.open) if other.parent == folder}
        shipped = {file.name for file in specs_root().iterdir() if file.name.endswith(ENDING)}
        return tuple(sorted((beside | shipped) - {PurePosixPath(name).name}))

    def _read(self, source: Source) -> ReadText:
        reading = self._readings.setdefault(source.name, Reading(source.name, self.limits))
        return reading.read(source.text)


def path_of(name: str) -> Path:
    """The path of a file, which may be a shipped one."""
    if name.startswith(f"{SHIPPED}/"):
        return Path(str(specs_root().joinpath(name.removeprefix(f"{SHIPPED}/"))))
    return Path(name)
