"""`archc check --fix`: repairs in files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from archc.pipeline import Checked, Options
    from archc.zoo import Spec


def mended(spec: Spec, options: Options, *, unsafe: bool, diff: bool) -> Spec:
    """Repair a spec, in its file too; with `diff` the repairs are only shown, and the spec is unchanged.

    Raises `click.UsageError` if the spec is not a file of the user's.
    """
    from archc.analysis.repair.fix import fixed
    from archc.cli.diffs import difference
    from archc.cli.files import rewrite
    from archc.diagnostics.source import Source

    path = Path(spec.source.name)
    if not diff and (spec.files.root is None or not path.is_file()):
        raise click.UsageError(f"{spec.source.name} is not a file of yours: --fix --diff shows the repairs")
    text = fixed(spec.source, spec.files.load, spec.member, options, unsafe=unsafe)
    if diff:
        click.echo(difference(spec.source.name, spec.source.text, text), nl=False, err=True)
        return spec
    if text != spec.source.text:
        rewrite(path, text)
    return replace(spec, source=Source(spec.source.name, text))


def advised(spec: Spec, checked: Checked, options: Options) -> Checked:
    """The result of checking, with tried repairs."""
    if not checked.failed:
        return checked
    from archc.analysis.repair.search import with_repairs

    return with_repairs(checked, spec.source, spec.files.load, spec.member, options)
