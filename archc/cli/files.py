"""Writing files: completely, or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

from archc import __version__
from archc.cli.provenance import MARK, is_foreign, stamped

_STREAMS = frozenset({"-", "/dev/stdout", "/dev/stderr"})


class UsedWrongly(click.ClickException):
    """The command line was used wrongly. The message may contain names of files, and so any character."""

    exit_code = 2

    def format_message(self) -> str:
        """The message, safe for a terminal."""
        from archc.diagnostics.render.display import escaped

        return escaped(self.message)


class ForeignOutput(UsedWrongly):
    """Raised if a file or folder that archc did not write would be overwritten."""


class CannotWrite(UsedWrongly):
    """A file or folder cannot be written."""

    @classmethod
    def because(cls, path: Path, error: OSError) -> CannotWrite:
        """The error for a file, with the operating system's reason."""
        return cls(f"cannot write {path}: {os.strerror(error.errno).lower() if error.errno else error}")


def write_output(path: Path, data: str | bytes, *, force: bool) -> None:
    """Write an output of a command. A file that archc did not write is kept, unless `force`.

    Raises `ForeignOutput` and `CannotWrite`.
    """
    if not force and path.as_posix() not in _STREAMS and is_foreign(path):
        raise ForeignOutput(f"{path} was not written by archc, or was changed since; --force overwrites it")
    write(path, data)


def write_marked(path: Path, data: bytes, format: str, *, force: bool) -> None:
    """Write an output in a format, with archc's mark if the format has comments, like `write_output`."""
    write_output(path, stamped(data, format, __version__), force=force)


def claim(path: Path, *, force: bool) -> None:
    """Make a folder for many files, and mark it as archc's. A folder with other files is kept, unless `force`.

    Raises `ForeignOutput` and `CannotWrite`.
    """
    folder(path)
    mark = path / ".archc"
    if not force and not mark.exists() and any(path.iterdir()):
        raise ForeignOutput(f"{path} holds files that archc did not write; --force writes among them")
    write(mark, f"{MARK}: what is in this folder may be overwritten.\n")


def write(path: Path, data: str | bytes) -> None:
    """Write `data` to a file atomically, creating its folder: readers see the old contents or the new ones.

    Raises `CannotWrite`.
    """
    temporary: str | None = None
    if path.as_posix() in _STREAMS:  # reopening it would overwrite what has been written
        click.echo(_bytes(data), nl=False, err=path.name == "stderr")
        return
    if path.is_symlink():  # a link stands for its target
        path = Path(os.path.realpath(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(21, "is a directory")
        if path.exists() and not path.is_file():  # a pipe or a device, such as /dev/stdout
            path.write_bytes(_bytes(data))
            return
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(_bytes(data))
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise CannotWrite.because(path, error) from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def rewrite(path: Path, text: str) -> None:
    """Replace the content of an existing file of the user's; its permissions stay. Raises `CannotWrite`."""
    try:
        mode = path.stat().st_mode
        write(path, text)
        path.chmod(mode)
    except OSError as error:
        raise CannotWrite.because(path, error) from None


def folder(path: Path) -> None:
    """Make a folder, with its parents. Raises `CannotWrite`."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite.because(path, error) from None


def _bytes(data: str | bytes) -> bytes:
    return data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")


def _umask() -> int:
    """The permissions that new files lack. The system can only report them by setting them, so they are set back."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
