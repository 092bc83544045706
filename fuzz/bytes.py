"""A target under Atheris, which searches for bytes that reach new code: `python -m fuzz.bytes check`."""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import atheris

with atheris.instrument_imports(include=["archc"]):
    from fuzz.targets import TARGETS
from fuzz.guard import fault_of
from fuzz.texts import SMALL, WORDS, altered, graphs

LONGEST = 4_000
"""Bytes of an input: the small specs have a thousand."""


def text_of(data: bytes) -> str:
    """Bytes as a text: as UTF-8, or each byte as a word of the language."""
    if data[:1] and data[0] % 2:
        return data[1:].decode("utf-8", "replace")
    return " ".join(WORDS[b] if b < len(WORDS) else "\n" for b in data[1:])


def bytes_of(text: str) -> bytes:
    """Bytes that `text_of` makes this text of."""
    return b"\1" + text.encode("utf-8", "replace")


def mutated(data: bytes, longest: int, seed: int) -> bytes:
    """Mutate bytes: change a few words of the text, or let Atheris mutate them."""
    random = Random(seed)
    if random.random() < 0.5:
        return bytes(atheris.Mutate(data, longest))
    return bytes_of(altered(text_of(data), random))[:longest]


def main() -> None:
    """Run the target that the first argument names; other arguments are libFuzzer's."""
    name, *options = sys.argv[1:]
    target = TARGETS[name]

    def one(data: bytes) -> None:
        if (fault := fault_of(target, text_of(data))) is not None:
            raise fault

    first = graphs()[:1] if name == "json" else SMALL
    with TemporaryDirectory() as folder:
        for data in map(bytes_of, first):
            Path(folder, sha256(data).hexdigest()).write_bytes(data)
        atheris.Setup([sys.argv[0], f"-max_len={LONGEST}", *options, folder], one, custom_mutator=mutated)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
