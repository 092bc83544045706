"""Finding specs: the source that a user names, and the file that an import names.

`SPEC` is a file (`x.arch`), a member of one (`x.arch:resnet50`), the name of a shipped network (`resnet50`) or family
(`resnet`; its members are also `resnet:resnet50`), `-` for standard input, or a chain (`"Conv-Pool-FC"`).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from archc.diagnostics.core import Problem
from archc.diagnostics.problems.names import ImportNotFound
from archc.diagnostics.source import Source, readable
from archc.diagnostics.words.near import nearest
from archc.ops import lookup
from archc.pipeline import Checked, Options, check
from archc.support.limits import LIMITS, Limits
from archc.support.record import Record, Struct, field
from archc.support.resources import specs_root

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

ENDING = ".arch"
SHIPPED = "archc/specs"
"""The prefix of the names of shipped sources: their folder in a wheel."""

_NAME = re.compile(r"[A-Za-z_]\w*")
_MEMBER = re.compile(r"^[ \t]*(?:variant|model)[ \t]+([A-Za-z_]\w*)", re.MULTILINE)


class SpecError(Exception):
    """A spec cannot be found or read. The message says why, and what to do."""


class Spec(Record):
    """A spec: its text, and the requested member (None for all)."""

    source: Source
    member: str | None
    files: Files

    def checked(self, options: Options) -> Checked:
        """Check the spec, or the requested member of it."""
        return check(self.source, self.files.load, self.member, options)


def find(spec: str, limits: Limits = LIMITS) -> Spec:
    """Find the spec that a user names. Raises `SpecError`."""
    if spec == "-":
        return _stdin(limits)
    name, member = _parted(spec)
    if name.endswith(ENDING) or os.path.exists(name):
        return _file(Path(name), member, limits)
    if _NAME.fullmatch(spec):
        return _shipped(spec)
    family, _, member = spec.partition(":")
    if _NAME.fullmatch(member) and family in families():
        return find_family(family, member)
    if looks_like_chain(spec):
        return Spec(Source("chain", spec), None, Files())
    raise SpecError(f"there is no spec {spec!r}: no such file, and no chain of layers such as 'Conv-Pool-FC'")


def looks_like_chain(spec: str) -> bool:
    """Whether a text that is neither a file nor a name looks like a network: `Conv-Pool-FC(SM)`, `[Conv]x3`."""
    return bool(re.match(r"\s*[\w\[(\"]", spec)) and "/" not in spec.split("(")[0] and "\\" not in spec


def _parted(spec: str) -> tuple[str, str | None]:
    """Split `x.arch:resnet50`; the colon of a drive letter does not count."""
    name, colon, member = spec.rpartition(":")
    if colon and _NAME.fullmatch(member) and (name.endswith(ENDING) or os.path.isfile(name)):
        return name, member
    return spec, None


def _stdin(limits: Limits) -> Spec:
    text = _decoded(sys.stdin.buffer.read(limits.bytes + 1), "standard input", limits.bytes)
    return Spec(Source("stdin", text), None, Files(Path.cwd(), limits=limits))


def _file(path: Path, member: str | None, limits: Limits) -> Spec:
    source = Source(readable(path.as_posix()), read(path, limits.bytes))
    return Spec(source, member, Files(path.parent, PurePosixPath(path.parent.as_posix()), limits))


def _shipped(name: str) -> Spec:
    """A shipped network or family by name."""
    if (file := _defining(name)) is not None:
        return Spec(shipped_source(file), name, Files())
    if name in families():
        return find_family(name)
    if lookup(name) is not None:  # a chain of one layer
        return Spec(Source("chain", name), None, Files())
    from difflib import get_close_matches

    near = get_close_matches(name, [*shipped_members(), *families()], n=1)
    hint = f"did you mean {near[0]!r}?" if near else "`archc list` shows the shipped ones; a file ends in .arch"
    raise SpecError(f"there is no shipped network {name!r}: {hint}")


def find_family(name: str, member: str | None = None) -> Spec:
    """A shipped family, which may share its name with one of its networks. Raises `SpecError`."""
    return Spec(shipped_source(f"{name}{ENDING}"), member, Files())


# -- what is shipped --------------------------------------------------------------------------------------------------


def families() -> tuple[str, ...]:
    """The shipped families: the names of the spec files that define networks, in alphabetical order."""
    return tuple(dict.fromkeys(file.removesuffix(ENDING) for file in sorted(set(shipped_members().values()))))


@cache
def shipped_members() -> dict[str, str]:
    """The file that defines each shipped model and variant, by name."""
    found: dict[str, str] = {}
    for file in _shipped_files():
        for name in _members(file):
            found.setdefault(name, file)
    return found


def _defining(name: str) -> str | None:
    """The file that defines a shipped model or variant; it is searched first in those that its name begins with."""
    files = sorted(_shipped_files(), key=lambda file: not name.startswith(file.removesuffix(ENDING)))
    return next((file for file in files if name in _members(file)), None)


def _members(file: str) -> list[str]:
    """The models and variants that a shipped file defines, found without parsing it."""
    return _MEMBER.findall(shipped_source(file).text)


@cache
def shipped_source(file: str) -> Source:
    """A shipped spec. Raises `SpecError`."""
    return Source(f"{SHIPPED}/{file}", read(specs_root().joinpath(file)))


def source_called(name: str, limits: Limits = LIMITS) -> Source | None:
    """The spec with this name in diagnostics, if it is a file or a shipped one."""
    try:
        folder, _, file = name.rpartition("/")
        return shipped_source(file) if folder == SHIPPED else Source(name, read(Path(name), limits.bytes))
    except SpecError:
        return None


def _shipped_files() -> tuple[str, ...]:
    root = specs_root()
    return tuple(sorted(f.name for f in root.iterdir() if f.name.endswith(ENDING))) if root.is_dir() else ()


# -- files ------------------------------------------------------------------------------------------------------------


class Files(Struct):
    """Finds imported specs: relative to the importing file, inside the folder `root`, or else among the shipped specs.

    `shown` is the displayed name of `root`. Without a root, only shipped specs are found.
    """

    root: Path | None = None
    shown: PurePosixPath = field(default_factory=PurePosixPath)
    limits: Limits = LIMITS

    def load(self, path: str, importer: Source) -> Source | Problem:
        """The spec that `from "path" use …` in `importer` names, or a problem."""
        relative = PurePosixPath(path)
        if relative.is_absolute() or ".." in relative.parts or "\\" in path or "\0" in path:
            return ImportNotFound(path=path, reason="a path stays inside the folder of the spec")
        for name, file in self._candidates(relative, importer):
            try:
                if file.is_file():
                    return Source(name, read(file, self.limits.bytes))
            except SpecError as error:
                return ImportNotFound(path=path, reason=str(error))
            except OSError as error:  # the name is too long
                return ImportNotFound(path=path, reason=_reason(error))
            except ValueError:  # a lone surrogate
                return ImportNotFound(path=path, reason="no file can have this name")
        reason = "there is no such file, and no shipped spec of this name"
        bare, known = path.removesuffix(ENDING), {name.removesuffix(ENDING) for name in self._beside(importer)}
        near = bare if bare in known else nearest(bare, known)
        return ImportNotFound(path=path, reason=reason, nearest=near and f"{near}{ENDING}")

    def _beside(self, importer: Source) -> set[str]:
        """The specs that a path may name: those in the importer's folder, and the shipped ones."""
        known = {*_shipped_files()}
        if self.root is not None and not importer.name.startswith(f"{SHIPPED}/"):
            folder = self.root / _below(PurePosixPath(importer.name).parent, self.shown)
            known |= {file.name for file in folder.glob(f"*{ENDING}")}
        return known - {PurePosixPath(importer.name).name}

    def _candidates(self, relative: PurePosixPath, importer: Source) -> Iterator[tuple[str, Path | Traversable]]:
        if self.root is not None and not importer.name.startswith(f"{SHIPPED}/"):
            folder = _below(PurePosixPath(importer.name).parent, self.shown)
            file = self.root / folder / relative
            if _inside(file, self.root):
                yield (self.shown / folder / relative).as_posix(), file
        yield f"{SHIPPED}/{relative}", specs_root().joinpath(*relative.parts)


