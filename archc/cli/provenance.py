"""The mark that archc leaves in what it writes, by which it knows its own files again.

A file without the mark is somebody's work, and is not overwritten unasked.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

MARK = "Written by archc"
_MARKS = re.compile(rb"(?:[Ww]ritten|[Cc]ompiled)[\s#]+by[\s#]+archc")
"""The mark, and how emitted code says it in its header, whose lines are wrapped."""
_LOOKED_AT = 4096
"""Bytes at the beginning and at the end of a file in which the mark is looked for."""


def stamped(data: bytes, format: str, version: str) -> bytes:
    """`data` with the mark in a comment of its format; as it is where it has the mark, or the format has no comments.

    Equal data give equal bytes: there is no time and no path in it.
    """
    if is_marked(data) or (stamp := _STAMPS.get(format)) is None:
        return data
    return stamp(data, f"{MARK} {version}".encode())


def is_marked(data: bytes) -> bool:
    """Whether archc wrote this."""
    return bool(_MARKS.search(data[:_LOOKED_AT]) or _MARKS.search(data[-_LOOKED_AT:]))


def is_foreign(path: Path) -> bool:
    """Whether `path` is a file that holds something and that archc did not write."""
    try:
        data = path.read_bytes() if path.is_file() else b""
    except OSError:
        return True
    return bool(data.strip()) and not is_marked(data)


def _in_png(data: bytes, words: bytes) -> bytes:
    """With a text chunk before the last one (Portable Network Graphics specification, section 11.3.3)."""
    end = data.rfind(b"IEND") - 4
    if end < 0:
        return data
    body = b"tEXtComment\0" + words
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:end] + chunk + data[end:]


_STAMPS: Mapping[str, Callable[[bytes, bytes], bytes]] = {
    "svg": lambda data, words: data.rstrip() + b"\n<!-- " + words + b" -->\n",
    "html": lambda data, words: data.rstrip() + b"\n<!-- " + words + b" -->\n",
    "tex": lambda data, words: b"% " + words + b"\n" + data,
    "dot": lambda data, words: b"// " + words + b"\n" + data,
    "mmd": lambda data, words: data.rstrip() + b"\n%% " + words + b"\n",
    "pdf": lambda data, words: data.rstrip() + b"\n% " + words + b"\n",
    "png": _in_png,
}
