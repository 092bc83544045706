"""Writes docs/layers.md, the table of layers, from the ops: `python -m docs.layers`."""

from __future__ import annotations

from inspect import cleandoc
from pathlib import Path

from archc.editor.hover import default_text
from archc.ir.op import Op
from archc.ops import registry

PAGE = Path(__file__).with_name("layers.md")
HEAD = """\
# Layers

Every layer of the language, with its arguments in order, its shape rule and its cost on one sample. `c`, `h` and `w`
are the channels, rows and columns that come in. The examples are run against PyTorch by the tests.
This page is written by `python -m docs.layers` from the ops' own files in `archc/ops/`.
"""


def page() -> str:
    """The whole page."""
    kinds = [kind for kind in registry().values() if kind.inputs != (0, 0)]
    index = " · ".join(f"[{kind.kind()}](#{kind.kind().lower()})" for kind in kinds)
    return "\n".join([HEAD, index, "", *(section(kind) for kind in kinds)])


def section(kind: type[Op]) -> str:
    """One layer: signature, docstring, examples."""
    parts = [f"## {kind.kind()}", "", f"`{signature(kind)}`", ""]
    if kind.aliases:
        parts += ["Also written " + ", ".join(f"`{alias}`" for alias in kind.aliases) + ".", ""]
    words, _, rules = cleandoc(kind.__doc__ or "").partition("\n\nShape:")
    parts += [words, "", "```text", f"Shape:{rules}", "```", "", "| term | in | out |", "|---|---|---|"]
    parts += [f"| `{e.term.replace('|', chr(92) + '|')}` | {e.inputs} | {e.outputs} |" for e in kind.examples]
    return "\n".join([*parts, ""])


def signature(kind: type[Op]) -> str:
    """The layer with its arguments and their defaults, as in a spec."""
    if kind.merge:
        return f"{kind.merge} {{ A | B }}"
    arguments = [
        name if field.is_required() else f"{name}={default_text(field.default)}"
        for name, field in kind.model_fields.items()
    ]
    return f"{kind.kind()}({', '.join(arguments)})" if arguments else kind.kind()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
