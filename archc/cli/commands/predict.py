"""`archc predict`: the classes of images, with a run's folder alone."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import click

from archc.cli.commands.finetune import require
from archc.cli.specs import fail
from archc.cli.telling import tell


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("file", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE|DIR...")
@click.option("--top", type=click.IntRange(1), default=1, show_default=True, metavar="K", help="Classes per image.")
@click.option("--json", "as_json", is_flag=True, help="An array of objects: file, classes with probability, error.")
@click.option("--csv", "as_csv", is_flag=True, help="Rows of file, rank, class, probability, error.")
@click.option("--tta", is_flag=True, help="Average over each image and its mirror image.")
def command(run: Path, file: tuple[Path, ...], top: int, as_json: bool, as_csv: bool, tta: bool) -> None:
    """Predict the classes of images with the network that `archc finetune` wrote to RUN.

    A file that is not an image is reported, and the others are predicted.
    Exit status: 0 all were predicted, 1 some were not, 2 wrong usage.

    \b
    Examples:
      archc predict run flower.jpg
      archc predict run photos --top 3 --csv
    """
    require()
    from archc.support.sheets import cell
    from archc.training.errors import TrainingError
    from archc.training.predict import image_files, predict

    files = list(image_files(file))
    if not files:
        fail(f"there is no image in {', '.join(map(str, file))}")
    failed = 0
    objects: list[object] = []
    writer = csv.writer(sys.stdout)
    if as_csv:
        writer.writerow(("file", "rank", "class", "probability", "error"))
    try:
        for found in predict(run, files, top, mirrored=tta):
            failed += bool(found.error)
            if as_json:
                classes = [{"class": name, "probability": p} for name, p in found.classes]
                objects.append({"file": found.file, "classes": classes, "error": found.error or None})
            elif as_csv:
                rows = found.classes or (("", ""),)
                for rank, (name, p) in enumerate(rows, 1):
                    writer.writerow((cell(found.file), rank, cell(name), p, cell(found.error)))
            elif found.error:
                tell(f"{found.file}: cannot be read: {found.error}", err=True)
            else:
                tell(f"{found.file}: " + ", ".join(f"{name} {p:.1%}" for name, p in found.classes))
    except TrainingError as error:
        fail(str(error))
    if as_json:
        click.echo(json.dumps(objects, indent=2, ensure_ascii=False))
    sys.exit(1 if failed else 0)
