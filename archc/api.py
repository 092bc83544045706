"""archc from Python: load a spec, then look at it, count, compile, draw and run it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from archc import __version__
from archc.analysis.sweeps import SweepPoint, combinations, shapes, written
from archc.analysis.sweeps import sweep as run_sweep
from archc.diagnostics.core import Diagnostic, Severity
from archc.diagnostics.source import Source
from archc.ir.network import Network
from archc.pipeline import Checked, Inputs, Options
from archc.pipeline import check as run_check
from archc.support.extras import require
from archc.support.record import Record
from archc.zoo import Files, find

if TYPE_CHECKING:
    from os import PathLike

    from torch import nn

    from archc.count.counts import Counts
    from archc.count.facts import Facts
    from archc.diffing import Script
    from archc.targets.figure import Figure, Heat, Look
    from archc.training.engine import TrainingResult
    from archc.training.predict import Prediction
    from archc.training.settings import Settings

Level = Literal["stage", "block", "layer"]
InputShapes: TypeAlias = "tuple[int, ...] | Mapping[str, tuple[int, ...]]"
File: TypeAlias = "str | PathLike[str]"
Cost = Literal["params", "macs", "activations"]


class CompileError(Exception):
    """A spec has errors. `str()` of it shows them as the command line does.

    `diagnostics` are all that there is to say about the spec; `sources` are the texts that they speak of.
    """

    def __init__(self, diagnostics: tuple[Diagnostic, ...], sources: Mapping[str, Source]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics
        self.sources = sources

    def __str__(self) -> str:
        from archc.diagnostics.render import render

        errors = tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)
        return "\n" + render(errors, self.sources)

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the errors as on a terminal, and not the calls that led to them."""
        from archc.diagnostics.render import render
        from archc.diagnostics.render.screen import Screen

        return render(self.diagnostics, self.sources, "text", Screen(colour=True)).splitlines()


class Drawing(Record):
    """A figure of a network, and how it is painted. A notebook shows it."""

    figure: Figure
    look: Look

    def to(self, format: str) -> bytes:
        """The figure as `svg`, `png`, `pdf`, `tex` (TikZ), `dot` (Graphviz) or `mmd` (Mermaid)."""
        from archc.targets.figure import render

        return render(self.figure, format, self.look)

    def pages(self, format: str, width: str, min_font: str = "7pt") -> tuple[list[bytes], list[str]]:
        """The figure for paper of a width, `3.25in`, `89mm`, `column`, `page` or `slide`: its pages, and warnings.

        A PDF has all pages in one. There is a warning where the text had to be smaller than `min_font`.

        Raises:
            FigureError: A length cannot be read, or the format is none of `svg`, `png`, `pdf` and `tex`.
        """
        from archc.targets.figure import Room, render_pages

        return render_pages(self.figure, format, Room.of(width, min_font), self.look)

    def save(self, file: File) -> None:
        """Write the figure; the file's ending says the format."""
        from pathlib import Path

        path = Path(file)
        path.write_bytes(self.to(path.suffix.removeprefix(".").lower() or "svg"))

    def _repr_svg_(self) -> str:
        return self.to("svg").decode()


