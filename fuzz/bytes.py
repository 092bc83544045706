"""A target under Atheris, which looks for bytes that lead to new places: `python -m fuzz.bytes check`."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["archc"]):
    from fuzz.targets import TARGETS
from fuzz.guard import fault_of
from fuzz.texts import WORDS


def text_of(data: bytes) -> str:
    """Bytes as a text: as UTF-8, or each byte as a word of the language."""
    if data[:1] and data[0] % 2:
        return data[1:].decode("utf-8", "replace")
    return " ".join(WORDS[b] if b < len(WORDS) else "\n" for b in data[1:])


def main() -> None:
    """Run the target that the first argument names; the others are libFuzzer's."""
    name, *options = sys.argv[1:]
    target = TARGETS[name]

    def one(data: bytes) -> None:
        if (fault := fault_of(target, text_of(data))) is not None:
            raise fault

    atheris.Setup([sys.argv[0], "-max_len=600", *options], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
