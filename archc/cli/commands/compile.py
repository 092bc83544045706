"""`archc compile`: the PyTorch source of a spec."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from archc.cli.specs import command_line, compiled, fail, force_option, spec_options


@click.command()
@spec_options()
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Where to write; else to stdout.")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 and a diff if FILE is out of date.")
@force_option
def command(
    spec: str, input: tuple[int, ...] | None, classes: int | None, output: Path | None, check: bool, force: bool
) -> None:
    """Write PyTorch source: a module that imports only torch. All members of a file go into one module.

    \b
    Examples:
      archc compile resnet50 -o resnet50.py
      archc compile specs/vgg.arch:vgg16
      archc compile "Conv-Pool-Conv-Pool-Conv-FC-FC(SM)" --input 1x32x32
      archc compile my.arch -o my_model.py --check
    """
    if check and output is None:
        fail("--check needs -o FILE: the file to check")
    networks = compiled(spec, input, classes)
    from archc import __version__
    from archc.emit import emit

    source = emit(tuple(networks.values()), command_line("compile", spec, input, classes), __version__)
    if output is None:
        click.echo(source, nl=False)
    elif check:
        _compare(source, output)
    else:
        from archc.cli.files import write_output

        write_output(output, source, force=force)


def _compare(source: str, output: Path) -> None:
    """Exit with status 1 and a diff unless the file says `source`."""
    from difflib import unified_diff

    try:
        found = output.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        found = ""
    except OSError as error:
        fail(f"cannot read {output}: {error.strerror}")
    if found == source:
        return
    lines = unified_diff(
        found.splitlines(keepends=True), source.splitlines(keepends=True), f"{output}", f"{output} (compiled now)"
    )
    click.echo("".join(lines), nl=False)
    click.echo(f"{output} is out of date", err=True)
    sys.exit(1)