class Model(Record):
    """A checked network and what can be made of it. `diagnostics`: the notes and warnings about its spec."""

    network: Network
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def name(self) -> str:
        """The network's name."""
        return self.network.name

    @cached_property
    def _counts(self) -> Counts:
        from archc.count.counts import count

        return count(self.network)

    def count(self) -> Counts:
        """Parameters, MACs, FLOPs, activations: exact, by layer and by module."""
        return self._counts

    def facts(self, *parts: str, conventions: Collection[str] = (), batch: int = 1, dtype: str = "float32") -> Facts:
        """Depth and receptive field, and those of `fields`, `formulas`, `memory`, `traffic` and `training` named.

        `conventions` are names of counting tools; memory is that of `batch` samples of `dtype`.

        Raises:
            ValueError: there is no part, convention or dtype of that name, or the network has a layer of which it is
                not known what tools count.
        """
        from archc.count.conventions import names
        from archc.count.facts import PARTS, facts
        from archc.count.memory import DTYPES

        for what, given, known in (
            ("part", parts, PARTS),
            ("convention", conventions, names()),
            ("dtype", (dtype,), DTYPES),
        ):
            if wrong := [one for one in given if one not in known]:
                raise ValueError(f"no {what} is called {wrong[0]}: there are {', '.join(known)}")
        return facts(self.network, self._counts, parts, conventions, batch, dtype)

    def source(self) -> str:
        """The PyTorch source: a module that imports only torch."""
        from archc.targets.pytorch import emit

        return emit((self.network,), f"archc compile {self.name}", __version__)

    def module(self) -> nn.Module:
        """A live `torch.nn.Module`, newly initialised. Imports torch."""
        require("torch")
        from archc.runtime.live import live_class

        return live_class(self.source())()

    def draw(
        self,
        level: Level = "block",
        *,
        title: str | None = None,
        only: str | None = None,
        expand: Sequence[str] = (),
        highlight: Sequence[str] = (),
        heat: Cost | None = None,
        theme: Literal["light", "dark", "print"] = "light",
        direction: Literal["down", "right"] | None = None,
        legend: bool = True,
        slabs: Literal["log", "linear"] = "log",
        names: Mapping[str, str] | None = None,
        scale: float = 2.0,
    ) -> Drawing:
        """A figure: of the stages, of the blocks or of all layers.

        `only`, `expand` and `highlight` are paths of modules: the one to show alone, those whose inside is shown in
        place (`*` for all blocks), those to point out. `heat` colours by a cost. `slabs`: the scale of the sizes of
        stages. `names`: what modules are called instead, by their paths. `scale` is the pixels a point of a PNG.

        Raises:
            FigureError: A path is no module of the network, or has no inside.
        """
        from archc.targets.figure import Look, Wanted, figure

        costs = self._heat(heat) if heat is not None else None
        wanted = Wanted(
            title,
            only,
            tuple(expand),
            tuple(highlight),
            costs,
            legend,
            linear=slabs == "linear",
            names=tuple((names or {}).items()),
        )
        return Drawing(figure(self.network, level, wanted), Look(theme, direction, scale))

    def _heat(self, cost: Cost) -> Heat:
        """A cost of each node; the nodes that stand for inputs have no row in the counts, and no cost."""
        from archc.targets.figure import Heat

        names = {"params": "parameters", "macs": "multiply-accumulates", "activations": "activations"}
        rows = iter(self._counts.layers)
        return Heat(names[cost], tuple(getattr(next(rows), cost) if n.inputs else 0 for n in self.network.nodes))

    def outline(self) -> str:
        """The network in the notation of the lecture."""
        from archc.targets.outline import outline

        return outline(self.network)

    def _repr_html_(self) -> str:
        from archc.showing import card

        return card(self.count(), self.draw().to("svg"), self.source())

    def __repr__(self) -> str:
        counts = self.count()
        return f"<archc {self.name}: {counts.params:,} parameters, {counts.macs:,} MACs>"


def _inputs(input: InputShapes | None) -> Inputs:
    """Shapes of inputs with their names, "" for the only one."""
    if isinstance(input, Mapping):
        return tuple(input.items())
    return (("", input),) if input is not None else ()


def load(spec: str, *, input: InputShapes | None = None, classes: int | None = None) -> Model:
    """The network that SPEC means: a file, a member of one (`"x.arch:small"`), a shipped name, or a chain.

    `input` is its shape, such as `(1, 32, 32)`, of several inputs `{"image": (3, 96, 96)}`; `classes` the number of
    classes of a chain.

    Raises:
        SpecError: it cannot be found or read.
        CompileError: it has errors.
        ValueError: it holds several networks, and none was chosen.
    """
    return _only(find(spec).checked(Options(inputs=_inputs(input), classes=classes)), f"{spec}:NAME")


