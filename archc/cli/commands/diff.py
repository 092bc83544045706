"""`archc diff`: what changed between two networks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from archc.cli.specs import complete, fail, force_option, input_option, limits, options, show, unheeded

if TYPE_CHECKING:
    from archc.cli.differing import Compared
    from archc.ir.network import Network
    from archc.pipeline import Checked, Inputs
    from archc.targets.figure import Level

FORMATS = ("text", "json", "markdown", "svg", "html")
LEVELS = ("block", "layer")
DIFFERENT, TROUBLE = 1, 2


@click.command()
@click.argument("a", metavar="A", shell_complete=complete)
@click.argument("b", metavar="B", shell_complete=complete)
@input_option()
@click.option("--classes", type=click.IntRange(1, 2**31 - 1), help="The number of classes of a chain.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="The file to write.")
@click.option("--keys", type=click.Path(path_type=Path), metavar="FILE", help="Write the map of state-dict keys there.")
@click.option("--level", type=click.Choice(LEVELS), default="block", show_default=True, help="The level of the figure.")
@click.option("--all", "every", is_flag=True, help="List all consequences of an edit.")
@force_option
def command(
    a: str,
    b: str,
    input: Inputs,
    classes: int | None,
    form: str,
    output: Path | None,
    keys: Path | None,
    level: Level,
    every: bool,
    force: bool,
) -> None:
    """Show what changed from network A to network B, as edits of the language, with counts and state-dict keys.

    A and B are each a SPEC, or one of a git revision: REVISION:FILE.arch, REVISION:FILE.arch:NAME, or a PyTorch
    model, whose code is run as archc import runs it: torchvision:NAME, timm:NAME, file.py:Class. Of several networks,
    those with the same name are compared.

    Exit status: 0 equal, 1 different, 2 trouble.

    \b
    Examples:
      archc diff resnet50 seresnet50
      archc diff HEAD~1:net.arch net.arch
      archc diff main:net.arch:small net.arch:small --format markdown
      archc diff resnet18 mine.arch --format svg -o changed.svg
      archc diff old.arch new.arch --keys map.json
      archc diff torchvision:resnet50 timm:resnet50
    """
    from archc.cli.differing import compared, written

    pairs = compared(_networks(a, input, classes), _networks(b, input, classes), (a, b))
    if form == "svg" and len(pairs.diffs) != 1:
        _trouble(f"a figure shows one pair of networks, and there are {len(pairs.diffs)}: choose with FILE.arch:NAME")
    text = written(pairs, form, level, every)
    if output is None:
        click.echo(text, nl=False)
    else:
        _write(output, text, form, force)
    if keys is not None:
        _write(keys, _keys(pairs), "json", force)
    sys.exit(0 if pairs.equal else DIFFERENT)


def _networks(text: str, input: Inputs, classes: int | None) -> dict[str, Network]:
    """The networks of one side; exits with 2 if it has none, or errors."""
    from archc.diffing.sides import SideError, side
    from archc.zoo import SpecError

    try:
        checked: Checked = side(text, limits()).checked(options(input, classes))
    except SpecError as error:
        fail(str(error))
    except SideError as error:
        _trouble(f"[{error.problem.code}]: {error}")
    show(checked)
    if checked.failed:
        sys.exit(TROUBLE)
    if not checked.networks:
        fail(f"{text} defines no network")
    if (why := unheeded(checked, classes)) is not None:
        fail(why)
    return dict(checked.networks)


def _trouble(message: str) -> NoReturn:
    from archc.diagnostics.render.display import escaped

    start = "error" if message.startswith("[") else "error: "
    click.echo(f"{start}{escaped(message)}", err=True)
    sys.exit(TROUBLE)


def _keys(pairs: Compared) -> str:
    if len(pairs.diffs) != 1:
        _trouble(f"a map is for one pair of networks, but there are {len(pairs.diffs)}: choose one with FILE.arch:NAME")
    return pairs.diffs[0].script.keys.to_json()


def _write(path: Path, text: str, form: str, force: bool) -> None:
    from archc.cli.files import write_marked

    kind = {"markdown": "md", "text": "txt"}.get(form, form)
    write_marked(path, text.encode("utf-8", "surrogatepass"), kind, force=force)
