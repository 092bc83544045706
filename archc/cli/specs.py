"""Shared parts of commands: the SPEC argument and its options, reading specs, and printing their diagnostics."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click
from click.shell_completion import CompletionItem

from archc.support.limits import LIMITS, Limits

if TYPE_CHECKING:
    from archc.diagnostics.render.screen import Screen
    from archc.ir.network import Network
    from archc.ir.value import Value
    from archc.pipeline import Checked, Inputs, Options
    from archc.zoo import Spec

F = TypeVar("F", bound=Callable[..., Any])


SYMBOLS = re.compile(r"([1-9]\d{0,9}|[A-Z][A-Z0-9_]*)(x([1-9]\d{0,9}|[A-Z][A-Z0-9_]*))*")
"""A shape in which sizes may be names."""


_INPUT = "The input's shape, such as 1x32x32; with several inputs image=3x96x96, once for each."


class ShapeType(click.ParamType[tuple[int, ...], str]):
    """A tensor's shape: `3x224x224`."""

    name = "shape"

    def convert(
        self, value: str | tuple[int, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """The sizes."""
        if isinstance(value, tuple):
            return value
        if not re.fullmatch(r"[1-9]\d{0,9}(x[1-9]\d{0,9})*", value):
            self.fail(f"{value!r} is not a shape such as 3x224x224", param, ctx)
        return tuple(int(size) for size in value.split("x"))


class InputType(click.ParamType["tuple[str, tuple[int, ...]]", str]):
    """The shape of an input, `3x224x224`, or of one of several, `image=3x224x224`: its name and its sizes.

    With `symbols`, it may have unknown sizes, `3xHxW`, and is then kept as text.
    """

    name = "input"

    def __init__(self, symbols: bool = False) -> None:
        self.symbols = symbols

    def convert(
        self, value: str | tuple[str, tuple[int, ...]], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, tuple[int, ...]]:
        """The name, empty if none is given, and the sizes."""
        if isinstance(value, tuple):
            return value
        name, equals, shape = value.rpartition("=")
        if equals and not name.isidentifier():
            self.fail(f"{value!r} is not an input such as image=3x224x224", param, ctx)
        if self.symbols and SYMBOLS.fullmatch(shape) and not shape.replace("x", "").isdecimal():
            return name, shape  # type: ignore[return-value]  # a command that allows symbols expects text
        return name, ShapeType().convert(shape, param, ctx)


def input_option(symbols: bool = False, text: str = _INPUT) -> Callable[[F], F]:
    """`--input`; the command gets `input`, pairs of an input's name and its shape."""
    return click.option(
        "--input",
        type=InputType(symbols),
        multiple=True,
        metavar="CxHxW",
        help=text,
    )


def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete names of shipped networks, then files."""
    from archc.zoo import families, shipped_members

    names = sorted({*families(), *shipped_members()})
    found = [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]


def spec_options(many: bool = False, required: bool = True, symbols: bool = False) -> Callable[[F], F]:
    """The SPEC argument (one, several or optional), `--input` and `--classes`.

    The command gets `spec`, `input` and `classes`; with `symbols` the input's sizes may be names (see `InputType`).
    """

    def decorate(command: F) -> F:
        options = (
            click.argument("spec", nargs=-1 if many else 1, required=required, metavar="SPEC", shell_complete=complete),
            input_option(symbols),
            click.option("--classes", type=click.IntRange(1, 2**31 - 1), help="The number of classes of a chain."),
        )
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


drawing_option = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The output file; its extension selects the format.",
)
force_option = click.option(
    "--force", is_flag=True, help="Overwrite a file that archc did not write, or that was edited since."
)


def opened(spec: str) -> Spec:
    """Find the spec that a user names; exits with status 2 if it cannot be read."""
    from archc.zoo import SpecError, find

    try:
        return find(spec, limits())
    except SpecError as error:
        fail(str(error))


def compiled(spec: str, input: Inputs, classes: int | None) -> Mapping[str, Network]:
    """The networks of a spec. Diagnostics are printed on standard error; errors exit with status 1."""
    return accepted(spec, input, classes).networks


def accepted(spec: str, input: Inputs, classes: int | None) -> Checked:
    """A checked spec without errors. Prints and exits like `compiled`."""
    checked = without_errors(opened(spec).checked(options(input, classes)))
    if not checked.networks:
        fail(f"{spec} defines no network")
    if (why := unheeded(checked, classes)) is not None:
        fail(why)
    return checked


def single(spec: str, networks: Mapping[str, Network]) -> Network:
    """The only network of a spec; exits with status 2 if there are several."""
    if len(networks) > 1:
        fail(f"{spec} holds several networks; choose one: {spec}:NAME, one of {', '.join(networks)}")
    return next(iter(networks.values()))


def format_of(output: Path, formats: Sequence[str]) -> str:
    """The format that the extension of a file selects; exits with status 2 if it is none of these."""
    format = output.suffix.removeprefix(".").lower()
    if format not in formats:
        fail(f"{output} has no known extension; use .{', .'.join(formats)}")
    return format


def unheeded(checked: Checked, classes: int | None) -> str | None:
    """Why `--classes` is refused: a network's number of classes does not depend on it. None if it is accepted."""
    for network in () if checked.failed else checked.networks.values():
        results = {network.type_of(ref).channels for ref in network.outputs}
        if classes is not None and classes not in results:
            return f"--classes changes nothing in {network.name}: its last layer determines their number"
    return None


def without_errors(checked: Checked) -> Checked:
    """Print the diagnostics of a spec. On errors, exit with status 1, and say if the command needs a whole network."""
    if not checked.failed:
        show(checked)
        return checked
    show(checked.refused(click.get_current_context().info_name or ""))
    sys.exit(1)


def options(input: Inputs, classes: int | None) -> Options:
    """The compiler's options."""
    from archc.pipeline import Options

    return Options(inputs=input, classes=classes, limits=limits())


def limits() -> Limits:
    """The limits that the command line sets."""
    context = click.get_current_context(silent=True)
    found = context.find_object(Limits) if context else None
    return found or LIMITS


def show(checked: Checked) -> None:
    """Print all diagnostics of a spec on standard error."""
    if checked.diagnostics:
        from archc.diagnostics.render import render

        text = render(checked.diagnostics, checked.sources, "text", screen(sys.stderr))
        click.echo(text, err=True, color=True)


def wants_colour(stream: Any) -> bool:
    """Whether to use colour: `--color` decides; by default, on a terminal that is not dumb, unless NO_COLOR is set.

    Source: no-color.org, which also gives an option precedence.
    """
    context = click.get_current_context(silent=True)
    if context is not None and context.color is not None:
        return context.color
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def screen(stream: Any) -> Screen:
    """The capabilities of a stream. Only a terminal has a width, and links if it has colour."""
    from archc.diagnostics.render.screen import Screen

    colour = wants_colour(stream)
    if not stream.isatty():
        return Screen(colour)
    return Screen(colour, _columns(stream), _pages() if colour else "")


def _columns(stream: Any) -> int:
    """The width of a terminal: COLUMNS, or the terminal's own."""
    said = os.environ.get("COLUMNS", "")
    if re.fullmatch(r"[1-9]\d{0,4}", said):
        return int(said)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _pages() -> str:
    """The address of the pages of problems on this machine. A terminal recognises its own by the host name."""
    from socket import gethostname
    from urllib.parse import quote

    from archc.support.resources import error_pages

    folder = error_pages()
    if not isinstance(folder, Path) or not folder.is_dir():  # packed in an archive
        return ""
    return f"file://{quote(gethostname())}{quote(folder.as_posix())}/"


def as_json_text(values: Sequence[Value], indent: int = 2) -> str:
    """One value as an object, several as an array."""
    texts = [value.model_dump_json(indent=indent or None) for value in values]
    return texts[0] if len(texts) == 1 else f"[{','.join(texts)}]"


def fail(message: str) -> NoReturn:
    """Report a usage error and exit with status 2."""
    from archc.diagnostics.render.display import escaped

    click.echo(f"error: {escaped(message)}", err=True)
    sys.exit(2)


def command_line(name: str, spec: str, input: Inputs, classes: int | None) -> str:
    """The command that produces an output, without directories, so that it is the same on every machine."""
    import shlex
    from pathlib import PurePath

    from archc.diagnostics.source import readable

    words = ["archc", name, readable(PurePath(spec).name if ".arch" in spec else spec)]
    for given, dims in input:
        words += ["--input", f"{given}={'x'.join(map(str, dims))}".lstrip("=")]
    if classes is not None:
        words += ["--classes", str(classes)]
    return shlex.join(words)
