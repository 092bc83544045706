"""`archc evaluate`: measures a run's network on other images."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archc.cli.specs import fail

if TYPE_CHECKING:
    from archc.training.evaluate import Scores


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), required=True, metavar="DIR", help="As for `archc finetune`.")
@click.option("--tta", is_flag=True, help="Average over each image and its mirror image.")
@click.option(
    "--csv", "table", type=click.Path(path_type=Path), metavar="FILE", help="The predictions, one row per image."
)
@click.option("--json", "as_json", is_flag=True, help="Everything as one object.")
def command(run: Path, data: Path, tta: bool, table: Path | None, as_json: bool) -> None:
    """Measure a run on labelled images.

    Reports the accuracy with its 95 % interval, precision, recall and F1 of each class, the calibration, and the top-5
    accuracy. If the data have sets, `test` is measured, or else `val`. Images that the run was
    trained on, or chose its epoch by, are recognised by their hashes. Exit status: 0 success, 2 wrong usage.

    \b
    Examples:
      archc evaluate run --data flowers/test
      archc evaluate run --data test.csv --csv predictions.csv
    """
    from archc.cli.commands.finetune import require

    require()
    from archc.cli.files import write
    from archc.training.assess import assess
    from archc.training.errors import TrainingError

    try:
        found = assess(run, data, mirrored=tta)
    except TrainingError as error:
        fail(str(error))
    if table is not None:
        stream = io.StringIO()
        writer = csv.DictWriter(stream, ("file", "set", "truth", "predicted", "confidence"))
        writer.writeheader()
        writer.writerows(found.rows)
        write(table, stream.getvalue())
    if as_json:
        click.echo(json.dumps(found.scores.model_dump() | {"notes": found.notes}, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join([*told(found.scores), *(f"  {note}" for note in found.notes)]))


def told(s: Scores) -> list[str]:
    """The measures as lines of text."""
    lines = [
        f"accuracy {s.accuracy:.2%} of {s.images} images, 95 % interval {s.interval[0]:.2%} to {s.interval[1]:.2%}",
        f"  mean recall of the classes {s.balanced:.2%}, loss {s.loss:.3f}"
        + ("" if s.top is None else f", among the five likeliest {s.top:.2%}"),
        f"  calibration error {s.ece:.2%}; at temperature {s.temperature}, found in the run, {s.ece_scaled:.2%}",
    ]
    width = max(len(c.name) for c in s.classes)
    lines.append(f"  {'class':<{width}}  images  precision  recall      F1")
    for c in s.classes:
        recall = "     –" if c.recall is None else f"{c.recall:6.1%}"
        lines.append(f"  {c.name:<{width}}  {c.images:>6}     {c.precision:6.1%}  {recall}  {c.f1:6.1%}")
    return lines
