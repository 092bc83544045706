"""Starter specs for transfer learning: a published network whose heads are replaced."""

from __future__ import annotations

from pathlib import PurePath

from archc.ir.data import Data
from archc.ir.heads import heads
from archc.ir.network import Network, Node

_TEXT = '''\
"""{base} for {classes} classes of your own: what it has learned to see is kept, and its head is new.

  archc weights {file}             what is kept, dropped and new
  archc finetune {file} --data DIR --weights {weights} -o RUN
"""

from "{source}" use {base}

variant {name} = {base} {{
{edits}
  freeze all except {heads}{comment}

  mean: [{mean}]{of}
  std: [{std}]
}}
'''


def starter(network: Network, source: str, name: str, classes: int) -> str:
    """A spec that edits a shipped network (from `source`) into one for `classes` classes.

    Raises:
        ValueError: its head cannot be found.
    """
    found = heads(network)
    if not found or network.type_of(network.outputs[0]).is_image:
        raise ValueError(f"{network.name} does not end in a layer that makes its classes")
    like = network.fact("like")
    channels = network.type_of(network.inputs[0]).channels
    # Weights ported from TensorFlow want [-1, 1]; torchvision converts ImageNet's normalisation to that in the network.
    halves = channels != 3 or any(a.name == "transform_input" and not a.value for a in network.scopes[0].arguments)
    main, *others = (node.path for node in found)
    paths = [main, *_together(others)]
    edits = [f"  replace {path}: {_with(node, classes)}" for path, node in zip(paths, found, strict=False)]
    if len(found) > 1:
        edits.insert(0, "  # the auxiliary heads are trained with it; without them: " + f"{network.name}(aux=false)")
    return _TEXT.format(
        base=network.name,
        classes=classes,
        file=f"{name}.arch",
        weights=like if isinstance(like, str) else "FILE",
        source=PurePath(source).name,
        name=name,
        edits="\n".join(edits),
        heads=", ".join(paths),
        comment="   # batch-norm statistics too; `unfreeze` what should learn",
        mean=", ".join(["0.5"] * channels) if halves else "0.485, 0.456, 0.406",
        std=", ".join(["0.5"] * channels) if halves else "0.229, 0.224, 0.225",
        of="   # what its published weights were trained with" if channels == 3 else "",
    )


def _together(paths: list[str]) -> list[str]:
    """Two paths that differ in one digit, as one pattern: `aux[12].fc2`."""
    if len(paths) != 2 or len(paths[0]) != len(paths[1]):
        return paths
    differ = [i for i, (a, b) in enumerate(zip(*paths, strict=True)) if a != b]
    digits = sorted(p[differ[0]] for p in paths) if len(differ) == 1 else []
    if not digits or not all(d.isdecimal() for d in digits):
        return paths
    return [f"{paths[0][: differ[0]]}[{''.join(digits)}]{paths[0][differ[0] + 1 :]}"]


def _with(node: Node, classes: int) -> str:
    """The head's term with another number of classes: its first argument."""
    fields = type(node.op).model_fields
    first, *others = fields
    given = [f"{n}={_text(getattr(node.op, n))}" for n in others if getattr(node.op, n) != fields[n].default]
    if (size := next((g for g in given if g.startswith("kernel=")), "")) and others[0] == "kernel":
        given = [size.removeprefix("kernel="), *(g for g in given if g != size)]
    return f"{node.op.kind()}({', '.join([str(classes), *given])})"


def _text(value: Data) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, tuple) and value and all(v == value[0] for v in value):
        return _text(value[0])
    if isinstance(value, tuple):
        return f"[{', '.join(map(_text, value))}]"
    return str(value)
