"""`archc compile`: the PyTorch source of a spec."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archc.cli.specs import command_line, compiled, fail, force_option, spec_options

if TYPE_CHECKING:
    from archc.pipeline import Inputs


@click.command()
@spec_options()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The file to write.  [default: standard output]",
)
@click.option("--test", is_flag=True, help="Also write test_FILE next to FILE: a pytest file that tests it.")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 and a diff if FILE is out of date.")
@force_option
def command(
    spec: str,
    input: Inputs,
    classes: int | None,
    output: Path | None,
    test: bool,
    check: bool,
    force: bool,
) -> None:
    """Write PyTorch source: a module that imports only torch. All members of a file go into one module.

    \b
    Examples:
      archc compile resnet50 -o resnet50.py
      archc compile specs/vgg.arch:vgg16
      archc compile "Conv-Pool-Conv-Pool-Conv-FC-FC(SM)" --input 1x32x32
      archc compile my.arch -o my_model.py --test
      archc compile my.arch -o my_model.py --check
    """
    if output is None and (check or test):
        fail(f"{'--check' if check else '--test'} needs -o FILE")
    if output is not None and output.suffix == ".arch":
        fail(f"{output} is the name of a spec: PyTorch source ends in .py")
    members = tuple(compiled(spec, input, classes).values())
    from archc import __version__
    from archc.cli.files import write_output
    from archc.cli.provenance import stamped
    from archc.targets.pytorch import file_of, proof
    from archc.targets.pytorch.registry import NotLowered

    line = command_line("compile", spec, input, classes)
    try:
        written = file_of(members, line, __version__)
    except NotLowered as error:
        fail(str(error))
    if output is None:
        click.echo(written.text.encode(), nl=False)  # bytes: line ends and encoding are the same everywhere
        return
    files = {output: written.text}
    if test:
        beside = output.with_name(f"test_{output.stem}.py")
        files[beside] = proof(members, written.exported, output.name, line, __version__)
    sealed = {path: stamped(text.encode("utf-8", "surrogatepass"), "py", __version__) for path, text in files.items()}
    if check:
        stale = [path for path, text in files.items() if _differs(text, sealed[path], path)]
        sys.exit(bool(stale))
    for path, data in sealed.items():
        write_output(path, data, force=force)


def _differs(source: str, sealed: bytes, output: Path) -> bool:
    """Whether a file is neither the source nor the source with its mark; if so, print a diff."""
    from difflib import unified_diff

    try:
        found = output.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        found = ""
    except OSError as error:
        fail(f"cannot read {output}: {error.strerror}")
    if found in (source, expected := sealed.decode("utf-8", "replace")):
        return False
    lines = unified_diff(
        found.splitlines(keepends=True), expected.splitlines(keepends=True), f"{output}", f"{output} (compiled now)"
    )
    click.echo("".join(lines), nl=False)
    click.echo(f"{output} is out of date", err=True)
    return True