def _below(folder: PurePosixPath, root: PurePosixPath) -> PurePosixPath:
    return folder.relative_to(root) if folder.is_relative_to(root) else PurePosixPath()


def _inside(file: Path, root: Path) -> bool:
    """Whether a file is in the folder after following links."""
    return file.resolve().is_relative_to(root.resolve())


def read(file: Path | Traversable, most: int = LIMITS.bytes) -> str:
    """The text of a spec of at most this many bytes. Raises `SpecError` if it cannot be read."""
    try:
        if file.is_dir():
            raise SpecError(f"{_shown(file)} is a folder, not a spec")
        with file.open("rb") as stream:
            return _decoded(stream.read(most + 1), _shown(file), most)
    except OSError as error:
        raise SpecError(f"cannot read {_shown(file)}: {_reason(error)}") from None
    except ValueError as error:  # a NUL in the path
        raise SpecError(f"cannot read {_shown(file)!r}: {error}") from None


def _shown(file: Path | Traversable) -> str:
    return file.as_posix() if isinstance(file, Path) else file.name


def _reason(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else str(error)


def _decoded(data: bytes, name: str, most: int) -> str:
    if len(data) > most:
        size = f"{most // 2**20} MB" if most >= 2**20 else f"{most:,} bytes"
        raise SpecError(f"{name} is larger than {size}, the limit for a spec; `archc --limit bytes=N` raises it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SpecError(f"{name} is not UTF-8 text: byte 0x{data[error.start]:02x} in line {line}") from None
