"""`archc verify`: compares a network with the reference that its spec names."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from archc.cli.specs import InputType, command_line, compiled, fail, spec_options

if TYPE_CHECKING:
    from archc.ir.network import Network
    from archc.pipeline import Inputs
    from archc.runtime.verify import Verification, VerifySettings

FORMATS = ("text", "table", "markdown")


@click.command()
@spec_options(required=False)
@click.option("--all", "everything", is_flag=True, help="All shipped networks that name a reference.")
@click.option(
    "--against", metavar="REFERENCE", help="torchvision:NAME, timm:NAME or file.py:Class; else the spec's `like`."
)
@click.option("--weights", type=click.Path(path_type=Path), metavar="FILE", help="Check a .safetensors file instead.")
@click.option("--batch", type=click.IntRange(1, 1024), default=2, show_default=True, help="Samples to compare with.")
@click.option(
    "--at",
    type=InputType(),
    multiple=True,
    metavar="CxHxW",
    help="The shape to compare outputs at, if not the network's own.",
)
@click.option("--gradients", is_flag=True, help="Also compare the gradients of a loss.")
@click.option("--all-keys", is_flag=True, help="List every key of the state dict that differs.")
@click.option(
    "--format",
    type=click.Choice(FORMATS),
    help="One proof for each network, or a table. Default: text; with --all, table.",
)
def command(
    spec: str | None,
    input: Inputs,
    classes: int | None,
    everything: bool,
    against: str | None,
    weights: Path | None,
    batch: int,
    at: Inputs,
    gradients: bool,
    all_keys: bool,
    format: str | None,
) -> None:
    """Compare networks with their references: weights load strictly, outputs are equal in both modes, counts agree.

    The reference gets random weights; nothing is downloaded. A table's differences are relative to the largest
    number of the reference's tensor.

    With --weights, a file is compared with the spec instead: all its keys and shapes, and the spec's hash if the file
    has one. That needs no torch.
    Exit status: 0 everything is equal, 1 something differs, 2 there is nothing to compare with.

    \b
    Examples:
      archc verify resnet50
      archc verify vgg
      archc verify my.arch:small --against model.py:Small
      archc verify --all
      archc verify flowers.arch --weights flowers.safetensors
    """
    if weights is not None and spec is not None:
        _check_weights(compiled(spec, input, classes), weights)
    if everything == (spec is not None) or (everything and (against or input or classes)):
        fail("give a SPEC, or --all alone for all that is shipped")
    from archc.runtime.verify import VerifySettings

    settings = VerifySettings(batch=batch, inputs=at, gradients=gradients)
    outcomes = _everything(settings) if spec is None else _of_spec(spec, input, classes, against, settings)
    sys.exit(_reported(outcomes, format or ("table" if everything else "text"), all_keys))


def _reported(outcomes: Iterator[Verification | str], format: str, all_keys: bool) -> int:
    """Print proofs, as they come or as a table, and why there is none for some. Returns the exit status."""
    from archc.diagnostics.render.display import escaped

    status = 0
    proofs: list[Verification] = []
    for outcome in outcomes:
        if isinstance(outcome, str):
            click.echo(escaped(outcome), err=True)
            status = 2
            continue
        if format == "text":
            click.echo(shown(outcome, all_keys))
        proofs.append(outcome)
        status = max(status, 0 if outcome.holds else 1)
    if proofs and format != "text":
        click.echo(table(proofs, markdown=format == "markdown"), nl=False)
    return status


def _of_spec(
    spec: str, input: Inputs, classes: int | None, against: str | None, settings: VerifySettings
) -> Iterator[Verification | str]:
    networks = compiled(spec, input, classes)
    pairs = [(n, str(reference)) for n in networks.values() if (reference := against or n.fact("like")) is not None]
    if not pairs:
        fail(f"{spec} names no reference (`like`); give one with --against")
    if against is not None and ".py:" in against:
        from archc.diagnostics.render.display import escaped

        click.echo(f"runs {escaped(against.rpartition(':')[0])}", err=True)
    for network, reference in pairs:
        if against is None and ".py:" in reference:
            yield f"{network.name}: a spec runs no file: `archc verify {spec} --against {reference}` does"
            continue
        yield _outcome(network, reference, command_line("compile", spec, input, classes), settings)


def _everything(settings: VerifySettings) -> Iterator[Verification | str]:
    """The proofs of all shipped networks, in the order of `archc list`, computed in parallel with a progress bar."""
    from archc.cli.processes import processes
    from archc.cli.progress import tracked
    from archc.zoo import shipped_members

    names = tuple(shipped_members())
    with processes() as pool:
        waiting = [pool.submit(_shipped, name, settings) for name in names]
        outcomes = [task.result() for task in tracked(waiting, "verify")]
    yield from (outcome for outcome in outcomes if outcome is not None)


def _shipped(name: str, settings: VerifySettings) -> Verification | str | None:
    """The proof of a shipped network, None if it names no reference."""
    from archc.pipeline import DEFAULTS
    from archc.zoo import find

    network = find(name).checked(DEFAULTS).networks.get(name)
    reference = None if network is None else network.fact("like")
    if network is None or reference is None:
        return None
    return _outcome(network, str(reference), f"archc compile {name}", settings)


def _outcome(network: Network, reference: str, command: str, settings: VerifySettings) -> Verification | str:
    from archc import __version__
    from archc.diagnostics.core import Problem
    from archc.runtime.verify import verify
    from archc.targets.pytorch import emit

    outcome = verify(emit((network,), command, __version__), network, reference, settings)
    if not isinstance(outcome, Problem):
        return outcome
    helped = f"; {outcome.help()}" if outcome.help() else ""
    return f"{network.name}: {outcome.severity.value}[{outcome.code}]: {outcome.message()}{helped}"


def _check_weights(networks: Mapping[str, Network], file: Path) -> NoReturn:
    """Compare a safetensors file with a network; exits with 1 if it is not its state dict."""
    from archc.cli.commands.weights import matched
    from archc.runtime.weights.errors import WeightsError
    from archc.runtime.weights.files import read_header
    from archc.runtime.weights.match import match

    if len(networks) != 1:
        fail("a file holds the weights of one network: choose one with SPEC:NAME")
    (network,) = networks.values()
    try:
        header = read_header(file)
    except WeightsError as error:
        fail(str(error))
    found = match(network, None, header.shapes)
    click.echo(matched(found, network.name, str(file), {}, every=False))
    if header.digest is not None:
        same = "is the one" if header.digest == network.digest else f"(SHA-256 {header.digest[:16]}) IS NOT the one"
        click.echo(f"  the spec {same} they were trained with")
    sys.exit(0 if found.fits and header.digest in (None, network.digest) else 1)


def shown(proof: Verification, all_keys: bool = False) -> str:
    """A proof in full, with every key that differs if `all_keys`."""
    from archc.count.table import shape

    lines = [f"{proof.network} against {proof.reference} ({_versions(proof)})"]
    width = max(len(row.name) for row in proof.rows)
    for row in proof.rows:
        double = ", in double precision" if row.precision == "double" else ""
        listed = all_keys and row.every
        detail = f"{len(row.every)} keys differ" if listed else row.detail + double
        lines.append(f"  {'equal' if row.holds else 'DIFFERS':<8}{row.name:<{width}}  {detail}")
        lines += [f"          {difference}" for difference in row.every if listed]
    precision = f", in {proof.precision} precision" if proof.precision else ""
    verdict, at = "proved" if proof.holds else "not proved", " and ".join(map(shape, proof.inputs))
    lines.append(f"  {verdict}: batch of {proof.batch} at {at}{precision}")
    return "\n".join(lines) + "\n"


def _versions(proof: Verification) -> str:
    return ", ".join(f"{name} {version}" for name, version in proof.versions)


def table(proofs: list[Verification], markdown: bool = False) -> str:
    """Proofs as the rows of a table, with what was used and how many hold below it."""
    from archc.count.table import shape

    names = list(dict.fromkeys(row.name for proof in proofs for row in proof.rows))
    names.remove("load_state_dict(strict=True)")  # it holds if everything else could be compared
    rows = [["network", "reference", "at", *names, ""]]
    for proof in proofs:
        cells = {row.name: row.brief for row in proof.rows}
        at = ", ".join(map(shape, proof.inputs))
        end = "equal" if proof.holds else "DIFFERS"
        rows.append([proof.network, proof.reference, at, *(cells.get(name, "") for name in names), end])
    if markdown:
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        lines.insert(1, "|---|---|---|" + "---:|" * len(names) + "---|")
    else:
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    used = sorted({version for proof in proofs for version in proof.versions})
    held = sum(proof.holds for proof in proofs)
    lines += ["", f"{held} of {len(proofs)} equal; " + ", ".join(" ".join(version) for version in used)]
    return "\n".join(lines) + "\n"
