"""The mark in files that archc writes, by which it recognises them later.

A file without the mark is somebody's work, and is overwritten only on request.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

MARK = "Written by archc"
_SEALED = re.compile(rb"Written by archc [^\s()]+ \(SHA-256 ([0-9a-f]{16})\)")
"""The mark with a hash of the file, in which the digits of the hash count as zeros."""
_UNKNOWN = b"0" * 16
_LOOKED_AT = 4096
"""The number of bytes at the beginning and end of a file that are searched for the mark."""


def stamped(data: bytes, format: str, version: str) -> bytes:
    """`data` with the mark in a comment of its format; unchanged if it has the mark, or the format has no comments.

    Equal data give equal bytes: the mark contains no time and no path.
    """
    if is_marked(data) or (stamp := _STAMPS.get(format)) is None:
        return data
    words = f"{MARK} {version} (SHA-256 ".encode()
    unknown = stamp(data, words + _UNKNOWN + b")")
    if format == "png":  # its checksum would change with the hash
        return stamp(data, words + _hash(data) + b")")
    return unknown.replace(words + _UNKNOWN, words + _hash(unknown))


def _hash(data: bytes) -> bytes:
    return sha256(data).hexdigest()[:16].encode()


def is_marked(data: bytes) -> bool:
    """Whether archc wrote this data, and nobody has changed it since."""
    for start in (0, max(0, len(data) - _LOOKED_AT)):
        if (found := _SEALED.search(data, start, start + _LOOKED_AT)) is not None:
            without = data[: found.start(1)] + _UNKNOWN + data[found.end(1) :]
            return found[1] == _hash(without) or found[1] == _hash(_without_chunk(data))
    return False


def is_foreign(path: Path) -> bool:
    """Whether `path` is a non-empty file that archc did not write."""
    try:
        data = path.read_bytes() if path.is_file() else b""
    except OSError:
        return True
    return bool(data.strip()) and not is_marked(data)


def _without_chunk(data: bytes) -> bytes:
    """A PNG without the text chunk that `_in_png` inserts."""
    start = data.rfind(b"tEXtComment\0") - 4
    if start < 0:
        return b""
    (length,) = struct.unpack(">I", data[start : start + 4])
    return data[:start] + data[start + 12 + length :]


def _in_png(data: bytes, words: bytes) -> bytes:
    """A PNG with a text chunk before the last chunk (Portable Network Graphics specification, section 11.3.3)."""
    end = data.rfind(b"IEND") - 4
    if end < 0:
        return data
    body = b"tEXtComment\0" + words
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:end] + chunk + data[end:]


_STAMPS: Mapping[str, Callable[[bytes, bytes], bytes]] = {
    "py": lambda data, words: data.rstrip() + b"\n\n\n# " + words + b"\n",
    "svg": lambda data, words: data.rstrip() + b"\n<!-- " + words + b" -->\n",
    "html": lambda data, words: data.rstrip() + b"\n<!-- " + words + b" -->\n",
    "tex": lambda data, words: b"% " + words + b"\n" + data,
    "dot": lambda data, words: b"// " + words + b"\n" + data,
    "mmd": lambda data, words: data.rstrip() + b"\n%% " + words + b"\n",
    "pdf": lambda data, words: data.rstrip() + b"\n% " + words + b"\n",
    "png": _in_png,
}
