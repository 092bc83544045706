"""`archc export`: a run's network for other programs."""

from __future__ import annotations

import json
from pathlib import Path

import click

from archc.cli.specs import fail, force_option
from archc.cli.telling import tell


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FILE", help="The file to write."
)
@force_option
def command(run: Path, output: Path, force: bool) -> None:
    """Write the weights of a run as safetensors, or its network as ONNX; the extension of FILE selects which.

    The metadata holds the spec's hash, the names of the classes and the preprocessing. An ONNX file is checked in
    onnxruntime against the network.

    \b
    Examples:
      archc export run -o flowers.safetensors
      archc export run -o flowers.onnx
      archc verify flowers.arch --weights flowers.safetensors
    """
    from archc.cli.commands.finetune import require

    require()
    if output.suffix not in (".safetensors", ".onnx"):
        fail(f"{output} must end in .safetensors or .onnx")
    if output.exists() and not force:
        fail(f"{output} already exists; use --force to overwrite it")
    from archc.cli.files import write
    from archc.training.errors import TrainingError
    from archc.training.export import as_onnx, as_safetensors

    try:
        data, told = as_safetensors(run) if output.suffix == ".safetensors" else as_onnx(run)
    except TrainingError as error:
        fail(str(error))
    write(output, data)
    tell(f"{output} is written" + (f"; {json.dumps(told)}" if told else ""))
