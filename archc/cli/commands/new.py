"""`archc new`: a spec to start from."""

from __future__ import annotations

from pathlib import Path, PurePath

import click

from archc.cli.specs import options

TEMPLATE = '''\
"""A small convolutional network: change it and see what `archc check {file}` says."""

block Unit(channels, stride=1) {{
  "Two 3x3 convolutions and a shortcut, which is projected where the shape changes."
  add {{
      Conv(channels, 3, stride, bias=false) - BN - ReLU
      - Conv(channels, 3, bias=false) - BN
    | (Conv(channels, 1, stride, bias=false) - BN) if (stride != 1 or in.channels != channels)
  }} - ReLU
}}

model {name}(width=16, classes=10) {{
  input 3x32x32
  stem: (Conv(width, bias=false) - BN - ReLU)
  - stage1: [Unit(width)]x2
  - stage2: [Unit(width * 2, 2 if k == 0 else 1)]x2 as k
  - GAPool - fc: FC(classes)
}}
'''


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--transfer", metavar="NAME", help="Start from a shipped network, its head replaced.")
@click.option("--classes", type=click.IntRange(2, 2**31 - 1), help="With --transfer: the number of your classes.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def command(file: Path, transfer: str | None, classes: int | None, force: bool) -> None:
    """Write a spec to start from; its model is named after FILE.

    \b
    Examples:
      archc new small.arch
      archc new flowers.arch --transfer resnet50 --classes 102
    """
    from archc.cli.files import write
    from archc.cli.specs import fail

    path = file if file.suffix else file.with_suffix(".arch")
    if path.suffix != ".arch":
        fail(f"the name of a spec ends in .arch: {path.with_suffix('.arch')}")
    if not path.stem.isidentifier() or not path.stem.isascii():
        fail(f"{path.stem!r} cannot name a model: take letters, digits and _")
    if path.exists() and not force:
        fail(f"{path} already exists; use --force to overwrite it")
    if (transfer is None) is not (classes is None):
        fail("--transfer and --classes go together: which network, and how many classes")
    if transfer is not None and classes is not None:
        write(path, _transfer(transfer, path.stem, classes))
        click.echo(f"{path} is written; try:\n  archc weights {path}\n  archc finetune {path} --data DIR --dry-run")
        return
    write(path, TEMPLATE.format(name=path.stem, file=path.name))
    click.echo(f"{path} is written; try:\n  archc check {path}\n  archc count {path}\n  archc compile {path}")


def _transfer(name: str, stem: str, classes: int) -> str:
    """The starter spec that edits a shipped network."""
    from archc.cli.specs import fail
    from archc.cli.starter import starter
    from archc.zoo import SpecError, find, shipped_members

    try:
        spec = find(name)
        if name not in shipped_members():
            raise SpecError(f"{name!r} is not a shipped network; in a spec of your own, put the edits in a variant")
        if PurePath(spec.source.name).stem == stem:
            raise SpecError(f"{stem}.arch would hide the shipped {stem}.arch that it uses: choose another name")
        (network,) = spec.checked(options((), None)).networks.values()
        return starter(network, spec.source.name, stem, classes)
    except (SpecError, ValueError) as error:
        fail(str(error))