def compile_text(
    text: str,
    *,
    member: str | None = None,
    name: str = "text.arch",
    input: InputShapes | None = None,
    classes: int | None = None,
) -> Model:
    """The network of a spec given as text, or its member called `member`; it may use shipped specs.

    `name` is what messages call the text; for `input`, `classes` and what is raised see `load`.
    """
    checked = check(text, member=member, name=name, input=input, classes=classes)
    return _only(checked, "member=NAME")


def check(
    text: str,
    *,
    member: str | None = None,
    name: str = "text.arch",
    input: InputShapes | None = None,
    classes: int | None = None,
) -> Checked:
    """What there is to say about a spec given as text, and its networks: partial ones where it has errors.

    Never raises, whatever the text. For the arguments see `compile_text`; `Source.position` of `.sources[name]` gives
    the lines and columns of spans in characters, UTF-8 or UTF-16.
    """
    return run_check(Source(name, text), Files().load, member, Options(inputs=_inputs(input), classes=classes))


def _only(checked: Checked, how: str) -> Model:
    if checked.failed:
        raise CompileError(checked.diagnostics, checked.sources)
    if len(checked.networks) != 1:
        raise ValueError(f"there are several networks: choose one with {how} ({', '.join(checked.networks)})")
    return Model(next(iter(checked.networks.values())), checked.diagnostics)


def diff(a: str, b: str, *, input: InputShapes | None = None, classes: int | None = None) -> Script:
    """What leads from the network A to the network B: an edit script, counts, and a map of state-dict keys.

        script = archc.diff("HEAD~1:net.arch", "net.arch")
        script.equal, [edit.name for edit in script.edits], dict(script.keys.keys)

    Each is what `load` takes, or a spec of a git revision, `"REVISION:FILE.arch"` and `"REVISION:FILE.arch:NAME"`.

    Raises:
        SideError: a revision cannot be read; `problem` says why.
        SpecError, CompileError, ValueError: as `load` does.
    """
    from archc.diffing import diff as run_diff
    from archc.diffing.sides import side

    options = Options(inputs=_inputs(input), classes=classes)
    one, other = (_only(side(text).checked(options), f"{text}:NAME").network for text in (a, b))
    return run_diff(one, other)


def sweep(spec: str, *, processes: int = 1, **axes: Iterable[object]) -> list[SweepPoint]:
    """Check and count a network with each combination of inputs and arguments of its model.

        archc.sweep("resnet50", input=range(128, 513, 32), classes=[10, 100, 1000])

    An `input` is a shape such as `(3, 128, 128)`, or the side of a square image. A `str` is an expression of the
    language, such as the name of a block. A combination with errors has `totals` None and says why in `diagnostics`.
    With several `processes` a script must guard its start with `if __name__ == "__main__"`.

    Raises: as `load` does.
    """
    found = find(spec)
    network = _only(found.checked(Options()), f"{spec}:NAME").network
    if "input" in axes and len(network.inputs) > 1:
        raise ValueError(
            f"{network.name} has {len(network.inputs)} inputs: a sweep changes its arguments, and no input"
        )
    channels = network.type_of(network.inputs[0]).channels
    texts = {
        name: [_shape(value, channels) if name == "input" else written(value) for value in values]
        for name, values in axes.items()
    }
    return list(run_sweep(found.source, found.files.load, found.member or network.name, combinations(texts), processes))


def _shape(value: object, channels: int) -> str:
    return "x".join(map(str, value)) if isinstance(value, list | tuple) else shapes(str(value), channels)


def import_module(model: nn.Module, input: tuple[int, ...], *, name: str | None = None) -> str:
    """The text of a spec of a PyTorch model, which is run for it and is proved to be the same function.

        archc.compile_text(archc.import_module(torchvision.models.resnet18(), (3, 224, 224)))

    `input` is the shape of one sample. The model is not changed.

    Raises:
        NotImported: it cannot be imported. The message says why.
    """
    from archc.diagnostics.core import Problem
    from archc.importing.importer import NotImported, import_source
    from archc.importing.sources import object_source

    made = import_source(object_source(model, input), name)
    if isinstance(made, Problem):
        raise NotImported(made)
    return made.text


