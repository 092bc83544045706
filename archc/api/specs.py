"""From specs to models: load, compare and sweep specs, and import PyTorch models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from archc.analysis.sweeps import SweepPoint, points_of, written
from archc.analysis.sweeps import sweep as run_sweep
from archc.api.model import CompileError, Model
from archc.diagnostics.source import Source
from archc.pipeline import Checked, Inputs, Options
from archc.pipeline import check as run_check
from archc.zoo import Files, find

if TYPE_CHECKING:
    from torch import nn

    from archc.diffing import Script

InputShapes: TypeAlias = "tuple[int, ...] | Mapping[str, tuple[int, ...]]"


def load(spec: str, *, input: InputShapes | None = None, classes: int | None = None) -> Model:
    """The network that `spec` names: a file, a member of one (`"x.arch:small"`), a shipped network, or a chain.

    `input` is its shape, such as `(1, 32, 32)`, or for several inputs `{"image": (3, 96, 96)}`; `classes` is the number
    of classes of a chain.

    Raises:
        SpecError: it cannot be found or read.
        CompileError: it has errors.
        ValueError: it contains several networks, and none was chosen.
    """
    return only_network(find(spec).checked(Options(inputs=inputs_of(input), classes=classes)), f"{spec}:NAME")


def compile_text(
    text: str,
    *,
    member: str | None = None,
    name: str = "text.arch",
    input: InputShapes | None = None,
    classes: int | None = None,
) -> Model:
    """The network of a spec given as text, or its member called `member`; it may use shipped specs.

    `name` is the name of the text in messages. For `input`, `classes` and exceptions see `load`.
    """
    checked = check(text, member=member, name=name, input=input, classes=classes)
    return only_network(checked, "member=NAME")


def check(
    text: str,
    *,
    member: str | None = None,
    name: str = "text.arch",
    input: InputShapes | None = None,
    classes: int | None = None,
) -> Checked:
    """Check a spec given as text: its diagnostics, and its networks, which are partial if it has errors.

    Never raises, whatever the text. For the arguments see `compile_text`; `Source.position` of `.sources[name]` gives
    the lines and columns of spans in characters, UTF-8 or UTF-16.
    """
    return run_check(Source(name, text), Files().load, member, Options(inputs=inputs_of(input), classes=classes))


def diff(a: str, b: str, *, input: InputShapes | None = None, classes: int | None = None) -> Script:
    """Compare two networks: the edit script from `a` to `b`, counts, and a map of state-dict keys.

        script = archc.diff("HEAD~1:net.arch", "net.arch")
        script.equal, [edit.name for edit in script.edits], dict(script.keys.keys)

    Each is what `load` accepts, or a spec in a git revision, `"REVISION:FILE.arch"` and `"REVISION:FILE.arch:NAME"`.

    Raises:
        SideError: a revision cannot be read. `problem` says why.
        SpecError, CompileError, ValueError: as `load` does.
    """
    from archc.diffing import diff as run_diff
    from archc.diffing.sides import side

    options = Options(inputs=inputs_of(input), classes=classes)
    one, other = (only_network(side(text).checked(options), f"{text}:NAME").network for text in (a, b))
    return run_diff(one, other)


def sweep(spec: str, *, processes: int = 1, **axes: Iterable[object]) -> list[SweepPoint]:
    """Check and count a network with each combination of inputs and arguments of its model.

        archc.sweep("resnet50", input=range(128, 513, 32), classes=[10, 100, 1000])

    An `input` is a shape such as `(3, 128, 128)`, or the side of a square image; of several inputs each is an axis by
    its name, and `input` is the side of all. A `str` is an expression of the language, such as the name of a block.
    A combination with errors has `totals` None and says why in `diagnostics`.
    With several `processes` a script must guard its start with `if __name__ == "__main__"`.

    Raises: as `load` does, and ValueError for an input that is given twice, or a shape that names none of several.
    """
    found = find(spec)
    network = only_network(found.checked(Options()), f"{spec}:NAME").network
    inputs = {"input", *network.input_names}
    texts = {n: [_shape(v) if n in inputs else written(v) for v in values] for n, values in axes.items()}
    points, member = points_of(network, texts), found.member or network.name
    return list(run_sweep(found.source, found.files.load, member, points, processes, network.input_names))


def _shape(value: object) -> str:
    return "x".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def import_module(model: nn.Module, input: InputShapes, *, name: str | None = None) -> str:
    """The text of a spec of a PyTorch model, which is run for it and is proved to be the same function.

        archc.compile_text(archc.import_module(torchvision.models.resnet18(), (3, 224, 224)))

    `input` is the shape of one sample; of several inputs `{"left": (3, 64, 64), "right": (3, 64, 64)}`, with the names
    that `forward` has for them. The model is not changed.

    Raises:
        NotImported: it cannot be imported. The message says why.
    """
    from archc.diagnostics.core import Problem
    from archc.importing.importer import NotImported, import_source
    from archc.importing.sources import object_source

    made = import_source(object_source(model, inputs_of(input)), name)
    if isinstance(made, Problem):
        raise NotImported(made)
    return made.text


def inputs_of(input: InputShapes | None) -> Inputs:
    """Shapes of inputs by name, which is "" for a single one."""
    if isinstance(input, Mapping):
        return tuple(input.items())
    return (("", input),) if input is not None else ()


def only_network(checked: Checked, how: str) -> Model:
    """The only network of a spec without errors. `how` tells the user how to choose one of several."""
    if checked.failed:
        raise CompileError(checked.diagnostics, checked.sources)
    if len(checked.networks) != 1:
        raise ValueError(f"there are several networks: choose one with {how} ({', '.join(checked.networks)})")
    return Model(next(iter(checked.networks.values())), checked.diagnostics)
