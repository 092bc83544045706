"""`archc embed`: images as vectors, as a network represents them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from archc.cli.specs import accepted, complete, fail, force_option


@click.command()
@click.argument("network", metavar="RUN|SPEC", shell_complete=complete)
@click.argument("file", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE|DIR...")
@click.option("--weights", metavar="W", help="For a SPEC: as for `archc finetune`.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FILE", help=".csv or .npz")
@force_option
def command(network: str, file: tuple[Path, ...], weights: str | None, output: Path, force: bool) -> None:
    """Write for each image the vector that enters the network's head.

    A .csv has one row per image: its file, then the numbers. An .npz has the arrays `files` and `vectors`. A file that
    is not an image is reported and left out. Exit status: 0 all images are written, 1 some are not, 2 wrong usage.

    \b
    Examples:
      archc embed run photos -o photos.npz
      archc embed resnet50 photos --weights torchvision:resnet50 -o photos.csv
    """
    from archc.cli.commands.finetune import require

    require()
    if output.suffix not in (".csv", ".npz"):
        fail(f"{output} must end in .csv or .npz")
    if output.exists() and not force:
        fail(f"{output} already exists; use --force to overwrite it")
    from archc.cli.files import write
    from archc.runtime.weights.errors import WeightsError
    from archc.training.embed import Embedder, as_bytes
    from archc.training.errors import TrainingError

    try:
        if (Path(network) / "run.json").is_file():
            embedder = Embedder.of_run(Path(network))
        else:
            checked = accepted(network, (), None)
            if weights is None:
                fail(f"{network} is a spec, which has no weights: give them with --weights")
            if len(checked.networks) != 1:
                fail(f"{network} defines {len(checked.networks)} networks: choose one with {network}:NAME")
            embedder = Embedder.of_spec(checked, weights)
        found = embedder.vectors(file)
    except (TrainingError, WeightsError) as error:
        fail(str(error))
    for path, why in found.broken:
        click.echo(f"{path}: cannot be read: {why}", err=True)
    write(output, as_bytes(found, output.suffix))
    click.echo(f"{output} is written: {len(found.files)} images, {found.numbers.shape[1]} numbers each")
    sys.exit(1 if found.broken else 0)