# -- training ---------------------------------------------------------------------------------------------------------


def finetune(
    spec: str,
    data: File,
    output: File,
    *,
    weights: str | None = None,
    drop: Sequence[str] = (),
    new: Sequence[str] = (),
    rename: Sequence[tuple[str, str]] = (),
    map: File | None = None,
    settings: Settings | None = None,
    strict: bool = False,
    input: InputShapes | None = None,
    classes: int | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> TrainingResult:
    """Train a network on images, write all that comes of it into the folder `output`, and prove it.

        result = archc.finetune("flowers.arch", "flowers", "run", settings=archc.Settings(epochs=5, lr=3e-3))

    It is `archc finetune` in one process: `data`, `weights`, `drop`, `new`, `rename`, `map` and `strict` are its
    options, `settings` all others by the same names (`limit` for `--time-limit`, `find_lr=True` for `--lr auto`).
    `told` gets what there is to say while it runs. Ctrl-C stops it; `resume` goes on.

    Raises:
        SpecError, CompileError, ValueError: as `load` does; a `ValueError` for several processes too.
        TrainingError: there is nothing to train on, the head does not fit, `output` holds a run already, …
        WeightsError: the weights cannot be had, or do not fit.
        NotProved: the run is done, and its proof fails.
    """
    from pathlib import Path

    require("torch", "lightning")
    from archc.runtime.weights.mapping import read_map
    from archc.training.session import Request, begin, ready, told_before
    from archc.training.settings import Settings

    found, options, chosen = find(spec), Options(inputs=_inputs(input), classes=classes), settings or Settings()
    if chosen.processes > 1:
        raise ValueError("several processes are started by the command: archc finetune --processes N")
    checked = found.checked(options)
    _only(checked, f"{spec}:NAME")
    with _own_chance(), _signals_as_usual():
        allowed = tuple(drop), tuple(new), tuple(rename), read_map(Path(map)) if map is not None else None
        request = Request(checked, found.source.name, options, Path(data), weights, chosen, strict, *allowed)
        made = ready(request, Path(output))
        told(told_before(made))
        begin(made, told)
    return resume(output, told=told)


def resume(run: File, *, told: Callable[[str], None] = lambda _: None) -> TrainingResult:
    """Go on with a run that was interrupted, to its end; of one that is done, its result, proved again.

    Raises:
        TrainingError: the folder holds no run, or it or its data was changed.
        NotProved: the run is done, and its proof fails.
    """
    from pathlib import Path

    require("torch", "lightning")
    from archc.training.session import go_on
    from archc.training.unproved import NotProved

    with _own_chance(), _signals_as_usual():
        result = go_on(Path(run), told)
    assert result is not None  # only the first of several processes has one, and this is the only one
    if not result.proof.holds:
        raise NotProved(result)
    return result


def predict(run: File, files: File | Iterable[File], *, top: int = 1) -> list[Prediction]:
    """The likeliest classes of images, with the folder of a run alone.

    `files` are images, and folders of images. A file that is no image has an `error` and no `classes`.

    Raises:
        TrainingError: the folder holds no finished run.
    """
    from os import PathLike
    from pathlib import Path

    require("torch", "torchvision")
    from archc.training.predict import image_files
    from archc.training.predict import predict as predicted

    paths = [files] if isinstance(files, str | PathLike) else files
    with _own_chance():
        return list(predicted(Path(run), image_files(map(Path, paths)), top))


@contextmanager
def _signals_as_usual() -> Iterator[None]:
    """Let a signal that stopped a run do what it does in other programs."""
    from signal import SIGINT

    from archc.training.session import Interrupted

    try:
        yield
    except Interrupted as stop:
        raise (KeyboardInterrupt if stop.number == SIGINT else SystemExit(128 + stop.number)) from None


@contextmanager
def _own_chance() -> Iterator[None]:
    """Restore the state of torch's random number generator for the caller."""
    require("torch")
    import torch

    with torch.random.fork_rng(devices=()):
        yield
